"""The labels file of learnable triangulation: who does what at which frame, joints, boxes and cameras."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from viewsync.calibration.numbers import CameraEntry
from viewsync.geometry.camera import CalibratedCamera
from viewsync.pose3d.footage import JOINTS
from viewsync.types import InputError

_METRES = 1e-3
_BUILT = {
    ("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode"),
    *((f"numpy.{core}.multiarray", name) for core in ("core", "_core") for name in ("_reconstruct", "scalar")),
}  # fmt: skip
"""All that arrays are made of; older versions of NumPy wrote their bytes as text."""
_TEXTS = ("subject_names", "camera_names", "action_names")
_COLUMNS: Mapping[str, tuple[int, ...]] = {
    "subject_idx": (), "action_idx": (), "frame_idx": (), "keypoints": (len(JOINTS), 3), "bbox_by_camera_tlbr": (-1, 4),
}  # fmt: skip


@dataclass(frozen=True)
class Labels:
    """What the file tells."""

    path: Path
    subjects: tuple[str, ...]
    views: tuple[str, ...]
    actions: tuple[str, ...]
    table: np.ndarray
    """A row for each person and frame: the columns of `_COLUMNS`."""
    poses: np.ndarray | None
    """R, t, K and dist of each camera for each subject; None: the file doesn't tell."""

    def joints_metres(self, rows: np.ndarray | np.void) -> Float[np.ndarray, "*row joint 3"]:
        """Of a row of the table, or some; nan where one isn't known."""
        return _METRES * np.asarray(rows["keypoints"], dtype=np.float64)

    def boxes(self, rows: np.ndarray | np.void) -> Float[np.ndarray, "*row view 4"]:
        """Left, top, right and bottom; nan where a view is missing, which the file tells by a box without area."""
        top, left, bottom, right = np.moveaxis(np.asarray(rows["bbox_by_camera_tlbr"], dtype=np.float64), -1, 0)
        missing = (right <= left) | (bottom <= top)
        return np.where(missing[..., None], np.nan, np.stack([left, top, right, bottom], axis=-1))

    def camera(self, subject: int, view: int, size: tuple[int, int], *, undistorted: bool) -> CalibratedCamera:
        """As it stood for a subject, in metres.

        Args:
            subject: Number of the subject.
            view: Number of the view.
            size: Width and height of its pictures, which the file doesn't tell.
            undistorted: The lens' distortion is out of the pictures.

        Raises:
            InputError: The file doesn't tell, or not what can be used.
        """
        if self.poses is None:
            raise InputError(f"{self.path} tells of no cameras, as one of them moved. Give footage of cameras that didn't.")
        row = self.poses[subject, view]
        told = {name: row[name] for name in ("R", "t", "K", "dist")}
        entry = CameraEntry(self.path, f"{self.views[view]} for {self.subjects[subject]}", told)
        lens = entry.lens(size, "K", "dist")
        if undistorted:
            lens = type(lens)(lens.width, lens.height, lens.focal_pixels, lens.center_pixels)
        return CalibratedCamera(self.views[view], lens, entry.rotation("R"), _METRES * entry.vector("t", 3))


def read_labels(path: Path) -> Labels:
    """Read human36m-multiview-labels-GTbboxes.npy, or human36m/labels.npy of a rendered scene.

    The file is a pickle, which may run anything when it is loaded; here nothing is built of it but arrays and plain values.

    Raises:
        InputError: It can't be read, holds something else, or what it tells doesn't fit together.
    """
    content = _content(path)
    try:
        subjects, views, actions = (tuple(str(name) for name in content[key]) for key in _TEXTS)
        table, poses = np.asarray(content["table"]), content.get("cameras")
        names = table.dtype.names or ()
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} isn't a labels file of learnable triangulation: {error!r}. Name that file.") from error
    for column, shape in _COLUMNS.items():
        wanted = (len(views), 4) if column.startswith("bbox") else shape
        if column not in names or table[column].shape[1:] != wanted:
            found = table[column].shape[1:] if column in names else "missing"
            raise InputError(f"{path}: column {column} of its table must be of shape {wanted}, got {found}. Make it anew.")
    if poses is not None and poses.shape != (len(subjects), len(views)):
        raise InputError(
            f"{path} tells of {len(subjects)} subjects before {len(views)} cameras, but its cameras are an array of "
            f"{poses.shape}: one is missing. Make it anew."
        )
    for column, names in (("subject_idx", subjects), ("action_idx", actions)):
        if len(table) and not (table[column].min() >= 0 and table[column].max() < len(names)):
            raise InputError(f"{path}: column {column} of its table must be from 0 to {len(names) - 1}. Make it anew.")
    return Labels(path, subjects, views, actions, table, poses)


def _content(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            np.lib.format.read_array_header_1_0(file)
            array = _ArraysOnly(file).load()
        content = array.item()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}. Check the name.") from error
    except Exception as error:
        # Damaged pickles fail in every way.
        raise InputError(f"{path} can't be read as a labels file: {error!r}. Copy it again.") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} holds a {type(content).__name__}, not the dictionary of a labels file. Name that file.")
    return content


class _ArraysOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Refuse all but what arrays are made of."""
        if (module, name) not in _BUILT:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no labels file needs")
        return super().find_class(module, name)
