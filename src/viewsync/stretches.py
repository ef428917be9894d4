"""Which stretches of videos are worth estimating poses on: few, that several cameras saw, and in which much moves."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from jaxtyping import Float

from viewsync.evidence import Signals
from viewsync.signals import KEYPOINT_CUES, motion
from viewsync.timeline.clock import ClockMap
from viewsync.types import MotionSignal, PairOffset, Recording, Verdict

Span = tuple[float, float]
"""From when to when, in seconds of presentation time."""

_SHARE, _LEAST_SECONDS, _MOST_SECONDS = 0.097, 5.8, 20.3
"""How much of a recording is looked at: this share of it, but not less, nor more."""
_SPAN_SECONDS = 2.9
"""Many times what the first pass is off by, so that little is seen by one camera alone."""
_STEP_SECONDS = 0.1
_MOST_ACTIVITY = 4.0
"""In multiples of what is usual: somebody who walks into the camera isn't worth more than this."""
_STILL = 0.05
"""In the small pixels per second of the cue `motion`: below, nothing moves but noise."""
_EXACT_SECONDS = 0.004
"""Standard error of an offset below which poses from video have nothing to add."""


def worth_a_look(
    recordings: Sequence[Recording], pairs: Sequence[PairOffset], signals: Mapping[str, Signals]
) -> dict[str, list[Span]]:
    """When to look at each video whose poses nobody gave; empty where that isn't worth the time.

    It isn't where nothing moves, or where no other camera's place is open: because sound or flashes tell it to milliseconds,
    or because the two can't have enough time in common. Else, a short video is looked at as a whole; of a longer one, spans
    that show the same time in all cameras, and much motion in many. A recording that wasn't tied is looked at where the
    offset that fits it best puts it.

    Args:
        recordings: All of them.
        pairs: What is known of their offsets.
        signals: What that was found by. A video without the cue `motion` is looked at as a whole.
    """
    seen = [one for one in recordings if one.frame_seconds is not None]
    names = [one.id for one in recordings]
    wanted = _open([one.id for one in seen], placed(names, _exact(pairs)), pairs)
    spans: dict[str, list[Span]] = {one.id: [] for one in seen if not signals[one.id].keys() & KEYPOINT_CUES}
    for group in placed(names, pairs):
        if any(name in wanted and name in group for name in spans):
            found = _busiest([one for one in seen if one.id in group], group, signals)
            spans |= {name: own for name, own in found.items() if name in wanted and name in spans}
    return spans


def _exact(pairs: Sequence[PairOffset]) -> list[PairOffset]:
    return [pair for pair in pairs if pair.offset_std_seconds is not None and pair.offset_std_seconds <= _EXACT_SECONDS]


def _open(names: Sequence[str], exact: Sequence[Mapping[str, ClockMap]], pairs: Sequence[PairOffset]) -> set[str]:
    """Those of which poses may still tell something."""

    def decided(a: str, b: str) -> bool:
        return (a, b) in apart or any(a in group and b in group for group in exact)

    apart = {
        (one.a, one.b) for one in pairs if one.beliefs and not any(len(belief.offsets_seconds) for belief in one.beliefs)
    }
    return {name for pair in combinations(names, 2) if not decided(*pair) for name in pair}


def placed(names: Sequence[str], pairs: Sequence[PairOffset]) -> list[dict[str, ClockMap]]:
    """Groups of recordings, and how each one's clock runs on its group's, by the surest pairs."""
    groups = {name: {name: ClockMap(0.0)} for name in names}
    for pair in sorted(pairs, key=lambda pair: (pair.verdict is not Verdict.TIED, -pair.probability)):
        between = _between(pair)
        if between is None or groups[pair.a] is groups[pair.b]:
            continue
        across = groups[pair.b][pair.b].inverse().then(between).then(groups[pair.a][pair.a])
        merged = groups[pair.a] | {name: own.then(across) for name, own in groups[pair.b].items()}
        groups |= dict.fromkeys(merged, merged)
    return list({id(group): group for group in groups.values()}.values())


def _between(pair: PairOffset) -> ClockMap | None:
    """From b's clock to a's, as far as anybody can say."""
    if pair.offset_seconds is not None:
        return ClockMap(pair.offset_seconds, pair.rate or 0.0)
    return None if pair.likeliest_seconds is None else ClockMap(pair.likeliest_seconds)


def _busiest(
    members: Sequence[Recording], clocks: Mapping[str, ClockMap], signals: Mapping[str, Signals]
) -> dict[str, list[Span]]:
    """Spans that show much motion in many of some recordings; the whole of those that are short."""
    ends = np.array([[clocks[one.id](end) for end in (one.first_pts_seconds, one.last_pts_seconds)] for one in members])
    times = np.arange(ends.min(), ends.max(), _STEP_SECONDS)
    there = (times >= ends[:, :1]) & (times < ends[:, 1:])
    shown = there * [_activity(signals[one.id], clocks[one.id].inverse()(times)) for one in members]
    most = np.array([_most_spans(one, signals[one.id]) for one in members])
    begins: list[list[float]] = [[] for _ in members]
    free = np.ones(len(times), dtype=bool)
    width = round(_SPAN_SECONDS / _STEP_SECONDS)
    while True:
        taken = np.array([len(own) for own in begins])
        eager = taken < most
        # Who was looked at already counts less, so that everybody's turn comes.
        busy = (shown / (1 + taken[:, None]))[eager].sum(axis=0) * (there[eager].sum(axis=0) >= min(2, len(members)))
        over = np.convolve(busy, np.ones(width))[width - 1 :] * free
        best = int(np.argmax(over))
        if not over[best] > 0 or np.isinf(most[eager]).all():
            break
        free[max(best - width, 0) : best + width + 1] = False
        for row in np.flatnonzero(eager & there[:, best : best + width].any(axis=1)):
            begins[row].append(float(times[best]))
    found = {}
    for one, own, moves, spans in zip(members, begins, shown.any(axis=1), most, strict=True):
        back = clocks[one.id].inverse()
        whole = [(one.first_pts_seconds, one.last_pts_seconds)] if moves else []
        wanted = whole if np.isinf(spans) else [(back(begin), back(begin + _SPAN_SECONDS)) for begin in own]
        found[one.id] = [span for start, stop in wanted for span in _clipped(one, start, stop)]
    return found


def _clipped(recording: Recording, start: float, stop: float) -> list[Span]:
    """From the first of a span's frames to the last; nothing where there is none."""
    seconds = recording.frame_seconds
    assert seconds is not None
    within = seconds[(seconds >= start) & (seconds <= stop)]
    return [(float(within[0]), float(within[-1]))] if len(within) else []


def _most_spans(recording: Recording, signals: Signals) -> float:
    """inf: it is looked at as a whole."""
    seconds = recording.last_pts_seconds - recording.first_pts_seconds
    if motion.NAME not in signals or seconds <= _LEAST_SECONDS:
        return np.inf
    return min(max(_SHARE * seconds, _LEAST_SECONDS), _MOST_SECONDS) // _SPAN_SECONDS


def _activity(signals: Signals, seconds: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """How much moves at some times, in multiples of what is usual in the recording, so that no camera outvotes the others.

    Without the cue `motion`, nobody knows: 1.
    """
    signal = signals.get(motion.NAME)
    if not isinstance(signal, MotionSignal):
        return np.ones(len(seconds))
    own = signal.start_seconds + np.arange(len(signal.activity)) / signal.rate_hz
    activity = np.where(signal.activity > _STILL, signal.activity, 0.0)
    usual = max(float(np.mean(activity)), _STILL)
    return np.asarray(np.minimum(np.interp(seconds, own, activity) / usual, _MOST_ACTIVITY))
