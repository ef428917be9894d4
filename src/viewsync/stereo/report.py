"""What is measured of trained weights on a folder of stereo recordings: a table, a JSON file, and matching matrices."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from matplotlib.figure import Figure
from rich import box
from rich.table import Table

from viewsync.files import write_whole
from viewsync.networks.checkpoints import load_card, load_network, shipped
from viewsync.networks.stereo_delay import DelayNetwork
from viewsync.progress import Progress, told
from viewsync.stereo.clips import stereo_fields
from viewsync.stereo.delay_training import NAME, TESTED_SECONDS
from viewsync.stereo.delay_training import score as clip_score
from viewsync.stereo.drawing import matching_matrices
from viewsync.stereo.embedding import embedded, matrices
from viewsync.stereo.evaluate import Scores, delays_found
from viewsync.stereo.frames import prepared
from viewsync.stereo.recordings import StereoRecording, stereo_recordings
from viewsync.stereo.sampling import Sequences, sequences
from viewsync.stereo.system import System
from viewsync.stereo.train import TESTED_SEQUENCES
from viewsync.synnet.drawing import save_figure

SCHEMA = "viewsync.eval/1"
_EXAMPLES = 5
_BATCHES = 20


@dataclass(frozen=True)
class Report:
    """What was measured."""

    weights: str
    seed: int
    tests: Mapping[str, Mapping[str, float]]
    """Figures by name, by test."""
    examples: Figure | None
    """Some clips' matching matrices, where weights make such."""


def measure(weights: Path | None, data: Path, seed: int, progress: Progress) -> Report:
    """Measure weights on stereo recordings: all of them, whatever they were trained on.

    Args:
        weights: Of `System`, or of the stereo cue; if None, those of the cue that come with the package.
        data: The folder (see `viewsync.stereo.recordings.stereo_recordings`).
        seed: Of the clips.
        progress: Told how far it is.

    Raises:
        InputError: Weights or recordings can't be read.
    """
    path = weights or shipped(NAME)
    card, recordings = load_card(path), stereo_recordings(data)
    if "matcher" in card.arguments:
        return _of_system(path, recordings, seed, progress)
    network, fields = load_network(path, DelayNetwork), [stereo_fields(one, progress) for one in recordings]
    tests = {
        f"{low:g} to {high:g} s": asdict(clip_score(network, fields, (low, high), batches=_BATCHES, seed=seed))
        for low, high in told(TESTED_SECONDS, "testing", len(TESTED_SECONDS), progress)
    }
    return Report(path.name, seed, tests, None)


def _of_system(path: Path, recordings: tuple[StereoRecording, ...], seed: int, progress: Progress) -> Report:
    system = load_network(path, System)
    frames = [prepared(one, system.modality, system.size, progress) for one in recordings]
    looked_at = [embedded(system.matcher, one) for one in told(frames, "embedding", len(frames), progress)]
    clips = sequences(frames, TESTED_SEQUENCES, seed)
    found = delays_found(system.matcher, system.delay, looked_at, clips)
    tests = {}
    for number, one in enumerate(recordings):
        own = clips.recording == number
        if own.any():
            tests[one.name] = _figures(Scores.of(found[own], clips.delay[own]))
    few = Sequences(*(values[:_EXAMPLES] for values in clips))
    examples = matching_matrices(
        matrices(system.matcher, looked_at, few).double().numpy(), few.delay.tolist(), found[:_EXAMPLES].tolist(),
        higher_is_alike=system.matcher.higher_is_alike,
    )  # fmt: skip
    return Report(path.name, seed, tests | {"all": _figures(Scores.of(found, clips.delay))}, examples)


def _figures(scores: Scores) -> dict[str, float]:
    return {
        f"{name}{where}": value
        for where, score in (("", scores.every), ("_shared", scores.shared))
        for name, value in asdict(score).items()
    }


def table(report: Report) -> Table:
    """For the terminal."""
    grid = Table(title=f"stereo, {report.weights}", title_justify="left", box=box.SIMPLE_HEAD)
    names = list(next(iter(report.tests.values())))
    for heading in ("test", *names):
        grid.add_column(heading.replace("_", " "), justify="left" if heading == "test" else "right")
    for test, figures in report.tests.items():
        grid.add_row(test, *(f"{figures[name]:.4g}" for name in names))
    return grid


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write ``stereo-eval.json``, and ``stereo-matrices.png`` where there are any; returns their paths.

    Raises:
        InputError: The folder or a file can't be written.
    """
    said = {"schema": SCHEMA, "weights": report.weights, "seed": report.seed, "tests": report.tests}
    paths = [folder / "stereo-eval.json"]
    write_whole(paths[0], (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode())
    if report.examples is not None:
        paths.append(folder / "stereo-matrices.png")
        save_figure(paths[1], report.examples)
    return paths
