"""Splines through tracks: what they reproduce, and where they say nothing."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from viewsync.match.interpolate import between


def parabola(times, joints=3):
    bend, slope, level = np.random.default_rng(0).normal(size=(3, joints, 2))
    t = np.asarray(times)[:, None, None]
    return bend * t**2 + slope * t + level, 2 * bend * t + slope


def test_parabolas_and_their_velocities_are_reproduced():
    places = np.array([1.0, 1.25, 3.5, 7.99, 8.0])
    found, speed = between(parabola(np.arange(10.0))[0], places)
    truth, truth_speed = parabola(places)
    assert found == pytest.approx(truth)
    assert speed == pytest.approx(truth_speed)


def test_lines_are_reproduced_to_the_ends():
    points = np.linspace([[0.0, 5.0]], [[9.0, -4.0]], 10)
    places = np.array([0.0, 0.3, 8.7, 9.0])
    found, speed = between(points, places)
    assert found[:, 0, 0] == pytest.approx(places)
    assert speed[:, 0] == pytest.approx(np.tile([1.0, -1.0], (4, 1)))


def test_velocity_is_the_slope_of_the_curve():
    points = np.random.default_rng(1).normal(size=(8, 2, 2))
    places = np.linspace(0.1, 6.9, 30)
    ahead, behind = between(points, places + 1e-6)[0], between(points, places - 1e-6)[0]
    assert between(points, places)[1] == pytest.approx((ahead - behind) / 2e-6, abs=1e-6)


def test_samples_themselves_come_back():
    points = np.random.default_rng(2).normal(size=(8, 2, 2))
    assert between(points, np.arange(8.0))[0] == pytest.approx(points)


def test_nothing_is_said_outside_or_beside_a_gap():
    points = parabola(np.arange(10.0))[0]
    points[4, 1] = np.nan
    places = np.array([-0.1, 2.9, 3.0, 3.5, 4.0, 4.5, 5.0, 5.1, 9.1])
    found, speed = between(points, places)
    unseen = np.isnan(found[:, 1]).any(axis=1)
    assert unseen.tolist() == [True, False, False, True, True, True, False, False, True]
    assert np.array_equal(np.isnan(found), np.isnan(speed))
    assert not np.isnan(found[1:-1, [0, 2]]).any()


def test_smooth_noise_is_as_strong_between_samples_as_at_them():
    """Else the residuals of noise would be least between samples, and lags drawn there."""
    noise = gaussian_filter1d(np.random.default_rng(3).normal(size=(4000, 1, 2)), 1.35, axis=0)
    whole = np.arange(10.0, 3990.0)
    at, midway = between(noise, whole)[0].var(), between(noise, whole + 0.5)[0].var()
    assert midway == pytest.approx(at, rel=2e-3)


@pytest.mark.parametrize("samples", [0, 1])
def test_too_short_to_lie_between(samples):
    found, speed = between(np.zeros((samples, 2, 2)), np.array([0.0, 0.5]))
    assert found.shape == speed.shape == (2, 2, 2)
    assert np.isnan(found).all()
