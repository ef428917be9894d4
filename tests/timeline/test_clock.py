import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewsync.timeline.clock import ClockMap

seconds = st.floats(-1e5, 1e5)
clocks = st.builds(ClockMap, st.floats(-1e4, 1e4), st.floats(-0.01, 0.01))


@given(clocks, seconds)
def test_inverse_leads_back(clock, t):
    assert clock.inverse()(clock(t)) == pytest.approx(t, abs=1e-9)


@given(clocks)
def test_swapping_law(ab):
    ba = ab.inverse()
    assert ba.rate == pytest.approx(-ab.rate / (1 + ab.rate))
    assert ba.offset_seconds == pytest.approx(-ab.offset_seconds / (1 + ab.rate))


@given(clocks, clocks, seconds)
def test_chaining_law(ab, bc, t):
    ac = bc.then(ab)
    assert ac.offset_seconds == pytest.approx(ab.offset_seconds + (1 + ab.rate) * bc.offset_seconds, abs=1e-9)
    assert ac(t) == pytest.approx(ab(bc(t)), abs=1e-9)


@given(clocks, clocks, clocks)
def test_a_way_and_its_return_close(ab, bc, cd):
    ad = cd.then(bc).then(ab)
    circle = ad.inverse().then(ab).then(ab.inverse()).then(ad)
    assert circle.offset_seconds == pytest.approx(0, abs=1e-9)
    assert circle.rate == pytest.approx(0, abs=1e-12)


def test_applies_to_arrays():
    np.testing.assert_allclose(ClockMap(1.0, 1e-3)(np.array([0.0, 1000.0])), [1.0, 1002.0])


@given(clocks)
def test_covariance_survives_swapping_twice(clock):
    covariance = np.array([[4e-4, -3e-6], [-3e-6, 9e-8]])
    twice = clock.inverse().inverse_covariance(clock.inverse_covariance(covariance))
    np.testing.assert_allclose(twice, covariance, rtol=1e-6, atol=1e-6 * np.abs(twice).max())


def test_covariance_of_the_inverse_is_that_of_inverted_draws():
    clock, covariance = ClockMap(3.0, 0.005), np.array([[1e-4, -5e-7], [-5e-7, 1e-8]])
    draws = np.random.default_rng(0).multivariate_normal([clock.offset_seconds, clock.rate], covariance, 20_000)
    inverted = [ClockMap(*draw).inverse() for draw in draws.tolist()]
    spread = np.cov([(back.offset_seconds, back.rate) for back in inverted], rowvar=False)
    np.testing.assert_allclose(clock.inverse_covariance(covariance), spread, rtol=0.05)


def test_a_clock_that_stands_still_is_refused():
    with pytest.raises(ValueError, match="greater than -1, got -1"):
        ClockMap(0.0, -1.0)
