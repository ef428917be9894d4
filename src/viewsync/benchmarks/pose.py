"""Suite `pose`: keypoints in, clocks out; made worlds with exact truth, and what real cameras saw. Pose cue alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from viewsync.benchmarks import keypoint_takes, pose_identities, pose_video
from viewsync.benchmarks.drone import SCENE as DRONE
from viewsync.benchmarks.drone import drone_take
from viewsync.benchmarks.judge import Judged, errors, judge_pairs, middle_value, share
from viewsync.benchmarks.keypoint_takes import KeypointScene, KeypointTake, apart_keypoints, overlapping_keypoints
from viewsync.benchmarks.peer_adapters import peers_python, pose2sim
from viewsync.benchmarks.pose_scenes import (
    PoseTake,
    apart_takes,
    empty_takes,
    frozen_takes,
    held_out_motions,
    one_joint_takes,
    pair_takes,
    still_takes,
    unrelated_takes,
)
from viewsync.benchmarks.pose_speed import speed_rows
from viewsync.benchmarks.row import Bar, Row, measured, skipped
from viewsync.benchmarks.takes import Take, data_folder, true_offset
from viewsync.calibration import cameras_for, read_cameras
from viewsync.sync import sync
from viewsync.types import InputError, PairOffset, Timeline, Verdict

SUITE = "pose"
_GROSS_SECONDS = 0.1
_WITHIN_MS = (5, 10, 33, 100)
_HOPELESS = (unrelated_takes, apart_takes, frozen_takes, one_joint_takes, empty_takes)


@dataclass(frozen=True)
class Counts:
    """How many takes of each kind."""

    pair: int
    group: int
    lab: int
    """Of six pairs each."""
    real: int
    hopeless: int
    crowd: int
    """Of each length, with nobody, some and everybody known."""


FULL = Counts(pair=30, group=12, lab=3, real=12, hopeless=6, crowd=3)
QUICK = Counts(pair=3, group=2, lab=1, real=2, hopeless=2, crowd=1)


@dataclass(frozen=True)
class Bars:
    """What a scene has to reach."""

    median_ms: Bar | None = None
    p95_ms: Bar | None = None
    tied: Bar | None = None
    """Per cent."""
    covers: Bar | None = None
    """Per cent. Only for many cases: a few dozen can't tell 92 from 98."""


_PAIR = Bars(median_ms=Bar(at_most=5), p95_ms=Bar(at_most=33), tied=Bar(at_least=95))
_NONE, _ALL = Bar(at_most=0), Bar(at_least=100)


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Synchronise all takes, judge every pair."""
    counts = QUICK if quick else FULL
    rows = _pair_rows(seed, counts.pair, data)
    rows += _still_rows(list(still_takes("group", seed, counts.group)))
    rows += _still_rows(list(still_takes("lab", seed, counts.lab)))
    rows += _real_rows(seed, counts.real, data) + _drone_rows(data)
    rows += [_refusal_row(make(seed, counts.hopeless)) for make in _HOPELESS]
    rows += pose_identities.rows(SUITE, seed, counts.crowd)
    return rows + speed_rows(SUITE, seed, quick) + pose_video.rows(seed, quick)


def synchronised(taken: PoseTake) -> Timeline:
    """What `sync` makes of the keypoints alone."""
    return sync((), poses=taken.poses, calibration=taken.calibration, identities=taken.identities, cues=("pose",))


def judged(takes: Iterable[PoseTake]) -> list[Judged]:
    """All pairs of all takes."""
    return [verdict for taken in takes for verdict in judge_pairs(taken.take, synchronised(taken))]


# ── made worlds ───────────────────────────────────────────────────────────────────────────────────────────────────


def _pair_rows(seed: int, count: int, data: Path | None) -> list[Row]:
    own = judged(pair_takes(seed, count))
    rows = accuracy_rows("pair, own motions", own, _PAIR)
    try:
        motions = held_out_motions(data_folder(data))
    except InputError as error:
        rows.append(skipped(SUITE, "pair, recorded motions", str(error)))
        recorded = []
    else:
        recorded = judged(pair_takes(seed, count, motions))
        rows += accuracy_rows("pair, recorded motions", recorded, _PAIR)
    return rows + accuracy_rows("pair", own + recorded, replace(_PAIR, covers=Bar(92, 98)))


def _still_rows(takes: Sequence[PoseTake]) -> list[Row]:
    name = takes[0].take.scene
    calibrated, uncalibrated = judged(takes), judged(taken.uncalibrated() for taken in takes)
    rows = accuracy_rows(f"{name}, calibrated", calibrated, Bars(median_ms=Bar(at_most=2)))
    return rows + accuracy_rows(f"{name}, not calibrated", uncalibrated, Bars(median_ms=Bar(at_most=4)))


# ── what real cameras saw ─────────────────────────────────────────────────────────────────────────────────────────


def _real_rows(seed: int, rounds: int, data: Path | None) -> list[Row]:
    rows: list[Row] = []
    for load in (keypoint_takes.pose2sim, keypoint_takes.caliscope, keypoint_takes.pyxy3d):
        try:
            scene = load(data)
        except InputError as error:
            rows.append(skipped(SUITE, load.__name__, str(error)))
            continue
        takes = [
            PoseTake(taken.take, taken.poses, moving=False)
            for cut in (overlapping_keypoints, apart_keypoints)
            for taken in cut(scene, seed, rounds)
        ]
        if load is keypoint_takes.pose2sim:
            rows += _pose2sim_rows(scene.name, takes, data)
            rows += _peer_rows(scene, list(overlapping_keypoints(scene, seed, rounds)))
        else:
            half_a_frame = Bar(at_most=500 * scene.every / scene.rate_hz)
            rows += accuracy_rows(scene.name, judged(takes), Bars(median_ms=half_a_frame))
    return rows


def _pose2sim_rows(name: str, takes: Sequence[PoseTake], data: Path | None) -> list[Row]:
    published = read_cameras(data_folder(data) / "pose2sim_openpose" / "Calib.toml")
    known = [replace(taken, calibration=cameras_for(published, list(taken.poses))) for taken in takes]
    rows = accuracy_rows(f"{name}, calibrated", judged(known), Bars(median_ms=Bar(at_most=6), tied=Bar(at_least=80)))
    bars = Bars(median_ms=Bar(at_most=15), tied=Bar(at_least=80))
    return rows + accuracy_rows(f"{name}, not calibrated", judged(takes), bars)


def _peer_rows(scene: KeypointScene, cuts: Sequence[KeypointTake]) -> list[Row]:
    """Pose2Sim's own synchronization of the same cuts."""
    label = f"{scene.name}: by Pose2Sim"
    try:
        python = peers_python()
    except InputError as error:
        return [skipped(SUITE, label, str(error))]
    missed: list[float] = []
    asked = 0
    for cut in cuts:
        with TemporaryDirectory() as folder:
            found = pose2sim(python, cut.write_openpose(Path(folder)), round(scene.rate_hz / scene.every))
        for (a, b), offset in found.items():
            truth = true_offset(cut.take.clip(a), cut.take.clip(b))
            if truth is not None:
                asked += 1
                missed += [] if offset is None else [1000 * abs(offset - truth.offset_seconds)]
    in_ms = np.array(missed)
    frame_ms = 1000 * scene.every / scene.rate_hz
    near = 100 * int((in_ms <= frame_ms * (1 + 1e-9)).sum()) / max(asked, 1)
    return [
        measured(SUITE, label, "pairs answered", 100 * len(missed) / max(asked, 1), "%", asked),
        measured(SUITE, label, "|error| median", middle_value(in_ms), "ms", len(missed)),
        measured(SUITE, label, "pairs within a frame", near, "%", asked),
    ]


def _drone_rows(data: Path | None) -> list[Row]:
    try:
        taken = drone_take(data)
    except InputError as error:
        return [skipped(SUITE, DRONE, str(error))]
    pairs = synchronised(taken).pairs
    tied = [pair for pair in pairs if pair.verdict is Verdict.TIED]
    judgeable = [pair for pair in tied if taken.doubtful not in (pair.a, pair.b)]
    frames = np.array([deviation_frames(pair, taken.take) for pair in judgeable])
    worst = float(frames.max()) if frames.size else None
    note = f"pairs of {taken.doubtful}, whose truth is in doubt, are not judged"
    return [
        measured(SUITE, DRONE, "pairs tied", len(tied), "", len(pairs), Bar(at_least=10)),
        measured(SUITE, DRONE, "wrong by more than a frame", int((frames > 1).sum()), "", len(frames), _NONE, note),
        measured(SUITE, DRONE, "farthest from the truth, median", middle_value(frames), "frames", len(frames)),
        measured(SUITE, DRONE, "farthest from the truth, worst", worst, "frames", len(frames), Bar(at_most=1)),
    ]


def deviation_frames(pair: PairOffset, take: Take) -> float:
    """How far a tied pair's clock is from the truth at most, anywhere in what both saw, in frames of the slower camera."""
    assert pair.offset_seconds is not None
    a, b = take.clip(pair.a), take.clip(pair.b)
    common = (b.world_seconds >= a.world_seconds[0]) & (b.world_seconds <= a.world_seconds[-1])
    true = np.interp(b.world_seconds[common], a.world_seconds, a.pts_seconds)
    found = b.pts_seconds[common] * (1 + (pair.rate or 0.0)) + pair.offset_seconds
    return float(np.abs(found - true).max() / max(a.frame_seconds, b.frame_seconds))


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def accuracy_rows(scene: str, pairs: Sequence[Judged], bars: Bars) -> list[Row]:
    """How many were tied, how far off they were, and whether they knew; and of those without overlap, how many weren't."""
    can, apart = [j for j in pairs if j.can_overlap], [j for j in pairs if not j.can_overlap]
    claims = [j for j in can if j.claimed]
    in_ms = 1000 * errors(claims)
    covered = share([j.covered for j in claims if j.covered is not None])

    def row(metric: str, value: float | None, unit: str, n: int, bar: Bar | None = None) -> Row:
        return measured(SUITE, scene, metric, value, unit, n, bar)

    rows = [
        row("pairs tied", share([j.claimed for j in can]), "%", len(can), bars.tied),
        row("|error| median", middle_value(in_ms), "ms", len(claims), bars.median_ms),
        row("|error| P95", middle_value(in_ms, 95), "ms", len(claims), bars.p95_ms),
        *(row(f"pairs within {ms} ms", 100 * int((in_ms < ms).sum()) / len(can), "%", len(can)) for ms in _WITHIN_MS),
        row("tied, but over 100 ms and a frame off", sum(map(_gross, claims)), "", len(claims), _NONE),
        row("95 % intervals that hold", covered, "%", len(claims), bars.covers),
    ]
    if apart:
        rows.append(row("pairs without overlap refused", share([not j.claimed for j in apart]), "%", len(apart), _ALL))
    return rows


def _gross(claim: Judged) -> bool:
    return claim.error_seconds is not None and abs(claim.error_seconds) > max(_GROSS_SECONDS, claim.frame_seconds)


def _refusal_row(takes: Iterable[PoseTake]) -> Row:
    """Whether nothing was made of what nothing can be made of."""
    outcomes = [(taken.take.scene, _refused(taken)) for taken in takes]
    return measured(SUITE, outcomes[0][0], "refused", share([said for _, said in outcomes]), "%", len(outcomes), _ALL)


def _refused(taken: PoseTake) -> bool:
    """Whether no offset was given: a verdict, or an error that says why."""
    try:
        timeline = synchronised(taken)
    except InputError:
        return True
    return all(pair.verdict is not Verdict.TIED for pair in timeline.pairs)
