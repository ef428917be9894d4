"""Cameras on a common ground, and how they are fitted to one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import least_squares, linear_sum_assignment
from scipy.sparse import lil_matrix
from scipy.spatial.distance import cdist

from viewsync.association.frames import MultiViewFrame
from viewsync.association.upright import Upright

_REACH_METRES = 3.0
"""Who is nearer may be one."""
_USUAL_METRES = 0.9
_MOST_MATCHES = 6000
_OFF, _STEPS = np.array([0.05, 0.02, 0.02, 0.15]), np.array([0.02, 0.01, 0.01, 0.1, 0.02, 0.3, 0.3])
"""How far slope, horizon, roll and focal length may be off, and how large steps are; in focal lengths what is in pixels."""
_HELD = 300.0
"""How firmly is held what nothing else tells: where the first camera stands, and the mean of all heights."""
_ROUNDS = 12


@dataclass(frozen=True)
class Placed:
    """A camera on a ground that it has in common with others."""

    upright: Upright
    turn_radians: float = 0.0
    shift_metres: tuple[float, float] = (0.0, 0.0)

    def places(self, boxes: Float[np.ndarray, "*batch 4"]) -> Float[np.ndarray, "*batch 2"]:
        """Where boxes' feet are on the common ground, in metres."""
        return self.moved(self.upright.places(boxes))

    def moved(self, places: Float[np.ndarray, "*batch 2"]) -> Float[np.ndarray, "*batch 2"]:
        """From the camera's own map to the common one."""
        cosine, sine = np.cos(self.turn_radians), np.sin(self.turn_radians)
        return np.asarray(places @ np.array([[cosine, sine], [-sine, cosine]]) + self.shift_metres)

    @property
    def parameters(self) -> Float[np.ndarray, " 7"]:
        """All that is fitted."""
        own = self.upright
        return np.array([own.slope, own.horizon_pixels, own.roll, own.focal_pixels, self.turn_radians, *self.shift_metres])

    def with_parameters(self, parameters: Float[np.ndarray, " 7"]) -> "Placed":
        """The camera, otherwise placed."""
        slope, horizon, roll, focal, turn, x, y = parameters.tolist()
        own = replace(self.upright, slope=slope, horizon_pixels=horizon, roll=roll, focal_pixels=focal)
        return Placed(own, turn, (x, y))


def fitted(cameras: Mapping[int, Placed], frames: Sequence[MultiViewFrame]) -> dict[int, Placed]:
    """The cameras, moved so that people who may be one are nearest on the ground; heights of boxes are kept in mind.

    Args:
        cameras: About as they stand, by their numbers; two or more.
        frames: Instants.
    """
    (who, boxes), begin = _matched(cameras, frames), np.stack([camera.parameters for camera in cameras.values()])
    scale = np.ones_like(begin)
    scale[:, [1, 3]] = begin[:, 3:4]
    seen = [[np.flatnonzero(who[:, side] == number) for side in (0, 1)] for number in cameras]

    def missed(flat: Float[np.ndarray, " parameter"]) -> Float[np.ndarray, " residual"]:
        now, apart = flat.reshape(begin.shape), np.zeros((len(boxes), 2))
        for camera, of_camera, rows in zip(cameras.values(), now, seen, strict=True):
            moved = camera.with_parameters(of_camera)
            for side, sign in enumerate((1, -1)):
                apart[rows[side]] += sign * moved.places(boxes[rows[side], side])
        off = (now - begin)[:, :4] / (_OFF * scale[:, :4])
        held = [*(now - begin)[0, 4:], np.log(now[:, 0] / begin[:, 0]).mean()]
        return np.concatenate([_tamed(apart / _USUAL_METRES).ravel(), 3 * off.ravel(), _HELD * np.array(held)])

    best = least_squares(
        missed, begin.ravel(), x_scale=(_STEPS * scale).ravel(), jac_sparsity=_dependence(seen, len(boxes)), max_nfev=_ROUNDS
    )
    return {
        number: camera.with_parameters(of_camera)
        for (number, camera), of_camera in zip(cameras.items(), best.x.reshape(begin.shape), strict=True)
    }


def _matched(
    cameras: Mapping[int, Placed], frames: Sequence[MultiViewFrame]
) -> tuple[Int[np.ndarray, "match 2"], Float[np.ndarray, "match 2 4"]]:
    """Numbers of cameras, and boxes of theirs that may be of one person: each is matched once at most by every other one."""
    who, boxes = [np.zeros((0, 2), int)], [np.zeros((0, 2, 4))]
    for frame in frames:
        views = [view.boxes for view in frame.views]
        places = {number: camera.places(views[number]) for number, camera in cameras.items()}
        for a, b in combinations(cameras, 2):
            distances = cdist(places[a], places[b])
            one, other = linear_sum_assignment(np.minimum(distances, _REACH_METRES))
            near = distances[one, other] < _REACH_METRES
            boxes.append(np.stack([views[a][one[near]], views[b][other[near]]], axis=1))
            who.append(np.tile([[a, b]], (int(near.sum()), 1)))
    every = max(1, -(-sum(map(len, boxes)) // _MOST_MATCHES))
    return np.concatenate(who)[::every], np.concatenate(boxes)[::every]


def _tamed(apart: Float[np.ndarray, "match 2"]) -> Float[np.ndarray, "match 2"]:
    """Cauchy's loss of distances, as residuals: who is far off is someone else."""
    lengths = np.linalg.norm(apart, axis=1, keepdims=True)
    return np.asarray(apart * np.sqrt(np.log1p(lengths**2)) / np.maximum(lengths, 1e-9))


def _dependence(seen: Sequence[Sequence[Int[np.ndarray, " _"]]], matches: int) -> lil_matrix:
    """Which residuals depend on which of a camera's seven parameters."""
    cameras = len(seen)
    found = lil_matrix((2 * matches + 4 * cameras + 4, 7 * cameras), dtype=int)
    for camera, rows in enumerate(seen):
        both = np.concatenate([2 * row + axis for row in rows for axis in (0, 1)])
        found[np.ix_(both, np.arange(7 * camera, 7 * camera + 7))] = 1
        for number in range(4):
            found[2 * matches + 4 * camera + number, 7 * camera + number] = 1
        found[-1, 7 * camera] = 1
    for number in range(3):
        found[-4 + number, 4 + number] = 1
    return found
