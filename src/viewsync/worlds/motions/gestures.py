"""What people do with their hands while their feet stay where they are.

Each function gives one performance that begins and ends at ease, and no two seeds the same.
"""

import numpy as np
from jaxtyping import Float
from numpy.random import Generator

from viewsync.worlds.motions.posture import LEFT, RATE_HZ, RIGHT, STANDING, Posture, any_pace, eased, mix, play

_PLATE = STANDING.arm(LEFT, (-0.05, 0.24, -0.20), thumb=90)


def wave(rng: Generator) -> Posture:
    """Raise a hand and wave."""
    up = _near(rng, 0.20, 0.14, 0.19)
    lift, pace, held = rng.uniform(-65, -35), any_pace(rng), rng.uniform(1.8, 3.0)
    out, back = (
        _held(STANDING.arm(RIGHT, up + np.array([swing, 0, 0]), lift, 10).trunk(head=(-8, -3, 0)), held, pace)
        for swing in (0.11, -0.09)
    )
    return mix(back, out, _beat(out, rng.uniform(1.6, 2.4)))


def clap(rng: Generator) -> Posture:
    """Clap hands: their distance is least at the instant of the clap."""
    height, pace, held = rng.uniform(-0.20, -0.06), any_pace(rng), rng.uniform(2.0, 3.5)
    apart, together = (
        _held(STANDING.arms((inward, 0.31, height), 20, 15, bend).trunk(head=(0, 4, 0)), held, pace)
        for inward, bend in ((rng.uniform(-0.08, -0.03), -20), (-0.137, -32))
    )
    return mix(apart, together, _beat(apart, rng.uniform(2.0, 3.2)))


def directions(rng: Generator) -> Posture:
    """Show somebody the way: point there and there, looking along."""
    keys = [(0.3, STANDING)]
    for turn in rng.permutation([-40.0, 5.0, 42.0]):
        aim = np.radians(turn + rng.uniform(-6, 6))
        spot = _near(rng, -0.42 * np.sin(aim), 0.42 * np.cos(aim), rng.uniform(-0.06, 0.08))
        pointing = STANDING.arm(RIGHT, spot, 40 + max(turn, 0), 10).trunk(chest=(turn / 6, 0, 0), head=(turn * 0.7, 0, 0))
        drawn = STANDING.arm(RIGHT, (0.06, 0.28, -0.14), 50, 20)
        keys += [(0.6, pointing), (0.7, pointing.trunk(head=(4, 2, 0))), (0.5, drawn)]
    return play([*keys, (0.7, STANDING), (0.3, STANDING)], any_pace(rng))


def discussion(rng: Generator) -> Posture:
    """Talk with the hands, one after the other and both at once."""
    keys = [(0.3, STANDING)]
    for _ in range(6):
        posture = STANDING.trunk(chest=(rng.normal(0, 4), rng.normal(1, 2), rng.normal(0, 2)))
        for side in rng.permutation(2)[: rng.integers(1, 3)]:
            spot = _near(rng, rng.uniform(-0.03, 0.10), 0.28, rng.uniform(-0.26, -0.08))
            posture = posture.arm(int(side), spot, rng.uniform(15, 45), rng.uniform(40, 90))
        posture = posture.trunk(head=(rng.normal(0, 8), rng.normal(2, 4), rng.normal(0, 3)))
        keys += [(rng.uniform(0.45, 0.9), posture), (rng.uniform(0.1, 0.5), posture.trunk(head=(0, 5, 0)))]
    return play([*keys, (0.8, STANDING), (0.3, STANDING)], any_pace(rng))


def eating(rng: Generator) -> Posture:
    """Eat from a plate in the other hand."""
    dip = _PLATE.arm(RIGHT, (-0.10, 0.27, -0.13), 30, 20, 20).trunk(head=(0, 18, 0))
    bite = _PLATE.arm(RIGHT, (-0.10, 0.17, 0.05), 35, 60, 30).trunk(head=(0, 10, 0))
    chew = _PLATE.arm(RIGHT, (-0.04, 0.24, -0.16), 25, 20).trunk(head=(rng.normal(0, 12), 2, 0))
    bites = 3 * [(0.6, dip), (0.3, dip), (0.6, bite), (0.3, bite), (0.5, chew), (0.8, chew)]
    return play([(0.3, STANDING), (0.8, _PLATE), *bites, (0.9, STANDING), (0.3, STANDING)], any_pace(rng))


def drink(rng: Generator) -> Posture:
    """Two draughts from a glass."""
    glass = STANDING.arm(RIGHT, _near(rng, 0.0, 0.25, -0.18), 20, 45)
    sip = STANDING.arm(RIGHT, (-0.07, 0.18, 0.08), 50, 45, 10)
    draughts = 2 * [
        (0.8, sip),
        (0.5, sip.trunk(head=(0, -14, 0))),
        (0.7, sip.trunk(head=(0, -18, 0))),
        (0.7, glass),
        (0.8, glass),
    ]
    return play([(0.3, STANDING), (0.7, glass), (0.3, glass), *draughts, (0.8, STANDING), (0.3, STANDING)], any_pace(rng))


def greeting(rng: Generator) -> Posture:
    """Raise a hand, bow, and shake hands."""
    hand = STANDING.arm(RIGHT, _near(rng, 0.16, 0.12, 0.14), -50, 10).trunk(head=(0, -2, 0))
    bow = STANDING.trunk((0, -0.07, -0.01), (0, rng.uniform(14, 28), 0), (0, 14, 0), (0, 30, 0))
    give = STANDING.arm(RIGHT, (-0.04, 0.38, -0.19), 15, 55).trunk(chest=(10, 4, 0), head=(0, 2, 0))
    shakes = 3 * [
        (0.16, give.arm(RIGHT, (-0.04, 0.38, -0.14), 15, 55)),
        (0.16, give.arm(RIGHT, (-0.04, 0.38, -0.22), 15, 55)),
    ]
    keys = [(0.3, STANDING), (0.6, hand), (0.6, hand), (0.7, STANDING), (0.7, bow), (0.3, bow), (0.7, STANDING)]
    return play([*keys, (0.6, give), *shakes, (0.4, give), (0.7, STANDING), (0.3, STANDING)], any_pace(rng))


def phoning(rng: Generator) -> Posture:
    """Telephone, looking about, the other hand speaking along."""
    call = STANDING.arm(RIGHT, (0.0, 0.15, 0.115), 35, 25).trunk(head=(0, 3, -6))
    keys = [(0.3, STANDING), (0.9, call), (0.5, call)]
    for _ in range(4):
        talk = call.trunk(chest=(rng.normal(0, 5), 0, rng.normal(0, 2)), head=(rng.normal(0, 14), rng.normal(0, 5), 0))
        if rng.uniform() < 0.6:
            talk = talk.arm(LEFT, _near(rng, 0.02, 0.25, -0.20, 0.03), 25, 70)
        keys += [(0.8, talk), (rng.uniform(0.3, 1.0), talk)]
    return play([*keys, (0.9, STANDING), (0.3, STANDING)], any_pace(rng))


def posing(rng: Generator) -> Posture:
    """Strike one pose after another."""
    hips = STANDING.arms((0.07, 0.03, -0.32), 80, 0, 30).trunk((0.035, 0, -0.008), (0, 0, -4), (6, 0, 5), (10, -3, 0))
    crossed = STANDING.arms((-0.17, 0.20, -0.20), 60, -20).trunk(chest=(0, -3, 0), head=(-8, -3, 4))
    chin = STANDING.arm(RIGHT, (-0.11, 0.22, 0.01), 45, 30, 20).arm(LEFT, (-0.15, 0.20, -0.20), 60, 0)
    salute = STANDING.arm(LEFT, (0.0, 0.20, 0.20), 60, 10).trunk(chest=(0, 0, -3), head=(4, -2, 0))
    spread = STANDING.arms((0.30, 0.10, 0.28), 40, 30).trunk(chest=(0, -6, 0), head=(0, -10, 0))
    poses = [hips, crossed, chin.trunk(head=(0, 6, 3)), salute, spread]
    keys = [key for place in rng.permutation(5)[:4] for key in ((0.8, poses[place]), (rng.uniform(0.7, 1.4), poses[place]))]
    return play([(0.3, STANDING), *keys, (0.8, STANDING), (0.3, STANDING)], any_pace(rng))


def purchases(rng: Generator) -> Posture:
    """Take goods from a shelf, look at them, and put them into a bag on the other arm."""
    bag = STANDING.arm(LEFT, (0.02, 0.16, -0.30), 25, 40)
    keys = [(0.3, STANDING), (0.6, bag)]
    for height in rng.permutation([-0.10, 0.08, 0.26]):
        reach = bag.arm(RIGHT, _near(rng, 0.02, 0.40, height), 20, 30).trunk(chest=(12, 6, 0), head=(-6, -40 * height, 0))
        look = bag.arm(RIGHT, (-0.10, 0.25, -0.12), 25, 45).trunk(head=(4, 18, 0))
        drop = bag.arm(RIGHT, (-0.22, 0.24, -0.22), 65, 10).trunk(chest=(8, 6, 0), head=(16, 24, 0))
        keys += [
            (0.7, reach),
            (0.2, reach),
            (0.7, look),
            (0.8, look.trunk(head=(0, 3, 0))),
            (0.6, drop),
            (0.2, drop),
            (0.4, bag),
        ]
    return play([*keys, (0.7, STANDING), (0.3, STANDING)], any_pace(rng))


def smoking(rng: Generator) -> Posture:
    """Draw on a cigarette now and then."""
    hold = STANDING.arm(RIGHT, _near(rng, 0.02, 0.20, -0.22), 30, 40)
    draw = hold.arm(RIGHT, (-0.105, 0.17, 0.05), 30, 0, 10).trunk(head=(0, 3, 0))
    blow = hold.trunk(chest=(rng.normal(0, 4), -2, 0), head=(rng.normal(0, 15), -12, 0))
    draws = 3 * [(0.8, draw), (0.8, draw.trunk(chest=(0, -2, 0))), (0.8, blow), (0.9, blow), (0.5, hold)]
    return play([(0.3, STANDING), (0.7, hold), *draws, (0.7, STANDING), (0.3, STANDING)], any_pace(rng))


def taking_photo(rng: Generator) -> Posture:
    """Take pictures with a camera before the eyes."""
    aim = STANDING.arms((-0.10, 0.21, 0.12), 35, 50).trunk(chest=(0, 2, 0), head=(0, 4, 0))
    low = aim.trunk((0, -0.08, -0.12), (0, 14, 0), (rng.normal(0, 6), 0, 0), (0, 4, 0))
    turned = aim.trunk(pelvis=(6, 0, 0), chest=(18, 0, 0), head=(24, 0, 0))
    look = aim.arms((-0.09, 0.24, -0.10), 25, 50).trunk(head=(0, 16, 0))
    keys = [key for view in (aim, low, turned) for key in ((0.8, view), (rng.uniform(0.6, 1.3), view))]
    return play(
        [(0.3, STANDING), (0.7, look), *keys, (0.7, look), (0.7, look), (0.8, STANDING), (0.3, STANDING)], any_pace(rng)
    )


def waiting(rng: Generator) -> Posture:
    """Shift weight, look about, look at the watch, cross the arms."""
    left = STANDING.trunk((0.045, 0, -0.012), (0, 0, -4), (0, 0, 4), (rng.uniform(10, 35), 0, 0))
    right = STANDING.trunk((-0.045, 0, -0.012), (0, 0, 4), (0, 0, -4), (-rng.uniform(10, 35), 0, 0))
    watch = left.arm(LEFT, (-0.12, 0.22, -0.14), 35, 0).trunk(head=(-20, 24, 0))
    crossed = right.arms((-0.17, 0.20, -0.20), 60, -20)
    keys = [(0.3, STANDING), (1.0, left), (1.2, left), (0.7, watch), (0.7, watch), (1.0, crossed), (1.8, crossed)]
    return play([*keys, (0.9, left), (0.6, left), (0.9, STANDING), (0.3, STANDING)], any_pace(rng))


def reach(rng: Generator) -> Posture:
    """Reach up for something, on tiptoe, and put it down at the side."""
    high = STANDING.arm(RIGHT, _near(rng, 0.04, 0.20, 0.40), 25, 0).trunk(
        (0, 0.03, 0.05), chest=(14, -4, -4), head=(0, -25, 0)
    )
    for side in (LEFT, RIGHT):
        high = high.foot(side, STANDING.feet_metres[side], -28)
    down = STANDING.arm(RIGHT, _near(rng, 0.12, 0.32, -0.22), 20, 30).trunk(
        (0, -0.05, -0.02), (0, 14, 0), (-14, 8, 0), (-12, 24, 0)
    )
    raised = STANDING.arm(RIGHT, (0.08, 0.36, -0.02)).trunk(head=(0, -10, 0))
    keys = [
        (0.3, STANDING),
        (0.6, raised),
        (0.5, high),
        (0.5, high),
        (0.9, down),
        (0.4, down),
        (0.9, STANDING),
        (0.3, STANDING),
    ]
    return play(keys, any_pace(rng))


def stretch(rng: Generator) -> Posture:
    """Stretch overhead, and to either side."""
    up = STANDING.arms((0.0, 0.06, 0.45), 20, 0).trunk((0, 0, -0.008), chest=(0, -8, 0), head=(0, -14, 0))
    tilts = [
        up.trunk(pelvis=(0, 0, sign * 3), chest=(0, 8, sign * rng.uniform(16, 26)), head=(0, 12, sign * 16))
        for sign in (1, -1)
    ]
    wide = STANDING.arms((0.40, -0.08, 0.08), 20, 40).trunk(chest=(0, -8, 0), head=(0, -4, 0))
    keys = [key for tilt in tilts for key in ((0.9, tilt), (0.6, tilt), (0.7, up))]
    raised = STANDING.arms((0.10, 0.36, 0.0)).trunk(head=(0, -4, 0))
    return play(
        [(0.3, STANDING), (0.7, raised), (0.6, up), *keys, (0.8, wide), (0.6, wide), (0.9, STANDING), (0.3, STANDING)],
        any_pace(rng),
    )


def _held(posture: Posture, seconds: float, pace: float) -> Posture:
    """From ease to a posture, and back after a while."""
    return play([(0.3, STANDING), (0.8, posture), (seconds, posture), (0.8, STANDING), (0.3, STANDING)], pace)


def _beat(course: Posture, rate_hz: float) -> Float[np.ndarray, " time"]:
    """To and fro between 0 and 1, over a course that is held in its middle."""
    seconds = np.arange(len(course.hips_metres)) / RATE_HZ
    begun = np.minimum(seconds, seconds[-1] - seconds) - 0.6
    return np.asarray(eased(begun / 0.6) * (1 - np.cos(2 * np.pi * rate_hz * (seconds - 0.6))) / 2)


def _near(rng: Generator, out: float, forward: float, up: float, spread: float = 0.015) -> Float[np.ndarray, " 3"]:
    return np.array([out, forward, up]) + rng.normal(0, spread, 3)
