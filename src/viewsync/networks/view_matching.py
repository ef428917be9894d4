"""All positions of one view against all positions of another, and the motion network's first layer on them.

The correlation C (eq. 15) has a channel for each position of the reference view's map and is laid out as the other view's
map, which is what the flow moves. At PETS2009's finest scale that is 6912 channels of 72 × 96, so there are ways to get the
first layer's output without ever holding them all; as all of that is linear, they agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from viewsync.networks.blocked_correlation import convolve_blocks
from viewsync.networks.epipolar_band import EpipolarBand, all_blocks, band_blocks, positions
from viewsync.networks.view_warp import enlarge

Evaluation = Literal["dense", "blocked", "band", "factored"]
"""How the first layer on a correlation is computed.

``dense``: on the whole correlation at once. ``blocked``: block by block. ``band``: only what lies in the epipolar band.
``factored``: without any correlation: what the layer does with the reference's features is its filter for the other's;
possible only where no mask comes between.
"""
_TINY = 1e-12


@dataclass(frozen=True)
class Mask:
    """Epipolar bands around the lines of all reference positions.

    Attributes:
        lines: From `epipolar_band.epipolar_lines`, of the features' type.
        band: How a match counts by its distance.
        normalized: Divide the weighted correlation of each reference position by its sum over the other view, as released.
    """

    lines: Float[Tensor, "view_pair position 3"]
    band: EpipolarBand
    normalized: bool = False

    def of(self, pair: int) -> tuple[Float[Tensor, "position 3"], EpipolarBand]:
        """One view pair's lines, and the band around them."""
        return self.lines[pair], self.band


def correlate(
    reference: Float[Tensor, "view_pair channel rows columns"],
    other: Float[Tensor, "view_pair channel height width"],
    mask: Mask | None = None,
) -> Float[Tensor, "view_pair position height width"]:
    """The correlation of all positions with all (eq. 15), times the epipolar mask if there is one (eq. 17)."""
    found = reference.flatten(2).mT @ other.flatten(2)
    if mask is not None:
        found = found * mask.band.weigh(mask.lines @ positions(other.shape[2:], like=found).T)
        if mask.normalized:
            sums = found.sum(dim=2, keepdim=True)
            found = found / torch.where(sums.abs() > _TINY, sums, 1)
    return found.view(len(found), -1, *other.shape[2:])


def enlarged_correlation(
    found: Float[Tensor, "view_pair position _ _"], size_before: Sequence[int], size: Sequence[int]
) -> Float[Tensor, "view_pair _ height width"]:
    """A correlation as it would be of enlarged maps, where features alone don't tell it.

    Args:
        found: From `correlate`, of maps of the size before.
        size_before: Rows and columns.
        size: Those wanted, of both views' maps.
    """
    by_reference = enlarge(found, size).flatten(2).mT
    by_other = enlarge(by_reference.reshape(*by_reference.shape[:2], *size_before), size).flatten(2).mT
    return by_other.reshape(*by_other.shape[:2], *size)


def difference_factors(
    reference_maps: Sequence[Float[Tensor, "view_pair channel _ _"]],
    other_maps: Sequence[Float[Tensor, "view_pair channel _ _"]],
) -> tuple[Float[Tensor, "view_pair channels rows columns"], Float[Tensor, "view_pair channels height width"]]:
    """Features whose correlation is C(j) − up(C(j−1)): enlarging features linearly enlarges their correlation so.

    Args:
        reference_maps: Of the reference view, at scales j − 1 and j.
        other_maps: Of the other view.
    """
    (reference_before, reference), (other_before, other) = reference_maps, other_maps
    return (
        torch.cat([reference, -enlarge(reference_before, reference.shape[2:])], dim=1),
        torch.cat([other, enlarge(other_before, other.shape[2:])], dim=1),
    )


def convolve_correlation(
    reference: Float[Tensor, "view_pair channel rows columns"],
    other: Float[Tensor, "view_pair channel height width"],
    convolution: nn.Conv2d,
    mask: Mask | None = None,
    evaluation: Evaluation = "dense",
) -> Float[Tensor, "view_pair output height width"]:
    """`convolution(correlate(reference, other, mask))`, in any of the ways.

    Args:
        reference: Features of the reference view.
        other: Features of the other view.
        convolution: Of odd square filters, padded so that the size stays.
        mask: Of the matches. None with ``factored``, one with ``band``, normalized only with ``dense``.
        evaluation: Which way.
    """
    if evaluation == "dense":
        found: Tensor = convolution(correlate(reference, other, mask))
        return found
    features, weight, pairs = reference.flatten(2), convolution.weight, range(len(other))
    if evaluation == "factored":
        outputs = _convolve_factored(features, other, weight)
    else:
        masks = [None if mask is None else mask.of(pair) for pair in pairs]
        outputs = torch.stack([_convolve_blocked(features[i], other[i], weight, masks[i], evaluation) for i in pairs])
    assert convolution.bias is not None
    return outputs + convolution.bias[:, None, None]


def _convolve_factored(
    reference: Float[Tensor, "view_pair channel position"],
    other: Float[Tensor, "view_pair channel height width"],
    weight: Float[Tensor, "output position kernel kernel"],
) -> Float[Tensor, "view_pair output height width"]:
    filters = torch.einsum("bcp,phwo->bochw", reference, weight.permute(1, 2, 3, 0)).flatten(0, 1)
    outputs = functional.conv2d(other.flatten(0, 1)[None], filters, padding=weight.shape[2] // 2, groups=len(other))
    return outputs.view(len(other), -1, *other.shape[2:])


def _convolve_blocked(
    reference: Float[Tensor, "channel position"],
    other: Float[Tensor, "channel height width"],
    weight: Float[Tensor, "output position kernel kernel"],
    mask: tuple[Float[Tensor, "position 3"], EpipolarBand] | None,
    evaluation: Evaluation,
) -> Float[Tensor, "output height width"]:
    if mask is not None and evaluation == "band":
        lines, band = mask
        blocks = band_blocks(lines, other.shape[1:], band.reach_cells)
    else:
        blocks = all_blocks(reference.shape[1], other[0].numel(), other.device)
    return convolve_blocks(reference, other, weight, list(blocks), mask)
