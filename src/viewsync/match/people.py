"""Two cameras' tracks: which joints they share, and which of them are the same person's."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from viewsync.geometry.epipolar import fundamental_matrix
from viewsync.match.posture import WEIGHTS, Pairing
from viewsync.types import PoseSignal, Track

_LEAST_MEETING = 15
"""Samples for which two tracks must be there together, to be one person's."""
_AROUND = np.concatenate([np.arange(-60, -6, 6), np.arange(-2, 3), np.arange(12, 61, 6)])
"""Samples beside a lag at which tracks are compared, to see how much better they agree at the lag."""
_LONGEST = 600
"""Samples of two tracks that are compared for that."""
_LEAST_GAIN = 0.1
"""Of the gain of the surest two: strangers who are left over aren't one person."""

Points = Float[np.ndarray, "_ joint 2"]


@dataclass(frozen=True)
class People:
    """Everybody whom two cameras show, on grids of one rate."""

    a: PoseSignal
    b: PoseSignal

    @cached_property
    def joints(self) -> tuple[str, ...]:
        """That both have, by name."""
        return tuple(name for name in self.a.joints if name in self.b.joints)

    @cached_property
    def fundamental(self) -> Float[np.ndarray, "3 3"] | None:
        """Between the two views, if both cameras are calibrated."""
        if self.a.camera is None or self.b.camera is None:
            return None
        try:
            return fundamental_matrix(self.a.camera, self.b.camera)
        except ValueError:  # From one place, both see the same at any time.
            return None

    @cached_property
    def possible(self) -> Bool[np.ndarray, "track_a track_b"]:
        """Which two may be one person: all but those of whom it is known that they aren't."""
        people_a, people_b = ([track.person for track in side.tracks] for side in (self.a, self.b))
        allowed = [[None in (one, other) or one == other for other in people_b] for one in people_a]
        return np.array(allowed, dtype=bool).reshape(len(people_a), len(people_b))

    def known(self, i: int, j: int) -> bool:
        """Whether it is known that two tracks are one person."""
        person = self.a.tracks[i].person
        return person is not None and person == self.b.tracks[j].person

    def evidence(self, lags: Int[np.ndarray, " lag"]) -> Float[np.ndarray, "track_a track_b kind lag"]:
        """Kinds of evidence for two tracks being one person, at lags of the signals; 0 where there is none."""
        found = np.zeros((len(self.a.tracks), len(self.b.tracks), len(WEIGHTS), len(lags)))
        for i, one in enumerate(self.a.tracks):
            for j, other in enumerate(self.b.tracks):
                own = lags - one.first + other.first
                overlapping = (own > -len(other)) & (own < len(one))
                if self.possible[i, j] and overlapping.any():
                    found[i, j][:, overlapping] = self._pairing(i, j, own[overlapping]).kinds()
        return found

    def matched(self, lag: int) -> tuple[Points, Points]:
        """The points of people whom both see, each person's in the same columns, on the signals' grids; nan where unseen.

        A person whom the detector lost for a while is several tracks: one track may meet several of the other side, one
        after the other. Those who are known to be one person come first, however little they agree.
        """
        gains = {(i, j): self._gain(i, j, lag) for i, j in np.argwhere(self.possible).tolist()}
        taken_a, taken_b = (np.zeros((len(side.tracks), len(self.b.values)), dtype=bool) for side in (self.a, self.b))
        points_a, points_b = [np.zeros((len(self.a.values), 0, 2))], [np.zeros((len(self.b.values), 0, 2))]
        enough = _LEAST_GAIN * max(gains.values(), default=0.0)
        chosen = [pair for pair in gains if self.known(*pair) or gains[pair] > enough]
        for i, j in sorted(chosen, key=lambda pair: (not self.known(*pair), -gains[pair])):
            start, stop = _meeting(self.a.tracks[i], self.b.tracks[j], lag)
            if stop - start < _LEAST_MEETING or taken_a[i, start:stop].any() or taken_b[j, start:stop].any():
                continue
            taken_a[i, start:stop] = taken_b[j, start:stop] = True
            points_a.append(_dense(self.a.tracks[i], len(self.a.values))[:, self._columns(self.a)])
            points_b.append(_dense(self.b.tracks[j], len(self.b.values))[:, self._columns(self.b)])
        return np.concatenate(points_a, axis=1), np.concatenate(points_b, axis=1)

    def _gain(self, i: int, j: int, lag: int) -> float:
        """How much better two tracks agree at a lag than around it; where neither may be anybody else, it is 1."""
        start, stop = _meeting(self.a.tracks[i], self.b.tracks[j], lag)
        if stop - start < _LEAST_MEETING:
            return 0.0
        if self.possible[i].sum() == self.possible[:, j].sum() == 1:
            return 1.0
        # A stretch in the middle tells as well as hours.
        middle = (start + stop) // 2
        span = max(start, middle - _LONGEST // 2), min(stop, middle + _LONGEST // 2)
        first = max(span[0] + lag - int(_AROUND[-1]), self.a.tracks[i].first)
        one = self._part(self.a, self.a.tracks[i], first, span[1] + lag + int(_AROUND[-1]))
        other = self._part(self.b, self.b.tracks[j], *span)
        own = lag - first + span[0] + _AROUND
        found = Pairing(one, other, own, self.a.rate_hz, self.fundamental).agreement()
        near = np.abs(_AROUND) <= 2
        return float(found[near].max() - np.quantile(found[~near], 0.9))

    def _part(self, signal: PoseSignal, track: Track, start: int, stop: int) -> Points:
        return track.points[start - track.first : stop - track.first][:, self._columns(signal)]

    def _pairing(self, i: int, j: int, lags: Int[np.ndarray, " lag"]) -> Pairing:
        one, other = self.a.tracks[i], self.b.tracks[j]
        points_a, points_b = one.points[:, self._columns(self.a)], other.points[:, self._columns(self.b)]
        return Pairing(points_a, points_b, lags, self.a.rate_hz, self.fundamental, one.embedding, other.embedding)

    def _columns(self, signal: PoseSignal) -> list[int]:
        return [signal.joints.index(name) for name in self.joints]


def _meeting(one: Track, other: Track, lag: int) -> tuple[int, int]:
    """Samples of b during which both are there."""
    return max(one.first - lag, other.first), min(one.first + len(one) - lag, other.first + len(other))


def _dense(track: Track, samples: int) -> Points:
    points = np.full((samples, *track.points.shape[1:]), np.nan)
    points[track.first : track.first + len(track)] = track.points
    return points
