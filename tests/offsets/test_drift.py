"""Lines through local offsets: recovered, refused, robust, honest."""

import numpy as np
import pytest

from viewsync.offsets.drift import fit_clock
from viewsync.types import LocalOffset


def stretches(rate, count=20, span=600.0, std=0.005, seed=0, offset=3.0):
    rng = np.random.default_rng(seed)
    seconds = np.linspace(span / count / 2, span - span / count / 2, count)
    return [LocalOffset(t, offset + rate * t + std * rng.normal(), std) for t in seconds.tolist()]


def test_recovers_a_rate():
    fit = fit_clock(stretches(80e-6), 600.0)
    assert fit.rate == pytest.approx(80e-6, abs=3 * fit.rate_std)
    assert fit.rate_std < 10e-6
    assert fit.offset_seconds - fit.rate * fit.middle_seconds == pytest.approx(3.0, abs=0.01)


def test_no_rate_without_drift_but_a_bound():
    fit = fit_clock(stretches(0.0), 600.0)
    assert fit.rate is None
    assert 0 < fit.rate_bound < 40e-6
    assert fit.offset_seconds == pytest.approx(3.0, abs=4 * fit.offset_std_seconds)


def test_short_footage_bounds_the_rate_by_its_length():
    one = fit_clock([LocalOffset(2.0, 1.0, 0.01)], 4.0)
    assert one.rate is None
    assert one.rate_bound == pytest.approx(1.96 * 0.01 * np.sqrt(12) / 4.0)
    assert (one.offset_seconds, one.offset_std_seconds) == (1.0, 0.01)


def test_a_blunder_among_stretches_does_not_bend_the_line():
    found = stretches(80e-6)
    found[3] = LocalOffset(found[3].seconds, found[3].offset_seconds + 0.5, 0.005)
    fit = fit_clock(found, 600.0)
    assert fit.rate == pytest.approx(80e-6, abs=15e-6)


@pytest.mark.parametrize("seed", range(5))
def test_precise_stretches_are_fitted_to_the_end(seed):
    # The line lies hundreds of standard errors from where the search for it starts.
    found = stretches(80e-6, count=60, std=5e-5, seed=seed, offset=-2.0)
    fit = fit_clock(found, 600.0)
    assert fit.rate == pytest.approx(80e-6, abs=4 * fit.rate_std)
    assert fit.rate_std < 0.06e-6


def test_scatter_beyond_the_stated_errors_widens_them():
    honest, boastful = stretches(0.0, std=0.02, seed=3), []
    boastful = [LocalOffset(s.seconds, s.offset_seconds, 0.002) for s in honest]
    assert fit_clock(boastful, 600.0).offset_std_seconds > 3 * 0.002 / np.sqrt(20)


def test_coverage_of_rate_and_offset():
    inside = []
    for seed in range(300):
        fit = fit_clock(stretches(200e-6, seed=seed), 600.0)
        assert fit.rate is not None
        at_zero = fit.offset_seconds - fit.rate * fit.middle_seconds
        std = np.hypot(fit.offset_std_seconds, fit.middle_seconds * fit.rate_std)
        inside.append((abs(fit.rate - 200e-6) < 1.96 * fit.rate_std, abs(at_zero - 3.0) < 1.96 * std))
    assert np.all(np.abs(np.mean(inside, axis=0) - 0.95) < 0.04)


def test_nothing_to_fit_is_an_error():
    with pytest.raises(ValueError, match="at least one local offset"):
        fit_clock([], 1.0)


def test_a_presumed_rate_is_kept_where_stretches_are_too_few():
    two = [LocalOffset(t, 3.0 + 1e-3 * t, 0.004) for t in (10.0, 40.0)]
    fit = fit_clock(two, 60.0, presumed_rate=1e-3)
    assert fit.rate == 1e-3
    assert fit.offset_at(0.0) == pytest.approx(3.0)
    assert fit.rate_std == pytest.approx(0.004 / np.sqrt(2) * np.sqrt(12) / 60)


def test_a_presumed_rate_makes_no_difference_where_a_slope_shows():
    alone, presumed = fit_clock(stretches(1.1e-3), 600.0), fit_clock(stretches(1.1e-3), 600.0, presumed_rate=1e-3)
    assert presumed.rate == pytest.approx(alone.rate, abs=1e-8)
    assert presumed.offset_at(0.0) == pytest.approx(alone.offset_at(0.0), abs=1e-6)
