"""Following a path: laws of motion, feet that hold, steps that are heard."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from walkers import PATHS, SKELETONS, hold, joints, locomotion, path, standing

from viewsync.types import InputError
from viewsync.worlds.crowds.path import Path
from viewsync.worlds.motions.skeleton import AVERAGE
from viewsync.worlds.people.contact import TOUCH, feet
from viewsync.worlds.people.walk import Walk

WAYS = pytest.mark.parametrize("way", PATHS)
SOME = pytest.mark.parametrize(
    ("way", "body"), [*((way, "average") for way in PATHS), ("stopping", "child"), ("turning", "lanky")]
)
BODIES = pytest.mark.parametrize("body", SKELETONS)


def walk(way, body="average", seed=5):
    return Walk(PATHS[way], SKELETONS[body], locomotion(), standing(), seed)


def span(performance):
    return performance.path.start_seconds, performance.path.end_seconds


@WAYS
@BODIES
def test_planted_feet_hold_on_the_ground(way, body):
    walker = walk(way, body)
    slip, highest, lowest = hold(walker, SKELETONS[body], *span(walker))
    assert slip < 0.005
    assert highest < 0.01
    assert lowest > -0.01


@SOME
def test_knees_bend_forward_only(way, body):
    walker = walk(way, body)
    poses = walker.poses(np.arange(*span(walker), 1 / 60))
    left = Rotation.from_quat(poses.rotations[:, 0]).apply([1, 0, 0])
    for foot in feet(SKELETONS[body]):
        hip, knee, ankle, _ = foot.joints(poses)
        assert (np.cross(knee - hip, ankle - knee) * left).sum(axis=1).min() > 0


@SOME
def test_nothing_pops(way, body):
    walker = walk(way, body)
    steps = np.diff(joints(walker, SKELETONS[body], np.arange(*span(walker), 1 / 480)), axis=0)
    assert np.linalg.norm(steps, axis=2).max() * 480 < 8
    # A speed that jumped would jump as much however short the time; this much is a foot that strikes the ground.
    assert np.linalg.norm(np.diff(steps, axis=0), axis=2).max() * 480 < 1


@WAYS
def test_hips_follow_the_path(way):
    walker = walk(way)
    seconds = np.arange(*span(walker), 1 / 30)
    hips = walker.poses(seconds).hips_metres
    np.testing.assert_allclose(hips[:, :2], walker.path.positions(seconds), atol=0.06)
    assert hips[:, 2].min() > 0.85 * AVERAGE.hip_height_metres


@WAYS
def test_times_in_any_order_and_number_give_the_same_poses(way):
    walker = walk(way)
    seconds = np.linspace(span(walker)[0] - 1, span(walker)[1] + 1, 50)
    together = walker.poses(seconds)
    order = np.random.default_rng(1).permutation(len(seconds))
    shuffled = walk(way).poses(seconds[order])
    np.testing.assert_array_equal(shuffled.hips_metres, together.hips_metres[order])
    np.testing.assert_array_equal(shuffled.rotations, together.rotations[order])
    np.testing.assert_allclose(walker.poses(seconds[7:8]).rotations[0], together.rotations[7], atol=1e-12)


@WAYS
def test_a_turned_and_shifted_path_turns_and_shifts_the_poses(way):
    here = walk(way)
    turn = Rotation.from_euler("z", 0.8)
    flat = turn.as_matrix()[:2, :2]
    there = replace(
        here,
        path=replace(
            here.path,
            positions_metres=here.path.positions_metres @ flat.T + [4, -3],
            velocities_metres_per_second=here.path.velocities_metres_per_second @ flat.T,
            headings_radians=here.path.headings_radians + 0.8,
        ),
    )
    seconds = np.linspace(*span(here), 40)
    places = joints(here, AVERAGE, seconds)
    moved = turn.apply(places.reshape(-1, 3)).reshape(places.shape) + np.array([4, -3, 0])
    np.testing.assert_allclose(joints(there, AVERAGE, seconds), moved, atol=1e-6)


@WAYS
def test_steps_are_heard_when_and_where_feet_touch(way):
    walker = walk(way)
    start, end = span(walker)
    noises = walker.noises(start, end)
    assert len(noises) > 4
    assert [noise.seconds for noise in noises] == sorted(noise.seconds for noise in noises)
    strikes = np.concatenate([found[:, TOUCH] for found in walker.contacts])
    for noise in noises:
        assert noise.kind == "step"
        assert 0 < noise.loudness <= 2
        assert np.abs(strikes - noise.seconds).min() < 1e-3
        soles = np.stack([foot.soles(walker.poses(np.array([noise.seconds + 0.1])))[:, 0] for foot in feet(AVERAGE)])
        assert np.linalg.norm(soles[:, 1] - noise.place_metres, axis=1).min() < 0.02


def test_noises_of_parts_are_those_of_the_whole():
    walker = walk("stopping")
    whole = walker.noises(0, 100)
    parts = walker.noises(0, 6.1) + walker.noises(6.1, 100)
    assert [noise.seconds for noise in parts] == [noise.seconds for noise in whole]


def test_who_stands_is_said_to_stand():
    walker = walk("stopping")
    assert walker.actions(np.array([5.0, 7.5, 10.0])) == ["walk", "stand", "walk"]


def test_both_feet_stand_side_by_side_at_a_stop():
    walker = walk("stopping")
    poses = walker.poses(np.array([7.5]))
    ankles = [foot.joints(poses)[2, 0] for foot in feet(AVERAGE)]
    apart = ankles[0] - ankles[1]
    assert abs(apart[0]) < 0.1
    assert 0.15 < abs(apart[1]) < 0.45


def test_there_only_while_the_path_lasts():
    walker = walk("straight")
    np.testing.assert_array_equal(walker.present(np.array([2.9, 3.0, 11.0, 11.1])), [False, True, True, False])


def test_seeds_differ_and_the_same_is_the_same():
    seconds = np.linspace(3, 9, 20)
    first, again, other = (walk("straight", seed=seed).poses(seconds).rotations for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.05


def test_pickled_before_and_after_use():
    walker = walk("curved")
    seconds = np.linspace(4, 6, 10)
    fresh = pickle.loads(pickle.dumps(walker))
    poses = walker.poses(seconds)
    for copy in (fresh, pickle.loads(pickle.dumps(walker))):
        np.testing.assert_array_equal(copy.poses(seconds).rotations, poses.rotations)


def test_no_time_is_no_pose():
    assert walk("curved").poses(np.empty(0)).rotations.shape == (0, 31, 4)


def test_strides_are_as_long_as_the_way_asks():
    fast, slow = (Walk(path(lambda t, v=v: (v * t, 0, 0)), AVERAGE, locomotion(), standing(), 1) for v in (1.2, 0.3))
    gaps = [np.diff(walker.contacts[0][1:-1, TOUCH]).mean() for walker in (fast, slow)]
    # Below the slowest cycle, 0.77 m in 1.1 s, strides and cadence both go with the root of the speed.
    assert gaps[1] == pytest.approx(1.1 * np.sqrt(0.7 / 0.3), rel=0.02)
    assert gaps[0] == pytest.approx(0.99 * np.sqrt(1.2 / 1.1) / 1.2, rel=0.02)


def test_a_path_needs_two_instants():
    with pytest.raises(InputError, match="two instants at least, got one"):
        Walk(Path(0.0, 0.1, np.zeros((1, 2)), np.zeros((1, 2)), np.zeros(1)), AVERAGE, locomotion(), standing(), 1)
