"""Where obstacles stand."""

import numpy as np
import pytest

from viewsync.types import InputError
from viewsync.worlds.places.make import make_place

KINDS = ["street", "lawn", "plaza", "room", "lab", "theatre"]
GROUND = {kind: (-12.0, 16.0, -10.0, 10.0) for kind in KINDS[:3]} | {kind: (-3.0, 5.0, -4.0, 3.0) for kind in KINDS[3:]}


def corners(obstacle):
    """The four corners of its footprint."""
    half_x, half_y, _ = np.array(obstacle.size_metres) / 2
    cos, sin = np.cos(obstacle.turn_radians), np.sin(obstacle.turn_radians)
    local = np.array([[half_x, half_y], [-half_x, half_y], [-half_x, -half_y], [half_x, -half_y]])
    return local @ np.array([[cos, sin], [-sin, cos]]) + obstacle.center_metres


def outline(obstacle):
    """Points all along its footprint."""
    shares = np.linspace(0, 1, 30)[:, None]
    ends = corners(obstacle)
    return np.concatenate([a + shares * (b - a) for a, b in zip(ends, np.roll(ends, 1, axis=0), strict=True)])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(6))
def test_obstacles_stand_inside_outside_of_the_free_part_and_apart_from_each_other(kind, seed):
    x0, x1, y0, y1 = GROUND[kind]
    free = (-1.0, 1.5, -1.5, 0.5)
    place = make_place(kind, seed, GROUND[kind], free=free)
    assert place.obstacles
    outlines = [outline(obstacle) for obstacle in place.obstacles]
    for points in outlines:
        assert np.all(points > (x0 + 0.75, y0 + 0.75))
        assert np.all(points < (x1 - 0.75, y1 - 0.75))
        assert not np.any(np.all((points > free[::2]) & (points < free[1::2]), axis=1))
    for number, a in enumerate(outlines):
        for b in outlines[:number]:
            assert np.linalg.norm(a[:, None] - b[None], axis=-1).min() > 0.75
    footprint = sum(obstacle.size_metres[0] * obstacle.size_metres[1] for obstacle in place.obstacles)
    assert footprint < 0.13 * (x1 - x0) * (y1 - y0)


def test_the_same_seed_puts_the_same_things_in_the_same_places():
    first, again, other = (make_place("room", seed, GROUND["room"]) for seed in (3, 3, 4))
    assert first == again
    assert first.obstacles != other.obstacles


def test_an_operating_table_stands_in_the_middle_unless_that_is_to_be_free():
    ground = (0.0, 6.0, 0.0, 8.0)
    assert make_place("theatre", 1, ground).obstacles[0].center_metres == (3.0, 4.0)
    assert make_place("theatre", 1, ground, free=(2.0, 4.0, 3.0, 5.0)).obstacles[0].center_metres != (3.0, 4.0)


@pytest.mark.parametrize("ground", [(-20.0, 20.0, -10.0, 10.0), (-10.0, 10.0, -20.0, 20.0)])
def test_cars_are_parked_along_the_kerbs(ground):
    place = make_place("street", 2, ground)
    cars = [obstacle for obstacle in place.obstacles if obstacle.size_metres[0] > 3]
    assert cars
    road_along_x = ground[1] == 20
    for car in cars:
        along, across = corners(car).T if road_along_x else corners(car).T[::-1]
        assert np.ptp(along) > 4
        assert np.ptp(across) < 2
        assert 4 < np.abs(across).max() < 6.4


def test_as_many_obstacles_as_asked_for_or_a_refusal():
    assert len(make_place("lab", 1, (0.0, 6.0, 0.0, 6.0), obstacles=0).obstacles) == 0
    assert len(make_place("lab", 1, (0.0, 6.0, 0.0, 6.0), obstacles=3).obstacles) == 3
    with pytest.raises(InputError, match=r"obstacles: 50 were asked for, but only \d+ find room on this lab of 6 by 6 m"):
        make_place("lab", 1, (0.0, 6.0, 0.0, 6.0), obstacles=50)
