"""A camera of a rendered world: lens, mount, clock, shutter, sensor and microphone."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from viewsync.worlds.cameras.lens import Lens
from viewsync.worlds.cameras.mount import Mount
from viewsync.worlds.clock import CameraClock


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
class Sensor:
    """How light becomes numbers."""

    noise: float = 2.0
    """Standard deviation of what is added, in gray levels of 255."""
    gamma: float = 1.0
    """Tone curve: above 1 dark tones sink."""
    brightness: float = 1.0
    gray: bool = False
    """Without colour, like the stereo cameras of a robot."""


@dataclass(frozen=True)
class Camera:
    """One camera of a world."""

    name: str
    """``cam1``: what its files are called."""
    lens: Lens
    mount: Mount
    clock: CameraClock
    shutter: Shutter = Shutter()
    sensor: Sensor = Sensor()
    hears: bool = False
    """Has a microphone, at the place of the lens."""

    def row_seconds(self, pts_seconds: Float[np.ndarray, " frame"]) -> Float[np.ndarray, "frame height"]:
        """World time of the middle of each row's exposure."""
        rows = (np.arange(self.lens.height) + 0.5) / self.lens.height - 0.5
        return self.clock.world_seconds(pts_seconds[:, None] + self.shutter.readout_seconds * rows)
