"""Joints between frames and after the last: exact where they must be, unknown where nobody can tell."""

from dataclasses import replace

import numpy as np
import pytest
from unsynchronized import CAMERAS, poses, seen

from viewsync.geometry.lens import Lens
from viewsync.pose3d.tracks import Curves, JointTracks, predicted, tracks_of
from viewsync.timeline.clock import ClockMap
from viewsync.types import InputError, Poses

TRACKS = seen(CAMERAS[0])


def straight(seconds, velocity=(100.0, -50.0)):
    """Two joints that go straight on; the second one begins elsewhere."""
    seconds = np.asarray(seconds, dtype=float)
    pixels = np.array([[300.0, 200.0], [10.0, 20.0]]) + seconds[:, None, None] * np.array(velocity)
    return JointTracks(seconds, pixels, np.ones((len(seconds), 2)))


def test_at_frames_it_is_what_was_seen():
    places = Curves(TRACKS)(TRACKS.seconds)
    assert places.pixels == pytest.approx(TRACKS.pixels, abs=1e-9)
    assert (places.confidence == 1).all()


def test_between_frames_it_is_near_the_truth():
    at = TRACKS.seconds[5:-5] + 0.007
    halfway = seen(CAMERAS[0], shift=0.007).pixels[5:-5]
    missed = np.linalg.norm(Curves(TRACKS)(at).pixels - halfway, axis=2)
    held = np.linalg.norm(TRACKS.pixels[5:-5] - halfway, axis=2)
    assert missed.max() < 0.5
    assert missed.mean() < 0.02 * held.mean()


def test_straight_ways_are_exact_at_any_frame_times():
    tracks = straight([0, 0.02, 0.05, 0.06, 0.13, 0.2])
    at = np.linspace(0, 0.2, 23)
    assert Curves(tracks)(at).pixels == pytest.approx(straight(at).pixels, abs=1e-9)


def test_a_later_clock_moves_the_curve():
    at = np.array([1.0, 1.503, 2.0])
    one, other = Curves(TRACKS)(at), Curves(TRACKS.moved(0.25))(at + 0.25)
    assert other.pixels == pytest.approx(one.pixels, abs=1e-6)


def test_gaps_are_bridged_if_short_and_left_if_long():
    confidence = np.ones((40, 2))
    confidence[10:14, 0] = confidence[10:30, 1] = 0
    tracks = replace(straight(np.arange(40) / 50), confidence=confidence)
    at = np.arange(200) / 250
    places = Curves(tracks)(at)
    known = np.isfinite(places.pixels).all(axis=2)
    assert known[at <= 39 / 50, 0].all()
    # Seen up to frame 9 and from frame 30 on.
    assert np.array_equal(known[:195, 1], (at[:195] <= 9 / 50 + 1e-9) | (at[:195] >= 30 / 50 - 1e-9))
    assert np.array_equal(places.confidence > 0, known)


def test_nothing_is_known_long_before_and_after():
    at = np.array([-0.03, -0.01, 0.0, 3.98, 3.995, 4.01])
    known = np.isfinite(Curves(TRACKS)(at).pixels).all(axis=(1, 2))
    assert known.tolist() == [False, True, True, True, True, False]


def test_a_joint_that_was_never_seen_is_never_known():
    tracks = replace(straight([0.0, 0.1]), confidence=np.array([[1.0, 0.0]] * 2))
    for places in (Curves(tracks)(np.array([0.0, 0.05])), predicted(tracks, np.array([0.15]), np.array([0.1]))):
        assert np.isfinite(places.pixels[:, 0]).all()
        assert np.isnan(places.pixels[:, 1]).all()
        assert (places.confidence[:, 1] == 0).all()


def test_one_frame_is_known_at_its_instant():
    assert Curves(straight([1.0]))(np.array([1.0])).pixels[0] == pytest.approx(straight([1.0]).pixels[0])


def test_smooth_tracks_have_less_jitter_and_stay_in_time():
    exact, noisy = seen(CAMERAS[0]), seen(CAMERAS[0], noise_pixels=12.0)
    curves = Curves(exact)
    smooth = noisy.smooth()
    inside = slice(20, -20)
    left = (smooth.pixels - curves(smooth.seconds).pixels)[inside]
    assert left.std() < 0.7 * 12.0
    later = (smooth.pixels - curves(smooth.seconds + 0.02).pixels)[inside]
    earlier = (smooth.pixels - curves(smooth.seconds - 0.02).pixels)[inside]
    assert left.std() < min(later.std(), earlier.std())


# ── prediction ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_later_frame_is_looked_at():
    cut = JointTracks(TRACKS.seconds[:100], TRACKS.pixels[:100], TRACKS.confidence[:100])
    at, until = np.array([2.2, 2.5]), np.full(2, TRACKS.seconds[99])
    assert np.array_equal(predicted(TRACKS, at, until).pixels, predicted(cut, at, until).pixels)


def test_straight_ways_go_on_and_come_to_rest():
    tracks = straight(np.arange(50) / 50)
    last = tracks.seconds[-1]
    at = last + np.array([0.0, 0.01, 0.1, 0.2, 5.0])
    found = predicted(tracks, at, np.full(5, last)).pixels[:, 0]
    ahead = 0.2 * (1 - np.exp(-(at - last) / 0.2))
    assert found == pytest.approx(straight(last + ahead).pixels[:, 0], abs=1e-6)


def test_noise_alone_is_no_velocity():
    rng, still = np.random.default_rng(0), straight(np.arange(50) / 50, (0.0, 0.0))
    ends = []
    for _ in range(50):
        tracks = replace(still, pixels=still.pixels + rng.normal(0, 4.0, still.pixels.shape))
        ends.append(predicted(tracks, np.array([2.0]), np.array([0.98])).pixels[0] - still.pixels[0])
    # A mean of eleven frames errs by 1.2; a line through them, 0.2 s beyond its end, by 6.
    assert np.std(ends) < 3.5


def test_prediction_is_nearer_than_the_last_frame():
    tracks = seen(CAMERAS[0], noise_pixels=2.0, tempo=0.3)
    at = np.arange(0.5, 3.9, 0.06)
    true = Curves(seen(CAMERAS[0], tempo=0.3))(at).pixels
    ahead = np.linalg.norm(predicted(tracks, at, at - 0.08).pixels - true, axis=2).mean()
    held = np.linalg.norm(Curves(tracks)(at - 0.08).pixels - true, axis=2).mean()
    assert ahead < 0.7 * held


def test_joints_out_of_sight_are_not_predicted():
    tracks = straight(np.arange(50) / 50)
    at = np.array([-0.5, 0.5, 1.5])
    assert np.isfinite(predicted(tracks, at, at).pixels).all(axis=(1, 2)).tolist() == [False, True, False]


# ── from poses ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_person_that_is_seen_most_is_taken():
    told = poses(TRACKS)
    two = Poses(
        told.joints, told.pts_seconds, np.repeat(told.frames, 2), np.tile([5, 3], len(told.frames)),
        np.repeat(told.pixels, 2, axis=0) + np.tile([50.0, 0.0], len(told.frames))[:, None, None],
        np.repeat(told.confidence, 2, axis=0) * np.tile([0.4, 0.9], len(told.frames))[:, None], told.size,
    )  # fmt: skip
    found = tracks_of(two, CAMERAS[0], ClockMap(0.0), told.joints)
    assert np.array_equal(found.pixels, TRACKS.pixels)
    assert (found.confidence == 0.9).all()


def test_clock_distortion_and_order_of_joints_are_minded():
    told, lens = poses(TRACKS), Lens(1280, 720, (1000.0, 1000.0), (639.5, 359.5), (-0.1, 0.0, 0.0, 0.0, 0.0))
    bent = replace(told, pixels=lens.bend((told.pixels - (639.5, 359.5)) / 1000))
    joints = ("tail", *reversed(told.joints))
    found = tracks_of(bent, replace(CAMERAS[0], lens=lens), ClockMap(3.0, 0.01), joints)
    assert found.seconds == pytest.approx(3 + 1.01 * TRACKS.seconds)
    assert found.pixels[:, 1:] == pytest.approx(TRACKS.pixels[:, ::-1], abs=1e-3)
    assert np.isnan(found.pixels[:, 0]).all()
    assert (found.confidence[:, 0] == 0).all()


def test_a_camera_that_saw_nobody_is_named():
    told = poses(TRACKS)
    nobody = replace(
        told, frames=told.frames[:0], tracks=told.tracks[:0], pixels=told.pixels[:0], confidence=told.confidence[:0]
    )
    with pytest.raises(InputError, match="cam1 saw nobody"):
        tracks_of(nobody, CAMERAS[0], ClockMap(0.0), told.joints)
