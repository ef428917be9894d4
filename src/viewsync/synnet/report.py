"""All that is measured of trained weights of SynNet: a table, a JSON file, and the pictures of the paper's Figs. 6 and 7."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from rich import box
from rich.table import Table

from viewsync.files import write_whole
from viewsync.networks.checkpoints import load_network, shipped
from viewsync.networks.heatmaps import openpose18
from viewsync.networks.synnet import OffsetNetwork, SynNet
from viewsync.pose_embedding.performances import recorded
from viewsync.progress import Progress
from viewsync.synnet.clips import Clips, Sampling
from viewsync.synnet.drawing import confusion_matrix, cost_matrices, long_video, save_figure
from viewsync.synnet.evaluate import Score, logits, rendered_for, score
from viewsync.synnet.scenes import FPS, filmed_worlds
from viewsync.synnet.train import NAME, held_out_clips
from viewsync.synnet.trials import (
    Figures,
    Recording,
    crowd_clips,
    crowd_figures,
    long_recordings,
    mean_lag,
    slide,
)

SCHEMA = "viewsync.eval/1"
_GROUPS, _PER_SHIFT = 12, 64
_RECORDINGS, _RECORDING_SECONDS = 6, 25.0
"""As long as the paper's."""


@dataclass(frozen=True)
class LongScore:
    """Of long recordings, by windows that slide over them."""

    recordings: int
    windows: Figures
    """Of all windows, each by itself; a shift between two classes counts as the nearer one."""
    mean_error_seconds: float
    """Distance of the windows' mean from the truth, on the mean over recordings."""


@dataclass(frozen=True)
class Report:
    """What was measured."""

    weights: str
    seed: int
    clips: dict[str, Score]
    """Of one person each, by test."""
    group: dict[str, Figures]
    """Of several people, alone and together."""
    long: LongScore
    network: OffsetNetwork
    examples: dict[str, Clips]
    recording: Recording
    """One of the long ones."""


def measure(weights: Path | None, motions: Sequence[Path], seed: int, progress: Progress) -> Report:
    """Measure weights on what their training never saw.

    Args:
        weights: The file; what comes with the package if None.
        motions: Folders of motion capture.
        seed: Of people, cameras and clips.
        progress: Told how far it is.

    Raises:
        InputError: Weights or motions can't be read, or the network takes other clips than 8 frames.
    """
    path = weights or shipped(NAME)
    network, sampling = load_network(path, SynNet), Sampling()
    clips = held_out_clips(recorded(tuple(motions)), seed, progress)
    scores = {name: score(network, some) for name, some in clips.items()}
    crowd = crowd_clips(list(filmed_worlds("group", _GROUPS, seed)), sampling, _PER_SHIFT, seed)
    found = logits(network, crowd.clips).argmax(1).double().numpy()
    scenes = chain.from_iterable(filmed_worlds("pair", _RECORDINGS, seed, seconds=_RECORDING_SECONDS))
    recordings = long_recordings(list(scenes), sampling, seed)
    return Report(
        path.name, seed, scores, crowd_figures(found, crowd, sampling.stride),
        _long_score(network, recordings, sampling.stride, progress), network, clips, recordings[0],
    )  # fmt: skip


def _long_score(network: OffsetNetwork, recordings: Sequence[Recording], stride: int, progress: Progress) -> LongScore:
    found, truth, errors = [], [], []
    for done, recording in enumerate(recordings, start=1):
        _, probabilities = slide(network, recording, stride)
        found.append(probabilities.argmax(axis=1))
        truth.append(np.full(len(probabilities), round(recording.lag / stride) + network.largest_shift))
        errors.append(abs(mean_lag(probabilities, stride) - recording.lag) / FPS)
        progress("long recordings", done, len(recordings))
    windows = Figures.of(np.concatenate(found).astype(float), np.concatenate(truth), stride)
    return LongScore(len(recordings), windows, float(np.mean(errors)))


def table(report: Report) -> Table:
    """For the terminal."""
    grid = Table(title=f"SynNet, {report.weights}", title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("test", "pairs", "accuracy", "SynError"):
        grid.add_column(heading, justify="left" if heading == "test" else "right")
    group = {f"group, {way}": figures for way, figures in report.group.items()}
    for name, figures in (report.clips | group | {"long recordings, each window": report.long.windows}).items():
        grid.add_row(name, str(figures.pairs), f"{figures.accuracy:.1%}", f"{figures.syn_error_seconds:.3f} s")
    recordings, error = report.long.recordings, report.long.mean_error_seconds
    grid.add_row("long recordings, mean of windows", str(recordings), "", f"{error:.3f} s")
    return grid


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write ``synnet-eval.json`` and pictures; returns their paths.

    Raises:
        InputError: The folder or a file can't be written.
    """
    figures = {
        **{f"synnet-confusion-{name.replace(',', '').replace(' ', '-')}.png": confusion_matrix(np.array(one.confusion), name)
           for name, one in report.clips.items()},
        "synnet-costs.png": _costs(report),
        "synnet-long.png": _strip(report),
    }  # fmt: skip
    for name, figure in figures.items():
        save_figure(folder / name, figure)
    said = {
        "schema": SCHEMA,
        "weights": report.weights,
        "seed": report.seed,
        "clips": {name: asdict(one) for name, one in report.clips.items()},
        "group": {way: asdict(one) for way, one in report.group.items()},
        "long": asdict(report.long),
    }
    path = folder / "synnet-eval.json"
    write_whole(path, (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode())
    return [path, *(folder / name for name in figures)]


@torch.inference_mode()
def _costs(report: Report) -> Figure:
    """Of the first pair of clips without a shift: what goes into the network, and its features."""
    clips = next(iter(report.examples.values()))
    pair = int((clips.classes == report.network.largest_shift).nonzero()[0])
    maps = [rendered_for(report.network)(side[[pair]]) for side in (clips.a, clips.b)]
    features = [report.network.embed(one)[0].double().numpy() for one in maps]
    joints = [one[0].flatten(1).double().numpy() for one in maps]
    return cost_matrices({"heat-maps": (joints[0], joints[1]), "SynNet's features": (features[0], features[1])})


def _strip(report: Report) -> Figure:
    stride, recording = Sampling().stride, report.recording
    first_frames, probabilities = slide(report.network, recording, stride)
    a, b = (openpose18(torch.from_numpy(side)).double().numpy() for side in (recording.a, recording.b))
    return long_video((a, b), first_frames, probabilities, recording.lag / FPS, stride=stride, fps=FPS)
