"""What lies where on the ground of each kind of place."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from viewsync.worlds.places import floors, grounds
from viewsync.worlds.places.ground import Ground, Layer
from viewsync.worlds.places.noise import source
from viewsync.worlds.places.piece import Painter
from viewsync.worlds.places.place import Place

TILE_METRES = 3.2
"""Ground under the sky that one texture covers."""
FLOOR_TILE_METRES = 2.4
"""Floor of a room that one texture covers."""


def layers(place: Place, ground: Ground) -> list[Layer]:
    """The textures of a place's ground; the first one that wants a cell gets it, and the last wants all."""
    rng = source(place.seed, "layers")
    match place.kind:
        case "street":
            return _street(place, ground, rng)
        case "lawn":
            return _lawn(ground, rng)
        case "plaza":
            return _plaza(ground, rng)
        case "room":
            rugs = [(column, row, *_rug_tiles(rng)) for column, row in ((-2, -2), (0, -1), (-2, 1), (1, 1))]
            return _floor(ground, rng, floors.rug, rugs, [(floors.office_floor_worn, 0.2)], floors.office_floor)
        case "lab":
            worn = [(floors.lab_floor_taped, 0.16), (floors.lab_floor_worn, 0.36)]
            plate = (int(rng.integers(-1, 1)), int(rng.integers(-1, 1)), 1, 1)
            return _floor(ground, rng, floors.force_plate, [plate], worn, floors.lab_floor)
        case "theatre":
            worn = [(floors.theatre_floor_worn, 0.3)]
            return _floor(ground, rng, floors.theatre_mat, [(-1, -1, 2, 2)], worn, floors.theatre_floor)


def is_along_x(place: Place) -> bool:
    """Whether the longer side of the walkable ground, and so a street's road, runs along x."""
    x0, x1, y0, y1 = place.walkable_metres
    return x1 - x0 >= y1 - y0


def road_half_metres(place: Place) -> float:
    """From the middle of a street's road to its kerbs."""
    return _lanes(place) * TILE_METRES


def _lanes(place: Place) -> int:
    x0, x1, y0, y1 = place.walkable_metres
    return 2 if min(x1 - x0, y1 - y0) > 14 else 1


def _street(place: Place, ground: Ground, rng: np.random.Generator) -> list[Layer]:
    """A road with a dashed middle and a crossing, footways with kerbs, and what lies behind them."""
    columns, rows = ground.tiles()
    chance = ground.chances(rng)
    turned = not is_along_x(place)
    along, across = (rows, columns) if turned else (columns, rows)
    lanes = _lanes(place)
    road = (across >= -lanes) & (across < lanes)
    behind = (grounds.grass, grounds.asphalt)[int(rng.integers(2))]
    return [
        Layer(grounds.asphalt_crossed, road & (along == int(rng.integers(-2, 2))), turned),
        Layer(grounds.asphalt_dashed, across == 0, turned),
        Layer(grounds.asphalt_worn, road & (chance < 0.2), turned),
        Layer(grounds.asphalt, road, turned),
        Layer(grounds.paving_kerb, across == lanes, turned),
        Layer(grounds.paving_kerb, across == -lanes - 1, turned, mirrored=True),
        Layer(behind, np.abs(across + 0.5) > lanes + 4, turned),
        Layer(grounds.paving_worn, chance < 0.2, turned),
        Layer(grounds.paving, _all(ground), turned),
    ]


def _lawn(ground: Ground, rng: np.random.Generator) -> list[Layer]:
    """Grass with two gravel paths that cross."""
    columns, rows = ground.tiles()
    chance = ground.chances(rng)
    column, row = (int(tile) for tile in rng.integers(-2, 2, 2))
    return [
        Layer(grounds.gravel, (columns == column) & (rows == row)),
        Layer(grounds.gravel_edged, columns == column, turned=True),
        Layer(grounds.gravel_edged, rows == row),
        Layer(grounds.grass_bare, chance < 0.16),
        Layer(grounds.grass_flowered, chance < 0.4),
        Layer(grounds.grass, _all(ground)),
    ]


def _plaza(ground: Ground, rng: np.random.Generator) -> list[Layer]:
    """Slabs with darker bands and a rosette."""
    columns, rows = ground.tiles()
    chance = ground.chances(rng)
    spot = (int(rng.integers(-2, 1)), int(rng.integers(-2, 1)), 2, 2)
    every, turned = int(rng.integers(2, 5)), bool(rng.integers(2))
    lines = (columns if turned else rows) % every == 0
    return [
        Layer(grounds.rosette, _within(ground, spot), once=spot),
        Layer(grounds.slabs_banded, lines & np.isfinite(chance), turned),
        Layer(grounds.slabs_worn, chance < 0.3),
        Layer(grounds.slabs, _all(ground)),
    ]


def _floor(
    ground: Ground,
    rng: np.random.Generator,
    piece: Painter,
    spots: list[tuple[int, int, int, int]],
    worn: Sequence[tuple[Painter, float]],
    base: Painter,
) -> list[Layer]:
    """A floor with something lying at some spots, where there is room for it, and some tiles that are worn."""
    chance = ground.chances(rng)
    half_x, half_y = (np.ptp(lines) / 2 / ground.tile_metres for lines in (ground.xs_metres, ground.ys_metres))
    fitting = [
        (column, row, wide, high)
        for column, row, wide, high in spots
        if -half_x <= column and column + wide <= half_x and -half_y <= row and row + high <= half_y
    ]
    laid = [Layer(piece, _within(ground, spot), once=spot) for spot in fitting]
    return [*laid, *(Layer(painter, chance < share) for painter, share in worn), Layer(base, _all(ground))]


def _rug_tiles(rng: np.random.Generator) -> tuple[int, int]:
    return ((1, 1), (2, 1), (1, 2))[int(rng.integers(3))]


def _within(ground: Ground, spot: tuple[int, int, int, int]) -> Bool[np.ndarray, "row column"]:
    columns, rows = ground.tiles()
    column, row, wide, high = spot
    return (columns >= column) & (columns < column + wide) & (rows >= row) & (rows < row + high)


def _all(ground: Ground) -> Bool[np.ndarray, "row column"]:
    return np.ones((len(ground.ys_metres) - 1, len(ground.xs_metres) - 1), dtype=bool)
