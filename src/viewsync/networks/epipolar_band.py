"""Which cells of another view may show what a cell of the reference view shows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

Falloff = Literal["gaussian", "laplacian"]
Block = tuple[Int[Tensor, " _"], Int[Tensor, " _"]]
"""Positions in the reference map and in the other map; all of the ones are matched with all of the others."""
WALKING_METRES_PER_SECOND = 1.4
_SMALLEST_SIGMA_CELLS = 1.0
_NO_LINE = 1e-12
_BUNDLE = 256
_BLOCK = 128
_WIDE_BLOCK = 1024


@dataclass(frozen=True)
class EpipolarBand:
    """How a match counts by its distance from the epipolar line (section III-B2 of Zhang & Chan).

    Attributes:
        sigma_cells: σ, in cells of the feature map.
        cut_sigmas: Beyond so many σ a match counts nothing; inf for no end, as printed.
        falloff: ``gaussian``: exp(−d² / 2σ²). ``laplacian``: exp(−d / σ), as released.
    """

    sigma_cells: float
    cut_sigmas: float = 3.0
    falloff: Falloff = "gaussian"

    @property
    def reach_cells(self) -> float:
        """The farthest match that counts."""
        return self.sigma_cells * self.cut_sigmas

    def weigh(self, distances_cells: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """1 on the line, less beside it; distances may have either sign."""
        distances = distances_cells.abs()
        if self.falloff == "gaussian":
            weights = torch.exp(distances.square() * (-0.5 / self.sigma_cells**2))
        else:
            weights = torch.exp(distances / -self.sigma_cells)
        return weights if self.cut_sigmas == inf else weights.masked_fill(distances > self.reach_cells, 0)


def sigma_for(
    latency_seconds: float,
    pixels_per_metre: float,
    strides_pixels: Sequence[float],
    speed_metres_per_second: float = WALKING_METRES_PER_SECOND,
    cut_sigmas: float = 3.0,
) -> tuple[float, ...]:
    """σ for each scale: who walks straight away from the line all the time just gets to where the band is cut.

    σ = latency · speed · pixels per metre / (stride · cut), but at least one cell, which is how finely a place is known.

    Args:
        latency_seconds: The largest between two views.
        pixels_per_metre: Of the picture, where people walk: focal length in pixels / distance in metres.
        strides_pixels: Of each scale: how many pixels of the picture a cell covers.
        speed_metres_per_second: Of the people.
        cut_sigmas: Where the band is cut.
    """
    way_pixels = latency_seconds * speed_metres_per_second * pixels_per_metre
    return tuple(max(_SMALLEST_SIGMA_CELLS, way_pixels / stride / cut_sigmas) for stride in strides_pixels)


def epipolar_mask(
    fundamental: Float[Tensor, "batch 3 3"],
    shape_reference: Sequence[int],
    shape_other: Sequence[int],
    strides_pixels: Sequence[float],
    band: EpipolarBand,
) -> Float[Tensor, "batch height width height_other width_other"]:
    """How much each position of the other map may match each of the reference map: M of eq. 17.

    As a straight line convolved with a Gaussian would be, scaled to 1 on the line.

    Args:
        fundamental: F with x_referenceᵀ F x_other = 0 for pixels of the pictures, as
            `viewsync.geometry.epipolar.fundamental_matrix(reference, other)`.
        shape_reference: Rows and columns of the reference view's map.
        shape_other: Rows and columns of the other view's map.
        strides_pixels: Height and width of a cell, in pixels of the picture; the same in both views.
        band: How a match counts by its distance.
    """
    lines = epipolar_lines(fundamental, shape_reference, strides_pixels)
    weights = band.weigh(lines @ positions(shape_other, like=lines).T)
    return weights.reshape(len(fundamental), *shape_reference, *shape_other)


def epipolar_lines(
    fundamental: Float[Tensor, "batch 3 3"], shape_reference: Sequence[int], strides_pixels: Sequence[float]
) -> Float[Tensor, "batch position 3"]:
    """Lines in the other view of all positions in the reference map, row by row.

    Their product with (column, row, 1) of the other map is the distance from the line in cells, with a sign. Positions
    without a line, at the epipole, have zeros, so that they match everything.

    Args:
        fundamental: As in `epipolar_mask`.
        shape_reference: Rows and columns of the reference view's map.
        strides_pixels: Height and width of a cell, in pixels of the picture; the same in both views.
    """
    down, across = strides_pixels
    # The middle of cell 0 isn't that of pixel 0.
    pixels_of = fundamental.new_tensor([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1]])
    lines: Tensor = positions(shape_reference, like=fundamental) @ (pixels_of.T @ fundamental @ pixels_of)
    normals: Tensor = lines[..., :2].norm(dim=-1, keepdim=True)
    return lines / normals.clamp_min(_NO_LINE)


def positions(shape: Sequence[int], like: Tensor) -> Float[Tensor, "position 3"]:
    """(column, row, 1) of each cell, row by row."""
    rows, columns = (torch.arange(count, device=like.device, dtype=like.dtype) for count in shape)
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y, torch.ones_like(x)], dim=-1).flatten(0, 1)


def all_blocks(references: int, others: int, device: torch.device) -> Iterator[Block]:
    """All positions with all others, in blocks."""
    for some_others in torch.split(torch.arange(others, device=device), _WIDE_BLOCK):
        for some_references in torch.split(torch.arange(references, device=device), _WIDE_BLOCK):
            yield some_references, some_others


def band_blocks(lines: Float[Tensor, "position 3"], shape_other: Sequence[int], reach_cells: float) -> Iterator[Block]:
    """Blocks that hold all pairs of positions within the band, and few besides.

    Positions of the other map that lie near each other on about the same epipolar line go together, as they have about the
    same line in the reference view, and a band of about the same width.

    Args:
        lines: Of the reference map's positions, from `epipolar_lines`.
        shape_other: Rows and columns of the other map.
        reach_cells: Half the width of the band.
    """
    cells = positions(shape_other, like=lines)
    # All lines go through the epipole, near or infinitely far: two of them, orthogonal as vectors, span them all.
    one, another = torch.linalg.eigh(lines.T @ lines).eigenvectors[:, 1:].T
    angles = torch.atan2(cells @ one, cells @ another) % torch.pi
    for bundle in torch.split(angles.argsort(), _BUNDLE):
        column_or_row = cells[bundle].std(dim=0, correction=0).argmax()
        for others in torch.split(bundle[cells[bundle, column_or_row].argsort()], _BLOCK):
            near = ((lines @ cells[others].T).abs() <= reach_cells).any(dim=1).nonzero()[:, 0]
            for references in torch.split(near, _WIDE_BLOCK):
                yield references, others
