"""An offset followed through time by what joints do, in made scenes whose clocks are known."""

from functools import cache

import numpy as np
import pytest

from seen_bodies import Body, camera_at, pixels_of, poses_of
from viewsync.audit.follow import Track, cut, follow
from viewsync.match.pose_track import part
from viewsync.signals import pose
from viewsync.types import PoseSignal

BODY = Body(4, seconds=16.0)
CAMERAS = camera_at(0), camera_at(75)
FRAMES, RATE_HZ = 420, 30.0


@cache
def seen(view: int, lost_at: int = FRAMES, lost: int = 0) -> PoseSignal:
    """What a camera saw, with some frames lost and the rest numbered through."""
    kept = np.r_[0:lost_at, lost_at + lost : FRAMES]
    pixels = pixels_of(BODY, CAMERAS[view], kept / RATE_HZ, noise_pixels=2.0, seed=view)
    frames = np.arange(len(kept))
    return pose.signal(poses_of([(frames, pixels)], frames / RATE_HZ))


def followed(a: PoseSignal, b: PoseSignal) -> Track:
    track = follow(pose, a, b, 0.0, 1 / RATE_HZ)
    assert track is not None
    return track


def test_untouched_keypoints_stay():
    track = followed(seen(0), seen(1))
    (stretch,) = track.stretches
    assert track.jumps == ()
    assert abs(stretch.offset_seconds) < 3 * np.hypot(stretch.std_seconds, track.bias_std_seconds)
    assert track.supported.all()


def test_three_lost_frames_are_found():
    (jump,) = followed(seen(0), seen(1, 180, 3)).jumps
    assert jump.seconds == pytest.approx(6.0, abs=0.5)
    assert jump.size_seconds == pytest.approx(0.1, abs=0.004)


def test_others_and_nobody_cannot_be_followed():
    other = pixels_of(Body(9, seconds=16.0), CAMERAS[1], np.arange(FRAMES) / RATE_HZ, noise_pixels=2.0)
    frames = np.arange(FRAMES)
    track = follow(pose, seen(0), pose.signal(poses_of([(frames, other)], frames / RATE_HZ)), 0.0, 1 / RATE_HZ)
    assert track is None or not track.supported.any()
    nobody = pose.signal(poses_of([(frames[:0], other[:0])], frames / RATE_HZ))
    assert follow(pose, seen(0), nobody, 0.0, 1 / RATE_HZ) is None


def test_a_part_of_a_signal_is_what_it_was():
    whole, middle = seen(0), cut(seen(0), 2.0, 5.0)
    assert middle.start_seconds == 2.0
    assert len(middle.values) == 90
    (track,), (shorter,) = whole.tracks, middle.tracks
    np.testing.assert_array_equal(shorter.points, track.points[60 - track.first : 150 - track.first])
    assert part(whole, slice(0, 0)).tracks == ()
