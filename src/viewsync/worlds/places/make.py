"""A place with things in it, at random but reproducibly."""

from dataclasses import replace

import numpy as np

from viewsync.types import InputError
from viewsync.worlds.places.layers import is_along_x, road_half_metres
from viewsync.worlds.places.noise import source
from viewsync.worlds.places.place import Kind, Obstacle, Place

_PASSAGE_METRES = 0.8
"""Between two obstacles, and between one and the edge of the walkable ground."""
_USUAL, _OCCUPIED = 16, 0.12
"""How many obstacles there are at most, and what part of the walkable ground they take, when their number isn't given."""
_SQUARE_METRES_PER_OBSTACLE = {"street": 50.0, "lawn": 70.0, "plaza": 50.0, "room": 9.0, "lab": 20.0, "theatre": 7.0}
_TRIES = 600

Size = tuple[float, float, float]
_CAR, _LAMP_POST, _TREE, _BENCH = (4.4, 1.75, 1.45), (0.2, 0.2, 5.0), (0.36, 0.36, 2.9), (1.8, 0.55, 0.85)
_BOLLARD, _PLANTER = (0.3, 0.3, 0.95), (1.3, 1.2, 0.9)
_TABLE, _LOW_TABLE, _CUPBOARD = (1.6, 0.8, 0.74), (0.9, 0.6, 0.45), (1.0, 0.45, 1.9)
_SOFA, _PARTITION = (1.8, 0.85, 0.84), (1.7, 0.1, 1.6)
_OPERATING_TABLE, _TROLLEY, _MACHINE = (2.0, 0.62, 0.95), (0.9, 0.55, 0.95), (0.6, 0.55, 1.35)
_THINGS: dict[str, tuple[Size, ...]] = {
    "street": (_CAR, _LAMP_POST, _TREE, _BENCH, _BOLLARD),
    "lawn": (_TREE, _BENCH, _TREE, _LAMP_POST),
    "plaza": (_PLANTER, _BENCH, _TREE, _LAMP_POST, _BOLLARD),
    "room": (_TABLE, _CUPBOARD, _SOFA, _PARTITION, _LOW_TABLE),
    "lab": (_TROLLEY, _LOW_TABLE, _PARTITION),
    "theatre": (_OPERATING_TABLE, _TROLLEY, _MACHINE, _TROLLEY),
}
"""Sizes of what stands in each kind of place; the first stands in each, if there is room."""


def make_place(
    kind: Kind,
    seed: int,
    walkable_metres: tuple[float, float, float, float],
    obstacles: int | None = None,
    free: tuple[float, float, float, float] | None = None,
    margin_metres: float = 6.0,
) -> Place:
    """A place with obstacles between which people can pass everywhere.

    Args:
        kind: What kind of place.
        seed: Same seed, same place.
        walkable_metres: Ground on which people are: least x, greatest x, least y, greatest y.
        obstacles: How many; None: as many as usual, at most 16 on an eighth of the ground.
        free: Part of the ground to keep free of obstacles, in the same order.
        margin_metres: How far the walls of a room stand beyond the walkable ground.

    Raises:
        InputError: The ground or the margin is too small or too large for the kind, or not so many obstacles find room.
    """
    place = Place(kind, seed, walkable_metres, (), margin_metres)
    rng = source(seed, "obstacles")
    x0, x1, y0, y1 = walkable_metres
    area = (x1 - x0) * (y1 - y0)
    count = min(_USUAL, round(area / _SQUARE_METRES_PER_OBSTACLE[kind])) if obstacles is None else obstacles
    placed: list[Obstacle] = []
    for index in range(count):
        others = rng.permutation(len(_THINGS[kind]))
        sizes = [_THINGS[kind][choice] for choice in ([0, *others] if index == 0 else others)]
        obstacle = next((spot for size in sizes if (spot := _spot(place, size, placed, free, rng))), None)
        if obstacle is None and obstacles is not None:
            raise InputError(
                f"obstacles: {obstacles} were asked for, but only {index} find room on this {kind} of {x1 - x0:g} by "
                f"{y1 - y0:g} m. Ask for fewer, or for a larger walkable ground or a smaller free part."
            )
        if obstacle is None or (obstacles is None and _square_metres([*placed, obstacle]) > _OCCUPIED * area):
            break
        placed.append(obstacle)
    return replace(place, obstacles=tuple(placed))


def _spot(
    place: Place,
    usual: Size,
    placed: list[Obstacle],
    free: tuple[float, float, float, float] | None,
    rng: np.random.Generator,
) -> Obstacle | None:
    """Somewhere to put a thing of about this size; None if it hardly fits anywhere."""
    x0, x1, y0, y1 = place.walkable_metres
    length, width, height = (float(side) for side in np.array(usual) * rng.uniform(0.95, 1.05, 3))
    reach = np.hypot(length, width) / 2
    inset = reach + _PASSAGE_METRES
    if min(x1 - x0, y1 - y0) < 2 * inset:
        return None
    spots = rng.uniform((x0 + inset, y0 + inset), (x1 - inset, y1 - inset), (_TRIES, 2))
    if usual == _OPERATING_TABLE:
        spots[0] = (x0 + x1) / 2, (y0 + y1) / 2
    for x, y in spots.tolist():
        apart = all(
            np.hypot(x - other.center_metres[0], y - other.center_metres[1])
            >= inset + np.hypot(other.size_metres[0], other.size_metres[1]) / 2
            for other in placed
        )
        if apart and (free is None or _distance(x, y, free) > reach) and _is_plausible(place, usual, x, y):
            return Obstacle((x, y), (length, width, height), _turn(place, usual, rng))
    return None


def _square_metres(obstacles: list[Obstacle]) -> float:
    return sum(obstacle.size_metres[0] * obstacle.size_metres[1] for obstacle in obstacles)


def _distance(x: float, y: float, rectangle: tuple[float, float, float, float]) -> float:
    x0, x1, y0, y1 = rectangle
    return float(np.hypot(max(x0 - x, 0, x - x1), max(y0 - y, 0, y - y1)))


def _is_plausible(place: Place, usual: Size, x: float, y: float) -> bool:
    """On a street cars are parked at the kerbs and everything else stands on the footways."""
    if place.kind != "street":
        return True
    x0, x1, y0, y1 = place.walkable_metres
    across = abs(y - (y0 + y1) / 2 if is_along_x(place) else x - (x0 + x1) / 2)
    kerb = road_half_metres(place)
    return kerb - 1.6 < across < kerb - 0.9 if usual == _CAR else across > kerb + 0.3


def _turn(place: Place, usual: Size, rng: np.random.Generator) -> float:
    """Cars stand along the road; furniture about along the walls."""
    if usual == _CAR:
        return float(np.pi * rng.integers(2) + (0 if is_along_x(place) else np.pi / 2))
    return float(np.pi / 2 * rng.integers(4) + rng.normal(0, 0.06))
