"""The rows of suite `counting`: Tables II and III, and what has to be reached in them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from viewsync.benchmarks.counting_runs import Job, Outcome
from viewsync.benchmarks.counting_stage import Sizes, stage_for
from viewsync.benchmarks.jobs import follow
from viewsync.benchmarks.row import Bar, Row, measured
from viewsync.counting.samples import LatencyKind
from viewsync.counting.system import Method
from viewsync.counting.training import Recipe, Schedule, Setting
from viewsync.footage.lead import Lead

SUITE = "counting"
LATENCIES: tuple[LatencyKind, ...] = ("random", "constant")
_SECONDS = 3.0
"""Of latency, as in the paper's CityStreet."""
_SHORT_SECONDS = 1.0
"""Of latency in which a walker hardly leaves a cell: the harder it is to be better than no flow."""
_TABLES: dict[Setting, str] = {"synced and unsynced": "Table II", "unsynced only": "Table III"}
_PAPERS = (
    *(Recipe(method, "synced and unsynced") for method in ("BaseS", "BaseSU", "SLS", "CLS-cat", "CLS-cor", "CLS-epi")),
    *(Recipe(method, "unsynced only") for method in ("BaseU", "SLS", "CLS-cat", "CLS-cor", "CLS-epi")),
    *(Recipe(method, "unsynced only", similarity=False) for method in ("SLS", "CLS-cat", "CLS-cor", "CLS-epi")),
)
_OURS = (
    Recipe("CLS-planes", "synced and unsynced", motion_first=True),
    Recipe("CLS-planes", "unsynced only"),
)
"""Beside the paper's: the cameras' calibration tells where to look, and the flow is learned before the rest."""
_PRINTED_WEIGHT = 1000.0
_PRINTED = tuple(
    Recipe(method, "unsynced only", similarity_weight=_PRINTED_WEIGHT) for method in ("SLS", "CLS-cat", "CLS-cor", "CLS-epi")
)
"""With γ of ℓ_s as in the paper."""
_RECIPES = (*_PAPERS, *_OURS, *_PRINTED)
_WALKERS = (
    Recipe("BaseS", "synced and unsynced"),
    *(Recipe(method, "synced and unsynced", motion_first=True) for method in ("CLS-epi", "CLS-planes")),
)
"""What learns the flow of a single walker: the best of the paper's, and ours."""
_SEVERAL = tuple(recipe for recipe in (*_PAPERS, *_OURS) if recipe.similarity)
"""Trained from several seeds, where latency is random."""
_HELD = tuple(recipe for recipe in _PAPERS if recipe.method in ("CLS-cor", "CLS-epi") and recipe.similarity)
"""What has to lead the same network without synchronization."""
_MEAN_SHARE = 0.7
"""Of the mean count's error: well under it."""


class _Published(NamedTuple):
    """MAE and NAE on CityStreet."""

    constant: tuple[float, float]
    random: tuple[float, float]


_PUBLISHED = dict(
    zip(
        _PAPERS,
        (
            _Published((9.07, 0.108), (8.86, 0.107)),
            _Published((9.02, 0.106), (8.82, 0.108)),
            _Published((8.23, 0.102), (8.02, 0.101)),
            _Published((8.82, 0.111), (8.57, 0.108)),
            _Published((8.03, 0.099), (7.99, 0.098)),
            _Published((8.05, 0.100), (7.93, 0.096)),
            _Published((10.22, 0.134), (9.35, 0.121)),
            _Published((8.50, 0.105), (8.33, 0.100)),
            _Published((8.48, 0.102), (9.17, 0.110)),
            _Published((8.02, 0.098), (7.77, 0.093)),
            _Published((8.04, 0.095), (7.70, 0.094)),
            _Published((8.77, 0.107), (8.45, 0.107)),
            _Published((8.28, 0.098), (9.15, 0.108)),
            _Published((8.20, 0.099), (8.10, 0.102)),
            _Published((8.16, 0.097), (7.86, 0.096)),
        ),
        strict=True,
    )
)


@dataclass(frozen=True)
class Budget:
    """The same for all that is trained in one world."""

    schedule: Schedule
    """In `street`."""
    walker_schedule: Schedule
    street: Sizes
    walker: Sizes
    seeds: int
    """Of rows with random latency, but for those without ℓ_s in Table III; the others have one."""


FULL = Budget(
    Schedule(steps=300),
    Schedule(steps=300, motion_steps=3000),
    Sizes(training=16, tests=6, seconds=30, people=40, pictures=(336, 188)),
    Sizes(training=24, tests=4, seconds=20, people=1, pictures=(320, 180), fps=10),
    seeds=3,
)
QUICK = Budget(
    Schedule(steps=4, motion_steps=4),
    Schedule(steps=4, motion_steps=4),
    Sizes(training=1, tests=1, seconds=8, people=5, pictures=(96, 64)),
    Sizes(training=1, tests=1, seconds=8, people=1, pictures=(96, 64)),
    seeds=1,
)
Found = Mapping[Recipe | None, Sequence[Outcome]]
"""Outcomes of some seeds; of the mean count under None."""


def rows(seed: int, quick: bool, tell: Callable[[str], None], cores: int | None = None) -> list[Row]:
    """All rows of the suite.

    Args:
        seed: Of scenes and latencies, and the first of first weights.
        quick: Hardly trained, on seconds of footage: no bar is held against it.
        tell: Told of everything that is done.
        cores: How many processes work; as many as may be used if None.
    """
    budget = QUICK if quick else FULL
    stage = stage_for((("street", budget.street), ("walker", budget.walker)), seed)
    jobs = [*jobs_of(budget, seed)]
    results = dict(zip(jobs, follow(jobs, stage, tell, cores), strict=True))
    made: list[Row] = []
    for latency in LATENCIES:
        found: dict[Recipe | None, list[Outcome]] = {}
        for job, outcome in results.items():
            if (job.world, job.latency) == ("street", latency):
                found.setdefault(job.recipe, []).append(outcome)
        made += _mean_rows(latency, found)
        made += [row for recipe in _RECIPES for row in _rows(recipe, latency, found, held=not quick)]
        made += [*_lead_rows(latency, found, seed, held=not quick), *_synchronized_rows(latency, found, held=not quick)]
    walkers = {job: outcome for job, outcome in results.items() if job.world == "walker"}
    return [*made, *_flow_rows(results, walkers, held=not quick), *_published_rows()]


def jobs_of(budget: Budget, seed: int) -> Iterator[Job]:
    """What is to be trained: those first that matter most, so that a run that is stopped has them."""
    for number in range(budget.seeds):
        for latency in LATENCIES:
            for recipe in (None, *_RECIPES):
                several = latency == "random" and recipe in _SEVERAL
                if number == 0 or several:
                    yield Job(recipe, "street", latency, _SECONDS, budget.schedule, seed + number)
    walking = [(recipe, _SECONDS) for recipe in _WALKERS] + [(_WALKERS[-1], _SHORT_SECONDS)]
    for recipe, seconds in walking:
        yield Job(recipe, "walker", "random", seconds, budget.walker_schedule, seed)


def _scene(recipe: Recipe, latency: LatencyKind) -> str:
    how = ", motion first" if recipe.motion_first else ""
    if recipe.setting == "unsynced only":
        how = ", ℓp only" if not recipe.similarity else ", printed γ" if recipe in _PRINTED else ""
    return f"{_TABLES[recipe.setting]}, {latency} latency: {recipe.method}{how}"


def _mean_rows(latency: LatencyKind, found: Found) -> Iterator[Row]:
    """Without looking."""
    (mean,) = (outcome.scores[latency] for outcome in found[None])
    for metric, value in (("MAE", mean.mae), ("NAE", mean.nae), ("grid error", mean.grid_error)):
        yield measured(SUITE, f"{latency} latency: mean of the training footage", metric, value, "", mean.frames)


def _rows(recipe: Recipe, latency: LatencyKind, found: Found, *, held: bool) -> Iterator[Row]:
    """A line of a table: means over seeds."""
    scene, outcomes = _scene(recipe, latency), found[recipe]
    scores = [outcome.scores[latency] for outcome in outcomes]
    (mean,) = found[None]
    frames, note = scores[0].frames, f"{len(scores)} seeds" if len(scores) > 1 else ""
    maes, naes = [score.mae for score in scores], [score.nae for score in scores if score.nae is not None]
    bar = Bar(at_most=round(_MEAN_SHARE * mean.scores[latency].mae, 2)) if held else None
    spread = f"{note}, standard deviation {np.std(maes, ddof=1):.2f}" if len(scores) > 1 else note
    yield measured(SUITE, scene, "MAE", _mean(maes), "people", frames, bar, spread)
    yield measured(SUITE, scene, "NAE", _mean(naes), "", frames, note=f"{scores[0].empty} empty frames left out")
    yield measured(SUITE, scene, "grid error", _mean([score.grid_error for score in scores]), "people", frames, note=note)
    told = [outcome.true_flow for outcome in outcomes if outcome.true_flow is not None]
    if told:
        yield measured(SUITE, scene, "MAE, told the flow", _mean([one.mae for one in told]), "people", frames)
        yield measured(SUITE, scene, "grid error, told the flow", _mean([one.grid_error for one in told]), "people", frames)


def _lead_rows(latency: LatencyKind, found: Found, seed: int, *, held: bool) -> Iterator[Row]:
    """By how much errors are under those of the same network without synchronization, on the same frames."""
    bases: dict[Setting, tuple[Method, float]] = {
        "unsynced only": ("BaseU", 10.0),
        "synced and unsynced": ("BaseSU", 5.0),
    }
    for recipe in _RECIPES:
        base, least = bases[recipe.setting]
        if recipe.method in ("BaseS", base):
            continue
        ours, theirs = found[recipe], found[Recipe(base, recipe.setting)]
        lead = Lead.of(_errors(ours), _errors(theirs), np.array(ours[0].stretches), seed)
        wanted = held and latency == "random" and recipe in _HELD
        bars = (Bar(at_least=least), Bar(at_least=0)) if wanted else (None, None)
        scene, frames = f"{_scene(recipe, latency)} against {base}", len(ours[0].errors)
        interval = f"95 %: {lead.low_percent:.1f} to {lead.high_percent:.1f}"
        yield measured(SUITE, scene, "MAE lower by", lead.percent, "%", frames, bars[0], interval)
        yield measured(SUITE, scene, "MAE lower by, low end", lead.low_percent, "%", frames, bars[1])


def _errors(outcomes: Sequence[Outcome]) -> np.ndarray:
    """Of each frame, the mean over seeds."""
    return np.asarray(np.mean([outcome.errors for outcome in outcomes], axis=0))


def _synchronized_rows(latency: LatencyKind, found: Found, *, held: bool) -> Iterator[Row]:
    """What it costs to expect latency where there is none."""
    base = [outcome.scores["none"] for outcome in found[Recipe("BaseS", "synced and unsynced")]]
    least, frames = float(np.mean([score.mae for score in base])), base[0].frames
    yield measured(SUITE, f"no latency, learned with {latency}: BaseS", "MAE", least, "people", frames)
    for recipe in _RECIPES:
        if recipe.setting != "synced and unsynced" or recipe.method == "BaseS":
            continue
        mae = float(np.mean([outcome.scores["none"].mae for outcome in found[recipe]]))
        scene = f"no latency, learned with {latency}: {recipe.method}"
        yield measured(SUITE, scene, "MAE", mae, "people", frames)
        bar = Bar(at_most=3.0) if held and recipe.method.startswith("CLS") else None
        yield measured(SUITE, scene, "MAE above BaseS", 100 * (mae / least - 1), "%", frames, bar)


def _flow_rows(results: Mapping[Job, Outcome], walkers: Mapping[Job, Outcome], *, held: bool) -> Iterator[Row]:
    """On people; only of a single walker a bar is held against it."""
    for job, outcome in results.items():
        flow = outcome.flow
        if flow is None or job.recipe is None:
            continue
        bar = Bar(at_least=50.0) if held and job in walkers else None
        scene = f"flow in {job.world} within {job.latency_seconds:g} s, {_scene(job.recipe, job.latency)}, seed {job.seed}"
        note = f"{flow.error_pixels:.1f} pixels; without flow {flow.zero_error_pixels:.1f}"
        yield measured(SUITE, scene, "error under zero flow's", flow.under_zero_percent, "%", flow.joints, bar, note)


def _published_rows() -> Iterator[Row]:
    for recipe, by_latency in _PUBLISHED.items():
        for latency in LATENCIES:
            mae, nae = by_latency.random if latency == "random" else by_latency.constant
            scene = f"CityStreet, {_scene(recipe, latency)}"
            yield measured(SUITE, scene, "MAE, published", mae, "people", 200)
            yield measured(SUITE, scene, "NAE, published", nae, "", 200)


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
