"""Offsets followed through time in drawn scenes and generated sound: jumps, laws, drift, and what can't be told."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

from viewsync.audit.follow import Track, cut, follow
from viewsync.signals import audio, motion
from viewsync.types import AudioSignal, Frame, Signal, Sound
from viewsync.worlds.drawn import Scene, SketchCamera, hear, sound_track
from viewsync.worlds.drawn.sketch import render

SCENE = Scene(seed=1, kind="tumblers", bodies=2, activity=0.8)
FRAME = 1 / 30
VIEWS = tuple(SketchCamera(seed=i, azimuth_degrees=10 + 70 * i, duration_seconds=22) for i in (0, 1))


@cache
def pictures(camera: SketchCamera) -> list[np.ndarray]:
    return [
        cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (160, 90), interpolation=cv2.INTER_AREA)
        for _, picture in render(SCENE, camera)
    ]


@cache
def seen(view: int, lost_at: int = 0, lost: int = 0) -> Signal:
    """A camera's motion, with some frames lost and the rest numbered through."""
    grays = pictures(VIEWS[view])
    extractor = motion.Extractor()
    for index, gray in enumerate(grays[:lost_at] + grays[lost_at + lost :]):
        extractor.push(Frame(index, index * FRAME, gray))
    return extractor.signal()


def followed(a: Signal, b: Signal, near: float = 0.0) -> Track:
    track = follow(motion, a, b, near, FRAME)
    assert track is not None
    return track


def moved_by(signal: Signal, seconds: float) -> Signal:
    return replace(signal, start_seconds=signal.start_seconds + seconds)


def test_untouched_footage_has_no_jump():
    track = followed(seen(0), seen(1))
    assert track.jumps == ()
    (stretch,) = track.stretches
    assert abs(stretch.offset_seconds) < 3 * np.hypot(stretch.std_seconds, track.bias_std_seconds)
    assert track.supported.all()
    assert np.abs(track.offset_seconds).max() < FRAME / 2


@pytest.mark.parametrize(("view", "lost", "at"), [(1, 2, 350), (0, 2, 250), (1, 5, 420)])
def test_a_lost_run_of_frames_is_found_within_a_second(view, lost, at):
    signals = [seen(i, at, lost) if i == view else seen(i) for i in (0, 1)]
    (jump,) = followed(*signals).jumps
    assert jump.seconds == pytest.approx(at * FRAME, abs=1.0)
    true_size = (1 if view == 1 else -1) * lost * FRAME
    assert jump.size_seconds == pytest.approx(true_size, abs=max(4 * jump.size_std_seconds, 0.01))


def test_frames_lost_for_longer_than_the_search_reaches():
    track = followed(seen(0), seen(1, 300, 60))
    (jump,) = track.jumps
    assert jump.seconds == pytest.approx(300 * FRAME, abs=1.0)
    assert jump.size_seconds == pytest.approx(2.0, abs=0.02)


def test_two_jumps_there_and_back():
    track = followed(seen(0, 450, 3), seen(1, 210, 3))
    first, second = track.jumps
    assert (first.size_seconds, second.size_seconds) == pytest.approx((0.1, -0.1), abs=0.02)
    assert [stretch.offset_seconds for stretch in track.stretches] == pytest.approx([0, 0.1, 0], abs=0.03)


def test_swapping_the_recordings_turns_the_sign():
    a, b = seen(0), seen(1, 350, 2)
    there, back = followed(a, b), followed(b, a)
    assert back.jumps[0].size_seconds == pytest.approx(-there.jumps[0].size_seconds, abs=0.006)
    assert back.jumps[0].seconds == pytest.approx(there.jumps[0].seconds, abs=0.6)
    ours, theirs = ([stretch.offset_seconds for stretch in track.stretches] for track in (there, back))
    np.testing.assert_allclose(theirs, np.negative(ours), atol=0.008)


def test_moving_both_clocks_moves_the_times_alone():
    here = followed(seen(0), seen(1, 350, 2))
    there = followed(moved_by(seen(0), 100.25), moved_by(seen(1, 350, 2), 100.25))
    np.testing.assert_allclose(there.offset_seconds, here.offset_seconds, atol=1e-4)
    np.testing.assert_allclose(there.seconds, here.seconds + 100.25)
    assert there.jumps[0].size_seconds == pytest.approx(here.jumps[0].size_seconds, abs=1e-4)


def test_moving_one_clock_moves_the_offset():
    here, there = followed(seen(0), seen(1, 350, 2)), followed(moved_by(seen(0), 7.5), seen(1, 350, 2), 7.5)
    np.testing.assert_allclose(there.offset_seconds, here.offset_seconds + 7.5, atol=1e-4)


def test_stillness_cannot_be_followed():
    still = Signal("motion", np.zeros((600, 1)), np.zeros(600, dtype=bool), 30.0, 0.0)
    assert follow(motion, seen(0), still, 0.0, FRAME) is None


def test_nothing_in_common_in_time_cannot_be_followed():
    assert follow(motion, seen(0), moved_by(seen(1), 100.0), 0.0, FRAME) is None


# ── sound ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def heard(seconds: float, rate_ppm: float = 0.0) -> tuple[AudioSignal, Sound]:
    track = sound_track(3, seconds + 1)
    sounds = [hear(track, SketchCamera(seed=i, duration_seconds=seconds, rate_ppm=i * rate_ppm)) for i in (0, 1)]
    return audio.signal(sounds[0]), sounds[1]


def test_a_second_half_that_the_first_recording_does_not_hold():
    a, sound = heard(30.0)
    track = follow(
        audio, audio.signal(replace(a.sound, samples=a.sound.samples[: 12 * sound.rate_hz])), audio.signal(sound), 0.0, 0.0
    )
    (stretch,) = track.stretches
    assert abs(stretch.offset_seconds) < 1e-3
    assert stretch.stop_seconds < 13


def test_clocks_an_era_apart_have_error_bars_all_the_same():
    epoch = 1.7e9
    here = followed(seen(0), seen(1))
    there = followed(moved_by(seen(0), epoch), seen(1), epoch)
    np.testing.assert_allclose(there.std_seconds, here.std_seconds, rtol=0.2)


@pytest.mark.parametrize("lost_seconds", [0.03, 0.3])
def test_lost_sound_is_found_within_a_second(lost_seconds):
    a, sound = heard(30.0)
    gone = np.s_[round(13.7 * sound.rate_hz) : round((13.7 + lost_seconds) * sound.rate_hz)]
    b = audio.signal(replace(sound, samples=np.delete(sound.samples, gone)))
    track = follow(audio, a, b, 0.0, 0.0)
    (jump,) = track.jumps
    assert jump.seconds == pytest.approx(13.7, abs=1.0)
    assert jump.size_seconds == pytest.approx(lost_seconds, abs=1e-3)


def test_drift_is_not_a_jump():
    a, sound = heard(150.0, rate_ppm=200.0)
    track = follow(audio, a, audio.signal(sound), 0.015, 0.0)
    assert track.jumps == ()
    (stretch,) = track.stretches
    assert stretch.rate == pytest.approx(200e-6, abs=5e-6)
    assert stretch.at(140.0)[0] == pytest.approx(0.028, abs=1e-3)


def test_a_cut_keeps_its_place_on_the_clock():
    a, _ = heard(30.0)
    piece = cut(a, 10.0, 12.0)
    assert piece.start_seconds == pytest.approx(10.0, abs=0.01)
    assert piece.sound.start_seconds == pytest.approx(10.0, abs=1e-4)
    assert len(piece.sound.samples) == 2 * piece.sound.rate_hz
    assert len(piece.values) == 200
    assert len(cut(a, -5.0, 100.0).values) == len(a.values)
    assert len(cut(a, 50.0, 60.0).values) == 0
