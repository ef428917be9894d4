"""Signals on another clock: there and back, and the same as what a camera with that clock would have recorded."""

import numpy as np
import pytest

from viewsync.signals import audio
from viewsync.signals.retime import Retiming, on_own_clocks, retimed
from viewsync.types import Edges, FlashSignal, LocalOffset, Signal
from viewsync.worlds.drawn import SketchCamera, hear, sound_track

RETIMING = Retiming(1e-3, start_seconds=50.0)


def test_a_retiming_keeps_its_start_and_can_be_undone():
    assert RETIMING(50.0) == 50.0
    assert RETIMING(1050.0) == pytest.approx(1051.0)
    assert RETIMING.undone(RETIMING(123.4)) == pytest.approx(123.4, abs=1e-12)


def test_a_signal_without_samples_of_its_own_only_changes_its_grid():
    signal = Signal("motion", np.ones((7, 2)), np.ones(7, dtype=bool), 30.0, 52.0)
    slow = retimed(signal, RETIMING)
    assert slow.start_seconds == pytest.approx(52.002)
    assert slow.rate_hz == pytest.approx(30 / 1.001)
    assert slow.values is signal.values
    assert retimed(signal, Retiming()) is signal


def test_flashes_move_with_their_frames():
    nothing = np.zeros(2)
    edges = Edges(np.arange(2), np.ones(2, dtype=int), np.array([50.0, 60.0]), *([nothing] * 5))
    signal = FlashSignal("flash", np.zeros((4, 1)), np.ones(4, dtype=bool), 30.0, 50.0, edges)
    np.testing.assert_allclose(retimed(signal, RETIMING).edges.pts_seconds, [50.0, 60.01])


@pytest.mark.parametrize("rate", [1e-3, -1e-3, 5.7e-3])
def test_retimed_sound_is_what_a_right_clock_would_have_recorded(rate):
    track = sound_track(4, 30.0)
    wrong, right = (hear(track, SketchCamera(seed=0, duration_seconds=20.0, rate_ppm=ppm)) for ppm in (1e6 * rate, 0.0))
    slow = retimed(audio.signal(wrong), Retiming(rate))
    # The last second may be missing where the wrong clock runs fast.
    a, b = (sound.samples[4000:300_000].astype(float) for sound in (slow.sound, right))
    assert slow.start_seconds == audio.signal(right).start_seconds
    assert np.sqrt(np.mean((a - b) ** 2)) < 0.01 * np.sqrt(np.mean(b**2))


def test_local_offsets_come_back_to_the_cameras_own_clocks():
    # t_a = 1.002 · t_b + 3; a retimed by 0.001 about 10, b by 0.003 about 20.
    a, b = Retiming(1e-3, 10.0), Retiming(3e-3, 20.0)
    at_b = 200.0
    at_a = 1.002 * at_b + 3.0
    local = on_own_clocks(LocalOffset(b(at_b), a(at_a) - b(at_b), 0.01), a, b)
    assert local.seconds == pytest.approx(at_b)
    assert local.offset_seconds == pytest.approx(at_a - at_b)
    same = LocalOffset(1.0, 2.0, 0.1)
    assert on_own_clocks(same, Retiming(), Retiming()) is same
