"""Many recordings at once: what each pair's evidence says of all the others.

The surest two groups of recordings are tied to one another first, then their evidence about the others is added up, and
so on. Groups that aren't sure of each other also hear the ways round through third ones.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations, product

import numpy as np
from jaxtyping import Float
from scipy.signal import fftconvolve

from viewsync.match.fuse import OUTLIER_FLOOR, Pair, Posterior, normalised
from viewsync.match.hints import Hint, hinted

HILL_SECONDS = 0.2
"""Motion goes on for a while, so that offsets this near to the best one look good, too; together they are one answer."""

Places = dict[str, int]
"""Recordings tied to one another: where each one's zero lies on the clock of the first, in steps."""


def settled(
    direct: Mapping[Pair, Posterior], certain: float, hints: Mapping[Pair, Hint] | None = None
) -> dict[Pair, Posterior]:
    """Let every pair hear what all the others say of it.

    Evidence of the footage is what travels and adds up. A hint is about cameras, so that many pairs may repeat it: it
    enters last, and once.

    Args:
        direct: Every pair's own posterior, all on grids of one step.
        certain: Probability at which two groups become one.
        hints: What is said of pairs without the footage.

    Returns:
        Each pair's posterior, on the same offsets as before, given all others' evidence.
    """
    speaking = {pair: posterior for pair, posterior in direct.items() if len(posterior.probability)}
    both_ways = speaking | {(b, a): posterior.swapped() for (a, b), posterior in speaking.items()}
    said = {pair: hint for (a, b), one in (hints or {}).items() for pair, hint in (((a, b), one), ((b, a), one.swapped()))}
    groups: dict[str, Places] = {name: {name: 0} for name in sorted({name for pair in direct for name in pair})}
    heard: dict[Pair, Posterior] = {}
    while True:
        direct_between = {(x, y): _between(groups[x], groups[y], both_ways) for x, y in combinations(groups, 2)}
        heard_between = with_detours({pair: found for pair, found in direct_between.items() if found is not None})
        between = {
            (x, y): hinted(found, _hint_between(groups[x], groups[y], said, found.step_seconds))
            for (x, y), found in heard_between.items()
        }
        for (x, y), posterior in between.items():
            for (a, at_a), (b, at_b) in product(groups[x].items(), groups[y].items()):
                heard[a, b] = _moved(posterior, at_b - at_a)
                heard[b, a] = heard[a, b].swapped()
        sure = {pair: mass for pair, posterior in between.items() if (mass := _certainty(posterior)) >= certain}
        if not sure:
            return {pair: _on_grid(heard[pair], own) if pair in heard else own for pair, own in direct.items()}
        x, y = max(sure, key=sure.__getitem__)
        groups[x] |= {name: between[x, y].best_step + place for name, place in groups.pop(y).items()}


def _between(x: Places, y: Places, both_ways: Mapping[Pair, Posterior]) -> Posterior | None:
    """The evidence of all pairs between two groups about the offset of their clocks; None if no pair says anything."""
    parts = [
        _moved(both_ways[a, b], at_a - at_b) for (a, at_a), (b, at_b) in product(x.items(), y.items()) if (a, b) in both_ways
    ]
    if not parts:
        return None
    first = min(part.first_step for part in parts)
    total = np.zeros(max(part.first_step + len(part.probability) for part in parts) - first)
    for part in parts:
        total[part.first_step - first :][: len(part.probability)] += part.log_likelihood_ratio
    return normalised(parts[0].step_seconds, first, total, max(part.resolution_seconds for part in parts))


def _hint_between(x: Places, y: Places, said: Mapping[Pair, Hint], step_seconds: float) -> Hint | None:
    """The sharpest of the hints about two groups: they may all go back to one note, and so don't add up."""
    hints = [
        said[a, b].moved((at_a - at_b) * step_seconds)
        for (a, at_a), (b, at_b) in product(x.items(), y.items())
        if (a, b) in said
    ]
    return min(hints, key=lambda hint: hint.std_seconds, default=None)


def _certainty(posterior: Posterior) -> float:
    """Probability of the best offset; none if it lies on the edge of the search, beyond which a better one may be."""
    hill = posterior.near_best(HILL_SECONDS)
    at = posterior.best_step - posterior.first_step
    return float(posterior.probability[hill].sum()) if 1 < at < len(hill) - 2 else 0.0


def _moved(posterior: Posterior, steps: int) -> Posterior:
    return replace(posterior, first_step=posterior.first_step + steps)


def _on_grid(posterior: Posterior, like: Posterior) -> Posterior:
    index = np.arange(len(like.probability)) + like.first_step - posterior.first_step
    inside = (index >= 0) & (index < len(posterior.probability))
    index = np.clip(index, 0, len(posterior.probability) - 1)
    return replace(
        like,
        log_likelihood_ratio=np.where(inside, posterior.log_likelihood_ratio[index], 0.0),
        probability=np.where(inside, posterior.probability[index], 0.0),
        unrelated=posterior.unrelated,
    )


def with_detours(posteriors: Mapping[Pair, Posterior]) -> dict[Pair, Posterior]:
    """Let every pair hear what the ways round through each third one say of it.

    If a–c and c–b are known, so is a–b: offset_ab = offset_ac + offset_cb, and the distribution of a sum is a
    convolution. Where either leg may be unrelated, the detour says nothing, in proportion. Only the direct evidence
    travels, so that nothing comes back to where it started.
    """
    both_ways = dict(posteriors) | {(b, a): posterior.swapped() for (a, b), posterior in posteriors.items()}
    names = sorted({name for pair in posteriors for name in pair})
    result = {}
    for (a, b), direct in posteriors.items():
        detours = [
            _detour(both_ways[a, c], both_ways[c, b], direct)
            for c in names
            if c not in (a, b) and (a, c) in both_ways and (c, b) in both_ways
        ]
        heard = sum(detours, direct.log_likelihood_ratio)
        result[a, b] = normalised(direct.step_seconds, direct.first_step, heard, direct.resolution_seconds)
    return result


def _detour(ac: Posterior, cb: Posterior, ab: Posterior) -> Float[np.ndarray, " lag"]:
    silent = 1 - (1 - ac.unrelated) * (1 - cb.unrelated)
    if silent > 0.99:
        return np.zeros(len(ab.probability))
    total = np.maximum(fftconvolve(ac.probability, cb.probability), 0.0)
    shift = ac.first_step + cb.first_step - ab.first_step
    index = np.arange(len(ab.probability)) - shift
    inside = (index >= 0) & (index < len(total))
    known = np.where(inside, total[np.clip(index, 0, len(total) - 1)], 0.0)
    # Relative to the uniform prior over this pair's own grid.
    return np.asarray(np.maximum(np.log(known * len(known) + silent + 1e-12), OUTLIER_FLOOR))
