"""The pose cue on bodies of known clocks: from keypoints to offsets, and silence where there is nothing to tell."""

from functools import cache

import numpy as np
import pytest

from seen_bodies import JOINTS, Body, camera_at, panned, pixels_of, poses_of
from viewsync.geometry.camera import CalibratedCamera
from viewsync.match.contest import contest
from viewsync.match.interpolate import between
from viewsync.match.people import People
from viewsync.signals import pose
from viewsync.signals.retime import Retiming, retimed
from viewsync.types import Search

A, B = camera_at(0, "a"), camera_at(75, "b")
OFFSET = 0.737
"""t_a − t_b of all that follows."""
SEARCH = Search(max_offset_seconds=2.0)


def seen(camera, people=(0,), fps=30.0, seconds=4.0, starts=0.0, first_pts=0.0, noise_pixels=2.0, breaks=None, unseen=0.05):
    """Keypoints of a camera that began to film at some world time, which is its clock's `first_pts`.

    People come in the order given, as tracks 0, 1, …; with `breaks`, the first one is lost for some frames and is another
    track afterwards.
    """
    times = np.arange(0.0, seconds, 1 / fps)
    rng = np.random.default_rng((int(1000 * starts), int(fps), len(people)))
    tracks = []
    for who in people:
        pixels = pixels_of(
            Body(who, seconds + 5, position=(0.8 * who, 0, 0)), camera, starts + times, noise_pixels, rng.integers(10**6)
        )
        pixels[rng.uniform(size=pixels.shape[:2]) < unseen] = np.nan
        tracks.append((np.arange(len(times)), pixels))
    if breaks is not None:
        frames, pixels = tracks[0]
        tracks[0] = (frames[: breaks.start], pixels[: breaks.start])
        tracks.append((frames[breaks.stop :], pixels[breaks.stop :]))
    return poses_of(tracks, first_pts + times)


def signals(camera_a=A, camera_b=B, calibrated=False, first_pts=(0.0, 0.0), **kwargs):
    """b begins to film OFFSET after a."""
    poses_a = seen(camera_a, starts=1.0, first_pts=first_pts[0], **kwargs)
    poses_b = seen(camera_b, starts=1.0 + OFFSET, first_pts=first_pts[1], **kwargs)
    return (
        (pose.signal(poses_a, camera_a), pose.signal(poses_b, camera_b))
        if calibrated
        else (pose.signal(poses_a), pose.signal(poses_b))
    )


@cache
def plain():
    """Two signals, and what they say."""
    a, b = signals()
    return a, b, pose.belief(a, b, SEARCH)


def best(belief):
    """The offset with most evidence; of equals, the middle."""
    most = belief.log_likelihood_ratio > belief.log_likelihood_ratio.max() - 1e-6
    return float(np.mean(belief.offsets_seconds[most]))


def turning(seconds):
    return panned(B, 0.3 * np.sin(1.2 * seconds))


def test_the_offset_is_found_roughly_and_then_exactly():
    a, b, found = plain()
    assert best(found) == pytest.approx(OFFSET, abs=0.05)
    assert found.log_likelihood_ratio.max() > 5
    (local,) = pose.local_offsets(a, b, best(found))
    assert local.std_seconds < 1e-3
    assert local.offset_seconds == pytest.approx(OFFSET, abs=4 * local.std_seconds + 2e-4)


@pytest.mark.parametrize(
    ("kwargs", "std_seconds"),
    [({"calibrated": True}, 1e-3), ({"camera_b": turning}, 3e-3), ({"fps": 24.0}, 2e-3), ({"people": (0, 1)}, 1e-3)],
    ids=["calibrated", "turning", "24 fps", "two people"],
)
def test_whatever_there_is_to_see_the_offset_is_found(kwargs, std_seconds):
    a, b = signals(**kwargs)
    found = pose.belief(a, b, SEARCH)
    assert best(found) == pytest.approx(OFFSET, abs=0.05)
    (local,) = pose.local_offsets(a, b, best(found))
    assert local.std_seconds < std_seconds
    assert local.offset_seconds == pytest.approx(OFFSET, abs=4 * local.std_seconds + 2e-4)


def test_presentation_times_shift_the_offset():
    a, b = signals(first_pts=(10.0, 200.0))
    # The largest offset counts from the first frames on.
    found = pose.belief(a, b, SEARCH)
    assert best(found) == pytest.approx(OFFSET - 190, abs=0.05)
    unshifted_a, unshifted_b, unshifted = plain()
    assert found.log_likelihood_ratio == pytest.approx(unshifted.log_likelihood_ratio, rel=1e-3, abs=1e-3)
    (local,), (before,) = pose.local_offsets(a, b, OFFSET - 190), pose.local_offsets(unshifted_a, unshifted_b, OFFSET)
    assert local.offset_seconds == pytest.approx(before.offset_seconds - 190, abs=1e-5)
    assert local.seconds == pytest.approx(before.seconds + 200)


def test_swapping_negates_offsets():
    a, b, forward = plain()
    backward = pose.belief(b, a, SEARCH)
    assert backward.offsets_seconds == pytest.approx(-forward.offsets_seconds[::-1])
    assert backward.overlap_seconds == pytest.approx(forward.overlap_seconds[::-1])
    assert best(backward) == pytest.approx(-best(forward), abs=0.05)
    heights = [found.log_likelihood_ratio.max() for found in (forward, backward)]
    assert heights[0] == pytest.approx(heights[1], rel=0.3)
    (there,), (back,) = pose.local_offsets(a, b, OFFSET), pose.local_offsets(b, a, -OFFSET)
    assert back.offset_seconds == pytest.approx(-there.offset_seconds, abs=there.std_seconds)


def test_strangers_say_nothing_of_any_offset():
    for who in (2, 3):
        a, b = pose.signal(seen(A, people=(who,))), pose.signal(seen(B, people=(who + 10,)))
        # Of some 200 lags, one is rarer than that by chance now and then.
        assert pose.belief(a, b, SEARCH).log_likelihood_ratio.max() < np.log(200)


def test_the_search_is_kept_to():
    a, b, _ = plain()
    found = pose.belief(a, b, Search(max_offset_seconds=0.5, min_overlap_seconds=2.0))
    assert np.abs(found.offsets_seconds).max() <= 0.5
    assert found.overlap_seconds.min() >= 2.0


def test_cameras_of_different_rates():
    a = pose.signal(seen(A, fps=60.0, starts=1.0))
    b = pose.signal(seen(B, fps=23.976, starts=1.0 + OFFSET))
    found = pose.belief(a, b, SEARCH)
    assert best(found) == pytest.approx(OFFSET, abs=0.05)
    (local,) = pose.local_offsets(a, b, best(found))
    assert local.offset_seconds == pytest.approx(OFFSET, abs=4 * local.std_seconds + 5e-4)


def test_stretches_of_long_footage_tell_of_drift():
    kwargs = {"seconds": 64.0, "unseen": 0.0}
    a = pose.signal(seen(A, starts=1.0, **kwargs))
    b = pose.signal(seen(B, starts=1.0 + OFFSET, **kwargs))
    early, late = pose.local_offsets(a, b, OFFSET)
    assert late.seconds - early.seconds == pytest.approx(32, abs=1)
    for local in (early, late):
        assert local.offset_seconds == pytest.approx(OFFSET, abs=4 * local.std_seconds + 2e-4)


def test_retimed_signals_land_on_one_grid():
    a, b, _ = plain()
    slow = retimed(b, Retiming(1e-3, b.start_seconds))
    assert slow.rate_hz != a.rate_hz
    found = pose.belief(a, slow, SEARCH)
    assert found.step_seconds == pytest.approx(1 / 30)
    assert best(found) == pytest.approx(OFFSET, abs=0.05)
    (local,) = pose.local_offsets(a, slow, OFFSET)
    # In the middle of b, 2 s after its start, its clock has been moved on by 2 ms.
    assert local.offset_seconds == pytest.approx(OFFSET - 1e-3 * (local.seconds - b.start_seconds), abs=1e-3)


def test_a_retimed_track_is_the_same_curve():
    signal, _ = signals(unseen=0.0)
    slow = retimed(signal, Retiming(1e-3, signal.start_seconds))
    moved = pose._on_one_grid(slow)
    assert moved.rate_hz == 30
    assert len(moved.values) == len(moved.valid) == int((len(signal.values) - 1) * 1.001) + 1
    places = np.arange(len(moved.tracks[0])) / 1.001
    assert moved.tracks[0].points == pytest.approx(between(signal.tracks[0].points, places)[0], nan_ok=True)


def columns(signal, points):
    """Which of a signal's tracks each 17 columns are."""
    blocks = np.split(points, points.shape[1] // len(JOINTS), axis=1)
    dense = [np.full((len(signal.values), len(JOINTS), 2), np.nan) for _ in signal.tracks]
    for points_of, track in zip(dense, signal.tracks, strict=True):
        points_of[track.first : track.first + len(track)] = track.points
    return [next(n for n, track in enumerate(dense) if np.array_equal(block, track, equal_nan=True)) for block in blocks]


def test_who_is_who_among_three():
    a = pose.signal(seen(A, people=(0, 1, 2), starts=1.0))
    b = pose.signal(seen(B, people=(2, 0, 1), starts=1.0 + OFFSET))
    matched_a, matched_b = People(a, b).matched(round(OFFSET * 30))
    pairs = set(zip(columns(a, matched_a), columns(b, matched_b), strict=True))
    # Tracks come longest first, equals in the order of their numbers: a's 0 is b's 1, …
    assert pairs == {(0, 1), (1, 2), (2, 0)}


def test_a_person_lost_for_a_while_is_one_person():
    a = pose.signal(seen(A, people=(0, 1), starts=1.0, breaks=slice(50, 60)))
    b = pose.signal(seen(B, people=(1, 0), starts=1.0 + OFFSET))
    assert len(a.tracks) == 3
    matched_a, matched_b = People(a, b).matched(round(OFFSET * 30))
    met = sorted(zip(columns(a, matched_a), columns(b, matched_b), strict=True))
    # a: person 1 is the longest track, then person 0 after the break and before it; b: person 1, person 0.
    assert met == [(0, 0), (1, 1), (2, 1)]
    (local,) = pose.local_offsets(a, b, OFFSET)
    assert local.offset_seconds == pytest.approx(OFFSET, abs=4 * local.std_seconds + 2e-4)


def test_common_joints_are_found_by_name():
    poses_a, poses_b = seen(A, starts=1.0), seen(B, starts=1.0 + OFFSET)
    some = [16, 3, 8, 5, 1, 12, 0, 9]
    fewer = type(poses_b)(
        (*(JOINTS[joint] for joint in some), "tail"),
        poses_b.pts_seconds,
        poses_b.frames,
        poses_b.tracks,
        np.concatenate([poses_b.pixels[:, some], np.ones((len(poses_b), 1, 2))], axis=1),
        np.concatenate([poses_b.confidence[:, some], np.ones((len(poses_b), 1))], axis=1),
    )
    a, b = pose.signal(poses_a), pose.signal(fewer)
    assert best(pose.belief(a, b, Search(max_offset_seconds=2.0))) == pytest.approx(OFFSET, abs=0.05)
    (local,) = pose.local_offsets(a, b, OFFSET)
    assert local.offset_seconds == pytest.approx(OFFSET, abs=4 * local.std_seconds + 2e-4)


def test_the_signal_counts_joints():
    poses = seen(A, people=(0, 1), unseen=0.0)
    signal = pose.signal(poses)
    assert np.median(signal.values) == 34
    assert signal.valid.all()
    assert signal.joints == JOINTS
    assert signal.start_seconds == 0


def test_what_evidence_depends_on_changes_the_fingerprint():
    a, b, _ = plain()
    known = pose.signal(seen(A, starts=1.0), A)
    prints = [pose.fingerprint({pose.NAME: one}) for one in (a, b, known, pose.signal(seen(A, starts=1.0)))]
    assert len(set(prints)) == 3
    assert prints[0] == prints[3]


# ── nothing to tell by ────────────────────────────────────────────────────────────────────────────────────────────


def silent(a, b):
    found = pose.belief(a, b, SEARCH)
    assert np.all(found.log_likelihood_ratio < 0.5)
    assert pose.local_offsets(a, b, OFFSET) == []


def nobody(frames=180):
    return poses_of([], np.arange(frames) / 30)


@pytest.mark.parametrize("empty", [nobody(), nobody(1), nobody(0)], ids=["nobody", "one frame", "no frames"])
def test_nobody_says_nothing(empty):
    somebody = pose.signal(seen(A))
    for a, b in ((somebody, pose.signal(empty)), (pose.signal(empty), somebody), (pose.signal(empty), pose.signal(empty))):
        silent(a, b)


def test_no_common_joint_says_nothing():
    poses = seen(B)
    others = tuple(f"paw{number}" for number in range(17))
    renamed = type(poses)(others, poses.pts_seconds, poses.frames, poses.tracks, poses.pixels, poses.confidence)
    silent(pose.signal(seen(A)), pose.signal(renamed))


def without(poses, joints):
    pixels, confidence = poses.pixels.copy(), poses.confidence.copy()
    pixels[:, joints], confidence[:, joints] = np.nan, 0.0
    return type(poses)(poses.joints, poses.pts_seconds, poses.frames, poses.tracks, pixels, confidence)


def test_two_halves_of_a_body_say_nothing():
    top, bottom = without(seen(A), slice(8, None)), without(seen(B), slice(None, 8))
    silent(pose.signal(top), pose.signal(bottom))


def test_common_joints_that_nobody_saw_say_nothing():
    """b has one more joint, and sees nothing else."""
    poses = seen(B)
    tail = type(poses)(
        (*JOINTS, "tail"),
        poses.pts_seconds,
        poses.frames,
        poses.tracks,
        np.concatenate([np.full_like(poses.pixels, np.nan), poses.pixels[:, :1]], axis=1),
        np.concatenate([np.zeros_like(poses.confidence), poses.confidence[:, :1]], axis=1),
    )
    silent(pose.signal(seen(A)), pose.signal(tail))


def test_one_still_joint_says_nothing():
    def still(noise_seed):
        noise = np.random.default_rng(noise_seed).normal(0, 1, (180, 1, 2))
        return poses_of([(np.arange(180), 300 + noise)], np.arange(180) / 30, ("nose",))

    found = pose.belief(pose.signal(still(0)), pose.signal(still(1)), SEARCH)
    assert found.log_likelihood_ratio.max() < 3


def test_cameras_at_one_place_are_as_good_as_uncalibrated():
    twin = CalibratedCamera.at("twin", A.lens, panned(A, 0.1).rotation, A.position_metres)
    a, b = signals(camera_b=twin, calibrated=True)
    assert best(pose.belief(a, b, Search(max_offset_seconds=2.0))) == pytest.approx(OFFSET, abs=0.05)


def test_likely_lags_are_contested_unless_one_is_far_ahead():
    a, b, _ = plain()
    people, lags, best = People(a, b), np.arange(-60, 61), round((OFFSET - a.start_seconds + b.start_seconds) * a.rate_hz)
    unsure = -0.1 * np.abs(lags - best)
    gain = contest(people, lags, unsure)
    assert gain[lags == best] > 10
    assert (gain[np.abs(lags - best) > 15] <= 0).all()
    sure = np.where(lags == best, 101.0, 0.0)
    assert not contest(people, lags, sure).any()
