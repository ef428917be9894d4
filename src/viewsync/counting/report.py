"""What is measured of trained weights on footage: a table, a JSON file, and pictures like Fig. 5."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from matplotlib.figure import Figure
from rich import box
from rich.table import Table

from viewsync.counting.drawing import example
from viewsync.counting.evaluate import Scores, counted, mean_density, truths
from viewsync.counting.flows import flow_score, tracks
from viewsync.counting.footage import Footage, Sample
from viewsync.counting.readers import read_footage
from viewsync.counting.samples import LatencyKind, batch_of, latency_of
from viewsync.counting.system import Counter
from viewsync.files import write_whole
from viewsync.footage.desynchronizer import Latency, samples, write_samples
from viewsync.footage.parts import spread
from viewsync.networks.checkpoints import load_card, load_network
from viewsync.progress import Progress, told
from viewsync.synnet.drawing import save_figure

SCHEMA = "viewsync.eval/1"
NAME = "counting-cls-epi"
"""The weights that come with the package."""
KINDS: tuple[LatencyKind, ...] = ("random", "constant", "none")
_EXAMPLES = 3
_FLOW = "flow on people"


@dataclass(frozen=True)
class Report:
    """What was measured."""

    weights: str
    seed: int
    latency_seconds: float
    tests: Mapping[str, Mapping[str, float | None]]
    """Figures by name, by test."""
    shown: Sequence[Sample]
    """With random latency."""
    examples: Sequence[Figure]
    """Some of these samples."""


def measure(weights: Path, data: Path, latency_seconds: float, seed: int, progress: Progress) -> Report:
    """Measure weights on the test footage of a folder; on all of it, where none is said to be for tests.

    Args:
        weights: Of `Counter`.
        data: The folder (see `viewsync.counting.readers.read_footage`).
        latency_seconds: The largest random latency, and the constant one.
        seed: Of latencies.
        progress: Told how far it is.

    Raises:
        InputError: Weights or footage can't be read, don't fit one another, or footage is too short for the latency.
    """
    counter = load_network(weights, Counter)
    height, width = load_card(weights).arguments["picture_pixels"]
    footage = read_footage(data, size=(width, height), progress=progress)
    tested = [one for one in footage if one.split == "test"]
    unseen, learned = tested or footage, [one for one in footage if tested and one.split == "training"]
    tests: dict[str, dict[str, float | None]] = {}
    for kind in told(KINDS, "testing", len(KINDS), progress):
        shown = samples(unseen, latency_of(kind, latency_seconds, len(footage[0].place.views)), seed)
        tests[named(kind, latency_seconds)] = figures(counter, shown)
        if kind == "random":
            late, examples = shown, [draw(counter, sample) for sample in spread(shown, _EXAMPLES)]
            tests |= _flow_figures(counter, shown, data)
            if learned:
                said = [mean_density(learned)] * len(shown)
                tests["mean of the training footage"] = asdict(Scores.of(said, truths(shown)))
    return Report(weights.name, seed, latency_seconds, tests, late, examples)


def named(kind: LatencyKind, seconds: float) -> str:
    """What a test is called."""
    return "no latency" if kind == "none" else f"{kind} latency of {seconds:g} s"


def figures(counter: Counter, shown: Sequence[Sample]) -> dict[str, float | None]:
    """Scores by name."""
    return asdict(Scores.of(counted(counter, shown), truths(shown)))


def _flow_figures(counter: Counter, shown: Sequence[Sample], data: Path) -> dict[str, dict[str, float | None]]:
    """On people, where the folder tells of their ways, and the network of flow in pictures."""
    scenes = {sample.footage.name: _scene(data, sample.footage) for sample in shown}
    if counter.network.sync is None or counter.network.syncs_scene or None in scenes.values():
        return {}
    footages = {sample.footage.name: sample.footage for sample in shown}
    ways = {name: tracks(scene, footages[name].place) for name, scene in scenes.items() if scene is not None}
    score = flow_score(counter, shown, [ways[sample.footage.name] for sample in shown])
    return {_FLOW: {**asdict(score), "under_zero_percent": score.under_zero_percent}}


def _scene(data: Path, footage: Footage) -> Path | None:
    """The folder of a rendered scene."""
    return next((path for path in (data / footage.name, data) if (path / "sightings").is_dir()), None)


@torch.inference_mode()
def draw(counter: Counter, sample: Sample) -> Figure:
    """What a network makes of a sample."""
    batch = batch_of([sample])
    count = counter(batch.pictures, batch.geometry)
    flows = None if count.synchronized is None else count.synchronized.flows_cells[-1][0].double().numpy()
    return example(sample, (count.density[0, 0] / counter.unit).double().numpy(), flows)


def table(report: Report) -> Table:
    """For the terminal."""
    grid = Table(title=f"counting, {report.weights}", title_justify="left", box=box.SIMPLE_HEAD, caption_justify="left")
    names = list(next(iter(report.tests.values())))
    for heading in ("test", *names):
        grid.add_column(heading.replace("_", " "), justify="left" if heading == "test" else "right")
    for test, found in report.tests.items():
        if test == _FLOW:
            under = found["under_zero_percent"]
            beside = "" if under is None else f", {under:.0f} % under zero flow's {found['zero_error_pixels']:.1f}"
            grid.caption = f"{test}: {found['error_pixels']:.1f} pixels off{beside}"
        else:
            grid.add_row(test, *("" if (value := found[name]) is None else f"{value:.4g}" for name in names))
    return grid


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write ``counting-eval.json``, which frames were shown, and ``counting-1.png`` and so on; returns their paths.

    Raises:
        InputError: The folder or a file can't be written.
    """
    said = {
        "schema": SCHEMA, "weights": report.weights, "seed": report.seed, "latency_seconds": report.latency_seconds,
        "tests": report.tests,
    }  # fmt: skip
    paths = [folder / "counting-eval.json", folder / "counting-latency.json"]
    write_whole(paths[0], (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode())
    late = Latency.at_random(len(report.shown[0].frames), report.latency_seconds)
    write_samples(report.shown, late, report.seed, paths[1])
    for number, figure in enumerate(report.examples, start=1):
        paths.append(folder / f"counting-{number}.png")
        save_figure(paths[-1], figure)
    return paths
