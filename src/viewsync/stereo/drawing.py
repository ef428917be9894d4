"""Pictures of what delay networks do: the paper's Figs. 3 and 4, on measurements of our own, and matching matrices."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib import colormaps
from matplotlib.figure import Figure

_COLORS = colormaps["tab20"].colors  # type: ignore[attr-defined]  # missing in matplotlib's stubs
_TRUTH, _FOUND = "#d95f02", "#1b1b1b"
_GROUP_WIDTH = 0.84


class Measured(NamedTuple):
    """Of one system on one test set."""

    f1: float
    """From 0 to 1."""
    mae_frames: float


def grouped_bars(measured: Mapping[str, Mapping[str, Measured]], sets: Sequence[str], title: str = "") -> Figure:
    """F1 score and mean absolute error by test set, a bar per system (Figs. 3 and 4).

    Args:
        measured: By system, by test set; sets that a system wasn't tested on have no bar.
        sets: The test sets, from left to right.
        title: Above it.
    """
    width = _GROUP_WIDTH / max(len(measured), 1)
    figure = Figure(figsize=(max(7.0, 1.3 * len(sets)), 5.6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    for number, (system, by_set) in enumerate(measured.items()):
        places = np.array([sets.index(name) for name in by_set]) + (number - (len(measured) - 1) / 2) * width
        for axes, values in zip((upper, lower), zip(*by_set.values(), strict=True), strict=True):
            axes.bar(places, values, 0.92 * width, color=_COLORS[number % len(_COLORS)], label=system)
    upper.set(ylabel="F1 (macro)", ylim=(0, 1), title=title)
    lower.set(ylabel="MAE (frames)", xlabel="test set")
    lower.set_xticks(range(len(sets)), sets)
    for axes in (upper, lower):
        axes.grid(axis="y", color="#dddddd")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = upper.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return figure


def matching_matrices(
    matrices: Float[np.ndarray, "clip row column"], delays: Sequence[int], found: Sequence[int], *, higher_is_alike: bool
) -> Figure:
    """Matching matrices of clips, the darker the more alike, with the diagonals of the true delays and of those found.

    Args:
        matrices: As a matching network makes them.
        delays: The true ones, in frames.
        found: By a delay network.
        higher_is_alike: Whether a higher number means that frames are more alike.
    """
    figure = Figure(figsize=(2.7 * len(matrices), 3.3), layout="constrained")
    for axes, matrix, delay, told in zip(
        figure.subplots(1, len(matrices), squeeze=False)[0], matrices, delays, found, strict=True
    ):
        last = len(matrix) - 1
        axes.imshow(matrix, cmap="Blues" if higher_is_alike else "Blues_r")
        for each, color, style, name in ((delay, _TRUTH, "-", "truth"), (told, _FOUND, ":", "found")):
            rows = np.array([max(each, 0), min(last + each, last)])
            axes.plot(rows - each, rows, style, color=color, linewidth=1.8, label=name)
        axes.set(title=f"delay {delay:+d}, found {told:+d}", xlabel="right frame", ylabel="left frame")
        axes.title.set_fontsize(9)
        axes.set(xlim=(-0.5, last + 0.5), ylim=(last + 0.5, -0.5))
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    return figure
