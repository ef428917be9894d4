"""The rows of suite `synnet`: what is measured here, and below it what the paper published."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from viewsync.benchmarks.jobs import follow
from viewsync.benchmarks.row import Bar, Row, measured, skipped
from viewsync.benchmarks.synnet_runs import Job, Recipe
from viewsync.benchmarks.synnet_stage import Sizes, stage_for
from viewsync.benchmarks.takes import data_folder
from viewsync.networks.checkpoints import shipped
from viewsync.synnet.training import Schedule
from viewsync.synnet.trials import Figures
from viewsync.types import InputError

SUITE = "synnet"
Published = Mapping[str, tuple[float, float]]
"""By the paper's data set: accuracy in per cent, SynError in seconds."""
_PAPERS_PAIRS = {"SYN": 1120, "SPVideo": 64, "MPVideo": 120}


@dataclass(frozen=True)
class Line:
    """A line of a table."""

    name: str
    recipe: Recipe
    published: Published = field(default_factory=dict)
    seeds: int = 1
    quick: bool = False
    """Whether a quick look is taken at it, too."""


@dataclass(frozen=True)
class Budget:
    """The same for all that is trained."""

    schedule: Schedule
    sizes: Sizes
    per_shift: int
    """Test pairs."""


FULL = Budget(
    Schedule(steps=1000),
    Sizes(performances=160, held_out=32, cameras=12, worlds=16, reels=4, held_out_reels=2, reel_scenes=20),
    per_shift=96,
)
QUICK = Budget(
    Schedule(steps=40, windows=4),
    Sizes(performances=4, held_out=4, cameras=2, worlds=5, reels=1, held_out_reels=1, reel_scenes=2),
    per_shift=4,
)


def _syn(accuracy: float, error: float) -> Published:
    return {"SYN": (accuracy, error)}


def _both(syn: tuple[float, float], spvideo: tuple[float, float]) -> Published:
    return {"SYN": syn, "SPVideo": spvideo}


_WHOLE = Recipe()
_BASELINE = {"map_pixels": 16}
LINES = (
    Line("Table 1: P", Recipe(streams=("P",)), _both((92.63, 0.0220), (67.19, 0.1042)), 3, quick=True),
    Line("Table 1: A", Recipe(streams=("A",)), _both((13.26, 0.2915), (10.94, 0.2833)), 3, quick=True),
    Line("Table 1: F", Recipe(streams=("F",)), _both((26.78, 0.2438), (17.18, 0.3227)), 3),
    Line("Table 1: A + F", Recipe(streams=("A", "F")), _both((6.34, 0.3661), (9.38, 0.3122)), 3),
    Line("Table 1: P + F", Recipe(streams=("P", "F")), _both((50.52, 0.1820), (28.13, 0.2486)), 3),
    Line("Table 1: P + A", Recipe(streams=("P", "A")), _both((36.63, 0.2241), (21.88, 0.2764)), 3),
    Line("Table 1: P + A + F", Recipe(streams=("P", "A", "F")), _both((30.62, 0.2525), (14.06, 0.2949)), 3),
    Line("Table 2: r = 5", Recipe(stride=5), _both((89.29, 0.0435), (57.81, 0.1172))),
    Line("Table 2: r = 4", _WHOLE, _both((92.63, 0.0220), (67.19, 0.1042)), 3),
    Line("Table 2: r = 3", Recipe(stride=3), _both((83.93, 0.0350), (35.94, 0.1125))),
    Line("Table 2: r = 2", Recipe(stride=2), _both((74.55, 0.1510), (21.88, 0.1218))),
    Line("Table 2: r = 1", Recipe(stride=1), _both((14.29, 0.0938), (12.50, 0.0966))),
    Line("Table 3: 5 joints", Recipe(joints=5), _both((71.56, 0.0669), (21.88, 0.2437))),
    Line("Table 3: 9 joints", Recipe(joints=9), _both((87.05, 0.0375), (35.94, 0.1499))),
    Line("Table 3: 13 joints", Recipe(joints=13), _both((91.52, 0.0303), (57.81, 0.0937))),
    Line("Table 3: 18 joints", _WHOLE, _both((92.63, 0.0220), (67.19, 0.1042)), 3),
    Line("Table 4: whole", _WHOLE, _syn(92.63, 0.0220), 3, quick=True),
    Line("Table 4: ConvLSTM one way", Recipe(arguments={"temporal": "one way"}), _syn(85.04, 0.0303), 3),
    Line("Table 4: no temporal encoder", Recipe(arguments={"temporal": "none"}), _syn(69.87, 0.0345), 3, quick=True),
    Line("Table 4: no global encoder", Recipe(arguments={"global_encoder": False}), _syn(79.42, 0.0301), 3),
    Line(
        "Table 4: neither encoder",
        Recipe(arguments={"temporal": "none", "global_encoder": False}),
        _syn(26.04, 0.2833),
        3,
    ),
    Line("Table 4: no cost volume", Recipe(arguments={"cost_volume": False}), _syn(76.79, 0.0529), 3),
    Line("Table 4: no penalty", Recipe(penalty="none"), _syn(87.50, 0.0333), 3),
    Line("Table 5: SynNet", _WHOLE, _syn(92.63, 0.0220), 3, quick=True),
    Line("Table 5: Wieschollek et al.", Recipe("Wieschollek", _BASELINE), _syn(26.04, 0.2883), 3, quick=True),
    Line("Table 5: Korbar et al.", Recipe("Korbar", _BASELINE), _syn(22.15, 0.2816), 3),
    Line("pose cue of viewsync", Recipe("pose cue"), quick=True),
    Line("shipped weights", Recipe("shipped weights"), quick=True),
)
_CROWD: dict[str, Published] = {
    "person 1": {"MPVideo": (43.53, 0.1574)},
    "person 2": {"MPVideo": (53.61, 0.1162)},
    "both combined": {"MPVideo": (61.81, 0.0742)},
    "all combined": {},
}
"""Table 6."""
_TESTS = ("rendered pairs", "random cameras", "world pair")
_SHIPPED = Bar(at_least=85)
_LEADS = (
    ("Table 1: P", "Table 1: A", 0),
    ("Table 1: P", "Table 1: F", 0),
    ("Table 5: SynNet", "Table 5: Wieschollek et al.", 20),
    ("Table 5: SynNet", "Table 5: Korbar et al.", 20),
)
"""By how many points of accuracy one line is to be ahead of another."""
Found = Mapping[str, Sequence[Mapping[str, Figures]]]
"""By line, for each seed, by test."""


def rows(seed: int, quick: bool, data: Path | None, tell: Callable[[str], None], cores: int | None = None) -> list[Row]:
    """All rows of the suite.

    Args:
        seed: Of the people, and of the first of several trainings.
        quick: Few lines, trained once and hardly at all: no bar is held against them.
        data: Folder of data sets; the usual one if None.
        tell: Told of everything that is done.
        cores: How many processes work; as many as there are cores if None.
    """
    budget, lines, missing = QUICK if quick else FULL, [line for line in LINES if line.quick or not quick], []
    mocap: Path | None = None
    try:
        mocap = _mocap(data)
    except InputError as error:
        missing.append(skipped(SUITE, "recorded motions", str(error)))
    try:
        shipped("synnet")
    except InputError as error:
        lines = [line for line in lines if line.recipe.who != "shipped weights"]
        missing.append(skipped(SUITE, "shipped weights", str(error)))
    seeds = [range(seed, seed + (1 if quick else line.seeds)) for line in lines]
    jobs = [
        Job(line.recipe, own, budget.schedule, budget.per_shift)
        for line, some in zip(lines, seeds, strict=True)
        for own in some
    ]
    results = iter(follow(jobs, stage_for(budget.sizes, seed, mocap), tell, cores))
    found = {line.name: [next(results) for _ in some] for line, some in zip(lines, seeds, strict=True)}
    bar = None if quick else _SHIPPED
    made = [row for line in lines for row in _rows(line, found[line.name], bar if line.name == "shipped weights" else None)]
    return made + _crowd_rows(found, held=not quick) + _lead_rows(found, held=not quick) + _wifi_rows() + missing


def _mocap(data: Path | None) -> Path:
    """The folder of data sets, if it has motion capture."""
    folder = data_folder(data)
    if not (folder / "mocap").is_dir():
        raise InputError(f"{folder / 'mocap'} is missing: people do only what the package makes up.")
    return folder


def _rows(line: Line, found: Sequence[Mapping[str, Figures]], bar: Bar | None) -> list[Row]:
    tests = [test for test in _TESTS if test in found[0]]
    rows = [row for test in tests for row in _figure_rows(line.name, test, [each[test] for each in found], bar)]
    return rows + _published_rows(line.name, line.published)


def _figure_rows(scene: str, test: str, found: Sequence[Figures], bar: Bar | None = None) -> list[Row]:
    """Means over seeds, and what lies between seeds."""
    rows, pairs = [], found[0].pairs
    for metric, unit, values, limits in (
        (f"accuracy, {test}", "%", [100 * one.accuracy for one in found], bar),
        (f"SynError, {test}", "s", [one.syn_error_seconds for one in found], None),
    ):
        rows.append(measured(SUITE, scene, metric, float(np.mean(values)), unit, pairs, limits))
        if len(values) > 1:
            spread = float(np.std(values, ddof=1))
            rows.append(measured(SUITE, scene, f"{metric}: std of seeds", spread, unit, len(values)))
    return rows


def _published_rows(scene: str, published: Published) -> list[Row]:
    return [
        row
        for name, (accuracy, error) in published.items()
        for row in (
            measured(SUITE, scene, f"accuracy, {name}, published", accuracy, "%", _PAPERS_PAIRS[name]),
            measured(SUITE, scene, f"SynError, {name}, published", error, "s", _PAPERS_PAIRS[name]),
        )
    ]


def _crowd_rows(found: Found, *, held: bool) -> list[Row]:
    """Table 6: each person of world `group` alone, and all together by the mean of their offsets."""
    rows, ours = [], found["Table 5: SynNet"]
    for way, published in _CROWD.items():
        scene = f"Table 6: {way}"
        rows += _figure_rows(scene, "world group", [each[way] for each in ours]) + _published_rows(scene, published)
        for other in ("pose cue of viewsync", "shipped weights"):
            for each in found.get(other, []):
                rows += _figure_rows(scene, f"world group, {other}", [each[way]])
    best = max(_accuracy(ours, way) for way in ("person 1", "person 2"))
    lead = _accuracy(ours, "all combined") - best
    bar = Bar(at_least=0) if held else None
    return [*rows, measured(SUITE, "Table 6: all combined", "lead over the better person", lead, "points", len(ours), bar)]


def _lead_rows(found: Found, *, held: bool) -> list[Row]:
    rows = []
    for ahead, behind, least in _LEADS:
        for test in (test for test in _TESTS if ahead in found and behind in found and test in found[ahead][0]):
            lead = _accuracy(found[ahead], test) - _accuracy(found[behind], test)
            bar = Bar(at_least=least) if held else None
            metric = f"lead over {behind.partition(': ')[2]}, {test}"
            rows.append(measured(SUITE, ahead, metric, lead, "points", len(found[behind]), bar))
    return rows


def _accuracy(found: Sequence[Mapping[str, Figures]], test: str) -> float:
    """Mean over seeds, in per cent."""
    return 100 * float(np.mean([each[test].accuracy for each in found]))


def _wifi_rows() -> list[Row]:
    scene, note = "two cameras' Wi-Fi", "section 4.8: pictures of a clock, shown by two phones; the variance is as printed"
    return [
        measured(SUITE, scene, "SynError, published", 0.662, "s", 100, note=note),
        measured(SUITE, scene, "variance of SynError, published", 0.729, "s²", 100),
    ]
