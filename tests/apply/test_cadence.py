"""Nearest frames and gaps, against a search through all frames and against cases worked by hand."""

from itertools import pairwise

import numpy as np
import pytest

from viewsync.apply.cadence import missing, nearest


@pytest.mark.parametrize("seed", range(4))
def test_nearest_is_what_a_search_finds(seed):
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.integers(1, 4, 40)) / 30
    at = rng.integers(-20, 200, 300) / 60
    distances = np.round(np.abs(times - at[:, None]), 9)
    np.testing.assert_array_equal(nearest(times, at), np.argmin(distances, axis=1))


@pytest.mark.parametrize("seed", range(4))
def test_a_picture_is_missing_where_the_rule_says(seed):
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.integers(20, 80, 40)) / 1000
    at, interval = rng.uniform(-0.2, 2.5, 300), 0.04

    def has_none(instant: float) -> bool:
        if min(abs(times - instant)) <= interval / 2:
            return False
        around = [(a, b) for a, b in pairwise(times) if a <= instant <= b]
        return around[0][1] - around[0][0] > 1.5 * interval + 1e-9 if around else not 0 < instant - times[-1] <= interval

    assert missing(times, at, interval).tolist() == [has_none(instant) for instant in at]


def test_a_single_frame_lasts_an_interval():
    at = np.array([0.95, 0.99, 1.0, 1.03, 1.05])
    assert missing(np.array([1.0]), at, 0.04).tolist() == [True, False, False, False, True]
    assert nearest(np.array([1.0]), at).tolist() == [0] * 5
