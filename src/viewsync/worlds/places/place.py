"""A place: what stands around the people, and the light."""

from dataclasses import dataclass
from typing import Literal, get_args

from viewsync.types import InputError

Kind = Literal["street", "lawn", "plaza", "room", "lab", "theatre"]
"""street: asphalt, kerbs, fronts of houses; lawn: a campus with grass and paths; plaza: paving, walls far away;
room: an office or a hall with furniture; lab: a bare room for motion capture; theatre: an operating room with lamps."""

_INDOORS = ("room", "lab", "theatre")
_SIDES_METRES = {
    "street": (8.0, 150.0),
    "lawn": (4.0, 150.0),
    "plaza": (4.0, 150.0),
    "room": (2.0, 40.0),
    "lab": (2.0, 40.0),
    "theatre": (3.0, 40.0),
}
"""Least and greatest side of the walkable ground."""
_MARGINS_METRES = (1.5, 12.0)


@dataclass(frozen=True)
class Obstacle:
    """A box on the ground that people walk around: furniture, a tree's trunk, a lamp post."""

    center_metres: tuple[float, float]
    size_metres: tuple[float, float, float]
    turn_radians: float = 0.0


@dataclass(frozen=True)
class Place:
    """One place. The same kind and seed give the same textures, walls, objects and light.

    Raises:
        InputError: The kind is unknown, or the ground or the margin is too small or too large for it.
    """

    kind: Kind
    seed: int
    walkable_metres: tuple[float, float, float, float]
    """Ground on which people are: least x, greatest x, least y, greatest y."""
    obstacles: tuple[Obstacle, ...] = ()
    margin_metres: float = 6.0
    """How far the walls of a room stand beyond the walkable ground. What stands along them reaches 0.6 m into the room."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise InputError(f"There is no kind of place called {self.kind!r}. Take one of: {', '.join(get_args(Kind))}.")
        low_x, high_x, low_y, high_y = self.walkable_metres
        least, most = _SIDES_METRES[self.kind]
        for axis, side in (("x", high_x - low_x), ("y", high_y - low_y)):
            if not least <= side <= most:
                raise InputError(
                    f"walkable_metres: the ground of a {self.kind} is {side:g} m long along {axis}, but must be "
                    f"{least:g} to {most:g} m. Give least x, greatest x, least y, greatest y."
                )
        if not _MARGINS_METRES[0] <= self.margin_metres <= _MARGINS_METRES[1]:
            least, most = _MARGINS_METRES
            raise InputError(f"margin_metres is {self.margin_metres:g}, but must be {least:g} to {most:g} m.")

    @property
    def indoors(self) -> bool:
        """Whether it is a closed room."""
        return self.kind in _INDOORS
