"""Shadows that people cast on the ground."""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float

from viewsync.worlds.film.light import Light
from viewsync.worlds.film.rolling import Glance
from viewsync.worlds.film.window import Mesh, Texture, Window
from viewsync.worlds.places.place import Place
from viewsync.worlds.places.scenery import Lamp, Scenery

_MARGIN_METRES = 3.0
_TILE_METRES = 1.0
_FINEST_CELLS, _MOST_CELLS = 25, 640
"""Per tile, and along the whole sheet."""
_DENSE = 1.8
"""Where so many times the cell's own surface, as seen from the lamp, lies on the way to it, the shadow is full."""
_SUN_PENUMBRA_METRES, _LAMP_PENUMBRA_METRES = 0.025, 0.09
_CONTACT_METRES = 0.06
_CONTACT_BELOW_METRES, _CONTACT_SHARE = 0.2, 0.5
_LOWEST_LIGHT = 0.15
"""Sine of the lowest height of a lamp: lower ones would cast shadows across the whole place."""
_LIFT = 0.998
"""How near the shadow is drawn relative to the ground, so that neither hides parts of the other."""
_TOO_FAINT = 2


class Shade:
    """A dark sheet on the ground, as dark as little light falls there.

    A shadow is the sum of small pieces of body surface, moved to the ground along the light and smoothed; overlapping
    parts thus darken once. On top of that the ground is dark near feet, as little light from anywhere gets there.
    """

    def __init__(self, place: Place, scenery: Scenery, light: Light, window: Window) -> None:
        low_x, high_x, low_y, high_y = place.walkable_metres
        self._corner = np.array([low_x, low_y]) - _MARGIN_METRES
        sides = np.array([high_x - low_x, high_y - low_y]) + 2 * _MARGIN_METRES
        self._across, self._down = np.ceil(sides / _TILE_METRES).astype(int).tolist()
        self._fine = max(1, min(_FINEST_CELLS, _MOST_CELLS // max(self._across, self._down)))
        self._lamp = next((lamp for lamp in scenery.lamps if lamp.shadows), None)
        if self._lamp is not None:
            self._penumbra_metres = _LAMP_PENUMBRA_METRES if self._lamp.near else _SUN_PENUMBRA_METRES
            self._share = light.shadow_share(self._lamp, np.append(self._corner + sides / 2, 0.0))
        self._picture = np.zeros((self._down * self._fine, self._across * self._fine, 2), np.uint8)
        self._texture = Texture(self._picture)
        row, column = np.divmod(np.arange(self._across * self._down), self._across)
        # Each tile has its own corners, so that it can be left out.
        corners = np.stack([column, row], 1)[:, None] + np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
        faces = 4 * np.arange(len(corners))[:, None, None] + np.array([[0, 1, 2], [0, 2, 3]])
        ground = self._corner + corners.reshape(-1, 2) * _TILE_METRES
        self._points = np.column_stack([ground, np.zeros(len(ground))])
        self._mesh = Mesh(
            faces.reshape(-1, 3), corners.reshape(-1, 2) / (self._across, self._down), self._texture, solid=False
        )
        window.add(self._mesh)

    def see(self, glance: Glance) -> None:
        """Move the sheet to where a camera sees it."""
        self._seen = (_LIFT * glance.see(self._points[None]).metres).reshape(-1, 4, 3)

    def cast(self, pieces: Sequence[Float[np.ndarray, "piece 3"]], areas_square_metres: Sequence[float]) -> None:
        """Draw the shadows of bodies.

        Args:
            pieces: Of each body, places in the world all over its surface.
            areas_square_metres: Of each body, the area for which one piece stands.
        """
        points = np.concatenate([np.zeros((0, 3)), *pieces])
        weights = np.repeat(areas_square_metres, [len(piece) for piece in pieces])
        nearness = np.clip(1 - points[:, 2] / _CONTACT_BELOW_METRES, 0, 1)
        bright = 1 - _CONTACT_SHARE * np.minimum(self._cover(points[:, :2], weights * nearness, _CONTACT_METRES), 1)
        if self._lamp is not None:
            places, slopes = _flattened(points, self._lamp)
            cover = self._cover(places, weights / slopes, self._penumbra_metres)
            bright *= 1 - self._share * np.minimum(cover / _DENSE, 1)
        dark = self._picture[..., 1]
        dark[:] = np.round(255 * (1 - bright))
        self._texture.paint(self._picture)
        used = dark.reshape(self._down, self._fine, self._across, self._fine).max((1, 3)).ravel() > _TOO_FAINT
        # What is folded into one point isn't drawn, which saves time.
        self._mesh.move(np.where(used[:, None, None], self._seen, 0).reshape(-1, 3))

    def _cover(
        self, places: Float[np.ndarray, "piece 2"], weights: Float[np.ndarray, " piece"], width_metres: float
    ) -> Float[np.ndarray, "row column"]:
        """How many times pieces cover each cell, smoothed."""
        rows, columns = self._picture.shape[:2]
        cell = _TILE_METRES / self._fine
        column, row = np.floor((places - self._corner) / cell).astype(int).T
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows) & (weights > 0)
        cover = np.bincount(row[inside] * columns + column[inside], weights[inside] / cell**2, rows * columns)
        width = max(width_metres / cell, 0.7)
        return np.asarray(cv2.GaussianBlur(cover.reshape(rows, columns).astype(np.float32), (0, 0), width))


def _flattened(
    points: Float[np.ndarray, "piece 3"], lamp: Lamp
) -> tuple[Float[np.ndarray, "piece 2"], Float[np.ndarray, " piece"]]:
    """Where the light through points meets the ground, and the sine of the angle at which it does."""
    if lamp.near:
        toward = lamp.toward - points
        toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    else:
        toward = np.broadcast_to(lamp.toward, points.shape)
    slopes = np.maximum(toward[:, 2:], _LOWEST_LIGHT)
    return np.asarray(points[:, :2] - toward[:, :2] / slopes * points[:, 2:]), slopes[:, 0]
