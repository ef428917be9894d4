import numpy as np
import pytest
from clocked_cameras import random_world, recordings, tied

from viewsync.timeline import noise
from viewsync.timeline.equations import measure, state
from viewsync.timeline.solve import solve_timeline


def numbers(names):
    return {name: number for number, name in enumerate(names)}


def test_three_cameras_by_hand():
    """Pairs of variance 2 (in 1e-4 s²), half of it camera noise: 1/2 per camera, 1 per edge.

    The cycle misses by 3 ms, so b = (2 · 1.000 + 1.003) / 3 and c = (2 · 3.003 + 3.000) / 3.
    χ² = 0.003² / 3e-4 = 0.03 of one cycle, pooled with four: edges 0.806, cameras (2 − 0.806) / 2 = 0.597 each.
    Variance of b: 2/3 · 0.806 + 2 · 0.597; covariance of b and c: 1/3 · 0.806 + 0.597.
    """
    std = float(np.sqrt(2e-4))
    offsets = {("a", "b"): 1.0, ("b", "c"): 2.0, ("a", "c"): 3.003}
    pairs = [tied(*ends, offset, std, rate_bound=1e-9) for ends, offset in offsets.items()]
    timeline = solve_timeline(recordings("abc"), pairs, "a", shared_fraction=0.5)
    assert [camera.offset_seconds for camera in timeline.cameras] == pytest.approx([0.0, 1.001, 3.002])
    expected = [[0, 0, 0], [0, 1.731333e-4, 0.865667e-4], [0, 0.865667e-4, 1.731333e-4]]
    np.testing.assert_allclose(timeline.offset_covariance, expected, rtol=1e-5, atol=1e-12)
    (cycle,) = timeline.cycles
    # Only the edges' noise can keep a cycle from closing.
    assert (cycle.residual_seconds, cycle.residual_std_seconds) == pytest.approx((-0.003, np.sqrt(3e-4)), rel=1e-5)


@pytest.mark.parametrize("shared_fraction", [0.0, 0.5, 0.9])
def test_dense_generalised_least_squares_gives_the_same(shared_fraction):
    rng = np.random.default_rng(1)
    world = random_world(5, 0.5, rng)
    fitted = world.pairs_with_rates(rng)
    pairs = [
        slow if number % 3 else quick for number, (slow, quick) in enumerate(zip(fitted, world.pairs(rng), strict=True))
    ]
    measured = measure(pairs, numbers(world.clocks))
    equations = state(measured, 5)
    fit, split = noise.fit_with_cycles(equations, measured, 2, shared_fraction)

    covariance = np.diag(split.edge)
    for i, row in enumerate(equations.matrix):
        for j, other in enumerate(equations.matrix):
            covariance[i, j] += sum(split.camera[k] * row[k] * other[k] for k in range(10))
    free = [k for k in range(10) if k not in (2, 7)]
    design, precision = equations.matrix[:, free], np.linalg.inv(covariance)
    of_estimate = np.linalg.inv(design.T @ precision @ design)
    estimate = of_estimate @ design.T @ precision @ equations.values

    scale = np.sqrt(np.diag(of_estimate))
    np.testing.assert_allclose((fit.estimate[free] - estimate) / scale, 0, atol=1e-3)
    ours = noise.covariance(equations, fit, split)[np.ix_(free, free)]
    np.testing.assert_allclose(ours / np.outer(scale, scale), of_estimate / np.outer(scale, scale), atol=1e-3)


def test_camera_variances_are_recovered_from_pairs_of_unlike_cameras():
    rng = np.random.default_rng(2)
    world = random_world(6, 0.5, rng)
    split = noise.stated(measure(world.pairs(rng), numbers(world.clocks)), 6, 0.5)
    np.testing.assert_allclose(split.camera[:6], np.square(list(world.camera_std.values())), rtol=0.01)


def test_one_bad_pair_does_not_make_its_cameras_noisy():
    pairs = [tied("a", "b", 0.0, 0.01), tied("b", "c", 0.0, 0.01), tied("a", "c", 0.0, 0.01), tied("a", "d", 0.0, 0.01)]
    bad = tied("b", "d", 0.0, 0.3)
    split = noise.stated(measure([*pairs, bad], numbers("abcd")), 4, 0.5)
    assert np.all(split.camera[:3] < 0.01**2)


def test_edges_keep_at_least_their_share():
    rng = np.random.default_rng(3)
    for _ in range(20):
        pairs = [tied(a, b, 0.0, float(np.exp(rng.uniform(-7, 0)))) for a, b in ("ab", "ac", "bc", "cd", "bd")]
        measured = measure(pairs, numbers("abcd"))
        split = noise.stated(measured, 4, 0.7)
        total = split.edge[:5] + split.camera[measured.a] + split.camera[measured.b]
        assert np.all(split.edge[:5] >= 0.3 * measured.variance * (1 - 1e-9))
        assert np.all(total >= measured.variance * (1 - 1e-9))


@pytest.mark.parametrize(("miss", "wider"), [(0.0, False), (0.045, True)])
def test_cycles_that_miss_widen_error_bars_and_none_makes_them_smaller_than_stated(miss, wider):
    """Two cameras and a chain would be known to ± 10 ms; the triangle shows whether that can be believed."""
    offsets = {("a", "b"): 1.0, ("b", "c"): 2.0, ("a", "c"): 3.0 + miss}
    pairs = [tied(*ends, offset, 0.01, rate_bound=1e-9) for ends, offset in offsets.items()]
    cameras = solve_timeline(recordings("abc"), pairs, "a", 0.5).cameras
    cameras_part = np.sqrt(0.5) * 0.01
    assert all(camera.offset_std_seconds > cameras_part for camera in cameras[1:])
    assert all((camera.offset_std_seconds > 0.01) == wider for camera in cameras[1:])
