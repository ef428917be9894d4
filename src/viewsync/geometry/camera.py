"""Cameras of known optics and pose."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from viewsync.geometry.lens import Lens

_ORTHONORMAL = 1e-6


@dataclass(frozen=True)
class CalibratedCamera:
    """A camera that stands still: what every calibration format tells. World axes are in metres."""

    name: str
    lens: Lens
    rotation: Float[np.ndarray, "3 3"]
    """From world to camera axes."""
    translation_metres: Float[np.ndarray, " 3"]
    """Camera axes = rotation · world + translation."""

    def __post_init__(self) -> None:
        _require_poses(self.name, self.rotation[None], self.translation_metres[None])

    @classmethod
    def at(
        cls, name: str, lens: Lens, rotation: Float[np.ndarray, "3 3"], position: Float[np.ndarray, " 3"]
    ) -> "CalibratedCamera":
        """The camera at a position in the world (metres)."""
        return cls(name, lens, rotation, -rotation @ position)

    @property
    def position_metres(self) -> Float[np.ndarray, " 3"]:
        """Where the camera is in the world."""
        return np.asarray(-self.rotation.T @ self.translation_metres)

    def project(self, points: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 2"]:
        """Pixels of points in world axes; ask `sees` which of them to believe."""
        return self.lens.project(self._in_camera_axes(points))

    def sees(self, points: Float[np.ndarray, "*batch 3"]) -> Bool[np.ndarray, "*batch"]:
        """Whether points in world axes are in the picture, whatever may hide them."""
        return self.lens.sees(self._in_camera_axes(points))

    def on_plane(self, pixels: Float[np.ndarray, "*batch 2"], height_metres: float = 0.0) -> Float[np.ndarray, "*batch 2"]:
        """Where pixels show the plane z = height: x and y in the world; nan where they don't show it."""
        rays = self.lens.unproject(pixels) @ self.rotation
        x, y, z = self.position_metres
        with np.errstate(divide="ignore", invalid="ignore"):
            along = (height_metres - z) / rays[..., 2:]
            return np.asarray(np.where(along > 0, (x, y) + along * rays[..., :2], np.nan))

    def _in_camera_axes(self, points: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 3"]:
        return np.asarray(points @ self.rotation.T + self.translation_metres)


@dataclass(frozen=True)
class MovingCamera:
    """A camera with a pose of its own for every frame of its file."""

    name: str
    lens: Lens
    rotations: Float[np.ndarray, "frame 3 3"]
    """From world to camera axes."""
    translations_metres: Float[np.ndarray, "frame 3"]

    def __post_init__(self) -> None:
        _require_poses(self.name, self.rotations, self.translations_metres)

    def __len__(self) -> int:
        return len(self.rotations)

    @property
    def moves(self) -> bool:
        """Whether any frame was taken from elsewhere, or in another direction, than the first."""
        return bool(np.ptp(self.rotations, axis=0).any() or np.ptp(self.translations_metres, axis=0).any())

    def at_frame(self, index: int) -> CalibratedCamera:
        """The camera as it was for one frame."""
        return CalibratedCamera(self.name, self.lens, self.rotations[index], self.translations_metres[index])


def _require_poses(name: str, rotations: Float[np.ndarray, "pose 3 3"], translations: Float[np.ndarray, "pose 3"]) -> None:
    if not (np.isfinite(rotations).all() and np.isfinite(translations).all()):
        raise ValueError(f"{name}: a pose must hold finite numbers")
    errors = rotations @ rotations.transpose(0, 2, 1) - np.eye(3)
    if np.abs(errors).max(initial=0) > _ORTHONORMAL or np.any(np.linalg.det(rotations) < 0):
        raise ValueError(f"{name}: its orientation isn't a rotation")
