"""Agreement of two tracks at a lag: sums against a slow twin, and what it doesn't depend on."""

import numpy as np
import pytest

from seen_bodies import Body, camera_at, view
from viewsync.geometry.epipolar import fundamental_matrix
from viewsync.match.posture import standardized
from viewsync.match.two_view import Squares, agreement, overlap_moments, window_moments

A, B = camera_at(0), camera_at(70)
LAG = 23


def views(seed=0, samples=150, noise_pixels=2.0, unseen=0.1):
    """Both views in coordinates about 0, and the matrix between these. Sample t of b shows what sample t + LAG of a does."""
    body, rng, found, frames = Body(seed), np.random.default_rng(seed), [], []
    for camera, ahead in ((A, 0), (B, LAG)):
        pixels = view(camera, body, samples, ahead, noise_pixels, seed=rng.integers(1000))
        pixels[rng.uniform(size=pixels.shape[:2]) < unseen] = np.nan
        points, frame = standardized(pixels)
        found.append(points)
        frames.append(frame)
    return *found, frames[0].T @ fundamental_matrix(A, B) @ frames[1]


def slow_moments(a, b, lag):
    count, together, apart = 0, np.zeros((6, 6)), np.zeros((6, 6))
    products_a, products_b = Squares.of(a).products, Squares.of(b).products
    for joint in range(a.shape[1]):
        rows = [t for t in range(len(b)) if 0 <= t + lag < len(a)]
        rows = [t for t in rows if np.isfinite(a[t + lag, joint]).all() and np.isfinite(b[t, joint]).all()]
        if rows:
            of_a, of_b = products_a[np.array(rows) + lag, joint], products_b[rows, joint]
            count += len(rows)
            together += of_a.T @ of_b
            apart += np.outer(of_a.sum(axis=0), of_b.sum(axis=0)) / len(rows)
    return count, together, apart


def test_products_of_a_point_by_hand():
    points = np.array([[[2.0, 3.0], [np.nan, 1.0]]])
    assert Squares.of(points).products.tolist() == [[[4, 6, 2, 9, 3, 1], [0, 0, 0, 0, 0, 0]]]


def test_moments_equal_the_slow_twin_at_every_lag():
    a, b, _ = views(samples=30)
    a, lags = a[:22], np.arange(-35, 30)
    fast = overlap_moments(Squares.of(a), Squares.of(b), lags)
    for number, lag in enumerate(lags):
        count, together, apart = slow_moments(a, b, lag)
        assert fast.count[number] == count
        assert fast.together[number] == pytest.approx(together, abs=1e-9)
        assert fast.apart[number] == pytest.approx(apart, abs=1e-9)


def test_windows_are_cut_out_and_need_most_of_their_points():
    a, b, _ = views(samples=60)
    window, lags = slice(10, 40), np.arange(-70, 70)
    one, other = Squares.of(a), Squares.of(b)
    alone = np.isfinite(b[window]).all(axis=2).sum()
    fast = window_moments(one, other, window, lags)
    for number, lag in enumerate(lags):
        count, together, apart = slow_moments(a, b[window], lag + 10)
        if count < 0.6 * alone:
            count = 0
        # Few lags are summed up without an FFT.
        for found, at in ((fast, number), (window_moments(one, other, window, lags[number : number + 1]), 0)):
            assert found.count[at] == count
            if count:
                assert found.together[at] == pytest.approx(together, abs=1e-9)
                assert found.apart[at] == pytest.approx(apart, abs=1e-9)
    # It may hang over a's ends.
    assert fast.count[np.flatnonzero(lags == -15)] > 0


def test_one_window_of_everything_is_the_overlap():
    a, b, _ = views(samples=60)
    b = b[20:40]
    lags = np.arange(0, 41)
    one, other = Squares.of(a), Squares.of(b)
    window, whole = window_moments(one, other, slice(0, 20), lags), overlap_moments(one, other, lags)
    assert np.array_equal(window.count, whole.count)
    assert agreement(window, None) == pytest.approx(agreement(whole, None), rel=1e-6)


def test_agreement_is_best_at_the_right_lag_with_any_geometry_and_with_the_true_one():
    a, b, fundamental = views()
    lags = np.arange(-100, 101)
    moments = overlap_moments(Squares.of(a), Squares.of(b), lags)
    free, known = agreement(moments, None), agreement(moments, fundamental)
    assert lags[free.argmax()] == lags[known.argmax()] == LAG
    assert np.all(free > known - 1e-6)
    assert known.max() > 0.9 * free.max()
    assert np.sort(known)[-20] < 0.5 * known.max()


def test_free_agreement_is_the_same_in_any_coordinates():
    a, b, _ = views()
    lags = np.arange(-60, 61)
    turned = a @ np.array([[0.8, 0.5], [-0.3, 1.2]]) + (0.4, -0.3)
    one, other = (agreement(overlap_moments(Squares.of(x), Squares.of(b), lags), None) for x in (a, turned))
    assert other == pytest.approx(one, rel=0.01)


@pytest.mark.parametrize("calibrated", [False, True])
def test_swapping_negates_the_lag(calibrated):
    a, b, fundamental = views()
    lags = np.arange(-60, 61)
    matrix = fundamental if calibrated else None
    forward = agreement(overlap_moments(Squares.of(a), Squares.of(b), lags), matrix)
    swapped = agreement(overlap_moments(Squares.of(b), Squares.of(a), -lags), None if matrix is None else matrix.T)
    assert swapped == pytest.approx(forward, rel=1e-6)


def test_who_stands_still_agrees_at_no_lag_more_than_at_another():
    a, b, _ = views(noise_pixels=0.0, unseen=0.0)
    still_a, still_b = (np.repeat(points[:1], 60, axis=0) for points in (a, b))
    moments = overlap_moments(Squares.of(still_a), Squares.of(still_b), np.arange(-50, 51))
    assert agreement(moments, None) == pytest.approx(np.zeros(101), abs=1e-3)


def test_who_moves_before_one_camera_only_agrees_nowhere():
    a, b, fundamental = views(unseen=0.0)
    still = np.repeat(b[:1], len(b), axis=0)
    moments = overlap_moments(Squares.of(a), Squares.of(still), np.arange(-50, 51))
    assert agreement(moments, fundamental) == pytest.approx(np.zeros(101), abs=1e-6)


def test_nothing_is_said_of_hardly_any_points():
    a, b, _ = views(samples=40, unseen=0.0)
    b[:, 1:] = np.nan
    moments = overlap_moments(Squares.of(a), Squares.of(b), np.array([-39, -31, -30, -20, 50]))
    assert moments.count.tolist() == [1, 9, 10, 20, 0]
    assert np.isnan(agreement(moments, None)).tolist() == [True, True, False, False, True]
    nobody = overlap_moments(Squares.of(a[:, :0]), Squares.of(b[:, :0]), np.arange(3))
    assert np.isnan(agreement(nobody, None)).all()
