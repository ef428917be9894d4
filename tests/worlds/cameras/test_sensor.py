"""Sensors: tone, noise that grows with the light, and the same frame again."""

import numpy as np
import pytest

from viewsync.worlds.cameras.camera import Sensor

RAMP = np.repeat(np.repeat(np.arange(0, 256, 5, dtype=np.uint8)[None, :, None], 300, axis=0), 3, axis=2)


def even(level):
    return np.full((200, 300, 3), level, np.uint8)


def test_a_perfect_sensor_changes_nothing():
    assert np.array_equal(Sensor(noise=0).develop(RAMP, 1, 0), RAMP)


def test_the_tone_curve_worked_by_hand():
    developed = Sensor(noise=0, gamma=2.0, brightness=1.2).develop(even(128), 1, 0)
    assert np.unique(developed).tolist() == [round(255 * 1.2 * (128 / 255) ** 2)]
    assert Sensor(noise=0, brightness=3.0).develop(even(128), 1, 0).max() == 255


@pytest.mark.parametrize("gray", [False, True])
@pytest.mark.parametrize("noise", [2.0, 6.0])
def test_noise_is_as_strong_as_told_at_middle_gray_and_grows_with_the_light(noise, gray):
    sensor = Sensor(noise=noise, gray=gray)
    spread = [sensor.develop(even(level), 1, 0).astype(float).std() for level in (30, 128, 220)]
    # Rounding to whole gray levels adds 1/12.
    assert spread[1] == pytest.approx(np.hypot(noise, 0.29), rel=0.05)
    assert spread[0] == pytest.approx(np.hypot(noise * np.sqrt(0.25 + 0.75 * 30 / 128), 0.29), rel=0.07)
    assert spread[2] == pytest.approx(np.hypot(noise * np.sqrt(0.25 + 0.75 * 220 / 128), 0.29), rel=0.05)
    assert sensor.develop(even(128), 1, 0).astype(float).mean() == pytest.approx(128, abs=0.15)


def test_a_frame_does_not_depend_on_the_frames_before():
    sensor = Sensor(noise=3.0)
    film = [sensor.develop(even(100), 7, frame) for frame in range(5)]
    assert np.array_equal(Sensor(noise=3.0).develop(even(100), 7, 3), film[3])
    assert not np.array_equal(film[2], film[3])
    assert not np.array_equal(sensor.develop(even(100), 8, 3), film[3])


def test_noise_of_successive_frames_is_unrelated():
    first, second = (Sensor(noise=5.0).develop(even(128), 1, frame).astype(float).ravel() for frame in (0, 1))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02


def test_gray_pictures_have_no_colour():
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    developed = Sensor(gray=True).develop(picture, 1, 0)
    assert developed.shape == picture.shape
    assert np.all(developed == developed[..., :1])


def test_the_picture_given_stays_as_it_is():
    picture = even(90)
    Sensor(noise=4.0, gamma=1.3).develop(picture, 1, 0)
    assert np.all(picture == 90)
