"""People on a street or a square: they enter and leave at its edges, walk alone or side by side, meet, stop, turn back."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from viewsync.types import InputError
from viewsync.worlds.crowds.ground import Ground
from viewsync.worlds.crowds.path import Path
from viewsync.worlds.crowds.stride import APART_METRES, BRAKING, INTERVAL_SECONDS
from viewsync.worlds.crowds.walker import MARGIN_SECONDS, Meeting, Visit, Walker, advance, paths

_SETTLING_SECONDS = 20.0
"""How long people walk before the world begins."""
_SPEED, _SPEED_SPREAD, _SLOWEST, _FASTEST = 1.3, 0.2, 0.8, 1.8
_SIZES, _SIZE_SHARES = (1, 2, 3, 4), (0.68, 0.22, 0.06, 0.04)
"""Of those who come together."""
_ABREAST_METRES = np.array([[0.0, 0.0], [0.0, 0.7], [0.0, -0.7], [0.0, 1.4]])
_FORMATION_METRES = np.array([[0.0, 0.0], [0.0, 0.7], [0.0, -0.7], [-0.9, 0.35]])
"""How a group comes in, and how it walks on: ahead of the first of them, and to the left."""
_GROUP_SPEED = 0.9
_STOP_SHARE, _BACK_SHARE = 0.2, 0.08
"""Of those who come: how many stop on the way, and how many turn back."""
_STOP_SECONDS, _TALK_SECONDS = (4.0, 12.0), (4.0, 12.0)
_MEETS_EVERY_SECONDS = 80.0
"""How often somebody alone runs into people they know."""
_MEETING_METRES, _MEETING_RADIUS = 6.0, 0.5
_INSIDE_METRES = 1.5
"""Whoever is nearer to the edge is as good as gone, and stops no more."""
_GATES_TRIED = 5
_LEAVING_SECONDS = 4.0
"""How long those who are sent off take to be gone."""
_ROOM_METRES = APART_METRES + 0.05
_OUTSIDE_METRES = 2.0

Count = int | Sequence[tuple[float, float]]
"""How many people there are; or (world seconds, how many), straight in between, ever the same before and after."""


def walk_crowd(ground: Ground, duration_seconds: float, count: Count, *, seed: int) -> tuple[Path, ...]:
    """Everybody's way over the ground during a world that is peopled from its first instant.

    Nobody's middle comes nearer than half a metre to another's, into an obstacle or, but for the step in or out, over
    the edge. The number of people follows `count` as quickly as people can walk in and out.

    Args:
        ground: Where they walk.
        duration_seconds: How long the world lasts.
        count: How many people are there at once.
        seed: The same seed gives the same ways, to the bit.

    Returns:
        One path for each person, in order of appearance.

    Raises:
        InputError: There are more people than can walk there.
    """
    knots = np.array([(0.0, count)] if isinstance(count, int) else count, dtype=np.float64)
    check_room(ground, int(knots[:, 1].max()))
    scene = _Scene(ground, np.random.default_rng([seed, 5]))
    first, last = (round(s / INTERVAL_SECONDS) for s in (-_SETTLING_SECONDS, duration_seconds + MARGIN_SECONDS))
    scene.people(round(np.interp(first * INTERVAL_SECONDS, knots[:, 0], knots[:, 1])))
    for step in range(first, last + 1):
        now = step * INTERVAL_SECONDS
        wanted, soon = np.interp([now, now + _LEAVING_SECONDS], knots[:, 0], knots[:, 1]).round().astype(int).tolist()
        scene.admit(wanted)
        scene.dismiss(soon)
        scene.acquaint()
        advance(scene.present, now, ground)
        scene.let_go()
    return paths(scene.everybody, duration_seconds)


def check_room(ground: Ground, people: int) -> None:
    """See to it that people fit on the ground.

    Raises:
        InputError: They don't.
    """
    if not 0 < people <= ground.capacity:
        left, right, near, far = ground.bounds_metres
        raise InputError(
            f"{people} people can't walk on a ground of {right - left:g} m by {far - near:g} m with "
            f"{len(ground.obstacles)} obstacles: between 1 and {ground.capacity} can (one on every two free square metres); "
            "ask for fewer people or for a larger place."
        )


def random_speed(rng: np.random.Generator) -> float:
    """Somebody's preferred speed, in metres per second."""
    return float(np.clip(rng.normal(_SPEED, _SPEED_SPREAD), _SLOWEST, _FASTEST))


class _Scene:
    """The people, and what happens to them."""

    def __init__(self, ground: Ground, rng: np.random.Generator) -> None:
        self.everybody: list[Walker] = []
        self.present: list[Walker] = []
        self._ground, self._rng = ground, rng
        self._groups = 0
        self._next_size = 1

    def people(self, count: int) -> None:
        """Put people anywhere on the empty ground."""
        while len(self.present) < count:
            size = min(self._draw_size(count), count - len(self.present))
            self._add(size, self._ground.draw(self._rng), float(self._rng.uniform(-np.pi, np.pi)), None)

    def admit(self, count: int) -> None:
        """Let people in if as many are missing as come next."""
        if count - len(self.present) >= self._next_size:
            for _ in range(_GATES_TRIED):
                gate, heading = self._ground.draw_gate(self._rng)
                outside = gate - _OUTSIDE_METRES * np.array([np.cos(heading), np.sin(heading)])
                if self._add(self._next_size, gate, heading, outside):
                    self._next_size = self._draw_size(count)
                    break

    def dismiss(self, count: int) -> None:
        """Send those off who are too many, the nearest to the edge first, unless they are about to leave anyway."""
        depths = self._ground.depths(np.array([walker.position for walker in self.present]).reshape(-1, 2))
        surplus = max(len(self.present) - count, 0)
        for index in np.argsort(depths, kind="stable")[:surplus].tolist():
            walker = self.present[index]
            if not walker.leaving and walker.lead is None:
                edges, inwards = self._ground.edges(walker.position)
                nearest = int(np.argmin(edges))
                out = walker.position - (edges[nearest] + _OUTSIDE_METRES) * inwards[nearest]
                walker.turn_to([Visit(out, leaves=True)])

    def acquaint(self) -> None:
        """Let some of those who walk alone near each other meet."""
        if self._rng.uniform() > len(self.present) * INTERVAL_SECONDS / _MEETS_EVERY_SECONDS:
            return
        sizes = np.bincount([walker.group for walker in self.present])
        alone = [walker for walker in self.present if sizes[walker.group] == 1 and not walker.stands]
        alone = [walker for walker in alone if all(visit.meeting is None for visit in walker.visits)]
        alone = [walker for walker in alone if self._ground.depths(walker.position) > _INSIDE_METRES]
        if len(alone) < 2:
            return
        host = alone[self._rng.integers(len(alone))]
        alone.sort(key=lambda walker: float(np.linalg.norm(walker.position - host.position)))
        friends = alone[: 2 + int(self._rng.uniform() < 0.3)]
        if np.linalg.norm(friends[-1].position - host.position) < _MEETING_METRES:
            self._meet(friends)

    def let_go(self) -> None:
        """Forget those who have stepped over the edge."""
        for walker in self.present:
            walker.present = not walker.leaving or bool(self._ground.depths(walker.position) > 0)
        self.present = [walker for walker in self.present if walker.present]

    def _draw_size(self, count: int) -> int:
        return min(int(self._rng.choice(_SIZES, p=_SIZE_SHARES)), 1 + count // 8)

    def _add(
        self, size: int, place: Float[np.ndarray, " 2"], heading: float, outside: Float[np.ndarray, " 2"] | None
    ) -> bool:
        """Add one person, or some who belong together and follow the first of them, if there is room.

        Those who come in from outside do so walking, all others stand at first.
        """
        ahead = np.array([np.cos(heading), np.sin(heading)])
        places = place + _ABREAST_METRES[:size] @ np.stack([ahead, [-ahead[1], ahead[0]]])
        preferred = random_speed(self._rng) * (_GROUP_SPEED if size > 1 else 1.0)
        speed = 0.0 if outside is None else preferred
        if not (self._ground.free(places, -1e-9).all() and all(self._room(place, speed) for place in places)):
            return False
        errand = self._errand(place, outside)
        lead = Walker(places[0], heading, preferred, errand, self._groups, speed=speed)
        party = [lead]
        for start, beside in zip(places[1:], _FORMATION_METRES[1:size], strict=True):
            party.append(Walker(start, heading, preferred, errand[-1:], self._groups, lead, beside, speed))
        self.present += party
        self.everybody += party
        self._groups += 1
        return True

    def _errand(self, start: Float[np.ndarray, " 2"], outside: Float[np.ndarray, " 2"] | None) -> list[Visit]:
        """What somebody who is new is going to do."""
        rng, ground = self._rng, self._ground
        gates = [ground.draw_gate(rng) for _ in range(3)]
        gate, inwards = max(gates, key=lambda gate: float(np.linalg.norm(gate[0] - start)))
        exit = Visit(gate - _OUTSIDE_METRES * np.array([np.cos(inwards), np.sin(inwards)]), leaves=True)
        chance = rng.uniform()
        if chance < _STOP_SHARE:
            stay, turn = float(rng.uniform(*_STOP_SECONDS)), float(rng.uniform(-1.5, 1.5))
            return [Visit(ground.draw(rng, 1.0), stay, turn), exit]
        if chance < _STOP_SHARE + _BACK_SHARE and outside is not None:
            return [Visit(ground.draw(rng)), Visit(outside, leaves=True)]
        return [exit]

    def _meet(self, friends: list[Walker]) -> None:
        center = np.mean([friend.position for friend in friends], axis=0)
        away = friends[0].position - center
        angles = float(np.arctan2(away[1], away[0])) + 2 * np.pi * np.arange(len(friends)) / len(friends)
        slots = center + _MEETING_RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        others = [walker.position for walker in self.present if walker not in friends and walker.stands]
        if not self._ground.free(slots, 0.5).all() or any(np.linalg.norm(other - center) < 2 for other in others):
            return
        meeting = Meeting(center, len(friends), float(self._rng.uniform(*_TALK_SECONDS)))
        # The second and the third may come from the other's side.
        rest = friends[1:]
        if len(rest) == 2 and np.linalg.norm(rest[0].position - slots[1]) > np.linalg.norm(rest[1].position - slots[1]):
            rest.reverse()
        for friend, slot in zip([friends[0], *rest], slots, strict=True):
            friend.turn_to([Visit(slot, meeting=meeting), friend.visits[-1]])

    def _room(self, place: Float[np.ndarray, " 2"], speed: float) -> bool:
        """Whether somebody can appear there, at that speed, and still not touch anybody."""
        return all(
            np.linalg.norm(walker.position - place) > _ROOM_METRES + (speed**2 + walker.speed**2) / (2 * BRAKING)
            for walker in self.present
        )
