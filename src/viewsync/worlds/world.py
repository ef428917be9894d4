"""A rendered world: everything that there is, at any instant."""

from dataclasses import dataclass

from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.people.person import Person
from viewsync.worlds.places.place import Place


@dataclass(frozen=True)
class World:
    """People who do something in a place, and cameras that film them. World time runs from 0."""

    name: str
    seed: int
    duration_seconds: float
    place: Place
    people: tuple[Person, ...]
    cameras: tuple[Camera, ...]
