"""Points in space from where several views show them, differentiable: the twin of `viewsync.geometry.triangulation`.

Weighted linear triangulation of heat-maps' joints (Iskakov et al., 2019, eq. 3 and 4) by a 3 × 3 system instead of a
singular value decomposition: that of degenerate rays has no gradients, or none that are finite.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from viewsync.geometry.triangulation import DAMPING

LEAST_CONFIDENCE = 1e-5
"""Added to confidences that were divided by their sum over views, as released (karfly): no view is ever quite silent."""
_NEAREST_DEPTH = 1e-9


@dataclass(frozen=True)
class TriangulatedPoints:
    """What differentiable triangulation gives."""

    points: Float[Tensor, "*batch 3"]
    """In the matrices' unit; always finite, also for rays that are parallel or come from one centre."""
    before: Bool[Tensor, "*batch"]
    """Whether they lie before all cameras that count (cheirality), and two or more do."""


def triangulate(
    matrices: Float[Tensor, "*batch view 3 4"], pixels: Float[Tensor, "*batch view 2"], weights: Float[Tensor, "*batch view"]
) -> TriangulatedPoints:
    """The points of least weighted algebraic error.

    It is worked out in float64 whatever comes in, for the equations' condition is that of the rays' angle squared; what
    comes out is of the pixels' type again. Gradients reach pixels, weights and matrices, and are finite.

    Args:
        matrices: K [R | t] of each view, of what the pixels are pixels of (a crop's, if they are a crop's).
        pixels: Where each view shows each point; finite, and without effect where the weight is 0.
        weights: 0 or more, by which a view's rows are multiplied; only their ratios matter.
    """
    views, seen, strength = matrices.double(), pixels.double(), weights.double()
    rows = (seen[..., None] * views[..., 2:, :] - views[..., :2, :]) * strength[..., None, None]
    equations = rows.flatten(-3, -2)
    left, right = equations[..., :3], -equations[..., 3:]
    middle = _positions(views).mean(dim=-2)[..., None]
    normal, moment = left.mT @ left, left.mT @ (right - left @ middle)
    trace = normal.diagonal(dim1=-2, dim2=-1).sum(-1)
    damping = (DAMPING / 3 * trace).clamp_min(torch.finfo(torch.float64).tiny)
    identity = torch.eye(3, dtype=torch.float64, device=pixels.device)
    points = (middle + torch.linalg.solve(normal + damping[..., None, None] * identity, moment))[..., 0]
    depth = (views[..., 2, :3] * points[..., None, :]).sum(-1) + views[..., 2, 3]
    counts = strength > 0
    before = ((depth > _NEAREST_DEPTH) | ~counts).all(dim=-1) & (counts.sum(dim=-1) >= 2)
    return TriangulatedPoints(points.to(pixels.dtype), before)


def shared_confidences(confidences: Float[Tensor, "*batch view"]) -> Float[Tensor, "*batch view"]:
    """Confidences as shares of their sum over views, none of them quite zero."""
    whole = confidences.sum(dim=-1, keepdim=True).clamp_min(torch.finfo(confidences.dtype).tiny)
    return confidences / whole + LEAST_CONFIDENCE


def _positions(matrices: Float[Tensor, "*batch view 3 4"]) -> Float[Tensor, "*batch view 3"]:
    """Where the cameras stand; the damping leans towards their middle, so its gradient doesn't matter."""
    fixed = matrices.detach()
    positions: Tensor = -torch.linalg.solve(fixed[..., :3], fixed[..., 3:])[..., 0]
    return positions
