"""The likeliest lags held against one another, each with the geometry that suits it best.

Kinds of evidence that exist for every lag are cheap ones. To a few lags that look best, the whole fit is worth its time:
under it, residuals at the right lag are the detector's noise, and at others more than that.
"""

import math

import numpy as np
from jaxtyping import Float, Int

from viewsync.match.epipolar import Fit
from viewsync.match.people import People
from viewsync.match.views import Views

_CANDIDATES, _OTHERS = 10, 6
_APART = 5
"""Samples between candidates, and up to where the verdict on one holds."""
_LEAST_OVERLAP = 15
_LONGEST = 600
"""Samples that are looked at: those in the middle of the overlap."""
_FEWEST = 5
"""Lags that must have been fitted, to say what is usual."""
_DECIDED = 100.0
"""Nats by which one lag may be ahead of all others for the whole fit to be worth its time."""


def contest(people: People, lags: Int[np.ndarray, " lag"], evidence: Float[np.ndarray, " lag"]) -> Float[np.ndarray, " lag"]:
    """How much better a lag explains the joints than the best of all others, in nats if joints erred independently.

    Args:
        people: Whom both cameras show.
        lags: Of the signals, increasing by ones.
        evidence: What makes a lag worth trying.

    Returns:
        Above 0 around the best lag, below around the other ones that were tried; 0 elsewhere, and wherever one lag was far
        ahead anyway.
    """
    if _lead(evidence) > _DECIDED:
        return np.zeros(len(lags))
    overlap = np.minimum(len(people.a.values), len(people.b.values) + lags) - np.maximum(0, lags)
    tried = _worth_trying(np.where(overlap >= _LEAST_OVERLAP, evidence, -np.inf))
    fits = {index: one for index in tried if (one := _fit(people, int(lags[index]))) is not None}
    found = np.zeros(len(lags))
    if len(fits) < _FEWEST:
        return found
    usual = float(np.median([one.scale for one in fits.values()]))
    gains = {index: one.independent_points * math.log(usual / max(one.scale, 1e-9)) for index, one in fits.items()}
    best = max(gains, key=gains.__getitem__)
    second = max((gain for index, gain in gains.items() if abs(index - best) > 2 * _APART), default=gains[best])
    # Where neighbourhoods meet, the better candidate speaks.
    for index in sorted(gains, key=gains.__getitem__):
        found[max(index - _APART, 0) : index + _APART + 1] = gains[index] - second
    return found


def _lead(evidence: Float[np.ndarray, " lag"]) -> float:
    """Of the best lag over all that aren't near it."""
    best = int(np.argmax(evidence))
    others = np.concatenate([evidence[: max(best - 2 * _APART, 0)], evidence[best + 2 * _APART + 1 :]])
    return float(evidence[best] - others.max(initial=-np.inf)) if len(others) else 0.0


def _worth_trying(evidence: Float[np.ndarray, " lag"]) -> list[int]:
    """The tops of the evidence, and some lags from all over, which tell what is usual."""
    left = evidence.copy()
    tops: list[int] = []
    while len(tops) < _CANDIDATES and np.isfinite(left.max(initial=-np.inf)):
        tops.append(int(np.argmax(left)))
        left[max(tops[-1] - _APART, 0) : tops[-1] + _APART + 1] = -np.inf
    possible = np.flatnonzero(np.isfinite(left))
    others = possible[np.linspace(0, len(possible) - 1, min(_OTHERS, len(possible)) + 2).round().astype(int)[1:-1]]
    return [*tops, *others.tolist()]


def _fit(people: People, lag: int) -> Fit | None:
    a, b = people.matched(lag)
    start, stop = max(0, -lag), min(len(b), len(a) - lag)
    middle = (start + stop) // 2
    start, stop = max(start, middle - _LONGEST // 2), min(stop, middle + _LONGEST // 2)
    views = Views(len(people.joints), people.a.rate_hz, people.fundamental)
    return views.fitted(a[start + lag : stop + lag], b[start:stop], 0.0)
