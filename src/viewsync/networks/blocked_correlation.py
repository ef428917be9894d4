"""A convolution of the correlation of all positions with all, which is never formed as a whole."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from viewsync.networks.epipolar_band import Block, EpipolarBand


def convolve_blocks(
    reference: Float[Tensor, "channel position"],
    other: Float[Tensor, "channel height width"],
    weight: Float[Tensor, "output position kernel kernel"],
    blocks: Sequence[Block],
    mask: tuple[Float[Tensor, "position 3"], EpipolarBand] | None = None,
) -> Float[Tensor, "output height width"]:
    """What a padded convolution makes of the correlation, times the weights of an epipolar band if there is one.

    The gradient is computed block by block, too; it needs the features only. Second derivatives aren't there.

    Args:
        reference: Features of the reference view; a channel of the correlation for each position.
        other: Features of the other view, in whose layout the correlation is.
        weight: Of the convolution. Fast where weights of one input channel lie together in memory.
        blocks: Cover all pairs of positions that count, once each.
        mask: Epipolar lines of the reference's positions, and how a pair counts by its distance from them.
    """
    rows: Tensor = _BlockedConvolution.apply(reference, other, weight.permute(1, 2, 3, 0), blocks, mask)  # type: ignore[no-untyped-call]
    return rows.permute(2, 0, 1)


class _BlockedConvolution(torch.autograd.Function):
    """Each block's correlation times the weights is what its positions give to their neighbourhoods."""

    @staticmethod
    def forward(
        ctx: Any,
        reference: Float[Tensor, "channel position"],
        other: Float[Tensor, "channel height width"],
        weight: Float[Tensor, "position kernel kernel output"],
        blocks: Sequence[Block],
        mask: tuple[Float[Tensor, "position 3"], EpipolarBand] | None,
    ) -> Float[Tensor, "height width output"]:
        ctx.save_for_backward(reference, other, weight)
        ctx.blocks, ctx.mask = blocks, mask
        (height, width), (kernel, outputs) = other.shape[1:], weight.shape[2:]
        flat = other.flatten(1)
        summed = other.new_zeros((height + kernel - 1) * (width + kernel - 1), outputs)
        for references, others in blocks:
            counted = _weights(mask, references, others, width)
            found = reference[:, references].T @ flat[:, others] * counted
            given = found.T @ weight.index_select(0, references).flatten(1)
            summed.index_add_(0, _neighbourhoods(others, width, kernel), given.view(-1, outputs))
        margin = kernel // 2
        padded = summed.view(height + kernel - 1, width + kernel - 1, outputs)
        return padded[margin : height + margin, margin : width + margin]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_rows: Float[Tensor, "height width output"]) -> tuple[Tensor | None, ...]:
        reference, other, weight = ctx.saved_tensors
        width, kernel = other.shape[2], weight.shape[1]
        flat, margin = other.flatten(1), kernel // 2
        padded = functional.pad(of_rows, (0, 0, margin, margin, margin, margin)).flatten(0, 1)
        of_reference, of_other, of_weight = (torch.zeros_like(tensor) for tensor in (reference, flat, weight))
        for references, others in ctx.blocks:
            counted = _weights(ctx.mask, references, others, width)
            of_given = padded[_neighbourhoods(others, width, kernel)].view(len(others), -1)
            found = reference[:, references].T @ flat[:, others] * counted
            of_weight.index_add_(0, references, (found @ of_given).view(-1, *weight.shape[1:]))
            of_found = weight.index_select(0, references).flatten(1) @ of_given.T * counted
            of_reference.index_add_(1, references, flat[:, others] @ of_found.T)
            of_other.index_add_(1, others, reference[:, references] @ of_found)
        return of_reference, of_other.view_as(other), of_weight, None, None


def _weights(
    mask: tuple[Float[Tensor, "position 3"], EpipolarBand] | None,
    references: Int[Tensor, " reference"],
    others: Int[Tensor, " other"],
    width: int,
) -> Float[Tensor, "reference other"] | int:
    if mask is None:
        return 1
    lines, band = mask
    cells = torch.stack([others % width, others // width, torch.ones_like(others)]).to(lines.dtype)
    return band.weigh(lines[references] @ cells)


def _neighbourhoods(others: Int[Tensor, " other"], width: int, kernel: int) -> Int[Tensor, " output"]:
    """Where in the padded output each of the filter's cells puts what each position gives."""
    cells = torch.arange(kernel - 1, -1, -1, device=others.device)
    padded_width = width + kernel - 1
    corners = others // width * padded_width + others % width
    return (corners[:, None, None] + cells[:, None] * padded_width + cells).flatten()
