"""Laws of two-bone inverse kinematics."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from viewsync.worlds.motions.limbs import ARMS, LEGS, solve_limb, swung
from viewsync.worlds.motions.skeleton import AVERAGE

LIMBS = pytest.mark.parametrize("limb", [*LEGS, *ARMS])


def followed(limb, roots, upper, lower):
    """Middle joint and end (forward kinematics)."""
    first, second = limb.bones(AVERAGE)
    return roots + upper @ first, roots + upper @ first + lower @ second


def some(count=200):
    """Roots anywhere, and unit vectors every which way: along the limb and for its pole."""
    rng = np.random.default_rng(5)
    along, poles = rng.normal(size=(2, count, 3))
    return rng.normal(size=(count, 3)), along / np.linalg.norm(along, axis=1, keepdims=True), poles


@LIMBS
def test_a_limb_reaches_its_target_and_bends_toward_its_pole(limb):
    roots, along, poles = some()
    first, second = (np.linalg.norm(bone) for bone in limb.bones(AVERAGE))
    reach = np.random.default_rng(6).uniform(abs(first - second), first + second, (len(roots), 1))
    turns = solve_limb(AVERAGE, limb, roots, roots + reach * along, poles)
    middle, end = followed(limb, roots, *turns)
    np.testing.assert_allclose(end, roots + reach * along, atol=1e-9)
    aside = middle - roots - np.sum((middle - roots) * along, axis=1, keepdims=True) * along
    straight = poles - np.sum(poles * along, axis=1, keepdims=True) * along
    np.testing.assert_allclose(np.cross(aside, straight), 0, atol=1e-9)
    assert np.all(np.sum(aside * straight, axis=1) > -1e-9)
    for turn in turns:
        np.testing.assert_allclose(turn @ turn.swapaxes(1, 2), np.broadcast_to(np.eye(3), turn.shape), atol=1e-9)
        np.testing.assert_allclose(np.linalg.det(turn), 1)


@LIMBS
@pytest.mark.parametrize("share", [1.3, 0.01])
def test_out_of_reach_it_stretches_or_folds_toward_the_target(limb, share):
    roots, along, poles = some()
    first, second = (np.linalg.norm(bone) for bone in limb.bones(AVERAGE))
    reach = np.clip(share * (first + second), abs(first - second), first + second)
    _, end = followed(limb, roots, *solve_limb(AVERAGE, limb, roots, roots + share * (first + second) * along, poles))
    np.testing.assert_allclose(end, roots + reach * along, atol=1e-6)


@LIMBS
def test_at_rest_nothing_turns(limb):
    root, middle, end = (AVERAGE.heads_metres[[joint]] for joint in (limb.upper, limb.lower, limb.end))
    for turn in solve_limb(AVERAGE, limb, root, end, middle - (root + end) / 2):
        np.testing.assert_allclose(turn[0], np.eye(3), atol=1e-6)


@LIMBS
def test_who_turns_the_task_turns_the_solution(limb):
    roots, along, poles = some()
    turn = Rotation.from_euler("xyz", [0.3, -1.1, 2.0])
    plain = solve_limb(AVERAGE, limb, roots, roots + 0.4 * along, poles)
    turned = solve_limb(AVERAGE, limb, turn.apply(roots), turn.apply(roots + 0.4 * along), turn.apply(poles))
    for before, after in zip(plain, turned, strict=True):
        np.testing.assert_allclose(turn.as_matrix() @ before, after, atol=1e-9)


def test_the_size_of_bones_is_that_of_the_skeleton_given():
    child = replace(AVERAGE, heads_metres=0.6 * AVERAGE.heads_metres)
    roots, along, poles = some()
    small = solve_limb(child, LEGS[0], roots, roots + 0.6 * 0.7 * along, poles)
    for one, other in zip(small, solve_limb(AVERAGE, LEGS[0], roots, roots + 0.7 * along, poles), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)


def test_a_pole_swings_with_its_limb():
    back = np.array([0.0, 1.0, 0.0])
    directions = np.array([[0.0, 0.0, -1.0], [0.0, -1.0, 0.0], [1.0, 0.0, 0.0]])
    # Hanging, the elbow points back; of an arm held forward it points down; of one held aside it still points back.
    np.testing.assert_allclose(swung(back, directions), [[0, 1, 0], [0, 0, -1], [0, 1, 0]], atol=1e-12)
    _, along, _ = some()
    poles = swung(back, along)
    np.testing.assert_allclose(np.linalg.norm(poles, axis=1), 1)
    np.testing.assert_allclose(np.sum(poles * along, axis=1), 0, atol=1e-9)
