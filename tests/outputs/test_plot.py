import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_timeline import belief

from viewsync.outputs import plot
from viewsync.types import OffsetBelief


def points(path: str) -> np.ndarray:
    return np.array([[float(n) for n in pair.split()] for pair in re.split("[ML]", path)[1:]])


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.integers(1, 50))
def test_thinning_keeps_every_peak_where_it_stands(values, count):
    values = np.array(values)
    offsets = np.linspace(-1.0, 1.0, values.size)
    thin_offsets, thin_values = plot.envelope(offsets, values, count)
    assert thin_values.size <= max(count, 1)
    assert thin_values.max() == values.max()
    assert np.all(np.isin(thin_offsets, offsets))
    assert np.all(np.diff(thin_offsets) > 0)
    np.testing.assert_array_equal(np.interp(thin_offsets, offsets, values), thin_values)


def test_thinning_by_hand():
    offsets, values = plot.envelope(np.arange(6.0), np.array([1.0, 5.0, 2.0, 0.0, -3.0, -2.0]), 2)
    assert offsets.tolist() == [1.0, 3.0]
    assert values.tolist() == [5.0, 0.0]


@pytest.mark.parametrize(
    ("low", "high", "count", "labels"),
    [
        (0.0, 10.0, 5, ["0", "2", "4", "6", "8", "10"]),
        (-1.0, 1.0, 4, ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
        (0.23, 2.23, 4, ["0.5", "1.0", "1.5", "2.0"]),
        (-90.0, 3600.0, 4, ["0", "1000", "2000", "3000"]),
    ],
)
def test_ticks_stand_at_round_numbers(low, high, count, labels):
    axis = plot.Axis(low, high)
    ticks = axis.ticks(count)
    assert [tick.label for tick in ticks] == labels
    assert [tick.percent for tick in ticks] == [axis.percent(float(label)) for label in labels]


def test_a_plot_shows_peak_chosen_offset_and_interval_at_one_place():
    picture = plot.draw([belief("motion", 2.5, 40.0, 0.05, seed=1)], plot.Axis(-10, 10), 2.5, 0.1)
    line = points(picture.lines[0].path)
    assert len(line) <= plot.POINTS
    assert line[line[:, 1].argmin(), 0] == pytest.approx(625, abs=1)
    assert picture.chosen_percent == pytest.approx(62.5)
    assert picture.interval_percent == pytest.approx((62.5 - 0.98, 1.96))


def test_a_close_view_covers_its_whole_width():
    picture = plot.draw([belief("motion", 2.5, 40.0, 0.05, seed=1)], plot.Axis(1.5, 3.5), None, None)
    across = points(picture.lines[0].path)[:, 0]
    assert across[0] < 2
    assert across[-1] > 998
    assert picture.chosen_percent is None
    assert picture.interval_percent is None


def test_strong_evidence_against_wrong_offsets_does_not_flatten_the_peak():
    offsets = np.linspace(-1, 1, 201)
    ratio = np.where(np.abs(offsets) < 0.1, 10.0, -5000.0)
    picture = plot.draw([OffsetBelief("audio", offsets, ratio, np.ones(201))], plot.Axis(-1, 1), None, None)
    # 0 stands at 10.8 / (10.8 + 10.8): half way up, as far above the lower edge as the peak allows.
    assert picture.unrelated_percent == pytest.approx(50, abs=0.1)


def test_values_without_a_number_are_left_out():
    offsets = np.linspace(-1, 1, 5)
    ratio = np.array([-np.inf, 0.0, 3.0, 1.0, -np.inf])
    picture = plot.draw([OffsetBelief("audio", offsets, ratio, np.ones(5))], plot.Axis(-1, 1), None, None)
    assert points(picture.lines[0].path).shape == (3, 2)


def test_no_candidates_mean_no_plot():
    empty = OffsetBelief("motion", np.empty(0), np.empty(0), np.empty(0))
    assert plot.extent([empty]) is None
    assert plot.extent([]) is None


def test_the_summit_is_that_of_the_most_certain_cue():
    beliefs = [belief("audio", -3.0, 10.0, 0.05, seed=1), belief("motion", 4.0, 40.0, 0.05, seed=2)]
    assert plot.summit(beliefs) == pytest.approx(4.0, abs=0.02)
