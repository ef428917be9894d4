"""Suite `audio`: real sound with known truth after random cuts, audio cue alone."""

from collections.abc import Sequence
from pathlib import Path

from viewsync.benchmarks.judge import Judged, errors, judge_pairs, middle_value, share
from viewsync.benchmarks.row import Bar, Row, measured, skipped
from viewsync.benchmarks.sounds import (
    TOLERANCE_SECONDS,
    SoundScene,
    apart_takes,
    bbc_audio,
    late_recorder,
    nara_wpe,
    overlapping_takes,
)
from viewsync.sync import sync
from viewsync.types import InputError

SUITE = "audio"
SCENES = (nara_wpe, bbc_audio)


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Cut every scene at random, synchronise the cuts, judge the pairs; and the recorder that started 0.1000 s late."""
    rounds = 2 if quick else 12
    rows: list[Row] = []
    everything: list[Judged] = []
    for load in SCENES:
        try:
            scene = load(data)
        except InputError as error:
            rows.append(skipped(SUITE, load.__name__, str(error)))
            continue
        judged = judge_scene(scene, seed, rounds)
        everything += judged
        rows += _rows(scene.name, judged)
    if everything:
        rows += _rows("all", everything)
    return [*rows, _late_recorder_row(data)]


def judge_scene(scene: SoundScene, seed: int, rounds: int) -> list[Judged]:
    """All pairs over all takes of a scene."""
    return [
        judged
        for takes in (overlapping_takes, apart_takes)
        for take in takes(scene, seed, rounds)
        for judged in judge_pairs(take, sync(take.paths, cues=("audio",)))
    ]


def _rows(scene: str, pairs: Sequence[Judged]) -> list[Row]:
    can, apart = [j for j in pairs if j.can_overlap], [j for j in pairs if not j.can_overlap]
    claims = [j for j in can if j.claimed]
    in_ms = 1000 * errors(claims)
    covered, n = share([j.covered for j in claims if j.covered is not None]), len(claims)
    refused = share([not j.claimed for j in apart])
    return [
        measured(SUITE, scene, "pairs tied", share([j.claimed for j in can]), "%", len(can), Bar(at_least=80)),
        measured(SUITE, scene, "|error| median", middle_value(in_ms), "ms", n),
        measured(SUITE, scene, "|error| largest", middle_value(in_ms, 100), "ms", n, Bar(at_most=1000 * TOLERANCE_SECONDS)),
        measured(SUITE, scene, "wrong by more than 3 σ + 2 ms", sum(j.wrong for j in pairs), "", len(pairs), Bar(at_most=0)),
        measured(SUITE, scene, "95 % intervals that hold", covered, "%", n),
        measured(SUITE, scene, "pairs without overlap refused", refused, "%", len(apart), Bar(at_least=100)),
    ]


def _late_recorder_row(data: Path | None) -> Row:
    """The one row that a refusal may pass, if it says why."""
    scene, metric, bar = "opensoundscape", "|error|, or refused with a reason", "≤ 2"
    try:
        take = late_recorder(data)
    except InputError as error:
        return skipped(SUITE, scene, str(error))
    timeline = sync(take.paths, cues=("audio",))
    (judged,), (pair,) = judge_pairs(take, timeline), timeline.pairs
    if judged.error_seconds is None:
        return Row(SUITE, scene, metric, None, "ms", bar, bool(pair.reasons), 1, " ".join(pair.reasons))
    error_ms = 1000 * abs(judged.error_seconds)
    return Row(SUITE, scene, metric, error_ms, "ms", bar, error_ms <= 1000 * TOLERANCE_SECONDS, 1)
