"""The social force: symmetric where it should be, to the right where people choose, and worked once by hand."""

import numpy as np
import pytest

from viewsync.worlds.crowds.force import social_force, wall_force

STRANGERS = ~np.eye(2, dtype=bool)


def test_who_stands_beside_is_kept_away_from_as_the_formula_says():
    # Nobody moves: D = e, B = 0.35 m, the angle is only the bias.
    force = social_force(np.array([[0.0, 0.0], [0.7, 0.0]]), np.zeros((2, 2)), STRANGERS)
    strength = 4.5 * np.exp(-0.7 / 0.35)
    np.testing.assert_allclose(force, strength * np.array([[-1, -1], [1, 1]]), rtol=1e-4)


def test_two_who_meet_head_on_slow_down_and_both_step_to_their_right():
    force = social_force(np.array([[0.0, 0.0], [3.0, 0.0]]), np.array([[1.3, 0.0], [-1.3, 0.0]]), STRANGERS)
    np.testing.assert_allclose(force[0], -force[1])
    assert force[0, 0] < -0.5
    assert force[0, 1] < -0.5


def test_it_turns_with_the_scene_and_knows_no_place():
    rng = np.random.default_rng(3)
    positions, velocities = rng.normal(0, 2, (5, 2)), rng.normal(0, 1, (5, 2))
    strangers = ~np.eye(5, dtype=bool)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    moved = social_force(positions @ turn.T + (7, -2), velocities @ turn.T, strangers)
    np.testing.assert_allclose(moved, social_force(positions, velocities, strangers) @ turn.T, atol=1e-12)


def test_friends_feel_none():
    assert not social_force(np.array([[0.0, 0.0], [0.7, 0.0]]), np.ones((2, 2)), np.zeros((2, 2), dtype=bool)).any()


def test_walls_push_straight_away_by_the_formula():
    gaps = np.array([[[0.0, 0.5]], [[-0.4, 0.0]]])
    expected = [[0, 3 * np.exp(-2)], [-3 * np.exp(-1), 0]]
    np.testing.assert_allclose(wall_force(gaps, 0.3), expected)
    assert wall_force(np.zeros((2, 0, 2)), 0.3) == pytest.approx(np.zeros((2, 2)))
