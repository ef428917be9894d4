"""Beliefs added up: of several cues on one pair, and of a pair's detours through third recordings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d
from scipy.signal import fftconvolve

from viewsync.types import OffsetBelief

PRIOR_UNRELATED = 0.2
"""Before looking: recordings that are given as of one scene mostly are, and overlap."""
OUTLIER_FLOOR = float(np.log(1e-3))
"""No cue, however sure, counts more than a thousand to one against an offset: each of them errs at times."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Posterior:
    """Probability of each offset on a grid of whole multiples of `step_seconds`, and of "unrelated"."""

    step_seconds: float
    first_step: int
    log_likelihood_ratio: Float[np.ndarray, " lag"]
    probability: Float[np.ndarray, " lag"]
    unrelated: float

    @property
    def offsets_seconds(self) -> Float[np.ndarray, " lag"]:
        """The grid."""
        return (self.first_step + np.arange(len(self.probability))) * self.step_seconds


def fuse(beliefs: Sequence[OffsetBelief], spread_seconds: Mapping[str, float], step_seconds: float) -> Posterior:
    """Add the beliefs of one pair's cues on a common grid, and the prior, once.

    Cues err independently given the offset, so their log-likelihood ratios add; but each first is blurred by its own
    bias spread (sound takes its time to arrive, a view shows a motion early), or two right cues would contradict
    each other. Where a cue has too little overlap to speak, it is silent.

    Args:
        beliefs: One per cue, of the same pair.
        spread_seconds: Standard deviation of each cue's bias.
        step_seconds: Step of the common grid; its points are whole multiples of this.
    """
    beliefs = [belief for belief in beliefs if belief.offsets_seconds.size]
    if not beliefs:
        return Posterior(step_seconds, 0, np.zeros(0), np.zeros(0), 1.0)
    first = round(min(float(belief.offsets_seconds[0]) for belief in beliefs) / step_seconds)
    last = round(max(float(belief.offsets_seconds[-1]) for belief in beliefs) / step_seconds)
    grid = np.arange(first, last + 1) * step_seconds
    total = np.zeros(len(grid))
    for belief in beliefs:
        ratio = np.interp(grid, belief.offsets_seconds, belief.log_likelihood_ratio, left=0.0, right=0.0)
        total += np.maximum(_blurred(ratio, spread_seconds[belief.cue] / step_seconds), OUTLIER_FLOOR)
    return _normalised(step_seconds, first, total)


def with_detours(posteriors: Mapping[Pair, Posterior]) -> dict[Pair, Posterior]:
    """Let every pair hear what the ways round through each third recording say of it.

    If a–c and c–b are known, so is a–b: offset_ab = offset_ac + offset_cb, and the distribution of a sum is a
    convolution. Where either leg may be unrelated, the detour says nothing, in proportion. Only the direct evidence
    travels, so that nothing comes back to where it started.
    """
    both_ways = dict(posteriors) | {(b, a): _swapped(posterior) for (a, b), posterior in posteriors.items()}
    names = sorted({name for pair in posteriors for name in pair})
    result = {}
    for (a, b), direct in posteriors.items():
        detours = [
            _detour(both_ways[a, c], both_ways[c, b], direct)
            for c in names
            if c not in (a, b) and (a, c) in both_ways and (c, b) in both_ways
        ]
        # All detours start at a and end at b, so their errors are alike, and m of them count as √m. (On drawn scenes
        # of 8 cameras the plain sum was sure of a wrong offset three times as often.)
        heard = sum(detours, np.zeros(len(direct.probability))) / np.sqrt(max(len(detours), 1))
        result[a, b] = _normalised(direct.step_seconds, direct.first_step, direct.log_likelihood_ratio + heard)
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


def _blurred(ratio: Float[np.ndarray, " lag"], spread_steps: float) -> Float[np.ndarray, " lag"]:
    top = float(ratio.max())
    likelihood = gaussian_filter1d(np.exp(ratio - top), spread_steps, mode="nearest")
    return np.asarray(np.log(np.maximum(likelihood, 1e-300)) + top)


def _swapped(posterior: Posterior) -> Posterior:
    last = posterior.first_step + len(posterior.probability) - 1
    return Posterior(
        posterior.step_seconds,
        -last,
        posterior.log_likelihood_ratio[::-1],
        posterior.probability[::-1],
        posterior.unrelated,
    )


def _normalised(step_seconds: float, first_step: int, ratio: Float[np.ndarray, " lag"]) -> Posterior:
    if not len(ratio):
        return Posterior(step_seconds, first_step, ratio, ratio, 1.0)
    top = max(float(ratio.max()), 0.0)
    weight = (1 - PRIOR_UNRELATED) / len(ratio) * np.exp(ratio - top)
    nothing = PRIOR_UNRELATED * np.exp(-top)
    whole = float(weight.sum()) + nothing
    return Posterior(step_seconds, first_step, ratio, weight / whole, float(nothing / whole))
