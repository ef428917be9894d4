"""Two lists of sudden changes of light: at which offsets they coincide, and which event of one is which of the other."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from viewsync.types import Edges

READ_OUT, READ_OUT_STD = 0.5, 12**-0.5
"""Of the frame interval, before looking: any read-out time up to the frame interval is as likely as another."""
EXPOSURE, EXPOSURE_STD = 0.35, 0.3


@dataclass(frozen=True)
class EventTimes:
    """When light changed suddenly, as far as can be told without the read-out and exposure times; in order of time."""

    seconds: Float[np.ndarray, " event"]
    std_seconds: Float[np.ndarray, " event"]
    kind: Int[np.ndarray, " event"]
    begin_seconds: float
    """From here …"""
    end_seconds: float
    """… to here the recording was looked at."""

    def __len__(self) -> int:
        return len(self.seconds)

    def density(self) -> Float[np.ndarray, " event"]:
        """Events of its kind per second around each event, itself included: they come in bursts."""
        count = np.zeros(len(self))
        for kind in np.unique(self.kind):
            own = self.kind == kind
            seconds = self.seconds[own]
            ends = np.searchsorted(seconds, seconds + _BURST_SECONDS, side="right")
            count[own] = ends - np.searchsorted(seconds, seconds - _BURST_SECONDS)
        return count / (2 * _BURST_SECONDS)

    def middle(self, most: int) -> "EventTimes":
        """What lies around the middle one of the events, no more of them than so many."""
        if len(self) <= most:
            return self
        first = (len(self) - most) // 2
        edges = 0.5 * (self.seconds[1:] + self.seconds[:-1])
        kept = slice(first, first + most)
        begin = self.begin_seconds if first == 0 else float(edges[first - 1])
        return EventTimes(self.seconds[kept], self.std_seconds[kept], self.kind[kept], begin, float(edges[first + most - 1]))

    def within(
        self, begin_seconds: Float[np.ndarray, " lag"], end_seconds: Float[np.ndarray, " lag"]
    ) -> Int[np.ndarray, " lag"]:
        """How many events lie in each of many intervals."""
        ends = np.searchsorted(self.seconds, end_seconds, side="right")
        return np.asarray(np.maximum(ends - np.searchsorted(self.seconds, begin_seconds), 0))


_BURST_SECONDS = 2.0


def event_times(edges: Edges, interval_seconds: float, begin_seconds: float, end_seconds: float) -> EventTimes:
    """The time of each event by the edge that fixes it best, for the usual read-out and exposure times.

    Args:
        edges: Of one recording.
        interval_seconds: Its frame interval.
        begin_seconds: When the recording begins.
        end_seconds: When it ends.
    """
    off_middle = edges.row - 0.5
    seconds = edges.pts_seconds + interval_seconds * (READ_OUT * off_middle + EXPOSURE * edges.exposures)
    spread = (READ_OUT_STD * off_middle, EXPOSURE_STD * edges.exposures, EXPOSURE * edges.std_exposures)
    variance = interval_seconds**2 * sum(np.square(part) for part in spread) + edges.std_seconds**2
    order = np.lexsort((variance, edges.event))
    # Events are numbered in order of time, and lie two frames apart or more.
    best = order[np.flatnonzero(np.diff(edges.event[order], prepend=-1))]
    return EventTimes(seconds[best], np.sqrt(variance[best]), edges.kind[best], begin_seconds, end_seconds)


# ── evidence of coincidences ──────────────────────────────────────────────────────────────────────────────────────

_SEEN = 0.5
"""Probability that a flash that one camera caught shows in the other, too: shutters are open half of the time or so."""
_LEAST_STD_SECONDS = 0.008
"""Of a difference of two rough times, so that a grid of 10 ms misses nothing."""
_MOST_PAIRS = 20_000
_LARGEST_RATE, _TYPICAL_RATE = 100e-6, 50e-6


def coincidence(a: EventTimes, b: EventTimes, offsets_seconds: Float[np.ndarray, " lag"]) -> Float[np.ndarray, " lag"]:
    """Log-likelihood ratio of each offset against events that have nothing to do with one another.

    An event that has a counterpart counts as much as coming so close by chance would be a surprise, given how dense the
    other camera's events are there; one that has none counts a little against the offset. Rates at which the clocks may
    drift apart are tried one after the other, about the middle of the overlap, and count as much as they are likely.

    Args:
        a: Events of the first recording.
        b: Events of the second.
        offsets_seconds: Uniform grid of at least two candidates.
    """
    a, b = a.middle(max(1, _MOST_PAIRS // max(1, len(b)))) if len(a) > len(b) else a, b
    b = b.middle(max(1, _MOST_PAIRS // max(1, len(a))))
    begin = np.maximum(a.begin_seconds - offsets_seconds, b.begin_seconds)
    end = np.minimum(a.end_seconds - offsets_seconds, b.end_seconds)
    lone = 0.5 * (a.within(begin + offsets_seconds, end + offsets_seconds) + b.within(begin, end)) * math.log(1 - _SEEN)
    pairs = _Coincidences(a, b, offsets_seconds, 0.5 * (begin + end))
    half_seconds = 0.5 * min(a.end_seconds - a.begin_seconds, b.end_seconds - b.begin_seconds)
    steps = math.ceil(_LARGEST_RATE * half_seconds / _LEAST_STD_SECONDS)
    rates = np.linspace(-_LARGEST_RATE, _LARGEST_RATE, 2 * steps + 1) if steps > 1 else np.zeros(1)
    weights = 1 / (1 + (rates / _TYPICAL_RATE) ** 2)
    total = np.full(len(offsets_seconds), -np.inf)
    for rate, weight in zip(rates.tolist(), (weights / weights.sum()).tolist(), strict=True):
        total = np.logaddexp(total, pairs.evidence(rate) + math.log(weight))
    return np.asarray(total + lone)


class _Coincidences:
    """All pairs of events of one kind, and the offsets at which each of them would be one event."""

    def __init__(
        self,
        a: EventTimes,
        b: EventTimes,
        offsets_seconds: Float[np.ndarray, " lag"],
        middle_seconds: Float[np.ndarray, " lag"],
    ) -> None:
        i, j = np.nonzero(a.kind[:, None] == b.kind)
        self._offsets = offsets_seconds
        self._step = float(offsets_seconds[1] - offsets_seconds[0])
        self._apart = a.seconds[i] - b.seconds[j]
        self._lever = b.seconds[j] - np.interp(self._apart, offsets_seconds, middle_seconds)
        self._std = np.maximum(np.hypot(a.std_seconds[i], b.std_seconds[j]), _LEAST_STD_SECONDS)
        self._densities = (a.density()[i], b.density()[j])

    def evidence(self, rate: float) -> Float[np.ndarray, " lag"]:
        """What the pairs say for each offset, if the clocks drift apart at this rate."""
        centre = self._apart - rate * self._lever
        reach = math.ceil(4 * float(self._std.max(initial=0.0)) / self._step)
        cells = np.round((centre - self._offsets[0]) / self._step).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
        inside = (cells >= 0) & (cells < len(self._offsets))
        distance = (self._offsets[0] + cells * self._step - centre[:, None]) / self._std[:, None]
        likelihood = _SEEN / (1 - _SEEN) * np.exp(-0.5 * distance**2) / (math.sqrt(2 * math.pi) * self._std[:, None])
        of_a, of_b = (np.log1p(likelihood / density[:, None]) for density in self._densities)
        gain = 0.5 * (of_a + of_b)
        return np.asarray(np.bincount(cells[inside], gain[inside], len(self._offsets)))


# ── which is which ────────────────────────────────────────────────────────────────────────────────────────────────


def matched(a: EventTimes, b: EventTimes, offset_seconds: float) -> list[tuple[int, int]]:
    """Events of a and of b that are the same one, near an offset; in order of time.

    They are followed from the middle of the overlap outwards, so that a drift may carry the offset away.
    """
    middle = 0.5 * (
        max(a.begin_seconds - offset_seconds, b.begin_seconds) + min(a.end_seconds - offset_seconds, b.end_seconds)
    )
    half = int(np.searchsorted(b.seconds, middle))
    found: dict[int, tuple[float, int]] = {}
    for outwards in (range(half, len(b)), range(half - 1, -1, -1)):
        expected = offset_seconds
        for j in outwards:
            apart = np.where(a.kind == b.kind[j], a.seconds - b.seconds[j] - expected, np.inf)
            i = int(np.argmin(np.abs(apart))) if len(a) else -1
            if i < 0 or abs(apart[i]) > _OFFSET_ERROR_SECONDS + 2.5 * math.hypot(a.std_seconds[i], b.std_seconds[j]):
                continue
            expected += _FOLLOWED * float(apart[i])
            if i not in found or abs(apart[i]) < found[i][0]:
                found[i] = (abs(float(apart[i])), j)
    return sorted(((i, j) for i, (_, j) in found.items()), key=lambda pair: pair[1])


_OFFSET_ERROR_SECONDS = 0.01
"""How far off the rough offset may be."""
_FOLLOWED = 0.2
"""How much of the difference from what was expected the next event expects."""
