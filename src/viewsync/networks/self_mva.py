"""The network of Self-MVA: a vector for a person's box in a camera's picture, near those of the same person elsewhere."""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

Mode = Literal["box", "point"]
"""What the decoder gives: boxes, or their middles."""
Residual = Literal["as drawn", "released"]
"""Where a layer adds what it was given: after standardisation, or before it."""

_PROMPT_PIXELS = 1024
_SMALLEST_STD = 1e-6
_LAYERS = 3
"""Between prompts and the feature."""


class BoxEncoder(nn.Module):
    """A box as two corner prompts, as the prompt encoder of Segment Anything has them, but with no weights to be had.

    A corner is told by fixed random Fourier features of where it is in a picture whose long side is 1024 pixels, plus a
    learned vector that says which corner it is.

    Args:
        width: Of the vector of a corner, even.
        cycles: Standard deviation of the frequencies, per half of the long side.
        seed: Of the frequencies.
    """

    frequencies: Tensor

    def __init__(self, width: int = 256, cycles: float = 1.0, seed: int = 0) -> None:
        super().__init__()
        drawn = cycles * torch.randn(2, width // 2, generator=torch.Generator().manual_seed(seed))
        self.register_buffer("frequencies", drawn)
        self.corners = nn.Parameter(torch.randn(2, width))

    def forward(
        self, boxes: Float[Tensor, "*batch person 4"], sizes: Float[Tensor, "*batch 2"]
    ) -> Float[Tensor, "*batch person feature"]:
        """Both corners' vectors, one after the other.

        Args:
            boxes: x1, y1, x2, y2 in pixels.
            sizes: Width and height of the pictures.
        """
        resized = (sizes * _PROMPT_PIXELS / sizes.amax(-1, keepdim=True)).round()
        corners = boxes.reshape(*boxes.shape[:-1], 2, 2) * (resized / sizes)[..., None, None, :]
        phases = 2 * math.pi * (2 * (corners + 0.5) / _PROMPT_PIXELS - 1) @ self.frequencies
        return (torch.cat([phases.sin(), phases.cos()], dim=-1) + self.corners).flatten(-2)


class LayerStandardisation(nn.Module):
    """To mean 0 and (unbiased) variance 1, each vector by itself. Unlike `torch.nn.LayerNorm` it learns nothing."""

    def forward(self, features: Float[Tensor, "*batch feature"]) -> Float[Tensor, "*batch feature"]:
        """Standardised vectors."""
        if not features.numel():  # Of nobody: PyTorch would warn.
            return features
        std, mean = torch.std_mean(features, dim=-1, keepdim=True)
        return (features - mean) / (std + _SMALLEST_STD)


class SelfMVA(nn.Module):
    """Vectors of boxes that are near each other for one person seen by different cameras at one instant.

    Chen et al., "Learning to Associate Multi-View People from Synchronization" (Self-MVA, CVPR 2025,
    https://arxiv.org/abs/2503.13739): a box, told by its corners, and a vector that each camera has, go through linear
    layers. So the network holds for the cameras it was trained on, where they stood then, and for no others.

    Args:
        cameras: Their names, in the order in which they are numbered.
        sizes: Widths and heights of the cameras' pictures that it learned from, for when nobody tells others.
        width: Of a corner's and of a camera's vector; a feature has three times as many numbers.
        mode: What the decoder gives.
        residual: How a layer is built: as the paper draws it, or as its code has it.
        cycles: Of the encoder's frequencies.
        seed: Of the encoder's frequencies.
    """

    halfway: Tensor
    """Distance of two boxes that are as likely of one person as of two; set by calibration, not by descent."""

    def __init__(
        self,
        cameras: Sequence[str],
        *,
        sizes: Sequence[Sequence[int]] | None = None,
        width: int = 256,
        mode: Mode = "box",
        residual: Residual = "as drawn",
        cycles: float = 1.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.cameras, self.mode, self.residual = tuple(cameras), mode, residual
        self.sizes = None if sizes is None else tuple((width, height) for width, height in sizes)
        self.boxes = BoxEncoder(width, cycles, seed)
        self.tokens = nn.Parameter(nn.init.trunc_normal_(torch.empty(len(cameras), width), std=0.02))
        self.layers = nn.ModuleList(nn.Linear(3 * width, 3 * width) for _ in range(_LAYERS))
        self.standardisation = LayerStandardisation()
        self.decoder = nn.Linear(3 * width, (4 if mode == "box" else 2) * len(cameras))
        self.register_buffer("halfway", torch.ones(()))

    def embed(
        self, boxes: Float[Tensor, "*batch person 4"], sizes: Float[Tensor, "*batch 2"], camera: Int[Tensor, "*batch"]
    ) -> Float[Tensor, "*batch person feature"]:
        """A vector for each box.

        Args:
            boxes: x1, y1, x2, y2 in pixels, of one picture each row.
            sizes: The pictures' widths and heights.
            camera: Numbers of the cameras that took them.
        """
        prompts = self.boxes(boxes, sizes)
        tokens = self.tokens[camera][..., None, :].expand(*prompts.shape[:-1], -1)
        features = torch.cat([prompts, tokens], dim=-1)
        for layer in self.layers:
            if self.residual == "released":
                features = self.standardisation(layer(features) + features).relu()
            else:
                features = (self.standardisation(layer(features)) + features).relu()
        return features

    def decode(self, features: Float[Tensor, "*batch feature"]) -> Float[Tensor, "*batch camera number"]:
        """Where each camera has the person: x1, y1, x2, y2, or in point mode x, y; in shares of the picture's sides."""
        values: Tensor = self.decoder(features).unflatten(-1, (len(self.cameras), -1))
        if self.mode == "point":
            return values
        middle, half = values[..., :2], values[..., 2:].sigmoid() / 2
        return torch.cat([middle - half, middle + half], dim=-1)
