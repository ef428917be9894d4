"""How unlike boxes of two views are, and which of them belong together then."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from scipy.optimize import linear_sum_assignment
from torch import Tensor

ALPHA = 0.1
"""Share of appearance in the cost, as published."""
_SMALLEST = 1e-6


def mixed_cost(
    features_a: Float[Tensor, "*batch a feature"],
    features_b: Float[Tensor, "*batch b feature"],
    appearance_a: Float[Tensor, "*batch a look"] | None = None,
    appearance_b: Float[Tensor, "*batch b look"] | None = None,
    alpha: float = ALPHA,
    *,
    halfway: float | None = None,
    present: Bool[Tensor, "*batch a b"] | None = None,
) -> Float[Tensor, "*batch a b"]:
    """(1 − α) · geometry + α · appearance, each from 0 to 1; geometry alone where one of the views has no appearance.

    Args:
        features_a: Of `SelfMVA.embed`.
        features_b: Of another view.
        appearance_a: Vectors of what people look like.
        appearance_b: In the other view.
        alpha: Share of the appearance.
        halfway: Distance d₀ that costs a half: a distance d costs d / (d + d₀), in whatever company; of appearance, d₀ is
            the median of the two views. As published, a distance is divided by the largest one of the two views instead; so
            the farthest two always cost 1, and the only two cost 1 however near they are.
        present: Which pairs there are, where views are padded.
    """
    distances = torch.cdist(features_a, features_b)
    geometry = _of_largest(distances, present) if halfway is None else distances / (distances + halfway)
    if appearance_a is None or appearance_b is None or not alpha:
        return geometry
    looks = torch.cdist(appearance_a, appearance_b)
    return (1 - alpha) * geometry + alpha * (_of_largest(looks, present) if halfway is None else _of_usual(looks))


def _of_usual(distances: Float[Tensor, "*batch a b"]) -> Float[Tensor, "*batch a b"]:
    if not distances.numel():
        return distances
    usual = distances.flatten(-2).median(dim=-1).values[..., None, None]
    return distances / (distances + usual).clamp_min(_SMALLEST)


def _of_largest(
    distances: Float[Tensor, "*batch a b"], present: Bool[Tensor, "*batch a b"] | None
) -> Float[Tensor, "*batch a b"]:
    if not distances.numel():
        return distances
    counted = distances if present is None else distances * present
    return distances / (counted.amax((-2, -1), keepdim=True) + _SMALLEST)


def matched(cost: Float[np.ndarray, "a b"], threshold: float = 0.0, keep_one: bool = False) -> Int[np.ndarray, "match 2"]:
    """Who is whom, each at most once, at the least total cost (Hungarian algorithm).

    Args:
        cost: From 0 to 1.
        threshold: Matches of a score (1 − cost) below it are dropped.
        keep_one: Keep the best match even so, as published.

    Returns:
        Row and column of each match, by rows.
    """
    pairs: Int[np.ndarray, "match 2"] = np.stack(linear_sum_assignment(cost), axis=-1)
    scores = 1 - cost[pairs[:, 0], pairs[:, 1]]
    kept = scores >= threshold
    if keep_one and len(pairs) and not kept.any():
        kept[scores.argmax()] = True
    return np.asarray(pairs[kept])
