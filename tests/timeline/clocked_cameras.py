"""Cameras with known clocks, and pairs measured between them with the errors that the model describes."""

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import numpy as np

from viewsync.timeline.clock import ClockMap
from viewsync.types import PairOffset, Recording, Verdict, VideoTrack


def recording(name: str) -> Recording:
    """A 25 Hz video of 12 s that exists in name only."""
    video = VideoTrack(0, 640, 480, 0, Fraction(1, 25), np.arange(300))
    return Recording(id=name, path=Path(f"{name}.mp4"), sha256="0" * 64, video=video, sound=None)


def recordings(names: str) -> list[Recording]:
    """One recording per letter."""
    return [recording(name) for name in names]


def tied(a: str, b: str, offset: float, std: float = 0.01, **more) -> PairOffset:
    """A pair with a measured offset, and a rate too if `rate`, `rate_std` and perhaps a covariance are given."""
    values = {"reasons": (), "overlap_seconds": 8.0, "cues": (), "probability": 0.999, "middle_seconds": 5.0}
    return PairOffset(a, b, Verdict.TIED, offset_seconds=offset, offset_std_seconds=std, **(values | more))


def untied(a: str, b: str, verdict: Verdict, *reasons: str) -> PairOffset:
    """A pair that says nothing."""
    return PairOffset(a, b, verdict, reasons, overlap_seconds=0.0, cues=(), probability=0.0)


def swapped(pair: PairOffset) -> PairOffset:
    """The same measurement, said the other way round."""
    clock = ClockMap(pair.offset_seconds, pair.rate or 0.0)
    back = clock.inverse()
    turned = replace(pair, a=pair.b, b=pair.a, offset_seconds=back.offset_seconds, middle_seconds=clock(pair.middle_seconds))
    if pair.rate is None:
        return turned
    covariance = clock.inverse_covariance(
        np.array(
            [
                [pair.offset_std_seconds**2, pair.offset_rate_covariance],
                [pair.offset_rate_covariance, pair.rate_std**2],
            ]
        )
    )
    return replace(
        turned,
        rate=back.rate,
        offset_std_seconds=float(np.sqrt(covariance[0, 0])),
        rate_std=float(np.sqrt(covariance[1, 1])),
        offset_rate_covariance=float(covariance[0, 1]),
    )


@dataclass(frozen=True)
class World:
    """Cameras whose clocks, as shown to all their pairs, are off by their own noise; pairs add edge noise."""

    clocks: dict[str, ClockMap]
    """True clock of each camera: its pts to the true time."""
    camera_std: dict[str, float]
    shared_fraction: float

    def truth(self, a: str, b: str) -> ClockMap:
        """From b's clock to a's."""
        return self.clocks[b].then(self.clocks[a].inverse())

    def pairs(self, rng: np.random.Generator) -> list[PairOffset]:
        """All pairs, compared in the middle of what each has in common, without a fitted rate."""
        noise = {name: rng.normal(0, std) for name, std in self.camera_std.items()}
        return [self._pair(a, b, noise[a] - noise[b], rng) for a, b in combinations(self.clocks, 2)]

    def _pair(self, a: str, b: str, shared_error: float, rng: np.random.Generator) -> PairOffset:
        shared = self.camera_std[a] ** 2 + self.camera_std[b] ** 2
        if self.shared_fraction:
            variance = shared / self.shared_fraction
        else:
            variance, shared, shared_error = shared, 0.0, 0.0
        middle = float(rng.uniform(4, 6))
        offset = self.truth(a, b)(middle) - middle + shared_error + rng.normal(0, np.sqrt(variance - shared))
        return tied(a, b, float(offset), float(np.sqrt(variance)), middle_seconds=middle, rate_bound=1e-3)

    def pairs_with_rates(self, rng: np.random.Generator, start_seconds: float = 0.0) -> list[PairOffset]:
        """All pairs over some ten minutes from `start_seconds` of b's pts, with fitted rates and only edge noise."""
        found = []
        for a, b in combinations(self.clocks, 2):
            middle, std, rate_std = start_seconds + float(rng.uniform(250, 350)), 0.004, 2e-6
            at_middle, rate = (
                self.truth(a, b)(middle) + rng.normal(0, std),
                self.truth(a, b).rate + rng.normal(0, rate_std),
            )
            found.append(
                tied(
                    a,
                    b,
                    float(at_middle - (1 + rate) * middle),
                    float(np.hypot(std, middle * rate_std)),
                    middle_seconds=middle,
                    rate=float(rate),
                    rate_std=rate_std,
                    offset_rate_covariance=-middle * rate_std**2,
                    rate_bound=float(abs(rate) + 1.96 * rate_std),
                )
            )
        return found


def random_world(count: int, shared_fraction: float, rng: np.random.Generator) -> World:
    """Cameras that start within 20 s of one another, of unlike quality, with crystals good to 20 ppm."""
    names = "abcdefgh"[:count]
    return World(
        {name: ClockMap(float(rng.uniform(-10, 10)), float(rng.normal(0, 20e-6))) for name in names},
        {name: float(rng.uniform(0.002, 0.01)) for name in names},
        shared_fraction,
    )
