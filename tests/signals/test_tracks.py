"""From detections to smooth tracks: what smoothing keeps, and what it leaves out."""

import numpy as np
import pytest

from seen_bodies import Body, camera_at, pixels_of, poses_of
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.signals.tracks import MOST_TRACKS, RATE_HZ, Grid, smooth_tracks, smoothed, straightened, without_outliers

BENT = Lens(1280, 720, (1000.0, 990.0), (639.5, 359.5), (-0.2, 0.05, 0.001, -0.002, 0.0))


def irregular(fps, seconds=4.0, seed=0):
    """Frame times that jitter by a tenth of a frame."""
    times = np.arange(0.0, seconds, 1 / fps)
    return times + np.random.default_rng(seed).uniform(-0.1, 0.1, len(times)) / fps


def line(times):
    return np.array([100.0, 50.0]) + np.asarray(times)[:, None, None] * np.array(
        [[[30.0, -20.0]], [[-7.0, 400.0]]]
    ).transpose(1, 0, 2)


def smooth(seconds, pixels, at_seconds=None, weight=None):
    weight = np.isfinite(pixels).all(axis=2).astype(float) if weight is None else weight
    return smoothed(seconds, pixels, weight, Grid.over(seconds).seconds if at_seconds is None else at_seconds)


def test_the_grid_reaches_from_the_first_frame_to_the_last():
    grid = Grid.over(np.array([2.5, 2.6, 3.5]))
    assert grid.seconds == pytest.approx(2.5 + np.arange(31) / RATE_HZ)
    assert Grid.over(np.array([2.5])).seconds.tolist() == [2.5]


@pytest.mark.parametrize("fps", [10, 24, 29.97, 60, 240])
def test_straight_lines_are_exact_at_any_frame_times(fps):
    seconds = irregular(fps)
    weight = np.random.default_rng(1).uniform(0.5, 1.0, (len(seconds), 2))
    at_seconds = Grid.over(seconds).seconds
    found = smooth(seconds, line(seconds), at_seconds, weight)
    assert np.isfinite(found).all()
    # The very first sample may have but one frame that counts.
    assert found[2:-2] == pytest.approx(line(at_seconds)[2:-2], abs=1e-6)


def test_nothing_is_delayed():
    seconds = np.arange(-60, 61) / 30
    parabola = np.tile((seconds**2)[:, None, None], (1, 1, 2))
    found = smooth(seconds, parabola, seconds)
    assert found == pytest.approx(found[::-1])
    # The variance of a kernel of 45 ms, cut off at three of them.
    assert found[60] == pytest.approx(0.045**2, rel=0.05)
    wave = np.sin(2 * np.pi * seconds)[:, None, None] * np.ones((1, 1, 2))
    softer = smooth(seconds, wave, seconds)[10:-10]
    gain = softer[:, 0, 0] @ wave[10:-10, 0, 0] / (wave[10:-10, 0, 0] @ wave[10:-10, 0, 0])
    assert gain == pytest.approx(np.exp(-0.5 * (2 * np.pi * 0.045) ** 2), rel=0.01)
    assert softer == pytest.approx(gain * wave[10:-10], abs=1e-3)


def test_both_of_two_rates_are_smoothed_alike():
    wave = lambda seconds: np.stack([np.sin(6 * seconds), np.cos(5 * seconds)], axis=-1)[:, None]  # noqa: E731
    at_seconds = np.arange(0.5, 3.5, 1 / 30)
    slow, fast = (smooth(irregular(fps, seed=fps), wave(irregular(fps, seed=fps)), at_seconds) for fps in (30, 120))
    assert slow == pytest.approx(fast, abs=3e-3)


def test_noise_is_averaged():
    rng, seconds = np.random.default_rng(0), np.arange(0, 20, 1 / 60)
    found = smooth(seconds, rng.normal(size=(len(seconds), 3, 2)))
    # 1 / (2 √π · 0.045 s · 60 Hz) of the variance is left.
    assert found.var() == pytest.approx(1 / (2 * np.sqrt(np.pi) * 0.045 * 60), rel=0.1)


def test_gaps_are_unseen_and_their_edges_not_invented():
    seconds = np.arange(120) / 30
    pixels = line(seconds)
    pixels[40:70, 1] = np.nan
    found = smooth(seconds, pixels)
    assert np.isfinite(found[:, 0]).all()
    assert np.isnan(found[41:69, 1]).all()
    assert np.isfinite(found[:39, 1]).all()
    assert np.isfinite(found[71:, 1]).all()
    seen = np.isfinite(found[:, 1, 0])
    assert found[seen, 1][2:-2] == pytest.approx(line(seconds)[seen, 1][2:-2])


def test_single_frames_that_are_missing_are_bridged():
    seconds = np.arange(120) / 30
    pixels = line(seconds)
    pixels[5::7] = np.nan
    assert smooth(seconds, pixels)[2:-2] == pytest.approx(line(seconds)[2:-2])


def test_unsure_detections_count_less():
    seconds = np.arange(60) / 30
    pixels, weight = np.zeros((60, 1, 2)), np.ones((60, 1))
    pixels[1::2] = 10.0
    weight[1::2] = 0.25
    assert smooth(seconds, pixels, seconds, weight)[10:-10] == pytest.approx(np.full((40, 1, 2), 2.0), abs=0.2)


def test_what_is_unseen_may_hold_anything():
    seconds = np.arange(30) / 30
    pixels, weight = line(seconds), np.ones((30, 2))
    weight[10:13, 0] = 0.0
    junk = pixels.copy()
    junk[10:13, 0] = np.nan
    assert np.array_equal(smooth(seconds, pixels, None, weight), smooth(seconds, junk, None, weight), equal_nan=True)


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_hardly_any_frames_raise_nothing(frames):
    found = smooth(np.arange(frames) / 30, line(np.arange(frames) / 30))
    assert found.shape == (frames, 2, 2)


@pytest.mark.parametrize("noise_pixels", [0.0, 1.0, 4.0])
def test_leaps_are_dropped_and_motion_is_kept(noise_pixels):
    rng = np.random.default_rng(0)
    pixels = pixels_of(Body(0), camera_at(0), 1 + np.arange(300) / 30, noise_pixels)
    leaps = set(zip(rng.choice(300, 20, replace=False).tolist(), rng.integers(0, 17, 20).tolist(), strict=True))
    for frame, joint in leaps:
        pixels[frame, joint] += rng.choice([-150, 150], 2)
    found = without_outliers(pixels)
    dropped = set(zip(*(axis.tolist() for axis in np.nonzero(np.isnan(found[..., 0]))), strict=True))
    assert dropped >= leaps
    assert len(dropped) < len(leaps) + 0.01 * pixels[..., 0].size
    kept = np.isfinite(found)
    assert np.array_equal(found[kept], pixels[kept])


def test_a_joint_that_stays_where_it_went_is_no_outlier():
    pixels = np.zeros((40, 2, 2))
    pixels[20:, 0] = 300.0
    assert np.isfinite(without_outliers(pixels)).all()


def test_nothing_seen_has_no_outliers():
    nothing = np.full((30, 2, 2), np.nan)
    assert np.isnan(without_outliers(nothing)).all()


def test_distortion_is_taken_off():
    rays = np.random.default_rng(0).uniform(-0.4, 0.4, (20, 3, 2))
    bent, straight = BENT.bend(rays), rays * BENT.focal_pixels + BENT.center_pixels
    bent[3, 1], straight[3, 1] = np.nan, np.nan
    assert straightened(bent, BENT) == pytest.approx(straight, abs=0.01, nan_ok=True)
    assert straightened(bent, None) is bent


def seen(people, fps=30, seconds=2.0, camera=None):
    times = np.arange(0, seconds, 1 / fps)
    camera = camera or camera_at(0)
    tracks = [
        (np.arange(len(times))[frames], pixels_of(Body(who), camera, times[frames])) for who, frames in enumerate(people)
    ]
    return poses_of(tracks, times)


def test_tracks_lie_where_they_were_seen():
    poses = seen([slice(10, 40), slice(None)])
    long, short = smooth_tracks(poses, None, Grid.over(poses.pts_seconds))
    assert (long.first, len(long), short.first, len(short)) == (0, 60, 10, 30)
    whole = smooth_tracks(seen([slice(None)]), None, Grid(0.0, 60))[0]
    assert short.points[5:-5] == pytest.approx(whole.points[15:35], abs=0.5)


def test_the_lens_of_a_camera_is_taken_off_all_tracks():
    plain = camera_at(0, lens=Lens(BENT.width, BENT.height, BENT.focal_pixels, BENT.center_pixels))
    bent = CalibratedCamera("bent", BENT, plain.rotation, plain.translation_metres)
    grid = Grid(0.0, 60)
    truth = smooth_tracks(seen([slice(None)], camera=plain), None, grid)[0].points
    for known in (bent, BENT):
        found = smooth_tracks(seen([slice(None)], camera=bent), known, grid)[0].points
        assert found == pytest.approx(truth, abs=0.05)


def test_the_longest_tracks_are_kept():
    people = [slice(0, 15 + 2 * who) for who in range(MOST_TRACKS + 3)]
    poses = seen(people)
    found = smooth_tracks(poses, None, Grid.over(poses.pts_seconds))
    assert [len(track) for track in found] == [15 + 2 * who for who in reversed(range(3, MOST_TRACKS + 3))]


def test_shreds_and_nobody_are_no_tracks():
    shred = seen([slice(0, 5)])
    assert smooth_tracks(shred, None, Grid.over(shred.pts_seconds)) == ()
    nobody = poses_of([], np.arange(60) / 30)
    assert smooth_tracks(nobody, None, Grid.over(nobody.pts_seconds)) == ()
    blind = poses_of([(np.arange(60), np.full((60, 17, 2), np.nan))], np.arange(60) / 30)
    assert smooth_tracks(blind, None, Grid.over(blind.pts_seconds)) == ()
