"""The script of the stages: files in, `Timeline` out."""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path

from viewsync.match.fuse import Pair, Posterior, fuse
from viewsync.match.settle import settled
from viewsync.media import frames, probe_all, sound
from viewsync.offsets.calibrate import CALIBRATIONS, SHARED_FRACTION, TIED_PROBABILITY
from viewsync.offsets.peak import find_peak, measure
from viewsync.signals import CUES, audio, motion
from viewsync.timeline.solve import solve_timeline
from viewsync.types import InputError, OffsetBelief, PairOffset, Recording, Search, Signal, Timeline, Verdict

Progress = Callable[[str, int, int], None]
"""Called with a task's name, what of it is done, and the whole; from several threads."""

Signals = Mapping[str, Signal]
"""One recording's signals by cue."""


def sync(
    paths: Sequence[Path | str],
    *,
    reference: str | None = None,
    cues: Sequence[str] = ("audio", "motion"),
    search: Search | None = None,
    progress: Progress | None = None,
) -> Timeline:
    """Find every recording's offset and drift on the clock of one of them.

    Args:
        paths: Two or more video or sound files of one scene.
        reference: Id (file stem) of the recording whose clock is used; by default the one tied to most others.
        cues: What to go by, of `viewsync.signals.CUES`.
        search: Which offsets are candidates; by default all that leave half a second of common time.
        progress: Told how far the work is.

    Returns:
        The timeline. A recording that the footage can't place has a verdict and reasons, and no numbers.

    Raises:
        InputError: a file can't be used, a cue or the reference isn't known, or fewer than two files are given.
    """
    search, progress = search or Search(), progress or (lambda task, done, whole: None)
    _check_cues(cues)
    if len(paths) < 2:
        raise InputError(f"sync needs at least two recordings, got {len(paths)}. Name all cameras of the scene.")
    recordings = probe_all([Path(path) for path in paths])
    if reference is not None and reference not in (ids := [recording.id for recording in recordings]):
        raise InputError(f"--ref {reference}: no such recording. It must be one of: {', '.join(ids)}.")
    signals = extract_all(recordings, cues, progress)
    _check_common_cue(recordings, signals, cues)
    pairs = match_all(recordings, signals, search, progress)
    return solve_timeline(recordings, pairs, reference, SHARED_FRACTION)


def extract_all(recordings: Sequence[Recording], cues: Sequence[str], progress: Progress) -> dict[str, Signals]:
    """Every recording's signals by id; each file is decoded once, several files at a time."""
    workers = min(len(recordings), os.cpu_count() or 1)
    # With a file per core, a decoder's own threads would only get in each other's way.
    threads = 1 if workers > 1 else 0
    with ThreadPoolExecutor(workers) as pool:
        found = pool.map(lambda recording: _extract(recording, cues, threads, progress), recordings)
        return {recording.id: signals for recording, signals in zip(recordings, found, strict=True)}


def _extract(recording: Recording, cues: Sequence[str], threads: int, progress: Progress) -> Signals:
    signals: dict[str, Signal] = {}
    if audio.NAME in cues and recording.sound is not None:
        signals[audio.NAME] = audio.signal(sound(recording))
    if motion.NAME in cues and recording.video is not None:
        extractor, whole = motion.Extractor(), len(recording.video.pts)
        for frame in frames(recording, threads=threads):
            extractor.push(frame)
            progress(recording.id, frame.index + 1, whole)
        signals[motion.NAME] = extractor.signal()
    return signals


def match_all(
    recordings: Sequence[Recording], signals: Mapping[str, Signals], search: Search, progress: Progress
) -> list[PairOffset]:
    """Measure every pair: beliefs per cue, fused, settled with the help of the other pairs, then located finely."""
    pairs = [(a.id, b.id) for a, b in combinations(recordings, 2)]
    beliefs: dict[Pair, list[OffsetBelief]] = {}
    for done, (a, b) in enumerate(pairs):
        shared = [cue for cue in CUES if cue in signals[a] and cue in signals[b]]
        beliefs[a, b] = [CUES[cue].belief(signals[a][cue], signals[b][cue], search) for cue in shared]
        progress("pairs", done + 1, len(pairs))
    intervals = {recording.id: _interval_seconds(recording) for recording in recordings}
    spread = {
        pair: {cue: calibration.bias_std_seconds(_slower(intervals, pair)) for cue, calibration in CALIBRATIONS.items()}
        for pair in pairs
    }
    steps = [belief.step_seconds for found in beliefs.values() for belief in found if belief.step_seconds > 0]
    step = min(steps, default=0.01)
    direct = {pair: fuse(found, spread[pair], step) for pair, found in beliefs.items()}
    posteriors = settled(direct, TIED_PROBABILITY)
    return [
        _pair_offset(pair, signals, beliefs[pair], posteriors[pair], direct[pair], _slower(intervals, pair))
        for pair in pairs
    ]


def _pair_offset(
    pair: Pair,
    signals: Mapping[str, Signals],
    beliefs: Sequence[OffsetBelief],
    posterior: Posterior,
    direct: Posterior,
    interval_seconds: float,
) -> PairOffset:
    peak = find_peak(posterior, beliefs, direct)
    stretches = {}
    if peak.verdict is Verdict.TIED:
        a, b = (signals[name] for name in pair)
        stretches = {
            belief.cue: CUES[belief.cue].local_offsets(a[belief.cue], b[belief.cue], peak.offset_seconds)
            for belief in beliefs
        }
    return measure(pair, peak, beliefs, stretches, interval_seconds)


def _slower(intervals: Mapping[str, float], pair: Pair) -> float:
    return max(intervals[name] for name in pair)


def _interval_seconds(recording: Recording) -> float:
    return recording.video.interval_seconds if recording.video is not None else 0.0


def _check_cues(cues: Sequence[str]) -> None:
    unknown = [cue for cue in cues if cue not in CUES]
    if unknown or not cues:
        raise InputError(f"--cue {','.join(cues)}: choose one or more of {', '.join(CUES)}.")


def _check_common_cue(recordings: Sequence[Recording], signals: Mapping[str, Signals], cues: Sequence[str]) -> None:
    for recording in recordings:
        own = set(signals[recording.id])
        if any(own & set(signals[other.id]) for other in recordings if other is not recording):
            continue
        has = " and ".join(
            name for name, track in (("pictures", recording.video), ("sound", recording.sound)) if track is not None
        )
        raise InputError(
            f"{recording.path} has only {has}, which none of the other files can be compared by "
            f"(cues asked for: {', '.join(cues)}). Leave it out, or add a recording that has both pictures and sound."
        )
