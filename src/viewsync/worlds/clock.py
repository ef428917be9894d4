"""The clock of a camera that films a made scene: exact, with all the faults of a real one."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from jaxtyping import Float, Int

TICKS_PER_SECOND = 90_000
"""Presentation times are whole ticks, so that a file can hold them exactly."""


@dataclass(frozen=True)
class CameraClock:
    """When a camera takes its frames, on its own clock, which relates to the world's as told here.

    t_world = (1 + rate) · t_camera + offset
    """

    seed: int
    """Of its lost and late frames: give each camera another one."""
    fps: float | Fraction = 30.0
    duration_seconds: float = 10.0
    offset_seconds: float = 0.0
    """World time at the camera's time 0."""
    rate_ppm: float = 0.0
    dropped_share: float = 0.0
    """Share of frames lost at random."""
    jitter_share: float = 0.0
    """Largest random delay of a frame, as a share of the frame interval, below 1."""

    def __post_init__(self) -> None:
        if not (self.fps > 0 and self.duration_seconds > 0):
            raise ValueError(f"a camera needs fps and duration above 0, got {self.fps} and {self.duration_seconds}")
        if not (0 <= self.dropped_share < 1 and 0 <= self.jitter_share < 1):
            raise ValueError(f"shares must be in [0, 1), got {self.dropped_share = } and {self.jitter_share = }")

    def ticks(self) -> Int[np.ndarray, " frame"]:
        """Presentation times of all frames, in ticks of 1/90000 s; there is at least one."""
        rng = np.random.default_rng([self.seed, 1])
        count = max(round(self.duration_seconds * self.fps), 1)
        place = np.arange(count) + self.jitter_share * rng.uniform(size=count)
        kept = rng.uniform(size=count) >= self.dropped_share
        kept[0] |= not kept.any()
        return np.round(place[kept] * float(TICKS_PER_SECOND / self.fps)).astype(np.int64)

    def world_seconds(self, seconds: Float[np.ndarray, "*time"]) -> Float[np.ndarray, "*time"]:
        """World time at times of the camera's clock."""
        return (1 + 1e-6 * self.rate_ppm) * seconds + self.offset_seconds


def truth(a: CameraClock, b: CameraClock) -> tuple[float, float]:
    """True relation of two clocks: (offset in seconds, rate), as in t_a = (1 + rate) · t_b + offset."""
    tempo_a, tempo_b = 1 + 1e-6 * a.rate_ppm, 1 + 1e-6 * b.rate_ppm
    return (b.offset_seconds - a.offset_seconds) / tempo_a, tempo_b / tempo_a - 1
