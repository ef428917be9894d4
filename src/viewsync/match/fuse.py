"""The beliefs of several cues on one pair, added up, with the prior: a posterior."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter1d

from viewsync.types import OffsetBelief

PRIOR_UNRELATED = 0.2
"""Before looking: recordings that are given as of one scene mostly are, and overlap."""
OUTLIER_FLOOR = float(np.log(1e-3))
"""No cue, however sure, counts more than a thousand to one against an offset: each of them errs at times."""
SPEAKS = 2.0
"""Log-likelihood ratio at an offset above which the footage counts as speaking for it."""
SAME_PIXELS = frozenset({"motion", "stereo", "pose", "synnet"})
"""Cues that look at the same people: they err together."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class Posterior:
    """Probability of each offset on a grid of whole multiples of `step_seconds`, and of "unrelated"."""

    step_seconds: float
    first_step: int
    log_likelihood_ratio: Float[np.ndarray, " lag"]
    probability: Float[np.ndarray, " lag"]
    unrelated: float
    resolution_seconds: float
    """Step of the coarsest belief in it."""

    @property
    def offsets_seconds(self) -> Float[np.ndarray, " lag"]:
        """The grid."""
        return (self.first_step + np.arange(len(self.probability))) * self.step_seconds

    @property
    def best_step(self) -> int:
        """The most probable offset, in steps."""
        return self.first_step + int(np.argmax(self.probability))

    def near_best(self, reach_seconds: float) -> Bool[np.ndarray, " lag"]:
        """Which offsets lie this close to the most probable one, or at least next to it."""
        distance = np.abs(self.first_step + np.arange(len(self.probability)) - self.best_step) * self.step_seconds
        return np.asarray(distance <= max(reach_seconds, 1.5 * self.resolution_seconds))

    def swapped(self) -> "Posterior":
        """The same seen from the other recording."""
        last = self.first_step + len(self.probability) - 1
        return replace(
            self,
            first_step=-last,
            log_likelihood_ratio=self.log_likelihood_ratio[::-1],
            probability=self.probability[::-1],
        )


def fuse(beliefs: Sequence[OffsetBelief], spread_seconds: Mapping[str, float], step_seconds: float) -> Posterior:
    """Add the beliefs of one pair's cues on a common grid, and the prior, once.

    Cues err independently given the offset, so their log-likelihood ratios add; but each first is blurred by its own
    bias spread (sound takes its time to arrive, a view shows a motion early), or two right cues would contradict
    each other. Where a cue has too little overlap to speak, it is silent. Cues that look at the same people in the same
    pixels err together: of them, only the surest speaks.

    Args:
        beliefs: One per cue, of the same pair.
        spread_seconds: Standard deviation of each cue's bias.
        step_seconds: Step of the common grid; its points are whole multiples of this.
    """
    beliefs = _independent([belief for belief in beliefs if belief.offsets_seconds.size])
    if not beliefs:
        return normalised(step_seconds, 0, np.zeros(0), step_seconds)
    first = round(min(float(belief.offsets_seconds[0]) for belief in beliefs) / step_seconds)
    last = round(max(float(belief.offsets_seconds[-1]) for belief in beliefs) / step_seconds)
    grid = np.arange(first, last + 1) * step_seconds
    total = np.zeros(len(grid))
    for belief in beliefs:
        ratio = np.interp(grid, belief.offsets_seconds, belief.log_likelihood_ratio, left=0.0, right=0.0)
        total += np.maximum(_blurred(ratio, spread_seconds[belief.cue] / step_seconds), OUTLIER_FLOOR)
    return normalised(step_seconds, first, total, max(belief.step_seconds for belief in beliefs))


def _independent(beliefs: Sequence[OffsetBelief]) -> list[OffsetBelief]:
    alike = [belief for belief in beliefs if belief.cue in SAME_PIXELS]
    surest = max(alike, key=lambda belief: float(belief.log_likelihood_ratio.max()), default=None)
    return [belief for belief in beliefs if belief.cue not in SAME_PIXELS or belief is surest]


def _blurred(ratio: Float[np.ndarray, " lag"], spread_steps: float) -> Float[np.ndarray, " lag"]:
    top = float(ratio.max())
    likelihood = gaussian_filter1d(np.exp(ratio - top), spread_steps, mode="nearest")
    return np.asarray(np.log(np.maximum(likelihood, 1e-300)) + top)


def normalised(
    step_seconds: float,
    first_step: int,
    ratio: Float[np.ndarray, " lag"],
    resolution_seconds: float,
    log_prior: Float[np.ndarray, " lag"] | float = 0.0,
) -> Posterior:
    """The posterior of log-likelihood ratios under the prior, which may favour some offsets over others."""
    if not len(ratio):
        return Posterior(step_seconds, first_step, ratio, ratio, 1.0, resolution_seconds)
    informed = ratio + log_prior
    top = max(float(informed.max()), 0.0)
    weight = (1 - PRIOR_UNRELATED) / len(ratio) * np.exp(informed - top)
    nothing = PRIOR_UNRELATED * np.exp(-top)
    whole = float(weight.sum()) + nothing
    return Posterior(step_seconds, first_step, ratio, weight / whole, float(nothing / whole), resolution_seconds)
