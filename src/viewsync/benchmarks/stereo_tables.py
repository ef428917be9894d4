"""The rows of suite `stereo`, and the paper's Figs. 3 and 4 redrawn from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from viewsync.benchmarks.jobs import follow
from viewsync.benchmarks.row import Bar, Row, measured, skipped
from viewsync.benchmarks.stereo_cue import synchronized
from viewsync.benchmarks.stereo_runs import HEADS, PEER, By, Job, Who
from viewsync.benchmarks.stereo_stage import MODALITIES, REAL, SETS, TRAINED_ON, Sizes, stage_for
from viewsync.benchmarks.takes import data_folder
from viewsync.machine import this_machine
from viewsync.networks.checkpoints import shipped
from viewsync.networks.stereo import MATCHERS, Matcher
from viewsync.stereo.delay_training import NAME
from viewsync.stereo.drawing import Measured, grouped_bars
from viewsync.stereo.evaluate import LEAST_SHARED, Score, Scores
from viewsync.stereo.frames import Modality
from viewsync.stereo.training import Schedule
from viewsync.synnet.drawing import save_figure
from viewsync.types import InputError

SUITE = "stereo"
_SHARED = f"where {LEAST_SHARED} frames are shared"
_NAMES = {
    "siamese": "CNNSiamese", "triplet-euc": "TripletEuc", "triplet-sim": "TripletSim", "peer": "the authors' weights",
    "dense": "DenseDelay", "dense-printed": "DenseDelay, as printed", "heat-map": "HeatMap",
    "heat-map-corrected": "HeatMap, corrected", "cnn": "convolutions",
}  # fmt: skip


@dataclass(frozen=True)
class Budget:
    """The same for all that is trained."""

    schedule: Schedule
    sizes: Sizes
    sequences: int
    """Of each test set."""
    takes: int
    """Of each test scene, which `sync` is given; 0: scenes are too short to be cut."""


FULL = Budget(Schedule(steps=150), Sizes(training=4, tests=2, seconds=16, pixels=112), sequences=1000, takes=2)
QUICK = Budget(
    Schedule(steps=20, frames=24, delay_steps=100), Sizes(training=1, tests=1, seconds=2, pixels=64), sequences=50, takes=0
)
_PUBLISHED = {"F1, published": (0.748, ""), "MAE, published": (2.80, "frames")}
"""Means over the paper's own sets, of TripletEuc + DenseDelay on flow."""


@dataclass(frozen=True)
class System:
    """What stands in a line of the table."""

    who: Who
    modality: Modality
    trained_on: str
    head: str

    @property
    def scene(self) -> str:
        """Its line."""
        return f"{self.trained_on or 'their own data'}, {self.modality}: {_NAMES[self.who]} + {_NAMES[self.head]}"

    def unseen(self, found: Mapping[str, Scores]) -> list[Scores]:
        """Of rendered sets other than the one it was trained on."""
        return [scores for test, scores in found.items() if test in SETS and test != self.trained_on]


_DRAWN = ("dense", "heat-map", "heat-map-corrected")
"""Delay networks of Fig. 3."""
Found = Mapping[System, Mapping[str, Scores]]
"""By system, by test set."""


def rows(seed: int, quick: bool, data: Path | None, tell: Callable[[str], None], cores: int | None = None) -> list[Row]:
    """All rows of the suite; the figures are drawn beside the runs.

    Args:
        seed: Of scenes, clips and first weights.
        quick: One matching network, hardly trained, on seconds of footage: no bar is held against it.
        data: Folder of data sets; the usual one if None.
        tell: Told of everything that is done.
        cores: How many processes work; as many as may be used if None.
    """
    budget, missing, who = QUICK if quick else FULL, list[Row](), list[Who]()
    real: Path | None = None
    try:
        real = data_folder(data)
        if not (real / REAL).is_dir():
            raise InputError(f"{real / REAL} is missing.")
        if (real / PEER).is_dir():
            who.append("peer")
        else:
            missing.append(skipped(SUITE, _NAMES["peer"], f"{real / PEER} is missing."))
    except InputError as error:
        real = None
        missing += [skipped(SUITE, name, str(error)) for name in (REAL, _NAMES["peer"])]
    try:
        shipped(NAME)
        who.append("cue")
    except InputError as error:
        missing.append(skipped(SUITE, "the cue's network", str(error)))
    matchers: list[Matcher] = ["triplet-euc"] if quick else [*MATCHERS]
    jobs = [
        Job(matcher, modality, trained_on, seed, budget.schedule, budget.sequences)
        for trained_on in TRAINED_ON
        for modality in MODALITIES
        for matcher in matchers
    ] + [Job(one, "flow", "", seed, budget.schedule, budget.sequences) for one in who]
    stage = stage_for(budget.sizes, seed, real)
    results = dict(zip(jobs, follow(jobs, stage, tell, cores), strict=True))
    found = by_system({job: by for job, by in results.items() if job.who != "cue"})
    for path in draw(found, stage.folder):
        tell(f"drawn: {path}")
    cue = [row for job, by in results.items() if job.who == "cue" for row in _cue_rows(by["cue"], held=not quick)]
    lines = [row for system, by_set in found.items() for row in _rows(system, by_set, held=not quick)]
    if cue and budget.takes:
        cue += synchronized(stage, SUITE, seed, budget.takes, tell, cores or this_machine().cores)
    return [*lines, *_lead_rows(found, held=not quick), *cue, *_published_rows(), *missing]


def by_system(results: Mapping[Job, By]) -> Found:
    """A line for each combination."""
    return {
        System(job.who, job.modality, job.trained_on, head): results[job][head]
        for job in results
        for head in HEADS
        if head in results[job]
    }


def _rows(system: System, found: Mapping[str, Scores], *, held: bool) -> list[Row]:
    """Set by set, and the means over unseen rendered sets."""
    held = held and (system.who, system.modality, system.head) == ("triplet-euc", "flow", "dense")
    made = [
        row
        for test, scores in found.items()
        for row in (
            measured(SUITE, system.scene, f"F1 macro, {test}", scores.every.f1_macro, "", scores.every.sequences),
            measured(SUITE, system.scene, f"MAE, {test}", scores.every.mae_frames, "frames", scores.every.sequences),
        )
    ]
    unseen = system.unseen(found)
    every, shared = [one.every for one in unseen], [one.shared for one in unseen]
    return [
        *made,
        *_mean_rows(system.scene, "mean", every, held=held),
        *_mean_rows(system.scene, f"mean, {_SHARED}", shared),
    ]


def _mean_rows(scene: str, where: str, scores: Sequence[Score], *, held: bool = False) -> list[Row]:
    count = sum(one.sequences for one in scores)
    f1, mae = (Bar(at_least=0.8), Bar(at_most=1.5)) if held else (None, None)
    return [
        measured(SUITE, scene, f"F1 macro, {where}", _mean([one.f1_macro for one in scores]), "", count, f1),
        measured(SUITE, scene, f"F1 weighted, {where}", _mean([one.f1_weighted for one in scores]), "", count),
        measured(SUITE, scene, f"exact, {where}", 100 * _mean([one.exact for one in scores]), "%", count),
        measured(SUITE, scene, f"MAE, {where}", _mean([one.mae_frames for one in scores]), "frames", count, mae),
    ]


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _lead_rows(found: Found, *, held: bool) -> list[Row]:
    """By how much F1 one system is ahead of another, on the mean over rendered sets that the first hasn't seen."""
    made = []
    for system in found:
        if system.who == "peer":
            continue
        other = {
            "HeatMap": System(system.who, system.modality, system.trained_on, "heat-map"),
            "raw images": System(system.who, "image", system.trained_on, system.head),
            _NAMES["peer"]: System("peer", "flow", "", "dense-printed"),
        }
        for name, behind in other.items():
            if behind not in found or behind == system or system.head != "dense":
                continue
            if name == _NAMES["peer"] and (system.who, system.modality) != ("triplet-euc", "flow"):
                continue
            bar = Bar(at_least=0) if held else None
            tests = [test for test in found[system] if test in SETS and test in found[behind]]
            made.append(_lead(system, name, "mean", found[system], found[behind], tests, bar))
            if name == _NAMES["peer"] and REAL in found[system]:
                made.append(_lead(system, name, REAL, found[system], found[behind], [REAL], bar))
    return made


def _lead(
    system: System, other: str, where: str, ours: Mapping[str, Scores], theirs: Mapping[str, Scores], tests: Sequence[str],
    bar: Bar | None,
) -> Row:  # fmt: skip
    lead = _mean([ours[test].every.f1_macro - theirs[test].every.f1_macro for test in tests])
    count = sum(ours[test].every.sequences for test in tests)
    return measured(SUITE, system.scene, f"lead in F1 over {other}, {where}", lead, "", count, bar)


def _cue_rows(found: Mapping[str, Scores], *, held: bool) -> list[Row]:
    """The package's own weights, on the same clips."""
    scene = "the package's own data, flow: the cue's network"
    made = []
    for test, scores in found.items():
        for metric, value, unit in (("F1 macro", scores.every.f1_macro, ""), ("MAE", scores.every.mae_frames, "frames")):
            made.append(measured(SUITE, scene, f"{metric}, {test}", value, unit, scores.every.sequences))
    shared = [scores.shared for test, scores in found.items() if test in SETS]
    count, bars = sum(one.sequences for one in shared), (Bar(at_least=0.95), Bar(at_most=0.3)) if held else (None, None)
    f1, mae = _mean([one.f1_macro for one in shared]), _mean([one.mae_frames for one in shared])
    return [
        *made,
        measured(SUITE, scene, f"F1 macro, mean, {_SHARED}", f1, "", count, bars[0]),
        measured(SUITE, scene, f"MAE, mean, {_SHARED}", mae, "frames", count, bars[1]),
    ]


def _published_rows() -> list[Row]:
    scene, note = "the paper's own sets, flow: TripletEuc + DenseDelay", "section V: means over its other sets"
    return [measured(SUITE, scene, metric, value, unit, 6, note=note) for metric, (value, unit) in _PUBLISHED.items()]


def draw(found: Found, folder: Path) -> list[Path]:
    """Write Fig. 3 (trained on images of zed_p) and Fig. 4 (all with DenseDelay); returns their paths."""
    figures = {
        "stereo-figure-3.png": ("trained on images of zed_p", {
            f"{_NAMES[system.who]} + {_NAMES[system.head]}": found[system] for system in found
            if (system.modality, system.trained_on) == ("image", "zed_p") and system.head in _DRAWN
        }),
        "stereo-figure-4.png": ("with DenseDelay", {
            f"{_NAMES[system.who]} ({system.modality} of {system.trained_on or 'their own'})": found[system]
            for system in found if system.head == ("dense-printed" if system.who == "peer" else "dense")
        }),
    }  # fmt: skip
    for name, (title, systems) in figures.items():
        bars = {
            system: {test: Measured(one.every.f1_macro, one.every.mae_frames) for test, one in by_set.items()}
            for system, by_set in systems.items()
        }
        sets = [test for test in (*SETS, REAL) if any(test in by_set for by_set in bars.values())]
        save_figure(folder / name, grouped_bars(bars, sets, title))
    return [folder / name for name in figures]
