"""Suite `video`: real video with known truth after random cuts, motion cue alone."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from viewsync.benchmarks.judge import Judged, errors, judge_cameras, judge_pairs, middle_value, share
from viewsync.benchmarks.row import Bar, Row, measured, skipped
from viewsync.benchmarks.scenes import (
    RealScene,
    apart_takes,
    caliscope_long,
    caliscope_short,
    handpose3d,
    overlapping_takes,
    pose2sim,
    pose2sim_camera_3,
)
from viewsync.sync import sync
from viewsync.types import InputError

SUITE = "video"
SCENES: tuple[Callable[[Path | None], RealScene], ...] = (
    handpose3d,
    caliscope_short,
    caliscope_long,
    pose2sim,
    pose2sim_camera_3,
)


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Cut every scene at random, synchronise the cuts of all its cameras in one call, judge pairs and cameras."""
    rounds = 2 if quick else 12
    rows: list[Row] = []
    all_pairs: list[Judged] = []
    all_cameras: list[Judged] = []
    for load in SCENES:
        try:
            scene = load(data)
        except InputError as error:
            rows.append(skipped(SUITE, load.__name__, str(error)))
            continue
        pairs, cameras = judge_scene(scene, seed, rounds)
        if scene.doubtful is None:
            all_pairs += pairs
            all_cameras += cameras
        rows += _rows(scene.name, pairs, cameras, with_bars=scene.doubtful is None)
    return rows + _rows("all", all_pairs, all_cameras, with_bars=True) if all_pairs else rows


def judge_scene(
    scene: RealScene, seed: int, rounds: int, cues: Sequence[str] = ("motion",)
) -> tuple[list[Judged], list[Judged]]:
    """All pairs, and all cameras against their reference, over all takes of a scene."""
    pairs: list[Judged] = []
    cameras: list[Judged] = []
    for takes in (overlapping_takes, apart_takes):
        for take in takes(scene, seed, rounds):
            timeline = sync(take.paths, cues=cues)
            pairs += judge_pairs(take, timeline)
            cameras += judge_cameras(take, timeline)
    if scene.doubtful is not None:
        pairs, cameras = ([j for j in judged if scene.doubtful in (j.a, j.b)] for judged in (pairs, cameras))
    return pairs, cameras


def _rows(scene: str, pairs: Sequence[Judged], cameras: Sequence[Judged], with_bars: bool) -> list[Row]:
    rows = _pair_rows(scene, [j for j in pairs if j.can_overlap], with_bars)
    if apart := [j for j in pairs if not j.can_overlap]:
        refused = share([not j.claimed for j in apart])
        bar = Bar(at_least=100)
        rows.append(measured(SUITE, scene, "pairs without overlap refused", refused, "%", len(apart), bar))
    return rows + _camera_rows(scene, [j for j in cameras if j.can_overlap], with_bars)


def _pair_rows(scene: str, pairs: Sequence[Judged], with_bars: bool) -> list[Row]:
    """The bars of the contract. Coverage is barred over all scenes only: a few dozen cases can't tell 92 from 98 %."""
    claims = [j for j in pairs if j.claimed]
    frames, stds = _errors_in_frames(claims), np.array([j.std_seconds for j in claims])
    covered = share([j.covered for j in claims if j.covered is not None])
    too_wide, wrong = sum(not j.tied for j in claims), sum(j.wrong for j in claims)
    in_ms = 1000 * errors(claims)

    def row(metric: str, value: float | None, unit: str, n: int, bar: Bar | None = None) -> Row:
        return measured(SUITE, scene, metric, value, unit, n, bar if with_bars else None)

    return [
        row("pairs tied", share([j.tied for j in pairs]), "%", len(pairs), Bar(at_least=50)),
        row("offsets given with σ above half a frame (not counted as tied)", too_wide, "", len(claims)),
        row("|error| median", middle_value(frames), "frames", len(claims), Bar(at_most=1)),
        row("|error| P95", middle_value(frames, 95), "frames", len(claims)),
        row("|error| median", middle_value(in_ms), "ms", len(claims)),
        row("|error| P95", middle_value(in_ms, 95), "ms", len(claims)),
        row("wrong by more than 3 σ + 1 frame", wrong, "", len(claims), Bar(at_most=0)),
        row("σ median", middle_value(1000 * stds), "ms", len(claims)),
        row("95 % intervals that hold", covered, "%", len(claims), Bar(92, 98) if scene == "all" else None),
    ]


def _camera_rows(scene: str, cameras: Sequence[Judged], with_bars: bool) -> list[Row]:
    claims = [j for j in cameras if j.claimed]
    tied, error = share([j.claimed for j in cameras]), middle_value(_errors_in_frames(claims))
    covered, wrong = share([j.covered for j in claims if j.covered is not None]), sum(j.wrong for j in claims)
    bar = Bar(at_most=0) if with_bars else None
    return [
        measured(SUITE, scene, "cameras tied to the reference", tied, "%", len(cameras)),
        measured(SUITE, scene, "cameras: |error| median", error, "frames", len(claims)),
        measured(SUITE, scene, "cameras: wrong by more than 3 σ + 1 frame", wrong, "", len(claims), bar),
        measured(SUITE, scene, "cameras: 95 % intervals that hold", covered, "%", len(claims)),
    ]


def _errors_in_frames(judged: Sequence[Judged]) -> Float[np.ndarray, " claim"]:
    return np.array([abs(j.error_seconds) / j.frame_seconds for j in judged if j.error_seconds is not None])
