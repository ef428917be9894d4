"""The `flash` cue: camera flashes and lamps being switched, to the row in which a rolling shutter shows them.

Light reaches all cameras at once, so that one flash ties them to a fraction of a row's time. See docs/cues/flash.md.
"""

import math
from array import array
from collections import deque
from statistics import median

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from viewsync.match.events import EventTimes, coincidence, event_times, matched
from viewsync.match.shutters import Relation, relate
from viewsync.signals.bands import Edge, Levels, edges_of_event, joined
from viewsync.signals.resample import average_onto_grid
from viewsync.types import FlashSignal, Frame, LocalOffset, OffsetBelief, Search

NAME = "flash"

_COLUMNS = 16
_DARKEST = 4.0
"""Gray levels added before the logarithm: what is darker is mostly noise."""
_LEAST_CHANGE = 0.04
"""Of log-brightness."""
_UNUSUAL = 4.0
"""How far above the usual change from frame to frame a sudden one lies."""
_USUAL_FRAMES = 31
_LONGEST_FRAMES = 3
"""What takes more frames than that isn't sudden."""


class Extractor:
    """Takes the small gray frames of one recording, one by one, and keeps two numbers of each, and the edges."""

    def __init__(self, rotation_degrees: int = 0) -> None:
        """Expects frames that were turned upright by so much: a sensor reads out its rows, however it is held."""
        self._turns = rotation_degrees // 90
        self._times, self._trace = array("d"), array("f")
        self._usual: deque[float] = deque([0.0], maxlen=_USUAL_FRAMES)
        self._event: list[tuple[float, Levels]] = []
        """The last quiet frame, and those after it."""
        self._events: list[list[Edge]] = []

    def push(self, frame: Frame) -> None:
        """Take the next frame."""
        levels = _levels(np.rot90(frame.gray, -self._turns))
        self._times.append(frame.pts_seconds)
        if not self._event:
            self._event = [(frame.pts_seconds, levels)]
            return
        change = _row_medians(levels - self._event[-1][1])
        self._trace.append(float(change.mean()))
        largest = float(np.abs(change[:-2] + change[1:-1] + change[2:]).max(initial=0.0)) / 3
        least = max(_LEAST_CHANGE, _UNUSUAL * median(self._usual))
        self._usual.append(largest)
        if largest > least:
            # One frame too many tells that it takes too long; more aren't needed.
            self._event = [*self._event[: 1 + _LONGEST_FRAMES], (frame.pts_seconds, levels)]
            return
        if 1 < len(self._event) <= 1 + _LONGEST_FRAMES:
            times, (before, *during) = zip(*self._event, strict=True)
            edges = edges_of_event(before, during, levels, times, least)
            if edges:
                self._events.append(edges)
        self._event = [(frame.pts_seconds, levels)]

    def signal(self) -> FlashSignal:
        """Everything found so far."""
        times, trace = np.array(self._times), np.array(self._trace, dtype=np.float64)
        edges = joined(self._events)
        if len(times) < 2:
            return FlashSignal(NAME, np.zeros((1, 1)), np.zeros(1, dtype=bool), 30.0, float(times[0]), edges)
        rate_hz = 1 / float(np.median(np.diff(times)))
        values, valid = average_onto_grid(times, trace[:, None], rate_hz)
        return FlashSignal(NAME, values, valid, rate_hz, float(times[0]), edges)


def _levels(gray: UInt8[np.ndarray, "height width"]) -> Levels:
    wide = cv2.resize(gray.astype(np.float32, order="C"), (_COLUMNS, gray.shape[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(np.log(wide + _DARKEST))


def _row_medians(change: Levels) -> Float[np.ndarray, " row"]:
    half = _COLUMNS // 2
    return np.asarray(np.partition(change, (half - 1, half), axis=1)[:, half - 1 : half + 1].mean(axis=1))


# ── from two lists of events to a belief ──────────────────────────────────────────────────────────────────────────

_STEP_SECONDS = 0.01


def belief(a: FlashSignal, b: FlashSignal, search: Search) -> OffsetBelief:
    """Evidence for every offset at which the recordings overlap enough (`viewsync.signals.Cue`)."""
    silent = not (len(a.edges) and len(b.edges))
    # Where there is nothing to say, it is said in few words.
    step = max(1 / a.rate_hz, 1 / b.rate_hz) if silent else _STEP_SECONDS
    first = -math.floor((b.duration_seconds - search.min_overlap_seconds) / step)
    last = math.floor((a.duration_seconds - search.min_overlap_seconds) / step)
    if math.isfinite(search.max_offset_seconds):
        reach = math.floor(search.max_offset_seconds / step)
        first, last = max(first, -reach), min(last, reach)
    lags = step * np.arange(first, last + 1)
    overlap = np.minimum(a.duration_seconds, b.duration_seconds + lags) - np.maximum(0, lags)
    offsets = a.start_seconds - b.start_seconds + lags
    if silent or len(lags) < 2:
        return OffsetBelief(NAME, offsets, np.zeros(len(lags)), overlap)
    return OffsetBelief(NAME, offsets, coincidence(_times(a), _times(b), offsets), overlap)


def _times(signal: FlashSignal) -> EventTimes:
    end_seconds = signal.start_seconds + signal.duration_seconds
    return event_times(signal.edges, 1 / signal.rate_hz, signal.start_seconds, end_seconds)


_STRETCH_SECONDS = 30.0


def local_offsets(a: FlashSignal, b: FlashSignal, offset_seconds: float) -> list[LocalOffset]:
    """Offsets of stretches of 30 s or more, from the rows in which common events show (`viewsync.signals.Cue`)."""
    relation = shutters(a, b, offset_seconds)
    return [] if relation is None else list(relation.offsets)


def shutters(a: FlashSignal, b: FlashSignal, offset_seconds: float) -> Relation | None:
    """Offsets, read-out and exposure times as the events tell that both cameras saw; None if there is no such event.

    Args:
        a: Signal of the first camera.
        b: Signal of the second.
        offset_seconds: Roughly the offset.
    """
    if not (len(a.edges) and len(b.edges)):
        return None
    intervals = (1 / a.rate_hz, 1 / b.rate_hz)
    pairs = matched(_times(a), _times(b), offset_seconds)
    return relate(a.edges, b.edges, pairs, intervals, offset_seconds, _STRETCH_SECONDS) if pairs else None
