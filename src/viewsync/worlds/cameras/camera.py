"""A camera of a rendered world: lens, mount, clock, shutter, sensor and microphone."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from viewsync.geometry.camera import CalibratedCamera, MovingCamera
from viewsync.geometry.lens import Lens
from viewsync.worlds.cameras.mount import Mount
from viewsync.worlds.cameras.sensor import Sensor
from viewsync.worlds.clock import CameraClock

__all__ = ["Camera", "Sensor", "Shutter"]


@dataclass(frozen=True)
class Shutter:
    """When light falls on each row. A frame's pts is the middle of its middle row's exposure."""

    exposure_seconds: float = 0.0
    """How long each row is open; on the camera's clock, as everything here."""
    readout_seconds: float = 0.0
    """Rolling shutter: time from the top row's exposure to the bottom row's. 0: all rows at once."""
    blur_samples: int = 1
    """Into how many instants the exposure is cut. 1: the picture shows its middle, without blur."""


@dataclass(frozen=True)
class Camera:
    """One camera of a world."""

    name: str
    """``cam1``: what its files are called."""
    lens: Lens
    mount: Mount
    clock: CameraClock
    shutter: Shutter = Shutter()
    sensor: Sensor = field(default_factory=Sensor)
    hears: bool = False
    """Has a microphone, at the place of the lens."""
    hides: int | None = None
    """Id of the person who wears the camera, and whom it doesn't show."""

    def row_seconds(self, pts_seconds: Float[np.ndarray, " frame"]) -> Float[np.ndarray, "frame height"]:
        """World time of the middle of each row's exposure."""
        rows = (np.arange(self.lens.height) + 0.5) / self.lens.height - 0.5
        return self.clock.world_seconds(pts_seconds[:, None] + self.shutter.readout_seconds * rows)

    def at(self, world_seconds: float) -> CalibratedCamera:
        """The camera as it is at an instant."""
        return self.through(np.array([world_seconds])).at_frame(0)

    def through(self, world_seconds: Float[np.ndarray, " time"]) -> MovingCamera:
        """The camera at many instants, such as its frames'."""
        rotations, positions = self.mount.view(world_seconds)
        return MovingCamera(self.name, self.lens, rotations, -(rotations @ positions[..., None])[..., 0])
