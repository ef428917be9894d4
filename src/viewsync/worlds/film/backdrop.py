"""What stands behind and around the people: the place and the sky above it."""

import numpy as np
from jaxtyping import Float, Int

from viewsync.worlds.film.light import Light
from viewsync.worlds.film.rolling import Glance
from viewsync.worlds.film.window import FARTHEST_METRES, Mesh, Texture, Window
from viewsync.worlds.places.scenery import Scenery

_SKY_METRES = 0.9 * FARTHEST_METRES
_SKY_COLUMNS, _SKY_ROWS = 24, 18


class Backdrop:
    """Things that never move, though the camera may."""

    def __init__(self, scenery: Scenery, light: Light, window: Window) -> None:
        self._places, self._meshes = [], []
        for surface in scenery.surfaces:
            mesh = Mesh(surface.faces, surface.texture_coordinates, Texture(surface.texture))
            white = np.full(surface.vertices_metres.shape, 255, np.uint8)
            mesh.paint(light.colors(surface.vertices_metres, surface.normals, white))
            window.add(mesh)
            self._places.append(surface.vertices_metres)
            self._meshes.append(mesh)
        self._sky_arrows, faces = _dome()
        self._sky = Mesh(faces, np.zeros((len(self._sky_arrows), 2)), None, solid=False)
        horizon, overhead = np.array(scenery.sky)
        height = np.sqrt(np.maximum(self._sky_arrows[:, 2:], 0))
        self._sky.paint((255 * (horizon + height * (overhead - horizon))).astype(np.uint8))
        window.add(self._sky)

    def see(self, glance: Glance) -> None:
        """Put everything where a camera sees it."""
        for mesh, place in zip(self._meshes, self._places, strict=True):
            mesh.move(glance.see(place[None]).metres)
        self._sky.move(_SKY_METRES * glance.turn(self._sky_arrows))


def _dome() -> tuple[Float[np.ndarray, "vertex 3"], Int[np.ndarray, "face 3"]]:
    """Directions all around, and the triangles between them."""
    turn, height = np.meshgrid(np.linspace(0, 2 * np.pi, _SKY_COLUMNS), np.linspace(-np.pi / 2, np.pi / 2, _SKY_ROWS))
    arrows = np.stack([np.cos(height) * np.cos(turn), np.cos(height) * np.sin(turn), np.sin(height)], -1)
    index = np.arange(turn.size).reshape(turn.shape)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    return arrows.reshape(-1, 3), np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
