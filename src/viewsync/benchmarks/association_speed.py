"""How fast people of many views are told apart, and how much memory that takes, in a process of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from viewsync.association.frames import UNKNOWN, MultiViewFrame, Session, View
from viewsync.association.matching import NetworkCost, identities, pair_scores
from viewsync.benchmarks.pose_speed import _peak_megabytes
from viewsync.benchmarks.row import Bar, Row, measured
from viewsync.networks.checkpoints import ModelCard, load_network, save_network
from viewsync.networks.self_mva import SelfMVA

PEOPLE = 25
"""In each view."""
FRAMES, QUICK_FRAMES = (1000, 4000), (50, 200)
_KINDS = 40
"""Different instants, again and again."""


def speed_rows(suite: str, network: SelfMVA, session: Session, quick: bool) -> list[Row]:
    """A trained network before instants at which each camera sees 25 people.

    Args:
        suite: Whose rows they are.
        network: Of the session's cameras, calibrated.
        session: Instants of which such ones are made.
        quick: Look at few.
    """
    counts = QUICK_FRAMES if quick else FRAMES
    with TemporaryDirectory() as folder:
        _write(network, session, Path(folder))
        program = [sys.executable, "-m", "viewsync.benchmarks.association_speed", folder, *map(str, counts)]
        found = json.loads(subprocess.run(program, capture_output=True, text=True, check=True).stdout)
    scene = f"{len(session.cameras)} views × {PEOPLE} people"
    first, last = found["megabytes"]
    limits = (None, None) if quick else (Bar(at_least=80), Bar(at_most=10))
    used = f"one process, {found['threads']} threads; clustering included"
    growth = f"{first:.0f} MB after {counts[0]}, {last:.0f} MB after {counts[1]} instants"
    return [
        measured(suite, scene, "multi-view frames per second", found["per_second"], "", counts[1], limits[0], used),
        measured(suite, scene, "more peak memory", last - first, "MB", counts[1], limits[1], growth),
    ]


def crowded(session: Session, people: int, count: int) -> Iterator[MultiViewFrame]:
    """Instants at which every camera sees so many people: those of several instants, as if at once.

    Args:
        session: Every camera of which sees somebody, now and then.
        people: In each view.
        count: How many instants.
    """
    rng = np.random.default_rng(people)
    for number in range(count):
        boxes: list[list[np.ndarray]] = [[] for _ in session.cameras]
        while min(map(len, boxes)) < people:
            for one, view in zip(boxes, session.frames[rng.integers(len(session.frames))].views, strict=True):
                one += [*view.boxes]
        unknown = np.full(people, UNKNOWN, dtype=np.int64)
        yield MultiViewFrame(float(number), tuple(View(np.array(one[:people]), unknown) for one in boxes))


def _write(network: SelfMVA, session: Session, folder: Path) -> None:
    arguments = {
        "cameras": network.cameras, "sizes": network.sizes, "width": len(network.tokens[0]), "mode": network.mode,
        "residual": network.residual,
    }  # fmt: skip
    card = ModelCard("", arguments, "", "", "", 0, None, {})
    save_network(folder / "network.safetensors", network, card)
    frames = [[view.boxes for view in frame.views] for frame in crowded(session, PEOPLE, _KINDS)]
    np.savez(folder / "boxes.npz", boxes=np.array(frames), sizes=np.array(session.sizes))


def _frames(boxes: np.ndarray) -> Iterator[MultiViewFrame]:
    """Without end."""
    number, unknown = 0, np.full(boxes.shape[2], UNKNOWN, dtype=np.int64)
    while True:
        views = tuple(View(view.copy(), unknown) for view in boxes[number % len(boxes)])
        yield MultiViewFrame(float(number), views)
        number += 1


def main() -> None:
    """Tell people apart; print frames per second, and peak memory after fewer and after more of them."""
    folder, counts = Path(sys.argv[1]), [int(count) for count in sys.argv[2:]]
    network = load_network(folder / "network.safetensors", SelfMVA)
    with np.load(folder / "boxes.npz") as file:
        boxes, sizes = file["boxes"], tuple(map(tuple, file["sizes"].tolist()))
    cost = NetworkCost(network, Session("crowd", network.cameras, sizes, ()))
    frames, done, peaks = _frames(boxes), 0, []
    began = time.perf_counter()
    for count in counts:
        for frame in islice(frames, count - done):
            identities(pair_scores(cost, frame), [len(view) for view in frame.views])
        done = count
        peaks.append(_peak_megabytes())
    seconds = time.perf_counter() - began
    print(json.dumps({"per_second": done / seconds, "megabytes": peaks, "threads": torch.get_num_threads()}))


if __name__ == "__main__":
    main()
