"""Skirts: what hangs around both legs and so needs a surface of its own."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from viewsync.worlds.motions.skeleton import AVERAGE, JOINTS
from viewsync.worlds.people.body import Body, Detail
from viewsync.worlds.people.chart import Spots, texture_coordinates

_GRID = ((32, 9), (18, 5), (10, 4))
"""Vertices around and down, for each level of detail."""
_SLICE_METRES = 0.05
_LANDMARKS = [JOINTS.index(name) for name in ("LeftFoot", "LeftLeg", "LeftUpLeg", "LowerBack", "Spine", "Spine1")]
"""Joints by which heights of one body are found on another, from below."""
_SWING = 0.8
"""How far the hem goes with the thighs rather than with the hips."""


@dataclass(frozen=True)
class Skirt:
    """From the waist down, all around; heights are those on the average body."""

    waist_metres: float
    hem_metres: float
    flare: float
    """How much it widens per length."""
    thickness_metres: float = 0.012

    def around(self, body: Body, spots: Spots, level: int) -> tuple[Detail, Float[np.ndarray, "vertex 2"]]:
        """The skirt's surface on a body, and its place on the map for clothes.

        Args:
            body: Who wears it, with clothes that are below it.
            spots: Of the body's finest level of detail.
            level: Of detail.
        """
        count, rows = _GRID[level]
        heights = np.linspace(self.waist_metres, self.hem_metres, rows)
        rest = self._rings(body.details[0].rest_metres, spots, _heights(heights, body), heights, count)
        places = self._rings(spots.points_metres, spots, heights, heights, count)
        behind = np.tile(np.arange(count + 2) > count // 2, rows)
        weights = self._weights(places[:, 0], np.repeat(heights, count + 2))
        detail = Detail(_faces(count, rows), rest.astype(np.float32), _outward(rest, rows), weights)
        return detail, texture_coordinates(places, behind).astype(np.float32)

    def _rings(
        self,
        points: Float[np.ndarray, "fine 3"],
        spots: Spots,
        levels: Float[np.ndarray, " row"],
        heights: Float[np.ndarray, " row"],
        count: int,
    ) -> Float[np.ndarray, "vertex 3"]:
        """Hulls of the slices through trunk and legs, none narrower than the one above."""
        angles = _angles(count)
        directions = np.column_stack([np.sin(angles), -np.cos(angles)])
        reach, rings = np.zeros(len(angles)), []
        for level, height in zip(levels, heights, strict=True):
            near = (np.abs(spots.points_metres[:, 2] - height) < _SLICE_METRES) & (spots.arm <= 0)
            hull = (points[near, :2] @ directions.T).max(0) + self.thickness_metres
            reach = np.maximum(reach, hull)
            wide = reach + self.flare * (self.waist_metres - height)
            rings.append(np.column_stack([directions * wide[:, None], np.full(len(angles), level)]))
        return np.concatenate(rings)

    def _weights(
        self, x: Float[np.ndarray, " vertex"], z: Float[np.ndarray, " vertex"]
    ) -> Float[np.ndarray, "vertex joint"]:
        hip, knee = (AVERAGE.heads_metres[JOINTS.index(name), 2] for name in ("LeftUpLeg", "LeftLeg"))
        swing = _SWING * np.clip((hip + 0.05 - z) / (hip - knee), 0, 1)
        left = 0.5 + 0.5 * np.clip(x / 0.15, -1, 1)
        weights = np.zeros((len(x), len(JOINTS)), np.float32)
        weights[:, JOINTS.index("Hips")] = 1 - swing
        weights[:, JOINTS.index("LeftUpLeg")] = swing * left
        weights[:, JOINTS.index("RightUpLeg")] = swing * (1 - left)
        return weights


def _angles(count: int) -> Float[np.ndarray, " corner"]:
    """From the right side over the front to the left, and back behind: the sides are there twice."""
    front = np.linspace(-np.pi / 2, np.pi / 2, count // 2 + 1)
    return np.concatenate([front, front + np.pi])


def _heights(heights: Float[np.ndarray, " row"], body: Body) -> Float[np.ndarray, " row"]:
    """Heights on the average body, as they are on this one."""
    return np.asarray(np.interp(heights, AVERAGE.heads_metres[_LANDMARKS, 2], body.skeleton.heads_metres[_LANDMARKS, 2]))


def _faces(count: int, rows: int) -> Int[np.ndarray, "face 3"]:
    row, column = np.indices((rows - 1, count + 2)).reshape(2, -1)
    real = (column != count // 2) & (column != count + 1)
    width = count + 2
    here = (row * width + column)[real]
    below = here + width
    return np.concatenate([np.column_stack([here, below, here + 1]), np.column_stack([here + 1, below, below + 1])]).astype(
        np.int32
    )


def _outward(rest: Float[np.ndarray, "vertex 3"], rows: int) -> Float[np.ndarray, "vertex 3"]:
    grid = rest.reshape(rows, -1, 3)
    outward = grid * [1, 1, 0]
    down = np.gradient(grid, axis=0)
    down /= np.linalg.norm(down, axis=-1, keepdims=True)
    normals = outward - (outward * down).sum(-1, keepdims=True) * down
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.asarray(normals.reshape(-1, 3).astype(np.float32))


def joined(one: Detail, other: Detail) -> Detail:
    """Two surfaces as one."""
    return Detail(
        np.concatenate([one.faces, other.faces + np.int32(len(one.rest_metres))]),
        np.concatenate([one.rest_metres, other.rest_metres]),
        np.concatenate([one.rest_normals, other.rest_normals]),
        np.concatenate([one.weights, other.weights]),
    )
