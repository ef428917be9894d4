"""What people do with the whole body: crouch, sit, jump, kick, dance.

Each function gives one performance that begins and ends at ease, and no two seeds the same.
"""

from dataclasses import replace

import numpy as np
from numpy.random import Generator
from scipy.interpolate import BPoly

from viewsync.worlds.motions.posture import LEFT, RATE_HZ, RIGHT, STANDING, Posture, any_pace, eased, mix, play

GRAVITY = 9.81
_SEATED = STANDING.trunk((0, -0.34, -0.355), (0, -4, 0), (0, 8, 0)).arms((-0.03, 0.26, -0.31), 30, 5)
_RISING = STANDING.trunk((0, -0.18, -0.20), (0, 28, 0), (0, 22, 0), (0, 12, 0)).arms((-0.01, 0.26, -0.27), 25, 10)


def stand(rng: Generator) -> Posture:
    """Stand at ease: shift the weight, look about. It loops."""
    keys = [(0.4, STANDING)]
    for side in rng.permutation([-1, 1]):
        shift, look = side * rng.uniform(0.02, 0.05), rng.normal(0, 14)
        posture = STANDING.trunk(
            (shift, 0, -0.012), (0, 0, -90 * shift), (look / 6, 0, 80 * shift), (look, rng.normal(0, 4), 0)
        )
        back = posture.trunk(head=(rng.normal(0, 10) - look, 0, 0))
        keys += [(rng.uniform(1.2, 1.8), posture), (rng.uniform(0.8, 1.6), posture), (rng.uniform(0.8, 1.4), back)]
    return play([*keys, (1.6, STANDING), (0.5, STANDING)], smooth_seconds=0.1)


def squat(rng: Generator) -> Posture:
    """Bend the knees, arms forward, a few times."""
    deep = rng.uniform(0.28, 0.38)
    low = STANDING.trunk((0, -0.14, -deep), (0, 32, 0), (0, 6, 0), (0, 8, 0)).arms((0.0, 0.40, 0.0), 20, 10)
    rounds = int(rng.integers(2, 5)) * [(0.9, low), (0.2, low), (0.8, STANDING), (0.2, STANDING)]
    return play([(0.3, STANDING), *rounds, (0.1, STANDING)], any_pace(rng))


def crouch(rng: Generator) -> Posture:
    """Go down on the haunches, look at something, and rise."""
    low = STANDING.trunk((0, -0.02, -0.43), (0, 14, 0), (0, 14, 0), (0, 14, 0)).arms((-0.06, 0.30, -0.22), 35, 10)
    low = _tiptoe(low, 24)
    look = low.arm(RIGHT, (-0.06, 0.36, -0.30), 25, 20).trunk(chest=(8, 8, 0), head=(0, 14, 0))
    keys = [(1.1, low), (0.4, low), (0.7, look), (rng.uniform(0.5, 1.5), look), (0.6, low)]
    return play([(0.3, STANDING), *keys, (1.0, STANDING), (0.3, STANDING)], any_pace(rng))


def pick_up(rng: Generator) -> Posture:
    """Pick something up from the ground and look at it."""
    down = STANDING.trunk((0, -0.20, -0.42), (0, 50, 0), (-8, 30, -6), (0, 45, 0))
    down = down.arm(RIGHT, (0.0, 0.46, -0.08), 20, 20).arm(LEFT, (-0.02, 0.30, -0.20), 25, 10)
    look = STANDING.arm(RIGHT, (-0.08, 0.24, -0.14), 25, 50).trunk(head=(-4, 20, 0))
    keys = [(1.1, down), (0.3, down), (1.0, look), (rng.uniform(0.5, 1.2), look), (0.7, STANDING)]
    return play([(0.3, STANDING), *keys, (0.3, STANDING)], any_pace(rng))


def sitting_down(rng: Generator) -> Posture:
    """Sit down on a stool, and get up again soon."""
    return _sit([(rng.uniform(0.8, 1.6), _SEATED.trunk(head=(rng.normal(0, 10), 0, 0)))], rng)


def sitting(rng: Generator) -> Posture:
    """Sit on a stool for a while: lean, look, speak with a hand."""
    keys = []
    for _ in range(5):
        lean, look = rng.uniform(-4, 16), rng.normal(0, 18)
        posture = _SEATED.trunk(chest=(look / 5, lean, rng.normal(0, 2)), head=(look, rng.normal(4, 4), 0))
        if rng.uniform() < 0.5:
            side = int(rng.integers(2))
            posture = posture.arm(side, (rng.uniform(-0.05, 0.06), 0.27, rng.uniform(-0.2, -0.1)), 25, 70)
        keys += [(0.9, posture), (rng.uniform(0.4, 1.2), posture)]
    return _sit([*keys, (0.8, _SEATED)], rng)


def jump(rng: Generator) -> Posture:
    """Jump up on the spot: in flight the hips fall freely."""
    height, depth = rng.uniform(0.14, 0.26), rng.uniform(0.20, 0.27)
    speed = np.sqrt(2 * GRAVITY * height)
    crouched, off = 0.9, 0.9 + rng.uniform(0.28, 0.34)
    landed = off + 2 * speed / GRAVITY
    bent, risen = landed + 0.28, landed + 1.2
    course = _jump_posture(off - crouched, landed - off)
    seconds = np.arange(len(course.hips_metres)) / RATE_HZ
    upright, toes = STANDING.hips_metres[2], 0.88
    hips = BPoly.from_derivatives(
        [0, 0.2, crouched, off, landed, bent, risen, seconds[-1] + 0.1],
        [[upright, 0, 0], [upright, 0, 0], [upright - depth, 0, 2], [toes, speed, -GRAVITY], [toes, -speed, -GRAVITY],
         [upright - 0.8 * depth, 0, 2], [upright, 0, 0], [upright, 0, 0]],
    )  # fmt: skip
    flown = np.clip((seconds - off) / (landed - off), 0, 1)
    course.hips_metres[:, 2] = hips(seconds)
    course.feet_metres[..., 2] = height * 16 * (flown * (1 - flown))[:, None] ** 2
    return course


def _jump_posture(push_seconds: float, flight_seconds: float) -> Posture:
    """All of a jump but the heights."""
    low = STANDING.trunk((0, -0.10, 0), (0, 34, 0), (0, 10, 0), (0, 8, 0)).arms((0.12, -0.22, -0.36))
    high = _tiptoe(STANDING.trunk(chest=(0, -4, 0), head=(0, -6, 0)).arms((0.06, 0.26, 0.32)), 50)
    soft = STANDING.trunk((0, -0.09, 0), (0, 26, 0), (0, 10, 0), (0, 8, 0)).arms((0.14, 0.22, -0.28), 25)
    aloft = _tiptoe(high.arms((0.09, 0.30, 0.20)), 50, tips_down=35)
    falling = high.arms((0.12, 0.24, 0.0), 25)
    pushing = _tiptoe(STANDING.trunk((0, -0.05, 0), (0, 15, 0), (0, 3, 0)).arms((0.10, 0.34, -0.20)), 12)
    keys = [
        (0.2, STANDING),
        (0.7, low),
        (push_seconds / 2, pushing),
        (push_seconds / 2, high),
        (flight_seconds / 2, aloft),
        (flight_seconds / 2, falling),
        (0.28, soft),
        (1.0, STANDING),
    ]
    return play([*keys, (0.3, STANDING)], smooth_seconds=0.035)


def punch(rng: Generator) -> Posture:
    """Step forward, guard up, strike left and right, step back."""
    guard = STANDING.arms((-0.07, 0.20, 0.02), 25, 40).trunk((0, 0.10, -0.05), (0, 4, 0), (-8, 6, 0), (0, 4, 0))
    ahead = guard.foot(LEFT, (0.12, 0.24, 0.0))
    keys = [(0.4, guard.foot(LEFT, (0.12, 0.12, 0.05))), (0.3, ahead), (0.3, ahead)]
    for number in range(int(rng.integers(3, 6))):
        side = number % 2
        strike = ahead.arm(side, (-0.10, 0.46, rng.uniform(0.0, 0.08)), 40, 0).trunk(
            (0, 0.03, 0), chest=((-22, 34)[side], 2, 0)
        )
        keys += [(0.18, strike), (0.06, strike), (0.28, ahead), (rng.uniform(0.05, 0.3), ahead)]
    keys += [(0.4, guard.foot(LEFT, (0.12, 0.12, 0.05))), (0.4, STANDING), (0.3, STANDING)]
    return play([(0.3, STANDING), *keys], any_pace(rng), smooth_seconds=0.04)


def kick(rng: Generator) -> Posture:
    """Kick forward, twice."""
    lean = STANDING.trunk((0.105, 0, -0.02), (0, 0, 3), (0, 0, -3)).arms((0.16, 0.10, -0.38), 30)
    back = lean.trunk((0, 0.04, -0.02), (8, 10, 0), (-8, 0, 0)).foot(RIGHT, (0.11, -0.30, 0.14), -58, 45)
    back = back.arm(RIGHT, (0.14, -0.18, -0.38)).arm(LEFT, (0.10, 0.26, -0.30), 30)
    high = lean.trunk((0, 0.02, 0.0), (-8, -12, 0), (10, 12, 0)).foot(RIGHT, (0.07, 0.65, rng.uniform(0.32, 0.50)), -8, 8)
    high = high.arm(LEFT, (0.20, -0.12, -0.36)).arm(RIGHT, (0.16, 0.22, -0.32), 30)
    kicks = 2 * [(0.45, back), (0.28, high), (0.08, high), (0.5, lean.foot(RIGHT, (0.11, 0.02, 0.04), -15, 12)), (0.3, lean)]
    return play(
        [(0.3, STANDING), (0.6, lean), *kicks, (0.6, STANDING), (0.3, STANDING)], any_pace(rng), smooth_seconds=0.045
    )


def dance(rng: Generator) -> Posture:
    """Dance on the spot: from foot to foot on the beat, arms along."""
    beats, rate_hz = int(rng.integers(8, 12)), rng.uniform(1.5, 2.1)
    seconds = np.arange(round(2 * beats / rate_hz * RATE_HZ) + 1) / RATE_HZ
    side = np.sin(np.pi * rate_hz * seconds)
    dip, arms, twist = 0.5 - 0.5 * np.cos(2 * np.pi * rate_hz * seconds), rng.uniform(0.06, 0.12), rng.uniform(6, 14)
    zero, still = np.zeros_like(side), np.ones_like(side)
    loose = mix(STANDING.trunk((0, -0.02, -0.04), (0, 6, 0)).arms((0.08, 0.24, -0.14), 35, 40), STANDING, zero)
    moved = np.stack([0.05 * side, zero, -0.03 * dip], axis=1), np.stack([twist * side, zero, -4 * side], axis=1)
    signs = np.array([1, -1])
    swing = np.stack([np.outer(still, [0.02, 0.02]) * dip[:, None], *(np.outer(side, signs) * arms,) * 2], axis=2)
    free = np.maximum(np.outer(-side, signs), 0) ** 3
    danced = replace(
        loose,
        hips_metres=loose.hips_metres + moved[0],
        pelvis_degrees=loose.pelvis_degrees + moved[1],
        chest_degrees=loose.chest_degrees - 1.4 * moved[1],
        head_degrees=loose.head_degrees + np.stack([0.6 * twist * side, 5 * dip, 3 * side], axis=1),
        hands_metres=loose.hands_metres + swing,
        feet_metres=loose.feet_metres + free[..., None] * np.array([0.02, 0.03, 0.05]),
        feet_degrees=loose.feet_degrees + free[..., None] * np.array([-25, 0, 12]),
    )
    edge = np.minimum(seconds, seconds[-1] - seconds)
    return mix(STANDING, danced, eased((edge - 0.2) / 1.0))


def _sit(keys: list[tuple[float, Posture]], rng: Generator) -> Posture:
    """Sit down on a stool, do something there, and get up."""
    before, after = [(0.3, STANDING), (0.8, _RISING), (0.6, _SEATED)], [(0.6, _RISING), (0.8, STANDING), (0.3, STANDING)]
    return play([*before, *keys, *after], any_pace(rng))


def _tiptoe(posture: Posture, degrees: float, tips_down: float = 0) -> Posture:
    for side in (LEFT, RIGHT):
        posture = posture.foot(side, STANDING.feet_metres[side], -degrees, tips_down)
    return posture
