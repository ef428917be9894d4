"""Drawn scenes: their motion is a function of time alone, their clocks are exact, and files keep both."""

from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from scipy.signal import correlate

from viewsync.worlds.drawn import Scene, SketchCamera, hear, render, sound_track, truth, write_video
from viewsync.worlds.drawn.bodies import Ball, Box, Figure
from viewsync.worlds.random_motion import RandomMotion, lattice, tempo

BODIES = [Figure, Box, Ball]


def points(body, seconds):
    """Everything that a body consists of, as (time, number)."""
    geometry = body.at(np.asarray(seconds, np.float64))
    corners = geometry.corners if isinstance(body, Box) else geometry.ends
    return corners.reshape(len(corners), -1)


def pictures(scene, camera):
    return np.stack([picture for _, picture in render(scene, camera)]).astype(int)


# ── motion ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_lattice_is_uniform_and_differs_between_seeds_channels_and_knots():
    numbers = lattice(1, np.repeat(np.arange(-2000, 2000)[:, None], 3, axis=1))
    assert abs(numbers.mean()) < 0.03
    assert np.quantile(numbers, [0.25, 0.75]) == pytest.approx([-0.5, 0.5], abs=0.04)
    assert np.abs(np.corrcoef(numbers.T) - np.eye(3)).max() < 0.06
    assert abs(np.corrcoef(numbers[1:, 0], numbers[:-1, 0])[0, 1]) < 0.06
    assert not np.any(numbers == lattice(2, np.repeat(np.arange(-2000, 2000)[:, None], 3, axis=1)))


@pytest.mark.parametrize("kind", ["reach", "hop", "drift"])
def test_motion_is_continuous_and_bounded(kind):
    seconds = np.arange(-30, 30, 1e-3)
    values = getattr(RandomMotion(5, 4, 0.8), kind)(seconds)
    assert np.abs(values).max() <= 1
    assert values.std(axis=0).min() > 0.1
    # The quickest stroke goes 2 units in 0.35 slots, at up to 1.875 times its mean speed.
    assert np.abs(np.diff(values, axis=0)).max() < 1e-3 * 2 / (0.35 * 0.8) * 1.9


def test_tempo_never_runs_backwards_and_keeps_time_on_the_whole():
    lived = tempo(3, np.arange(0, 400, 0.01))
    assert np.diff(lived).min() >= -1e-12
    assert np.mean(np.diff(lived) < 1e-9) > 0.1  # rests
    assert lived == pytest.approx(np.arange(0, 400, 0.01), abs=4)


@pytest.mark.parametrize("maker", BODIES)
def test_bodies_are_functions_of_time_alone(maker):
    body, seconds = maker(7, (0.5, 0.0)), np.array([3.0, -12.5, 400.123, 3.0])
    together, alone = points(body, seconds), np.concatenate([points(body, [s]) for s in seconds])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize("maker", BODIES)
def test_bodies_stay_above_the_ground_and_near_home(maker):
    xyz = points(maker(8, (1.0, -1.0)), np.arange(0, 120, 0.1)).reshape(-1, 3)
    assert xyz[:, 2].min() > -0.05
    assert np.abs(xyz[:, :2] - (1, -1)).max() < 3.0


@pytest.mark.parametrize("maker", BODIES)
def test_period_is_exact_and_its_absence_is_too(maker):
    seconds = np.arange(0, 12, 0.11)
    repeating, free = maker(9, (0.0, 0.0), 3.0), maker(9, (0.0, 0.0))
    np.testing.assert_allclose(points(repeating, seconds + 3.0), points(repeating, seconds), atol=1e-9)
    assert points(repeating, seconds).std(axis=0).max() > 0.1
    assert np.abs(points(free, seconds + 3.0) - points(free, seconds)).mean() > 0.05


def test_figures_move_like_people_most_of_the_energy_below_4_hz():
    speed = np.diff(points(Figure(4, (0.0, 0.0)), np.arange(0, 120, 0.01)), axis=0)
    power = (np.abs(np.fft.rfft(speed, axis=0)) ** 2).sum(axis=1)
    hertz = np.fft.rfftfreq(len(speed), 0.01)
    assert power[hertz < 4].sum() > 0.9 * power.sum()


# ── clocks ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_truth_agrees_with_the_clocks_themselves():
    a = SketchCamera(1, offset_seconds=1.25, rate_ppm=80.0)
    b = SketchCamera(2, offset_seconds=3.0, rate_ppm=-40.0)
    offset_seconds, rate = truth(a, b)
    on_b = np.array([0.0, 10.0, 600.0])
    on_a = (1 + rate) * on_b + offset_seconds
    np.testing.assert_allclose(a.world_seconds(on_a), b.world_seconds(on_b), rtol=0, atol=1e-10)
    assert offset_seconds == pytest.approx(1.75 / 1.00008)


def test_truth_obeys_swapping_and_chaining():
    a, b, c = (
        SketchCamera(i, offset_seconds=float(o), rate_ppm=float(r))
        for i, (o, r) in enumerate([(1, 50), (-2, 90), (0.3, -7)])
    )
    (ab, rate_ab), (ba, rate_ba) = truth(a, b), truth(b, a)
    (bc, rate_bc), (ac, rate_ac) = truth(b, c), truth(a, c)
    assert ba == pytest.approx(-ab / (1 + rate_ab))
    assert rate_ba == pytest.approx(-rate_ab / (1 + rate_ab))
    assert ac == pytest.approx(ab + (1 + rate_ab) * bc)
    assert 1 + rate_ac == pytest.approx((1 + rate_ab) * (1 + rate_bc), abs=1e-12)


def test_frames_show_the_instant_that_their_clock_says():
    # A camera that starts 0.4 s later and counts from 0 sees at pts t what the other sees at t + 0.4.
    early = SketchCamera(1, duration_seconds=2.0, noise=0.0)
    late = replace(early, offset_seconds=0.4, duration_seconds=1.6)
    np.testing.assert_array_equal(pictures(Scene(1), early)[12:], pictures(Scene(1), late))


def test_a_hundredth_of_a_frame_shows():
    camera = SketchCamera(1, duration_seconds=1.0, noise=0.0)
    near = pictures(Scene(1), replace(camera, offset_seconds=0.0003)) - pictures(Scene(1), camera)
    far = pictures(Scene(1), replace(camera, offset_seconds=0.03)) - pictures(Scene(1), camera)
    assert 0 < np.abs(near).mean() < 0.1 * np.abs(far).mean()


def test_pts_of_fractional_rates_are_exact():
    ticks = SketchCamera(1, fps=Fraction(30000, 1001), duration_seconds=100.0).ticks()
    np.testing.assert_array_equal(ticks, 3003 * np.arange(2997))


def test_lost_and_late_frames():
    ticks = SketchCamera(1, dropped_share=0.3, jitter_share=0.8, duration_seconds=60.0).ticks()
    assert len(ticks) == pytest.approx(0.7 * 1800, abs=80)
    assert np.diff(ticks).min() > 0
    late = ticks % 3000
    assert late.max() < 0.8 * 3000 + 1
    assert late.std() > 500


@pytest.mark.parametrize("bad", [{"fps": 0.0}, {"duration_seconds": -1.0}, {"dropped_share": 1.0}, {"jitter_share": 1.2}])
def test_impossible_cameras_are_refused(bad):
    with pytest.raises(ValueError, match=str(next(iter(bad.values())))):
        SketchCamera(1, **bad)


# ── pictures ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["figures", "tumblers"])
def test_scene_moves_clearly_unless_its_activity_is_0(kind):
    camera = SketchCamera(1, duration_seconds=2.0, noise=0.0)
    moving = np.abs(np.diff(pictures(Scene(2, kind), camera), axis=0))
    assert 0.002 < np.mean(moving.max(axis=-1) > 30) < 0.2
    assert not np.diff(pictures(Scene(2, kind, activity=0.0), camera), axis=0).any()


def test_mirrored_camera_sees_the_mirror_picture():
    camera = SketchCamera(1, duration_seconds=0.1, noise=0.0)
    mirrored = pictures(Scene(1), replace(camera, mirrored=True))
    np.testing.assert_array_equal(mirrored[:, :, ::-1], pictures(Scene(1), camera))


def test_viewpoints_differ_and_brightness_brightens():
    camera = SketchCamera(1, duration_seconds=0.1, noise=0.0)
    front = pictures(Scene(1), camera)
    for azimuth, elevation in ((90, 12), (180, 12), (0, 75)):
        other = replace(camera, azimuth_degrees=float(azimuth), elevation_degrees=float(elevation))
        assert np.abs(pictures(Scene(1), other) - front).mean() > 8
    assert pictures(Scene(1), replace(camera, brightness=1.3)).mean() > 1.2 * front.mean()


def test_shaking_moves_the_background():
    held = SketchCamera(1, duration_seconds=1.0, noise=0.0, shake_degrees=1.5)
    still = replace(held, shake_degrees=0.0)
    moved = [np.abs(np.diff(pictures(Scene(1, activity=0.0), camera), axis=0)).mean() for camera in (held, still)]
    assert moved[0] > 1
    assert moved[1] == 0


def test_a_picture_shows_the_middle_of_its_exposure():
    open_long = SketchCamera(1, duration_seconds=0.2, noise=0.0, exposure_seconds=0.02, readout_seconds=0.01)
    later = replace(open_long, exposure_seconds=0.0, offset_seconds=0.01)
    np.testing.assert_array_equal(pictures(Scene(1), open_long), pictures(Scene(1), later))


def test_noise_is_as_strong_as_said_and_independent_between_frames_and_cameras():
    scene, camera = Scene(1, activity=0.0), SketchCamera(1, duration_seconds=0.1, noise=4.0)
    clean = pictures(scene, replace(camera, noise=0.0))
    noises = [pictures(scene, replace(camera, seed=seed))[frame] - clean[0] for seed in (1, 2) for frame in (0, 1)]
    assert [noise.std() for noise in noises] == pytest.approx([4] * 4, rel=0.1)
    correlations = np.corrcoef([noise.ravel() for noise in noises])
    assert np.abs(correlations - np.eye(4)).max() < 0.05


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_file_keeps_times_exactly_and_pictures_nearly(tmp_path):
    camera = SketchCamera(
        3, duration_seconds=2.0, fps=Fraction(30000, 1001), dropped_share=0.2, jitter_share=0.5, rate_ppm=50.0
    )
    write_video(Scene(3), camera, tmp_path / "a.mp4")
    with av.open(tmp_path / "a.mp4") as container:
        frames = list(container.decode(video=0))
        assert container.streams.video[0].time_base == Fraction(1, 90_000)
    np.testing.assert_array_equal([frame.pts for frame in frames], camera.ticks())
    for (_, drawn), frame in zip(render(Scene(3), camera), frames, strict=True):
        assert np.abs(frame.to_ndarray(format="bgr24").astype(int) - drawn).mean() < 8


def test_sound_is_on_the_same_clock_as_the_pictures(tmp_path):
    camera = SketchCamera(3, duration_seconds=3.0, offset_seconds=1.5, width=64, height=36)
    sound = hear(sound_track(1, 8.0), camera)
    write_video(Scene(3), camera, tmp_path / "a.mp4", sound=sound)
    with av.open(tmp_path / "a.mp4") as container:
        blocks = list(container.decode(audio=0))
    assert blocks[0].time == 0
    heard = np.concatenate([block.to_ndarray()[0] for block in blocks])[: len(sound.samples)]
    likeness = correlate(heard, sound.samples / 32768)
    assert np.argmax(likeness) == len(sound.samples) - 1


def test_hearing_shifts_by_offset_and_delay_to_a_fraction_of_a_sample():
    track = sound_track(2, 10.0)
    direct = hear(track, SketchCamera(1, duration_seconds=4.0, offset_seconds=2.0))
    np.testing.assert_array_equal(direct.samples, track.samples[32_000:96_000])
    # Half a sample early and then half a sample late is no shift.
    half = 0.5 / track.rate_hz
    there = hear(track, SketchCamera(1, duration_seconds=10.0), delay_seconds=half)
    back = hear(there, SketchCamera(1, duration_seconds=10.0, offset_seconds=half))
    assert np.abs(back.samples[9:-9] - track.samples[9:-9].astype(int)).max() < 0.01 * np.abs(track.samples).max()


def test_hearing_is_silent_where_nothing_was_recorded():
    heard = hear(sound_track(2, 1.0), SketchCamera(1, duration_seconds=4.0))
    assert heard.samples[:16_000].any()
    assert not heard.samples[16_010:].any()


def test_sound_repeats_with_its_seed_only():
    np.testing.assert_array_equal(sound_track(1, 2.0).samples, sound_track(1, 2.0).samples)
    assert abs(np.corrcoef(sound_track(1, 2.0).samples, sound_track(2, 2.0).samples)[0, 1]) < 0.1
