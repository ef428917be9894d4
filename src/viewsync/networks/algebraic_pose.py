"""Joints in space by triangulation of heat-maps (Iskakov et al., 2019, https://arxiv.org/abs/1905.05754)."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from viewsync.networks.triangulation import shared_confidences, triangulate

SHARPNESS = 100.0
"""Heat-maps are multiplied by it before their softmax, as printed: so that high ones count and all others don't."""


class AlgebraicPose(NamedTuple):
    """What each view shows of the joints, and where that puts them."""

    joints_metres: Float[Tensor, "batch joint 3"]
    """In the world; always finite."""
    before: Bool[Tensor, "batch joint"]
    """Whether they lie before all cameras that see them, and two or more do. What isn't is to be taken as missing."""
    pixels: Float[Tensor, "batch view joint 2"]
    """x and y in each picture; of missing views, anything."""
    weights: Float[Tensor, "batch view joint"]
    """How much each view counted; 0 for missing ones."""
    heatmaps: Float[Tensor, "batch view joint row column"]
    """As the network gave them, before softmax."""


def algebraic_pose(
    heatmaps: Float[Tensor, "batch view joint row column"],
    projections: Float[Tensor, "batch view 3 4"],
    picture_pixels: tuple[int, int],
    present: Bool[Tensor, "batch view"],
    confidences: Float[Tensor, "batch view joint"] | None = None,
) -> AlgebraicPose:
    """Triangulate joints from where heat-maps show them, differentiably.

    Args:
        heatmaps: Of the joints in each view.
        projections: K [R | t]: from the world (metres) to pixels of the pictures; those of missing views must be a camera's,
            but have no effect as long as it is one of the others'.
        picture_pixels: Height and width of the pictures, all of which the heat-maps show.
        present: Which views there are.
        confidences: Of each view in each joint, 0 or more; only their ratios matter. All alike unless told.
    """
    pixels = soft_argmax_pixels(heatmaps, picture_pixels)
    weights = present[:, :, None].to(heatmaps.dtype).expand(-1, -1, heatmaps.shape[2])
    if confidences is not None:
        weights = weights * shared_confidences((confidences * weights).mT).mT
    matrices = projections[:, None].expand(-1, heatmaps.shape[2], -1, -1, -1)
    found = triangulate(matrices, pixels.transpose(1, 2), weights.mT)
    return AlgebraicPose(found.points, found.before, pixels, weights, heatmaps)


def soft_argmax_pixels(
    heatmaps: Float[Tensor, "*batch row column"], picture_pixels: tuple[int, int]
) -> Float[Tensor, "*batch 2"]:
    """The mean place, x and y in pixels of the picture, under the softmax of sharpened heat-maps."""
    rows, columns = heatmaps.shape[-2:]
    chances = (SHARPNESS * heatmaps).flatten(-2).softmax(dim=-1).view_as(heatmaps)
    height, width = picture_pixels
    x = chances.sum(dim=-2) @ _middles(columns, width, heatmaps)
    y = chances.sum(dim=-1) @ _middles(rows, height, heatmaps)
    return torch.stack([x, y], dim=-1)


def _middles(cells: int, pixels: int, like: Tensor) -> Float[Tensor, " cell"]:
    """Of cells, in pixels: that of cell 0 isn't that of pixel 0."""
    numbers = torch.arange(cells, dtype=like.dtype, device=like.device)
    return (numbers + 0.5) * (pixels / cells) - 0.5
