"""Suite `coverage`: do 95 % intervals hold the truth 95 times in 100, for 2, 4 and 8 cameras?

The scenes are drawn ones of tumbling boxes and balls, a generator that the calibration never saw (it used jointed
figures). Each is drawn once, from eight random viewpoints; a trial takes some of its cameras and cuts each at random.
"""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from viewsync.benchmarks.drawn import SCENE_SECONDS, DrawnTake, as_recording, shoot
from viewsync.benchmarks.row import Bar, Row, measured
from viewsync.signals import motion
from viewsync.store import Store
from viewsync.sync import match_all
from viewsync.timeline.solve import solve_timeline
from viewsync.types import Search, Verdict

SUITE = "coverage"
_CAMERAS = 8
_FIRST_SEED = 9000
"""Far from the seeds that anything was fitted on."""


@dataclass(frozen=True)
class Interval:
    """A camera's stated offset against the truth."""

    verdict: Verdict
    error_seconds: float | None
    std_seconds: float | None

    @property
    def holds(self) -> bool:
        """Whether the 95 % interval holds the truth."""
        assert self.error_seconds is not None
        assert self.std_seconds is not None
        return abs(self.error_seconds) <= 1.96 * self.std_seconds


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Draw the scenes, run the trials, count."""
    seeds = range(_FIRST_SEED + seed, _FIRST_SEED + seed + (4 if quick else 24))
    with ProcessPoolExecutor() as pool:
        scenes = list(pool.map(partial(shoot, "tumblers", cameras=_CAMERAS), seeds))
    rows: list[Row] = []
    for cameras in (2, 4, 8):
        rng = np.random.default_rng([seed, cameras])
        trials = 20 if quick else 500
        found = [interval for i in range(trials) for interval in trial(scenes[i % len(scenes)], cameras, rng)]
        rows += _rows(f"{cameras} cameras", found, trials)
    return rows


def trial(takes: Sequence[DrawnTake], cameras: int, rng: np.random.Generator) -> list[Interval]:
    """Cut some cameras of a scene, all equally long, and place them on one timeline."""
    length = float(rng.uniform(6, 14))
    chosen = rng.permutation(len(takes))[:cameras]
    starts = rng.uniform(0, min(SCENE_SECONDS - length, 0.6 * length), cameras)
    recordings, signals, zeros = [], {}, {}
    for number, start in zip(chosen.tolist(), starts.tolist(), strict=True):
        take = takes[number]
        recording = as_recording(f"cam{number}", take, start, length)
        recordings.append(recording)
        signals[recording.id] = {motion.NAME: take.cut(start, length)}
        zeros[recording.id] = take.camera.offset_seconds
    pairs = match_all(recordings, signals, Search(), Store(), lambda task, done, whole: None)
    timeline = solve_timeline(recordings, pairs)
    return [
        Interval(
            camera.verdict,
            None
            if camera.offset_seconds is None
            else camera.offset_seconds - (zeros[camera.id] - zeros[timeline.reference]),
            camera.offset_std_seconds,
        )
        for camera in timeline.cameras
        if camera.id != timeline.reference
    ]


def _rows(scene: str, found: Sequence[Interval], trials: int) -> list[Row]:
    tied = [interval for interval in found if interval.verdict is Verdict.TIED]
    others = Counter(str(interval.verdict) for interval in found if interval.verdict is not Verdict.TIED)
    note = ", ".join(f"{count} {verdict}" for verdict, count in others.most_common())
    rows = [measured(SUITE, scene, "cameras tied", 100 * len(tied) / len(found), "%", len(found), note=note)]
    if not tied:
        return rows
    errors = np.array([1000 * abs(interval.error_seconds or 0.0) for interval in tied])
    held = 100 * float(np.mean([interval.holds for interval in tied]))
    return [
        *rows,
        measured(SUITE, scene, "95 % intervals that hold", held, "%", len(tied), Bar(92, 98), f"{trials} trials"),
        measured(SUITE, scene, "|error| median", float(np.median(errors)), "ms", len(tied)),
        measured(SUITE, scene, "|error| P95", float(np.quantile(errors, 0.95)), "ms", len(tied)),
        measured(SUITE, scene, "off by more than 0.2 s", int(np.sum(errors > 200)), "", len(tied)),
    ]
