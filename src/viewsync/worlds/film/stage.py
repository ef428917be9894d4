"""A place with people in it, as one camera draws it."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float32, UInt8, UInt16

from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.film.backdrop import Backdrop
from viewsync.worlds.film.figure import Figure, Look
from viewsync.worlds.film.light import Light
from viewsync.worlds.film.optics import Optics
from viewsync.worlds.film.rolling import Glance
from viewsync.worlds.film.shade import Shade
from viewsync.worlds.film.window import Window
from viewsync.worlds.motions.skeleton import Poses
from viewsync.worlds.people.person import Person
from viewsync.worlds.places.place import Place
from viewsync.worlds.places.scenery import Scenery


class Stage:
    """All that a camera may see, on the graphics card, until it is closed."""

    def __init__(self, place: Place, scenery: Scenery, people: tuple[Person, ...], camera: Camera) -> None:
        """Set everything up.

        Raises:
            InputError: There is no OpenGL.
        """
        self.optics = Optics(camera.lens)
        self._window = Window(self.optics.size, self.optics.matrix, self.optics.flat_matrix)
        self._light = Light(scenery)
        self._backdrop = Backdrop(scenery, self._light, self._window)
        self._shade = Shade(place, scenery, self._light, self._window)
        self._people, self._hidden = {person.id: person for person in people}, camera.hides
        self._figures: dict[int, Figure] = {}
        self._glance: Glance | None = None

    def look(self, glance: Glance, poses: Mapping[int, Poses]) -> list[Look]:
        """Put everything where a camera sees it.

        Args:
            glance: The camera.
            poses: Of all who are there, by their ids, at the times of `glance`.

        Returns:
            The people, in the order of `poses`.
        """
        if self._glance is None or not glance.same(self._glance):
            self._backdrop.see(glance)
            self._shade.see(glance)
            self._glance = glance
        for id in self._figures.keys() - poses.keys():
            self._figures.pop(id).close()
        looks = [self._figure(id).look(glance, postures) for id, postures in poses.items()]
        self._shade.cast([look.skin.pieces(look.points) for look in looks], [look.skin.piece_area for look in looks])
        return looks

    def _figure(self, id: int) -> Figure:
        if id not in self._figures:
            hidden = id == self._hidden
            self._figures[id] = Figure(self._people[id], self.optics, self._light, self._window, hidden=hidden)
        return self._figures[id]

    def picture(self) -> UInt8[np.ndarray, "height width 3"]:
        """What the camera sees (BGR)."""
        return self.optics.picture(self._window.draw())

    def drawn_depth(self) -> Float32[np.ndarray, "tall wide"]:
        """The z-buffer behind the last `picture`, before the lens bends it."""
        return self._window.depth()

    def truth(self) -> tuple[UInt16[np.ndarray, "height width"], Float32[np.ndarray, "height width"]]:
        """Who is where in the picture (the person's id, or 0), and depth in metres."""
        mask = self.optics.mask(self._window.draw_flat())
        return mask, self.optics.depth(self._window.depth())

    def close(self) -> None:
        """Give everything back to the graphics card."""
        self._window.close()
