"""A cuboid of voxels around a person: which places they are, and what several views show there."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

Aggregation = Literal["sum", "max", "conf", "conf_norm", "softmax"]
"""How views become one volume (Iskakov et al., 2019). ``sum`` and ``max``: of their features. ``conf``: the sum, each view's
times its confidence in the channel. ``conf_norm``: the same with confidences that are shares of all views', as released.
``softmax``: the sum, weighted by the softmax, over views, of the features themselves."""
SIDE_METRES = 2.5
_NEAREST_METRES = 1e-6
_OUTSIDE = 2.0


@dataclass(frozen=True)
class Cuboid:
    """A cube of voxels, one for each instant of a batch; voxel (0, 0, 0) is the corner of least x, y and z if not turned."""

    center_metres: Float[Tensor, "batch 3"]
    """In the world, whose z is up."""
    turn_radians: Float[Tensor, " batch"]
    """About the vertical through the center, from x towards y."""
    voxels: int
    """Along each side."""
    side_metres: float = SIDE_METRES
    """From the first voxel's middle to the last one's."""

    @property
    def offsets_metres(self) -> Float[Tensor, " voxel"]:
        """Of voxels from the center, along any side."""
        half = self.side_metres / 2
        return torch.linspace(-half, half, self.voxels, dtype=self.center_metres.dtype, device=self.center_metres.device)

    def places_metres(self) -> Float[Tensor, "batch x y z 3"]:
        """Middles of the voxels in the world."""
        across, count = self.offsets_metres, len(self.center_metres)
        grid = torch.stack(torch.meshgrid(across, across, across, indexing="ij"), dim=-1).expand(count, -1, -1, -1, -1)
        return self._in_world(grid.flatten(1, 3)).view_as(grid)

    def expectation_metres(self, probabilities: Float[Tensor, "batch joint x y z"]) -> Float[Tensor, "batch joint 3"]:
        """Where joints are in the world, on average (soft-argmax), if each is in a voxel with such a probability."""
        sides = [probabilities.sum(dim=others) for others in ((3, 4), (2, 4), (2, 3))]
        return self._in_world(torch.stack([side @ self.offsets_metres for side in sides], dim=-1))

    def nearest(self, points_metres: Float[Tensor, "batch joint 3"]) -> Int[Tensor, "batch joint 3"]:
        """Numbers of the voxels nearest to points; for points outside, that is one of the cuboid's surface."""
        apart = points_metres - self.center_metres[:, None]
        x, y, z = _turned(apart, -self.turn_radians).unbind(-1)
        steps = (torch.stack([x, y, z], dim=-1) / self.side_metres + 0.5) * (self.voxels - 1)
        return steps.round().long().clamp(0, self.voxels - 1)

    def _in_world(self, points: Float[Tensor, "batch point 3"]) -> Float[Tensor, "batch point 3"]:
        return _turned(points, self.turn_radians) + self.center_metres[:, None]


class SpaceViews(NamedTuple):
    """What each view shows of a cuboid."""

    maps: Float[Tensor, "batch view channel x y z"]
    """Features; zeros where it shows nothing."""
    seen: Bool[Tensor, "batch view x y z"]
    """Where it shows something."""


def unproject(
    maps: Float[Tensor, "batch view channel row column"],
    projections: Float[Tensor, "batch view 3 4"],
    places_metres: Float[Tensor, "batch x y z 3"],
    picture_pixels: tuple[int, int],
    present: Bool[Tensor, "batch view"],
) -> SpaceViews:
    """Features of each view at the voxels: those of the cell where it shows them, linear between cells.

    Args:
        maps: Of the views.
        projections: K [R | t]: from the world (metres) to pixels of the pictures; finite for missing views, too.
        places_metres: Of the voxels.
        picture_pixels: Height and width of the pictures, all of which the maps show.
        present: Which views there are. Others, places behind the camera and such beside the picture have zeros.
    """
    grid, seen = _sampling(projections, places_metres, picture_pixels, present)
    found = functional.grid_sample(maps.flatten(0, 1), grid.flatten(0, 1).flatten(2, 3), align_corners=False)
    return SpaceViews(found.view(*maps.shape[:3], *places_metres.shape[1:4]), seen)


@torch.no_grad()
def _sampling(
    projections: Float[Tensor, "batch view 3 4"],
    places_metres: Float[Tensor, "batch x y z 3"],
    picture_pixels: tuple[int, int],
    present: Bool[Tensor, "batch view"],
) -> tuple[Float[Tensor, "batch view x y z 2"], Bool[Tensor, "batch view x y z"]]:
    """Where views show places, −1 to 1 from edge to edge of the picture, or far outside of it; and whether they do."""
    height, width = picture_pixels
    turned = torch.einsum("bvij,bxyzj->bvxyzi", projections[..., :3], places_metres)
    image = turned + projections[:, :, None, None, None, :, 3]
    depth = image[..., 2:]
    ahead = (depth > _NEAREST_METRES) & present[:, :, None, None, None, None]
    pixels = image[..., :2] / torch.where(ahead, depth, 1.0)
    grid = (2 * pixels + 1) / pixels.new_tensor([width, height]) - 1
    # Far outside, cells' numbers would be beyond those that integers can hold.
    grid = torch.where(ahead, grid.clamp(-_OUTSIDE, _OUTSIDE), _OUTSIDE)
    return grid, (grid.abs() <= 1).all(dim=-1)


def aggregate(
    maps: Float[Tensor, "batch view channel x y z"],
    present: Bool[Tensor, "batch view"],
    how: Aggregation,
    confidences: Float[Tensor, "batch view channel"] | None = None,
) -> Float[Tensor, "batch channel x y z"]:
    """One volume of all views that are present.

    Args:
        maps: Of the views; `SpaceViews.maps`.
        present: Which views there are. What a view that is present doesn't see counts as zero, as released.
        how: As in `Aggregation`.
        confidences: Of each view in each channel, for ``conf`` and ``conf_norm``.
    """
    if how == "max":
        return _present_only(maps, present, -torch.inf).amax(dim=1)
    if how == "softmax":
        return (_present_only(maps, present, -torch.inf).softmax(dim=1) * maps).sum(dim=1)
    if how == "sum":
        return _present_only(maps, present, 0.0).sum(dim=1)
    assert confidences is not None
    weights = confidences * present[:, :, None]
    if how == "conf_norm":
        weights = weights / weights.sum(dim=1, keepdim=True).clamp_min(torch.finfo(weights.dtype).tiny)
    return torch.einsum("bvcxyz,bvc->bcxyz", maps, weights)


def _present_only(
    maps: Float[Tensor, "batch view channel x y z"], present: Bool[Tensor, "batch view"], instead: float
) -> Float[Tensor, "batch view channel x y z"]:
    # Volumes of all views are the largest tensors there are: they aren't copied without need.
    return maps if bool(present.all()) else maps.masked_fill(~present[:, :, None, None, None, None], instead)


def _turned(points: Float[Tensor, "batch point 3"], radians: Float[Tensor, " batch"]) -> Float[Tensor, "batch point 3"]:
    """About the vertical through the origin."""
    cosine, sine = radians.cos()[:, None], radians.sin()[:, None]
    x, y, z = points.unbind(-1)
    return torch.stack([cosine * x - sine * y, sine * x + cosine * y, z], dim=-1)
