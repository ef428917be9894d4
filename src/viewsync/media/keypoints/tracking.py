"""Who is who over time, within one camera."""

import numpy as np
from jaxtyping import Float, Int, Shaped
from scipy.optimize import linear_sum_assignment

FORGET_SECONDS = 1.0
"""Somebody who was out of sight for longer is somebody new."""
# How far people may be from where they are expected, in sizes of their bodies: at once, and more for each second.
_REACH, _REACH_PER_SECOND = 0.4, 1.2
# People keep their velocity for this long. After it, they are expected where they would have got to.
_COAST_SECONDS = 0.5
# A body that was seen as two halves for a moment goes on as who it was: newcomers count as farther away by this.
_NEWCOMER_SIGHTS, _NEWCOMER = 10, 0.15
_SMOOTHING_SECONDS = 0.15
# A single joint has no size. It gets this share of the extent of all that was seen, and so many pixels at least.
_POINT_SHARE, _POINT_PIXELS = 0.1, 100.0

_Joints = Float[np.ndarray, "person joint 2"]
_Confidence = Float[np.ndarray, "person joint"]


class Tracker:
    """Gives people whose joints are seen frame by frame a number each, from 0, that they keep.

    People are expected to go on at constant velocity. Each frame's people are assigned to those so expected, all
    together, by the least mean distance of their joints in sizes of their bodies.
    """

    def __init__(self, joints: tuple[str, ...]) -> None:
        """Begin with nobody.

        Args:
            joints: names of the joints, of any set.
        """
        self._seconds = -np.inf
        self._next = 0
        one = [
            ("id", int),
            ("pixels", float, (len(joints), 2)),
            ("weight", float, len(joints)),  # The confidence; of joints out of sight, it fades.
            ("velocity", float, 2),
            ("size", float),
            ("seen", float),
            ("sights", int),
        ]
        self._tracks: Shaped[np.ndarray, " track"] = np.zeros(0, dtype=one)
        self._low, self._high = np.full(2, np.inf), np.full(2, -np.inf)

    def push(self, pts_seconds: float, pixels: _Joints, confidence: _Confidence) -> Int[np.ndarray, " person"]:
        """Number the people of the next frame. New ones get the next numbers from left to right.

        Args:
            pts_seconds: the frame's time, later than that of the frame before.
            pixels: where their joints are; nan where not seen.
            confidence: 0 to 1, 0 where not seen.

        Raises:
            ValueError: the time isn't later, or somebody has no joint that is seen.
        """
        if not pts_seconds > self._seconds:
            raise ValueError(f"frames must come in order: {pts_seconds} s came after {self._seconds} s")
        if not np.all(confidence.any(axis=1)):
            raise ValueError("each person needs a joint that was seen")
        self._seconds = pts_seconds
        alive = pts_seconds - self._tracks["seen"] <= FORGET_SECONDS
        if not alive.all():
            self._tracks = self._tracks[alive]
        ids = np.full(len(pixels), -1)
        if not len(ids):
            return ids
        people = self._people(pixels, confidence)
        if len(self._tracks):
            going_on, who = self._assign(people)
            self._go_on(going_on, people[who])
            ids[who] = self._tracks["id"][going_on]
        new = np.flatnonzero(ids < 0)
        if len(new):
            middle = _mean(people["pixels"][new], people["weight"][new])
            new = new[np.lexsort((middle[:, 1], middle[:, 0]))]
            ids[new] = people["id"][new] = np.arange(self._next, self._next + len(new))
            self._next += len(new)
            self._tracks = np.concatenate([self._tracks, people[new]])
        return ids

    def _people(self, pixels: _Joints, confidence: _Confidence) -> Shaped[np.ndarray, " person"]:
        """As tracks that begin here, without numbers."""
        seen = confidence[..., None] > 0
        low, high = np.where(seen, pixels, np.inf).min(axis=1), np.where(seen, pixels, -np.inf).max(axis=1)
        self._low, self._high = np.minimum(self._low, low.min(axis=0)), np.maximum(self._high, high.max(axis=0))
        of_point = max(_POINT_PIXELS, _POINT_SHARE * float(np.hypot(*(self._high - self._low))))
        people = np.zeros(len(pixels), dtype=self._tracks.dtype)
        people["pixels"] = np.where(seen, pixels, 0)
        people["weight"] = confidence
        people["size"] = np.where((confidence > 0).sum(axis=1) > 1, np.hypot(*(high - low).T), of_point)
        people["seen"] = self._seconds
        people["sights"] = 1
        return people

    def _assign(self, people: Shaped[np.ndarray, " person"]) -> tuple[Int[np.ndarray, " match"], Int[np.ndarray, " match"]]:
        """Which of the tracks go on, and as whom."""
        tracks = self._tracks
        weight = tracks["weight"][:, None] * people["weight"]
        apart = np.sqrt(((self._expected()[:, None] - people["pixels"]) ** 2).sum(axis=3))
        total = weight.sum(axis=2)
        distance = np.where(total > 0, (apart * weight).sum(axis=2) / np.maximum(total, 1e-9), np.inf)
        reach = _REACH + _REACH_PER_SECOND * (self._seconds - tracks["seen"])
        reach_pixels = np.maximum(tracks["size"][:, None], people["size"]) * reach[:, None]
        # One for all beyond reach, or else a hopeless one might spoil the assignment of the others.
        cost = np.minimum(distance / reach_pixels, 1)
        newcomers = (tracks["sights"] < _NEWCOMER_SIGHTS) & (tracks["sights"].max() >= _NEWCOMER_SIGHTS)
        going_on, who = linear_sum_assignment(cost + _NEWCOMER * newcomers[:, None])
        near = cost[going_on, who] < 1
        return going_on[near], who[near]

    def _expected(self) -> Float[np.ndarray, "track joint 2"]:
        coasted = np.minimum(self._seconds - self._tracks["seen"], _COAST_SECONDS)
        shift: Float[np.ndarray, "track 2"] = self._tracks["velocity"] * coasted[:, None]
        return np.asarray(self._tracks["pixels"] + shift[:, None])

    def _go_on(self, going_on: Int[np.ndarray, " match"], people: Shaped[np.ndarray, " match"]) -> None:
        before, now = self._tracks[going_on], people.copy()
        elapsed = self._seconds - before["seen"][:, None]
        velocity = _mean(now["pixels"] - before["pixels"], now["weight"] * before["weight"]) / elapsed
        # The first velocity counts whole, later ones the more, the longer they were measured.
        share = np.where(before["sights"][:, None] > 1, 1 - np.exp(-elapsed / _SMOOTHING_SECONDS), 1)
        now["velocity"] = before["velocity"] + share * (velocity - before["velocity"])
        seen = now["weight"] > 0
        now["pixels"] = np.where(seen[..., None], now["pixels"], self._expected()[going_on])
        now["weight"] = np.where(seen, now["weight"], before["weight"] / 2)
        now["size"] = np.maximum(now["size"], 0.95 * before["size"])
        now["sights"] = before["sights"] + 1
        now["id"] = before["id"]
        self._tracks[going_on] = now


def _mean(points: _Joints, weight: _Confidence) -> Float[np.ndarray, "person 2"]:
    """Of each person's joints."""
    return np.asarray(np.einsum("pjx,pj->px", points, weight) / weight.sum(axis=1, keepdims=True))
