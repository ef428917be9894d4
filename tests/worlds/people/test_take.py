"""One thing after another: replays of a clip, and takes of several."""

import pickle

import numpy as np
import pytest
from walkers import CLAP_SECONDS, SKELETONS, clapping, hold, joints, locomotion, standing, walking

from viewsync.types import InputError
from viewsync.worlds.motions.skeleton import AVERAGE, JOINTS
from viewsync.worlds.people.contact import TOUCH
from viewsync.worlds.people.posing import headings
from viewsync.worlds.people.replay import Replay
from viewsync.worlds.people.take import Take, stroll
from viewsync.worlds.people.walk import Walk

PLACE = np.array([2.0, -1.0])
BODIES = pytest.mark.parametrize("body", SKELETONS)
CLIPS = (walking(cycles=2, loops=False), clapping(), walking(), standing())


def replay(clip, body="average", **others):
    return Replay(SKELETONS[body], clip, PLACE, 0.7, 1.0, 7.0, **others)


def take(body="average", seed=3, clips=CLIPS, end=21.0, **others):
    ground = {"radius_metres": 1.5, "locomotion": locomotion(), "stand": standing()}
    return Take(SKELETONS[body], clips, PLACE, 0.7, 1.0, end, seed, **(ground | others))


def test_a_replay_starts_where_it_is_told_to():
    for clip in CLIPS:
        start = replay(clip).poses(np.array([1.0]))
        np.testing.assert_allclose(start.hips_metres[0, :2], PLACE, atol=1e-9)
        np.testing.assert_allclose(headings(start), 0.7, atol=1e-9)


def test_a_looping_replay_goes_on_and_another_holds():
    hips = replay(walking(0.9)).poses(np.array([1.0, 5.5])).hips_metres
    np.testing.assert_allclose(hips[1] - hips[0], 4.5 * 0.9 * np.array([np.cos(0.7), np.sin(0.7), 0]), atol=0.02)
    held = replay(walking(cycles=2, loops=False)).poses(np.array([3.5, 5.0]))
    np.testing.assert_allclose(held.hips_metres[0], held.hips_metres[1], atol=1e-9)


def test_tempo_takes_less_time():
    usual, fast = (replay(walking(), tempo=tempo) for tempo in (1.0, 1.5))
    places = [joints(who, AVERAGE, 1 + np.arange(0, 3, 0.1) / who.tempo) for who in (usual, fast)]
    np.testing.assert_allclose(*places, atol=0.02)


@BODIES
def test_feet_hold_in_a_replay(body):
    slip, highest, lowest = hold(replay(walking(), body), SKELETONS[body], 1, 7)
    assert slip < 0.005
    assert highest < 0.01
    assert lowest > -0.01


@BODIES
def test_feet_hold_in_a_take(body):
    slip, highest, lowest = hold(take(body), SKELETONS[body], 1, 21)
    assert slip < 0.01
    assert highest < 0.01
    assert lowest > -0.01


@pytest.mark.parametrize("seed", range(3))
def test_nothing_pops_in_a_take(seed):
    steps = np.diff(joints(take(seed=seed), AVERAGE, np.arange(1, 21, 1 / 240)), axis=0)
    assert np.linalg.norm(steps, axis=2).max() * 240 < 8
    assert np.linalg.norm(np.diff(steps, axis=0), axis=2).max() * 240 < 2


def test_a_take_stays_on_its_ground_and_walks_back():
    who = take(clips=(walking(cycles=2, loops=False),), radius_metres=2.5)
    away = np.linalg.norm(who.poses(np.arange(1, 21, 0.1)).hips_metres[:, :2] - PLACE, axis=1)
    assert 1 < away.max() < 2.6
    assert any(isinstance(part, Walk) for part in who._parts)


def test_a_clip_too_long_for_the_ground_is_cut_short():
    who = take(clips=(walking(cycles=6, loops=False),), radius_metres=1.5)
    away = np.linalg.norm(who.poses(np.arange(1, 21, 0.1)).hips_metres[:, :2] - PLACE, axis=1)
    assert away.max() < 1.8


def test_given_clips_come_in_order():
    who = take(order="given", radius_metres=None)
    said = who.actions(np.arange(1, 9.5, 0.05))
    told = [action for action, before in zip(said, [None, *said], strict=False) if action != before]
    assert told == ["walk", "clap", "walk", "stand"]


def test_each_clip_starts_as_the_last_one_ended():
    who = take(order="given", radius_metres=None)
    seconds = np.arange(1, 21, 1 / 30)
    poses = who.poses(seconds)
    assert np.linalg.norm(np.diff(poses.hips_metres[:, :2], axis=0), axis=1).max() * 30 < 1.5
    np.testing.assert_allclose(headings(poses), 0.7, atol=0.1)


@pytest.mark.parametrize("who", [replay(clapping()), take(clips=(standing(2), clapping()), order="given")], ids=type)
def test_claps_are_heard_when_hands_are_nearest(who):
    claps = [noise for noise in who.noises(0, 100) if noise.kind == "clap"]
    assert len(claps) >= 4
    hands = [JOINTS.index("LeftFingerBase"), JOINTS.index("RightFingerBase")]
    for clap in claps:
        near = clap.seconds + np.arange(-0.05, 0.05, 0.0005)
        left, right = np.moveaxis(joints(who, AVERAGE, near)[:, hands], 1, 0)
        nearest = near[np.linalg.norm(left - right, axis=1).argmin()]
        assert abs(nearest - clap.seconds) < 0.002
        there = joints(who, AVERAGE, np.array([clap.seconds]))[0, hands].mean(axis=0)
        np.testing.assert_allclose(clap.place_metres, there, atol=0.02)


def test_claps_of_a_replay_come_in_time():
    claps = [noise.seconds for noise in replay(clapping()).noises(0, 100)]
    np.testing.assert_allclose(claps, 1 + CLAP_SECONDS * np.array([0.5, 1.5, 2.5, 3.5]), atol=1e-3)


def test_steps_are_heard_when_feet_touch():
    who = take(clips=(walking(),))
    steps = [noise for noise in who.noises(0, 100) if noise.kind == "step"]
    strikes = np.concatenate([found[:, TOUCH] for found in who.contacts])
    assert len(steps) > 10
    assert max(np.abs(strikes - step.seconds).min() for step in steps) < 1e-3


def test_who_stands_makes_no_noise():
    assert replay(standing()).noises(0, 100) == []


def test_times_in_any_order_give_the_same_poses():
    seconds = np.linspace(0, 22, 80)
    together = take().poses(seconds)
    order = np.random.default_rng(1).permutation(len(seconds))
    np.testing.assert_array_equal(take().poses(seconds[order]).rotations, together.rotations[order])


def test_seeds_differ_and_the_same_is_the_same():
    seconds = np.linspace(1, 21, 30)
    first, again, other = (take(seed=seed).poses(seconds).hips_metres for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.05


def test_pickled_after_use():
    who = take()
    seconds = np.linspace(1, 21, 30)
    poses = who.poses(seconds)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(who)).poses(seconds).rotations, poses.rotations)


def test_there_between_start_and_end():
    for who in (take(), replay(walking())):
        np.testing.assert_array_equal(who.present(np.array([0.9, 1.0, who.end_seconds, 32.0])), [False, True, True, False])


def test_a_stroll_ends_where_and_as_it_should():
    goal = PLACE + 1
    path = stroll(2.0, PLACE, 3.0, goal, -3.0)
    np.testing.assert_allclose(path.positions_metres[[0, -1]], [PLACE, goal])
    np.testing.assert_allclose(path.headings_radians[0], 3.0)
    np.testing.assert_allclose(np.exp(1j * path.headings_radians[-1]), np.exp(-3j))
    slopes = np.gradient(path.positions_metres, path.interval_seconds, axis=0)
    np.testing.assert_allclose(slopes, path.velocities_metres_per_second, atol=0.01)


def test_errors_tell_what_is_missing():
    with pytest.raises(InputError, match="one clip of motion at least, got none"):
        take(clips=())
    with pytest.raises(InputError, match=r"must end after it starts, got 1.0 s to 1.0 s"):
        take(end=1.0)
    with pytest.raises(InputError, match=r"got 2.0 m. Give all three, or no radius"):
        take(radius_metres=2.0, locomotion=None)
    with pytest.raises(InputError, match="tempo must be above 0, got 0"):
        replay(walking(), tempo=0.0)
    with pytest.raises(InputError, match=r"must end after it starts, got 1.0 s to 0.5 s"):
        Replay(AVERAGE, walking(), PLACE, 0.0, 1.0, 0.5)
