"""What view synchronization is trained by, beside the task's own loss (eq. 8 and 19–22 of Zhang & Chan)."""

import math
from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from viewsync.networks.view_warp import Border, warp

Per = Literal["position", "channel"]
_SHORT = 0.01
"""Of the usual length; vectors as short as that are taken to be less alike, as they point nowhere."""
_TINY = 1e-12
_ANYWHERE = 0.02
"""Of the mean weight, in what guides: that of a cell where nothing is wanted."""
STILL = 1e-4
"""Of what there is: what differs by less stands still, and no share of that is taken."""


def warping_loss(
    synchronized: Sequence[Float[Tensor, "batch view channel _ _"]],
    warped: Sequence[Float[Tensor, "batch view channel _ _"]],
    present: Bool[Tensor, "batch view"] | None = None,
) -> Float[Tensor, ""]:
    """ℓ_W: the mean squared error of each map, summed over views and scales (eq. 8 and 19–21), the mean over the batch.

    Args:
        synchronized: Features of pictures taken at the reference's instant, per scale.
        warped: Features moved to that instant, `view_sync.Synchronized.maps`. The reference's own adds nothing.
        present: Which views there are; all unless told.
    """
    errors = torch.stack(
        [(one - other).square().mean(dim=(2, 3, 4)) for one, other in zip(synchronized, warped, strict=True)]
    ).sum(dim=0)
    return (errors if present is None else errors * present).sum(dim=1).mean()


def guiding_loss(
    synchronized: Sequence[Float[Tensor, "batch view channel _ _"]],
    unsynchronized: Sequence[Float[Tensor, "batch view channel _ _"]],
    flows_cells: Sequence[Float[Tensor, "batch view 2 _ _"]],
    present: Bool[Tensor, "batch view"] | None = None,
    *,
    sigmas_cells: Sequence[float] = (1.0, 2.0, 4.0),
    border: Border = "zeros",
) -> Float[Tensor, ""]:
    """ℓ_W of blurred maps, where something is wanted, as shares of what it is without flow (ours).

    ℓ_W tells a flow which way to go only where some of what is wanted lies within a cell of what was fetched. Elsewhere it
    is least when people are wiped out where they were, and motion networks learn just that. Blurred, people reach farther;
    and cells weigh as much as what is wanted there stands out from the rest of its map (squared), so that little is to be
    gained by wiping out. Summed over scales and blurs.

    Only the flow learns from it: features must not become alike for its sake.

    Args:
        synchronized: Features of pictures taken at the reference's instant, per scale.
        unsynchronized: Those of each view's own instant, not yet moved.
        flows_cells: `view_sync.Synchronized.flows_cells`.
        present: Which views there are; all unless told.
        sigmas_cells: Of the blurs, Gaussian.
        border: What lies outside the maps.
    """
    terms = []
    for wanted, before, flow in zip(synchronized, unsynchronized, flows_cells, strict=True):
        wanted, before = (maps.detach().flatten(0, 1) for maps in (wanted, before))
        for sigma in sigmas_cells:
            goal, start = blurred(wanted, sigma), blurred(before, sigma)
            moved = warp(start, flow.flatten(0, 1), border)
            outstanding = (goal - goal.mean(dim=(2, 3), keepdim=True)).square().sum(dim=1, keepdim=True)
            if present is not None:
                outstanding = outstanding * present.view(-1, 1, 1, 1)
            weights = outstanding / outstanding.mean().clamp_min(_TINY) + _ANYWHERE
            errors = torch.stack(
                [(weights * apart.square()).mean(dim=(1, 2, 3)) for apart in (moved - goal, start - goal, goal)]
            )
            left, without, whole = (errors if present is None else errors * present.flatten()).sum(dim=1)
            terms.append(left / without.clamp_min(STILL * whole + _TINY))
    return torch.stack(terms).sum()


def blurred(
    maps: Float[Tensor, "batch channel height width"], sigma_cells: float
) -> Float[Tensor, "batch channel height width"]:
    """Maps under a Gaussian, cut at 3 σ; zeros lie outside."""
    reach = math.ceil(3 * sigma_cells)
    weights = (-((torch.arange(-reach, reach + 1).to(maps) / sigma_cells) ** 2) / 2).softmax(dim=0)
    flat = maps.flatten(0, 1)[:, None]
    flat = functional.conv2d(flat, weights[None, None, :, None], padding=(reach, 0))
    return functional.conv2d(flat, weights[None, None, None], padding=(0, reach)).view_as(maps)


def similarity_loss(
    projected: Float[Tensor, "batch view channel row column"],
    reference: Int[Tensor, " batch"],
    seen: Bool[Tensor, "batch view row column"] | None = None,
    per: Per = "position",
) -> Float[Tensor, ""]:
    """ℓ_s: the mean of 1 − cos between the reference's and each other view's maps (eq. 22), summed over views.

    Args:
        projected: All views' maps on the ground plane, moved to the reference's instant; or any that lie in one place.
        reference: Which view is the reference.
        seen: What each view sees; what one of two doesn't isn't compared, so missing views see nothing. All unless told,
            as printed.
        per: What has a cosine: each position, whose channels are a vector, as printed; or each channel, whose positions are.

    Returns:
        The mean over the batch.
    """
    scenes = torch.arange(len(projected), device=projected.device)
    if seen is None:
        seen = torch.ones_like(projected[:, :, 0], dtype=torch.bool)
    both = seen & seen[scenes, reference][:, None]
    both[scenes, reference] = False
    target = projected[scenes, reference][:, None]
    if per == "position":
        apart = (1 - _cosine(target, projected, (2,))) * both
        losses = apart.sum(dim=(2, 3)) / both.sum(dim=(2, 3)).clamp_min(1)
    else:
        shown = both[:, :, None]
        losses = (1 - _cosine(target * shown, projected * shown, (3, 4))).mean(dim=2) * both.any(dim=(2, 3))
    return losses.sum(dim=1).mean()


def _cosine(a: Float[Tensor, "*#shape"], b: Float[Tensor, "*#shape"], dims: tuple[int, ...]) -> Tensor:
    # Without the floor, the gradient at an empty cell beside a full one would be without bounds.
    squares = [each.square().sum(dim=dims) for each in (a, b)]
    floored = [square + _SHORT**2 * square.detach().mean() + _TINY for square in squares]
    return (a * b).sum(dim=dims) / (floored[0] * floored[1]).sqrt()
