"""The ground that people walk on: where its edges and obstacles are, and the ways around them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float
from scipy.sparse.csgraph import shortest_path

from viewsync.types import InputError
from viewsync.worlds.places.place import Obstacle

BESIDE_WALLS_METRES = 0.3
"""Least distance from somebody's middle to an obstacle: half the width of the shoulders, and a little."""
PEOPLE_PER_SQUARE_METRE = 0.5
"""At which people who walk every which way still get where they want to go: level of service C (Fruin, 1971). At 0.75
a fifth of them stand wedged in by others."""

_CORNER_METRES = 0.5
"""How far from a corner, on each axis, people turn around it."""
_BERTH_METRES = 0.8
"""How much wider those turn who have the corner on their left: so they pass those who come the other way on the right."""
_IN_SIGHT_METRES = 0.2
"""Boxes grown by this hide what is behind them; no place `BESIDE_WALLS_METRES` away lies in one so grown."""
_CELL_METRES = 0.1
_TRIES = 1000


@dataclass(frozen=True)
class Ground:
    """A rectangle with obstacles."""

    bounds_metres: tuple[float, float, float, float]
    """Least x, greatest x, least y, greatest y."""
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def center(self) -> Float[np.ndarray, " 2"]:
        """The middle."""
        left, right, near, far = self.bounds_metres
        return np.array([left + right, near + far]) / 2

    @property
    def half(self) -> Float[np.ndarray, " 2"]:
        """From the middle to the edges."""
        left, right, near, far = self.bounds_metres
        return np.array([right - left, far - near]) / 2

    def depths(self, points: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch"]:
        """How far inside the edge points are; negative outside."""
        return np.asarray(self.edges(points)[0].min(axis=-1))

    def edges(
        self, points: Float[np.ndarray, "*batch 2"]
    ) -> tuple[Float[np.ndarray, "*batch edge"], Float[np.ndarray, "*batch edge 2"]]:
        """How far inside each edge points are, and unit vectors inwards from it."""
        away = points - self.center
        depths = np.concatenate([self.half - away, self.half + away], axis=-1)
        inwards = np.array([[-1.0, 0.0], [0.0, -1.0], [1.0, 0.0], [0.0, 1.0]])
        return depths, np.broadcast_to(inwards, (*depths.shape, 2))

    def gaps(self, points: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch obstacle 2"]:
        """Vectors from the nearest place of each obstacle; zero inside it."""
        local = np.einsum("...oi,oij->...oj", points[..., None, :] - self._middles, self._axes)
        outside = np.sign(local) * np.maximum(np.abs(local) - self._halves, 0)
        return np.asarray(np.einsum("...oj,oij->...oi", outside, self._axes))

    def free(self, points: Float[np.ndarray, "*batch 2"], from_edge_metres: float = 0.0) -> Bool[np.ndarray, "*batch"]:
        """Whether somebody can be there."""
        clear = np.all(np.linalg.norm(self.gaps(points), axis=-1) >= BESIDE_WALLS_METRES, axis=-1)
        return np.asarray(clear & (self.depths(points) >= from_edge_metres))

    @cached_property
    def capacity(self) -> int:
        """How many people fit, so that they can still walk as they like."""
        left, right, near, far = self.bounds_metres
        x, y = (np.arange(low + _CELL_METRES / 2, high, _CELL_METRES) for low, high in ((left, right), (near, far)))
        rows = sum(int(self.free(np.stack([x, np.full_like(x, level)], axis=-1)).sum()) for level in y)
        return int(rows * _CELL_METRES**2 * PEOPLE_PER_SQUARE_METRE)

    def draw(self, rng: np.random.Generator, from_edge_metres: float = 0.3) -> Float[np.ndarray, " 2"]:
        """A random place where somebody can be; not so near to the edge, if the ground is large enough for that."""
        while True:
            point = np.asarray(self.center + self.half * rng.uniform(-1, 1, 2))
            if self.free(point, from_edge_metres):
                return point
            from_edge_metres *= 0.98

    def draw_gate(self, rng: np.random.Generator) -> tuple[Float[np.ndarray, " 2"], float]:
        """A random place on the edge, not near a corner, and the heading inwards (radians).

        Raises:
            InputError: Obstacles bar the edge all around.
        """
        for _ in range(_TRIES):
            along = int(rng.uniform() * self.half.sum() < self.half[1])
            side = rng.choice([-1.0, 1.0])
            away = np.zeros(2)
            away[along] = rng.uniform(-0.9, 0.9) * self.half[along]
            away[1 - along] = side * self.half[1 - along]
            inwards = np.eye(2)[1 - along] * -side
            if self.free(self.center + away + 0.5 * inwards) and self.free(self.center + away, -1e-9):
                return self.center + away, float(np.arctan2(inwards[1], inwards[0]))
        raise InputError("nobody can enter the place: obstacles bar its edge all around; leave a gap of a metre")

    # ── ways around obstacles: shortest paths over their corners ──────────────────────────────────────────────────

    def toward(self, place: Float[np.ndarray, " 2"], goal: Float[np.ndarray, " 2"]) -> Float[np.ndarray, " 2"]:
        """Where to walk first on the shortest way from a place to a goal: the goal itself if nothing is in between."""
        if not self.obstacles or self._in_sight(place, goal[None])[0]:
            return goal
        last = np.where(self._in_sight(goal, self._corners), np.linalg.norm(self._corners - goal, axis=-1), np.inf)
        remaining = (self._between_corners + last).min(axis=1, initial=np.inf)
        length = np.where(
            self._in_sight(place, self._corners), np.linalg.norm(self._corners - place, axis=-1) + remaining, np.inf
        )
        if not np.isfinite(length).any():
            return goal
        best = int(np.argmin(length))
        corner, out = self._corners[best], self._turning_points[1][best]
        way, wide = corner - place, np.asarray(corner + _BERTH_METRES * out)
        box_on_the_left = way[0] * out[1] - way[1] * out[0] < 0
        return wide if box_on_the_left and self._in_sight(place, wide[None])[0] and self.free(wide) else np.asarray(corner)

    def _in_sight(self, place: Float[np.ndarray, " 2"], points: Float[np.ndarray, "point 2"]) -> Bool[np.ndarray, " point"]:
        """Whether nothing lies between a place and points: no segment passes a box (slab test)."""
        ends = np.concatenate([place[None], points])
        local = np.einsum("poi,oij->poj", ends[:, None] - self._middles, self._axes)
        start, way = local[0], local[1:] - local[0]
        with np.errstate(divide="ignore", invalid="ignore"):
            crossings = np.stack([(side * (self._halves + _IN_SIGHT_METRES) - start) / way for side in (-1, 1)])
        enters = np.nan_to_num(crossings.min(axis=0), nan=-np.inf).max(axis=-1)
        leaves = np.nan_to_num(crossings.max(axis=0), nan=np.inf).min(axis=-1)
        return np.asarray(~np.any((enters < leaves) & (leaves > 0) & (enters < 1), axis=-1))

    @cached_property
    def _corners(self) -> Float[np.ndarray, "corner 2"]:
        return self._turning_points[0]

    @cached_property
    def _turning_points(self) -> tuple[Float[np.ndarray, "corner 2"], Float[np.ndarray, "corner 2"]]:
        """Where people turn around the corners of boxes, and unit vectors away from these."""
        signs = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
        local = signs * (self._halves + _CORNER_METRES)[:, None]
        corners = (self._middles[:, None] + np.einsum("ocj,oij->oci", local, self._axes)).reshape(-1, 2)
        outwards = np.einsum("cj,oij->oci", signs / np.sqrt(2), self._axes).reshape(-1, 2)
        free = self.free(corners)
        return corners[free], outwards[free]

    @cached_property
    def _between_corners(self) -> Float[np.ndarray, "corner corner"]:
        lengths = np.linalg.norm(self._corners[:, None] - self._corners, axis=-1)
        if lengths.size == 0:
            return np.asarray(lengths)
        seen = np.array([self._in_sight(corner, self._corners) for corner in self._corners]).reshape(lengths.shape)
        return np.asarray(shortest_path(np.where(seen, lengths, 0), directed=False)).reshape(lengths.shape)

    @cached_property
    def _middles(self) -> Float[np.ndarray, "obstacle 2"]:
        return np.array([obstacle.center_metres for obstacle in self.obstacles]).reshape(-1, 2)

    @cached_property
    def _halves(self) -> Float[np.ndarray, "obstacle 2"]:
        return np.array([obstacle.size_metres[:2] for obstacle in self.obstacles]).reshape(-1, 2) / 2

    @cached_property
    def _axes(self) -> Float[np.ndarray, "obstacle 2 2"]:
        """Columns are each box's own x and y in the world."""
        turns = np.array([obstacle.turn_radians for obstacle in self.obstacles])
        return np.stack([np.cos(turns), -np.sin(turns), np.sin(turns), np.cos(turns)], axis=-1).reshape(-1, 2, 2)
