"""A hidden Markov model whose state is the offset: it stays, creeps to the next one, or jumps to any."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import gaussian_filter1d

_CREEPS_PER_SECOND = 0.005
"""To a neighbouring offset: for steps of 8 ms, what clocks 40 ppm apart do."""
_JUMPS_PER_SECOND = 0.01
_ASTRAY = 0.3
"""Share of pieces that show any offset, or none, instead of their own: a hand turns, and each camera sees another side
of it move first. It bounds what a single piece can say, so that only agreement of several is evidence."""


@dataclass(frozen=True)
class Chain:
    """The model for one grid of offsets and one length of pieces.

    Every move is as likely as its reverse, so that the model doesn't know the direction of time.
    """

    joined: Bool[np.ndarray, " gap"]
    """Whether two successive offsets of the grid are neighbours."""
    piece_seconds: float

    def moved(self, weights: Float[np.ndarray, " lag"], may_jump: bool) -> Float[np.ndarray, " lag"]:
        """Weights of the offsets one piece later, or earlier."""
        jump, creep = self._jump(may_jump), 0.5 * _CREEPS_PER_SECOND * self.piece_seconds
        flow = creep * self.joined * np.diff(weights)
        moved = (1 - jump) * weights + jump * weights.mean()
        moved[:-1] += flow
        moved[1:] -= flow
        return np.asarray(moved)

    def log_evidence(self, evidence: Float[np.ndarray, "piece lag"], may_jump: Bool[np.ndarray, " gap"]) -> float:
        """Log-likelihood ratio of all pieces together against "unrelated"."""
        return float(self._forward(evidence, may_jump)[1])

    def probability(
        self, evidence: Float[np.ndarray, "piece lag"], may_jump: Bool[np.ndarray, " gap"]
    ) -> tuple[Float[np.ndarray, "piece lag"], Float[np.ndarray, " gap"]]:
        """Probability of each offset at each piece, and of a jump in each gap between two pieces."""
        forward, _ = self._forward(evidence, may_jump)
        likelihood = np.exp(evidence - evidence.max(axis=1, keepdims=True))
        backward, jumped = np.ones_like(forward), np.zeros(len(may_jump))
        for piece in range(len(evidence) - 2, -1, -1):
            ahead = likelihood[piece + 1] * backward[piece + 1]
            reached = self.moved(ahead, bool(may_jump[piece]))
            jumped[piece] = self._jump(bool(may_jump[piece])) * ahead.mean() / float(forward[piece] @ reached)
            backward[piece] = reached / reached.max()
        both = forward * backward
        return both / both.sum(axis=1, keepdims=True), jumped

    def best_path(
        self, evidence: Float[np.ndarray, "piece lag"], may_jump: Bool[np.ndarray, " gap"]
    ) -> Int[np.ndarray, " piece"]:
        """The most probable sequence of offsets (Viterbi), as indices into the grid."""
        pieces, lags = evidence.shape
        here = np.arange(lags)
        came_from = np.zeros((pieces, lags), dtype=np.int32)
        creep = 0.5 * _CREEPS_PER_SECOND * self.piece_seconds
        step = np.where(self.joined, np.log(creep), -np.inf)
        leaves = creep * (np.append(self.joined, False).astype(int) + np.append(False, self.joined))
        score = evidence[0]
        for piece in range(1, pieces):
            jump, top = self._jump(bool(may_jump[piece - 1])), int(np.argmax(score))
            ways = np.stack(
                [
                    score + np.log(1 - jump - leaves),
                    np.append(-np.inf, score[:-1] + step),
                    np.append(score[1:] + step, -np.inf),
                    np.full(lags, score[top] + np.log(jump / lags) if jump else -np.inf),
                ]
            )
            way = np.argmax(ways, axis=0)
            came_from[piece] = np.stack([here, here - 1, here + 1, np.full(lags, top)])[way, here]
            score = ways[way, here] + evidence[piece]
        path = np.empty(pieces, dtype=np.int64)
        path[-1] = np.argmax(score)
        for piece in range(pieces - 1, 0, -1):
            path[piece - 1] = came_from[piece, path[piece]]
        return path

    def _forward(
        self, evidence: Float[np.ndarray, "piece lag"], may_jump: Bool[np.ndarray, " gap"]
    ) -> tuple[Float[np.ndarray, "piece lag"], float]:
        forward, total = np.empty(evidence.shape), 0.0
        before = np.full(evidence.shape[1], 1 / evidence.shape[1])
        for piece, ratio in enumerate(evidence):
            top = float(ratio.max())
            weights = before * np.exp(ratio - top)
            whole = float(weights.sum())
            total += np.log(whole) + top
            forward[piece] = weights / whole
            if piece < len(may_jump):
                before = self.moved(forward[piece], bool(may_jump[piece]))
        return forward, total

    def _jump(self, may_jump: bool) -> float:
        return _JUMPS_PER_SECOND * self.piece_seconds if may_jump else 0.0


def robust(
    evidence: Float[np.ndarray, "piece lag"], spread_steps: float, astray: float = _ASTRAY
) -> Float[np.ndarray, "piece lag"]:
    """Evidence of pieces each of which may show an offset a little, or at times altogether, beside its own.

    Args:
        evidence: Log-likelihood ratios as if every piece showed exactly its own offset.
        spread_steps: Standard deviation of what a piece shows, in steps of the grid.
        astray: Probability that it shows any offset of the grid, or none, one as likely as the other.
    """
    top = evidence.max(axis=1, keepdims=True)
    likelihood = gaussian_filter1d(np.exp(evidence - top), spread_steps, axis=1, mode="nearest")
    anywhere = 0.5 * astray * likelihood.mean(axis=1, keepdims=True)
    return np.asarray(np.logaddexp(top + np.log((1 - astray) * likelihood + anywhere), np.log(0.5 * astray)))
