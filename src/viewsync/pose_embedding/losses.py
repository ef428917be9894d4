"""What the embeddings are trained for: that the true lag stands out, among all lags and among other people's clips."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

_LABEL_FRAMES = 0.7
"""Standard deviation of the label around the true lag: its neighbours' shares tell where between them it lies."""
_NEAR_FRAMES = 6
_HUBER_FRAMES = 1.0


def contrast(
    logits: Float[Tensor, "pair other lag"], lag_frames: Float[Tensor, " lag"], truth_frames: Float[Tensor, " pair"]
) -> Float[Tensor, ""]:
    """InfoNCE (van den Oord et al., 2018, https://arxiv.org/abs/1807.03748) over lags and clips.

    Args:
        logits: Of every first view with every second one at every lag; pairs that belong together are on the diagonal. −inf
            where the overlap is too short.
        lag_frames: The lags.
        truth_frames: The true lag of each pair.

    Returns:
        Mean cross entropy from a Gaussian around the true lag, both ways: against other second views, and other first ones.
    """
    distance = (lag_frames - truth_frames[:, None]) / _LABEL_FRAMES
    own = torch.diagonal(logits).T
    label = torch.softmax(-(distance**2) / 2, dim=1)
    attained = (label * own.nan_to_num(neginf=0.0)).sum(1)
    ways = [torch.logsumexp(way.flatten(1), dim=1) - attained for way in (logits, logits.transpose(0, 1))]
    return torch.stack(ways).mean()


def nearby(
    own: Float[Tensor, "pair lag"], lag_frames: Float[Tensor, " lag"], truth_frames: Float[Tensor, " pair"]
) -> Float[Tensor, ""]:
    """How far the middle of the hill around the true lag is from it (soft-argmax, Huber's loss, in frames)."""
    near = (lag_frames - truth_frames[:, None]).abs() <= _NEAR_FRAMES
    shares = torch.softmax(own.masked_fill(~near, -torch.inf), dim=1)
    return functional.huber_loss((shares * lag_frames).sum(1), truth_frames, delta=_HUBER_FRAMES)
