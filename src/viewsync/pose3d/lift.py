"""From where several cameras saw joints, each at its own times, to where these were in space at the reference's instants."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.triangulation import distances_pixels, projection_matrices, robust
from viewsync.pose3d.shifts import Shift
from viewsync.pose3d.tracks import Curves, JointTracks, Places, View, predicted
from viewsync.types import InputError

INLIER_SHARE = 0.02
"""Of the picture's diagonal: a view that shows a joint farther from where the others put it isn't believed. Detectors put a
joint on the surface that they see, so half of that discards good views (docs/pose3d.md)."""
_MIXED, _APART_METRES = 200.0, 0.3
"""So many times as far from the origin as all others, and these not at it: cameras whose positions are of two units."""
_LARGEST_BODY_METRES = 30.0


@dataclass(frozen=True)
class Joints3D:
    """A person's joints in space."""

    joints: tuple[str, ...]
    seconds: Float[np.ndarray, " time"]
    """On the reference's clock, increasing."""
    points_metres: Float[np.ndarray, "time joint 3"]
    """In the calibration's axes; nan where a joint is missing."""
    views: Int[np.ndarray, "time joint"]
    """How many views each point is made of; 0 where it is missing."""
    error_pixels: Float[np.ndarray, "time joint"]
    """Root mean square of the distances from where these views show the joint; nan where it is missing."""

    @property
    def never_seen(self) -> tuple[str, ...]:
        """Joints that are missing at all instants."""
        missing = np.isnan(self.points_metres).all(axis=(0, 2))
        return tuple(name for name, gone in zip(self.joints, missing, strict=True) if gone)


def shifted(views: Sequence[View], shifts: Sequence[Shift | None]) -> list[View]:
    """The views with their clocks set right, as far as it is known by how much."""
    return [
        replace(view, tracks=view.tracks.moved(shift.seconds)) if shift else view
        for view, shift in zip(views, shifts, strict=True)
    ]


def lift(
    views: Sequence[View],
    joints: tuple[str, ...],
    at_seconds: Float[np.ndarray, " time"],
    *,
    late_seconds: float | None = None,
) -> Joints3D:
    """Triangulate joints at some instants: what each camera saw around them is interpolated, or predicted.

    A joint that fewer than two cameras tell of at an instant is missing there.

    Args:
        views: Two or more, on one clock; the first is the reference.
        joints: Names of the tracks' joints.
        at_seconds: The instants.
        late_seconds: By how much frames of all but the reference come late: what they will show is predicted from those that
            are there. None: all frames are at hand.

    Raises:
        InputError: There are fewer than two views, or lengths are of two units.
    """
    if len(views) < 2:
        raise InputError(f"triangulation needs two calibrated cameras or more, got {len(views)}. Name all of the scene.")
    cameras = [view.camera for view in views]
    _require_one_unit(cameras)
    places = [
        _at(view.tracks, at_seconds, late_seconds if number else None) for number, view in enumerate(views)
    ]  # fmt: skip
    matrices = projection_matrices(cameras)
    pixels, weights = (np.array([getattr(place, name) for place in places]) for name in ("pixels", "confidence"))
    found = robust(matrices, pixels, weights, inlier_pixels=inlier_pixels(cameras))
    points = found.known_metres
    _require_metres(points)
    apart = np.where(found.used, distances_pixels(matrices, pixels, points), 0.0)
    used = np.where(found.found, found.used.sum(axis=0), 0)
    error = np.sqrt((np.nan_to_num(apart) ** 2).sum(axis=0) / np.maximum(used, 1))
    return Joints3D(joints, at_seconds, points, used, np.where(found.found, error, np.nan))


def inlier_pixels(cameras: Sequence[CalibratedCamera]) -> float:
    """Up to where a view agrees with the others."""
    return INLIER_SHARE * float(np.mean([np.hypot(camera.lens.width, camera.lens.height) for camera in cameras]))


def _at(tracks: JointTracks, at_seconds: Float[np.ndarray, " time"], late_seconds: float | None) -> Places:
    return Curves(tracks)(at_seconds) if late_seconds is None else predicted(tracks, at_seconds, at_seconds - late_seconds)


def _require_one_unit(cameras: Sequence[CalibratedCamera]) -> None:
    from_world = np.linalg.norm([camera.position_metres for camera in cameras], axis=1)
    far = int(from_world.argmax())
    others = float(np.delete(from_world, far).max())
    if others > _APART_METRES and from_world[far] > _MIXED * others:
        raise InputError(
            f"camera {cameras[far].name} stands {from_world[far]:.4g} m from the world's origin, all others within "
            f"{others:.3g} m: units are mixed. Write all translations in metres."
        )


def _require_metres(points: Float[np.ndarray, "time joint 3"]) -> None:
    known = points[np.isfinite(points).all(axis=2).sum(axis=1) > 1]
    if not len(known):
        return
    size = float(np.nanmedian(np.linalg.norm(np.nanmax(known, axis=1) - np.nanmin(known, axis=1), axis=1)))
    if size > _LARGEST_BODY_METRES:
        raise InputError(
            f"the person measures {size:.3g} m across: the calibration seems to be in millimetres. Write its translations "
            f"in metres."
        )
