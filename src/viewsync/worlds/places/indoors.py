"""Closed rooms: floor, walls with what stands and hangs along them, ceiling and lamps."""

import numpy as np

from viewsync.worlds.places import materials, walls
from viewsync.worlds.places.furniture import cupboard
from viewsync.worlds.places.ground import room_ground
from viewsync.worlds.places.layers import FLOOR_TILE_METRES, layers
from viewsync.worlds.places.light import TABLE_LAMP_METRES
from viewsync.worlds.places.materials import METAL, WHITE, swatch, swatches
from viewsync.worlds.places.mesh import EDGE_METRES, Mesh, Window, box, panel, tube
from viewsync.worlds.places.noise import source
from viewsync.worlds.places.piece import Painter, Piece, placed
from viewsync.worlds.places.place import Place
from viewsync.worlds.places.scenery import Lamp

_SLOT_METRES = 2.9
_HEIGHTS_METRES = {"room": (3.4, 4.4), "lab": (4.0, 5.2), "theatre": (3.4, 3.9)}
_FITTINGS = {
    "room": (("window", 0.3), ("door", 0.1), ("picture", 0.2), ("cupboard", 0.2)),
    "lab": (("window", 0.1), ("door", 0.08), ("picture", 0.15), ("curtain", 0.3), ("cupboard", 0.12)),
    "theatre": (("door", 0.12), ("picture", 0.25), ("cupboard", 0.25), ("window", 0.08)),
}
"""What stands in a slot of a wall, with its probability; the rest of the slots are bare."""


def ceiling_metres(place: Place) -> float:
    """How high the ceiling is."""
    return float(source(place.seed, "ceiling height").uniform(*_HEIGHTS_METRES[place.kind]))


def room(place: Place, lamps: tuple[Lamp, ...], table_metres: tuple[float, float] | None) -> list[Piece]:
    """The room round the walkable ground, with lamps where the light comes from.

    Args:
        place: What kind of room, and how large.
        lamps: Its lamps.
        table_metres: Where an operating table stands, if there is one: a lamp hangs over it.
    """
    rng = source(place.seed, "room")
    x0, x1, y0, y1 = (
        side + sign * place.margin_metres for side, sign in zip(place.walkable_metres, (-1, 1, -1, 1), strict=True)
    )
    height = ceiling_metres(place)
    ground = room_ground((x0, x1, y0, y1), FLOOR_TILE_METRES)
    edge = max(EDGE_METRES, np.sqrt((x1 - x0) * (y1 - y0) / 1200))
    cover = panel((x0, y1, height), (x1 - x0, 0, 0), (0, y0 - y1, 0), metres_per_texture=2.4, edge_metres=edge)
    pieces = [*ground.laid(layers(place, ground)), Piece(walls.ceiling, cover)]
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    special = int(rng.integers(4))
    for side, corner in enumerate(corners):
        length = (x1 - x0) if side % 2 == 0 else (y1 - y0)
        pieces += placed(_wall(place, length, height, side == special, rng), (*corner, 0.0), side * np.pi / 2)
    if table_metres:
        pieces += placed(_table_lamp(height), (*table_metres, 0.0))
    for x, y, z in (lamp.toward for lamp in lamps if lamp.near):
        if z > TABLE_LAMP_METRES:
            pieces += placed(_ceiling_lamp(), (float(x), float(y), height))
    return pieces


def _wall(place: Place, length: float, height: float, special: bool, rng: np.random.Generator) -> list[Piece]:
    """One wall with what is on it, in a frame with x along the wall, y into the room and z up."""
    if place.kind == "lab":
        pieces = [Piece(walls.lab_wall, panel((length, 0, 0), (-length, 0, 0), (0, 0, height), (0, 0, length / 3, 1)))]
    else:
        usual: Painter = walls.plaster if place.kind == "room" else walls.wall_tiles
        painter = walls.accent if special and place.kind == "room" else usual
        pieces = [Piece(painter, panel((length, 0, 0), (-length, 0, 0), (0, 0, height), metres_per_texture=2.4))]
    pieces += [
        Piece(materials.wood, panel((length, 0.02, 0), (-length, 0, 0), (0, 0, 0.1), metres_per_texture=1.2)),
        Piece(materials.wood, panel((0, 0.02, 0.1), (length, 0, 0), (0, -0.02, 0), metres_per_texture=1.2)),
    ]
    count = max(1, int((length - 0.8) / _SLOT_METRES))
    names, shares = zip(*_FITTINGS[place.kind], strict=True)
    chosen = rng.choice([*names, "nothing"], size=count, p=[*shares, 1 - sum(shares)])
    if special:
        chosen[int(rng.integers(count))] = "door"
    for slot, fitting in enumerate(chosen):
        middle = 0.4 + (slot + 0.5) * (length - 0.8) / count
        pieces += placed(_fitting(str(fitting), height, rng), (middle, 0.0, 0.0))
    return pieces


def _fitting(name: str, height: float, rng: np.random.Generator) -> list[Piece]:
    """Something on a wall, about x = 0 in the frame of the wall."""
    match name:
        case "window":
            return [Piece(walls.window, _plate(rng.uniform(1.4, 2.4), 0.95, min(2.6, height - 0.5), 0.03))]
        case "door":
            return [Piece(walls.door, _plate(rng.uniform(0.95, 1.8), 0.0, 2.15, 0.05))]
        case "picture":
            size, low = rng.uniform(0.7, 1.4), rng.uniform(1.0, 1.3)
            u, v = (float(corner) / walls.PICTURES for corner in rng.integers(walls.PICTURES, size=2))
            part = (u, v, u + 1 / walls.PICTURES, v + 1 / walls.PICTURES)
            return [Piece(walls.pictures, _plate(size, low, low + size * rng.uniform(0.7, 1.0), 0.03, part))]
        case "curtain":
            return [Piece(walls.curtain, _plate(2.8, 0.05, height - 0.3, 0.12, (0, 0, 1.4, 1.0)))]
        case "cupboard":
            return placed(cupboard((rng.uniform(0.9, 1.8), 0.42, rng.uniform(1.2, 2.1)), rng), (0.0, 0.28, 0.0))
        case _:
            return []


def _plate(width: float, low: float, high: float, thickness: float, window: Window = (0, 0, 1, 1)) -> Mesh:
    """A thin box on a wall, whose front shows a window of its texture."""
    return box((-width / 2, 0.0, low), (width / 2, thickness, high), window)


def _ceiling_lamp() -> list[Piece]:
    """A flat lamp below a ceiling at z = 0."""
    return [Piece(swatches, box((-0.7, -0.2, -0.08), (0.7, 0.2, -0.01), swatch(WHITE)))]


def _table_lamp(height: float) -> list[Piece]:
    """The round lamp over an operating table, and the arm that holds it."""
    low = TABLE_LAMP_METRES
    dish = tube((0, 0), (low, low + 0.12), (0.38, 0.3), swatch(WHITE), sides=16)
    rim = tube((0, 0), (low + 0.12, low + 0.16), (0.3, 0.12), swatch(METAL), sides=16)
    arm = tube((0, 0), (low + 0.16, height), (0.04, 0.04), swatch(METAL), sides=8, closed=False)
    return [Piece(swatches, mesh) for mesh in (dish, rim, arm)]
