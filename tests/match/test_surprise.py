"""How rare an agreement is, on noise of known distribution."""

import numpy as np
import pytest

from viewsync.match.surprise import surprise

LAGS = 3000


def noise(windows, seed=0, scale=40.0):
    """Agreement of unrelated footage: independent lags with the tail that is usual."""
    return np.random.default_rng(seed).exponential(scale, (windows, LAGS))


@pytest.mark.parametrize("windows", [1, 4, 20])
def test_noise_surprises_as_often_as_it_says(windows):
    found = surprise(noise(windows), noise(windows, seed=1))
    # −log of what is evenly spread over 0 … 1.
    assert found.mean() == pytest.approx(1, abs=0.12)
    assert np.median(found) == pytest.approx(np.log(2), abs=0.08)
    assert np.mean(found > np.log(100)) == pytest.approx(0.01, abs=0.007)
    assert np.sum(found > np.log(LAGS)) <= 5


def test_ranks_decide_but_for_the_tail():
    forward, backward = noise(1), noise(1, seed=1)
    found = surprise(forward, backward)
    often = found[found < 2]
    assert len(often) > 0.8 * LAGS
    for stretched in (lambda x: 3 * x, lambda x: x**2, np.sqrt):
        assert surprise(stretched(forward), stretched(backward))[found < 2] == pytest.approx(often)


def test_more_agreement_is_never_less_of_a_surprise():
    forward = noise(1)
    found = surprise(forward, noise(1, seed=1))
    assert np.all(np.diff(found[np.argsort(forward[0])]) >= -1e-9)


def test_a_lag_that_stands_out_in_every_window_stands_out_of_all():
    forward = noise(8)
    forward[:, 1234] += 120
    found = surprise(forward, noise(8, seed=1))
    assert found.argmax() == 1234
    assert found[1234] > 4 + np.delete(found, 1234).max()


def test_one_window_alone_counts_for_little():
    forward = noise(8)
    forward[3, 1234] += 1e6
    assert surprise(forward, noise(8, seed=1))[1234] < 20


def test_windows_and_lags_have_no_order():
    forward, backward = noise(5), noise(5, seed=1)
    found, shuffled = surprise(forward, backward), np.random.default_rng(2).permutation(LAGS)
    assert surprise(forward[:, shuffled], backward) == pytest.approx(found[shuffled])
    assert surprise(forward[::-1], backward[::-1]) == pytest.approx(found)


def test_what_is_alike_everywhere_is_no_surprise():
    assert surprise(np.full((3, 500), 7.0), np.full((3, 500), 7.0)) == pytest.approx(np.zeros(500), abs=1e-9)


def test_what_is_unknown_is_gone_without():
    forward, backward = noise(3), noise(3, seed=1)
    forward[2, 1000:] = np.nan
    forward[:, 2000:] = np.nan
    found = surprise(forward, backward)
    assert np.all(found[2000:] == 0)
    assert found[1000:2000].mean() == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize("windows", [0, 2])
def test_nothing_known_is_no_surprise(windows):
    unknown = np.full((windows, 50), np.nan)
    assert surprise(unknown, unknown).tolist() == [0] * 50
    # Of a handful of lags, nobody can say what is usual.
    unknown[:, :3] = 5.0
    assert surprise(unknown, np.full((windows, 50), np.nan)).tolist() == [0] * 50
