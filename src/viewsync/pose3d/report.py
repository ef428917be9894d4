"""What is measured of trained weights on footage: a table, a JSON file, and pictures like Figs. 6 and 7."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure
from rich import box
from rich.table import Table
from torch import Tensor

from viewsync.files import write_whole
from viewsync.footage.desynchronizer import Latency, write_samples
from viewsync.footage.parts import spread
from viewsync.networks.checkpoints import load_card, load_network
from viewsync.pose3d.drawing import example
from viewsync.pose3d.evaluate import found_joints, relative_errors_mm, scores, truths
from viewsync.pose3d.footage import Footage, Sample
from viewsync.pose3d.readers import read_footage
from viewsync.pose3d.samples import PoseBatch, samples
from viewsync.pose3d.system import PoseNetwork, robust_joints_metres
from viewsync.progress import Progress
from viewsync.synnet.drawing import save_figure
from viewsync.types import InputError

SCHEMA = "viewsync.eval/1"
NAME = "pose3d-cls-epi"
"""The weights that come with the package."""
WAYS = ("volumetric", "algebraic", "RANSAC")
"""To get at joints by one network: by its volume, or by its heat-maps, weighted, or those that agree."""
LATENCY, TESTS = "latency_seconds", "tests"
"""In a card's metrics: κ in training, and what was measured."""
_EXAMPLES = 3
_HEADINGS = {
    "relative_mm": "relative\nframes", "absolute_mm": "absolute\nframes", "per_action_relative_mm": "relative\nactions",
    "per_action_absolute_mm": "absolute\nactions",
}  # fmt: skip
"""And over what the mean is."""

Figures = dict[str, dict[str, Any]]
"""By way: ``relative_mm`` and ``absolute_mm`` over frames, as `metrics.Mpjpe`, and ``per_action_…`` over actions; all are
None where in some action nothing was found."""


@dataclass(frozen=True)
class Report:
    """What was measured."""

    weights: str
    seed: int
    latency_seconds: float
    every: int
    """Only instants that are multiples of it were measured on."""
    tests: Mapping[str, Figures]
    shown: Sequence[Sample]
    """With latency."""
    examples: Sequence[Figure]
    """Some of these samples."""


def measure(
    weights: Path, data: Path, *, latency_seconds: float | None, every: int, seed: int, progress: Progress = lambda *_: None
) -> Report:
    """Measure weights on the test footage of a folder; on all of it, where none is said to be for tests.

    Args:
        weights: Of `PoseNetwork`.
        data: The folder (see `viewsync.pose3d.readers.read_footage`).
        latency_seconds: κ; that of training if None.
        every: Take only instants that are multiples of it.
        seed: Of latencies.
        progress: Told how far it is.

    Raises:
        InputError: Weights or footage can't be read, don't fit one another, or footage is too short for the latency.
    """
    network, card = load_network(weights, PoseNetwork), load_card(weights)
    if latency_seconds is None:
        latency_seconds = card.metrics.get(LATENCY)
    if latency_seconds is None:
        raise InputError(
            f"{weights.with_suffix('.json')} doesn't tell the latency in training. Give one: --latency-seconds."
        )
    footage = read_footage(data, network.network.picture_pixels[1], progress=progress)
    unseen = [one for one in footage if one.split == "test"] or footage
    shown = conditions(unseen, latency_seconds, every, seed)
    tests = {name: figures(network, some, progress) for name, some in shown.items()}
    late = next(iter(shown.values()))
    examples = [draw(network, sample) for sample in spread(late, _EXAMPLES)]
    return Report(weights.name, seed, latency_seconds, every, tests, late, examples)


def conditions(footages: Sequence[Footage], latency_seconds: float, every: int, seed: int) -> dict[str, list[Sample]]:
    """Samples with random latency, and such without, by name.

    Raises:
        InputError: There is no footage, it has different numbers of views, is too short, or has no instant that can be used.
    """
    if not footages:
        raise InputError("there is no footage to measure on. Give some with a person in it.")
    views = len(footages[0].cameras)
    latencies = {f"random latency of {latency_seconds:g} s": latency_seconds, "no latency": 0.0}
    return {name: samples(footages, Latency.at_random(views, each), seed, every) for name, each in latencies.items()}


def figures(network: PoseNetwork, shown: Sequence[Sample], progress: Progress = lambda *_: None) -> Figures:
    """Errors by way.

    Args:
        network: In evaluation mode, on the CPU.
        shown: What it is shown.
        progress: Told how far it is.

    Raises:
        InputError: There are no samples.
    """
    return {way: scored(found, shown) for way, found in by_all_ways(network, shown, progress).items()}


def by_all_ways(
    network: PoseNetwork, shown: Sequence[Sample], progress: Progress = lambda *_: None
) -> dict[str, Float[np.ndarray, "sample joint 3"]]:
    """Joints by each of `WAYS`, of which the network takes one look: in metres; nan where a joint is missing.

    Args:
        network: As of `figures`.
        shown: As of `figures`.
        progress: As of `figures`.

    Raises:
        InputError: There are no samples.
    """

    def find(batch: PoseBatch) -> Float[Tensor, "batch joint_of_way 3"]:
        pose = network(batch.pictures, batch.projections, batch.fundamental, batch.present)
        algebraic = pose.guess.joints_metres.masked_fill(~pose.guess.before[..., None], torch.nan)
        robust = robust_joints_metres(pose.guess, batch.projections, network.network.picture_pixels)
        return torch.cat([pose.joints_metres, algebraic, torch.from_numpy(robust).to(algebraic)], dim=1)

    found = found_joints(find, shown, progress)
    return dict(zip(WAYS, np.split(found, len(WAYS), axis=1), strict=True))


def scored(found: Float[np.ndarray, "sample joint 3"], shown: Sequence[Sample]) -> dict[str, Any]:
    """Errors of one way, as in `Figures`.

    Args:
        found: As of `evaluate.found_joints`.
        shown: The same samples.
    """
    found_in = np.isfinite(relative_errors_mm(found, shown))
    actions = np.array([sample.footage.actions[sample.instant] for sample in shown])
    if set(actions[found_in]) != set(actions):
        true = np.isfinite(truths(shown)).all(axis=2)
        missing = float(1 - (true & np.isfinite(found).all(axis=2)).sum() / true.sum())
        return {**dict.fromkeys(_HEADINGS), "frames": int(found_in.sum()), "missing_share": missing, "by_action": None}
    told = scores(found, shown)
    return {
        **asdict(told.per_frame), "per_action_relative_mm": told.per_action_relative_mm,
        "per_action_absolute_mm": told.per_action_absolute_mm,
        "by_action": {action: asdict(errors) for action, errors in told.by_action.items()},
    }  # fmt: skip


def draw(network: PoseNetwork, sample: Sample) -> Figure:
    """What a network makes of a sample, by each of `WAYS`."""
    return example(sample, {way: found[0] for way, found in by_all_ways(network, [sample]).items()})


def table(report: Report) -> Table:
    """For the terminal."""
    title = f"3D pose, {report.weights}: MPJPE in mm"
    grid = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    grid.add_column("joints by")
    for heading in (*_HEADINGS.values(), "missing"):
        grid.add_column(heading, justify="right", no_wrap=True)
    for test, found in report.tests.items():
        grid.add_row(test)
        for way, told in found.items():
            errors = ("–" if (value := told[name]) is None else f"{value:.1f}" for name in _HEADINGS)
            grid.add_row(f"  {way}", *errors, f"{told['missing_share']:.1%}")
    return grid


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write ``pose3d-eval.json``, which frames were shown, and ``pose3d-1.png`` and so on; returns their paths.

    Raises:
        InputError: The folder or a file can't be written.
    """
    said = {
        "schema": SCHEMA, "weights": report.weights, "seed": report.seed, LATENCY: report.latency_seconds,
        "every": report.every, TESTS: report.tests,
    }  # fmt: skip
    paths = [folder / "pose3d-eval.json", folder / "pose3d-latency.json"]
    write_whole(paths[0], (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode())
    late = Latency.at_random(len(report.shown[0].frames), report.latency_seconds)
    write_samples(report.shown, late, report.seed, paths[1])
    for number, figure in enumerate(report.examples, start=1):
        paths.append(folder / f"pose3d-{number}.png")
        save_figure(paths[-1], figure)
    return paths
