"""Whether what a learned cue says is to be believed: its evidence and its error bars, held against known truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from rich.console import Console
from scipy.special import logsumexp

from viewsync.match.fuse import PRIOR_UNRELATED
from viewsync.offsets.calibrate import CALIBRATIONS
from viewsync.signals import CUES
from viewsync.types import Search

_TRIED = (0.2, 0.35, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5)


@dataclass(frozen=True)
class Case:
    """What a cue says of two recordings, and what is true."""

    ratio: Float[np.ndarray, " lag"]
    """Log-likelihood ratios, with the constants as they are."""
    near: Bool[np.ndarray, " lag"] | None
    """Where the true offset is; None: the two have nothing in common."""
    errors: Float[np.ndarray, " stretch"]
    """Of local offsets, in their own standard errors."""
    errors_seconds: Float[np.ndarray, " stretch"]

    @classmethod
    def of(cls, cue: str, a: Any, b: Any, truth_seconds: float | None, near_seconds: float) -> "Case | None":
        """What a cue says of two of its signals; None if they leave no lag to look at.

        Args:
            cue: Which one.
            a: The first recording's signal.
            b: The second one's.
            truth_seconds: t_a − t_b; None if the two have nothing in common.
            near_seconds: How far off a lag may be and count as the true one.
        """
        belief = CUES[cue].belief(a, b, Search())
        if not len(belief.offsets_seconds):
            return None
        if truth_seconds is None:
            return cls(belief.log_likelihood_ratio, None, np.zeros(0), np.zeros(0))
        local = CUES[cue].local_offsets(a, b, truth_seconds)
        errors = np.array([one.offset_seconds - truth_seconds for one in local])
        near = np.abs(belief.offsets_seconds - truth_seconds) < near_seconds
        return cls(belief.log_likelihood_ratio, near, errors / [one.std_seconds for one in local], errors)

    @property
    def right(self) -> bool:
        """Whether the likeliest lag is the true one."""
        return self.near is not None and bool(self.near[self.ratio.argmax()])

    def score(self, factor: float) -> float:
        """Log-probability of the truth, if evidence counted so many times as much."""
        lags = np.log((1 - PRIOR_UNRELATED) / len(self.ratio)) + factor * self.ratio
        whole = np.logaddexp(logsumexp(lags), np.log(PRIOR_UNRELATED))
        if self.near is None:
            return float(np.log(PRIOR_UNRELATED) - whole)
        return float(logsumexp(lags[self.near]) - whole)


def report(cue: str, cases: Sequence[Case], constant: str, value: float, console: Console) -> None:
    """Say which constants fit, and how good the cue is with them.

    Args:
        cue: Of the cases.
        cases: With known truth.
        constant: Name of what its evidence is multiplied by.
        value: It has.
        console: Where to say it.
    """
    for factor in _TRIED:
        score = np.mean([case.score(factor) for case in cases])
        console.print(f"evidence x {factor:g} ({constant} = {factor * value:g}): log score {score:.3f}")
    related = [case for case in cases if case.near is not None]
    errors = np.concatenate([case.errors for case in related])
    seconds = np.abs(np.concatenate([case.errors_seconds for case in related]))
    console.print(f"{len(related)} pairs: {np.mean([case.right for case in related]):.0%} have the right offset on top")
    console.print(
        f"{len(errors)} local offsets: median error {1e3 * np.median(seconds):.1f} ms; median |error| / std over that of a "
        f"normal {np.median(np.abs(errors)) / 0.6745:.2f} (std_factor is {CALIBRATIONS[cue].std_factor:g}); 95 % are below "
        f"{np.percentile(np.abs(errors), 95):.1f} std"
    )
