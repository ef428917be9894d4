"""Laws of gait, for styles drawn at random."""

from dataclasses import replace

import numpy as np
import pytest
from own_bodies import flexion_degrees, soles, swapped

from viewsync.worlds.motions.figure import poses
from viewsync.worlds.motions.gait import RUN, Gait, gait_course
from viewsync.worlds.motions.limbs import LEGS
from viewsync.worlds.motions.own import runner, walker
from viewsync.worlds.motions.posture import RATE_HZ
from viewsync.worlds.motions.skeleton import AVERAGE, JOINTS

USUAL = Gait(1.25, 112)
STYLES = [
    USUAL, RUN, *(walker(np.random.default_rng(seed), speed) for seed, speed in enumerate((0.8, 1.0, 1.2, 1.4, 1.6))),
    *(runner(np.random.default_rng(seed), speed) for seed, speed in enumerate((2.1, 2.6, 3.2))),
]  # fmt: skip
ALL = pytest.mark.parametrize("gait", STYLES)


@ALL
def test_a_cycle_closes_in_posture_and_velocity(gait):
    heads, _ = poses(gait_course(gait)).joints(AVERAGE)
    way = [0, -gait.speed_metres_per_second * gait.frames / RATE_HZ, 0]
    np.testing.assert_allclose(heads[-1], heads[0] + way, atol=1e-9)
    rounds = np.concatenate([heads[:-1], heads + way])
    speedup = np.linalg.norm(np.diff(rounds, 2, axis=0), axis=2) * RATE_HZ**2
    seam = slice(gait.frames - 2, gait.frames + 1)
    assert speedup[seam].max() <= speedup[: gait.frames - 2].max() + 1e-6
    assert speedup.max() < 350


@ALL
def test_the_hips_go_straight_ahead_at_the_stated_speed(gait):
    hips = poses(gait_course(gait)).hips_metres
    np.testing.assert_allclose(
        (hips[-1] - hips[0]) * RATE_HZ / gait.frames, [0, -gait.speed_metres_per_second, 0], atol=1e-9
    )
    assert np.all(np.diff(hips[:, 1]) < 0)


@ALL
def test_a_standing_foot_rolls_over_a_point_that_stays(gait):
    feet = soles(poses(gait_course(gait)))
    for side in (0, 1):
        phase = (np.arange(gait.frames + 1) / gait.frames + side / 2) % 1
        stands = (phase[:-1] < gait.stance) & (phase[1:] < gait.stance) & (phase[1:] > phase[:-1])
        speeds = np.linalg.norm(np.diff(feet[:, side], axis=0), axis=2) * RATE_HZ
        assert speeds[stands].min(axis=1).max() < 0.01
        # And that point is on the ground.
        still = np.take_along_axis(feet[1:, side, :, 2], speeds.argmin(axis=1)[:, None], axis=1)
        np.testing.assert_allclose(still[stands], 0, atol=0.002)


@ALL
def test_soles_stay_above_the_ground_and_leave_it_only_in_flight(gait):
    lowest = soles(poses(gait_course(gait)))[..., 2].min(axis=2)
    assert lowest.min() > -0.01
    both = lowest.min(axis=1)
    if gait.stance > 0.5:
        assert both.max() < 0.01
    else:
        assert both.max() > 0.01
        assert (both < 0.01).mean() > 0.7


@ALL
def test_knees_bend_backward_only(gait):
    figure = poses(gait_course(gait))
    heads, _ = figure.joints(AVERAGE)
    for limb in LEGS:
        bend = flexion_degrees(heads, limb)
        assert bend.min() > 5
        assert bend.max() < 130
        thigh, shin = heads[:, limb.lower] - heads[:, limb.upper], heads[:, limb.end] - heads[:, limb.lower]
        assert np.cross(thigh, shin)[:, 0].min() > 0


@pytest.mark.parametrize("gait", [USUAL, RUN, replace(USUAL, toes_out_degrees=8, sway_metres=0.03)])
def test_half_a_cycle_later_left_and_right_have_changed_places(gait):
    heads, _ = poses(gait_course(gait)).joints(AVERAGE)
    half = gait.frames // 2
    # The joint Neck1 is the only one that lies aside in the average body.
    kept = [JOINTS.index(name) for name in JOINTS if name != "Neck1"]
    other = [JOINTS.index(swapped(JOINTS[joint])) for joint in kept]
    mirrored = heads[: half + 1, other] * [-1, 1, 1] - np.array([0, gait.stride_metres / 2, 0])
    np.testing.assert_allclose(heads[half:, kept], mirrored, atol=1e-4)


def test_the_usual_walk_bends_its_knees_as_measured_in_gait_laboratories():
    """The knee of natural cadence (Winter), plus what the average skeleton's knees are bent when they look straight."""
    heads, _ = poses(gait_course(USUAL)).joints(AVERAGE)
    phase = np.arange(USUAL.frames + 1) / USUAL.frames
    bend = flexion_degrees(heads, LEGS[0])
    measured = np.interp(
        phase, [0, 0.05, 0.14, 0.30, 0.40, 0.50, 0.60, 0.65, 0.72, 0.80, 0.90, 0.97, 1.0],
        [4, 9, 18, 9, 5, 13, 36, 50, 62, 51, 18, 2, 4],
    )  # fmt: skip
    assert np.sqrt(np.mean((bend - 5 - measured) ** 2)) < 8
    assert 0.68 < phase[bend.argmax()] < 0.80


def test_heel_strike_flat_foot_heel_off_and_toe_off_follow_one_another():
    course = gait_course(USUAL)
    phase = np.arange(USUAL.frames + 1) / USUAL.frames
    heel, ball, toe = soles(poses(course))[:, 0, :, 2].T
    touches = [at < 0.002 for at in (heel, ball, toe)]
    assert touches[0][0]
    assert not touches[1][0]
    flat = (phase > 0.12) & (phase < 0.30)
    assert all(touch[flat].all() for touch in touches)
    assert not touches[0][(phase > 0.45) & (phase < 0.8)].any()
    assert touches[1][(phase > 0.12) & (phase < 0.48)].all()
    assert touches[2][(phase > 0.45) & (phase < 0.57)].all()
    assert not touches[2][(phase > 0.66) & (phase < 0.95)].any()


def test_hips_rise_over_the_standing_leg_and_sink_between():
    walk, run = (poses(gait_course(gait)).hips_metres[:, 2] for gait in (USUAL, RUN))
    phase = np.arange(USUAL.frames + 1) / USUAL.frames
    assert 0.15 < phase[walk[: USUAL.frames // 2].argmax()] < 0.40
    assert 0.015 < np.ptp(walk) < 0.06
    assert 0.05 < np.ptp(run) < 0.12
    assert run[0] > run.min()
