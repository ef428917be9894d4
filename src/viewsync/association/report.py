"""What a trained network makes of a session: who is who, how right that is, as JSON, a table, pictures and a page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8
from rich import box
from rich.table import Table

from viewsync.association.clip import write_clip
from viewsync.association.drawing import drawn, shared, wrong
from viewsync.association.following import Clusters, followed
from viewsync.association.frames import MultiViewFrame, Session
from viewsync.association.matching import NetworkCost, identities, pair_scores
from viewsync.association.metrics import LEVELS, PairOutcome, counted
from viewsync.association.page import Example, write_page
from viewsync.association.parts import Boxes, annotated, last
from viewsync.association.pixels import read_views
from viewsync.association.readers.detections import ASSOCIATED, as_detections, camera_numbers
from viewsync.association.train import score
from viewsync.association.training import Schedule
from viewsync.files import write_whole
from viewsync.networks.checkpoints import load_network
from viewsync.networks.self_mva import SelfMVA
from viewsync.progress import Progress, told
from viewsync.types import InputError

SCHEMA = "viewsync.eval/1"
UNMEASURED = "Nobody's identity is known there, so nothing was measured."
_EXAMPLES = 4


@dataclass(frozen=True)
class Report:
    """What was found, and measured."""

    weights: str
    session: Session
    """Everything, with true identities as far as they are known."""
    numbers: Sequence[Clusters]
    """Who people were found to be, by instants (see `followed`)."""
    tested: int
    """Instants that were measured on."""
    metrics: Mapping[str, Mapping[str, Any]]
    """By how views are matched; empty where nobody is known."""


def measure(weights: Path, boxes: Boxes, share: float, progress: Progress = lambda *_: None) -> Report:
    """Find out who is who, and measure on the last instants.

    Args:
        weights: Of `SelfMVA`.
        boxes: Of the cameras that it was trained for, with appearance if that is to count.
        share: Of instants that are measured on, from the end.
        progress: Told how far it is.

    Raises:
        InputError: Weights can't be read or are of other cameras, or there are no instants.
    """
    network = load_network(weights, SelfMVA)
    session, test = annotated(boxes), last(boxes, share)
    cost = NetworkCost(network, session)
    found = (
        identities(pair_scores(cost, frame), [len(view) for view in frame.views])
        for frame in told(session.frames, "associating", len(session.frames), progress)
    )
    numbers = [*followed(session.frames, found)]
    return Report(
        weights.name, session, numbers, len(test.frames), score(network, test, Schedule()) if test.knows_people else {}
    )


def table(metrics: Mapping[str, Mapping[str, Any]], title: str) -> Table | str:
    """For the terminal, or a sentence where nothing was measured."""
    if not metrics:
        return f"{title}: {UNMEASURED}"
    grid = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    grid.add_column("%")
    for name in metrics:
        grid.add_column(name, justify="right")
    for heading, *row in zip(headings(), *map(cells, metrics.values()), strict=True):
        grid.add_row(heading, *row)
    return grid


def headings() -> list[str]:
    """Of `cells`. What judges decisions comes first (see `metrics`)."""
    return ["ACC", *(f"IPAA-{level}" for level in LEVELS), "F1", "precision", "recall", "AP", "FPR-95", "pairs of views"]


def cells(found: Mapping[str, Any]) -> list[str]:
    """Metrics in percent; a dash where there is nothing of which a share could be."""
    names = ("f1", "precision", "recall", "average_precision", "false_positive_rate")
    values = [found["accuracy"], *found["ipaa"], *(found[name] for name in names)]
    return [*("–" if value is None else f"{100 * value:.1f}" for value in values), str(found["pairs"])]


def write_report(report: Report, folder: Path, clip: int, progress: Progress = lambda *_: None) -> list[Path]:
    """Write ``association-eval.json``, ``associated.json`` with ``timestamps.json``, pictures, a page and a clip.

    Args:
        report: Of `measure`.
        folder: Where to.
        clip: How many instants the clip shows at most, from the first one; no clip if 0.
        progress: Told how far it is.

    Returns:
        What was written.

    Raises:
        InputError: A picture can't be read, or a file can't be written.
    """
    said = {
        "schema": SCHEMA,
        "weights": report.weights,
        "instants": len(report.session.frames),
        "tested_instants": report.tested,
        "metrics": report.metrics,
    }
    contents = {
        "association-eval.json": (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode(),
        ASSOCIATED: as_detections(_rows(report)),
        "timestamps.json": json.dumps({str(number): frame.seconds for number, frame in _numbered(report.session)}).encode(),
    }
    for name, content in contents.items():
        write_whole(folder / name, content)
    written = [folder / name for name in contents]
    notes = [note(frame, numbers) for frame, numbers in zip(report.session.frames, report.numbers, strict=True)]
    written += _write_examples(report, notes, folder)
    if clip:
        some = report.session.with_frames(report.session.frames[:clip])
        write_clip(folder / "association.mp4", some, report.numbers[:clip], notes[:clip], progress)
        written.append(folder / "association.mp4")
    return written


def note(frame: MultiViewFrame, numbers: Clusters) -> str:
    """What there is to say of an instant."""
    people = np.unique(np.concatenate(numbers)).size
    several = np.unique(np.concatenate([of[both] for of, both in zip(numbers, shared(numbers), strict=True)])).size
    found = f"{people} people, {several} in several views"
    pairs = [
        counted(PairOutcome(a.identities, b.identities, np.zeros((len(a), len(b))), np.argwhere(one[:, None] == other)))
        for (a, one), (b, other) in combinations(zip(frame.views, numbers, strict=True), 2)
    ]
    if not any(pair.people for pair in pairs):
        return found
    correct, kept, true = (sum(getattr(pair, name) for pair in pairs) for name in ("correct", "kept", "shared"))
    return f"{found}; {correct} of {kept} matches right, {true} are true"


def _rows(report: Report) -> dict[int, list[list[float]]]:
    """The boxes, with the people's numbers."""
    cameras = camera_numbers(report.session.cameras)
    rows: dict[int, list[list[float]]] = {}
    for (number, frame), people in zip(_numbered(report.session), report.numbers, strict=True):
        rows[number] = [
            [*np.hstack([one[:2], one[2:] - one[:2]]).round(2).tolist(), int(person), camera]
            for camera, view, of_view in zip(cameras, frame.views, people, strict=True)
            for one, person in zip(view.boxes, of_view, strict=True)
        ]
    return rows


def _numbered(session: Session) -> list[tuple[int, MultiViewFrame]]:
    """Instants by the numbers of their frames, or else counted from 0."""
    return [(place if frame.number is None else frame.number, frame) for place, frame in enumerate(session.frames)]


def _write_examples(report: Report, notes: Sequence[str], folder: Path) -> list[Path]:
    """Pictures of some instants, and the page with them."""
    chosen = _telling(report)
    some = report.session.with_frames([report.session.frames[place] for place in chosen])
    written, examples = list[Path](), list[Example]()
    for place, frame, pixels in zip(chosen, some.frames, read_views(some), strict=True):
        sheet = drawn(report.session, frame, report.numbers[place], pixels, note=notes[place])
        written.append(folder / f"association-{len(written) + 1}.png")
        write_whole(written[-1], _png(sheet))
        examples.append(Example(frame.seconds, notes[place], sheet))
    page = folder / "association-report.html"
    rows = {name: cells(found) for name, found in report.metrics.items()}
    write_page(page, report.session, report.weights, report.tested, headings(), rows, examples)
    return [*written, page]


def _telling(report: Report) -> list[int]:
    """Some instants: spread over all, and the one with most that is wrong."""
    count = len(report.numbers)
    spread = {(2 * number + 1) * count // (2 * _EXAMPLES) for number in range(_EXAMPLES)}
    mistakes = [
        sum(int(odd.sum()) for odd in wrong(frame, numbers))
        for frame, numbers in zip(report.session.frames, report.numbers, strict=True)
    ]
    return sorted(spread | ({int(np.argmax(mistakes))} if any(mistakes) else set()))


def _png(rgb: UInt8[np.ndarray, "height width 3"]) -> bytes:
    done, png = cv2.imencode(".png", rgb[..., ::-1])
    if not done:
        raise InputError(f"a picture of {rgb.shape[1]} x {rgb.shape[0]} pixels can't be made. Give fewer cameras.")
    return png.tobytes()
