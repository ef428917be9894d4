"""Suite `view-matching`: what matching all positions of two views costs, held whole, in blocks, or near epipolar lines."""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from viewsync.benchmarks.row import Bar, Row, measured

if TYPE_CHECKING:
    from torch import Tensor

SUITE = "view-matching"
Way = Literal["dense", "blocked", "band"]
WAYS: tuple[Way, ...] = ("dense", "blocked", "band")
FINEST = (72, 96)
"""Rows and columns of features at PETS2009's finest scale: 6912 positions."""
_SIZES = ((18, 24), (27, 36), (36, 48), (54, 72), FINEST)
_QUICK_SIZES = ((9, 12), (18, 24))
_CHANNELS = 32
_PICTURE = (384, 288)
_VIEW_PAIR = (0, 1)
_LATENCY_SECONDS = 1.0
_MIBIBYTE = 2**20


@dataclass(frozen=True)
class Cost:
    """Of the first layer on the epipolar correlation of one pair of views, forwards and backwards, on one core."""

    seconds: float
    """Of the processor."""
    mebibytes: float
    """By which the process grew at its largest; what the layer's weights take isn't counted."""


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Time and memory of each way over sizes, each in a process of its own; no data is needed."""
    sizes = _QUICK_SIZES if quick else _SIZES
    costs = {way: [cost_of(way, size, seed) for size in sizes] for way in WAYS}
    made = []
    for way, some in costs.items():
        for (rows, columns), cost in zip(sizes, some, strict=True):
            scene = f"{way}, {rows} × {columns} cells"
            made += [
                measured(SUITE, scene, "time", cost.seconds, "s", 1),
                measured(SUITE, scene, "peak memory", cost.mebibytes, "MiB", 1),
            ]
        cells = [rows * columns for rows, columns in sizes]
        note = "time or memory ∝ cells ^ so much"
        seconds, mebibytes = [cost.seconds for cost in some], [cost.mebibytes for cost in some]
        made += [
            measured(SUITE, way, "growth of time", growth(cells, seconds), "", len(sizes), note=note),
            measured(SUITE, way, "growth of memory", growth(cells, mebibytes), "", len(sizes), note=note),
        ]
    dense, band = costs["dense"][-1], costs["band"][-1]
    bars = (None, None) if quick else (Bar(at_most=0.5), Bar(at_most=0.25))
    scene = f"band against dense, {sizes[-1][0]} × {sizes[-1][1]} cells"
    return [
        *made,
        measured(SUITE, scene, "time", band.seconds / dense.seconds, "", 1, bars[0]),
        measured(SUITE, scene, "peak memory", band.mebibytes / max(dense.mebibytes, 1.0), "", 1, bars[1]),
    ]


def growth(cells: Sequence[int], costs: Sequence[float]) -> float:
    """The exponent of a power law, by the larger half of sizes, where what every size costs matters less."""
    half = len(cells) // 2 if len(cells) > 3 else 0
    return float(np.polyfit(np.log(cells[half:]), np.log(np.maximum(costs[half:], 1e-3)), 1)[0])


def cost_of(way: Way, size: tuple[int, int], seed: int) -> Cost:
    """Measured in a fresh process: what a process once had, it may use again without growing."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measured, way, size, seed).result()


def _measured(way: Way, size: tuple[int, int], seed: int) -> Cost:
    import resource

    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    _prepared(way, (4, 5))()  # What is loaded or set up only once isn't counted.
    once = _prepared(way, size)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    once()
    seconds, after = time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Cost(seconds, (after - before) * 1024 / _MIBIBYTE)


def _prepared(way: Way, size: tuple[int, int]) -> Callable[[], None]:
    import torch

    from viewsync.networks.epipolar_band import EpipolarBand, epipolar_lines
    from viewsync.networks.view_matching import Mask, convolve_correlation
    from viewsync.networks.view_warp import MotionNetwork

    fundamental, sigma = _geometry(size)
    lines = epipolar_lines(fundamental, size, [pixels / cells for pixels, cells in zip(_PICTURE[::-1], size, strict=True)])
    reference, other = (torch.randn(1, _CHANNELS, *size, requires_grad=True) for _ in range(2))
    convolution = MotionNetwork(size[0] * size[1]).first
    mask = Mask(lines.float(), EpipolarBand(sigma))

    def once() -> None:
        torch.autograd.backward(convolve_correlation(reference, other, convolution, mask, way).sum())

    return once


def _geometry(size: tuple[int, int]) -> "tuple[Tensor, float]":
    """Of two of PETS2009's views, and σ for people who walk for a second."""
    import torch

    from viewsync.counting.places import place_of
    from viewsync.counting.system import pixels_per_metre
    from viewsync.geometry.ground_maps import GroundMap
    from viewsync.networks.epipolar_band import sigma_for
    from viewsync.worlds.cameras.rigs import PETS2009_GROUND, like_pets2009

    left, right, low, high = PETS2009_GROUND
    ground = GroundMap(left, low, 0.4, round((right - left) / 0.4), round((high - low) / 0.4))
    place = place_of(like_pets2009(0).cameras, ground, *_PICTURE, "pets")
    assert place.fundamental is not None
    (sigma,) = sigma_for(_LATENCY_SECONDS, pixels_per_metre(place), [_PICTURE[1] / size[0]])
    return torch.from_numpy(place.fundamental[_VIEW_PAIR][None]), sigma
