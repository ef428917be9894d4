"""A place: what stands around the people, and the light."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["street", "lawn", "plaza", "room", "lab", "theatre"]
"""street: asphalt, kerbs, fronts of houses; lawn: a campus with grass and paths; plaza: paving, walls far away;
room: an office or a hall with furniture; lab: a bare room for motion capture; theatre: an operating room with lamps."""


@dataclass(frozen=True)
class Obstacle:
    """A box on the ground that people walk around: furniture, a tree's trunk, a lamp post."""

    center_metres: tuple[float, float]
    size_metres: tuple[float, float, float]
    turn_radians: float = 0.0


@dataclass(frozen=True)
class Place:
    """One place. The same kind and seed give the same textures, walls, objects and light."""

    kind: Kind
    seed: int
    walkable_metres: tuple[float, float, float, float]
    """Ground on which people are: least x, greatest x, least y, greatest y."""
    obstacles: tuple[Obstacle, ...] = ()
