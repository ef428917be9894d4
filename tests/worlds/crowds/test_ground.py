"""Ground: distances worked by hand, and ways around boxes that no shorter way beats."""

import numpy as np
import pytest

from viewsync.types import InputError
from viewsync.worlds.crowds.ground import Ground
from viewsync.worlds.places.place import Obstacle

BOX = Ground((-5.0, 5.0, -3.0, 3.0), (Obstacle((1.0, 0.0), (2.0, 1.0, 1.0)),))
TURNED = Ground((-5.0, 5.0, -5.0, 5.0), (Obstacle((0.0, 0.0), (2.0, 1.0, 1.0), np.pi / 2),))


def walked(ground, start, goal):
    """The corners on the way, and its length."""
    place, length, corners = np.array(start), 0.0, []
    while not np.array_equal(place, goal):
        following = ground.toward(place, np.array(goal))
        length += np.linalg.norm(following - place)
        place = following
        corners.append(place.tolist())
        assert len(corners) < 10
    return corners[:-1], length


def test_depths_and_gaps_are_distances():
    points = np.array([[-4.0, 0.0], [4.0, 0.0], [1.0, 2.0], [3.0, 1.5], [1.2, 0.1], [6.0, 0.0]])
    np.testing.assert_allclose(BOX.depths(points), [1, 1, 1, 1.5, 2.9, -1])
    np.testing.assert_allclose(BOX.gaps(points)[:, 0], [[-4, 0], [2, 0], [0, 1.5], [1, 1], [0, 0], [4, 0]])
    np.testing.assert_array_equal(BOX.free(points), [True, True, True, True, False, False])


def test_the_gaps_of_a_turned_box():
    np.testing.assert_allclose(TURNED.gaps(np.array([[0.0, 3.0], [2.0, 0.0]]))[:, 0], [[0, 2], [1.5, 0]], atol=1e-12)


def test_the_capacity_is_one_on_every_two_free_square_metres():
    assert Ground((0.0, 10.0, 0.0, 10.0)).capacity == 50
    # The box, a rim of 0.3 m along its sides, and a quarter disc at each corner.
    assert BOX.capacity == int((60 - (2 + 2 * 3 * 0.3 + np.pi * 0.09)) / 2)


def test_nothing_in_between_means_straight_on():
    assert walked(BOX, (-4.0, -2.0), (4.0, -2.0)) == ([], 8.0)
    assert walked(Ground((0.0, 9.0, 0.0, 9.0)), (1.0, 1.0), (8.0, 8.0))[0] == []


def test_a_way_turns_half_a_metre_from_the_corners_of_a_box_on_the_right():
    corners, length = walked(BOX, (4.0, -0.4), (-2.0, -0.4))
    np.testing.assert_allclose(corners, [[2.5, -1], [-0.5, -1]])
    assert length == pytest.approx(3 + 2 * np.hypot(1.5, 0.6))


def test_a_way_gives_a_box_on_the_left_a_wide_berth():
    corners, _ = walked(BOX, (-2.0, -0.4), (4.0, -0.4))
    np.testing.assert_allclose(corners, [[-0.5 - 0.8 / np.sqrt(2), -1 - 0.8 / np.sqrt(2)]])


def test_random_places_and_gates_are_free():
    rng = np.random.default_rng(0)
    places = np.array([BOX.draw(rng) for _ in range(200)])
    assert BOX.free(places, 0.25).all()
    assert places.std(axis=0) == pytest.approx([10 / np.sqrt(12), 6 / np.sqrt(12)], rel=0.2)
    gates, headings = zip(*(BOX.draw_gate(rng) for _ in range(200)), strict=True)
    np.testing.assert_allclose(BOX.depths(np.array(gates)), 0, atol=1e-12)
    steps = np.stack([np.cos(headings), np.sin(headings)], axis=-1)
    np.testing.assert_allclose(BOX.depths(np.array(gates) + 0.1 * steps), 0.1, atol=1e-12)


def test_a_ground_walled_in_is_refused():
    walls = tuple(Obstacle((0.0, y), (12.0, 1.0, 2.0)) for y in (-3.0, 3.0))
    walls += tuple(Obstacle((x, 0.0), (1.0, 8.0, 2.0)) for x in (-5.0, 5.0))
    with pytest.raises(InputError, match="bar its edge"):
        Ground((-5.0, 5.0, -3.0, 3.0), walls).draw_gate(np.random.default_rng(0))
