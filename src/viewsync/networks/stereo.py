"""How alike a left and a right frame are: the submodule "Matching Frames" of Boizard et al.

"Deep Learning-Based Stereo Camera Multi-Video Synchronization" (2023, https://arxiv.org/abs/2303.12916).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from viewsync.types import InputError

Matcher = Literal["siamese", "triplet-euc", "triplet-sim"]
"""Names of the matching networks, in the order of the paper."""
_FILTERS = (32, 48, 48, 64)
"""Of the paper's four convolutions (Table II)."""


class Encoder(nn.Module):
    """What makes a vector of a picture: `FrameEncoder`, or `EfficientEncoder`.

    Args:
        channels: Of a picture.
        smallest_pixels: Height and width that a picture must have at least.
        layers: From pictures to one vector each.
        features: Length of that vector.
    """

    def __init__(self, channels: int, smallest_pixels: int, layers: nn.Module, features: int) -> None:
        super().__init__()
        self.channels = channels
        self.smallest_pixels = smallest_pixels
        self.features = features
        self.layers = layers
        for layer in layers.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                # PyTorch's own first weights let what differs between pictures fade from layer to layer.
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def forward(self, frames: Float[Tensor, "frame channel height width"]) -> Float[Tensor, "frame feature"]:
        """A vector for each picture.

        Raises:
            InputError: Pictures are too small, or don't have the encoder's channels.
        """
        _, channels, height, width = frames.shape
        if channels != self.channels or min(height, width) < self.smallest_pixels:
            raise InputError(
                f"pictures are {channels} x {height} x {width} (channels x height x width), but the encoder takes "
                f"{self.channels} channels of at least {self.smallest_pixels} x {self.smallest_pixels}. "
                "Prepare the frames as those that it was trained on."
            )
        features: Tensor = self.layers(frames)
        return features


class FrameEncoder(Encoder):
    """The paper's: four unpadded convolutions 3 × 3, each with ReLU and max pooling, then the mean over the picture.

    Args:
        channels: Of a picture.
        first_pool: Size of the first pooling: 2 as printed (Table II), 3 in the code that the authors released. The other
            poolings are 2 × 2.
        dense: Length of the vector that a last linear layer with ReLU makes; without it, the vector is the mean.
    """

    def __init__(self, channels: int, *, first_pool: int = 2, dense: int | None = 48) -> None:
        layers: list[nn.Module] = []
        for index, (inputs, outputs) in enumerate(pairwise((channels, *_FILTERS))):
            pool = 2 if index else first_pool
            layers += [nn.Conv2d(inputs, outputs, 3), nn.ReLU(inplace=True), nn.MaxPool2d(pool)]
        # Backwards from one pixel: a pooling multiplies, an unpadded convolution adds two.
        smallest = ((((1 * 2) + 2) * 2 + 2) * 2 + 2) * first_pool + 2
        super().__init__(channels, smallest, *_pooled(layers, _FILTERS[-1], dense))


class EfficientEncoder(Encoder):
    """A small network of the building blocks of EfficientNet, which the paper tried, pre-trained, and dropped.

    After Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks" (2019,
    https://arxiv.org/abs/1905.11946), with group instead of batch normalization, as the paper trains on single pairs.

    Args:
        channels: Of a picture.
        widths: Channels of the first convolution and of each block behind it; all halve the picture.
        dense: Length of the vector that a last linear layer with ReLU makes; without it, the vector is the mean.
    """

    def __init__(self, channels: int, *, widths: tuple[int, ...] = (16, 24, 32, 48, 64), dense: int | None = 48) -> None:
        layers: list[nn.Module] = _normed(nn.Conv2d(channels, widths[0], 3, stride=2, padding=1, bias=False))
        for inputs, outputs in pairwise(widths):
            layers += [_MBConv(inputs, outputs, stride=2), _MBConv(outputs, outputs, stride=1)]
        super().__init__(channels, 1 << len(widths), *_pooled(layers, widths[-1], dense))


class MatchingNetwork(nn.Module, ABC):
    """Siamese branches and what compares their vectors.

    Args:
        encoder: Of both branches.
    """

    higher_is_alike: ClassVar[bool]
    """Whether a higher number of the matrix means that frames are more alike; otherwise a lower one does."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    @property
    def channels(self) -> int:
        """Of a picture."""
        return self.encoder.channels

    def forward(
        self, left: Float[Tensor, "row channel height width"], right: Float[Tensor, "column channel height width"]
    ) -> Float[Tensor, "row column"]:
        """The matching matrix of two clips.

        Raises:
            InputError: As `Encoder.forward`.
        """
        return self.matrix(self.embed(left), self.embed(right))

    def embed(self, frames: Float[Tensor, "frame channel height width"]) -> Float[Tensor, "frame feature"]:
        """A vector for each picture.

        Raises:
            InputError: As `Encoder.forward`.
        """
        features: Tensor = self.encoder(frames)
        return features

    @abstractmethod
    def matrix(
        self, a: Float[Tensor, "*batch row feature"], b: Float[Tensor, "*batch column feature"]
    ) -> Float[Tensor, "*batch row column"]:
        """What delays are told from: a number for each frame of the left with each of the right, as the paper leaves it."""


class CNNSiamese(MatchingNetwork):
    """A score from 0 to 1: a linear layer and a sigmoid on how far each feature differs. Trained by `siamese_loss`."""

    higher_is_alike = True

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder)
        self.score = nn.Linear(encoder.features, 1)

    def pair_logits(
        self, a: Float[Tensor, "*#batch feature"], b: Float[Tensor, "*#batch feature"]
    ) -> Float[Tensor, "*#batch"]:
        """Of each vector of the left with the one of the right beside it: the score before the sigmoid."""
        logits: Tensor = self.score((a - b).abs())
        return logits[..., 0]

    def matrix(
        self, a: Float[Tensor, "*batch row feature"], b: Float[Tensor, "*batch column feature"]
    ) -> Float[Tensor, "*batch row column"]:
        """Scores."""
        return torch.sigmoid(self.pair_logits(a[..., :, None, :], b[..., None, :, :]))


class TripletEuc(MatchingNetwork):
    """The Euclidean distance. Trained by `triplet_loss`."""

    higher_is_alike = False

    def matrix(
        self, a: Float[Tensor, "*batch row feature"], b: Float[Tensor, "*batch column feature"]
    ) -> Float[Tensor, "*batch row column"]:
        """Distances."""
        # The way by a matrix product would lose the small ones, which are those that count.
        return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


class TripletSim(MatchingNetwork):
    """The cosine similarity. Trained by `triplet_loss` of distance ``cosine``."""

    higher_is_alike = True

    def matrix(
        self, a: Float[Tensor, "*batch row feature"], b: Float[Tensor, "*batch column feature"]
    ) -> Float[Tensor, "*batch row column"]:
        """Similarities, from −1 to 1."""
        return functional.normalize(a, dim=-1) @ functional.normalize(b, dim=-1).mT


MATCHERS: Mapping[Matcher, type[MatchingNetwork]] = MappingProxyType(
    {"siamese": CNNSiamese, "triplet-euc": TripletEuc, "triplet-sim": TripletSim}
)
"""The matching networks by name."""


def _pooled(layers: list[nn.Module], width: int, dense: int | None) -> tuple[nn.Sequential, int]:
    """The layers, with the mean over the picture and the last linear layer behind them, and how long a vector that makes."""
    last = [nn.Linear(width, dense), nn.ReLU(inplace=True)] if dense else []
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), *last), dense or width


class _MBConv(nn.Module):
    """An inverted bottleneck with squeeze and excitation, beside a shortcut where the shape stays."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int = 4) -> None:
        super().__init__()
        inner = expansion * inputs
        self.expand = nn.Sequential(
            *_normed(nn.Conv2d(inputs, inner, 1, bias=False)),
            *_normed(nn.Conv2d(inner, inner, 3, stride=stride, padding=1, groups=inner, bias=False)),
        )
        self.excite = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(inner, inputs // 4, 1),
            nn.SiLU(),
            nn.Conv2d(inputs // 4, inner, 1),
            nn.Sigmoid(),
        )
        self.project = nn.Sequential(nn.Conv2d(inner, outputs, 1, bias=False), nn.GroupNorm(1, outputs))
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, maps: Float[Tensor, "frame channel height width"]) -> Float[Tensor, "frame out height_out width_out"]:
        """Maps of the same size, or of half of it."""
        inner = self.expand(maps)
        projected: Tensor = self.project(inner * self.excite(inner))
        return maps + projected if self.shortcut else projected


def _normed(convolution: nn.Conv2d) -> list[nn.Module]:
    return [convolution, nn.GroupNorm(1, convolution.out_channels), nn.SiLU()]
