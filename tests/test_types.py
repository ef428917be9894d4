"""What the nouns work out from what they hold."""

from fractions import Fraction

import numpy as np
import pytest

from viewsync.types import VideoTrack


def usual_interval(pts, base: Fraction) -> float:
    return VideoTrack(0, 64, 48, 0, base, np.asarray(pts, dtype=np.int64)).interval_seconds


@pytest.mark.parametrize("fps", [Fraction(30), Fraction(30000, 1001), Fraction(25), Fraction(60000, 1001)])
def test_the_usual_interval_survives_whole_milliseconds_and_lost_frames(fps):
    rng = np.random.default_rng(0)
    exact = np.arange(900) / float(fps)
    milliseconds = np.round(1000 * exact).astype(int)
    assert usual_interval(milliseconds, Fraction(1, 1000)) == pytest.approx(1 / fps, rel=2e-4)
    kept = np.sort(rng.choice(900, 720, replace=False))
    assert usual_interval(milliseconds[kept], Fraction(1, 1000)) == pytest.approx(1 / fps, rel=1e-3)
    assert usual_interval(np.round(90000 * exact), Fraction(1, 90000)) == pytest.approx(1 / fps, rel=1e-5)


def test_the_usual_interval_of_few_frames():
    assert usual_interval([5], Fraction(1, 30)) == pytest.approx(1 / 30)
    assert usual_interval([5, 9], Fraction(1, 100)) == pytest.approx(0.04)
