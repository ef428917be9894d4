"""Uniform grids from irregular times, and whitening: what must be exact, and what must not move."""

import numpy as np
import pytest

from viewsync.signals.resample import at_common_rate, average_onto_grid, steadied, whiten
from viewsync.types import Signal


def test_a_constant_rate_passes_through():
    edges = 3.0 + np.arange(11) / 30
    totals = np.random.default_rng(0).normal(size=(10, 2))
    values, valid = average_onto_grid(edges, totals, 30.0)
    np.testing.assert_allclose(values, totals * 30.0)
    assert valid.all()


def test_the_total_is_kept_whatever_the_frame_times():
    rng = np.random.default_rng(1)
    edges = np.cumsum(rng.uniform(0.02, 0.05, 200))
    totals = rng.normal(size=(199, 3))
    for rate_hz in (10.0, 30.0, 47.0):
        values, _ = average_onto_grid(edges, totals, rate_hz)
        reached = edges[0] + len(values) / rate_hz
        running = np.concatenate([np.zeros((1, 3)), np.cumsum(totals, axis=0)])
        expected = [np.interp(reached, edges, channel) for channel in running.T]
        np.testing.assert_allclose(values.sum(axis=0) / rate_hz, expected, atol=1e-9)


def test_one_dropped_frame_is_bridged_and_a_long_gap_is_masked():
    times = np.delete(np.arange(40) / 30, [10, 20, 21, 22, 23])
    values, valid = average_onto_grid(times, np.diff(times)[:, None], 30.0)
    assert valid[9:11].all()
    assert not valid[19:24].any()
    np.testing.assert_allclose(values[valid], 1.0)
    np.testing.assert_array_equal(values[~valid], 0.0)


def test_common_rate_is_the_lower_one_and_keeps_time():
    t = np.arange(600) / 60.0
    fast = Signal("motion", np.sin(2 * np.pi * t)[:, None], np.ones(600, dtype=bool), 60.0, 5.0)
    slow = Signal("motion", np.zeros((90, 1)), np.ones(90, dtype=bool), 30.0, 0.0)
    resampled, same = at_common_rate(fast, slow)
    assert same is slow
    assert resampled.rate_hz == 30.0
    at = resampled.start_seconds - 5.0 + np.arange(len(resampled.values)) / 30.0
    np.testing.assert_allclose(resampled.values[2:-2, 0], np.sin(2 * np.pi * at)[2:-2], atol=0.01)


def test_whitening_delays_nothing_and_reveals_detail():
    rng = np.random.default_rng(2)
    pulse = np.zeros((900, 1))
    pulse[450] = 1.0
    slow = np.cumsum(rng.normal(size=(900, 1)), axis=0)
    noisy = slow + 0.05 * rng.normal(size=(900, 1))
    response = whiten(noisy + 40 * pulse, 30.0) - whiten(noisy, 30.0)
    assert np.argmax(np.abs(response)) == 450
    before = np.abs(np.fft.rfft(noisy[:, 0] - noisy.mean()))
    after = np.abs(np.fft.rfft(whiten(noisy, 30.0)[:, 0]))
    slope = [np.log(spectrum[5:30].mean() / spectrum[100:200].mean()) for spectrum in (before, after)]
    assert slope[1] < 0.6 * slope[0]


@pytest.mark.parametrize("values", [np.zeros((50, 2)), np.full((50, 2), 7.0)])
def test_whitening_nothing_gives_nothing(values):
    np.testing.assert_array_equal(whiten(values, 30.0), np.zeros((50, 2)))


def test_steadied_signals_have_no_loudness_and_keep_their_shape():
    values = np.random.default_rng(7).normal(size=(900, 3))
    steady = steadied(values, 30.0)
    np.testing.assert_allclose(steadied(1000 * values, 30.0), steady)
    # Of constant power, everything is divided by nearly the same number.
    assert np.std(steady / values) < 0.1 * np.mean(steady / values)


def test_a_burst_no_longer_counts_for_more_than_all_the_rest():
    values = np.random.default_rng(8).normal(size=(1800, 3))
    values[600:690] *= 20
    steady = steadied(values, 30.0)
    share_before, share_after = (np.sum(v[600:690] ** 2) / np.sum(v**2) for v in (values, steady))
    assert share_before > 0.9
    assert share_after < 0.5
