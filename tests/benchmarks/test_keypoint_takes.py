"""Cuts of keypoints: equally long, at random, and what they show is what the source showed then."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewsync.benchmarks import keypoint_takes
from viewsync.benchmarks.keypoint_takes import KeypointScene, apart_keypoints, overlapping_keypoints
from viewsync.benchmarks.takes import true_offset
from viewsync.media.keypoints import frames_per_second, read_poses
from viewsync.media.keypoints.joints import BODY25
from viewsync.types import InputError, Poses

DATA = Path(__file__).parents[2].parent / "shared" / "data"
seeds = st.integers(0, 10_000)


def seen(times, seed=0, people=1):
    """Joint 0 tells the time: its x is the instant in milliseconds."""
    times = np.asarray(times, dtype=float)
    frames = np.repeat(np.arange(len(times)), people)
    pixels = np.random.default_rng(seed).uniform(0, 1000, (len(frames), 25, 2)).round(3)
    pixels[:, 0, 0] = 1000 * times[frames]
    tracks = np.tile(np.arange(people), len(times))
    return Poses(BODY25, times, frames, tracks, pixels, np.full((len(frames), 25), 0.75), (1280, 720))


def regular(cameras=3, apart_seconds=None, every=2):
    poses = {f"cam{i}": seen(np.arange(100) / 60, seed=i, people=1 + i % 2) for i in range(cameras)}
    return KeypointScene("made", poses, 60, every, 1.0, apart_seconds)


def jittered(seed):
    """Capture times that scatter, some frames lost, cameras started and stopped at different times."""
    rng = np.random.default_rng(seed)
    cameras = {}
    for i in range(3):
        times = 1000 + np.arange(rng.integers(0, 4), 300 - rng.integers(0, 4)) / 30 + rng.uniform(-0.008, 0.008)
        times = times + rng.uniform(-0.01, 0.01, len(times))
        cameras[f"cam_{i}"] = seen(np.delete(times, rng.integers(1, len(times) - 1, 4)), seed=i)
    return KeypointScene("made", cameras, 30, 1, 4.0, apart_seconds=3.0)


def assert_shows_what_was(takes):
    for take in takes:
        assert [clip.id for clip in take.take.clips] == list(take.poses)
        for clip in take.take.clips:
            poses = take.poses[clip.id]
            assert np.array_equal(clip.pts_seconds, poses.pts_seconds)
            assert clip.pts_seconds[0] == 0
            assert clip.world_seconds == pytest.approx(clip.world_seconds[0] + clip.pts_seconds)
            assert poses.pixels[:, 0, 0] == pytest.approx(1000 * clip.world_seconds[poses.frames])
            assert set(poses.frames) == set(range(len(clip.pts_seconds)))


@given(seeds)
def test_clips_of_every_second_frame(seed):
    takes = overlapping_keypoints(regular(), seed, 3)
    assert_shows_what_was(takes)
    for take in takes:
        for clip in take.take.clips:
            assert clip.pts_seconds == pytest.approx(np.arange(30) / 30)
            assert clip.frame_seconds == pytest.approx(1 / 30)
        starts = [60 * clip.world_seconds[0] for clip in take.take.clips]
        assert starts == pytest.approx(np.round(starts))
        assert max(starts) - min(starts) <= 30


@given(seeds)
def test_clips_by_capture_time(seed):
    scene = jittered(seed)
    takes = overlapping_keypoints(scene, seed, 3)
    assert_shows_what_was(takes)
    for take in takes:
        for clip in take.take.clips:
            assert 3.85 < clip.pts_seconds[-1] < 4
        for a, b in combinations(take.take.clips, 2):
            assert abs(a.world_seconds[0] - b.world_seconds[0]) < 2.1
    for take in apart_keypoints(scene, seed, 3):
        a, b = take.take.clips
        assert true_offset(a, b) is None
        assert true_offset(b, a) is None


def test_half_of_the_offsets_fall_between_frames_and_say_nothing_about_position():
    takes = [take.take for number, take in enumerate(overlapping_keypoints(regular(2), 0, 1200)) if number % 6]
    starts = np.array([[60 * clip.world_seconds[0] for clip in take.clips] for take in takes])
    offsets = starts[:, 1] - starts[:, 0]
    assert np.mean(np.round(offsets) % 2) == pytest.approx(0.5, abs=0.05)
    assert abs(offsets.mean()) < 1.5
    assert abs(np.corrcoef(offsets, starts.mean(axis=1))[0, 1]) < 0.1


def test_every_sixth_take_is_in_sync_and_a_seed_gives_the_same_again():
    takes, again, other = (overlapping_keypoints(regular(), seed, 8) for seed in (5, 5, 6))
    spreads = [np.ptp([clip.world_seconds[0] for clip in take.take.clips]) for take in takes]
    assert [number for number, spread in enumerate(spreads) if spread == 0][:2] == [0, 6]
    starts = [[[clip.world_seconds[0] for clip in take.take.clips] for take in each] for each in (takes, again, other)]
    assert starts[0] == starts[1] != starts[2]


def test_no_clips_apart_in_a_short_source():
    assert apart_keypoints(regular(), 0, 5) == []
    assert_shows_what_was(apart_keypoints(regular(apart_seconds=0.7), 0, 5))


def test_the_true_offset_has_our_sign():
    take = next(take for take in overlapping_keypoints(regular(2), 0, 5) if take.take.clips[0].world_seconds[0] > 0.1)
    a, b = take.take.clips
    assert true_offset(a, b).offset_seconds == pytest.approx(b.world_seconds[0] - a.world_seconds[0], abs=1 / 60)


def test_openpose_files_hold_the_same(tmp_path):
    take = overlapping_keypoints(regular(), 0, 2)[1]
    folders = take.write_openpose(tmp_path)
    assert list(folders) == list(take.poses)
    for name, folder in folders.items():
        assert len(list(folder.iterdir())) == 30
        (read,) = read_poses(folder, frames_per_second(30)).values()
        assert np.array_equal(read.pixels, take.poses[name].pixels.round(3))
        assert read.pts_seconds == pytest.approx(take.poses[name].pts_seconds)


@pytest.mark.parametrize("load", [keypoint_takes.pose2sim, keypoint_takes.caliscope, keypoint_takes.pyxy3d])
def test_missing_data_is_named(tmp_path, load):
    with pytest.raises(InputError, match=r"is missing: benchmarks/README\.md"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("load", "cameras", "frames"),
    [
        (keypoint_takes.pose2sim, 3, (30, 30)),
        (keypoint_takes.caliscope, 4, (29, 31)),
        (keypoint_takes.pyxy3d, 4, (145, 151)),
    ],
)
def test_published_keypoints(load, cameras, frames):
    if not DATA.is_dir():
        pytest.skip(f"{DATA} isn't here")
    scene = load(DATA)
    for take in overlapping_keypoints(scene, 0, 6):
        assert len(take.poses) == cameras
        for clip in take.take.clips:
            assert frames[0] <= len(clip.pts_seconds) <= frames[1]
            assert clip.pts_seconds[-1] < scene.clip_seconds
            assert len(take.poses[clip.id]) > 5
