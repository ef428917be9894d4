"""Made clips, paths and skeletons for the tests of performances."""

import functools

import numpy as np
from scipy.spatial.transform import Rotation

from viewsync.worlds.crowds.path import Path
from viewsync.worlds.motions.clip import MotionClip
from viewsync.worlds.motions.limbs import ARMS, LEGS, solve_limb
from viewsync.worlds.motions.skeleton import AVERAGE, JOINTS, Skeleton
from viewsync.worlds.people.contact import HEEL_OFF, PLANT, TOE_OFF, feet
from viewsync.worlds.people.cycle import Locomotion
from viewsync.worlds.people.posing import smooth_step

STANCE = 0.6
RATE_HZ = 120.0
CLAP_SECONDS = 0.5
HEADS = AVERAGE.heads_metres
SKELETONS = {
    "average": AVERAGE,
    "child": Skeleton(0.62 * HEADS, 0.62 * AVERAGE.tails_metres),
    "lanky": Skeleton(HEADS * [1.0, 1.1, 1.15], AVERAGE.tails_metres * [1.0, 1.1, 1.15]),
}


def walking(speed=0.9, cycle_seconds=1.0, cycles=1, loops=True):
    """Flat feet that stand still for `STANCE` of each cycle, the left one from the start on; hips go evenly along -y."""
    seconds = np.arange(round(cycles * cycle_seconds * RATE_HZ) + 1) / RATE_HZ
    stride = speed * cycle_seconds
    hips = np.column_stack([0 * seconds, -speed * seconds, 0.81 + 0 * seconds])
    rotations = np.tile([0.0, 0.0, 0.0, 1.0], (len(seconds), len(JOINTS), 1))
    for limb, start in zip(LEGS, (0.0, 0.5), strict=True):
        phase = seconds / cycle_seconds - start
        swing = np.clip((phase % 1 - STANCE) / (1 - STANCE), 0, 1)
        ahead = stride * (np.floor(phase) + smooth_step(swing) + start + STANCE / 2)
        height = HEADS[limb.end, 2] + 1.6 * (swing * (1 - swing)) ** 2
        _aim(
            rotations,
            limb,
            hips,
            np.column_stack([np.full(len(ahead), 0.8 * HEADS[limb.end, 0]), -ahead, height]),
            [0, -1, 0],
        )
    return MotionClip(f"made/walk-{speed}", "walk", RATE_HZ, hips, rotations, loops)


def standing(seconds=4.0, action="stand"):
    count = round(seconds * RATE_HZ) + 1
    hips = HEADS[0] + np.outer(np.sin(np.linspace(0, 6, count)), [0.01, 0.005, 0.0]) - [0, 0, 0.02]
    rotations = np.tile([0.0, 0.0, 0.0, 1.0], (count, len(JOINTS), 1))
    for limb in LEGS:
        _aim(rotations, limb, hips, np.tile(HEADS[limb.end], (count, 1)), [0, -1, 0])
    return MotionClip(f"made/{action}", action, RATE_HZ, hips, rotations)


def clapping(claps=4):
    """Stands, and brings the hands together at 1/2, 3/2, 5/2 … of `CLAP_SECONDS`."""
    clip = standing(claps * CLAP_SECONDS, "clap")
    apart = 0.2 + 0.18 * np.cos(2 * np.pi * np.arange(len(clip.hips_metres)) / RATE_HZ / CLAP_SECONDS)
    for limb, side in zip(ARMS, (1, -1), strict=True):
        wrists = clip.hips_metres + np.column_stack([side * apart, 0 * apart - 0.3, 0 * apart + 0.3])
        _aim(clip.rotations, limb, clip.hips_metres, wrists, [side, 0, -1])
    return clip


def _aim(rotations, limb, hips, targets, pole):
    roots = hips + HEADS[limb.upper] - HEADS[0]
    turns = solve_limb(AVERAGE, limb, roots, targets, np.tile(np.array(pole, float), (len(hips), 1)))
    for bone, turn in zip((limb.upper, limb.lower), turns, strict=True):
        rotations[:, bone] = Rotation.from_matrix(turn).as_quat()


@functools.cache
def locomotion():
    return Locomotion((walking(0.7, 1.1), walking(1.1, 0.9)))


def path(course, seconds=8.0, interval=0.1, start=3.0):
    """From a function of time that gives x, y and heading."""
    instants = np.arange(0, seconds + 1e-9, interval)
    places, later, earlier = (np.array([course(at + step) for at in instants]) for step in (0, 1e-4, -1e-4))
    return Path(start, interval, places[:, :2], (later - earlier)[:, :2] / 2e-4, places[:, 2])


def _eased(share):
    share = np.clip(share, 0, 1)
    return share**3 * (10 - 15 * share + 6 * share**2)


PATHS = {
    "straight": path(lambda t: (1.0 * t, 0, 0)),
    "curved": path(lambda t: (2 * np.cos(0.5 * t), 2 * np.sin(0.5 * t), 0.5 * t + np.pi / 2)),
    "stopping": path(lambda t: (1.5 * _eased((t - 0.5) / 3) + 1.5 * _eased((t - 5) / 3), 0, 0), 10),
    "turning": path(
        lambda t: (1.2 * _eased(t / 2.5), 1.2 * _eased((t - 6) / 2.5), np.pi / 2 * _eased((t - 3.5) / 1.5)), 9.5
    ),
    "faltering": path(lambda t: (0.6 * t + 0.25 * np.sin(2.5 * t), 0.05 * np.sin(3 * t), 0.3 * np.sin(t))),
    "creeping": path(lambda t: (0.09 * t, 0, 0)),
}


def hold(performance, skeleton, start, end):
    """Of planted feet, in metres: how far they slip at most, how high a flat sole is; and how low any sole is ever."""
    seconds = np.arange(start, end, 1 / 120)
    poses = performance.poses(seconds)
    slips, heights, lows = [], [], []
    for foot, contacts in zip(feet(skeleton), performance.contacts, strict=True):
        _, _, ankle, ball = foot.joints(poses)
        soles = foot.soles(poses)[..., 2]
        lows.append(soles.min())
        for row in contacts:
            flat, planted = ((seconds >= row[PLANT]) & (seconds <= row[last]) for last in (HEEL_OFF, TOE_OFF))
            heights.append(soles[:, flat].max(initial=0))
            slips += [np.ptp(places, axis=0).max() for places in (ankle[flat], ball[planted]) if len(places)]
    assert len(slips) > 3
    return max(slips), max(heights), min(lows)


def joints(performance, skeleton, seconds):
    return performance.poses(seconds).joints(skeleton)[0]
