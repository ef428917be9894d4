"""Pictures of somebody by several calibrated cameras that stand still, and where the joints were."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from viewsync.footage import desynchronizer
from viewsync.footage.clip import Split
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.epipolar import fundamental_matrices
from viewsync.pose3d.crops import cropped_camera
from viewsync.types import InputError
from viewsync.worlds.truth.human36m import HUMAN36M_17

JOINTS = HUMAN36M_17
"""Human3.6M's 17, in the order of learnable triangulation."""
PELVIS = JOINTS.index("pelvis")
_PERSON_METRES = (0.3, 4.0)
"""The longest side of the box around somebody's joints."""
_NEAREST_METRES, _FARTHEST_METRES = 0.3, 100.0
"""Of a camera from the person."""
_APART_METRES = 0.05
"""Some two cameras at least; else their places are in another unit."""
_NAMES = "left, top, right and bottom"


@dataclass(frozen=True)
class Footage:
    """A clip of one person: row t of every view's pictures, of the boxes and of the joints is of the same instant.

    Raises:
        InputError: There are fewer than two views, sizes or numbers of instants don't fit, two cameras stand at one place,
            joints are never known, or they and the cameras are told in different units.
    """

    name: str
    subject: str
    """Who it is."""
    split: Split
    fps: float
    """Instants per second."""
    cameras: tuple[CalibratedCamera, ...]
    """The reference first. For whole pictures; the distortion of their lenses is out of `pictures`, not of them."""
    boxes: Float[np.ndarray, "instant view 4"]
    """What each picture shows of the whole one (`crops.Boxes`); nan where the view doesn't show the person."""
    pictures: tuple[UInt8[np.ndarray, "_ side side"], ...]
    """Gray, one row per instant, of each view; in memory, or mapped from disk. Black where the view is missing."""
    joints_metres: Float[np.ndarray, "instant joint 3"]
    """`JOINTS` in axes of which z is up; nan where one isn't known."""
    actions: tuple[str, ...]
    """What is done at each instant."""

    def __post_init__(self) -> None:
        if len(self.cameras) < 2:
            raise InputError(
                f"{self.name}: there is {len(self.cameras)} view, but where joints are in space takes two or more. Give "
                "pictures and calibration of another camera."
            )
        self._require_shapes()
        if not 0 < self.fps < math.inf:
            raise InputError(f"{self.name}: it has {self.fps} instants per second. Give a positive number.")
        self._require_boxes()
        self._require_metres()
        try:
            fundamental_matrices(self.cameras)
        except ValueError as error:
            raise InputError(f"{self.name}: {error}, so one tells no more than the other. Leave one out.") from error

    def __len__(self) -> int:
        return len(self.joints_metres)

    @property
    def side_pixels(self) -> int:
        """Of the pictures."""
        return int(self.pictures[0].shape[1])

    @cached_property
    def present(self) -> Bool[np.ndarray, "instant view"]:
        """Which views show the person."""
        return np.asarray(np.isfinite(self.boxes).all(axis=2))

    @cached_property
    def valid(self) -> Bool[np.ndarray, "instant joint"]:
        """Which joints are known."""
        return np.asarray(np.isfinite(self.joints_metres).all(axis=2))

    @property
    def references(self) -> Int[np.ndarray, " instant"]:
        """The view whose instant counts: the first that shows the person; 0 where none does."""
        return np.asarray(self.present.argmax(axis=1))

    @cached_property
    def crops_stay(self) -> bool:
        """Whether all pictures of a view show the same part of the whole: so that one pixel is the same ray in all."""
        return all(len(np.unique(boxes[shown], axis=0)) <= 1 for boxes, shown in self._views())

    def cameras_at(self, frames: Int[np.ndarray, " view"]) -> tuple[CalibratedCamera, ...]:
        """Cameras that show what the pictures show, without distortion; of a view that is missing, that of whole pictures.

        Args:
            frames: Row of each view's pictures.
        """
        shown = (self.boxes[frame, view] for view, frame in enumerate(frames.tolist()))
        return tuple(
            cropped_camera(camera, box, self.side_pixels) if np.isfinite(box).all() else camera
            for camera, box in zip(self.cameras, shown, strict=True)
        )

    @property
    def pixels_per_metre(self) -> float:
        """Of the pictures, where the person is, on the mean."""
        person = np.nanmedian(self.joints_metres, axis=(0, 1))
        scales = []
        for camera, (boxes, shown) in zip(self.cameras, self._views(), strict=True):
            if shown.any():
                enlarged = self.side_pixels / (boxes[shown, 2] - boxes[shown, 0]).mean()
                distance = np.linalg.norm(person - camera.position_metres)
                scales.append(camera.lens.focal_pixels[0] * enlarged / distance)
        return float(np.mean(scales))

    def _views(self) -> list[tuple[Float[np.ndarray, "instant 4"], Bool[np.ndarray, " instant"]]]:
        """Boxes and presence of each."""
        return [(self.boxes[:, view], self.present[:, view]) for view in range(len(self.cameras))]

    def _require_shapes(self) -> None:
        views, count = len(self.cameras), len(self.joints_metres)
        if count == 0 or self.joints_metres.shape[1] != len(JOINTS):
            raise InputError(
                f"{self.name}: there are {count} instants of {self.joints_metres.shape[1]} joints, but one at least of "
                f"{len(JOINTS)} is needed: {', '.join(JOINTS)}."
            )
        counts = {camera.name: len(rows) for camera, rows in zip(self.cameras, self.pictures, strict=False)}
        odd = len(self.pictures) != views or {*counts.values(), len(self.actions), len(self.boxes)} != {count}
        if odd or self.boxes.shape[1] != views:
            told = ", ".join(f"{name} {frames}" for name, frames in counts.items())
            raise InputError(
                f"{self.name}: there are {views} cameras, and joints of {count} instants, but pictures of "
                f"{len(self.pictures)} views ({told}), boxes of {len(self.boxes)} instants of {self.boxes.shape[1]}, and "
                f"actions of {len(self.actions)}. Give all of the same."
            )

    def _require_boxes(self) -> None:
        for camera, (boxes, shown) in zip(self.cameras, self._views(), strict=True):
            empty = shown & ((boxes[:, 2:] - boxes[:, :2]) <= 0).any(axis=1)
            if empty.any():
                where = int(empty.argmax())
                raise InputError(
                    f"{self.name}: at instant {where}, {_NAMES} of {camera.name}'s picture are {boxes[where].tolist()}. "
                    "Give a box that holds something, or nan where the view is missing."
                )
        if (self.present.sum(axis=1) < 2).all():
            raise InputError(f"{self.name}: no two views show the person at any instant. Leave it out.")

    def _require_metres(self) -> None:
        if not self.valid.any():
            raise InputError(f"{self.name}: no joint is ever known. Leave it out.")
        known = np.where(self.valid[..., None], self.joints_metres, np.nan)[self.valid.any(axis=1)]
        sizes = (np.nanmax(known, axis=1) - np.nanmin(known, axis=1)).max(axis=1)
        collapsed = (sizes == 0) & (self.valid[self.valid.any(axis=1)].sum(axis=1) > 1)
        if collapsed.any():
            where = int(np.flatnonzero(self.valid.any(axis=1))[collapsed.argmax()])
            raise InputError(f"{self.name}: at instant {where} all joints are at one place. Write nan where none is known.")
        size = float(np.median(sizes))
        if not _PERSON_METRES[0] <= size <= _PERSON_METRES[1]:
            raise InputError(
                f"{self.name}: {self.subject}'s joints would extend over {size:.3g} m. Give lengths of the unit that the "
                "format tells, all in one."
            )
        person = np.nanmedian(known, axis=(0, 1))
        places = np.stack([camera.position_metres for camera in self.cameras])
        if 0 < np.ptp(places, axis=0).max() < _APART_METRES:
            raise InputError(
                f"{self.name}: all cameras would be within {np.ptp(places, axis=0).max():.2g} m: lengths of the calibration "
                "and of the joints are of different units. Give all in one."
            )
        for camera in self.cameras:
            distance = float(np.linalg.norm(camera.position_metres - person))
            if not _NEAREST_METRES <= distance <= _FARTHEST_METRES:
                raise InputError(
                    f"{self.name}: {camera.name} would be {distance:.3g} m from {self.subject}: lengths of its calibration "
                    "and of the joints are of different units. Give all in one."
                )


Sample = desynchronizer.Sample[Footage]
"""What the cameras of some footage show when asked for one instant."""
