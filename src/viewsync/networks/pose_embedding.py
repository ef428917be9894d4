"""What a person's posture and movement look like from any side, as a vector per frame."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

RATE_HZ = 30.0
"""Of the tracks that go in and the embeddings that come out."""
_SCALE_FRAMES = 61
"""A body's size in the picture is taken over so many frames: about 2 s."""
_FAR = 4.0
"""Joints are cut off at so many body sizes from the middle: beyond is a detector's mistake."""


class PoseEmbedding(nn.Module):
    """A temporal convolutional network from 2D joints to view-invariant embeddings.

    How alike two cameras' tracks are at a lag is the sum over their overlap of the dot products of the embeddings
    (`viewsync.pose_embedding.correlation`). An embedding's length is how much its instant can tell: the network makes it
    small where somebody stands still or is hardly seen.

    The architecture is a residual network of dilated convolutions as in Bai et al., "An Empirical Evaluation of Generic
    Convolutional and Recurrent Networks for Sequence Modeling" (2018, https://arxiv.org/abs/1803.01271), but looks both
    ways in time. There is no normalization over time, so that it commutes with shifts but for the ends.

    Args:
        joints: Number of joints; they must come in the order in which the network was trained.
        channels: Width of the hidden layers.
        dimensions: Length of an embedding.
        dilations: Of each residual block's convolution of three frames; their sum is how many frames the blocks look
            back, and ahead.
    """

    def __init__(
        self,
        joints: int = 17,
        channels: int = 128,
        dimensions: int = 64,
        dilations: tuple[int, ...] = (1, 2, 4, 8, 4, 2),
    ) -> None:
        super().__init__()
        self.reach_frames = sum(dilations) + _SCALE_FRAMES // 2
        """How far an embedding looks back, and ahead."""
        self.enter = nn.Linear(3 * joints, channels)
        self.blocks = nn.ModuleList(_Block(channels, dilation) for dilation in dilations)
        self.direction = nn.Linear(channels, dimensions)
        self.weight = nn.Linear(channels, 1)
        # Clips of some seconds begin with logits of order 10, out of which a softmax can learn.
        nn.init.constant_(self.weight.bias, -1.0)

    def forward(self, tracks: Float[Tensor, "batch time joint 3"]) -> Float[Tensor, "batch time dimension"]:
        """Embeddings of tracks.

        Args:
            tracks: x, y in any unit and confidence 0 … 1 at `RATE_HZ`. Joints that weren't seen have confidence 0 and
                any coordinates, also nan.
        """
        hidden = self.enter(normalized(tracks).flatten(2)).transpose(1, 2)
        for block in self.blocks:
            hidden = block(hidden)
        hidden = hidden.transpose(1, 2)
        seen = tracks[..., 2].amax(dim=2, keepdim=True) > 0
        return functional.normalize(self.direction(hidden), dim=2) * functional.softplus(self.weight(hidden)) * seen


def normalized(tracks: Float[Tensor, "batch time joint 3"]) -> Float[Tensor, "batch time joint 3"]:
    """Joints as seen from their middle, in units of the body's size over some seconds: translation and zoom drop out.

    Joints that weren't seen become zeros.
    """
    confidence = tracks[..., 2:].clamp(0, 1)
    seen = (confidence > 0).to(tracks.dtype)
    places = torch.where(confidence > 0, tracks[..., :2], 0.0)
    middle = (seen * places).sum(2, keepdim=True) / seen.sum(2, keepdim=True).clamp_min(1)
    places = seen * (places - middle)
    # The mean distance from the middle bears a wild joint better than the mean square does.
    sizes = _running_sum(places.norm(dim=3).sum(2)) / _running_sum(seen.sum((2, 3))).clamp_min(1)
    places = places / sizes.clamp_min(torch.finfo(tracks.dtype).tiny)[..., None, None]
    return torch.cat([places.clamp(-_FAR, _FAR), confidence], dim=3)


def _running_sum(values: Float[Tensor, "batch time"]) -> Float[Tensor, "batch time"]:
    half = _SCALE_FRAMES // 2
    return _SCALE_FRAMES * functional.avg_pool1d(values[:, None], _SCALE_FRAMES, stride=1, padding=half)[:, 0]


class _Block(nn.Module):
    """x + W₂ · gelu(W₁ * gelu(x)): it begins as the identity."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.over_time = nn.Conv1d(channels, channels, kernel_size=3, dilation=dilation, padding=dilation)
        self.over_channels = nn.Conv1d(channels, channels, kernel_size=1)
        nn.init.zeros_(self.over_channels.weight)
        assert self.over_channels.bias is not None
        nn.init.zeros_(self.over_channels.bias)

    def forward(self, hidden: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch channel time"]:
        """Same shape."""
        mixed: Tensor = self.over_channels(functional.gelu(self.over_time(functional.gelu(hidden))))
        return hidden + mixed
