"""The layers of MVMS: what sees a picture, what joins its sizes, what looks it up on the ground, what decodes that."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

_RADIUS, _ALPHA = 5, 0.01
"""Of local response normalization."""


class LocalResponseNorm(nn.Module):
    """x / (1 + α · Σ x²) ^ 0.75, the sum over the channels up to 5 away, α = 0.01.

    PyTorch's divides α by how many these are, and takes several times as long on a CPU.

    Args:
        channels: Of the maps.
    """

    near: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        place = torch.arange(channels)
        near = (place[:, None] - place).abs() <= _RADIUS
        self.register_buffer("near", near.float(), persistent=False)

    def forward(self, maps: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel height width"]:
        """Same shape."""
        power = 1 + _ALPHA * torch.einsum("oc,bchw->bohw", self.near, maps.square())
        return maps * power.rsqrt() * power.sqrt().rsqrt()


def project(
    maps: Float[Tensor, "batch channel height width"], sampling: Float[Tensor, "batch row column 2"]
) -> Float[Tensor, "batch channel row column"]:
    """A view's maps, looked up at each cell of the ground; cells outside of the picture show its edge."""
    return functional.grid_sample(maps, sampling, padding_mode="border", align_corners=False)


class ScaleFusion(nn.Module):
    """Takes far people from the large picture's features, near ones from the smaller pictures', by depth."""

    def __init__(self, channels: int, scales: int) -> None:
        super().__init__()
        self.adapt = nn.ModuleList(nn.Sequential(_convolution(channels, channels), nn.ReLU()) for _ in range(scales))
        self.slope, self.offset = nn.Parameter(torch.tensor(-1.0)), nn.Parameter(torch.tensor(1.0))

    def weights(self, depth: Float[Tensor, "batch height width"]) -> Float[Tensor, "batch scale height width"]:
        """How much each scale counts where people are so far off, relative to the middle of the first view.

        Coarsest first. At first, those as far off as that middle belong to the second finest, and those twice as far off to
        the finest.
        """
        wanted = self.slope * depth.log2() + self.offset
        numbers = torch.arange(len(self.adapt), device=depth.device).flip(0)[:, None, None]
        return torch.softmax(-((wanted[:, None] - numbers) ** 2), dim=1)

    def forward(
        self, scales: Sequence[Float[Tensor, "batch channel _ _"]], depth: Float[Tensor, "batch _ _"]
    ) -> Float[Tensor, "batch channel height width"]:
        """One map, of the finest scale's size."""
        height, width = scales[-1].shape[-2:]
        weights = self.weights(functional.interpolate(depth[:, None], (height, width), mode="bilinear")[:, 0])
        joined = torch.zeros_like(scales[-1])
        for number, (maps, adapt) in enumerate(zip(scales, self.adapt, strict=True)):
            enlarged = functional.interpolate(adapt(maps), scale_factor=2 ** (len(scales) - 1 - number), mode="bilinear")
            # Coarse cells at an edge may reach beyond the picture.
            joined = joined + enlarged[..., :height, :width] * weights[:, number, None]
        return joined


def eye(channels: tuple[int, int, int, int]) -> nn.Sequential:
    """What sees a picture: the front of FCN-7."""
    one, two, three, four = channels
    # Where half a cell is left over at an edge, TensorFlow's pooling keeps it.
    halve = nn.MaxPool2d(2, ceil_mode=True)
    return nn.Sequential(
        *(_convolution(1, one), nn.ReLU(), LocalResponseNorm(one)),
        *(_convolution(one, two), halve, nn.ReLU(), LocalResponseNorm(two)),
        *(_convolution(two, three), nn.ReLU(), LocalResponseNorm(three)),
        *(_convolution(three, four), halve, nn.ReLU(), LocalResponseNorm(four)),
    )


def to_density(channels: int, hidden: tuple[int, int], rectified: bool) -> nn.Sequential:
    """From features to a density, which can't be negative if `rectified`."""
    one, two = hidden
    last = [nn.ReLU()] if rectified else []
    return nn.Sequential(
        *(_convolution(channels, one), nn.ReLU()), *(_convolution(one, two), nn.ReLU()), *(_convolution(two, 1), *last)
    )


def _convolution(channels_in: int, channels_out: int) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, 5, padding=2)


def he_normal(module: nn.Module) -> None:
    """First weights as in He et al. (2015), for a convolution; no bias."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        assert module.bias is not None
        nn.init.zeros_(module.bias)
