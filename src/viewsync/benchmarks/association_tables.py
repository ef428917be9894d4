"""The rows of suite `association`, and what has to be reached in them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, cycle
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float

from viewsync.association.baselines import AppearanceCost, GroundCost, PairCost, PositionCost, RandomCost
from viewsync.association.frames import MultiViewFrame, Session
from viewsync.association.latency import apart, compensated
from viewsync.association.matching import NetworkCost, joint_outcomes, pairwise_outcomes
from viewsync.association.metrics import Metrics, PairOutcome, measure
from viewsync.association.placement import PlacedCost, placed
from viewsync.association.train import RELEASED_THRESHOLD
from viewsync.association.training import Schedule
from viewsync.benchmarks.association_runs import AS_PUBLISHED, JOINTLY, LOOKED_AT, SINGLY, Job, Outcome, looks
from viewsync.benchmarks.association_speed import speed_rows
from viewsync.benchmarks.association_stage import Name, Sizes, Stage, WorldName, stage_for
from viewsync.benchmarks.jobs import follow
from viewsync.benchmarks.row import Bar, Row, measured, skipped
from viewsync.benchmarks.takes import data_folder
from viewsync.types import InputError

SUITE = "association"
Method = Literal[
    "ours", "ours, no re-projection", "published loss", "published loss, no edges", "published loss, no re-projection",
    "supervised", "the original",
]  # fmt: skip
_ABLATED: tuple[Method, ...] = (
    "ours", "published loss", "ours, no re-projection", "published loss, no edges", "published loss, no re-projection"
)  # fmt: skip
_METHODS: dict[Name, tuple[Method, ...]] = {
    "MVOR": (*_ABLATED, "the original"),
    "WILDTRACK": ("ours",),
    "plaza": _ABLATED,
    "theatre": _ABLATED,
    "plaza, detected boxes": ("ours",),
    "theatre, detected boxes": ("ours",),
    "MVOR, annotated boxes": ("ours", "supervised"),
    "MVOR, leaky": ("ours",),
    "MvMHAT 10": ("ours",),
    "MvMHAT 12": ("ours",),
    "MvMHAT 15": ("ours",),
    "MultiviewX": ("ours",),
}
"""What is trained on what."""
_CROWDS: tuple[Name, ...] = (
    "WILDTRACK",
    "plaza",
    "plaza, detected boxes",
    "MultiviewX",
    "MvMHAT 10",
    "MvMHAT 12",
    "MvMHAT 15",
)
"""With so many people that a batch of fewer instants holds as many pairs, and more steps are needed."""
_BARS: dict[Name, float] = {"plaza": 0.90, "theatre": 0.85}
"""Of F1 with exact boxes."""
_ORACLE_SHARE = 0.8
_MOST_MINUTES = 15.0
_LATE_SECONDS = (0.0, 0.1, 0.2, 0.5, 1.0)
_LATE_STEP = 2
"""One instant in so many is looked at: the next ones are much the same."""
_RANDOM = 3
"""Seeds of chance."""
Part = Callable[[Metrics], float | None]
_PARTS: tuple[tuple[str, Part], ...] = (
    ("ACC", lambda one: one.accuracy),
    ("IPAA-100", lambda one: one.ipaa[0]),
    ("IPAA-90", lambda one: one.ipaa[1]),
    ("IPAA-80", lambda one: one.ipaa[2]),
    ("F1", lambda one: one.f1),
    ("precision", lambda one: one.precision),
    ("recall", lambda one: one.recall),
    ("AP", lambda one: one.average_precision),
    ("FPR-95", lambda one: one.false_positive_rate),
)


@dataclass(frozen=True)
class Budget:
    """How much is trained, and on what."""

    steps: int
    crowd_steps: int
    batch: int
    crowd_batch: int
    epochs: int
    """Of the original."""
    sizes: tuple[tuple[WorldName, Sizes], ...]
    seeds: int


_SIZES: tuple[tuple[WorldName, Sizes], ...] = (
    ("theatre", Sizes(120.0, (480, 360), 5.0, 6)),
    ("plaza", Sizes(90.0, (320, 180), 2.0, 25)),
    ("plaza, many frames", Sizes(8.0, (320, 180), 10.0, 25)),
)
_QUICK_SIZES = tuple(
    (name, replace(sizes, seconds=min(sizes.seconds, 72.0), pictures=(96, 64), people=8)) for name, sizes in _SIZES
)
FULL = Budget(steps=500, crowd_steps=800, batch=64, crowd_batch=16, epochs=80, sizes=_SIZES, seeds=3)
QUICK = Budget(steps=4, crowd_steps=4, batch=8, crowd_batch=4, epochs=1, sizes=_QUICK_SIZES, seeds=1)
Found = Mapping[tuple[Name, Method], Sequence[Outcome]]
"""Outcomes of some seeds."""


def rows(seed: int, quick: bool, data: Path | None, tell: Callable[[str], None], cores: int | None = None) -> list[Row]:
    """All rows of the suite.

    Args:
        seed: Of scenes, and the first of first weights and batches.
        quick: Hardly trained: no bar is held against it.
        data: Folder of data sets.
        tell: Told of everything that is done.
        cores: How many processes work; as many as may be used if None.
    """
    budget, missing = QUICK if quick else FULL, []
    try:
        data = data_folder(data)
    except InputError as error:
        data, missing = None, [skipped(SUITE, "real sets", str(error))]
    stage = stage_for(budget.sizes, seed, data)
    jobs = {job: key for key, some in jobs_of(budget, stage, seed).items() for job in some}
    found: dict[tuple[Name, Method], list[Outcome]] = {}
    for key, outcome in zip(jobs.values(), follow([*jobs], stage, tell, cores), strict=True):
        found.setdefault(key, []).append(outcome)
    made = [row for name in _METHODS if stage.has(name) for row in _of_set(name, found, stage, seed, held=not quick)]
    plaza = [job for job, key in jobs.items() if key == ("plaza", "ours")]
    tell("frames apart, and speed")
    made += [*_late_rows(plaza, stage)]
    return [*made, *speed_rows(SUITE, plaza[0].network(stage), stage.parts("plaza")["test"], quick), *missing]


def jobs_of(budget: Budget, stage: Stage, seed: int) -> dict[tuple[Name, Method], list[Job]]:
    """What is to be trained: what has bars first, so that a run that is stopped has it."""
    made = {}
    for name, methods in _METHODS.items():
        for method in methods if stage.has(name) else ():
            how = _schedule(method, name, budget, stage)
            made[name, method] = [Job(name, how, seed + number) for number in range(budget.seeds)]
    return dict(sorted(made.items(), key=lambda item: item[0][1] != "ours"))  # Sorting keeps the order of equals.


def _schedule(method: Method, name: Name, budget: Budget, stage: Stage) -> Schedule:
    if method == "the original":
        return Schedule.released(budget.epochs, len(stage.parts(name)["training"].frames))
    steps, batch = (budget.crowd_steps, budget.crowd_batch) if name in _CROWDS else (budget.steps, budget.batch)
    ours = Schedule(steps=steps, batch=batch)
    if "no re-projection" in method:
        ours = replace(ours, reprojection=0.0)
    if method.startswith("ours"):
        return ours
    # A triplet is of three views: half as many are about as much to look at.
    triplets = replace(ours, batch=ours.batch // 2)
    if method == "supervised":
        return replace(triplets, loss="supervised")
    return replace(triplets, loss="synchronization", edges="no edges" not in method)


def _of_set(name: Name, found: Found, stage: Stage, seed: int, *, held: bool) -> Iterator[Row]:
    """Baselines, what was trained, and what has to be reached."""
    baselines = dict(_baselines(name, stage, seed))
    for what, some in baselines.items():
        yield from _rows(f"{name}: {what}", some)
    for (where, method), outcomes in found.items():
        if where == name:
            yield from _trained_rows(name, method, outcomes, held=held)
    if name == "MVOR":
        yield from _lead_rows(found, held=held)
    if name == "WILDTRACK":
        best = max(_mean(_f1(some)) or 0.0 for what, some in baselines.items() if what.startswith("calibrated"))
        ours = _mean(_f1([one.ways[JOINTLY] for one in found[name, "ours"]]))
        share = None if ours is None else ours / best
        bar = Bar(at_least=_ORACLE_SHARE) if held else None
        yield measured(SUITE, f"{name}: ours ÷ calibrated", "F1", share, "", len(found[name, "ours"]), bar)
    if LOOKED_AT in found[name, "ours"][0].ways:
        yield _appearance_row(name, found[name, "ours"], held=held)
    if name in _BARS:
        yield from _term_rows(name, found)


def _baselines(name: Name, stage: Stage, seed: int) -> Iterator[tuple[str, list[Metrics]]]:
    test = stage.parts(name)["test"]
    if name in ("MVOR, annotated boxes", "MVOR, leaky"):
        return
    yield "random", [_as_published(RandomCost(seed + number), test) for number in range(_RANDOM)]
    yield "position", [_as_published(PositionCost(test.sizes), test)]
    stands = PlacedCost(placed(stage.parts(name)["training"]))
    yield "placed by heights", [measure(joint_outcomes(stands, test.frames))]
    looked_at = looks(stage, name)
    if looked_at is not None:
        yield "appearance", [_as_published(AppearanceCost(), looked_at)]
    cameras = stage.cameras(name)
    if cameras is not None:
        cost = GroundCost(cameras)
        yield "calibrated", [measure(joint_outcomes(cost, test.frames))]
        yield "calibrated, view by view", [measure(pairwise_outcomes(cost, test.frames))]


def _as_published(cost: PairCost, test: Session) -> Metrics:
    """As costs that are relative to the two views' largest are judged in the released code."""
    return measure(pairwise_outcomes(cost, test.frames, RELEASED_THRESHOLD, keep_one=True))


def _trained_rows(name: Name, method: Method, outcomes: Sequence[Outcome], *, held: bool) -> Iterator[Row]:
    scene = f"{name}: {method}"
    bar = Bar(at_least=_BARS[name]) if held and name in _BARS and method == "ours" else None
    yield from _rows(scene, [one.ways[JOINTLY] for one in outcomes], bar)
    for way in (SINGLY, AS_PUBLISHED, LOOKED_AT):
        if way in outcomes[0].ways and (way == LOOKED_AT or method in ("ours", "the original", "published loss")):
            said = way.removeprefix(f"{JOINTLY}, ")
            yield from _rows(f"{scene}, {said}", [one.ways[way] for one in outcomes])
    minutes = [one.cpu_minutes for one in outcomes]
    bar = Bar(at_most=_MOST_MINUTES) if held and (name, method) == ("MVOR", "ours") else None
    note = f"of one core, on {outcomes[0].instants} instants"
    yield measured(SUITE, scene, "training", _mean(minutes), "min", len(outcomes), bar, note)


def _rows(scene: str, found: Sequence[Metrics], bar: Bar | None = None) -> Iterator[Row]:
    """Means over seeds; the bar is of F1."""
    for metric, part in _PARTS:
        values = [value for one in found if (value := part(one)) is not None]
        spread = f"± {np.std(values, ddof=1):.3f} over {len(values)} seeds" if len(values) > 1 else ""
        limit = bar if metric == "F1" else None
        yield measured(SUITE, scene, metric, _mean(values), "", found[0].pairs, limit, spread)


def _lead_rows(found: Found, *, held: bool) -> Iterator[Row]:
    """Ours, all views at once, against the original in its exact settings."""
    ours, theirs = found["MVOR", "ours"], found["MVOR", "the original"]
    for metric, part in _PARTS:
        bar = Bar(at_least=0) if held and metric in ("F1", "IPAA-80") else None
        lead = _each(part, ours, JOINTLY).mean() - _each(part, theirs, AS_PUBLISHED).mean()
        yield measured(SUITE, "MVOR: ours − the original", metric, lead, "", len(ours), bar)


def _appearance_row(name: Name, ours: Sequence[Outcome], *, held: bool) -> Row:
    """With looks, less without: what they add to F1."""
    more = np.array(_f1([one.ways[LOOKED_AT] for one in ours])) - _f1([one.ways[JOINTLY] for one in ours])
    bar = Bar(at_least=0) if held and name in _BARS else None
    return measured(SUITE, f"{name}: ours", "F1, more by appearance", float(np.mean(more)), "", len(ours), bar)


def _term_rows(name: Name, found: Found) -> Iterator[Row]:
    """What a term of the loss adds to F1."""
    terms: tuple[tuple[Method, Method, str], ...] = (
        ("ours", "ours, no re-projection", "re-projection"),
        ("published loss", "published loss, no edges", "edges"),
        ("published loss", "published loss, no re-projection", "re-projection"),
    )
    for whole, without, term in terms:
        f1, fewer = (np.array(_f1([one.ways[JOINTLY] for one in found[name, method]])) for method in (whole, without))
        more = f1 - fewer
        spread = f"± {np.std(more, ddof=1):.3f} over {len(more)} seeds" if len(more) > 1 else ""
        yield measured(SUITE, f"{name}: {whole}", f"F1, more by {term}", float(np.mean(more)), "", len(more), note=spread)


def _late_rows(jobs: Sequence[Job], stage: Stage) -> Iterator[Row]:
    """Every second camera of `plaza` is late; only pairs of one that is and one that isn't are looked at."""
    whole = stage.many_frames()
    late = tuple(range(1, len(whole.cameras), 2))
    cameras = stage.cameras("plaza")
    costs: dict[str, list[PairCost]] = {"ours": [NetworkCost(job.network(stage), whole) for job in jobs]}
    costs |= {} if cameras is None else {"calibrated": [GroundCost(cameras)]}
    for what, some in costs.items():
        for way, make in (("", apart), (", compensated", compensated)):
            for seconds in _LATE_SECONDS:
                frames = make(whole, seconds, late).frames[::_LATE_STEP]
                found = [measure(_across(cost, frames, late)) for cost in some]
                yield from _rows(f"plaza, frames apart: {what}, {seconds:g} s{way}", found)


def _across(cost: PairCost, frames: Sequence[MultiViewFrame], late: Sequence[int]) -> Iterator[PairOutcome]:
    pairs = cycle(combinations(range(len(frames[0].views)), 2))
    for (a, b), outcome in zip(pairs, joint_outcomes(cost, frames), strict=False):
        if (a in late) != (b in late):
            yield outcome


def _each(part: Part, found: Sequence[Outcome], way: str) -> Float[np.ndarray, " seed"]:
    return np.array([part(one.ways[way]) or 0.0 for one in found])


def _f1(found: Sequence[Metrics]) -> list[float]:
    return [one.f1 or 0.0 for one in found]


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
