"""Where the pose cue looks: at what was given, or at those stretches of the videos that are worth the time."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from viewsync.calibration.files import fitted, fitted_lens
from viewsync.evidence import Signals
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.signals import motion, pose
from viewsync.store import Store
from viewsync.types import InputError, MotionSignal, PairOffset, Poses, Recording, Signal, Verdict

Span = tuple[float, float]
"""From when to when, in seconds of presentation time."""

_SHARE, _LEAST_SECONDS, _MOST_SECONDS = 0.09, 5.4, 20.0
"""How much of a recording is looked at: this share of it, but not less, nor more."""
_SPAN_SECONDS = 2.7
_STEP_SECONDS = 0.3
_MARGIN_SECONDS = 0.15
"""Of what the first pass says of the offset."""
_PROBES = 6
"""Frames of the spans that are looked at first: whether there is anybody at all."""


def keypoint_recordings(poses: Mapping[str, Poses], paths: Sequence[Path | str]) -> list[Recording]:
    """Recordings of which only keypoints are at hand.

    Raises:
        InputError: there is no frame in one of them.
    """
    filmed = {Path(path).stem for path in paths}
    recordings = []
    for name, seen in poses.items():
        if name in filmed:
            continue
        if not len(seen.pts_seconds):
            raise InputError(f"the keypoints of {name} hold no frames. Leave them out, or make them again.")
        digest = hashlib.sha256(seen.pts_seconds.tobytes() + seen.pixels.tobytes()).hexdigest()
        recordings.append(Recording(name, Path(name), digest, None, None, keypoint_seconds=seen.pts_seconds))
    return recordings


def with_poses(
    signals: Mapping[str, Signals],
    recordings: Sequence[Recording],
    poses: Mapping[str, Poses],
    calibration: Mapping[str, CalibratedCamera | Lens],
) -> dict[str, Signals]:
    """The signals, and those of the pose cue.

    Raises:
        InputError: poses or a calibration don't fit the pictures.
    """
    by_id = {recording.id: recording for recording in recordings}
    found: dict[str, Signals] = {id: dict(own) for id, own in signals.items()}
    for id, seen in poses.items():
        video = by_id[id].video
        size = seen.size or (None if video is None else (video.width, video.height))
        if video is not None and size is not None and size != (video.width, video.height):
            raise InputError(
                f"{id}: its keypoints are of pictures of {size[0]} × {size[1]}, its video has {video.width} × "
                f"{video.height}. Name the video that they were made from."
            )
        found[id] = {**found[id], pose.NAME: pose.signal(seen, _fitted(id, calibration.get(id), size))}
    return found


def _fitted(id: str, camera: CalibratedCamera | Lens | None, size: tuple[int, int] | None) -> CalibratedCamera | Lens | None:
    if camera is None or size is None:
        return camera
    return fitted(camera, *size) if isinstance(camera, CalibratedCamera) else fitted_lens(camera, *size, id)


def look(
    recordings: Sequence[Recording],
    pairs: Sequence[PairOffset],
    signals: Mapping[str, Signals],
    store: Store,
    progress: Callable[[str, int, int], None],
) -> dict[str, Poses]:
    """Find people in videos whose poses nobody gave: in a few seconds of each that show the same time, and much motion.

    Args:
        recordings: All of them.
        pairs: What a first pass found without poses.
        signals: What it went by. Without motion, nothing tells what is worth a look, and everything is looked at.
        store: Where poses are kept.
        progress: Told how far the work is.

    Returns:
        Poses of those recordings that show anybody.
    """
    from viewsync.estimation.videos import estimate_all

    blind = [one for one in recordings if one.video is not None and pose.NAME not in signals[one.id]]
    if not blind:
        return {}
    spans = worth_a_look(blind, pairs, signals)
    probes = estimate_all(blind, spans={one.id: _probes(one, spans[one.id]) for one in blind})
    peopled = [one for one in blind if len(probes[one.id])]

    def told(id: str, done: int, whole: int) -> None:
        progress(f"{id}: people", done, whole)

    if len(peopled) < 2 and not any(pose.NAME in own for own in signals.values()):
        return {}
    return estimate_all(peopled, spans=spans, progress=told)


def _probes(recording: Recording, spans: Sequence[Span]) -> list[Span]:
    """A few frames, one by one."""
    assert recording.video is not None
    seconds = recording.video.pts_seconds
    within = np.concatenate([np.flatnonzero((seconds >= start) & (seconds <= end)) for start, end in spans])
    chosen = within[np.linspace(0, len(within) - 1, min(_PROBES, len(within))).round().astype(int)]
    return [(float(second), float(second)) for second in seconds[chosen]]


def worth_a_look(
    recordings: Sequence[Recording], pairs: Sequence[PairOffset], signals: Mapping[str, Signals]
) -> dict[str, list[Span]]:
    """When to look at each recording: where all that were tied to one another show much motion at once.

    A recording that wasn't tied is looked at where the offset that fits it best puts it.
    """
    whole = {one.id: [(one.first_pts_seconds, one.last_pts_seconds)] for one in recordings}
    long = [one for one in recordings if motion.NAME in signals[one.id] and _budget_seconds(one) < _seconds(one)]
    chosen: dict[str, list[Span]] = {}
    for group in _placed([one.id for one in recordings], pairs):
        members = [(one, group[one.id]) for one in long if one.id in group]
        if members:
            chosen |= _busiest(members, signals)
    return whole | chosen


def _placed(names: Sequence[str], pairs: Sequence[PairOffset]) -> list[dict[str, float]]:
    """Groups of recordings, and where the zero of each one's clock lies on its group's, by the surest pairs."""
    groups = {name: {name: 0.0} for name in names}
    for pair in sorted(pairs, key=lambda pair: (pair.verdict is not Verdict.TIED, -pair.probability)):
        offset = pair.likeliest_seconds
        if offset is None or pair.a not in groups or pair.b not in groups or groups[pair.a] is groups[pair.b]:
            continue
        shift = groups[pair.a][pair.a] + offset - groups[pair.b][pair.b]
        merged = groups[pair.a] | {name: place + shift for name, place in groups[pair.b].items()}
        groups |= dict.fromkeys(merged, merged)
    return list({id(group): group for group in groups.values()}.values())


def _seconds(recording: Recording) -> float:
    return recording.last_pts_seconds - recording.first_pts_seconds


def _budget_seconds(recording: Recording) -> float:
    return min(max(_SHARE * _seconds(recording), _LEAST_SECONDS), _MOST_SECONDS)


def _busiest(members: Sequence[tuple[Recording, float]], signals: Mapping[str, Signals]) -> dict[str, list[Span]]:
    """Spans that show much motion in many of some recordings, whose clocks are this far from a common one."""
    start = min(one.first_pts_seconds + offset for one, offset in members)
    stop = max(one.last_pts_seconds + offset for one, offset in members)
    times = np.arange(start, stop, _STEP_SECONDS)
    shown = np.array([_activity(signals[one.id][motion.NAME], times - offset) for one, offset in members])
    busy, width = shown.sum(axis=0), round(_SPAN_SECONDS / _STEP_SECONDS)
    over = np.convolve(busy, np.ones(width), "valid") if len(busy) >= width else busy[:1]
    spans: dict[str, list[Span]] = {one.id: [] for one, _ in members}
    for _ in range(round(max(_budget_seconds(one) for one, _ in members) / _SPAN_SECONDS)):
        best = int(np.argmax(over))
        if not over[best] > 0:
            break
        over[max(best - width, 0) : best + width + 1] = 0
        for one, offset in members:
            begin = times[best] - offset
            span = (begin - _MARGIN_SECONDS, begin + _SPAN_SECONDS + _MARGIN_SECONDS)
            if span[0] < one.last_pts_seconds and span[1] > one.first_pts_seconds:
                spans[one.id].append(span)
    for one, _ in members:
        if not spans[one.id]:
            spans[one.id] = [(one.first_pts_seconds, one.first_pts_seconds + _SPAN_SECONDS)]
    return spans


def _activity(signal: Signal, seconds: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """How much moves at some times, by the recording's own measure, so that no camera outvotes the others; 0 outside."""
    assert isinstance(signal, MotionSignal)
    own = signal.start_seconds + np.arange(len(signal.activity)) / signal.rate_hz
    usual = max(float(np.mean(signal.activity)), 1e-9)
    return np.asarray(np.minimum(np.interp(seconds, own, signal.activity / usual, left=0.0, right=0.0), 4.0))
