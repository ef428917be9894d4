"""What stands where an obstacle is: something plausible of the obstacle's size."""

from itertools import pairwise

import numpy as np

from viewsync.worlds.places import materials
from viewsync.worlds.places.materials import DARK, FIRST_PAINT, GLASS, METAL, RED, WHITE, swatch, swatches
from viewsync.worlds.places.mesh import EDGE_METRES, Mesh, Window, blob, box, tube
from viewsync.worlds.places.piece import Piece, placed
from viewsync.worlds.places.place import Kind, Obstacle, Place

Size = tuple[float, float, float]


def furniture(place: Place, obstacle: Obstacle, rng: np.random.Generator) -> list[Piece]:
    """Fills an obstacle's box: by its size a car, a tree, a bench, a table, a cupboard and so on.

    Only a tree's crown and a lamp post's head reach beyond the box.
    """
    size = obstacle.size_metres
    pieces = _indoors(place.kind, size, rng) if place.indoors else _outdoors(size, rng)
    return placed(pieces, (*obstacle.center_metres, 0.0), obstacle.turn_radians)


def is_operating_table(kind: Kind, obstacle: Obstacle) -> bool:
    """Whether an obstacle is drawn as an operating table, and so has a lamp above."""
    length, _, height = obstacle.size_metres
    return kind == "theatre" and length >= 1.7 and 0.6 <= height < 1.1


def tree(trunk_metres: Size, crown_metres: float, rng: np.random.Generator, sides: int = 10) -> list[Piece]:
    """A trunk and three bumpy balls of leaves on it, about ``crown_metres`` in radius all together.

    Args:
        trunk_metres: Its box; only its width and height count.
        crown_metres: Radius.
        rng: Source of randomness.
        sides: How round the balls are; fewer do for far trees.
    """
    width, _, height = trunk_metres
    radius = 0.62 * crown_metres
    pieces = [Piece(materials.bark, tube((0, 0), (0, height + 0.5 * radius), (width / 2, width / 4), sides=8, closed=False))]
    turn = rng.uniform(0, 2 * np.pi)
    for index in range(3):
        angle, rise = turn + index * 2 * np.pi / 3, rng.uniform(0.75, 1.25) + (0.7 if index == 0 else 0)
        center = (0.38 * crown_metres * np.cos(angle), 0.38 * crown_metres * np.sin(angle), height + rise * radius)
        rx, ry, rz = (radius * float(scale) for scale in rng.uniform([0.9, 0.9, 0.7], [1.1, 1.1, 1.0]))
        pieces.append(Piece(materials.leaves, blob(center, (rx, ry, rz), rng, repeats=crown_metres / 1.5, sides=sides)))
    return pieces


def car(size: Size, rng: np.random.Generator, edge_metres: float = EDGE_METRES) -> list[Piece]:
    """A body with sills and lamps, a cabin of glass with a roof, and four wheels; its nose points to +x."""
    (length, width, height), paint = size, swatch(int(rng.integers(FIRST_PAINT, 16)))
    x, y, waist = length / 2, width / 2, 0.58 * height
    nose, tail = rng.uniform(0.2, 0.28) * length, rng.uniform(0.02, 0.18) * length
    roof = length - nose - tail
    boxes = [
        box((-x, -y, 0.3), (x, y, waist), paint, top_scale=(0.95, 0.9), edge_metres=edge_metres),
        box((0.05 - x, 0.03 - y, 0.18), (x - 0.05, y - 0.03, 0.3), swatch(DARK), edge_metres=edge_metres),
        box(
            (tail - x, 0.1 - y, waist), (x - nose, y - 0.1, 0.96 * height), swatch(GLASS),
            top_scale=(0.66, 0.82), edge_metres=edge_metres,
        ),
        box((0.17 * roof - x + tail, 0.24 - y, 0.96 * height), (x - nose - 0.17 * roof, y - 0.24, height), paint),
    ]  # fmt: skip
    for end, lamp in ((1, WHITE), (-1, RED)):
        inner, outer = sorted((end * (x - 0.1), end * x))
        boxes += [
            box((inner, side * 0.7 * y - 0.14, 0.5), (outer, side * 0.7 * y + 0.14, 0.62), swatch(lamp)) for side in (-1, 1)
        ]
    wheel = tube((0, 0), (-0.1, 0.1), (0.31, 0.31), swatch(DARK), sides=12).tipped()
    wheels = [wheel.moved((sx * 0.31 * length, sy * (y - 0.1), 0.31)) for sx in (-1, 1) for sy in (-1, 1)]
    return [Piece(swatches, mesh) for mesh in (*boxes, *wheels)]


def cupboard(size: Size, rng: np.random.Generator) -> list[Piece]:
    """A cupboard with two doors and handles on its +y side, or open shelves with books."""
    x, y, height = size[0] / 2, size[1] / 2, size[2]
    if rng.random() < 0.5:
        paint = swatch(int(rng.integers(FIRST_PAINT, 16)))
        doors = [box((side * x, y - 0.02, 0.08), (side * x + x - 0.01, y, height - 0.03), paint) for side in (-1, 0)]
        handles = [box((dx, y, 0.45 * height), (dx + 0.02, y + 0.02, 0.58 * height), swatch(METAL)) for dx in (-0.07, 0.05)]
        body = box((-x, -y, 0), (x, y - 0.03, height), metres_per_texture=1.2)
        return [Piece(materials.wood, body), *(Piece(swatches, mesh) for mesh in (*doors, *handles))]
    boards = [
        box((-x, -y, level), (x, y, level + 0.03), metres_per_texture=1.2) for level in np.arange(0.06, height - 0.1, 0.36)
    ]
    ends = [
        box((side * (x - 0.015) - 0.015, -y, 0), (side * (x - 0.015) + 0.015, y, height), metres_per_texture=1.2)
        for side in (-1, 1)
    ]
    back = box((-x, -y, 0), (x, 0.02 - y, height), metres_per_texture=1.2)
    books = []
    for level in np.arange(0.09, height - 0.4, 0.36):
        edges = np.cumsum([0.04 - x, *rng.uniform(0.12, 0.45, 12)])
        for low, high in pairwise(edges):
            if high < x - 0.04 and rng.random() < 0.8:
                top = level + rng.uniform(0.15, 0.28)
                books.append(
                    box((low, 0.04 - y, level), (high - 0.01, 0.6 * y, top), swatch(int(rng.integers(FIRST_PAINT, 16))))
                )
    return [Piece(materials.wood, mesh) for mesh in (*boards, *ends, back)] + [Piece(swatches, mesh) for mesh in books]


def _outdoors(size: Size, rng: np.random.Generator) -> list[Piece]:
    length, width, height = size
    slim = min(length, width)
    if max(length, width) <= 0.8:
        if height >= 4:
            return _lamp_post(size)
        if height >= 2:
            return tree(size, rng.uniform(1.3, 1.8), rng)
        return [Piece(swatches, tube((0, 0), (0, height), (slim / 2, 0.4 * slim), swatch(METAL)))]
    if length >= 3 and width >= 1.4:
        return car(size, rng)
    if max(length, width) / min(length, width) >= 1.8:
        return _bench(size)
    planter = box((-length / 2, -width / 2, 0), (length / 2, width / 2, 0.6 * height), metres_per_texture=1.5)
    bush = blob((0, 0, 0.6 * height), (0.45 * length, 0.45 * width, 0.4 * height), rng)
    return [Piece(materials.stone, planter), Piece(materials.leaves, bush)]


def _indoors(kind: Kind, size: Size, rng: np.random.Generator) -> list[Piece]:
    length, width, height = size
    if height >= 1.5 and min(length, width) <= 0.2:
        return _partition(size)
    if height >= 1.5:
        return cupboard((length, width - 0.04, height), rng)
    if height >= 1.1:
        return _machine(size)
    if is_operating_table(kind, Obstacle((0, 0), size)):
        return _operating_table(size, rng)
    if kind != "room" and height >= 0.6:
        return _trolley(size)
    if height > 0.76:
        return _sofa(size)
    return _table(size, swatch(DARK))


def _lamp_post(size: Size) -> list[Piece]:
    width, _, height = size
    post = tube((0, 0), (0, height), (width / 2, width / 4), swatch(DARK), sides=8)
    head = box((-0.15, -0.12, height), (0.75, 0.12, height + 0.12), swatch(METAL))
    return [Piece(swatches, post), Piece(swatches, head)]


def _bench(size: Size) -> list[Piece]:
    (length, width, height), seat = size, 0.45
    x, y = length / 2, width / 2
    meshes = [box((-x, -y, seat - 0.05), (x, y, seat), metres_per_texture=0.8)]
    if height > seat + 0.1:
        meshes.append(box((-x, y - 0.05, seat + 0.12), (x, y, height), metres_per_texture=0.8))
    legs = [
        box((side * 0.8 * x - 0.04, -y + 0.03, 0), (side * 0.8 * x + 0.04, y, seat - 0.05), swatch(DARK)) for side in (-1, 1)
    ]
    if height > seat + 0.1:
        legs += [
            box((side * 0.8 * x - 0.03, y - 0.05, seat), (side * 0.8 * x + 0.03, y, seat + 0.12), swatch(DARK))
            for side in (-1, 1)
        ]
    return [Piece(materials.wood, mesh) for mesh in meshes] + [Piece(swatches, mesh) for mesh in legs]


def _legs(size: Size, window: Window, thickness: float = 0.05) -> list[Piece]:
    x, y = size[0] / 2 - thickness, size[1] / 2 - thickness
    corners = [(sx * x, sy * y) for sx in (-1, 1) for sy in (-1, 1)]
    half = thickness / 2
    return [Piece(swatches, box((cx - half, cy - half, 0), (cx + half, cy + half, size[2]), window)) for cx, cy in corners]


def _slab(size: Size, low: float, high: float, metres_per_texture: float = 1.2) -> Mesh:
    x, y = size[0] / 2, size[1] / 2
    return box((-x, -y, low), (x, y, high), metres_per_texture=metres_per_texture)


def _table(size: Size, legs: Window) -> list[Piece]:
    length, width, height = size
    return [Piece(materials.wood, _slab(size, height - 0.04, height)), *_legs((length, width, height - 0.04), legs)]


def _sofa(size: Size) -> list[Piece]:
    x, y, height = size[0] / 2, size[1] / 2, size[2]
    seat = 0.5 * height
    arms = [box((side * (x - 0.07) - 0.07, -y, 0), (side * (x - 0.07) + 0.07, y - 0.2, 0.7 * height)) for side in (-1, 1)]
    meshes = [box((0.14 - x, -y, 0.05), (x - 0.14, y - 0.2, seat)), box((-x, y - 0.2, 0), (x, y, height)), *arms]
    return [Piece(materials.cloth, mesh) for mesh in meshes]


def _partition(size: Size) -> list[Piece]:
    x, y, height = size[0] / 2, size[1] / 2, size[2]
    wall = box((-x, -y, 0.08), (x, y, height), metres_per_texture=1.0)
    feet = [box((side * 0.8 * x - 0.03, -y, 0), (side * 0.8 * x + 0.03, y, 0.08), swatch(DARK)) for side in (-1, 1)]
    return [Piece(materials.cloth, wall), *(Piece(swatches, mesh) for mesh in feet)]


def _machine(size: Size) -> list[Piece]:
    x, y, height = size[0] / 2, size[1] / 2, size[2]
    body = box((-x, -y, 0.1), (x, y, 0.65 * height), swatch(WHITE))
    drawers = [box((0.05 - x, -y - 0.01, low), (x - 0.05, -y, low + 0.16), swatch(METAL)) for low in (0.18, 0.4)]
    screen = box((0.05 - x, -0.05, 0.7 * height), (x - 0.05, 0.05, height), swatch(GLASS))
    stem = tube((0, 0), (0.65 * height, 0.7 * height), (0.04, 0.04), swatch(DARK), sides=6, closed=False)
    return [
        *(Piece(swatches, mesh) for mesh in (body, *drawers, screen, stem)),
        *_legs((*size[:2], 0.1), swatch(DARK), 0.08),
    ]


def _operating_table(size: Size, rng: np.random.Generator) -> list[Piece]:
    length, width, height = size
    top = height - 0.12
    foot = box((-0.2 * length, -0.35 * width, 0), (0.2 * length, 0.35 * width, 0.1), metres_per_texture=1.0)
    column = box((-0.18, -0.14, 0.1), (0.18, 0.14, top - 0.3), metres_per_texture=1.0)
    sheet = box(
        (-length / 2, -width / 2, top - 0.3), (length / 2, width / 2, top), metres_per_texture=1.2, top_scale=(0.99, 0.96)
    )
    body = blob((0.05 * length, 0, top), (0.42 * length, 0.42 * width, 0.12), rng, roughness=0.05, sides=14)
    return [
        Piece(materials.steel, foot),
        Piece(materials.steel, column),
        Piece(materials.drapes, sheet),
        Piece(materials.drapes, body),
    ]


def _trolley(size: Size) -> list[Piece]:
    length, width, height = size
    shelf = Piece(materials.steel, _slab(size, 0.25, 0.28))
    cover = Piece(materials.drapes, _slab(size, height - 0.14, height))
    return [shelf, cover, *_legs((length, width, height - 0.14), swatch(METAL), 0.03)]
