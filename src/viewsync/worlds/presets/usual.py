"""What a preset does unless asked otherwise."""

from dataclasses import dataclass, fields, replace

import numpy as np

from viewsync.worlds.cameras.camera import Camera, Sensor, Shutter
from viewsync.worlds.cameras.lens import Lens
from viewsync.worlds.cameras.mount import Mount
from viewsync.worlds.clock import CameraClock
from viewsync.worlds.presets.wishes import Wishes


@dataclass(frozen=True)
class Usual:
    """Settings that every preset has; named and bounded as in `Wishes`."""

    seconds: float
    people: int
    size: tuple[int, int]
    fps: float
    same_clothes: bool = False
    max_offset_seconds: float = 0.0
    max_rate_ppm: float = 0.0
    jitter_share: float = 0.0
    dropped_share: float = 0.0
    exposure_seconds: float = 0.008
    readout_seconds: float = 0.0
    blur_samples: int = 1
    sound: bool = False

    def but(self, wishes: Wishes) -> "Usual":
        """The settings with the user's wishes granted."""
        asked = {field.name: getattr(wishes, field.name) for field in fields(self)}
        return replace(self, **{name: value for name, value in asked.items() if value is not None})

    @property
    def world_seconds(self) -> float:
        """How long the world must last so that every camera sees something at all times."""
        return 2 * self.max_offset_seconds + (1 + 1e-6 * self.max_rate_ppm) * self.seconds + self.readout_seconds

    def clock(self, rng: np.random.Generator) -> CameraClock:
        """A clock that is off at random, as far as allowed; it begins after the world does."""
        return CameraClock(
            seed=int(rng.integers(2**31)),
            fps=self.fps,
            duration_seconds=self.seconds,
            offset_seconds=float(rng.uniform(0, 2 * self.max_offset_seconds)),
            rate_ppm=float(rng.uniform(-self.max_rate_ppm, self.max_rate_ppm)),
            dropped_share=self.dropped_share,
            jitter_share=self.jitter_share,
        )

    def camera(
        self,
        name: str,
        lens: Lens,
        mount: Mount,
        rng: np.random.Generator,
        *,
        clock: CameraClock | None = None,
        gray: bool = False,
        hides: int | None = None,
    ) -> Camera:
        """A camera with this lens, at this size, whose sensor differs a little from the others'.

        Args:
            name: What its files are called.
            lens: Cropped and scaled to the size of the settings.
            mount: What holds it.
            rng: Source of chance, for clock and sensor.
            clock: Instead of one at random.
            gray: Without colour.
            hides: Id of the person who wears it.
        """
        sensor = Sensor(
            noise=float(rng.uniform(1.0, 4.0)),
            gamma=float(rng.uniform(0.9, 1.15)),
            brightness=float(rng.uniform(0.9, 1.1)),
            gray=gray,
        )
        shutter = Shutter(self.exposure_seconds, self.readout_seconds, self.blur_samples)
        fitted = cropped(lens, *self.size)
        return Camera(name, fitted, mount, clock or self.clock(rng), shutter, sensor, hears=self.sound, hides=hides)


def cropped(lens: Lens, width: int, height: int) -> Lens:
    """A lens before the largest part of its sensor that has this shape, in pixels of this size."""
    scale = max(width / lens.width, height / lens.height)
    whole = lens.scaled(max(width, round(scale * lens.width)), max(height, round(scale * lens.height)))
    x, y = whole.center_pixels
    center = (x - (whole.width - width) / 2, y - (whole.height - height) / 2)
    return replace(whole, width=width, height=height, center_pixels=center)
