"""What tells the delay between two clips of frames: a matching network, and behind it a delay network."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from viewsync.networks.delay import DelayHead, DenseDelay, HeatMap, MatrixBiLSTM, MatrixCNN
from viewsync.networks.stereo import MATCHERS, EfficientEncoder, FrameEncoder, Matcher, MatchingNetwork
from viewsync.stereo.frames import Modality
from viewsync.stereo.recordings import CLIP_FRAMES

Head = Literal["dense", "dense-printed", "heat-map", "heat-map-corrected", "cnn", "bilstm"]
"""Delay networks. ``dense-printed`` is given matrices as they are."""
EncoderKind = Literal["paper", "efficient"]
SMALL_SIZE = 112
"""Pixels of the sides of pictures for which a quarter of the work is enough."""
_LARGEST_NOISE = 1.0
"""Standard deviation of what is added to a standardized matrix in training."""


class System(nn.Module):
    """A matching network and a delay network, and which pictures they take.

    Args:
        matcher: Which matching network.
        modality: What its pictures show.
        size: Pixels of their sides.
        head: Which delay network.
        encoder: What makes a vector of a picture: the paper's, or the one that it tried and dropped.
    """

    def __init__(
        self,
        matcher: Matcher = "triplet-euc",
        modality: Modality = "flow",
        size: int = SMALL_SIZE,
        head: Head = "dense",
        encoder: EncoderKind = "paper",
    ) -> None:
        super().__init__()
        self.kind, self.modality, self.size, self.head, self.encoder = matcher, modality, size, head, encoder
        self.matcher = matching_network(matcher, 1 if modality == "image" else 3, encoder)
        self.delay = delay_network(head, self.matcher)

    def forward(
        self, left: Float[Tensor, "row channel height width"], right: Float[Tensor, "row channel height width"]
    ) -> Float[Tensor, " class"]:
        """Logits of the delays between two clips (see `viewsync.networks.delay`).

        Raises:
            InputError: As the two networks.
        """
        logits: Tensor = self.delay(self.matcher(left, right)[None])
        return logits[0]


class Standardized(DelayHead):
    """A delay network that is given each matrix at mean 0 and variance 1, and with noise while it is trained.

    Scenes differ in how far apart their frames are on the whole, which says nothing of the delay. And matrices are clearer
    in scenes that the matching network was trained on than they will be in others.

    Args:
        head: Which one.
    """

    def __init__(self, head: DelayHead) -> None:
        super().__init__(head.frames)
        self.head = head

    def logits(self, matrix: Float[Tensor, "batch row column"]) -> Float[Tensor, "batch class"]:
        """Of the delay network."""
        standard = _standardized(matrix)
        if self.training:
            strength = _LARGEST_NOISE * torch.rand(len(matrix), 1, 1, device=matrix.device)
            standard = _standardized(standard + strength * torch.randn_like(standard))
        return self.head.logits(standard)


def _standardized(matrix: Float[Tensor, "batch row column"]) -> Float[Tensor, "batch row column"]:
    std, mean = torch.std_mean(matrix, dim=(1, 2), keepdim=True)
    return (matrix - mean) / std.clamp_min(torch.finfo(matrix.dtype).tiny)


def matching_network(kind: Matcher, channels: int, encoder: EncoderKind = "paper") -> MatchingNetwork:
    """An untrained matching network.

    Args:
        kind: Which one.
        channels: Of a picture.
        encoder: What makes a vector of a picture.
    """
    return MATCHERS[kind](FrameEncoder(channels) if encoder == "paper" else EfficientEncoder(channels))


def delay_network(head: Head, matcher: MatchingNetwork) -> DelayHead:
    """An untrained delay network for a matching network."""
    if head == "heat-map" or head == "heat-map-corrected":
        bias: Literal["as printed", "corrected"] = "as printed" if head == "heat-map" else "corrected"
        return HeatMap(CLIP_FRAMES, higher_is_alike=matcher.higher_is_alike, bias=bias)
    if head == "dense-printed":
        return DenseDelay(CLIP_FRAMES)
    kinds: dict[str, type[DelayHead]] = {"dense": DenseDelay, "cnn": MatrixCNN, "bilstm": MatrixBiLSTM}
    return Standardized(kinds[head](CLIP_FRAMES))
