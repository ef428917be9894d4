"""How steps follow a path: when somebody stands, and how far into which stride somebody is who walks."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float
from scipy.interpolate import CubicHermiteSpline, CubicSpline, PchipInterpolator
from scipy.ndimage import distance_transform_edt, gaussian_filter1d

from viewsync.types import InputError
from viewsync.worlds.crowds.path import Path
from viewsync.worlds.people.contact import PLANT, TOE_OFF, stretches
from viewsync.worlds.people.cycle import Locomotion
from viewsync.worlds.people.posing import smooth_step

_STEP_SECONDS = 0.02
_BEYOND_SECONDS = 1.5
"""The path is thought to go straight on this long before and after, so that feet have places to come from and go to."""
_STILL_METRES_PER_SECOND = 0.12
_TURN_RADIUS_METRES = 0.3
"""Turning on the spot counts as walking on a circle of this radius, for an average body."""
_SHORTEST_STOP_SECONDS = 0.4
_MOST_DRIFT_METRES = 0.12
"""How far an average body may move without a step."""
_SETTLE_SECONDS = 0.4
_SLOWEST_STRIDES_HZ = 0.5
_SMALLEST_AMPLITUDE = 0.3
_SHORTEST_WALK_STRIDES = 0.4


@dataclass(frozen=True)
class Pace:
    """The steps of a path.

    Strides go by the way covered: their phase grows by speed over stride length. Somebody comes to stand, and starts
    again, when one foot is just passing the other one, so that both feet then stand side by side; to that end the strides
    between two stops are a little shorter or longer than usual.
    """

    path: Path
    locomotion: Locomotion
    scale: float
    """Leg length over the average body's."""
    seed: int

    def __post_init__(self) -> None:
        if len(self.path.positions_metres) < 2:
            raise InputError("a path to walk on needs two instants at least, got one.")

    @cached_property
    def _route(self) -> tuple[CubicHermiteSpline, PchipInterpolator]:
        """Place and heading, also a little before and after the path."""
        path, beyond = self.path, _BEYOND_SECONDS
        instants = path.instants()
        instants = np.concatenate([[instants[0] - beyond], instants, [instants[-1] + beyond]])
        places, speeds = path.positions_metres, path.velocities_metres_per_second
        before, after = places[:1] - beyond * speeds[:1], places[-1:] + beyond * speeds[-1:]
        return (
            CubicHermiteSpline(
                instants, np.concatenate([before, places, after]), np.concatenate([speeds[:1], speeds, speeds[-1:]])
            ),
            PchipInterpolator(instants, np.pad(path.headings_radians, 1, mode="edge")),
        )

    @cached_property
    def _grid(self) -> Float[np.ndarray, " instant"]:
        start, end = self.path.start_seconds - _BEYOND_SECONDS, self.path.end_seconds + _BEYOND_SECONDS
        return np.linspace(start, end, int(np.ceil((end - start) / _STEP_SECONDS)) + 1)

    @cached_property
    def _effort(self) -> Float[np.ndarray, " instant"]:
        """Speed, and turning as if it were speed, of the average body that takes the same steps."""
        way, heading = (spline.derivative()(self._grid) for spline in self._route)
        speed = np.hypot(np.linalg.norm(way, axis=1), _TURN_RADIUS_METRES * self.scale * heading)
        return np.asarray(gaussian_filter1d(speed, 0.08 / _STEP_SECONDS, mode="nearest") / np.sqrt(self.scale))

    @cached_property
    def _still(self) -> Bool[np.ndarray, " instant"]:
        """When somebody stands."""
        still = self._effort < _STILL_METRES_PER_SECOND
        most = _MOST_DRIFT_METRES * self.scale
        for first, last in stretches(~still):
            still[first : last + 1] = self._effort[first : last + 1].sum() * _STEP_SECONDS * np.sqrt(self.scale) < most
        place, heading = (spline(self._grid) for spline in self._route)
        for first, last in stretches(still):
            part = slice(first, last + 1)
            drift = np.linalg.norm(place[part] - place[first], axis=1)
            turn = _TURN_RADIUS_METRES * self.scale * np.abs(heading[part] - heading[first])
            still[part] = (drift + turn).max() < most and (last - first) * _STEP_SECONDS >= _SHORTEST_STOP_SECONDS
        return still

    @cached_property
    def _table(self) -> Float[np.ndarray, "instant 4"]:
        """Phase, share of walking against standing, reach of the legs, speed of the average body."""
        effort, locomotion = self._effort, self.locomotion
        ago = distance_transform_edt(~self._still) * _STEP_SECONDS if self._still.any() else np.full(len(effort), np.inf)
        awake = smooth_step(ago / _SETTLE_SECONDS)
        share = awake * np.maximum(np.minimum(locomotion.amplitude(effort), 1), _SMALLEST_AMPLITUDE)
        stride = locomotion.strides(effort) * np.maximum(locomotion.amplitude(effort), 1e-3)
        rate = (
            np.maximum(effort / stride, _SLOWEST_STRIDES_HZ) / np.sqrt(self.scale) * smooth_step(ago / _SETTLE_SECONDS * 2)
        )
        phase = self._between_stops(np.concatenate([[0], np.cumsum((rate[1:] + rate[:-1]) / 2 * np.diff(self._grid))]))
        rate = np.gradient(phase, self._grid)
        speed = np.linalg.norm(self._route[0].derivative()(self._grid), axis=1)
        usual = np.maximum(rate * locomotion.sweeps(effort) * self.scale * share, 1e-3)
        reach = 1 + awake * (np.minimum(speed / usual, 1.6) - 1)
        smooth = gaussian_filter1d(np.stack([share, reach]), 0.06 / _STEP_SECONDS, axis=1, mode="nearest")
        return np.column_stack([phase, *smooth, effort])

    def _between_stops(self, phase: np.ndarray) -> np.ndarray:
        """The phase, so scaled and shifted that all stops are where one foot passes the other."""
        rng = np.random.default_rng([self.seed, 1])
        stops = stretches(self._still)
        if not len(stops):
            return np.asarray(phase + rng.uniform())
        passings = np.array(self.locomotion.passings)
        now = float(rng.choice(passings))
        fitted = phase - phase[stops[0, 0]] + now
        for (_, left), (first, _) in pairwise(stops):
            goal = max(now + phase[first] - phase[left], now + _SHORTEST_WALK_STRIDES)
            candidates = (passings + np.floor(goal) + np.array([[-1], [0], [1]])).ravel()
            candidates = candidates[candidates >= now + _SHORTEST_WALK_STRIDES]
            then = float(candidates[np.argmin(np.abs(candidates - goal))])
            gain = (then - now) / (phase[first] - phase[left])
            fitted[left:] = now + gain * (phase[left:] - phase[left])
            fitted[first:] = then
            now = then
        fitted[stops[-1, 1] :] = now + phase[stops[-1, 1] :] - phase[stops[-1, 1]]
        return np.asarray(fitted)

    @cached_property
    def _curves(self) -> CubicSpline:
        return CubicSpline(self._grid, self._table)

    def route(self, seconds: Float[np.ndarray, " time"]) -> tuple[Float[np.ndarray, "time 2"], Float[np.ndarray, " time"]]:
        """Where on the ground the person is, and the heading, smooth in time; a little before and after the path too."""
        place, heading = (spline(np.clip(seconds, self._grid[0], self._grid[-1])) for spline in self._route)
        return place, heading

    def strides(self, seconds: Float[np.ndarray, " time"]) -> Float[np.ndarray, "4 time"]:
        """Phase of the gait, share of walking (0: standing), reach of the legs (1: the cycle's) and speed of the gait."""
        return np.asarray(self._curves(np.clip(seconds, self._grid[0], self._grid[-1]))).T

    @cached_property
    def contacts(self) -> tuple[Float[np.ndarray, "left 4"], Float[np.ndarray, "right 4"]]:
        """When the feet touch the ground (see `contact.contacts`), in world time."""
        phase, speed = self._table[:, 0], self._table[:, 3]
        rounds = np.arange(np.floor(phase[0]) - 2, np.ceil(phase[-1]) + 1)
        found = []
        for foot in (0, 1):
            speeds = np.interp(rounds + self.locomotion.contacts(foot, speed[:1])[0, PLANT], phase, speed)
            rows = np.interp(rounds[:, None] + self.locomotion.contacts(foot, speeds), phase, self._grid)
            rows = np.concatenate([rows[rows[:, TOE_OFF] > rows[:, PLANT]], self._standing(foot)])
            found.append(rows[np.argsort(rows[:, PLANT])])
        return found[0], found[1]

    def _standing(self, foot: int) -> np.ndarray:
        """The contacts of a foot that comes down beside the other one at a stop."""
        stops = stretches(self._still)
        passes = self.locomotion.passings[1 - foot]
        away = np.abs((self._table[stops[:, 0], 0] - passes + 0.5) % 1 - 0.5)
        first, last = self._grid[stops[away < 1e-6]].T
        return np.stack([first, first, last, last], axis=1)
