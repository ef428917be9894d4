"""Bodies and poses for the tests of people."""

import functools

import numpy as np
from scipy.spatial.transform import Rotation

from viewsync.worlds.motions.skeleton import JOINTS, Poses
from viewsync.worlds.people.body import Body
from viewsync.worlds.people.shapes import sample_bodies


@functools.cache
def some_bodies() -> tuple[Body, ...]:
    return sample_bodies(30, np.random.default_rng(1))


def at_rest(body: Body) -> Poses:
    return Poses(body.skeleton.heads_metres[:1], np.tile([0.0, 0.0, 0.0, 1.0], (1, len(JOINTS), 1)))


def anyhow(seed: int, count: int = 3, largest_radians: float = 0.7) -> Poses:
    rng = np.random.default_rng(seed)
    turns = Rotation.from_rotvec(rng.uniform(-largest_radians, largest_radians, (count * len(JOINTS), 3)))
    return Poses(rng.uniform(-3, 3, (count, 3)), turns.as_quat().reshape(count, len(JOINTS), 4))
