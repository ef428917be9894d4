"""The phase transform against a slow twin, its laws, and what chance makes of it."""

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from viewsync.match.gcc import phase_correlation

RATE_HZ = 16_000


def noise(rng, count, level=1000.0):
    return np.round(rng.normal(0, level, count)).astype(np.int16)


def test_equals_the_slow_twin_for_white_sound_without_noise():
    # Of x = y the phases cancel: at lag 0 all frequencies agree, and the sum by hand is the number of frequencies kept.
    rng = np.random.default_rng(0)
    x = noise(rng, 4000)
    correlation = phase_correlation(x, x, RATE_HZ, reach=200)
    taper_free = x - x.mean()
    twin = [np.sum(taper_free[max(0, k) : 4000 + min(0, k)] * taper_free[max(0, -k) : 4000 - max(0, k)]) for k in (0, 7)]
    assert np.argmax(correlation.values) == 200
    assert correlation.values[207] / correlation.values[200] == pytest.approx(twin[1] / twin[0], abs=0.05)
    # x² and x² together have the variance Σ x⁴ ≈ 3 Σ x² per lag: at lag 0 the value is √(n / 3), n = samples.
    assert correlation.values[200] == pytest.approx(np.sqrt(4000), rel=0.3)


def test_unrelated_sounds_have_the_variance_that_chance_gives_them():
    rng = np.random.default_rng(1)
    loud_for_a_moment = np.where(np.abs(np.arange(16_000) - 9000) < 300, 20.0, 1.0)
    x, y = (np.round(noise(rng, 16_000, 300.0) * loud_for_a_moment).astype(np.int16) for _ in range(2))
    values = phase_correlation(x, y, RATE_HZ, reach=4000).values
    # Where the two bursts lie over each other, too: without the normalisation they would stand out five-fold.
    assert np.std(values) == pytest.approx(1.0, abs=0.15)
    assert np.std(values[3900:4101]) == pytest.approx(1.0, abs=0.3)
    assert np.abs(values).max() < 6


def test_finds_a_fraction_of_a_sample_and_ignores_colour():
    rng = np.random.default_rng(2)
    spectrum = np.fft.rfft(rng.normal(0, 2000, 32_768))
    turned = spectrum * np.exp(-2j * np.pi * np.fft.rfftfreq(32_768) * 12.3)
    turned[-1] = 0
    late, early = np.fft.irfft(turned), np.fft.irfft(spectrum)
    coloured = sosfilt(butter(2, (300, 3000), "bandpass", fs=RATE_HZ, output="sos"), np.c_[late, early], axis=0)
    for x, y in ((late, early), coloured.T):
        found = phase_correlation(x.round().astype(np.int16), y.round().astype(np.int16), RATE_HZ, 400).peak(0, 50)
        assert found is not None
        # A parabola through the samples of a sinc is up to an eighth of a sample off: 8 µs.
        assert found.lag == pytest.approx(12.3, abs=0.13)
        assert 0 < found.std < 0.1


def test_stated_error_is_of_the_size_of_the_true_one():
    rng = np.random.default_rng(3)
    deviations = []
    for _ in range(40):
        shared = rng.normal(0, 1000, 8000)
        x, y = (np.round(shared + rng.normal(0, 2000, 8000)).astype(np.int16) for _ in range(2))
        found = phase_correlation(x, y, RATE_HZ, 800).peak(0, 8)
        assert found is not None
        deviations.append(found.lag / found.std)
    assert 0.5 < np.sqrt(np.mean(np.square(deviations))) < 2


def test_mirrored_pairs_have_mirrored_cells():
    rng = np.random.default_rng(4)
    x, y = noise(rng, 5000), noise(rng, 5000)
    forth, back = phase_correlation(x, y, RATE_HZ, 900), phase_correlation(y, x, RATE_HZ, 900)
    np.testing.assert_allclose(forth.values, back.values[::-1], atol=1e-9)
    assert len(forth.cell_maxima(160)) == 11
    np.testing.assert_allclose(forth.cell_maxima(160), back.cell_maxima(160)[::-1], atol=1e-9)


@pytest.mark.parametrize("level", [0, 77])
def test_silence_has_no_correlation_and_no_peak(level):
    rng = np.random.default_rng(5)
    correlation = phase_correlation(np.full(3000, level, dtype=np.int16), noise(rng, 3000), RATE_HZ, 500)
    assert np.abs(correlation.values).max() < 1e-6
    assert correlation.contrast(160).max() < 1e-6


def test_no_peak_where_the_curve_only_climbs_to_the_edge_of_the_search():
    rng = np.random.default_rng(6)
    x = noise(rng, 8000)
    correlation = phase_correlation(x[20:], x[:-20], RATE_HZ, 100)
    assert correlation.peak(-20, 5) is not None
    assert correlation.peak(-17, 2) is None or correlation.peak(-17, 2).height < 6
    assert correlation.peak(300, 5) is None
