"""Pictures of what 3D pose networks do: what they are shown, and truth and answers in pictures of one instant."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from viewsync.pose3d.evaluate import relative_errors_mm, truths
from viewsync.pose3d.footage import JOINTS, Sample
from viewsync.pose3d.samples import at_once, present_views

BONES = (
    ("right_ankle", "right_knee"), ("right_knee", "right_hip"), ("right_hip", "pelvis"), ("pelvis", "left_hip"),
    ("left_hip", "left_knee"), ("left_knee", "left_ankle"), ("pelvis", "spine"), ("spine", "thorax"), ("thorax", "nose"),
    ("nose", "head_top"), ("thorax", "right_shoulder"), ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"),
    ("thorax", "left_shoulder"), ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"),
)  # fmt: skip
"""Of Human3.6M's 17."""
_ENDS = np.array([[JOINTS.index(one) for one in bone] for bone in BONES])
_INCHES = 1.8
"""Side of a picture."""
_TRUTH, _FOUND = "#d95f02", "#4aa3ff"


def example(sample: Sample, found: Mapping[str, Float[np.ndarray, "joint 3"]]) -> Figure:
    """A sample as in Figs. 6 and 7: pictures with their latency; below, truth and answers where they would be seen.

    Args:
        sample: What networks were shown.
        found: Joints in metres, by what found them; nan where one is missing.
    """
    views, rows = len(sample.frames), 2 + len(found)
    figure = Figure(figsize=(_INCHES * views, (_INCHES + 0.25) * rows), layout="constrained")
    grid = figure.subplots(rows, views, squeeze=False)
    together = at_once(sample)
    for view, axes in enumerate(grid[0]):
        _show(axes, sample, sample.frames, view)
        axes.set_title(_latency(sample, view), fontsize=8)
    truth = truths([sample])[0]
    for axes_of, (name, joints) in zip(grid[1:], {"truth": truth, **found}.items(), strict=True):
        for view, axes in enumerate(axes_of):
            _show(axes, together, together.frames, view)
            if present_views(together)[view]:
                axes.add_collection(_skeleton(together, joints, view, _TRUTH if name == "truth" else _FOUND))
        axes_of[0].set_title(name if name == "truth" else _with_error(name, joints, sample), fontsize=8, loc="left")
    return figure


def _show(axes: Axes, sample: Sample, frames: Int[np.ndarray, " view"], view: int) -> None:
    axes.imshow(sample.footage.pictures[view][frames[view]], cmap="gray", vmin=0, vmax=255)
    # Joints may be outside of it.
    axes.autoscale(False)
    axes.set_axis_off()


def _latency(sample: Sample, view: int) -> str:
    name = sample.footage.cameras[view].name
    if not present_views(sample)[view]:
        return f"{name}: missing"
    if view == sample.footage.references[sample.instant]:
        return f"{name}: reference"
    return f"{name}: {sample.latency_seconds[view]:+.2f} s"


def _skeleton(sample: Sample, joints: Float[np.ndarray, "joint 3"], view: int, color: str) -> LineCollection:
    """Bones both of whose ends are known and before the camera."""
    camera = sample.footage.cameras_at(sample.frames)[view]
    depths = joints @ camera.rotation[2] + camera.translation_metres[2]
    shown = np.isfinite(depths) & (depths > 0)
    pixels = camera.project(np.where(shown[:, None], joints, camera.position_metres + camera.rotation[2]))
    return LineCollection(list(pixels[_ENDS[shown[_ENDS].all(axis=1)]]), colors=color, linewidths=1.2)


def _with_error(name: str, joints: Float[np.ndarray, "joint 3"], sample: Sample) -> str:
    (error,) = relative_errors_mm(joints[None], [sample])
    return f"{name}: {error:.0f} mm" if np.isfinite(error) else f"{name}: no pelvis"
