"""Lags to a fraction of a sample, with the geometry that goes with them: laws, and whether the error bars hold."""

import itertools

import numpy as np
import pytest
import scipy.linalg

from seen_bodies import Body, camera_at, panned, view
from viewsync.geometry.epipolar import fundamental_matrix, homogeneous
from viewsync.match.epipolar import refine
from viewsync.match.geometries import FreeGeometry, KnownGeometry, Residuals
from viewsync.match.posture import standardized

A, B, C = camera_at(0), camera_at(70), camera_at(200, roll_degrees=5)
LAG = 3.37


def found(a, b, near=3.0, cameras=None, spacing=np.inf):
    """The refined lag in coordinates about 0, with a free geometry, or with that of two calibrated cameras."""
    (a, frame_a), (b, frame_b) = standardized(a), standardized(b)
    if cameras is not None:
        return refine(a, b, near, KnownGeometry(frame_a.T @ fundamental_matrix(*cameras) @ frame_b))
    geometry = FreeGeometry.fitted(a, b, near, spacing)
    return None if geometry is None else refine(a, b, near, geometry)


def scene(seed, lag=LAG, people=1, joints=17, **kwargs):
    bodies = [Body((seed, person), joints=joints, position=(0.9 * person, 0, 0)) for person in range(people)]
    sides = [
        np.concatenate(
            [view(camera, body, lag=ahead, seed=(seed, side, person), **kwargs) for person, body in enumerate(bodies)], 1
        )
        for side, (camera, ahead) in enumerate([(A, 0.0), (B, lag)])
    ]
    return sides[0], sides[1]


def apart(one, other, std):
    return abs(one - other) / std


@pytest.mark.parametrize("cameras", [None, (A, B)], ids=["free", "known"])
def test_without_noise_the_lag_is_exact(cameras):
    a, b = scene(0, noise_pixels=0.0)
    best = found(a, b, cameras=cameras)
    # But for what smoothing makes of perspective: two tenths of a millisecond.
    assert best.lag == pytest.approx(LAG, abs=6e-3)
    assert best.points == 17 * 73


@pytest.mark.parametrize("cameras", [None, (A, B)], ids=["free", "known"])
@pytest.mark.parametrize("near", [1.0, 2.0, 5.0])
def test_it_does_not_matter_where_the_search_begins(cameras, near):
    a, b = scene(1)
    assert found(a, b, near, cameras).lag == pytest.approx(found(a, b, LAG, cameras).lag, abs=2e-3)


@pytest.mark.parametrize("calibrated", [False, True])
def test_swapping_negates_the_lag(calibrated):
    for seed in range(5):
        a, b = scene(seed)
        forward = found(a, b, 3.0, (A, B) if calibrated else None)
        backward = found(b, a, -3.0, (B, A) if calibrated else None)
        assert apart(forward.lag, -backward.lag, forward.std) < 1
        assert backward.std == pytest.approx(forward.std, rel=0.5)


def test_a_later_view_has_a_later_lag():
    (a, b), (_, later) = scene(2), scene(2, lag=LAG + 0.37)
    first, second = found(a, b), found(a, later)
    # Noise is the same in both.
    assert apart(second.lag - first.lag, 0.37, first.std) < 1
    whole = found(a, b[2:])
    assert apart(whole.lag - first.lag, 2.0, first.std) < 1


def test_lags_chain_over_three_cameras():
    for seed in range(4):
        body, lags = Body(seed), (0.0, 1.2, 2.65)
        views = [
            view(camera, body, lag=lag, seed=(seed, at))
            for at, (camera, lag) in enumerate(zip((A, B, C), lags, strict=True))
        ]
        ab, bc, ac = (found(views[x], views[y], float(round(lags[y] - lags[x]))) for x, y in ((0, 1), (1, 2), (0, 2)))
        assert apart(ab.lag + bc.lag, ac.lag, np.hypot(ab.std, bc.std)) < 3


@pytest.mark.parametrize(
    ("cameras", "joints", "samples"), [(None, 17, 120), ((A, B), 17, 120), (None, 17, 45), ((A, B), 3, 75), (None, 1, 120)]
)
def test_error_bars_are_honest(cameras, joints, samples):
    measured = [found(*scene(seed, joints=joints, samples=samples), cameras=cameras) for seed in range(20)]
    errors = [(one.lag - LAG) / one.std for one in measured]
    assert 0.4 < np.sqrt(np.mean(np.square(errors))) < 1.6


def test_what_is_known_of_the_cameras_needs_not_be_found_from_few_points():
    sides = [scene(seed, joints=1, samples=60) for seed in range(20)]
    free, known = [found(a, b) for a, b in sides], [found(a, b, cameras=(A, B)) for a, b in sides]
    wrong = [np.sqrt(np.mean([(one.lag - LAG) ** 2 for one in some])) for some in (known, free)]
    assert wrong[0] < 0.8 * wrong[1]
    assert np.median([one.std for one in known]) < np.median([one.std for one in free])


def test_more_people_and_longer_footage_tell_more():
    (one, other), (more, others), (longer, longer_other) = scene(4), scene(4, people=3), scene(4, samples=300)
    alone, together, long = found(one, other), found(more, others), found(longer, longer_other)
    for best in (together, long):
        assert apart(best.lag, LAG, best.std) < 3
        assert best.std < 0.9 * alone.std
    assert together.points > 2.9 * alone.points


def test_more_noise_tells_less():
    quiet, noisy = (found(*scene(5, noise_pixels=noise)) for noise in (2.0, 6.0))
    assert noisy.std == pytest.approx(3 * quiet.std, rel=0.4)
    assert noisy.scale == pytest.approx(3 * quiet.scale, rel=0.15)


@pytest.mark.parametrize("cameras", [None, (A, B)], ids=["free", "known"])
def test_missing_joints_are_gone_without(cameras):
    a, b = scene(6)
    rng, best = np.random.default_rng(0), found(a, b, cameras=cameras)
    for side in (a, b):
        side[:, rng.integers(17)] = np.nan
        side[20:50, :8] = np.nan
        side[rng.uniform(size=side.shape[:2]) < 0.2] = np.nan
    fewer = found(a, b, cameras=cameras)
    assert fewer.points < 0.6 * best.points
    assert apart(fewer.lag, LAG, fewer.std) < 3


@pytest.mark.parametrize("cameras", [None, (A, B)], ids=["free", "known"])
def test_joints_taken_for_one_another_hardly_matter(cameras):
    a, b = scene(7)
    best = found(a, b, cameras=cameras)
    b[40:60, [3, 4]] = b[40:60, [4, 3]]
    b[100:104] += 80.0
    assert found(a, b, cameras=cameras).lag == pytest.approx(LAG, abs=max(4 * best.std, 0.03))


def test_a_turning_camera_has_a_geometry_that_changes():
    body = Body(8)
    a = view(A, body, 300)
    b = view(lambda seconds: panned(B, 0.25 * np.sin(0.6 * seconds)), body, 300, LAG, seed=1)
    changing, constant = found(a, b, spacing=30.0), found(a, b)
    assert apart(changing.lag, LAG, changing.std) < 3
    assert changing.std < 0.02
    assert changing.unknowns == 8 * 11
    # It is told apart by the residuals, for all its unknowns.
    assert constant is None or constant.description_length > changing.description_length
    assert constant is None or constant.std > 3 * changing.std


def test_a_camera_that_stands_still_is_described_more_briefly_so():
    a, b = scene(9, samples=300)
    assert found(a, b).description_length < found(a, b, spacing=30.0).description_length


def test_where_a_detector_sees_a_joint_elsewhere_in_one_view_is_no_lag():
    a, b = scene(10)
    best = found(a, b, cameras=(A, B))
    shifted = b + np.random.default_rng(0).normal(0, 3, (1, 17, 2))
    assert apart(found(a, shifted, cameras=(A, B)).lag, best.lag, best.std) < 3


def test_equations_of_all_knots_equal_the_slow_twin():
    """What the geometry takes is one least-squares problem: a row per point, then what holds scales and ties knots."""
    rng = np.random.default_rng(0)
    (a, _), (b, _) = (standardized(side) for side in scene(11, samples=60))
    matrices = rng.normal(size=(4, 9))
    matrices /= np.linalg.norm(matrices, axis=1, keepdims=True)
    geometry = FreeGeometry(matrices.reshape(4, 3, 3), np.linspace(3, 57, 4))
    sample, joint = np.nonzero(rng.uniform(size=(60, 17)) < 0.7)
    seen_a, seen_b = homogeneous(a[sample, joint]), homogeneous(b[sample, joint])
    distance, direction = geometry.distances(seen_a, seen_b, sample)
    slope, weight = direction.sum(axis=1), rng.uniform(0.1, 1, size=len(sample))
    fast = geometry.eliminate(Residuals(sample, joint, distance, slope, slope, weight))

    blend = np.array([np.interp(sample, np.linspace(3, 57, 4), knot) for knot in np.eye(4)]).T
    product = np.einsum("ni,nj->nij", seen_a, seen_b).reshape(-1, 9)
    mixed = (blend @ matrices).reshape(-1, 3, 3)
    lines = np.hstack([np.einsum("nij,nj->ni", mixed, seen_b)[:, :2], np.einsum("nij,ni->nj", mixed, seen_a)[:, :2]])
    product /= np.linalg.norm(lines, axis=1, keepdims=True)
    assert distance == pytest.approx((product * (blend @ matrices)).sum(axis=1))
    rows = np.einsum("nk,ni->nki", blend, product).reshape(-1, 36)
    level = np.sqrt((weight[:, None] * rows**2).sum() / 36)
    held = np.sqrt(10) * level * scipy.linalg.block_diag(*matrices)
    tied = np.sqrt(1e-2) * level * np.kron(np.diff(np.eye(4), axis=0), np.eye(9))
    every = np.concatenate([np.sqrt(weight)[:, None] * rows, held, tied, np.sqrt(1e-7) * level * np.eye(36)])
    for values, left in zip((distance, slope), fast, strict=True):
        target = np.concatenate([np.sqrt(weight) * values, np.zeros(len(every) - len(rows))])
        assert left == pytest.approx(values - rows @ np.linalg.lstsq(every, target)[0], abs=1e-8)


def test_halfway_between_opposite_knots_nothing_is_known():
    (a, _), (b, _) = (standardized(side) for side in scene(0, samples=61))
    matrix = np.random.default_rng(0).normal(size=(3, 3))
    geometry = FreeGeometry(np.array([matrix, -matrix]), np.array([0.0, 60.0]))
    halfway, rows = np.full(17, 30), homogeneous(a[30])
    distance, direction = geometry.distances(rows, homogeneous(b[30]), halfway)
    assert np.all(distance == 0)
    assert np.all(direction == 0)
    # The search goes on.
    found = refine(a, b, 3.0, geometry)
    assert found is None or np.isfinite(found.std)


def test_nothing_in_common_is_no_lag():
    a, b = scene(12)
    nobody, once = np.full_like(b, np.nan), np.full_like(b, np.nan)
    once[3] = b[3]
    half_a, half_b = a.copy(), b.copy()
    half_a[:, 8:], half_b[:, :8] = np.nan, np.nan
    for one, other in (
        (a, nobody),
        (nobody, b),
        (a, once),
        (half_a, half_b),
        (a[:, :0], b[:, :0]),
        (a[:1], b[:1]),
        (a[:0], b),
    ):
        assert FreeGeometry.fitted(one, other, 3.0, np.inf) is None
        assert refine(one, other, 3.0, KnownGeometry(fundamental_matrix(A, B))) is None
    assert refine(a, b, 500.0, KnownGeometry(fundamental_matrix(A, B))) is None


def test_who_does_not_move_tells_no_lag():
    a, b = (np.repeat(side[:1], 150, axis=0) for side in scene(13))
    for cameras in (None, (A, B)):
        best = found(a, b, cameras=cameras)
        assert best is None or best.std > 1


def test_strangers_fit_badly():
    a, _ = scene(14)
    _, b = scene(15)
    together = found(*scene(14))
    for near, cameras in itertools.product((-3.0, 0.0, 3.0), (None, (A, B))):
        best = found(a, b, near, cameras)
        assert best is None or best.scale > 3 * together.scale
