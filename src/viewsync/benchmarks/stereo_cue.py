"""What `sync` makes of cameras side by side, by the stereo cue alone, and for comparison by the motion cue."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from viewsync.benchmarks.jobs import each
from viewsync.benchmarks.judge import Judged, errors, middle_value, share
from viewsync.benchmarks.row import Bar, Row, measured
from viewsync.benchmarks.scenes import RealScene, caliscope_long, caliscope_short, handpose3d
from viewsync.benchmarks.stereo_stage import SETS, Stage
from viewsync.benchmarks.video import judge_scene
from viewsync.media import probe
from viewsync.stereo.delay_training import NAME
from viewsync.types import InputError

_CLIP_SECONDS, _APART_SECONDS = 10, 7
"""Clips start up to half their length apart, or have nothing in common."""
_FPS = 30
"""Of the rendered sets."""
_CUES = (NAME, "motion")
_ALL = "all rendered sets"
_REAL: tuple[Callable[[Path | None], RealScene], ...] = (handpose3d, caliscope_short, caliscope_long)


@dataclass(frozen=True)
class Question:
    """Scenes that are cut at random, and one cue that has to tell the offsets."""

    name: str
    cue: str
    scenes: tuple[RealScene, ...]

    def judged(self, seed: int, rounds: int) -> list[Judged]:
        """All pairs of cameras side by side."""
        found = []
        for scene in self.scenes:
            order = [source.stem for source in scene.sources]
            pairs, _ = judge_scene(scene, seed, rounds, (self.cue,))
            found += [pair for pair in pairs if abs(order.index(pair.a) - order.index(pair.b)) == 1]
        return found


def synchronized(stage: Stage, suite: str, seed: int, rounds: int, tell: Callable[[str], None], cores: int) -> list[Row]:
    """All rows, of which those of the stereo cue are held against bars.

    Args:
        stage: Whose test scenes are cut, and whose data hold the real ones.
        suite: They belong to.
        seed: Of the cuts.
        rounds: Takes of each scene.
        tell: Told of everything that is done.
        cores: How many processes work.
    """
    questions = {f"{one.name}, {one.cue}": one for one in _questions(stage)}
    judged: dict[str, list[Judged]] = {}
    for name, pairs in each({name: partial(one.judged, seed, rounds) for name, one in questions.items()}, cores):
        judged[name] = pairs
        tell(f"{len(judged)} of {len(questions)} synchronized: {name}")
    found = []
    for cue in _CUES:
        together = [pair for name, one in questions.items() if one.cue == cue and _rendered(one) for pair in judged[name]]
        found += _rows(suite, _ALL, cue, together)
        for name, one in questions.items():
            if one.cue == cue:
                found += _rows(suite, one.name, cue, judged[name])
    return found


def _questions(stage: Stage) -> Iterator[Question]:
    for cue in _CUES:
        for name in SETS:
            whole = tuple(_filmed(name, [one.left.path, one.right.path]) for one in stage.tests(name))
            yield Question(name, cue, whole)
            yield Question(f"{name}, half a frame apart", cue, tuple(map(_thinned, whole)))
        for load in _REAL if stage.data is not None else ():
            try:
                scene = load(stage.data)
            except InputError:
                continue
            yield Question(scene.name, cue, (scene,))


def _filmed(name: str, sources: Sequence[Path]) -> RealScene:
    """A rendered scene, whose frames were taken at the same instants."""
    video = probe(sources[0]).video
    assert video is not None
    world = np.tile(np.arange(len(video.pts)) / _FPS, (len(sources), 1))
    frames = _CLIP_SECONDS * _FPS
    return RealScene(name, tuple(sources), world, _FPS, (frames, frames), _APART_SECONDS * _FPS)


def _thinned(scene: RealScene) -> RealScene:
    """Every second frame of the left, and those in between of the right: at half the rate, and half a frame apart."""
    half = scene.world_seconds.shape[1] // 2
    world = np.stack([scene.world_seconds[0, 0 : 2 * half : 2], scene.world_seconds[1, 1 : 2 * half : 2]])
    frames = _CLIP_SECONDS * _FPS // 2
    return replace(
        scene,
        world_seconds=world,
        fps=_FPS // 2,
        clip_frames=(frames, frames),
        apart_frames=_APART_SECONDS * _FPS // 2,
        step=2,
    )


def _rendered(question: Question) -> bool:
    return question.name.startswith(SETS)


def _rows(suite: str, name: str, cue: str, judged: Sequence[Judged]) -> list[Row]:
    pairs, apart = ([one for one in judged if one.can_overlap is overlap] for overlap in (True, False))
    claims = [one for one in pairs if one.claimed]
    found, frame = errors(claims), pairs[0].frame_seconds
    covered = share([one.covered for one in claims if one.covered is not None])
    scene = f"{name}: {cue} cue in sync"
    held = cue == NAME and name == _ALL
    real = cue == NAME and not name.startswith((*SETS, _ALL))
    at_most, tied = (5, 90) if held else (1000 * frame, 50) if real else (None, None)

    def row(metric: str, value: float | None, unit: str, n: int, **bar: float | None) -> Row:
        limits = None if all(limit is None for limit in bar.values()) else Bar(**bar)
        return measured(suite, scene, metric, value, unit, n, limits)

    made = [
        row("tied", share([one.claimed for one in pairs]), "%", len(pairs), at_least=tied),
        row("|error| median", middle_value(1000 * found), "ms", len(claims), at_most=at_most),
        row("|error| P95", middle_value(1000 * found, 95), "ms", len(claims)),
        row("95 % intervals that hold", covered, "%", len(claims), **({"at_least": 92, "at_most": 98} if held else {})),
        row("wrong by more than 3 σ + 1 frame", sum(one.wrong for one in judged), "", len(judged)),
    ]
    if apart:
        refused = share([not one.claimed for one in apart])
        made.append(row("pairs without overlap refused", refused, "%", len(apart)))
    return made
