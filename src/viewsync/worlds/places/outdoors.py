"""Streets, lawns and plazas: the ground, and what stands far enough away to hide nobody."""

from itertools import pairwise

import numpy as np

from viewsync.worlds.places import materials, walls
from viewsync.worlds.places.furniture import car, tree
from viewsync.worlds.places.ground import open_ground
from viewsync.worlds.places.layers import TILE_METRES, is_along_x, layers
from viewsync.worlds.places.mesh import box, panel, patch
from viewsync.worlds.places.noise import source
from viewsync.worlds.places.piece import Painter, Piece, placed
from viewsync.worlds.places.place import Place

CLEAR_METRES = 34.0
"""Houses and trees stand at least this far from the walkable ground: cameras stand in front of them."""
_LOW_METRES = 18.0
_WOODS_METRES = 120.0
_HOUSE_DEPTH_METRES = 10.0
_STOREY_METRES = 3.0
_FRONT_METRES = 12.0
_FRONTS = (walls.brick_front, walls.plaster_front, walls.concrete_front)


def surroundings(place: Place) -> list[Piece]:
    """The ground of a street, a lawn or a plaza, with houses, trees and woods around it."""
    rng = source(place.seed, "surroundings")
    ground = open_ground(place.walkable_metres, TILE_METRES, _WOODS_METRES + 5)
    pieces = ground.laid(layers(place, ground))
    for side in range(4):
        turn, middle, half = _side(place, side)
        stretch = [*_row_of_houses(place, side, half, rng), *_low_things(place, side, half, rng)]
        pieces += placed(stretch, middle, turn)
    return pieces + _woods(place, rng)


def _side(place: Place, side: int) -> tuple[float, tuple[float, float, float], float]:
    """The frame of one side: x along the edge of the walkable ground, y away from it. Its turn, origin and half length."""
    x0, x1, y0, y1 = place.walkable_metres
    center, halves = ((x0 + x1) / 2, (y0 + y1) / 2), ((x1 - x0) / 2, (y1 - y0) / 2)
    turn = side * np.pi / 2
    away, along = (halves[1], halves[0]) if side % 2 == 0 else (halves[0], halves[1])
    return turn, (center[0] - away * np.sin(turn), center[1] + away * np.cos(turn), 0.0), along


def _across_road(place: Place, side: int) -> bool:
    """Whether a street's road runs out of the walkable ground on this side."""
    return place.kind == "street" and is_along_x(place) == (side % 2 == 1)


def _row_of_houses(place: Place, side: int, half: float, rng: np.random.Generator) -> list[Piece]:
    """Houses and, between them, trees; the rows of two sides reach round the corners and the others stop before."""
    end = half + CLEAR_METRES + (16 if side % 2 == 0 else -1)
    gaps = {"street": 0.12, "lawn": 0.6, "plaza": 0.15}[place.kind]
    skipped = place.seed % 3
    fronts = [front for number, front in enumerate(_FRONTS) if number != skipped]
    pieces: list[Piece] = []
    x = -end
    while x < end - 5:
        width = min(_FRONT_METRES / 4 * int(rng.integers(2, 7)), end - x)
        at = (x + width / 2, CLEAR_METRES + rng.uniform(0, 4), 0.0)
        if _across_road(place, side) and abs(at[0]) < 9 + width / 2:
            pass
        elif rng.random() < gaps:
            green = tree((0.5, 0.5, rng.uniform(2.0, 3.2)), rng.uniform(2.2, 3.4), rng, sides=7)
            pieces += placed(green, (at[0], at[1] + 4, 0.0))
        else:
            pieces += placed(_house(width, fronts[int(rng.integers(2))], rng), at)
        x += width
    return pieces


def _house(width: float, front: Painter, rng: np.random.Generator) -> list[Piece]:
    """A front at y = 0 and the walls beside it, seen from -y, with a roof of tiles or a flat one."""
    storeys = int(rng.integers(2, walls.STOREYS + 1))
    half, depth, height = width / 2, _HOUSE_DEPTH_METRES, storeys * _STOREY_METRES
    start, share = float(rng.integers(4)) / 4, storeys / walls.STOREYS
    sides = [
        panel(corner, along, (0, 0, height), (start, 0, start + length / _FRONT_METRES, share), edge_metres=4.0)
        for corner, along, length in (
            ((-half, 0, 0), (width, 0, 0), width),
            ((half, 0, 0), (0, depth, 0), depth),
            ((-half, depth, 0), (0, -depth, 0), depth),
        )
    ]
    low, high = (-half - 0.3, -0.3, height), (half + 0.3, depth, height + 2.6)
    top_scale = (0.6, 0.05)
    if rng.random() < 0.35:
        high, top_scale = (half + 0.3, depth, height + 0.4), (1.0, 1.0)
    top = box(low, high, metres_per_texture=4.0, top_scale=top_scale, edge_metres=4.0)
    return [*(Piece(front, mesh) for mesh in sides), Piece(materials.roof, top)]


def _low_things(place: Place, side: int, half: float, rng: np.random.Generator) -> list[Piece]:
    """Hedges, walls or parked cars nearer than the houses, too low to hide what a camera behind them looks at."""
    if _across_road(place, side):
        return []
    pieces: list[Piece] = []
    x = -half - 0.4 * CLEAR_METRES
    while x < half + 0.4 * CLEAR_METRES:
        length = rng.uniform(5, 9)
        if rng.random() < 0.65:
            if place.kind == "street":
                things, y = car((rng.uniform(4.1, 4.7), 1.75, 1.45), rng, edge_metres=2.5), _LOW_METRES + 7
            elif place.kind == "lawn":
                hedge = box((-length / 2 + 0.7, 0, 0), (length / 2 - 0.7, 0.9, 0.9), metres_per_texture=1.5, edge_metres=1.2)
                things, y = [Piece(materials.leaves, hedge)], _LOW_METRES
            else:
                wall = box((-length / 2 + 0.7, 0, 0), (length / 2 - 0.7, 0.5, 0.5), metres_per_texture=1.5, edge_metres=1.2)
                things, y = [Piece(materials.stone, wall)], _LOW_METRES
            pieces += placed(things, (x + length / 2, y, 0.0))
        x += length
    return pieces


def _woods(place: Place, rng: np.random.Generator) -> list[Piece]:
    """A skyline where the ground ends."""
    pieces = []
    for side in range(4):
        turn, middle, half = _side(place, side)
        edges = np.linspace(-half - _WOODS_METRES, half + _WOODS_METRES, 20)
        tops = rng.uniform(17, 22, len(edges))
        tops[[0, -1]] = 19
        y = _WOODS_METRES
        wall = [
            patch((x0, y, 0), (x1, y, 0), (x0, y, top0), (x1, y, top1), (x0 / 20, 0, x1 / 20, 1), edge_metres=40.0)
            for (x0, x1), (top0, top1) in zip(pairwise(edges), pairwise(tops), strict=True)
        ]
        pieces += placed([Piece(materials.woods, mesh) for mesh in wall], middle, turn)
    return pieces
