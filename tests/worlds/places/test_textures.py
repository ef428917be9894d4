"""Textures continue at their edges."""

from functools import cache

import numpy as np
import pytest

from viewsync.worlds.places import floors, grounds, materials, walls
from viewsync.worlds.places.noise import SIDE, pebbles, source

BOTH_WAYS = [
    grounds.asphalt, grounds.paving, grounds.slabs, grounds.grass, grounds.gravel,
    floors.office_floor, floors.lab_floor, floors.theatre_floor,
    walls.plaster, walls.accent, walls.wall_tiles, walls.ceiling,
    materials.wood, materials.steel, materials.cloth, materials.drapes, materials.stone,
    materials.bark, materials.leaves, materials.roof, materials.woods,
]  # fmt: skip
ACROSS = [
    grounds.asphalt_crossed, grounds.paving_kerb, grounds.gravel_edged, grounds.slabs_banded,
    walls.brick_front, walls.plaster_front, walls.concrete_front, walls.lab_wall, walls.curtain,
]  # fmt: skip
VARIANTS = [
    (grounds.asphalt, grounds.asphalt_worn),
    (grounds.paving, grounds.paving_worn),
    (grounds.slabs, grounds.slabs_worn),
    (grounds.grass, grounds.grass_bare),
    (floors.office_floor, floors.office_floor_worn),
    (floors.lab_floor, floors.lab_floor_worn),
    (floors.theatre_floor, floors.theatre_floor_worn),
]


@cache
def painted(painter, seed=2):
    return painter(seed)


def steps(texture):
    """How much each column differs from the next, the last from the first at the end."""
    columns = texture.astype(float)
    return np.abs(np.roll(columns, -1, axis=1) - columns).mean(axis=(0, 2))


@pytest.mark.parametrize("painter", BOTH_WAYS + ACROSS, ids=lambda painter: painter.__name__)
def test_the_right_edge_continues_at_the_left_one(painter):
    texture = painted(painter)
    *inside, seam = steps(texture)
    assert texture.shape == (SIDE, SIDE, 3)
    assert seam <= 1.1 * max(inside)


@pytest.mark.parametrize("painter", BOTH_WAYS, ids=lambda painter: painter.__name__)
def test_the_lower_edge_continues_at_the_upper_one(painter):
    *inside, seam = steps(painted(painter).swapaxes(0, 1))
    assert seam <= 1.1 * max(inside)


def test_an_edge_that_does_not_continue_is_found():
    *inside, seam = steps(painted(walls.plaster)[:, 20:-20])
    assert seam > 1.1 * max(inside)


@pytest.mark.parametrize(("base", "worn"), VARIANTS, ids=lambda painter: painter.__name__)
def test_a_worn_tile_fits_the_others(base, worn):
    one, other = painted(base).astype(float), painted(worn).astype(float)
    for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        assert np.abs(one[edge] - other[edge]).mean() < 2
    assert np.abs(one - other).mean() > 0.5


@pytest.mark.parametrize("painter", BOTH_WAYS + ACROSS, ids=lambda painter: painter.__name__)
def test_seeds_give_other_textures_and_the_same_one_the_same(painter):
    first, again, other = painted(painter), painter(2), painter(3)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_pebbles_are_deeper_in_their_middles():
    tones, depth = pebbles(source(1, "x"), 100)
    assert tones.shape == depth.shape == (SIDE, SIDE)
    # Where the tone changes there is an edge, and no depth.
    edges = np.abs(np.diff(tones, axis=1)) > 0.05
    assert depth[:, 1:][edges].mean() < 0.15 < depth.mean()
