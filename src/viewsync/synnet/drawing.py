"""Pictures of what SynNet makes of clips: the paper's Figs. 6 and 7, on measurements of our own."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D
from scipy.spatial.distance import cdist

from viewsync.files import whole_file
from viewsync.media.keypoints.joints import BONES, OPENPOSE18

_DENSITY, _TRUTH, _FOUND = "Blues", "#d95f02", "#1b1b1b"
_BONES = [(OPENPOSE18.index(one), OPENPOSE18.index(other)) for one, other in BONES]
_LEFT = np.array(["left" in one + other and "right" not in one + other for one, other in BONES])
_FILM_FRAMES = 14
_PERSON_INCHES = 0.7


def save_figure(path: Path, figure: Figure) -> None:
    """Write a figure to a PNG file.

    Raises:
        InputError: The folder or the file can't be written.
    """
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=150, format="png")


def confusion_matrix(counts: Int[np.ndarray, "truth found"], title: str = "") -> Figure:
    """How often clips of each true shift were taken for each other (Fig. 6 d).

    Args:
        counts: Of test pairs; class k is the shift k − M, of 2M.
        title: Above it.
    """
    classes = len(counts)
    shifts = [f"{shift:+d}" if shift else "0" for shift in range(-(classes // 2), classes - classes // 2)]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(5.2, 4.6), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap=_DENSITY, vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, label="share of the true shift's pairs", format=lambda share, _: f"{share:.0%}")
    for (truth, found), share in np.ndenumerate(shares):
        # What would round to 0 % would only be in the way.
        if share >= 0.005:
            color = "white" if share > 0.5 else _FOUND
            axes.text(found, truth, f"{100 * share:.0f}", ha="center", va="center", fontsize=9, color=color)
    axes.set(xlabel="shift found", ylabel="true shift", title=title)
    axes.set_xticks(range(classes), shifts)
    axes.set_yticks(range(classes), shifts)
    return figure


def cost_matrices(
    features: Mapping[str, tuple[Float[np.ndarray, "frame_a feature"], Float[np.ndarray, "frame_b feature"]]],
) -> Figure:
    """Euclidean distances between the features of any two frames of two clips, per method (Fig. 6 a–c).

    Where clips are synchronized and features see what they should, the diagonal is darkest.

    Args:
        features: By the name of the method that made them; each has a unit of its own.
    """
    figure = Figure(figsize=(3.3 * len(features), 3.4), layout="constrained")
    for axes, (name, (a, b)) in zip(figure.subplots(1, len(features), squeeze=False)[0], features.items(), strict=True):
        distances = cdist(a, b)
        image = axes.imshow(distances, cmap=f"{_DENSITY}_r")
        rows, columns = np.arange(len(a)), distances.argmin(axis=1)
        axes.plot(
            columns, rows, "o", markersize=5, markerfacecolor="none", markeredgecolor=_TRUTH, label="nearest of each row"
        )
        axes.set(title=name, xlabel="frame of b", ylabel="frame of a")
        axes.set_xticks(range(len(b)), range(1, len(b) + 1))
        axes.set_yticks(range(len(a)), range(1, len(a) + 1))
        figure.colorbar(image, ax=axes, shrink=0.8)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", frameon=False, fontsize=8)
    return figure


def long_video(
    views: tuple[Float[np.ndarray, "time_a 18 3"], Float[np.ndarray, "time_b 18 3"]],
    first_frames: Int[np.ndarray, " window"],
    probabilities: Float[np.ndarray, "window class"],
    true_offset_seconds: float,
    *,
    stride: int,
    fps: float,
) -> Figure:
    """What windows that slide over two long videos say of the offset, and what the two show once it is undone (Fig. 7).

    Args:
        views: x, y and confidence of one person's joints, in the order of OpenPose's COCO model, in both videos.
        first_frames: Where each window begins, in both.
        probabilities: Of each shift; class k is the shift k − M.
        true_offset_seconds: Frame t of b shows what a shows so much later.
        stride: Frames from one frame of a clip to the next.
        fps: Frame rate of the videos.
    """
    classes, (a, b) = probabilities.shape[1], views
    shifts_seconds = (np.arange(classes) - classes // 2) * stride / fps
    found_seconds = shifts_seconds[probabilities.argmax(axis=1)]
    mean_seconds, seconds = float(found_seconds.mean()), first_frames / fps
    figure = Figure(figsize=(11, 5.6), layout="constrained")
    before, beside, after, axes = figure.subplots(4, 1, sharex=True, height_ratios=(1, 1, 1, 2.4))
    times = np.linspace(0, min(len(a), len(b)) - 1, 2 * _FILM_FRAMES + 1)[1::2].round().astype(int)
    lag = round(mean_seconds * fps)
    _draw_film(before, "a, as filmed", a, times, times / fps)
    _draw_film(beside, "b", b, times, times / fps)
    _draw_film(after, "a, synchronized", a, times + lag, times / fps)
    axes.pcolormesh(seconds, shifts_seconds, probabilities.T, cmap=_DENSITY, vmin=0, vmax=1, shading="nearest")
    axes.plot(seconds, found_seconds, ".", color=_FOUND, markersize=2.5, zorder=3, label="likeliest shift of each window")
    axes.axhline(mean_seconds, color=_FOUND, linewidth=1, linestyle="--", label=f"their mean: {mean_seconds:+.3f} s")
    axes.axhline(true_offset_seconds, color=_TRUTH, linewidth=1.6, label=f"truth: {true_offset_seconds:+.3f} s")
    axes.set_yticks(shifts_seconds, [f"{shift:+.2f}" for shift in shifts_seconds])
    axes.set(
        xlabel="where the window begins (s)",
        ylabel="offset (s)\n(darker: more probable)",
        xlim=(0, min(len(a), len(b)) / fps),
    )
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def _draw_film(
    axes: Axes,
    name: str,
    view: Float[np.ndarray, "time 18 3"],
    frames: Int[np.ndarray, " frame"],
    seconds: Float[np.ndarray, " frame"],
) -> None:
    """Stick figures side by side, each at its time; what is on a person's left is light."""
    axes.set(yticks=[], ylim=(-1, 1))
    axes.set_ylabel(name, rotation=0, ha="right", va="center")
    axes.spines[:].set_visible(False)
    axes.tick_params(bottom=False)
    inside = (frames >= 0) & (frames < len(view))
    people, seconds = view[frames[inside]], seconds[inside]
    somebody = (people[..., 2] > 0).any(axis=1)
    people, seconds = people[somebody], seconds[somebody]
    if not len(people):
        return
    points = np.where(people[..., 2:] > 0, people[..., :2], np.nan)
    low, high = np.nanmin(points, axis=1), np.nanmax(points, axis=1)
    points = (points - (low[:, None] + high[:, None]) / 2) / np.median((high - low).max(axis=1)) * [1, -1]
    bones = points[:, _BONES].reshape(-1, 2, 2)
    where = np.repeat(np.stack([seconds, np.zeros_like(seconds)], axis=1), len(_BONES), axis=0)
    inches = Affine2D().scale(_PERSON_INCHES) + axes.figure.dpi_scale_trans
    colors = np.where(_LEFT, "#74a9cf", "#023858").tolist() * len(people)
    axes.add_collection(
        LineCollection(
            bones, colors=colors, linewidths=1.3, offsets=where, offset_transform=axes.transData, transform=inches
        ),
        autolim=False,
    )
