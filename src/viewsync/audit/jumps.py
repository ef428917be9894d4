"""Which jumps of a path are beyond doubt, and when they happened."""

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int

from viewsync.audit.markov import Chain

JUMP_ODDS = 1000.0
"""A jump is believed only if the evidence, prior included, makes it this much likelier than none."""


@dataclass(frozen=True)
class ClearJumps:
    """A path whose jumps are all beyond doubt."""

    states: Int[np.ndarray, " piece"]
    may_jump: Bool[np.ndarray, " gap"]
    """False around the jumps that weren't."""
    gaps: tuple[int, ...]
    """After which pieces the path jumps."""
    log_odds: tuple[float, ...]

    def window(self, gap: int) -> slice:
        """The gaps nearer to this jump than to any other."""
        edges = [0, *((before + after + 1) // 2 for before, after in pairwise(self.gaps)), len(self.may_jump)]
        which = self.gaps.index(gap)
        return slice(edges[which], edges[which + 1])


def clear_jumps(
    chain: Chain, ratio: Float[np.ndarray, "piece lag"], offsets: Float[np.ndarray, " lag"], least_seconds: float
) -> ClearJumps:
    """The best path, less the jumps that the footage could do without.

    Each jump is weighed against a path that may do anything but jump near there: stay, creep, or have its other jumps
    elsewhere. The least likely one goes first, and then the path is found anew.
    """
    may_jump = np.ones(len(ratio) - 1, dtype=bool)
    while True:
        states = chain.best_path(ratio, may_jump)
        gaps = tuple(np.flatnonzero(np.abs(np.diff(offsets[states])) > least_seconds).tolist())
        found = ClearJumps(states, may_jump, gaps, ())
        whole, odds = chain.log_evidence(ratio, may_jump), []
        for gap in gaps:
            without = may_jump.copy()
            without[found.window(gap)] = False
            gain = whole - chain.log_evidence(ratio, without)
            odds.append(float(gain + np.log(-np.expm1(-max(gain, 1e-9)))))
        if not gaps or min(odds) >= math.log(JUMP_ODDS):
            return replace(found, log_odds=tuple(odds))
        may_jump = may_jump.copy()
        may_jump[found.window(gaps[int(np.argmin(odds))])] = False


def place(
    seconds: Float[np.ndarray, " piece"], jumped: Float[np.ndarray, " gap"], window: slice, piece_seconds: float
) -> tuple[float, float]:
    """When a jump happened, and the standard error of that."""
    between = 0.5 * (seconds[1:] + seconds[:-1])[window]
    weights = jumped[window] / jumped[window].sum()
    mean = float(weights @ between)
    return mean, math.sqrt(float(weights @ (between - mean) ** 2) + piece_seconds**2 / 12)
