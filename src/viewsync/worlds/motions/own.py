"""The motions that the package makes itself, so that people always have something to do."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from zlib import crc32

import numpy as np
from jaxtyping import Float
from numpy.random import Generator

from viewsync.worlds.motions import gestures, moves
from viewsync.worlds.motions.clip import MotionClip
from viewsync.worlds.motions.figure import poses
from viewsync.worlds.motions.gait import RUN, Gait, gait_course
from viewsync.worlds.motions.library import MotionLibrary
from viewsync.worlds.motions.posture import RATE_HZ, RIGHT, Posture

PERFORMANCES: tuple[Callable[[Generator], Posture], ...] = (
    moves.squat, moves.crouch, moves.pick_up, moves.jump, moves.sitting, moves.sitting_down, moves.punch, moves.kick,
    moves.dance, gestures.wave, gestures.clap, gestures.drink, gestures.reach, gestures.stretch, gestures.directions,
    gestures.discussion, gestures.eating, gestures.greeting, gestures.phoning, gestures.posing, gestures.purchases,
    gestures.smoking, gestures.taking_photo, gestures.waiting,
)  # fmt: skip
"""What is done on the spot, each named after its action."""
WALKING_METRES_PER_SECOND = (0.85, 1.0, 1.1, 1.2, 1.25, 1.3, 1.4, 1.5, 1.55)
RUNNING_METRES_PER_SECOND = {"jog": (2.1, 2.4), "run": (2.8, 3.2)}


def own_motions(seed: int) -> MotionLibrary:
    """Make the motions: walks and runs, standing, and some two dozen actions, those of Human3.6M among them.

    Walks and runs are one cycle long, and loop; standing loops too. All else begins and ends at ease on the same spot.
    Everything faces -y and goes that way.

    Args:
        seed: Of people's manners: pace, reach, sides, style of gait. Another one gives the same actions done differently.
    """
    return MotionLibrary((*_on_the_way(seed), *_on_the_spot(seed)))


def walker(rng: Generator, speed_metres_per_second: float) -> Gait:
    """Somebody's manner of walking, drawn at random, at a speed of 0.8 to 1.6 m/s."""
    # People lengthen their steps and quicken them alike as they speed up.
    steps_per_minute = np.sqrt(60 * speed_metres_per_second / rng.normal(0.0058, 0.0001))
    stride = 120 * speed_metres_per_second / steps_per_minute
    swing = rng.uniform(10, 20) * stride / 1.33
    elbow = rng.uniform(10, 18)
    return Gait(
        speed_metres_per_second,
        float(steps_per_minute),
        rolling=float(np.clip(stride / 1.33, 0.7, 1.15)),
        step_width_metres=rng.uniform(0.07, 0.13),
        toes_out_degrees=rng.uniform(0, 8),
        sway_metres=rng.uniform(0.012, 0.024),
        pelvis_turn_degrees=rng.uniform(3, 7),
        pelvis_drop_degrees=rng.uniform(2, 5),
        chest_turn_degrees=rng.uniform(2, 6),
        lean_degrees=rng.uniform(0, 6),
        nod_degrees=rng.uniform(-2, 7),
        arm_swing_degrees=(swing * rng.uniform(0.8, 1.2), swing * rng.uniform(0.8, 1.2)),
        arms_forward_degrees=rng.uniform(-6, 2),
        elbow_degrees=(elbow, elbow + rng.uniform(6, 20)),
        arms_out_metres=rng.uniform(0.06, 0.085),
    )


def runner(rng: Generator, speed_metres_per_second: float) -> Gait:
    """Somebody's manner of running, drawn at random, at a speed of 2 to 3.2 m/s."""
    swing = rng.uniform(22, 34)
    return replace(
        RUN,
        speed_metres_per_second=speed_metres_per_second,
        steps_per_minute=146 + 8 * speed_metres_per_second + rng.uniform(-4, 4),
        lean_degrees=rng.uniform(5, 11),
        arm_swing_degrees=(swing * rng.uniform(0.9, 1.1), swing * rng.uniform(0.9, 1.1)),
        elbow_degrees=(rng.uniform(78, 92), rng.uniform(92, 106)),
        lift_metres=rng.uniform(0.09, 0.15),
    )


def _on_the_way(seed: int) -> Iterator[MotionClip]:
    for number, speed in enumerate(WALKING_METRES_PER_SECOND, start=1):
        yield _clip(f"walk-{number}", gait_course(walker(_random(seed, f"walk-{number}"), speed)), loops=True)
    for action, speeds in RUNNING_METRES_PER_SECOND.items():
        for number, speed in enumerate(speeds, start=1):
            yield _clip(f"{action}-{number}", gait_course(runner(_random(seed, f"{action}-{number}"), speed)), loops=True)
    alone, dog, together = (gait_course(walker(_random(seed, f"walking{n}"), 1.2 - 0.1 * n)) for n in range(3))
    yield _clip("walking", alone, loops=True)
    # The dog pulls at the right hand; the companion is on the left.
    yield _clip(
        "walking_dog", dog.arm(RIGHT, (0.02, 0.30, -0.24), thumb=30).trunk(chest=(6, -3, 0), head=(0, 8, 0)), loops=True
    )
    yield _clip("walking_together", together.trunk(chest=(5, 0, 0), head=(32, 2, 0)), loops=True)


def _on_the_spot(seed: int) -> Iterator[MotionClip]:
    for perform, variants in ((moves.stand, 4), *((perform, 2) for perform in PERFORMANCES)):
        for number in range(1, variants + 1):
            name = f"{perform.__name__}-{number}"
            rng = _random(seed, name)
            course = _alive(perform(rng), rng)
            yield _clip(name, course.mirrored() if rng.uniform() < 0.3 else course, loops=perform is moves.stand)


def _clip(name: str, course: Posture, loops: bool) -> MotionClip:
    figure = poses(course)
    return MotionClip(f"own/{name}", name.split("-")[0], RATE_HZ, figure.hips_metres, figure.rotations, loops)


def _alive(course: Posture, rng: Generator) -> Posture:
    """Nobody keeps wholly still: breath, sway of the body and small turns of the head, the same again in each round."""
    share = np.linspace(0, 1, len(course.hips_metres))
    seconds = len(share) / RATE_HZ

    def wander(*sizes: float, rate_hz: float) -> Float[np.ndarray, "time 3"]:
        rounds = np.maximum(np.round(seconds * rate_hz * rng.uniform(0.6, 1.6, (3, 3))), 1)
        waves = np.sin(2 * np.pi * (share[:, None, None] * rounds + rng.uniform(size=(3, 3))))
        return np.asarray(np.array(sizes) / 2 * waves.sum(axis=1))

    return replace(
        course,
        hips_metres=course.hips_metres + wander(0.006, 0.004, 0.0, rate_hz=0.3),
        chest_degrees=course.chest_degrees + wander(0.6, 0.6, 0.4, rate_hz=0.3),
        head_degrees=course.head_degrees + wander(2.5, 1.0, 1.0, rate_hz=0.25),
    )


def _random(seed: int, name: str) -> Generator:
    """Randomness of one clip, whatever else there is."""
    return np.random.default_rng([seed, crc32(name.encode())])
