import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from viewsync.pose_embedding.affine import affine_misfit, refined

FRAMES = 240


def body(seed=0):
    """Joints that bend and turn at random, three axes, at 30 Hz."""
    rng = np.random.default_rng(seed)
    bends = 30 * gaussian_filter1d(rng.normal(size=(FRAMES + 60, 17, 3)), 6, axis=0)
    return 60 * rng.normal(size=(17, 3)) + 2 * bends


def seen(joints, camera, first, frames=FRAMES, shift=0.0, noise=0.0, seed=0):
    """By an affine camera, whose picture moves and zooms; `shift` frames later than `first`."""
    rng = np.random.default_rng(seed)
    whole = np.floor(shift)
    start = first + int(whole)
    share = shift - whole
    at = (1 - share) * joints[start : start + frames] + share * joints[start + 1 : start + 1 + frames]
    points = at @ camera.T + 40 * rng.normal(size=2) + noise * rng.normal(size=(frames, 17, 2))
    return np.concatenate([points, np.ones((frames, 17, 1))], axis=2)


def cameras(seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(2, 2, 3))


@pytest.mark.parametrize("geometry_frames", [0.0, 10.0])
def test_any_two_affine_views_of_one_instant_fit(geometry_frames):
    one, other = cameras()
    a, b = seen(body(), one, 0), seen(body(), other, 12)
    misfit = affine_misfit(a, b, np.arange(0, 25), smooth_frames=0, geometry_frames=geometry_frames)
    assert misfit.argmin() == 12
    assert misfit[12] == pytest.approx(2 * np.log(0.08), abs=1e-6)


def test_a_lag_without_common_instants_is_unknown():
    one, other = cameras()
    a, b = seen(body(), one, 0, 50), seen(body(), other, 0, 50)
    assert np.isnan(affine_misfit(a, b, np.array([50, 0, -50]))).tolist() == [True, False, True]


def test_four_joints_in_common_tell_nothing():
    one, other = cameras()
    a, b = seen(body(), one, 0), seen(body(), other, 0)
    b[:, 4:, 2] = 0
    assert np.isnan(affine_misfit(a, b, np.array([0]))).all()
    assert refined(a, b, 3.2) == 3.2


@pytest.mark.parametrize("truth", [5.0, 5.25, 5.5, -4.75])
def test_the_lag_is_exact_between_frames(truth):
    one, other = cameras(1)
    a = seen(body(), one, 20, noise=1.0)
    b = seen(body(), other, 20, shift=truth, noise=1.0, seed=1)
    assert refined(a, b, truth + 3) == pytest.approx(truth, abs=0.12)


def test_swapping_the_views_turns_the_lag_round():
    one, other = cameras(2)
    a, b = seen(body(), one, 20, noise=1.0), seen(body(), other, 20, shift=4.3, noise=1.0, seed=1)
    assert refined(a, b, 4.0) == pytest.approx(-refined(b, a, -4.0), abs=1e-6)


def test_size_of_the_picture_drops_out():
    one, other = cameras(3)
    a, b = seen(body(), one, 20, noise=1.0), seen(body(), other, 25, noise=1.0, seed=1)
    larger = b * [9, 9, 1]
    lags = np.arange(0, 11)
    np.testing.assert_allclose(affine_misfit(a, larger, lags), affine_misfit(a, b, lags))
