"""How surprising agreement at a lag is, by what the same two signals reach at lags that can't all be right."""

import numpy as np
from jaxtyping import Float
from scipy.stats import chi2

_TAIL = 0.1
"""Share of the null distribution that its exponential tail is fitted to."""
_MOST = 12.0
"""One window alone counts no more than this: a motion may be had twice."""
_FEWEST = 12
_USUAL_SCALE = 28.0
"""Of the tail, in nats of agreement: smoothed joints resemble their neighbours, in time and on the body."""
_USUAL_WEIGHT = 100.0
"""Lags at which what a pair itself shows counts as much as what is usual."""


def surprise(
    forward: Float[np.ndarray, "window lag"], backward: Float[np.ndarray, "window chance"]
) -> Float[np.ndarray, " lag"]:
    """−log of the probability that unrelated footage agrees as well, all windows taken together.

    Each window's agreement is put beside what it reaches at all other lags and, as the null distribution's other half,
    against the other track played backwards. Windows combine by Fisher's method (1932): with independent windows, twice
    the sum of their −log p is χ² with two degrees of freedom each.

    Args:
        forward: Agreement; nan where there is none.
        backward: The same with one of the two played backwards.

    Returns:
        The surprise at each lag, 0 where nothing is known.
    """
    single = np.full(forward.shape, np.nan)
    for window, (own, null) in enumerate(zip(forward, backward, strict=True)):
        known = np.isfinite(own)
        null = np.sort(np.concatenate([own[known], null[np.isfinite(null)]]))
        if len(null) >= _FEWEST:
            single[window, known] = _rarity(own[known], null)
    windows = np.isfinite(single).sum(axis=0)
    total = np.nansum(single, axis=0)
    found = np.zeros(forward.shape[1])
    some = windows > 0
    found[some] = -chi2.logsf(2 * total[some], 2 * windows[some])
    return found


def _rarity(values: Float[np.ndarray, " lag"], null: Float[np.ndarray, " rank"]) -> Float[np.ndarray, " lag"]:
    """−log p by rank, and beyond the ranks by an exponential tail.

    The largest few of many may be the truth itself: the mean excess is taken without them.
    """
    edge = null[int((1 - _TAIL) * len(null))]
    excess = null[null > edge] - edge
    own = float(excess[: max(int(0.8 * len(excess)), 1)].mean()) * 1.7 if excess.size else 0.0
    scale = (len(null) * own + _USUAL_WEIGHT * _USUAL_SCALE) / (len(null) + _USUAL_WEIGHT)
    rank = 1 - np.searchsorted(null, values) / len(null)
    beyond = -np.log(_TAIL) + (values - edge) / scale
    # A flat top would hide which of neighbouring lags is best.
    bounded = np.where(beyond > _MOST, _MOST + np.log1p(np.maximum(beyond - _MOST, 0.0)), beyond)
    return np.asarray(np.where(values > edge, bounded, -np.log(np.maximum(rank, _TAIL))))
