"""What 3D pose networks learn from (Iskakov et al., 2019); for view synchronization see `networks.view_losses`."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from viewsync.networks.algebraic_pose import SHARPNESS
from viewsync.networks.cuboid import Cuboid
from viewsync.networks.volumetric import Pose

VOLUMETRIC_WEIGHT = 0.01
SMOOTH_FROM_CM2 = 400.0
"""Squared errors beyond that, of more than 20 cm, hardly count for more."""
_CENTIMETRES = 100.0
_LEAST_PROBABILITY = 1e-6
_SMOOTH_POWER = 0.1
_NEAREST_METRES = 0.1


def pose_loss(
    pose: Pose,
    true_metres: Float[Tensor, "batch joint 3"],
    valid: Bool[Tensor, "batch joint"],
    weight: float = VOLUMETRIC_WEIGHT,
) -> Float[Tensor, ""]:
    """The volumetric network's: absolute error in cm + 0.01 · cross-entropy.

    Args:
        pose: From the network.
        true_metres: Where the joints truly are; anything, also nan, where that isn't known.
        valid: Which joints are known.
        weight: Instead of 0.01.
    """
    apart = absolute_error_cm(pose.joints_metres, true_metres, valid)
    return apart + weight * volumetric_cross_entropy(pose.probabilities, pose.cuboid, true_metres, valid)


def absolute_error_cm(
    found_metres: Float[Tensor, "batch joint 3"],
    true_metres: Float[Tensor, "batch joint 3"],
    valid: Bool[Tensor, "batch joint"],
) -> Float[Tensor, ""]:
    """The mean absolute error of the known joints' coordinates; 0 where none is.

    Args:
        found_metres: Joints from the network.
        true_metres: Where they truly are; anything where that isn't known.
        valid: Which joints are known.
    """
    return _mean(_apart_cm(found_metres, true_metres, valid).abs().mean(dim=2), valid)


def smooth_squared_error(
    found_metres: Float[Tensor, "batch joint 3"],
    true_metres: Float[Tensor, "batch joint 3"],
    valid: Bool[Tensor, "batch joint"],
    from_cm2: float = SMOOTH_FROM_CM2,
) -> Float[Tensor, ""]:
    """The algebraic network's: the mean squared error in cm², of which what is beyond τ counts as d^0.1 · τ^0.9.

    Args:
        found_metres: Joints from the network.
        true_metres: Where they truly are; anything where that isn't known.
        valid: Which joints are known; others add nothing.
        from_cm2: τ, for the squared error of one coordinate.
    """
    squares = _apart_cm(found_metres, true_metres, valid).square()
    # The power of 0 has no finite gradient, though it isn't asked for.
    beyond = squares.clamp_min(from_cm2) ** _SMOOTH_POWER * from_cm2 ** (1 - _SMOOTH_POWER)
    return _mean(torch.where(squares > from_cm2, beyond, squares).mean(dim=2), valid)


def heatmap_error_pixels(
    pixels: Float[Tensor, "batch view joint 2"],
    projections: Float[Tensor, "batch view 3 4"],
    true_metres: Float[Tensor, "batch joint 3"],
    shown: Bool[Tensor, "batch view joint"],
    picture_pixels: tuple[int, int],
) -> Float[Tensor, ""]:
    """The mean absolute error of where heat-maps show joints, x and y; 0 where none is shown.

    Args:
        pixels: Where heat-maps of each view show them.
        projections: From the world to those pixels.
        true_metres: Where the joints truly are; anything where that isn't known.
        shown: Which joints are known and which views are there. Those outside of a picture don't count.
        picture_pixels: Height and width of the pictures.
    """
    truth, counted = _places(projections, true_metres, shown, picture_pixels)
    apart = pixels - torch.where(counted[..., None], truth, pixels.detach())
    return _mean(apart.abs().mean(dim=3).flatten(0, 1), counted.flatten(0, 1))


def heatmap_cross_entropy(
    heatmaps: Float[Tensor, "batch view joint row column"],
    projections: Float[Tensor, "batch view 3 4"],
    true_metres: Float[Tensor, "batch joint 3"],
    shown: Bool[Tensor, "batch view joint"],
    picture_pixels: tuple[int, int],
) -> Float[Tensor, ""]:
    """The mean of −Σ g log p: p is the softmax of a sharpened heat-map, g a Gaussian of one cell about the truth.

    Args:
        heatmaps: Of the joints in each view.
        projections: As of `heatmap_error_pixels`.
        true_metres: As of `heatmap_error_pixels`.
        shown: As of `heatmap_error_pixels`.
        picture_pixels: As of `heatmap_error_pixels`.
    """
    truth, counted = _places(projections, true_metres, shown, picture_pixels)
    sides = []
    for axis, (cells, pixels) in enumerate(zip(heatmaps.shape[:2:-1], reversed(picture_pixels), strict=True)):
        middles = (torch.arange(cells, dtype=truth.dtype, device=truth.device) + 0.5) * (pixels / cells) - 0.5
        # Of what isn't counted, places may be so far away that all cells have zero.
        apart = torch.where(counted, truth[..., axis], 0.0)[..., None] - middles
        sides.append((-0.5 * (apart * cells / pixels).square()).softmax(dim=-1))
    across, down = sides
    wanted = down[..., :, None] * across[..., None, :]
    chances = (SHARPNESS * heatmaps).flatten(-2).log_softmax(dim=-1)
    return _mean(-(wanted.flatten(-2) * chances).sum(dim=-1).flatten(0, 1), counted.flatten(0, 1))


def volumetric_cross_entropy(
    probabilities: Float[Tensor, "batch joint x y z"],
    cuboid: Cuboid,
    true_metres: Float[Tensor, "batch joint 3"],
    valid: Bool[Tensor, "batch joint"],
) -> Float[Tensor, ""]:
    """The mean of −log(p + 1e-6), p at the voxel nearest to the truth.

    A joint that is outside of the cuboid is looked for in the nearest voxel of its surface, as released.

    Args:
        probabilities: Of each voxel to be where the joint is.
        cuboid: Which places the voxels are.
        true_metres: Where the joints truly are; anything where that isn't known.
        valid: Which joints are known; others add nothing.
    """
    x, y, z = cuboid.nearest(true_metres.masked_fill(~valid[..., None], 0.0)).unbind(-1)
    instant, joint = torch.meshgrid(*(torch.arange(count, device=valid.device) for count in valid.shape), indexing="ij")
    return _mean(-(probabilities[instant, joint, x, y, z] + _LEAST_PROBABILITY).log(), valid)


def _places(
    projections: Float[Tensor, "batch view 3 4"],
    true_metres: Float[Tensor, "batch joint 3"],
    shown: Bool[Tensor, "batch view joint"],
    picture_pixels: tuple[int, int],
) -> tuple[Float[Tensor, "batch view joint 2"], Bool[Tensor, "batch view joint"]]:
    """Where joints truly are seen, in pixels, and which of them are: those outside of a picture aren't."""
    height, width = picture_pixels
    seen = torch.einsum("bvik,bjk->bvji", projections, functional.pad(true_metres, (0, 1), value=1.0))
    truth = seen[..., :2] / seen[..., 2:].clamp_min(_NEAREST_METRES)
    inside = (truth > -0.5) & (truth < truth.new_tensor([width, height]) - 0.5)
    return truth, shown & inside.all(dim=3) & (seen[..., 2] > _NEAREST_METRES)


def _apart_cm(
    found_metres: Float[Tensor, "batch joint 3"],
    true_metres: Float[Tensor, "batch joint 3"],
    valid: Bool[Tensor, "batch joint"],
) -> Float[Tensor, "batch joint 3"]:
    # nan times 0 would still be nan, and so would its gradient.
    return _CENTIMETRES * (found_metres - torch.where(valid[..., None], true_metres, found_metres.detach()))


def _mean(values: Float[Tensor, "batch joint"], valid: Bool[Tensor, "batch joint"]) -> Float[Tensor, ""]:
    return torch.where(valid, values, 0.0).sum() / valid.sum().clamp_min(1)
