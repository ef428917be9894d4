"""How right associations are, each metric written out (MessyTable, Cai et al. 2020; Self-MVA, Chen et al. 2025).

ACC and IPAA come first: they judge the decisions that somebody would use. AP and FPR-95 judge only the order of scores,
pooled over pairs of views whose scores needn't be comparable, and can be raised by rescaling without a single better match.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from viewsync.association.frames import UNKNOWN
from viewsync.types import InputError

LEVELS = (100, 90, 80)
"""Of IPAA, in percent."""
_RECALL = 0.95


@dataclass(frozen=True)
class PairOutcome:
    """What was said of two views of an instant, and who was there.

    Raises:
        InputError: Scores aren't one per pair of people, one of them isn't finite, or somebody is matched twice.
    """

    identities_a: Int[np.ndarray, " a"]
    """`UNKNOWN` where nobody told."""
    identities_b: Int[np.ndarray, " b"]
    scores: Float[np.ndarray, "a b"]
    """How much each pair is alike; greater is more."""
    matches: Int[np.ndarray, "match 2"]
    """Row and column of each match that was kept."""

    def __post_init__(self) -> None:
        if self.scores.shape != (len(self.identities_a), len(self.identities_b)) or not np.isfinite(self.scores).all():
            raise InputError(
                f"scores must be finite, one for each pair, but those of {len(self.identities_a)} and "
                f"{len(self.identities_b)} people are of shape {self.scores.shape}."
            )
        if any(len(np.unique(side)) < len(side) for side in self.matches.T):
            raise InputError("somebody is matched to two people of one view. Match everybody once at most.")

    @property
    def same(self) -> Bool[np.ndarray, "a b"]:
        """Which pairs are one person, for all that is known."""
        known = self.identities_a != UNKNOWN
        return np.asarray((self.identities_a[:, None] == self.identities_b) & known[:, None])

    @property
    def known(self) -> Bool[np.ndarray, "a b"]:
        """Of which pairs both identities are known."""
        return np.asarray((self.identities_a != UNKNOWN)[:, None] & (self.identities_b != UNKNOWN))


@dataclass(frozen=True)
class PairCounts:
    """Of one pair of views."""

    people: int
    """Known in either of them, each counted once."""
    shared: int
    """Known in both."""
    kept: int
    """Matches, whether their people are known or not."""
    correct: int
    left_alone: int
    """Known in one view only, and rightly not matched to anybody."""

    @property
    def right(self) -> int:
        """Out of `people`, of how many the right thing was said."""
        return self.correct + self.left_alone


@dataclass(frozen=True)
class Metrics:
    """Shares from 0 to 1. None where there is nothing of which a share could be."""

    pairs: int
    """Pairs of views that were judged."""
    accuracy: float | None
    """ACC: of all known people of all pairs, those of whom the right thing was said."""
    ipaa: tuple[float | None, ...]
    """IPAA: pairs of views in which that is the case of at least 100, 90, 80 % of the known people."""
    precision: float | None
    """Of the kept matches, the correct ones. One of two unknown people counts as a match, and not as a correct one."""
    recall: float | None
    """Of the people known in both views, those correctly matched."""
    f1: float | None
    """Harmonic mean of the two."""
    average_precision: float | None
    """AP: over all pairs of known people, pooled; equal scores are one threshold."""
    false_positive_rate: float | None
    """FPR-95: of pairs of different known people, those that score no less than the pair with which 95 % of the true ones
    are found. Smaller is better. Of equal scores the false ones come first."""


def measure(outcomes: Iterable[PairOutcome]) -> Metrics:
    """The metrics of many pairs of views.

    Pairs in one view of which nobody was found say nothing and are left out. Those in which nobody is known count for
    precision only.
    """
    judged = [outcome for outcome in outcomes if outcome.scores.size]
    counts = [counted(outcome) for outcome in judged]
    people, shared, kept, correct = (
        sum(getattr(count, name) for count in counts) for name in ("people", "shared", "kept", "correct")
    )
    same = np.concatenate([np.zeros(0, dtype=bool), *(outcome.same[outcome.known] for outcome in judged)])
    scores = np.concatenate([np.zeros(0), *(outcome.scores[outcome.known] for outcome in judged)])
    return Metrics(
        pairs=len(judged),
        accuracy=_share(sum(count.right for count in counts), people),
        ipaa=tuple(_ipaa(counts, level) for level in LEVELS),
        precision=_share(correct, kept),
        recall=_share(correct, shared),
        f1=_share(2 * correct, kept + shared),
        average_precision=average_precision(same, scores),
        false_positive_rate=false_positive_rate(same, scores),
    )


def counted(outcome: PairOutcome) -> PairCounts:
    """Who of two views was rightly matched, and rightly not matched."""
    a, b = (ids[ids != UNKNOWN] for ids in (outcome.identities_a, outcome.identities_b))
    rows, columns = outcome.matches.T
    free_a, free_b = np.delete(outcome.identities_a, rows), np.delete(outcome.identities_b, columns)
    alone = [np.setdiff1d(free, [*others, UNKNOWN]).size for free, others in ((free_a, b), (free_b, a))]
    return PairCounts(
        people=np.union1d(a, b).size,
        shared=np.intersect1d(a, b).size,
        kept=len(outcome.matches),
        correct=int(outcome.same[rows, columns].sum()),
        left_alone=sum(alone),
    )


def _ipaa(counts: Sequence[PairCounts], level: int) -> float | None:
    known = [count for count in counts if count.people]
    return _share(sum(100 * count.right >= level * count.people for count in known), len(known))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def average_precision(same: Bool[np.ndarray, " pair"], scores: Float[np.ndarray, " pair"]) -> float | None:
    """Mean over all true pairs of the precision at their score: Σ (Rₙ − Rₙ₋₁) Pₙ over distinct scores from the highest.

    Args:
        same: Which pairs are true.
        scores: Greater is more alike.

    Returns:
        0 to 1; None where no pair is true.
    """
    if not same.any():
        return None
    found, seen = _cumulated(same, scores)
    return float(np.sum(np.diff(found, prepend=0) / found[-1] * found / seen))


def false_positive_rate(
    same: Bool[np.ndarray, " pair"], scores: Float[np.ndarray, " pair"], recall: float = _RECALL
) -> float | None:
    """Share of false pairs that score no less than the threshold at which so many of the true ones are found.

    Args:
        same: Which pairs are true.
        scores: Greater is more alike.
        recall: Share of true pairs to be found.

    Returns:
        0 to 1; None where all pairs are true, or none.
    """
    if same.all() or not same.any():
        return None
    found, seen = _cumulated(same, scores)
    enough = int(np.argmax(found >= recall * found[-1]))
    return float((seen[enough] - found[enough]) / (~same).sum())


def _cumulated(
    same: Bool[np.ndarray, " pair"], scores: Float[np.ndarray, " pair"]
) -> tuple[Int[np.ndarray, " score"], Int[np.ndarray, " score"]]:
    """True pairs, and all, that score no less than each distinct score, from the highest."""
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.diff(scores[order], append=-np.inf))
    return np.cumsum(same[order])[last], last + 1
