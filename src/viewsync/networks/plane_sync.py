"""Synchronization of calibrated cameras' maps, by what the reference view shows on planes above the ground.

Zhang and Chan's motion networks learn from data where in one view to look for what another shows (eq. 14–17). Calibrated
cameras tell: whoever stands on the ground crosses horizontal planes at known heights, so for each position of the other view
and each plane there is one position of the reference view. What is seen there goes into the motion network beside what
the other view shows, which leaves it something local to learn, the same for all pairs of cameras.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from viewsync.networks.view_sync import Flows, Maps, ViewSync, centered
from viewsync.networks.view_warp import TABLE_I, Activation, Border, MotionNetwork, enlarge_flow, warp
from viewsync.types import InputError

HEIGHTS_METRES = (0.1, 0.9, 1.6)
"""Of feet, hips and shoulders."""
_OUTSIDE = 3.0
"""Of a picture from -1 to 1."""
_TINY = 1e-9


class PlaneSync(ViewSync):
    """CLS-planes: camera-level synchronization of cameras that are calibrated, the ground being z = 0 (ours).

    From scale to scale the other view's maps are moved along the flow found so far, so that what is left to be found is
    short. The paper's own networks don't do that: what they match is of all positions.

    Args:
        channels: Of the maps.
        scales: How many there are.
        picture_pixels: Height and width of the pictures whose pixels projections are about.
        heights_metres: Of the planes.
        activation: Of the motion networks.
        widths: Of the motion networks.
        border: What lies outside the maps.
    """

    def __init__(
        self,
        channels: int,
        scales: int,
        picture_pixels: Sequence[int],
        *,
        heights_metres: Sequence[float] = HEIGHTS_METRES,
        activation: Activation = "leaky_relu",
        widths: Sequence[int] = TABLE_I,
        border: Border = "zeros",
    ) -> None:
        super().__init__(border)
        self.picture_pixels, self.heights_metres = picture_pixels, heights_metres
        inputs = channels * (1 + len(heights_metres))
        self.motions = nn.ModuleList(MotionNetwork(inputs, activation, widths) for _ in range(scales))

    def flows(
        self,
        reference_maps: Maps,
        other_maps: Maps,
        fundamental: Float[Tensor, "view_pair 3 3"] | None = None,
        projections: Float[Tensor, "view_pair 2 3 4"] | None = None,
    ) -> Flows:
        """As described in `ViewSync.flows`."""
        if projections is None:
            raise InputError("CLS-planes needs the projection matrix of each view. Calibrate, or take CLS-cor.")
        for maps in (reference_maps, other_maps):
            if len(maps) != len(self.motions):
                raise InputError(f"there are maps of {len(maps)} scales, but CLS-planes was made for {len(self.motions)}.")
        found: Flows = []
        for motion, reference, other in zip(self.motions, centered(reference_maps), centered(other_maps), strict=True):
            size = other.shape[2:]
            flow = enlarge_flow(found[-1], size) if found else other.new_zeros(len(other), 2, *size)
            seen = [self._on_plane(reference, projections, height, size) for height in self.heights_metres]
            found.append(flow + motion(torch.cat([warp(other, flow), *seen], dim=1)))
        return found

    def _on_plane(
        self,
        reference: Float[Tensor, "view_pair channel _ _"],
        projections: Float[Tensor, "view_pair 2 3 4"],
        height_metres: float,
        size: Sequence[int],
    ) -> Tensor:
        where = through_plane(projections, height_metres, self.picture_pixels, size).to(reference.dtype)
        return functional.grid_sample(reference, where, align_corners=False)


def through_plane(
    projections: Float[Tensor, "view_pair 2 3 4"], height_metres: float, picture_pixels: Sequence[int], size: Sequence[int]
) -> Float[Tensor, "view_pair row column 2"]:
    """Where the reference view shows what the other shows of a horizontal plane.

    Args:
        projections: K [R | t] of the reference and of the other view, as lenses without distortion would show the world.
        height_metres: Of the plane, z.
        picture_pixels: Height and width of their pictures.
        size: Rows and columns of the other view's map.

    Returns:
        Of each of its cells, x and y from -1 to 1 as for `grid_sample`; far outside where it doesn't show the plane, or the
        reference doesn't.
    """
    (height, width), (rows, columns) = picture_pixels, size
    reference, other = projections.double().unbind(dim=1)
    y = (torch.arange(rows, dtype=other.dtype, device=other.device) + 0.5) * height / rows - 0.5
    x = (torch.arange(columns, dtype=other.dtype, device=other.device) + 0.5) * width / columns - 0.5
    pixels = torch.stack([*torch.meshgrid(x, y, indexing="xy"), torch.ones(rows, columns).to(x)], dim=-1).flatten(0, 1)
    to_rays = torch.linalg.inv(other[:, :, :3])
    center = -to_rays @ other[:, :, 3:]
    rays = pixels @ to_rays.mT
    along = (height_metres - center[:, 2:]) / rays[..., 2:]
    shown = (center.mT + along * rays) @ reference[:, :, :3].mT + reference[:, None, :, 3]
    depth = shown[..., 2:]
    found = (2 * shown[..., :2] / depth + 1) / depth.new_tensor([width, height]) - 1
    there = (along > 0) & (depth > _TINY) & found.isfinite().all(dim=-1, keepdim=True)
    return torch.where(there, found, _OUTSIDE).reshape(-1, rows, columns, 2)
