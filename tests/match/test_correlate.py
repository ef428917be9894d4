"""Correlation by FFT against a slow twin, and the laws of canonical information."""

import numpy as np
import pytest

from viewsync.match.correlate import candidate_lags, canonical_information, independent_share, lag_moments
from viewsync.types import InputError, Search, Signal


def random_signal(rng, samples, channels=3, rate_hz=10.0, start_seconds=0.0):
    values = rng.normal(size=(samples, channels))
    return Signal("motion", values, rng.uniform(size=samples) > 0.1, rate_hz, start_seconds)


def slow_moments(a, b, valid_a, valid_b, lag):
    t = np.arange(len(b))
    t = t[(t + lag >= 0) & (t + lag < len(a))]
    t = t[valid_a[t + lag] & valid_b[t]]
    x, y = a[t + lag] - a[t + lag].mean(axis=0), b[t] - b[t].mean(axis=0)
    return len(t), x.T @ x / len(t), y.T @ y / len(t), x.T @ y / len(t)


def test_moments_equal_the_slow_twin_at_every_lag():
    rng = np.random.default_rng(0)
    a, b = random_signal(rng, 40), random_signal(rng, 29, channels=2)
    lags = np.arange(-20, 31)
    fast = lag_moments(a.values, b.values, a.valid, b.valid, lags)
    for i, lag in enumerate(lags):
        count, aa, bb, ab = slow_moments(a.values, b.values, a.valid, b.valid, int(lag))
        assert fast.count[i] == count
        np.testing.assert_allclose(fast.aa[i], aa, atol=1e-10)
        np.testing.assert_allclose(fast.bb[i], bb, atol=1e-10)
        np.testing.assert_allclose(fast.ab[i], ab, atol=1e-10)


def test_information_of_known_correlations():
    # Two channels that correlate by 0.6 and 0 with their counterparts: −log(1 − 0.36), less a little for the ridge.
    ab = np.diag([0.6, 0.0])[None]
    information = canonical_information(np.eye(2)[None], np.eye(2)[None], ab)
    assert information[0] == pytest.approx(-np.log(1 - (0.6 / 1.005) ** 2), rel=1e-6)


def test_information_ignores_rotation_mirroring_and_order_of_cells():
    rng = np.random.default_rng(1)
    shared = rng.normal(size=(400, 3))
    a, b = shared + 0.5 * rng.normal(size=(400, 3)), shared + 0.5 * rng.normal(size=(400, 3))
    mixing, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    mixing[:, 0] *= -1
    valid, lags = np.ones(400, dtype=bool), np.arange(-3, 4)

    def information(right):
        moments = lag_moments(a, right, valid, valid, lags)
        return canonical_information(moments.aa, moments.bb, moments.ab)

    np.testing.assert_allclose(information(b), information(b @ mixing), rtol=1e-6)


def test_independent_share_of_white_and_of_slow_noise():
    rng = np.random.default_rng(2)
    white = rng.normal(size=(4000, 2))
    assert independent_share(white, white[::-1]) == pytest.approx(1.0, abs=0.15)
    # A first-order series with coefficient φ against another: share = (1 − φ²) / (1 + φ²).
    slow = [np.zeros((4000, 2)), np.zeros((4000, 2))]
    for series in slow:
        noise = rng.normal(size=(4000, 2))
        for t in range(1, 4000):
            series[t] = 0.8 * series[t - 1] + noise[t]
    assert independent_share(*slow) == pytest.approx((1 - 0.64) / (1 + 0.64), rel=0.25)


def test_candidate_lags_leave_the_least_overlap_and_stay_in_reach():
    rng = np.random.default_rng(3)
    a, b = random_signal(rng, 50), random_signal(rng, 30)
    lags = candidate_lags(a, b, Search(min_overlap_seconds=1.0))
    assert (lags[0], lags[-1]) == (-20, 40)
    lags = candidate_lags(a, b, Search(max_offset_seconds=0.75, min_overlap_seconds=1.0))
    assert (lags[0], lags[-1]) == (-7, 7)
    assert len(candidate_lags(a, b, Search(min_overlap_seconds=6.0))) == 0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"max_offset_seconds": 0.0}, "--max-offset"), ({"min_overlap_seconds": -1.0}, "--min-overlap")],
)
def test_search_names_the_argument(arguments, named):
    with pytest.raises(InputError, match=named):
        Search(**arguments)
