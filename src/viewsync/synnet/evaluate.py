"""How often, and by how much, the shift between clips is told wrongly: the paper's measures."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from viewsync.networks.heatmaps import rendered
from viewsync.networks.synnet import OffsetNetwork
from viewsync.synnet.clips import Clips
from viewsync.synnet.scenes import FPS
from viewsync.types import InputError

Inputs = Callable[[Float[Tensor, "clip frame 17 3"]], Float[Tensor, "clip frame channel height width"]]
"""Makes of keypoints what a network takes."""
_AT_ONCE = 64


@dataclass(frozen=True)
class Score:
    """Of a network on many pairs of clips."""

    pairs: int
    accuracy: float
    """Share of the pairs whose shift was told exactly."""
    syn_error_seconds: float
    """Mean distance from the true shift."""
    confusion: list[list[int]]
    """How often clips of each true class (rows) were taken for each other."""

    @classmethod
    def of(cls, found: Int[Tensor, " pair"], classes: Int[Tensor, " pair"], count: int, stride: int, fps: float) -> "Score":
        """Of classes found.

        Args:
            found: By a network.
            classes: The true ones.
            count: Of classes: 2M.
            stride: r.
            fps: Of the recordings, before every r-th frame was kept.
        """
        if not len(classes):
            raise InputError("there are no clips to test on. Give recordings in which somebody moves before two cameras.")
        confusion = torch.zeros(count, count, dtype=torch.long)
        confusion.index_put_((classes, found), torch.ones_like(classes), accumulate=True)
        error = (found - classes).abs().double().mean().item() * stride / fps
        accuracy = (found == classes).double().mean().item()
        return cls(len(classes), round(accuracy, 4), round(error, 4), confusion.tolist())


def rendered_for(network: OffsetNetwork) -> Inputs:
    """Heat-maps of as many joints as the network takes."""
    (joints,) = network.channels
    return lambda keypoints: rendered(keypoints, network.map_pixels, joints)


def logits(network: OffsetNetwork, clips: Clips, inputs: Inputs | None = None) -> Float[Tensor, "pair class"]:
    """What a network says of pairs of clips.

    Args:
        network: In evaluation mode.
        clips: The pairs.
        inputs: Makes of keypoints what the network takes; heat-maps if None.
    """
    inputs = inputs or rendered_for(network)
    with torch.inference_mode():
        parts = zip(torch.split(clips.a, _AT_ONCE), torch.split(clips.b, _AT_ONCE), strict=True)
        return torch.cat([network(inputs(a), inputs(b)) for a, b in parts])


def score(network: OffsetNetwork, clips: Clips, inputs: Inputs | None = None, *, stride: int = 4) -> Score:
    """Measure a network.

    Args:
        network: In evaluation mode.
        clips: What it has never seen.
        inputs: Makes of keypoints what the network takes; heat-maps if None.
        stride: r, as the clips were cut.
    """
    found = logits(network, clips, inputs).argmax(1)
    return Score.of(found, clips.classes, 2 * network.largest_shift, stride, FPS)


def mean_shift(shifts: Float[np.ndarray, "look pair"]) -> Float[np.ndarray, " pair"]:
    """Several looks at one shift as one: of several subjects, or of windows sliding over long recordings, in step.

    It is the mean, as in the paper.

    Args:
        shifts: In frames; nan where somebody or something wasn't seen.

    Returns:
        nan where nothing was seen.
    """
    seen = np.isfinite(shifts)
    total, count = np.where(seen, shifts, 0.0).sum(axis=0), seen.sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))
