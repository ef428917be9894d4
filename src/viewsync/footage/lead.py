"""Which of two networks is nearer to the truth, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from viewsync.footage.desynchronizer import ClipT, Sample

_ROUNDS = 2000
_DIGITS = 4


@dataclass(frozen=True)
class Lead:
    """By how much one network's mean error is under another's, on the same frames."""

    apart: float
    """In the errors' unit."""
    percent: float
    """Of the other's."""
    low_percent: float
    """The 95 % interval, by bootstrap over stretches of footage."""
    high_percent: float

    @classmethod
    def of(
        cls,
        ours: Float[np.ndarray, " frame"],
        theirs: Float[np.ndarray, " frame"],
        stretches: Int[np.ndarray, " frame"],
        seed: int,
    ) -> "Lead":
        """Of errors, all 0 or more; several seeds' may be averaged frame by frame before.

        Args:
            ours: Frame by frame.
            theirs: Of the same frames.
            stretches: To which each frame belongs; neighbouring frames are no independent evidence, so whole stretches are
                drawn.
            seed: Of the bootstrap.
        """
        _, which = np.unique(stretches, return_inverse=True)
        frames, mine, others = (np.bincount(which, weights) for weights in (np.ones(len(ours)), ours, theirs))
        drawn = np.random.default_rng([seed, 84]).multinomial(len(frames), np.full(len(frames), 1 / len(frames)), _ROUNDS)
        low, high = np.percentile(100 * (1 - (drawn @ mine) / (drawn @ others)), [2.5, 97.5])
        apart = float((others.sum() - mine.sum()) / frames.sum())
        percent = 100 * (1 - mine.sum() / others.sum())
        return cls(*(round(float(value), _DIGITS) for value in (apart, percent, low, high)))


def stretches(shown: Sequence[Sample[ClipT]], seconds: float) -> Int[np.ndarray, " sample"]:
    """To which stretch of its footage each sample belongs, for `Lead.of`.

    Args:
        shown: The samples.
        seconds: Of a stretch.
    """
    numbers: dict[tuple[str, int], int] = {}
    told = [(one.footage.name, int(one.instant / one.footage.fps / seconds)) for one in shown]
    return np.array([numbers.setdefault(each, len(numbers)) for each in told], dtype=np.int64)
