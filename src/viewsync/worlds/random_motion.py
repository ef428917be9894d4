"""Random motion as exact functions of time: any instant can be asked for, in any order, and gives the same answer.

A value depends only on the seed and the time, never on what was evaluated before. That is what makes cameras agree on
what happened when, however their clocks run.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt64

_STEP, _MIX_1, _MIX_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def lattice(seed: int, knots: Int[np.ndarray, "time channel"]) -> Float[np.ndarray, "time channel"]:
    """Uniform random numbers in [-1, 1), one for every (seed, channel, knot)."""
    channels = np.arange(knots.shape[1], dtype=np.uint64)
    key = _scramble(_scramble(np.uint64(seed % 2**64) + channels * _MIX_1) + knots.astype(np.uint64))
    return (key >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1.0


def _scramble(state: UInt64[np.ndarray, "..."]) -> UInt64[np.ndarray, "..."]:
    """The finalizer of the splitmix64 generator: a hash that passes for random."""
    state = state + _STEP
    state = (state ^ (state >> np.uint64(30))) * _MIX_1
    state = (state ^ (state >> np.uint64(27))) * _MIX_2
    return np.asarray(state ^ (state >> np.uint64(31)))


@dataclass(frozen=True)
class RandomMotion:
    """Random functions of time in [-1, 1], one per channel; aperiodic unless given a period.

    Time is cut into slots, and each channel draws a random target per slot.
    """

    seed: int
    channels: int
    slot_seconds: float
    period_seconds: float | None = None
    together: bool = False
    """Whether the channels start and stop at the same instants (as the coordinates of one place do)."""

    def reach(self, times: Float[np.ndarray, " time"]) -> Float[np.ndarray, "time channel"]:
        """Goes to each target in one minimum-jerk stroke, then holds it: the abrupt starts and stops of people.

        The stroke begins at a random place in its slot and takes 35 to 65 % of it.
        """
        stroke = self.flight(times)
        return self._between(times, stroke**3 * (10 - 15 * stroke + 6 * stroke**2))

    def hop(self, times: Float[np.ndarray, " time"]) -> Float[np.ndarray, "time channel"]:
        """Goes to each target at even speed, as something thrown does, then rests there."""
        return self._between(times, self.flight(times))

    def flight(self, times: Float[np.ndarray, " time"]) -> Float[np.ndarray, "time channel"]:
        """How far along the slot's stroke each channel is: 0 before it, 1 after it."""
        knots, fraction = self._slots(times)
        begin, length = 0.175 * (1 + self._draw(knots, 1)), 0.5 + 0.15 * self._draw(knots, 2)
        return np.clip((fraction - begin) / length, 0, 1)

    def drift(self, times: Float[np.ndarray, " time"]) -> Float[np.ndarray, "time channel"]:
        """Wanders smoothly, without a rest (a cubic B-spline through the targets)."""
        knots, u = self._slots(times)
        weights = ((1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3)
        spline = np.stack([weight * self._draw(knots + i, 0) for i, weight in enumerate(weights)]).sum(axis=0) / 6
        return np.asarray(spline * self._scale)

    def _between(self, times: np.ndarray, progress: np.ndarray) -> np.ndarray:
        knots, _ = self._slots(times)
        here, there = self._draw(knots, 0), self._draw(knots + 1, 0)
        return np.asarray((here + progress * (there - here)) * self._scale)

    def _slots(self, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Slot number, and place in the slot from 0 to 1. Each channel has its own phase."""
        slot_seconds = self.slot_seconds if self.period_seconds is None else self.period_seconds / self._cycle
        place = times[:, None] / slot_seconds + self._draw(np.zeros((1, self.channels), np.int64), 3)
        place = np.broadcast_to(place, (len(times), self.channels))
        knots = np.floor(place).astype(np.int64)
        return knots, place - knots

    def _draw(self, knots: np.ndarray, which: int) -> np.ndarray:
        """Random numbers in [-1, 1): targets (0), and what times their strokes (1 to 3)."""
        if self.period_seconds is not None:
            knots = knots % self._cycle
        if self.together and which > 0:
            return lattice(4 * self.seed + which, knots[:, :1])
        return lattice(4 * self.seed + which, knots)

    @property
    def _cycle(self) -> int:
        """Slots in a period."""
        assert self.period_seconds is not None
        return max(2, round(self.period_seconds / self.slot_seconds))

    @property
    def _scale(self) -> float:
        """Amplitude that keeps speeds what they are when a short period squeezes the slots."""
        if self.period_seconds is None:
            return 1.0
        return min(1.0, self.period_seconds / self._cycle / self.slot_seconds)


def tempo(seed: int, times: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """Time that stops and catches up: a rest of up to 2 s every 4 s, at random, and bursts between the rests."""
    slot_seconds = 4.0
    knots = np.floor(times / slot_seconds).astype(np.int64)
    fraction = times / slot_seconds - knots
    rest, place = ((1 + lattice(2 * seed + which, knots[:, None])[:, 0]) / 2 for which in (0, 1))
    rest = 0.5 * rest
    begin = place * (1 - rest)
    moving = np.minimum(fraction, begin) + np.maximum(fraction - begin - rest, 0)
    return slot_seconds * (knots + moving / (1 - rest))
