"""A rendered world: everything that there is, at any instant."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.people.person import Person
from viewsync.worlds.places.place import Place


@dataclass(frozen=True)
class GroundMap:
    """A grid on the ground, for maps of where people are. Rows run along y, columns along x."""

    left_metres: float
    """x of the left edge of column 0."""
    top_metres: float
    """y of the upper edge of row 0."""
    cell_metres: float
    columns: int
    rows: int

    def cells(self, ground_metres: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch 2"]:
        """Column and row of places; the middle of cell (0, 0) is (0, 0)."""
        corner = np.array([self.left_metres, self.top_metres])
        return np.asarray((ground_metres - corner) / self.cell_metres - 0.5)


@dataclass(frozen=True)
class World:
    """People who do something in a place, and cameras that film them. World time runs from 0."""

    name: str
    seed: int
    duration_seconds: float
    place: Place
    people: tuple[Person, ...]
    cameras: tuple[Camera, ...]
    """The first is the reference of all truth that is told at common instants."""
    ground_map: GroundMap | None = None
    """For density maps; without one, the walkable ground at 0.1 m."""
