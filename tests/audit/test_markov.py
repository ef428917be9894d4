"""The hidden Markov model against one that writes every matrix and every path out."""

from itertools import pairwise, product

import numpy as np
import pytest

from viewsync.audit.markov import _CREEPS_PER_SECOND, _JUMPS_PER_SECOND, Chain, robust

PIECE_SECONDS = 0.5
JOINED = np.array([True, False, True])
CHAIN = Chain(JOINED, PIECE_SECONDS)


def evidence(seed: int, pieces: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 3, (pieces, len(JOINED) + 1))


def moves(may_jump: bool) -> tuple[np.ndarray, np.ndarray]:
    """Probability of each move from offset to offset: without a jump, and by one."""
    lags = len(JOINED) + 1
    creep, jump = 0.5 * _CREEPS_PER_SECOND * PIECE_SECONDS, may_jump * _JUMPS_PER_SECOND * PIECE_SECONDS
    slow = np.zeros((lags, lags))
    for i, joined in enumerate(JOINED):
        slow[i, i + 1] = slow[i + 1, i] = creep * joined
    slow += np.diag(1 - jump - slow.sum(axis=1))
    return slow, np.full((lags, lags), jump / lags)


def slow_twin(ratio: np.ndarray, may_jump: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, list[int]]:
    """Every path, one by one: posteriors of offsets and of jumps, evidence, and the best path."""
    pieces, lags = ratio.shape
    posterior, jumped, whole = np.zeros(ratio.shape), np.zeros(pieces - 1), 0.0
    best, best_path = -np.inf, None
    for path in product(range(lags), repeat=pieces):
        weight = np.exp(sum(ratio[piece, lag] for piece, lag in enumerate(path))) / lags
        by_jump, likeliest = [], weight
        for gap, (before, after) in enumerate(pairwise(path)):
            slow, sudden = moves(bool(may_jump[gap]))
            weight *= slow[before, after] + sudden[before, after]
            likeliest *= max(slow[before, after], sudden[before, after])
            by_jump.append(sudden[before, after] / max(slow[before, after] + sudden[before, after], 1e-300))
        whole += weight
        for piece, lag in enumerate(path):
            posterior[piece, lag] += weight
        jumped += weight * np.array(by_jump)
        if likeliest > best:
            best, best_path = likeliest, list(path)
    return posterior / whole, jumped / whole, np.log(whole), best_path


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("jumps", [(True,) * 5, (False,) * 5, (True, False, True, True, False)])
def test_every_path_written_out_gives_the_same(seed, jumps):
    ratio, may_jump = evidence(seed), np.array(jumps)
    posterior, jumped, whole, best = slow_twin(ratio, may_jump)
    found, found_jumped = CHAIN.probability(ratio, may_jump)
    np.testing.assert_allclose(found, posterior, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found_jumped, jumped, rtol=1e-9, atol=1e-12)
    assert CHAIN.log_evidence(ratio, may_jump) == pytest.approx(whole)
    assert CHAIN.best_path(ratio, may_jump).tolist() == best


def test_posteriors_sum_to_one():
    posterior, jumped = CHAIN.probability(evidence(9, 200), np.ones(199, dtype=bool))
    np.testing.assert_allclose(posterior.sum(axis=1), 1.0)
    assert ((jumped >= 0) & (jumped <= 1)).all()


def test_time_played_backwards_gives_the_same_backwards():
    ratio, may_jump = evidence(5, 30), np.random.default_rng(5).uniform(size=29) < 0.7
    forward, backward = CHAIN.probability(ratio, may_jump), CHAIN.probability(ratio[::-1], may_jump[::-1])
    for there, back in zip(forward, backward, strict=True):
        np.testing.assert_allclose(there, back[::-1], atol=1e-12)


def test_evidence_alike_for_all_offsets_moves_nothing():
    posterior, jumped = CHAIN.probability(np.full((20, 4), -3.0), np.ones(19, dtype=bool))
    np.testing.assert_allclose(posterior, 0.25)
    np.testing.assert_allclose(jumped, _JUMPS_PER_SECOND * PIECE_SECONDS)


def test_no_piece_says_more_than_that_it_may_be_astray():
    ratio = np.zeros((1, 101))
    ratio[0, 50], ratio[0, 70] = 40.0, -400.0
    bounded = robust(ratio, 1.0, 0.3)
    assert np.argmax(bounded) == 50
    # By hand: the highest of the blurred likelihood is 0.399 of what stood there, the mean 1/101 of it.
    assert bounded[0, 50] - bounded[0, 70] == pytest.approx(np.log(0.7 * 0.399 * 101 / 0.15 + 1), abs=0.01)
    assert robust(np.full((1, 101), -50.0), 1.0, 0.3) == pytest.approx(np.log(0.15), abs=1e-6)
