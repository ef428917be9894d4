"""Sub-sample lags of signals shifted by a known fraction."""

import numpy as np
import pytest

from viewsync.match.subsample import locate
from viewsync.types import Signal


def band_limited(rng, samples, channels, delay):
    """Smooth random channels, sampled at t − delay: exact at any fraction, as they are sums of sinusoids."""
    frequencies = rng.uniform(0.01, 0.25, (60, channels))
    phases = rng.uniform(0, 2 * np.pi, (60, channels))
    t = np.arange(samples)[:, None, None] - delay
    return np.sin(2 * np.pi * frequencies * t + phases).sum(axis=1) / np.sqrt(30)


def pair(delay, noise, seed=0, samples=300):
    clean = [band_limited(np.random.default_rng(seed), samples, 5, shift) for shift in (0.0, delay)]
    rng = np.random.default_rng(seed + 1)
    a, b = (values + noise * rng.normal(size=values.shape) for values in clean)
    valid = np.ones(samples, dtype=bool)
    return Signal("motion", a, valid, 30.0, 0.0), Signal("motion", b, valid, 30.0, 0.0)


@pytest.mark.parametrize("delay", [0.0, 0.37, -1.62, 12.25])
def test_finds_the_fraction(delay):
    # b shows at t + delay what a shows at t, so a[t + lag] lies beside b[t] at lag = −delay.
    a, b = pair(delay, noise=0.1)
    place = locate(a, b, slice(0, 300), near=-round(delay), independent_share=0.5)
    assert place is not None
    assert place.lag == pytest.approx(-delay, abs=0.03)


def test_error_bar_grows_with_noise_and_covers_the_truth():
    misses, stds = [], {0.2: [], 1.0: []}
    for seed in range(20):
        for noise in stds:
            place = locate(*pair(0.4, noise, seed), slice(0, 300), near=0.0, independent_share=0.5)
            if place is None:
                continue
            stds[noise].append(place.std)
            misses.append(abs(place.lag + 0.4) / place.std)
    assert np.median(stds[1.0]) > 2 * np.median(stds[0.2])
    assert np.median(misses) < 1.5


def test_swapping_the_two_negates_the_lag():
    a, b = pair(0.4, noise=0.2)
    forward = locate(a, b, slice(0, 300), near=0.0, independent_share=0.5)
    backward = locate(b, a, slice(0, 300), near=0.0, independent_share=0.5)
    assert forward is not None
    assert backward is not None
    assert forward.lag == pytest.approx(-backward.lag, abs=0.02)


def test_no_answer_where_the_top_is_out_of_reach_or_the_stretch_too_short():
    a, b = pair(8.0, noise=0.0)
    assert locate(a, b, slice(0, 12), near=-8.0, independent_share=0.5) is None
    nothing = Signal("motion", a.values, np.zeros(300, dtype=bool), 30.0, 0.0)
    assert locate(nothing, b, slice(0, 300), near=-8.0, independent_share=0.5) is None
