"""Laws of all motions that the package makes itself."""

from itertools import pairwise

import numpy as np
import pytest
from own_bodies import flexion_degrees, soles, swapped
from scipy.signal import argrelmin

from viewsync.worlds.motions.figure import ankles_metres, poses
from viewsync.worlds.motions.gestures import discussion, wave
from viewsync.worlds.motions.limbs import ARMS, LEGS
from viewsync.worlds.motions.moves import dance, kick
from viewsync.worlds.motions.own import own_motions
from viewsync.worlds.motions.posture import RATE_HZ, STANDING, play
from viewsync.worlds.motions.skeleton import AVERAGE, JOINTS, Poses

CLIPS = own_motions(7).clips
EVERY = pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
ON_THE_SPOT = tuple(clip for clip in CLIPS if np.linalg.norm(clip.hips_metres[-1] - clip.hips_metres[0]) < 0.5)
STEPPING = ("punch", "kick", "dance", "jump")
HUMAN36M = (
    "directions", "discussion", "eating", "greeting", "phoning", "posing", "purchases", "sitting", "sitting_down",
    "smoking", "taking_photo", "waiting", "walking", "walking_dog", "walking_together",
)  # fmt: skip


def figure(clip):
    return Poses(clip.hips_metres, clip.rotations)


def test_every_action_of_human36m_is_there_and_names_are_unique():
    assert set(HUMAN36M) <= {clip.action for clip in CLIPS}
    assert {"walk", "jog", "run", "stand", "wave", "clap", "jump", "kick", "dance"} <= {clip.action for clip in CLIPS}
    assert len({clip.name for clip in CLIPS}) == len(CLIPS)


def test_the_same_seed_gives_the_same_motions_and_another_one_others():
    again, others = own_motions(7).clips, own_motions(8).clips
    for clip, same, other in zip(CLIPS, again, others, strict=True):
        assert (clip.name, clip.action, clip.loops) == (same.name, same.action, same.loops)
        np.testing.assert_array_equal(clip.rotations, same.rotations)
        np.testing.assert_array_equal(clip.hips_metres, same.hips_metres)
        assert clip.action == other.action
        assert clip.rotations.shape != other.rotations.shape or np.abs(clip.rotations - other.rotations).max() > 0.01


@EVERY
def test_rotations_are_unit_quaternions_of_one_sign(clip):
    np.testing.assert_allclose(np.linalg.norm(clip.rotations, axis=2), 1)
    assert np.sum(clip.rotations[1:] * clip.rotations[:-1], axis=2).min() > 0.9


@EVERY
def test_joints_bend_only_as_joints_do(clip):
    heads, _ = figure(clip).joints(AVERAGE)
    turns = figure(clip).matrices()
    for leg in LEGS:
        assert flexion_degrees(heads, leg).min() > 4
        assert flexion_degrees(heads, leg).max() < 145
        thigh, shin = heads[:, leg.lower] - heads[:, leg.upper], heads[:, leg.end] - heads[:, leg.lower]
        assert np.sum(np.cross(thigh, shin) * turns[:, 0, :, 0], axis=1).min() > 0
    for arm in ARMS:
        assert flexion_degrees(heads, arm).min() > 5
        assert flexion_degrees(heads, arm).max() < 155


@EVERY
def test_arms_keep_out_of_the_trunk(clip):
    """The average body's trunk, as measured on its skin: ellipses about chest and hips."""
    heads, turns = figure(clip).joints(AVERAGE)[0], figure(clip).matrices()
    trunk = (("Spine1", (1.0, 1.3), -0.037, (0.135, 0.10)), ("Hips", (0.82, 1.0), -0.02, (0.165, 0.105)))
    for part, (low, high), middle, half in trunk:
        bone = JOINTS.index(part)
        for name in (side + end for side in ("Left", "Right") for end in ("ForeArm", "Hand", "FingerBase")):
            joint = heads[:, JOINTS.index(name)] - heads[:, bone]
            at = AVERAGE.heads_metres[bone] + np.einsum("tba,tb->ta", turns[:, bone], joint)
            away = np.linalg.norm((at[:, :2] - [0, middle]) / half, axis=1)
            assert away[(at[:, 2] > low) & (at[:, 2] < high)].min(initial=2) > 0.95


@EVERY
def test_shoulders_are_low_while_the_arms_hang(clip):
    heads = figure(clip).joints(AVERAGE)[0]
    turns = figure(clip).matrices()[:, JOINTS.index("Spine1")]
    collar = AVERAGE.heads_metres[JOINTS.index("LeftArm")] - AVERAGE.heads_metres[JOINTS.index("LeftShoulder")]
    for side, arm in zip(("Left", "Right"), ARMS, strict=True):
        shoulder, wrist = (
            np.einsum("tba,tb->ta", turns, heads[:, joint] - heads[:, JOINTS.index(f"{side}Shoulder")])
            for joint in (arm.upper, arm.end)
        )
        hangs = wrist[:, 2] < shoulder[:, 2] - 0.3
        np.testing.assert_allclose(shoulder[hangs, 2], collar[2], atol=0.005)


@EVERY
def test_soles_never_sink_and_one_is_on_the_ground_but_in_flight(clip):
    heights = soles(figure(clip))[..., 2].min(axis=2)
    assert heights.min() > -0.01
    if clip.action not in ("jump", "jog", "run"):
        assert heights.min(axis=1).max() < 0.01


@pytest.mark.parametrize("clip", ON_THE_SPOT, ids=lambda clip: clip.name)
def test_what_is_done_on_the_spot_begins_and_ends_at_ease(clip):
    ends, _ = Poses(clip.hips_metres[[0, -1]], clip.rotations[[0, -1]]).joints(AVERAGE)
    at_ease, _ = poses(play([(1.0, STANDING)])).joints(AVERAGE)
    np.testing.assert_allclose(ends, np.broadcast_to(at_ease[0], ends.shape), atol=0.06)
    np.testing.assert_allclose(ends[0], ends[1], atol=1e-3)
    speeds = np.linalg.norm(np.diff(figure(clip).joints(AVERAGE)[0], axis=0), axis=2) * RATE_HZ
    assert speeds[[0, -1]].max() < 0.1


@pytest.mark.parametrize("clip", ON_THE_SPOT, ids=lambda clip: clip.name)
def test_feet_stay_planted_where_nobody_steps(clip):
    balls = figure(clip).joints(AVERAGE)[0][:, [JOINTS.index("LeftToeBase"), JOINTS.index("RightToeBase")]]
    drift = np.abs(balls - balls[0]).max()
    assert drift > 0.01 if clip.action in STEPPING else drift < 1e-6


@EVERY
def test_nothing_jerks(clip):
    heads, _ = figure(clip).joints(AVERAGE)
    if clip.loops:
        heads = np.concatenate([heads, heads[1:] + heads[-1, 0] - heads[0, 0]])
    speedup = np.linalg.norm(np.diff(heads, 2, axis=0), axis=2) * RATE_HZ**2
    limit = {"jog": 300, "run": 350, "jump": 150, "kick": 150}.get(clip.action, 125)
    assert speedup.max() < limit


def test_standing_loops_for_about_ten_seconds():
    stands = [clip for clip in CLIPS if clip.action == "stand"]
    assert all(clip.loops and 6 < clip.duration_seconds < 14 for clip in stands)
    for clip in stands:
        np.testing.assert_allclose(clip.rotations[-1], clip.rotations[0], atol=1e-9)
        np.testing.assert_allclose(clip.hips_metres[-1], clip.hips_metres[0], atol=1e-9)


def test_hands_meet_at_every_clap():
    for clip in CLIPS:
        if clip.action != "clap":
            continue
        heads, _ = figure(clip).joints(AVERAGE)
        left, right = (heads[:, JOINTS.index(f"{side}FingerBase")] for side in ("Left", "Right"))
        apart = np.linalg.norm(left - right, axis=1)
        claps = argrelmin(apart)[0]
        claps = claps[apart[claps] < 0.085]
        assert len(claps) >= 3
        assert np.ptp(np.diff(claps)) <= 2
        assert apart[claps[1:-1]].max() < 0.07
        # Between claps they part.
        assert min(apart[a:b].max() for a, b in pairwise(claps)) > 0.12
        np.testing.assert_allclose(left[claps, 2], right[claps, 2], atol=0.01)


def test_whoever_jumps_falls_freely():
    for clip in CLIPS:
        if clip.action != "jump":
            continue
        height = soles(figure(clip))[..., 2].min(axis=(1, 2))
        flight = np.flatnonzero(height > 0.01)
        assert len(flight) > 0.2 * RATE_HZ
        fall = np.diff(clip.hips_metres[flight, 2], 2) * RATE_HZ**2
        np.testing.assert_allclose(fall, -9.81, rtol=1e-6)
        assert height[flight].max() > 0.1


@pytest.mark.parametrize("perform", [wave, discussion, kick, dance])
def test_the_mirror_changes_sides(perform):
    course = perform(np.random.default_rng(3))
    heads, mirrored = (poses(posture).joints(AVERAGE)[0] for posture in (course, course.mirrored()))
    kept = [JOINTS.index(name) for name in JOINTS if name != "Neck1"]
    other = [JOINTS.index(swapped(JOINTS[joint])) for joint in kept]
    np.testing.assert_allclose(mirrored[:, kept], heads[:, other] * [-1, 1, 1], atol=1e-3)


@pytest.mark.parametrize("perform", [kick, dance])
def test_legs_reach_where_feet_shall_be(perform):
    course = perform(np.random.default_rng(3))
    heads, _ = poses(course).joints(AVERAGE)
    for side, leg in enumerate(LEGS):
        np.testing.assert_allclose(heads[:, leg.end], ankles_metres(course, side), atol=1e-6)


def test_a_course_holds_its_first_and_last_posture():
    raised = STANDING.arms((0.0, 0.4, 0.0))
    course = play([(0.5, STANDING), (1.0, raised), (0.5, raised)], pace=1.5)
    assert len(course.hips_metres) == 181
    np.testing.assert_allclose(course.hands_metres[[0, -1]], [STANDING.hands_metres, raised.hands_metres], atol=1e-4)
    np.testing.assert_allclose(
        course.feet_metres, np.broadcast_to(STANDING.feet_metres, course.feet_metres.shape), atol=1e-12
    )
