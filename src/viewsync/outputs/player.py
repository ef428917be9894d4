"""What the page plays in step, by file time and by the timeline: small pictures of a stretch in which much moves.

Which frame stands for which moment is what `frames.csv` says; the page itself knows no clocks.
"""

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from viewsync.media.pictures import Picture
from viewsync.outputs.frame_map import CameraFrames, FrameMap, Gap, frame_map
from viewsync.outputs.tape import NONE, Reel, Tape, thumb
from viewsync.progress import Progress
from viewsync.timeline.clock import ClockMap
from viewsync.types import CameraClock, InputError, Recording, Timeline

Decode = Callable[[Recording, float, float, int], Iterator[Picture]]
"""Decodes the frames of a recording between two pts in seconds, as `viewsync.media.pictures.excerpt` does."""

TASK = "report"
TOTAL_BYTES = 5_000_000
"""Of all pictures; base64 makes a third more of it."""
LENGTHS_SECONDS = (12.0, 9.0, 7.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5)
"""Lengths of the stretch to try, until its pictures fit."""
MOST_PER_SECOND = 60
"""Of high-speed footage only so many moments are kept."""
MOMENTS = 3
_PROBES, _PROBE_SECONDS, _PROBE_SIDE = 12, 0.2, 64
# Frames further apart than this are worth a seek.
_SEEK_FRAMES = 100

Frames = Int[np.ndarray, " row"]
"""Per moment the number of a frame, or `NONE`."""


@dataclass(frozen=True)
class Player:
    """What the page plays."""

    leader: str
    """Camera whose frames are the moments: the reference, if it has video."""
    seconds: tuple[float, ...]
    """The moments, on the reference clock."""
    reels: tuple[Reel, ...]
    """One per tied camera with video, the leader first."""
    telling: tuple[int, ...]
    """The few moments at which before and after look least alike, in order of time; none where all look the same."""


def record(timeline: Timeline, decode: Decode, progress: Progress) -> Player | None:
    """Decode what is to be played: of the stretch that most cameras share, the part in which most moves.

    Args:
        timeline: The result.
        decode: The decoder.
        progress: Told how many of the pictures are made.

    Returns:
        None where fewer than two cameras with video are tied.
    """
    leader = next((camera for camera in _pictured(timeline) if camera.id == timeline.reference), None)
    leader = leader or next(iter(_pictured(timeline)), None)
    if leader is None or len(_pictured(timeline)) < 2:
        return None
    # Of what has only keypoints, there is nothing to show.
    timeline = replace(timeline, cameras=tuple(_pictured(timeline)))
    after, before = frame_map(timeline), frame_map(_by_file_time(timeline, leader))
    rows = _rows(before, after, leader, decode)
    plans = [
        (timeline.by_id[a.id].recording, _frames(b)[rows], _frames(a)[rows])
        for b, a in zip(before.cameras, after.cameras, strict=True)
    ]
    plans.sort(key=lambda plan: plan[0].id != leader.id)
    count, done = _count(plan[1:] for plan in plans), itertools.count(1)

    def taped(recording: Recording, *both: Frames) -> Tape:
        tape = Tape(TOTAL_BYTES / count)
        for picture in _pictures(recording, _wanted(*both), _long_side(len(plans)), decode):
            tape.add(picture)
            progress(TASK, next(done), count)
        return tape

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        tapes = list(pool.map(taped, *zip(*plans, strict=True)))
    reels = tuple(tape.reel(*plan) for tape, plan in zip(tapes, plans, strict=True))
    scores = sum((tape.differences(*both) for tape, (_, *both) in zip(tapes, plans, strict=True)), np.zeros(len(rows)))
    return Player(leader.id, tuple(after.reference_seconds[rows].round(6).tolist()), reels, telling(scores))


def telling(scores: Float[np.ndarray, " row"], count: int = MOMENTS) -> tuple[int, ...]:
    """Places of the highest scores, none near another one, in order; only those above zero.

    Args:
        scores: None negative.
        count: Most places to find.
    """
    left, found = scores.copy(), list[int]()
    apart = len(scores) // (2 * count) + 1
    while len(found) < count and left.max(initial=0.0) > 0:
        place = int(left.argmax())
        found.append(place)
        left[max(0, place - apart) : place + apart + 1] = 0
    return tuple(sorted(found))


def _pictured(timeline: Timeline) -> list[CameraClock]:
    return [c for c in timeline.cameras if c.offset_seconds is not None and c.recording.video is not None]


def _by_file_time(timeline: Timeline, leader: CameraClock) -> Timeline:
    """The timeline of somebody who starts all files at once with the leader's."""
    clock = ClockMap(leader.offset_seconds or 0.0, leader.rate or 0.0)
    start = clock(leader.recording.first_pts_seconds)

    def started(camera: CameraClock) -> CameraClock:
        if camera.offset_seconds is None or camera is leader:
            return camera
        from_zero = ClockMap(0.0, clock.rate)(camera.recording.first_pts_seconds)
        return replace(camera, offset_seconds=start - from_zero, rate=clock.rate)

    return replace(timeline, cameras=tuple(map(started, timeline.cameras)))


def _rows(before: FrameMap, after: FrameMap, leader: CameraClock, decode: Decode) -> Int[np.ndarray, " row"]:
    """Rows of the frame maps to play: from where most cameras have pictures, as many as fit."""
    seconds, cameras = after.reference_seconds, len(after.cameras)
    has_after, has_before = (sum((_frames(c) != NONE).astype(int) for c in found.cameras) for found in (after, before))
    coverage = np.asarray(has_after * (cameras + 1) + has_before)
    best = np.flatnonzero(coverage == coverage.max())
    low, high = float(seconds[best[0]]), float(seconds[best[-1]])
    middle = (low + high) / 2 if high - low <= LENGTHS_SECONDS[0] else _liveliest(leader, seconds[best], decode)
    stride = max(1, round(len(seconds) / max(seconds[-1] - seconds[0], 1e-3) / MOST_PER_SECOND))
    for length in LENGTHS_SECONDS:
        start = max(low, min(middle - length / 2, high - length))
        rows = np.flatnonzero((seconds >= start) & (seconds <= min(start + length, high)))[::stride]
        pairs = zip(before.cameras, after.cameras, strict=True)
        if _count((_frames(b)[rows], _frames(a)[rows]) for b, a in pairs) <= TOTAL_BYTES / _good_bytes(cameras):
            break
    return rows


def _liveliest(leader: CameraClock, seconds: Float[np.ndarray, " row"], decode: Decode) -> float:
    """Of a few instants spread over `seconds`, the one at which the leader's picture changes most."""
    places = seconds[np.linspace(0, len(seconds) - 1, _PROBES + 2).astype(int)[1:-1]]
    to_file = ClockMap(leader.offset_seconds or 0.0, leader.rate or 0.0).inverse()

    def change(instant: float) -> float:
        start = to_file(instant)
        try:
            thumbs = [thumb(picture) for picture in decode(leader.recording, start, start + _PROBE_SECONDS, _PROBE_SIDE)]
        except InputError:
            return 0.0
        return float(np.abs(thumbs[-1] - thumbs[0]).mean()) if thumbs else 0.0

    return float(max(places.tolist(), key=change))


def _pictures(recording: Recording, frames: Int[np.ndarray, " frame"], long_side: int, decode: Decode) -> Iterator[Picture]:
    """The wanted frames in order, as far as they can be decoded."""
    assert recording.video is not None
    wanted, seconds = set(frames.tolist()), recording.video.pts_seconds
    for run in np.split(frames, np.flatnonzero(np.diff(frames) > _SEEK_FRAMES) + 1):
        if not run.size:
            continue
        try:
            for picture in decode(recording, float(seconds[run[0]]), float(seconds[run[-1]]), long_side):
                if picture.index in wanted:
                    yield picture
        except InputError:
            # What can't be decoded is shown as missing: it's no reason to have no report.
            continue


def _frames(camera: CameraFrames) -> Frames:
    missing = np.isin(camera.gap, [Gap.BEFORE_START, Gap.AFTER_END, Gap.DROPPED])
    return np.asarray(np.where(missing, NONE, camera.frame))


def _wanted(before: Frames, after: Frames) -> Int[np.ndarray, " frame"]:
    return np.setdiff1d(np.union1d(before, after), [NONE])


def _count(pairs: Iterator[Sequence[Frames]]) -> int:
    return sum(_wanted(*both).size for both in pairs)


def _long_side(cameras: int) -> int:
    return 320 if cameras <= 4 else 240


def _good_bytes(cameras: int) -> int:
    """What a picture of that size takes if it's to look good."""
    return 5000 if cameras <= 4 else 3000
