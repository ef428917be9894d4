"""The script of the stages: files in, `Timeline` out."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, CancelledError, wait
from functools import cache
from itertools import combinations
from pathlib import Path
from threading import Event

from viewsync.evidence import Evidence, Signals, workers
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.look import keypoint_recordings, look, with_poses
from viewsync.match.fuse import Pair, fuse
from viewsync.match.hints import Anchor, Hint, pair_hints
from viewsync.match.settle import settled
from viewsync.media import frames, probe, probe_all, sound
from viewsync.media.keypoints.identities import Identities, identified
from viewsync.offsets.calibrate import CALIBRATIONS, SHARED_FRACTION, TIED_PROBABILITY
from viewsync.offsets.peak import find_peak, measure
from viewsync.progress import Progress
from viewsync.signals import CUES, KEYPOINT_CUES, USUAL_CUES, audio, flash, motion, stereo
from viewsync.signals.flow import FlowReader
from viewsync.store import Store, stamp
from viewsync.timeline.nominal import with_frame_rates
from viewsync.timeline.solve import solve_timeline
from viewsync.types import (
    InputError,
    OffsetBelief,
    PairOffset,
    Poses,
    Recording,
    Search,
    Signal,
    Timeline,
    Verdict,
)


def sync(
    paths: Sequence[Path | str] = (),
    *,
    reference: str | None = None,
    cues: Sequence[str] = USUAL_CUES,
    search: Search | None = None,
    store: Store | None = None,
    progress: Progress | None = None,
    hints: Sequence[Anchor] = (),
    clock_std_seconds: float | None = None,
    poses: Mapping[str, Poses] | None = None,
    calibration: Mapping[str, CalibratedCamera | Lens] | None = None,
    identities: Identities | None = None,
) -> Timeline:
    """Find every recording's offset and drift on the clock of one of them.

    Args:
        paths: Video or sound files of one scene.
        reference: Id (file stem) of the recording whose clock is used; by default the one tied to most others.
        cues: What to go by, of `viewsync.signals.CUES`.
        search: Which offsets are candidates; by default all that leave half a second of common time.
        store: Where to keep what was read and measured, for the next run; by default nowhere.
        progress: Told how far the work is.
        hints: Offsets on the reference's clock that somebody noted down; they help to choose, and measure nothing.
        clock_std_seconds: Standard error of the cameras' own calendar clocks; by default nobody asks them.
        poses: What was seen in recordings, by their ids; those without a file among `paths` are recordings, too. By
            default, people are looked for in the stretches of the videos that are worth it.
        calibration: Cameras (or at least their lenses) by id; it makes the cue `pose` surer and more exact.
        identities: Who the tracks of `poses` are, where it is known: the cue `pose` then compares nobody with others.

    Returns:
        The timeline. A recording that the footage can't place has a verdict and reasons, and no numbers.

    Raises:
        InputError: a file can't be used, a cue, the reference or an anchor's camera isn't known, anchors come without a
            reference, a calibration doesn't fit its pictures, identities don't fit the poses, or fewer than two recordings
            are given.
    """
    poses = identified(poses or {}, identities or {})
    search, store, progress = search or Search(), store or Store(), progress or (lambda task, done, whole: None)
    _check_cues(cues)
    recordings = [*read_all([Path(path) for path in paths], store), *keypoint_recordings(poses, paths)]
    if len(recordings) < 2:
        raise InputError(f"sync needs at least two recordings, got {len(recordings)}. Name all cameras of the scene.")
    if reference is not None and reference not in (ids := [recording.id for recording in recordings]):
        raise InputError(f"--ref {reference}: no such recording. It must be one of: {', '.join(ids)}.")
    claims = pair_hints(recordings, reference, hints, clock_std_seconds)
    signals = extract_all(recordings, cues, store, progress)
    by_keypoints = [cue for cue in cues if cue in KEYPOINT_CUES]
    if by_keypoints:
        signals = with_poses(signals, recordings, poses, calibration or {}, by_keypoints)
    _check_common_cue(recordings, signals, cues)
    heard: dict[str, OffsetBelief] = {}
    pairs = match_all(recordings, signals, search, store, progress, claims, heard)
    if by_keypoints:
        looked = look(recordings, pairs, signals, store, progress)
        if looked:
            signals = with_poses(signals, recordings, looked, calibration or {}, by_keypoints)
            pairs = match_all(recordings, signals, search, store, progress, claims, heard)
    store.make_room()
    return with_frame_rates(solve_timeline(recordings, pairs, reference, SHARED_FRACTION))


def read_all(paths: Sequence[Path], store: Store) -> list[Recording]:
    """What every file holds, and when; read again only if the file has changed."""

    def read(path: Path) -> Recording:
        try:
            key = f"recording {stamp(path)}"
        except OSError:
            return probe(path)  # Which says what is the matter with it.
        return store.recall(key, lambda: probe(path))

    return probe_all(paths, read)


def extract_all(
    recordings: Sequence[Recording], cues: Sequence[str], store: Store, progress: Progress
) -> dict[str, Signals]:
    """Every recording's signals by id; each file is decoded once at most, several files at a time."""
    count = min(len(recordings), os.cpu_count() or 1)
    # With a file per core, a decoder's own threads would only get in each other's way.
    threads = 1 if count > 1 else 0
    stopped = Event()

    def told(task: str, done: int, whole: int) -> None:
        if stopped.is_set():
            raise CancelledError
        progress(task, done, whole)

    with workers(count) as pool:
        tasks = [pool.submit(_extract, recording, cues, threads, store, told) for recording in recordings]
        try:
            for task in wait(tasks, return_when=FIRST_EXCEPTION).done:
                task.result()
        finally:
            # After a bad file or Ctrl-C, the others needn't be read to their ends.
            stopped.set()
    return {recording.id: task.result() for recording, task in zip(recordings, tasks, strict=True)}


def _extract(recording: Recording, cues: Sequence[str], threads: int, store: Store, progress: Progress) -> Signals:
    signals: dict[str, Signal] = {}
    if audio.NAME in cues and recording.sound is not None:
        signals[audio.NAME] = store.recall(f"audio {recording.content}", lambda: audio.signal(sound(recording)))
    if recording.video is not None:
        seen = cache(lambda: _seen(recording, cues, threads, progress))

        def kept(cue: str) -> Signal:
            how = f"{cue} {stereo.fingerprint()}" if cue == stereo.NAME else cue
            return store.recall(f"{how} {recording.content}", lambda: seen()[cue])

        signals |= {cue: kept(cue) for cue in (motion.NAME, stereo.NAME, flash.NAME) if cue in cues}
    return signals


def _seen(recording: Recording, cues: Sequence[str], threads: int, progress: Progress) -> Signals:
    """The signals of all cues that look at pictures, from decoding them once."""
    assert recording.video is not None
    extractors: dict[str, motion.Extractor | stereo.Extractor | flash.Extractor] = {}
    flow = FlowReader()
    if motion.NAME in cues:
        extractors[motion.NAME] = motion.Extractor(flow)
    if stereo.NAME in cues:
        extractors[stereo.NAME] = stereo.Extractor(flow)
    if flash.NAME in cues:
        extractors[flash.NAME] = flash.Extractor(recording.video.rotation_degrees)
    for frame in frames(recording, threads=threads):
        for extractor in extractors.values():
            extractor.push(frame)
        progress(recording.id, frame.index + 1, len(recording.video.pts))
    return {cue: extractor.signal() for cue, extractor in extractors.items()}


def match_all(
    recordings: Sequence[Recording],
    signals: Mapping[str, Signals],
    search: Search,
    store: Store,
    progress: Progress,
    hints: Mapping[Pair, Hint] | None = None,
    heard: dict[str, OffsetBelief] | None = None,
) -> list[PairOffset]:
    """Measure every pair, and where clocks turn out to run at wrong rates, again with those set right.

    Beliefs go to `heard`, and those that are there aren't worked out again.
    """
    contents = {recording.id: recording.content for recording in recordings}
    evidence = Evidence(signals, contents, search, store, heard={} if heard is None else heard)
    pairs = _measure_all(recordings, evidence, progress, hints or {})
    starts = {recording.id: recording.first_pts_seconds for recording in recordings}
    rates = evidence.odd_rates(pairs, starts)
    return _measure_all(recordings, evidence.retimed(rates, starts), progress, hints or {}) if rates else pairs


def _measure_all(
    recordings: Sequence[Recording], evidence: Evidence, progress: Progress, hints: Mapping[Pair, Hint]
) -> list[PairOffset]:
    """Beliefs per cue, fused, settled with the help of the other pairs and of hints, then located finely."""
    pairs = [(a.id, b.id) for a, b in combinations(recordings, 2)]
    beliefs: dict[Pair, list[OffsetBelief]] = {}
    with workers(os.cpu_count()) as pool:
        for pair, found in zip(pairs, pool.map(evidence.beliefs, pairs), strict=True):
            beliefs[pair] = found
            progress("pairs", len(beliefs), len(pairs))
        intervals = {recording.id: recording.interval_seconds for recording in recordings}
        slower = {pair: max(intervals[name] for name in pair) for pair in pairs}
        spread = {
            pair: {cue: calibration.bias_std_seconds(slower[pair]) for cue, calibration in CALIBRATIONS.items()}
            for pair in pairs
        }
        steps = [belief.step_seconds for found in beliefs.values() for belief in found if belief.step_seconds > 0]
        step = min(steps, default=0.01)
        direct = {pair: fuse(found, spread[pair], step) for pair, found in beliefs.items()}
        posteriors = settled(direct, TIED_PROBABILITY, hints)

        def pair_offset(pair: Pair) -> PairOffset:
            peak = find_peak(posteriors[pair], beliefs[pair], direct[pair], hints.get(pair))
            cues = [belief.cue for belief in beliefs[pair]] if peak.verdict is Verdict.TIED else []
            stretches = {cue: evidence.stretches(pair, cue, peak.offset_seconds) for cue in cues}
            rates = {cue: evidence.rate(pair, cue) for cue in cues}
            return measure(pair, peak, beliefs[pair], stretches, slower[pair], rates)

        return list(pool.map(pair_offset, pairs))


def _check_cues(cues: Sequence[str]) -> None:
    unknown = [cue for cue in cues if cue not in CUES]
    if unknown or not cues:
        raise InputError(f"--cue {','.join(cues)}: choose one or more of {', '.join(CUES)}.")


def _check_common_cue(recordings: Sequence[Recording], signals: Mapping[str, Signals], cues: Sequence[str]) -> None:
    def comparable(recording: Recording) -> set[str]:
        # People may yet be found in pictures.
        return {*signals[recording.id], *(cue for cue in cues if cue in KEYPOINT_CUES and recording.video is not None)}

    for recording in recordings:
        own = comparable(recording)
        if any(own & comparable(other) for other in recordings if other is not recording):
            continue
        has = " and ".join(
            name for name, track in (("pictures", recording.video), ("sound", recording.sound)) if track is not None
        )
        raise InputError(
            f"{recording.path} has only {has or 'keypoints'}, which none of the other files can be compared by "
            f"(cues asked for: {', '.join(cues)}). Leave it out, or add a recording that has both pictures and sound."
        )
