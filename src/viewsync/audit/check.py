"""The script of an audit: files that claim one clock in, `Audit` out."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from viewsync.audit.facts import container_facts
from viewsync.audit.follow import Track, follow
from viewsync.audit.verdict import Audit, PairAudit, SyncVerdict, judge
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.look import keypoint_recordings, look, with_poses
from viewsync.progress import Progress
from viewsync.signals import TRACKING_CUES, pose
from viewsync.store import Store
from viewsync.sync import extract_all, match_all, read_all
from viewsync.types import InputError, PairOffset, Poses, Recording, Search, Signal, Verdict


def check(
    paths: Sequence[Path | str] = (),
    *,
    reference: str | None = None,
    cues: Sequence[str] = tuple(TRACKING_CUES),
    tolerance_seconds: float | None = None,
    store: Store | None = None,
    progress: Progress | None = None,
    poses: Mapping[str, Poses] | None = None,
    calibration: Mapping[str, CalibratedCamera | Lens] | None = None,
) -> Audit:
    """Audit recordings that claim to be in sync: every one's time stamps against those of the reference.

    Args:
        paths: Video or sound files of one scene.
        reference: Id (file stem) of the recording to hold the others against; by default the first.
        cues: What to go by, of `viewsync.signals.TRACKING_CUES`.
        tolerance_seconds: Largest offset that counts as in sync; by default a frame interval of the slowest camera, or
            one thirtieth of a second where there are no pictures.
        store: Where to keep what was read, for the next run; by default nowhere.
        progress: Told how far the work is.
        poses: What was seen, as `viewsync.sync.sync` takes it. By default, people are looked for in some stretches, and
            the cue `pose` tells of these alone.
        calibration: As `viewsync.sync.sync` takes it.

    Raises:
        InputError: a file can't be used, a cue or the reference isn't known, the tolerance is negative or no number, a
            calibration doesn't fit its pictures, or fewer than two recordings are given.
    """
    store, progress = store or Store(), progress or (lambda task, done, whole: None)
    if tolerance_seconds is not None and not 0 <= tolerance_seconds < math.inf:
        raise InputError(f"--tolerance-ms must be a number of milliseconds, 0 or more, got {tolerance_seconds * 1e3:g}.")
    if not cues or any(cue not in TRACKING_CUES for cue in cues):
        raise InputError(f"--cue {','.join(cues)}: choose one or more of {', '.join(TRACKING_CUES)}.")
    recordings = [*read_all([Path(path) for path in paths], store), *keypoint_recordings(poses or {}, paths)]
    if len(recordings) < 2:
        raise InputError(f"check needs at least two recordings, got {len(recordings)}. Name all that should be in sync.")
    ids = [recording.id for recording in recordings]
    reference = ids[0] if reference is None else reference
    if reference not in ids:
        raise InputError(f"--ref {reference}: no such recording. It must be one of: {', '.join(ids)}.")
    if tolerance_seconds is None:
        tolerance_seconds = max(recording.interval_seconds for recording in recordings) or 1 / 30
    signals = extract_all(recordings, cues, store, progress)
    if pose.NAME in cues:
        signals = with_poses(signals, recordings, poses or {}, calibration or {})
    measured = match_all(recordings, signals, Search(), store, progress)
    if pose.NAME in cues and (looked := look(recordings, measured, signals, store, progress)):
        signals = with_poses(signals, recordings, looked, calibration or {})
        measured = match_all(recordings, signals, Search(), store, progress)
    store.make_room()
    pairs = _audits(recordings, reference, signals, measured, tolerance_seconds, progress)
    return Audit(tuple(recordings), reference, tolerance_seconds, tuple(pairs), container_facts(recordings))


def _audits(
    recordings: Sequence[Recording],
    reference: str,
    signals: Mapping[str, Mapping[str, Signal]],
    measured: Sequence[PairOffset],
    tolerance_seconds: float,
    progress: Progress,
) -> list[PairAudit]:
    """Every recording against the reference; where that tells nothing, against those that were found in sync with it."""
    intervals = {recording.id: recording.interval_seconds for recording in recordings}
    found = {(pair.a, pair.b): pair for pair in measured}

    def audit(a: str, b: str) -> PairAudit:
        pair, sign = (found[a, b], 1) if (a, b) in found else (found[b, a], -1)
        known = pair.verdict in (Verdict.TIED, Verdict.AMBIGUOUS)
        start, interval = pair.likeliest_seconds if known else None, max(intervals[a], intervals[b])
        tracks = [] if start is None else _tracks(signals[a], signals[b], sign * start, interval)
        # Footage that explains several offsets may repeat itself, or hold a jump: only a cue that finds one knows.
        kept = [track for track in tracks if pair.verdict is Verdict.TIED or track.jumps]
        findings = tuple(judge(track, b, tolerance_seconds, interval) for track in kept)
        return PairAudit(a, b, pair.verdict, pair.reasons, findings, interval)

    others = [recording.id for recording in recordings if recording.id != reference]
    audits = []
    for done, b in enumerate(others):
        audits.append(audit(reference, b))
        progress("audit", done + 1, len(others))
    trusted = [audit.b for audit in audits if audit.verdict is SyncVerdict.IN_SYNC]
    for b in [audit.b for audit in audits if audit.verdict is SyncVerdict.CANT_TELL]:
        told = (second for a in trusted if (second := audit(a, b)).verdict is not SyncVerdict.CANT_TELL)
        audits += [second for second in [next(told, None)] if second is not None]
    return audits


def _tracks(a: Mapping[str, Signal], b: Mapping[str, Signal], offset_seconds: float, interval_seconds: float) -> list[Track]:
    """What each cue that both recordings have makes of the offset over time."""
    shared = [(name, cue) for name, cue in TRACKING_CUES.items() if name in a and name in b]
    tracks = [follow(cue, a[name], b[name], offset_seconds, interval_seconds) for name, cue in shared]
    return [track for track in tracks if track is not None]
