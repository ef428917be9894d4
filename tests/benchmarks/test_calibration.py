"""Calibration: fits find the constants that made their data, scores are probabilities, drawn cuts know their clocks."""

import numpy as np
import pytest

from viewsync.benchmarks.calibration import Trial, fit_error_bars, fit_evidence, log_score
from viewsync.benchmarks.drawn import as_recording, shoot
from viewsync.match.fuse import PRIOR_UNRELATED


def test_error_bars_find_what_made_the_errors():
    rng = np.random.default_rng(0)
    stated, interval = rng.uniform(0.002, 0.02, 4000), rng.choice([1 / 60, 1 / 30, 1 / 6], 4000)
    true_std = np.hypot(1.4 * stated, 0.1 * interval)
    factor, seconds, intervals = fit_error_bars(np.c_[true_std * rng.standard_t(5, 4000), stated, interval])
    assert factor == pytest.approx(1.4, rel=0.1)
    assert intervals == pytest.approx(0.1, rel=0.1)
    assert seconds < 0.003


def test_evidence_is_fitted_back_from_the_model_that_drew_it():
    # Contrast at wrong lags is exponential; a log-likelihood ratio that is linear in it tilts that at the right one:
    # exp(−x) · exp(s x − t) is a density for t = −log(1 − s), itself exponential with the mean 1 / (1 − s).
    rng, scale = np.random.default_rng(1), 0.8
    trials = []
    for _ in range(500):
        contrast = rng.exponential(1.0, 60)
        right = np.arange(60) == rng.integers(60)
        related = rng.uniform() > PRIOR_UNRELATED
        if related:
            contrast[right] = rng.exponential(1 / (1 - scale))
        trials.append(Trial(contrast, right if related else None))
    constants, score = fit_evidence(trials)
    assert constants == pytest.approx([scale, -np.log(1 - scale)], abs=0.4)
    assert score > np.mean([log_score(trial, 0.3, 0.3) for trial in trials])


def test_scores_of_all_answers_add_up_to_one():
    contrast = np.random.default_rng(2).exponential(1.0, 40)
    parts = [np.arange(40) < 10, np.arange(40) >= 10, None]
    assert sum(np.exp(log_score(Trial(contrast, part), 1.5, 1.5)) for part in parts) == pytest.approx(1.0)


def test_cuts_of_drawn_takes_are_on_their_cameras_clocks():
    (take,), (again,) = (shoot("tumblers", 3, cameras=1, seconds=2.0) for _ in range(2))
    np.testing.assert_array_equal(take.moved, again.moved)
    recording, signal = as_recording("a", take, 0.5, 1.2), take.cut(0.5, 1.2)
    frame = 1 / float(take.camera.fps)
    assert 0.5 <= recording.first_pts_seconds < 0.5 + frame
    assert signal.start_seconds == pytest.approx(recording.first_pts_seconds + frame / 2, abs=1e-4)
    assert len(signal.values) == pytest.approx(1.2 * signal.rate_hz, abs=2)
