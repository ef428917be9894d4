"""Which pairs agree with one another, which are outvoted, and which conflicts nobody can settle.

A wrong pair is off by seconds where good ones agree to milliseconds, so agreement is a matter of counting:

1. *Start.* The clocks with the least sum of absolute misfits (rates first, then offsets without the drift). Like a
   median it follows the majority, and every pair has the same vote, however small the error bar it claims.
2. *Grow.* From a tree of the pairs that misfit least, admit every pair that the admitted ones predict, and expel the
   one they predict worst, until neither changes anything.
3. *Judge.* A pair that disagrees is **outvoted** if more independent ways round it agree than there are pairs that
   disagree with them by the same amount. Else the conflict is **disputed**: the pair may be wrong, or any of those that
   all ways round depend on. A triangle that doesn't close is the simplest case: any of its three pairs may be wrong.

Pairs are judged by their whole error bar. That part of it cancels around cycles (`noise`) makes this the lenient side.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import linprog

from viewsync.timeline.equations import Equations, Measurements, solve, state
from viewsync.timeline.graph import Edges, components, shortest_way, spanning_tree, ways

TOLERANCE_SIGMAS = 5.0
"""Misfit, in standard errors of the misfit, up to which a pair agrees. What is smaller widens error bars instead."""
_ALONE = 1e-9
"""Least share of a pair that others must predict for them to be able to disagree with it."""


@dataclass(frozen=True)
class Disagreement:
    """A pair against what all agreeing pairs say of it."""

    gap_seconds: float
    std_seconds: float


@dataclass(frozen=True)
class Dispute:
    """A conflict in which any of several pairs may be the wrong one."""

    cameras: tuple[int, ...]
    """The cycle that doesn't close."""
    gap_seconds: float
    std_seconds: float
    suspects: frozenset[int]
    """Numbers of the pairs, one of which at least is wrong."""


@dataclass(frozen=True)
class Consensus:
    """The verdict on every pair, by its number."""

    trusted: Int[np.ndarray, " row"]
    outvoted: dict[int, Disagreement]
    disputes: tuple[Dispute, ...]


def find_consensus(measured: Measurements, count: int) -> Consensus:
    """Judge all pairs, each group of connected cameras by itself."""
    trusted: list[int] = []
    outvoted: dict[int, Disagreement] = {}
    disputes: list[Dispute] = []
    for cameras in components(count, measured.a, measured.b):
        rows = np.flatnonzero(np.isin(measured.a, cameras))
        if len(rows):
            group = _Group(measured.within(cameras, rows), len(cameras))
            kept, losers, open_conflicts = group.judge()
            trusted += rows[kept].tolist()
            outvoted |= {int(rows[row]): loser for row, loser in losers.items()}
            disputes += [_renumbered(dispute, cameras, rows) for dispute in open_conflicts]
    return Consensus(np.array(sorted(trusted), dtype=int), outvoted, tuple(disputes))


def _renumbered(dispute: Dispute, cameras: list[int], rows: Int[np.ndarray, " row"]) -> Dispute:
    return Dispute(
        tuple(cameras[camera] for camera in dispute.cameras),
        dispute.gap_seconds,
        dispute.std_seconds,
        frozenset(int(rows[row]) for row in dispute.suspects),
    )


class _Group:
    """The pairs of cameras that are all connected."""

    def __init__(self, measured: Measurements, count: int) -> None:
        self.a, self.b, self.count = measured.a, measured.b, count
        self.equations = state(measured, count)
        self.variances = np.concatenate([measured.variance, measured.rate_variance])

    def judge(self) -> tuple[Bool[np.ndarray, " pair"], dict[int, Disagreement], list[Dispute]]:
        """All three steps: which pairs to trust, the outvoted ones, the disputes."""
        agreeing = self._agreeing()
        gaps, stds = self._gaps(agreeing)
        trusted = agreeing.copy()
        disputes: list[Dispute] = []
        disagreeing = np.flatnonzero(~agreeing)
        waiting = disagreeing.tolist()
        while undecided := [row for row in waiting if not self._outvoted(row, trusted, disagreeing, gaps, stds)]:
            # All by the same pairs: what one conflict casts doubt on must not hide the suspects of the next.
            suspects = {row: self._suspects(row, trusted) for row in undecided}
            for row, others in suspects.items():
                cycle = shortest_way(self.count, self.a[agreeing], self.b[agreeing], int(self.a[row]), int(self.b[row]))
                disputes.append(Dispute(cycle, float(gaps[row]), float(stds[row]), frozenset([row, *others])))
                trusted[others] = False
                waiting.remove(row)
        losers = {row: Disagreement(float(gaps[row]), float(stds[row])) for row in waiting}
        return trusted, losers, disputes

    def _agreeing(self) -> Bool[np.ndarray, " pair"]:
        """Steps 1 and 2, unless all pairs agree anyway."""
        pairs = len(self.a)
        gaps, stds = self._gaps(np.ones(pairs, dtype=bool))
        if np.all(np.abs(gaps) <= TOLERANCE_SIGMAS * stds):
            return np.ones(pairs, dtype=bool)
        start = np.abs(least_absolute_misfits(self.equations, self.a, self.b, np.sqrt(self.variances)))
        agreeing, expelled = np.zeros(pairs, dtype=bool), np.zeros(pairs, dtype=bool)
        agreeing[spanning_tree(self.count, self.a, self.b, np.hypot(start, np.sqrt(self.variances[:pairs])))] = True
        while True:
            gaps, stds = self._gaps(agreeing)
            misfits = np.abs(gaps) / stds
            admitted = agreeing | ((misfits <= TOLERANCE_SIGMAS) & ~expelled)
            if np.any(admitted != agreeing):
                agreeing = admitted
                continue
            worst = int(np.argmax(np.where(agreeing, misfits, 0.0)))
            if not agreeing[worst] or misfits[worst] <= TOLERANCE_SIGMAS:
                # A pair expelled early may fit, now that those that made it look bad are gone.
                return np.asarray(agreeing | (misfits <= TOLERANCE_SIGMAS))
            agreeing[worst], expelled[worst] = False, True

    def _gaps(self, agreeing: Bool[np.ndarray, " pair"]) -> tuple[np.ndarray, np.ndarray]:
        """How far every pair is from what the agreeing ones, without it, say of it; and the error of that, in seconds.

        A pair that nothing can be held against has gap 0.
        """
        pairs, both = len(agreeing), np.tile(agreeing, 2)
        equations = Equations(self.equations.matrix[both], self.equations.values[both], self.equations.centres)
        fit = solve(equations, self.variances[both], reference=0)
        offsets, variance = self.equations.matrix[:pairs], self.variances[:pairs]
        gaps = self.equations.values[:pairs] - offsets @ fit.estimate
        predicted = np.sum((offsets @ (fit.gain * self.variances[both])) @ fit.gain.T * offsets, axis=1)
        stds = np.sqrt(variance + predicted)
        rest = 1 - fit.leverages[: agreeing.sum()]
        alone = rest < _ALONE
        gaps[agreeing] = np.where(alone, 0.0, gaps[agreeing] / np.where(alone, 1.0, rest))
        stds[agreeing] = np.sqrt(variance[agreeing] / np.where(alone, 1.0, rest))
        return gaps, stds

    def _outvoted(
        self,
        row: int,
        trusted: Bool[np.ndarray, " pair"],
        disagreeing: Int[np.ndarray, " row"],
        gaps: Float[np.ndarray, " pair"],
        stds: Float[np.ndarray, " pair"],
    ) -> bool:
        apart = np.abs(np.abs(gaps[disagreeing]) - np.abs(gaps[row]))
        same = apart <= TOLERANCE_SIGMAS * np.hypot(stds[disagreeing], stds[row])
        return self._ways(row, trusted) > int(np.sum(same))

    def _suspects(self, row: int, trusted: Bool[np.ndarray, " pair"]) -> list[int]:
        """Trusted pairs of which each, if taken away, leaves one way fewer around `row`."""
        whole, suspects = self._ways(row, trusted), []
        for other in np.flatnonzero(trusted).tolist():
            without = trusted.copy()
            without[other] = False
            if self._ways(row, without) < whole:
                suspects.append(other)
        return suspects

    def _ways(self, row: int, edges: Bool[np.ndarray, " pair"]) -> int:
        return ways(self.count, self.a[edges], self.b[edges], int(self.a[row]), int(self.b[row]))


def least_absolute_misfits(
    equations: Equations, a: Edges, b: Edges, stds: Float[np.ndarray, " row"]
) -> Float[np.ndarray, " pair"]:
    """Misfit of every pair's offset, in seconds, to the clocks that make the sum of absolute misfits least.

    Args:
        equations: Of the pairs.
        a: First camera of each pair.
        b: Second camera of each pair.
        stds: Of each row's error; only those of the rates count.
    """
    pairs, count = len(a), len(equations.centres)
    rates = _least_absolute(a, b, count, equations.values[pairs:], 1 / stds[pairs:])
    steady = equations.values[:pairs] - equations.matrix[:pairs, count:] @ rates
    shifts = _least_absolute(a, b, count, steady, np.ones(pairs))
    return np.asarray(steady - (shifts[b] - shifts[a]))


def _least_absolute(
    a: Edges, b: Edges, count: int, values: Float[np.ndarray, " pair"], weights: Float[np.ndarray, " pair"]
) -> Float[np.ndarray, " camera"]:
    """Camera values x with the least Σ weight · |x_b − x_a − value|, found by linear programming."""
    pairs, pair = len(a), np.arange(len(a))
    scale = max(float(np.max(np.abs(values))), 1e-12)
    differences = np.zeros((pairs, count))
    differences[pair, a], differences[pair, b] = -1.0, 1.0
    found = linprog(
        # Unknowns: x, then the misfits' positive and negative parts.
        np.concatenate([np.zeros(count), np.tile(weights / weights.max(), 2)]),
        A_eq=np.hstack([differences, np.eye(pairs), -np.eye(pairs)]),
        b_eq=values / scale,
        bounds=[(None, None)] * count + [(0, None)] * (2 * pairs),
        method="highs",
    )
    return np.asarray(found.x[:count]) * scale
