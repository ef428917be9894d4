"""The flow from one instant to another in a view's feature maps, and moving the maps along it.

Flow is in cells of its feature map: channel 0 to the right, channel 1 down.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

Activation = Literal["tanh", "relu", "leaky_relu"]
Border = Literal["zeros", "border"]
TABLE_I = (128, 128, 64, 64, 32)
"""Output channels of the motion network's layers but the last, which has 2."""
KERNEL = 5
"""Height and width of all its filters."""
_LEAK = 0.1
"""Slope below zero of a leaky ReLU."""


class MotionNetwork(nn.Module):
    """From how two views match to a flow (Table I of Zhang & Chan). It begins with no flow at all.

    Args:
        inputs: Channels that come in: twice the features', or positions of the reference view's map.
        activation: Between the layers: ``tanh`` as released; the paper doesn't say. Where ℓ_W alone teaches them, plain
            ``relu`` often die.
        widths: Output channels of the layers but the last.
    """

    def __init__(self, inputs: int, activation: Activation = "tanh", widths: Sequence[int] = TABLE_I) -> None:
        super().__init__()
        convolutions = [nn.Conv2d(*ends, KERNEL, padding=KERNEL // 2) for ends in pairwise((inputs, *widths, 2))]
        for convolution in convolutions:
            nn.init.kaiming_normal_(convolution.weight, a=_LEAK, nonlinearity=activation)
            _zero_bias(convolution)
        nn.init.zeros_(convolutions[-1].weight)
        self.first, *others = convolutions
        # Matching that is limited to a band takes some input channels at a time, which should lie together in memory.
        outermost = self.first.weight.detach().permute(1, 2, 3, 0).contiguous()
        self.first.weight = nn.Parameter(outermost.permute(3, 0, 1, 2))
        rest: list[nn.Module] = []
        for convolution in others:
            rest += [_between(activation), convolution]
        self.rest = nn.Sequential(*rest)

    def forward(self, matched: Float[Tensor, "view_pair input height width"]) -> Float[Tensor, "view_pair 2 height width"]:
        """Flow in cells."""
        flow: Tensor = self.rest(self.first(matched))
        return flow


def _between(activation: Activation) -> nn.Module:
    return {"tanh": nn.Tanh(), "relu": nn.ReLU(), "leaky_relu": nn.LeakyReLU(_LEAK)}[activation]


def _zero_bias(convolution: nn.Conv2d) -> None:
    assert convolution.bias is not None
    nn.init.zeros_(convolution.bias)


def warp(
    maps: Float[Tensor, "batch channel height width"],
    flow_cells: Float[Tensor, "batch 2 height width"],
    border: Border = "zeros",
) -> Float[Tensor, "batch channel height width"]:
    """Maps moved along a flow, linear between cells: output(x) = maps(x + flow(x)).

    So the flow at a cell points to where what will be shown there comes from. Differentiable in both.

    Args:
        maps: What is moved.
        flow_cells: For each cell, how many cells to the right and down its content lies.
        border: What lies outside the maps: ``zeros`` (Jaderberg et al.), or the nearest cell, ``border`` (as released).
    """
    height, width = maps.shape[2:]
    x, y = _sources(flow_cells)
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)
    return functional.grid_sample(maps, grid, padding_mode=border, align_corners=False)


def enlarge(
    maps: Float[Tensor, "batch channel height width"], size: Sequence[int]
) -> Float[Tensor, "batch channel rows columns"]:
    """The same maps with more cells (rows, columns), linear between the old ones."""
    return functional.interpolate(maps, size=tuple(size), mode="bilinear", align_corners=False)


def enlarge_flow(
    flow_cells: Float[Tensor, "batch 2 height width"], size: Sequence[int]
) -> Float[Tensor, "batch 2 rows columns"]:
    """The same flow on a map of more cells, in these smaller cells."""
    (height, width), (rows, columns) = flow_cells.shape[2:], size
    return enlarge(flow_cells, size) * flow_cells.new_tensor([columns / width, rows / height])[:, None, None]


def _sources(
    flow_cells: Float[Tensor, "batch 2 height width"],
) -> tuple[Float[Tensor, "batch height width"], Float[Tensor, "batch height width"]]:
    height, width = flow_cells.shape[2:]
    columns = torch.arange(width, device=flow_cells.device, dtype=flow_cells.dtype)
    rows = torch.arange(height, device=flow_cells.device, dtype=flow_cells.dtype)
    return flow_cells[:, 0] + columns, flow_cells[:, 1] + rows[:, None]
