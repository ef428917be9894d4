import re
from dataclasses import replace

import numpy as np
import pytest
from synthetic_timeline import tied_pair, untied_pair

from viewsync.outputs import drift
from viewsync.types import LocalOffset


def pair_with(stretches, **more):
    return replace(tied_pair("a", "b", 2.0, 0.01, **more), stretches=(("motion", tuple(stretches)),))


def numbers(path: str) -> np.ndarray:
    return np.array([[float(n) for n in re.findall(r"-?[\d.]+", part)] for part in re.split("[ML]", path)[1:]])


def test_points_of_a_perfect_fit_stand_on_its_line():
    rate = 50e-6
    exact = [LocalOffset(seconds, 2.0 + rate * seconds, 0.001) for seconds in np.linspace(100, 900, 7)]
    drawn = drift.draw(pair_with(exact, rate=rate, rate_std=1e-6, middle_seconds=500.0))
    ends, dots = numbers(drawn.line), numbers(drawn.points[0].dots)
    on_line = np.interp(dots[:, 0], ends[:, 0], ends[:, 1])
    np.testing.assert_allclose(dots[:, 1], on_line, atol=0.2)
    assert drawn.middle_offset_seconds == pytest.approx(2.025)


def test_scale_and_error_bars_by_hand():
    # Three stretches, 10 ms apart about the fitted constant, each ± 5 ms: from −15 to +15 ms with 8 % room.
    stretches = [LocalOffset(100.0 * n, 2.0 + 0.01 * (n - 1), 0.005) for n in range(3)]
    drawn = drift.draw(pair_with(stretches))
    assert [tick.label for tick in drawn.y_ticks] == ["-10", "0", "10"]
    bars = numbers(drawn.points[0].bars)
    whole = 30 * 1.16
    np.testing.assert_allclose(bars[:, 2] - bars[:, 1], 1000 * 10 / whole, atol=0.2)
    np.testing.assert_allclose(
        numbers(drawn.points[0].dots)[:, 1], [500 + 1000 * 10 / whole, 500, 500 - 1000 * 10 / whole], atol=0.2
    )
    # Without a rate the fitted line is level, at 0.
    np.testing.assert_allclose(numbers(drawn.line)[:, 1], 500)


def test_without_enough_stretches_nothing_is_drawn():
    two = [LocalOffset(0.0, 2.0, 0.01), LocalOffset(30.0, 2.0, 0.01)]
    assert drift.draw(pair_with(two)) is None
    assert drift.draw(tied_pair("a", "b", 2.0, 0.01)) is None
    assert drift.draw(replace(untied_pair("a", "b"), stretches=(("motion", (two[0],) * 4),))) is None
