"""Somebody who goes from one place to the next, alone or beside somebody else, and stops here and there."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from viewsync.worlds.crowds.ground import Ground
from viewsync.worlds.crowds.path import Path
from viewsync.worlds.crowds.stride import INTERVAL_SECONDS, Crowd, stride

MARGIN_SECONDS = 1.0
"""Paths run this much longer than a world on either side: a shutter may open before time 0."""
_ARRIVED_METRES, _PASSED_METRES = 0.25, 0.6
_NEARLY_METRES = 0.9
"""Whoever is brought to a halt this near to where they wanted to stop, stops there."""
_SLOWING = 0.7
"""How gently people slow down toward a place where they stop, m/s²."""
_CATCH_UP_SECONDS = 1.0
_PATIENCE_SECONDS = 12.0
_DETOUR_RATE, _WIDEST_DETOUR, _BACK_ON_COURSE, _LOOKS = 0.8, 2.2, 0.93, 0.4
"""Whoever neither walks nor turns (rad/s), but wants to walk, is held up, and turns off the way they want to go: ever
further (rad/s, up to rad), then to the other side; and back, by this factor in each step, once there is a way."""


@dataclass
class Meeting:
    """People who stop to talk. Whoever comes first waits, but not for ever."""

    center: Float[np.ndarray, " 2"]
    expected: int
    talk_seconds: float
    ends_seconds: float = np.inf

    def join(self, now_seconds: float) -> None:
        """Somebody is there."""
        self.expected -= 1
        self.ends_seconds = now_seconds + (self.talk_seconds if self.expected == 0 else _PATIENCE_SECONDS)


@dataclass
class Visit:
    """Somewhere to go, and what to do there: pass, stand for a while, meet others, or leave the ground."""

    place: Float[np.ndarray, " 2"]
    stay_seconds: float = 0.0
    turn_radians: float = 0.0
    """How far those who stand turn from where they came."""
    meeting: Meeting | None = None
    leaves: bool = False

    @property
    def stands(self) -> bool:
        """Whether anybody stops there."""
        return self.stay_seconds > 0 or self.meeting is not None


@dataclass(eq=False)
class Walker:
    """Somebody on the ground."""

    position: Float[np.ndarray, " 2"]
    heading: float
    preferred_speed: float
    visits: list[Visit]
    """What is still to do; the first one is on. Never empty."""
    group: int
    lead: "Walker | None" = None
    """Beside whom this person walks, as long as that one is there."""
    beside: Float[np.ndarray, " 2"] = field(default_factory=lambda: np.zeros(2))
    """Where: metres ahead of the lead and to the left."""
    speed: float = 0.0
    turn_rate: float = 0.0
    present: bool = True
    facing: float = 0.0
    waits_until: float | None = None
    """World time at which a stop ends; None on the way."""
    gives_up_at: float | None = None
    detour: float = 0.0
    """Turn (radians) off the wanted way by which this person looks for a gap; larger the longer they are held up."""
    rows: list[tuple[float, ...]] = field(default_factory=list)
    """World time, x, y, their velocities, and heading, of every step."""

    @property
    def velocity(self) -> Float[np.ndarray, " 2"]:
        """Metres per second."""
        return np.asarray(self.speed * np.array([np.cos(self.heading), np.sin(self.heading)]))

    @property
    def stands(self) -> bool:
        """Whether a stop is on."""
        return self.waits_until is not None

    @property
    def leaving(self) -> bool:
        """Whether there is nothing left to do but leave."""
        return self.visits[0].leaves or (self.lead is not None and self.lead.leaving)

    def turn_to(self, visits: Sequence[Visit]) -> None:
        """Drop what was to do, and do this instead."""
        self.visits, self.waits_until, self.gives_up_at, self.detour = list(visits), None, None, 0.0

    def intent(self, now: float, ground: Ground) -> Float[np.ndarray, " 2"]:
        """Velocity that this person would have, were nobody else there."""
        if self.lead is not None and not self.lead.present:
            self.lead = None
            self.turn_to(self.visits[-1:])
        wanted = self._onwards(now, ground) if self.lead is None else self._beside(self.lead, ground)
        if self.speed == 0 and wanted.any() and abs(self.turn_rate) < _LOOKS:
            self.detour += np.copysign(_DETOUR_RATE * INTERVAL_SECONDS, self.detour)
            if abs(self.detour) > _WIDEST_DETOUR:
                self.detour = -np.copysign(0.0, self.detour)
        elif self.speed > 0:
            self.detour *= _BACK_ON_COURSE
        cosine, sine = np.cos(self.detour), np.sin(self.detour)
        return np.asarray(np.array([[cosine, -sine], [sine, cosine]]) @ wanted)

    def _onwards(self, now: float, ground: Ground) -> Float[np.ndarray, " 2"]:
        if self.stands or self._arrives(now):
            self._wait(now)
        if self.stands:
            return np.zeros(2)
        visit = self.visits[0]
        left = float(np.linalg.norm(visit.place - self.position))
        if self.gives_up_at is None:
            self.gives_up_at = now + _PATIENCE_SECONDS + 2.0 * left / self.preferred_speed
        gap = ground.toward(self.position, visit.place) - self.position
        speed = self.preferred_speed
        if visit.stands:
            speed = min(speed, 0.3 + float(np.sqrt(2 * _SLOWING * max(left - _ARRIVED_METRES, 0))))
        return np.asarray(gap * (speed / max(float(np.linalg.norm(gap)), 1e-6)))

    def _arrives(self, now: float) -> bool:
        visit = self.visits[0]
        distance = float(np.linalg.norm(visit.place - self.position))
        if not visit.leaves and self.gives_up_at is not None and now > self.gives_up_at:
            self.visits.pop(0)
            self.gives_up_at = None
            return False
        enough = _NEARLY_METRES if self.speed == 0 else _ARRIVED_METRES if visit.stands else _PASSED_METRES
        if visit.leaves or distance > enough:
            return False
        if visit.meeting is not None:
            visit.meeting.join(now)
            away = visit.meeting.center - self.position
            self.facing = float(np.arctan2(away[1], away[0]))
        else:
            self.facing = self.heading + visit.turn_radians
        self.waits_until = now + visit.stay_seconds
        return True

    def _wait(self, now: float) -> None:
        meeting = self.visits[0].meeting
        until = self.waits_until if meeting is None else meeting.ends_seconds
        if until is not None and now >= until:
            self.turn_to(self.visits[1:])

    def _beside(self, lead: "Walker", ground: Ground) -> Float[np.ndarray, " 2"]:
        self.waits_until = None
        # A lead who is held up may be so by those beside: they make room.
        ahead = (1 + abs(lead.detour)) * np.array([np.cos(lead.heading), np.sin(lead.heading)])
        slot, mirrored = (
            lead.position + self.beside[0] * ahead + side * np.array([-ahead[1], ahead[0]])
            for side in (self.beside[1], -self.beside[1])
        )
        if np.linalg.norm(mirrored - self.position) < 0.5 * np.linalg.norm(slot - self.position):
            # The lead has turned round.
            self.beside, slot = self.beside * (1, -1), mirrored
        gap = ground.toward(self.position, slot if ground.free(slot) else lead.position) - self.position
        if lead.stands and np.linalg.norm(gap) < (_ARRIVED_METRES if self.speed > 0 else _NEARLY_METRES):
            toward = lead.position - self.position
            self.facing = float(np.arctan2(toward[1], toward[0]))
            self.waits_until = np.inf
            return np.zeros(2)
        wanted = lead.velocity + gap / _CATCH_UP_SECONDS
        return np.asarray(wanted * min(1.0, 1.35 * self.preferred_speed / max(float(np.linalg.norm(wanted)), 1e-6)))


def advance(walkers: Sequence[Walker], now: float, ground: Ground) -> None:
    """Let everybody make one step, and note where they were before it."""
    for walker in walkers:
        walker.rows.append((now, *walker.position, *walker.velocity, walker.heading))
    if not walkers:
        return
    crowd = Crowd(
        positions=np.array([walker.position for walker in walkers]),
        headings=np.array([walker.heading for walker in walkers]),
        speeds=np.array([walker.speed for walker in walkers]),
        turn_rates=np.array([walker.turn_rate for walker in walkers]),
        wanted=np.array([walker.intent(now, ground) for walker in walkers]),
        facing=np.array([walker.facing if walker.stands else walker.heading for walker in walkers]),
        groups=np.array([walker.group for walker in walkers]),
        leaving=np.array([walker.leaving for walker in walkers]),
    )
    for walker, position, heading, speed, rate in zip(walkers, *stride(crowd, ground), strict=True):
        walker.position, walker.heading, walker.speed, walker.turn_rate = position, float(heading), float(speed), float(rate)


def paths(walkers: Sequence[Walker], duration_seconds: float) -> tuple[Path, ...]:
    """Everybody's way from `MARGIN_SECONDS` before world time 0 to as much after the end, in order of appearance."""
    ways = []
    for walker in walkers:
        rows = np.array([row for row in walker.rows if -MARGIN_SECONDS <= row[0] <= duration_seconds + MARGIN_SECONDS])
        if len(rows) >= 2:
            ways.append(Path(float(rows[0, 0]), INTERVAL_SECONDS, rows[:, 1:3], rows[:, 3:5], rows[:, 5]))
    return tuple(ways)
