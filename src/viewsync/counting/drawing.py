"""Pictures of what counting networks do: what they are shown, the flow between the views, truth and answer (Fig. 5)."""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure
from matplotlib.gridspec import SubplotSpec

from viewsync.counting.footage import Sample

_INCHES = 3.4
"""Width of a column."""
_WHEEL_PIXELS = 101
_FASTEST_PERCENTILE = 99
"""Of a flow, which is drawn in full colour: a single odd cell mustn't make all others pale."""


def example(
    sample: Sample, density: Float[np.ndarray, "row column"], flows_cells: Float[np.ndarray, "view 2 _ _"] | None
) -> Figure:
    """A sample as in Fig. 5: pictures with their latency, the flow of each view, and people on the ground.

    Args:
        sample: What the network was shown.
        density: What it found, in people per cell.
        flows_cells: Along which each view was moved, in cells; None if none was.
    """
    footage, views = sample.footage, len(sample.frames)
    rows = 2 if flows_cells is None else 3
    figure = Figure(figsize=(_INCHES * max(views, 3), 0.8 * _INCHES * rows), layout="constrained")
    grid = figure.add_gridspec(rows, 1)
    for number, axes in enumerate(_row(grid[0], views)):
        axes.imshow(footage.pictures[number][sample.frames[number]], cmap="gray", vmin=0, vmax=255)
        seconds = sample.latency_seconds[number]
        axes.set_title(f"{footage.place.views[number]}: {f'{seconds:+.1f} s' if number else 'reference'}", fontsize=9)
    if flows_cells is not None:
        fastest = max(float(np.percentile(np.hypot(*flows_cells.swapaxes(0, 1)), _FASTEST_PERCENTILE)), 1e-6)
        for number, axes in enumerate(_row(grid[1], views)):
            _draw_flow(axes, None if number == 0 else flows_cells[number], fastest, footage.place.views[number])
    truth = footage.densities[sample.instant]
    highest = max(float(truth.max()), float(density.max()), 1e-6)
    errors = density - truth
    shown = {
        f"truth: {truth.sum():.1f} people": (truth, "magma", 0.0, highest),
        f"found: {density.sum():.1f} people": (density, "magma", 0.0, highest),
        "found − truth (red: too few)": (errors, "RdBu", -highest, highest),
    }
    for axes, (title, (values, colors, low, high)) in zip(_row(grid[rows - 1], len(shown)), shown.items(), strict=True):
        axes.imshow(values, cmap=colors, vmin=low, vmax=high)
        axes.set_title(title, fontsize=9)
    for axes in figure.axes:
        axes.set_axis_off()
    return figure


def flow_colors(flow: Float[np.ndarray, "2 row column"], fastest: float) -> Float[np.ndarray, "row column 3"]:
    """Hue for the direction (red: to the right, then down, clockwise), stronger the farther; white for no flow.

    Args:
        flow: To the right, and down.
        fastest: From where on colours are full.
    """
    hue = np.arctan2(flow[1], flow[0]) / (2 * np.pi) % 1
    strength = np.clip(np.hypot(*flow) / fastest, 0, 1)
    return np.asarray(hsv_to_rgb(np.stack([hue, strength, np.ones_like(hue)], axis=-1)))


def _row(place: SubplotSpec, count: int) -> list[Axes]:
    return list(place.subgridspec(1, count).subplots(squeeze=False)[0])


def _draw_flow(axes: Axes, flow: Float[np.ndarray, "2 row column"] | None, fastest: float, view: str) -> None:
    """A view's flow; the reference has none, and has the key instead."""
    if flow is None:
        side = np.linspace(-1, 1, _WHEEL_PIXELS)
        wheel = np.stack(np.meshgrid(side, side))
        inside = np.hypot(*wheel) <= 1
        axes.imshow(np.where(inside[..., None], flow_colors(wheel, 1.0), 1.0))
        axes.set_title(f"rim: {fastest:.1f} cells", fontsize=9)
        return
    axes.imshow(flow_colors(flow, fastest))
    axes.set_title(f"flow of {view}", fontsize=9)
