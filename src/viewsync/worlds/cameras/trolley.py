"""A camera on a trolley that somebody pushes around."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from scipy.interpolate import BSpline
from scipy.spatial.transform import Rotation

from viewsync.worlds.cameras.mount import facing
from viewsync.worlds.random_motion import RandomMotion

_STEP_SECONDS = 0.2
"""Corners of the way are rounded over four of these."""
_SETTLED_SECONDS = 2 * _STEP_SECONDS
_SPEEDS = (0.3, 0.8)
_TURN_RATES = (0.5, 1.0)
"""Radians per second."""
_IN_PLACE_RADIANS = 0.6
"""From here on the trolley stops to turn."""
_REST_SHARE, _REST_SECONDS = 0.25, (0.5, 3.0)
_RATTLE_SECONDS, _RATTLE_METRES, _RATTLE_RADIANS = 0.06, 0.002, 0.004


@dataclass(frozen=True)
class Pushed:
    """A trolley with a camera that looks ahead, pushed over a floor: straight stretches, turns, now and then a rest."""

    seed: int
    floor_metres: tuple[float, float, float, float]
    """What the camera stays within: least x, greatest x, least y, greatest y. Two metres across at least."""
    duration_seconds: float
    """World time at which it has come to rest. It starts from rest at 0."""
    height_metres: float = 0.9
    pitch_degrees: float = 0.0
    """How far it looks up."""

    def __post_init__(self) -> None:
        left, right, bottom, top = self.floor_metres
        if min(right - left, top - bottom) < 2:
            raise ValueError(f"a trolley needs a floor of two metres across at least, got {self.floor_metres}")

    def view(self, seconds: Float[np.ndarray, " time"]) -> tuple[Float[np.ndarray, "time 3 3"], Float[np.ndarray, "time 3"]]:
        """Where the trolley has got to."""
        way = self._way
        seconds = np.clip(seconds, way.t[3], way.t[-4])
        x, y, heading = way(seconds).T
        rattle = self._rattle(seconds)
        pitch = np.full_like(x, np.radians(self.pitch_degrees))
        ahead = np.column_stack([np.cos(heading) * np.cos(pitch), np.sin(heading) * np.cos(pitch), np.sin(pitch)])
        shaken = Rotation.from_rotvec(_RATTLE_RADIANS * rattle * (1, 0, 1)).as_matrix() @ facing(ahead)
        return shaken, np.column_stack([x, y, self.height_metres + _RATTLE_METRES * rattle[:, 1]])

    def _rattle(self, seconds: Float[np.ndarray, " time"]) -> Float[np.ndarray, "time channel"]:
        """Castors on a floor, in [-1, 1]; none at rest."""
        squared = (self._way(seconds, 1)[:, :2] ** 2).sum(axis=1, keepdims=True)
        return np.asarray(RandomMotion(self.seed, 3, _RATTLE_SECONDS).drift(seconds) * squared / (squared + 0.2**2))

    @cached_property
    def _way(self) -> BSpline:
        """Place and heading: a smooth curve in the hull of its corners, and so within the floor."""
        seconds, *coordinates = np.array(list(self._corners())).T
        numbers = np.arange(-4, int(np.ceil(self.duration_seconds / _STEP_SECONDS)) + 5)
        at = np.minimum(numbers * _STEP_SECONDS, self.duration_seconds - _SETTLED_SECONDS)
        controls = np.column_stack([np.interp(at, seconds, coordinate) for coordinate in coordinates])
        knots = _STEP_SECONDS * (numbers[0] - 2 + np.arange(len(numbers) + 4))
        return BSpline(knots, controls, 3)

    def _corners(self) -> Iterator[tuple[float, float, float, float]]:
        """Time, x, y and heading at each change of speed or direction."""
        rng = np.random.default_rng([self.seed, 3])
        least, greatest = np.array(self.floor_metres).reshape(2, 2).T
        shortest = min(1.5, 0.4 * float(np.hypot(*(greatest - least))))
        place, heading, now = rng.uniform(least, greatest), float(rng.uniform(-np.pi, np.pi)), _SETTLED_SECONDS
        yield now, *place, heading
        while now < self.duration_seconds:
            target = rng.uniform(least, greatest)
            if (length := float(np.hypot(*(target - place)))) < shortest:
                continue
            bearing = float(np.arctan2(*(target - place)[::-1]))
            turn = (bearing - heading + np.pi) % (2 * np.pi) - np.pi
            speed, turn_rate = rng.uniform(*_SPEEDS), rng.uniform(*_TURN_RATES)
            turn_seconds, leg_seconds = abs(turn) / turn_rate, length / speed
            heading += turn
            if abs(turn) > _IN_PLACE_RADIANS:
                now += turn_seconds
                yield now, *place, heading
            else:
                share = min(1.0, turn_seconds / leg_seconds)
                yield now + share * leg_seconds, *(place + share * (target - place)), heading
            now, place = now + leg_seconds, target
            yield now, *place, heading
            if rng.uniform() < _REST_SHARE:
                now += rng.uniform(*_REST_SECONDS)
                yield now, *place, heading
