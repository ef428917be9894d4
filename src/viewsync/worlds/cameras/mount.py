"""What holds a camera, and so where it is and looks at any instant."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from viewsync.geometry.camera import CalibratedCamera


@runtime_checkable
class Mount(Protocol):
    """Where a camera is."""

    def view(self, seconds: Float[np.ndarray, " time"]) -> tuple[Float[np.ndarray, "time 3 3"], Float[np.ndarray, "time 3"]]:
        """Rotation from world to camera axes, and the camera's position in the world (metres), at world times."""
        ...


@dataclass(frozen=True)
class Static:
    """A tripod, or a wall."""

    position_metres: Float[np.ndarray, " 3"]
    rotation: Float[np.ndarray, "3 3"]
    """From world to camera axes."""

    @classmethod
    def looking_at(
        cls, position: Float[np.ndarray, " 3"], target: Float[np.ndarray, " 3"], roll_radians: float = 0.0
    ) -> "Static":
        """A camera with a point in the middle of its view.

        Args:
            position: Where it stands (metres).
            target: What it looks at (metres).
            roll_radians: How far it is turned clockwise about its axis.
        """
        return cls(position, facing((target - position)[None], roll_radians)[0])

    @classmethod
    def of(cls, camera: CalibratedCamera) -> "Static":
        """Where a real camera stands."""
        return cls(camera.position_metres, camera.rotation)

    def view(self, seconds: Float[np.ndarray, " time"]) -> tuple[Float[np.ndarray, "time 3 3"], Float[np.ndarray, "time 3"]]:
        """The same at all times."""
        count = len(seconds)
        return np.repeat(self.rotation[None], count, axis=0), np.repeat(self.position_metres[None], count, axis=0)


@dataclass(frozen=True)
class Attached:
    """A camera fixed to another one, which looks the same way: an eye of a stereo camera."""

    base: Mount
    offset_metres: tuple[float, float, float]
    """In the base's camera axes: x right, y down, z forward."""

    def view(self, seconds: Float[np.ndarray, " time"]) -> tuple[Float[np.ndarray, "time 3 3"], Float[np.ndarray, "time 3"]]:
        """The base's view, from aside."""
        rotations, positions = self.base.view(seconds)
        return rotations, positions + np.array(self.offset_metres) @ rotations


def stereo(base: Mount, baseline_metres: float) -> tuple[Attached, Attached]:
    """Left and right eye of a stereo camera, with the base midway between them."""
    half = baseline_metres / 2
    return Attached(base, (-half, 0.0, 0.0)), Attached(base, (half, 0.0, 0.0))


def facing(directions: Float[np.ndarray, "time 3"], roll_radians: float = 0.0) -> Float[np.ndarray, "time 3 3"]:
    """Rotations from world to camera axes that look in these directions, upright but for the roll (clockwise)."""
    forward = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    right = np.cross(forward, (0.0, 0.0, 1.0))
    length = np.linalg.norm(right, axis=1, keepdims=True)
    # Straight up or down, any way of turning is upright.
    right = np.where(length > 1e-9, right / np.maximum(length, 1e-9), (1.0, 0.0, 0.0))
    down = np.cross(forward, right)
    cosine, sine = np.cos(roll_radians), np.sin(roll_radians)
    return np.stack([cosine * right + sine * down, cosine * down - sine * right, forward], axis=1)
