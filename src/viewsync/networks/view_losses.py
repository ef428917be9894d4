"""What view synchronization is trained by, beside the task's own loss (eq. 8 and 19–22 of Zhang & Chan)."""

from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Per = Literal["position", "channel"]
_SHORT = 0.01
"""Of the usual length; vectors as short as that are taken to be less alike, as they point nowhere."""
_TINY = 1e-12


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
