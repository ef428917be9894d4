"""What can be asked of a preset."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from viewsync.geometry.camera import CalibratedCamera
from viewsync.types import InputError
from viewsync.worlds.motions.library import MotionLibrary


@dataclass(frozen=True)
class Wishes:
    """What the user wants different; None leaves it to the preset."""

    seconds: float | None = None
    people: int | None = None
    """At the most crowded time."""
    size: tuple[int, int] | None = None
    """Width and height of the pictures."""
    fps: float | None = None
    same_clothes: bool | None = None
    max_offset_seconds: float | None = None
    """Clocks differ by up to this from the world's, each way."""
    max_rate_ppm: float | None = None
    jitter_share: float | None = None
    dropped_share: float | None = None
    exposure_seconds: float | None = None
    readout_seconds: float | None = None
    blur_samples: int | None = None
    sound: bool | None = None
    motions: MotionLibrary | None = None
    """Instead of the package's own."""
    cameras: tuple[CalibratedCamera, ...] | None = None
    """The real cameras that the preset is modelled after (see `Preset.real_cameras`)."""
    place_seed: int | None = None
    """Of place and cameras, which then are the same in all scenes; for cameras that stand still (see `Preset.still`)."""

    def __post_init__(self) -> None:
        _require(self.seconds, "--seconds", 0.1, 36_000)
        _require(self.people, "--people", 0, 1000)
        _require(self.fps, "--fps", 0.1, 1000)
        for side, length in zip(("width", "height"), self.size or (64, 64), strict=True):
            _require(length, f"--size: {side}", 64, 4096)
            if length % 2:
                raise InputError(f"--size: {side} must be even for H.264, got {length}.")
        _require(self.max_offset_seconds, "--max-offset-seconds", 0, 3600)
        _require(self.max_rate_ppm, "--max-rate-ppm", 0, 10_000)
        _require(self.jitter_share, "--jitter", 0, 0.9)
        _require(self.dropped_share, "--dropped", 0, 0.9)
        _require(self.exposure_seconds, "--exposure-seconds", 0, 10)
        _require(self.readout_seconds, "--readout-seconds", 0, 1)
        _require(self.blur_samples, "--blur", 1, 63)
        _require(self.place_seed, "--place-seed", 0, 2**53)
        if self.blur_samples is not None and self.blur_samples % 2 == 0:
            raise InputError(f"--blur must be odd, so that one instant is the middle, got {self.blur_samples}.")

    def place_of(self, seed: int) -> int:
        """The seed of the place and the rig of cameras, of a scene with this seed."""
        return seed if self.place_seed is None else self.place_seed

    def chances(self, seed: int) -> tuple[Generator, Generator]:
        """Sources of chance for the cameras and for what they see; one and the same where scenes differ in place."""
        cameras = np.random.default_rng([self.place_of(seed), 10])
        return cameras, cameras if self.place_seed is None else np.random.default_rng([seed, 10])

    def as_json(self) -> dict[str, Any]:
        """What is asked for; of motions and cameras, a fingerprint."""
        asked = {name: value for name, value in vars(self).items() if value is not None}
        if self.size is not None:
            asked["size"] = list(self.size)
        if self.motions is not None:
            asked["motions"] = self.motions.fingerprint()
        if self.cameras is not None:
            asked["cameras"] = hashlib.sha256("".join(map(_written_out, self.cameras)).encode()).hexdigest()
        return asked


def _written_out(camera: CalibratedCamera) -> str:
    return f"{camera.name} {camera.lens} {camera.rotation.tolist()} {camera.translation_metres.tolist()}\n"


def _require(value: float | None, name: str, least: float, greatest: float) -> None:
    # Written so that nan fails, too.
    if value is not None and not least <= value <= greatest:
        raise InputError(f"{name} must be from {least:g} to {greatest:g}, got {value:g}.")
