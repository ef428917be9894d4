"""The rows of suite `pose3d`: Tables IV to VIII, and what has to be reached in them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from viewsync.benchmarks.jobs import follow
from viewsync.benchmarks.pose3d_runs import VOLUMETRIC, Job, Learning, Outcome
from viewsync.benchmarks.pose3d_stage import Sizes, stage_for
from viewsync.benchmarks.row import Bar, Row, measured, skipped
from viewsync.benchmarks.takes import data_folder
from viewsync.footage.lead import Lead
from viewsync.pose3d.samples import HUMAN36M_SECONDS
from viewsync.pose3d.system import Method
from viewsync.pose3d.training import Recipe, Schedule
from viewsync.types import InputError

SUITE = "pose3d"
GAMMA = 1.0
"""Of ℓ_W: of features as small as these, the printed 0.01 of it is next to nothing beside the task's loss."""
VOLUMETRIC_WEIGHT = 1.0
"""Of the volume's cross-entropy: more than the released 0.01, as steps are few."""
SHORT, *LONG = HUMAN36M_SECONDS


def recipe(method: Method, gamma: float) -> Recipe:
    """What a line that synchronizes learns from."""
    return Recipe(method, warping_weight=gamma, volumetric_weight=VOLUMETRIC_WEIGHT)


LINES: Mapping[str, Recipe] = {
    "BaseS": Recipe("BaseS", volumetric_weight=VOLUMETRIC_WEIGHT),
    "BaseU": Recipe("BaseU", volumetric_weight=VOLUMETRIC_WEIGHT),
    "CLS-cor, γ = 0": recipe("CLS-cor", 0.0),
    "CLS-cor": recipe("CLS-cor", GAMMA),
    "CLS-epi": recipe("CLS-epi", GAMMA),
}
"""Of Table IV."""
OURS: Method = "CLS-epi"
BASES = ("BaseS", "BaseU")
ABLATED = 32 / 50
GAMMAS = (0.0, 0.005, 0.01, 0.02, 10.0)
"""Beside that of Table IV; three of them are those of Table VIII."""
_LEAST_UNDER: Mapping[str, float] = {"BaseS": 40.0, "BaseU": 15.0}
"""In percent, at the longer latencies."""
_MOST_ABOVE = 3.0
_NOT_HERE = "of another data set; how many frames isn't told"
_PUBLISHED: Mapping[float, tuple[tuple[float, float], ...]] = {
    8 / 50: ((62.8, 59.2), (26.5, 27.8), (25.8, 26.9), (25.8, 27.0), (25.7, 26.8)),
    32 / 50: ((78.6, 78.2), (49.9, 50.1), (36.5, 36.7), (38.2, 38.7), (37.6, 37.8)),
    64 / 50: ((151.1, 151.5), (69.4, 69.2), (56.6, 56.9), (46.8, 47.1), (45.7, 45.6)),
}
"""Relative and absolute, of `LINES`."""
_PUBLISHED_GAMMAS: Mapping[float, tuple[float, float, float]] = {
    0.005: (25.6, 38.3, 51.7), 0.01: (25.7, 37.6, 45.7), 0.02: (26.0, 37.9, 46.8),
}  # fmt: skip


@dataclass(frozen=True)
class Budget:
    """The same for all that is trained."""

    learning: Learning
    sizes: Sizes


FULL = Budget(
    Learning(
        Schedule(1500, batch=4, learning_rate=4e-3, every=1, mirrored=True),
        Schedule(600, batch=4, every=1, mirrored=True),
        Schedule(300, batch=4, every=1),
    ),
    Sizes(training=22, tests=5, seconds=12.0, side_pixels=96),
)
QUICK = Budget(
    Learning(Schedule(2, every=1), Schedule(2, every=1), Schedule(2, every=1)),
    Sizes(training=1, tests=1, seconds=4.0, side_pixels=64, films_pixels=128, fps=6.25),
)
Found = Mapping[str, Outcome]
"""By line of `LINES`, at one latency."""


def rows(seed: int, quick: bool, data: Path | None, tell: Callable[[str], None], cores: int | None = None) -> list[Row]:
    """All rows of the suite.

    Args:
        seed: Of scenes, latencies and first weights.
        quick: Hardly trained, on seconds of footage: no bar is held against it.
        data: Folder of data sets; the usual one if None. Without motion capture there, people do what the package makes up,
            which leaves little to synchronize: then no bar is held against it, either.
        tell: Told of everything that is done.
        cores: How many processes work; as many as may be used if None.
    """
    budget, mocap, missing = QUICK if quick else FULL, None, list[Row]()
    try:
        mocap = _mocap(data)
    except InputError as error:
        missing.append(skipped(SUITE, "recorded motions", str(error)))
    stage, held = stage_for(budget.sizes, seed, mocap), not quick and mocap is not None
    jobs = [*jobs_of(budget.learning, seed)]
    results = dict(zip(jobs, follow(jobs, stage, tell, cores), strict=True))
    by_latency = {seconds: found_at(results, seconds) for seconds in HUMAN36M_SECONDS}
    note = "" if mocap else "people do what the package makes up"
    made = [row for seconds, found in by_latency.items() for row in latency_rows(seconds, found, seed, held=held, note=note)]
    made += [*growth_rows(by_latency, held=held), *gamma_rows(results)]
    return [*made, *published_rows(), *missing]


def _mocap(data: Path | None) -> Path:
    """The folder of data sets, if it has motion capture."""
    folder = data_folder(data)
    if not (folder / "mocap").is_dir():
        raise InputError(f"{folder / 'mocap'} is missing: people do what the package makes up, and move little.")
    return folder


def jobs_of(learning: Learning, seed: int) -> Iterator[Job]:
    """What is to be trained: those first that matter most, so that a run that is stopped has them."""
    yield Job(LINES["BaseS"], None, learning, seed, further=False)
    yield Job(LINES["BaseS"], None, learning, seed)
    for seconds in (*LONG, SHORT):
        for line in dict.fromkeys((OURS, *LINES)):
            if line != "BaseS":
                yield Job(LINES[line], seconds, learning, seed)
    for gamma in GAMMAS:
        yield Job(recipe(OURS, gamma), ABLATED, learning, seed)


def found_at(results: Mapping[Job, Outcome], seconds: float) -> Found:
    """Of one latency in training; BaseS knows of none."""
    return {
        line: outcome
        for line, recipe in LINES.items()
        for job, outcome in results.items()
        if job.further and job.recipe == recipe and job.latency_seconds in (None, seconds)
    }


def latency_rows(seconds: float, found: Found, seed: int, *, held: bool, note: str = "") -> Iterator[Row]:
    """Of Table IV, the part of one latency; Tables V to VII; and what is reached."""
    test, when = f"{seconds:g}", _scene(seconds)
    for line, outcome in found.items():
        scene, told = f"{when}: {line}", outcome.figures[test][VOLUMETRIC]
        for metric, name in _METRICS.items():
            yield measured(SUITE, scene, metric, told[name], "mm", told["frames"], note=note)
        still = outcome.figures["0"][VOLUMETRIC]
        yield measured(
            SUITE, f"{when}: {line}", "no latency, relative", still["relative_mm"], "mm", still["frames"], note=note
        )
        for way in ("algebraic", "RANSAC"):
            other = outcome.figures[test][way]
            missing = f"{other['missing_share']:.1%} of joints missing"
            yield measured(
                SUITE, f"{when}: {line}", f"relative, {way}", other["relative_mm"], "mm", other["frames"], note=missing
            )
    yield from _lead_rows(seconds, found, seed, held=held)
    for line, outcome in found.items():
        by_action = outcome.figures[test][VOLUMETRIC]["by_action"] or {}
        for action, errors in by_action.items():
            metric = f"relative, {action}"
            yield measured(SUITE, f"{when}, by action: {line}", metric, errors["relative_mm"], "mm", errors["frames"])


_METRICS = {
    "relative": "relative_mm", "absolute": "absolute_mm", "relative, over actions": "per_action_relative_mm",
    "absolute, over actions": "per_action_absolute_mm",
}  # fmt: skip
"""MPJPE, over frames unless told."""


def _scene(seconds: float) -> str:
    return f"random latency {round(50 * seconds)}/50 s"


def _lead_rows(seconds: float, found: Found, seed: int, *, held: bool) -> Iterator[Row]:
    """By how much relative errors are under those of the network without synchronization, on the same frames."""
    test, when = f"{seconds:g}", _scene(seconds)
    for line in LINES:
        if line in BASES:
            continue
        for base in BASES:
            lead = lead_of(found[line], found[base], test, seed)
            bar = Bar(at_least=_LEAST_UNDER[base]) if held and line == OURS and seconds in LONG else None
            interval = f"95 %: {lead.low_percent:.1f} to {lead.high_percent:.1f}"
            frames = len(found[line].errors[test])
            yield measured(
                SUITE, f"{when}: {line} against {base}", "relative lower by", lead.percent, "%", frames, bar, interval
            )
        for at, name in (("0", "no latency"), *([(test, when)] if seconds == SHORT else [])):
            better = min(BASES, key=lambda base: np.mean(found[base].errors[at]))
            above = -lead_of(found[line], found[better], at, seed).percent
            bar = Bar(at_most=_MOST_ABOVE) if held and line == OURS and seconds == SHORT else None
            scene = f"{name}, learned with {round(50 * seconds)}/50 s: {line}"
            frames = len(found[line].errors[at])
            yield measured(SUITE, scene, "relative above the better baseline", above, "%", frames, bar, f"that is {better}")


def lead_of(ours: Outcome, theirs: Outcome, test: str, seed: int) -> Lead:
    """On the frames of one test."""
    return Lead.of(np.array(ours.errors[test]), np.array(theirs.errors[test]), np.array(ours.stretches[test]), seed)


def growth_rows(by_latency: Mapping[float, Found], *, held: bool) -> Iterator[Row]:
    """Whether more is gained where there is more latency, as in the paper."""
    gaps = {}
    for seconds, found in by_latency.items():
        theirs, ours = (np.mean(found[line].errors[f"{seconds:g}"]) for line in ("BaseU", OURS))
        gaps[seconds] = float(theirs - ours)
    for before, after in zip(gaps, [*gaps][1:], strict=False):
        scene = f"from {round(50 * before)}/50 to {round(50 * after)}/50 s: {OURS} against BaseU"
        bar = Bar(at_least=0) if held else None
        note = f"{gaps[before]:.1f} mm, then {gaps[after]:.1f} mm"
        yield measured(SUITE, scene, "gap grows by", gaps[after] - gaps[before], "mm", len(gaps), bar, note)


def gamma_rows(results: Mapping[Job, Outcome]) -> Iterator[Row]:
    """Of Table VIII, the part of one latency."""
    for job, outcome in sorted(results.items(), key=lambda one: one[0].recipe.warping_weight):
        if job.recipe.method == OURS and job.latency_seconds == ABLATED:
            told = outcome.figures[f"{ABLATED:g}"][VOLUMETRIC]
            scene = f"γ, {_scene(ABLATED)}: {job.recipe.warping_weight:g}"
            yield measured(SUITE, scene, "relative", told["relative_mm"], "mm", told["frames"])


def published_rows() -> Iterator[Row]:
    """Of the paper: Human3.6M, ResNet-152."""
    for seconds, errors in _PUBLISHED.items():
        for line, (relative, absolute) in zip(LINES, errors, strict=True):
            scene = f"Human3.6M, {_scene(seconds)}: {line}"
            yield measured(SUITE, scene, "relative, published", relative, "mm", 0, note=_NOT_HERE)
            yield measured(SUITE, scene, "absolute, published", absolute, "mm", 0, note=_NOT_HERE)
    for gamma, of_latencies in _PUBLISHED_GAMMAS.items():
        for seconds, relative in zip(HUMAN36M_SECONDS, of_latencies, strict=True):
            scene = f"Human3.6M, γ, {_scene(seconds)}: {gamma:g}"
            yield measured(SUITE, scene, "relative, published", relative, "mm", 0, note=_NOT_HERE)
