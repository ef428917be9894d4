"""Somebody who does one thing after another at a place."""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from viewsync.types import InputError
from viewsync.worlds.crowds.path import Path, shortest_turn
from viewsync.worlds.motions.clip import MotionClip
from viewsync.worlds.motions.posture import eased
from viewsync.worlds.motions.skeleton import Poses, Skeleton
from viewsync.worlds.people.contact import PLANT, TOE_OFF
from viewsync.worlds.people.cycle import Locomotion
from viewsync.worlds.people.feet import Footing
from viewsync.worlds.people.person import Noise
from viewsync.worlds.people.posing import against_parents, headings, in_world, mirrored, smooth_step
from viewsync.worlds.people.replay import Replay, step_noises
from viewsync.worlds.people.walk import Walk

_FADE_SECONDS, _FADE_SHARE = 0.5, 0.4
"""How long one clip goes over into the next, at most, and as a share of the shorter one."""
_LOOPING_SECONDS = 3.0
"""Clips that loop are done for so long at least."""
_TEMPI = (0.9, 1.1)
_SHORTEST_CONTACT_SECONDS = 0.03
_SHORTEST_PART_SECONDS = 1.0
_PATH_INTERVAL_SECONDS = 0.05


@dataclass(frozen=True)
class Take:
    """Clips one after another, each from where the last one ended, facing as it did.

    One clip fades into the next while the feet step over, left foot first. With a radius, a clip is done only where it
    stays within it; where none does, some steps are taken back toward the middle.

    Raises:
        InputError: There are no clips, no time, or a radius without what is needed to walk back.
    """

    skeleton: Skeleton
    """Of the body that does it."""
    clips: tuple[MotionClip, ...]
    place_metres: Float[np.ndarray, " 2"]
    """Where the hips are at the start: the middle of the ground."""
    heading_radians: float
    """Where they face at the start."""
    start_seconds: float
    end_seconds: float
    """World times between which somebody is there."""
    seed: int
    order: Literal["shuffled", "given"] = "shuffled"
    """Shuffled clips are done mirrored every other time, and up to a tenth faster or slower."""
    radius_metres: float | None = None
    """How far from the middle the hips may go."""
    locomotion: Locomotion | None = None
    stand: MotionClip | None = None
    """How the person gets back to the middle."""

    def __post_init__(self) -> None:
        if not self.clips:
            raise InputError("a take needs one clip of motion at least, got none.")
        if not self.end_seconds > self.start_seconds:
            raise InputError(f"a take must end after it starts, got {self.start_seconds} s to {self.end_seconds} s.")
        if self.radius_metres is not None and not (self.radius_metres > 0 and self.locomotion and self.stand):
            raise InputError(
                f"a take within a radius needs one above 0, and locomotion and a standing clip to walk back with; "
                f"got {self.radius_metres} m. Give all three, or no radius."
            )

    def present(self, seconds: Float[np.ndarray, " time"]) -> Bool[np.ndarray, " time"]:
        """Whether the person is there."""
        return (seconds >= self.start_seconds) & (seconds <= self.end_seconds)

    def poses(self, seconds: Float[np.ndarray, " time"]) -> Poses:
        """Posture and place; those of start and end before and after."""
        return self._footing.poses(np.clip(seconds, self.start_seconds, self.end_seconds))

    def noises(self, start_seconds: float, end_seconds: float) -> list[Noise]:
        """Steps and claps in order of time."""
        start, end = max(start_seconds, self.start_seconds), min(end_seconds, self.end_seconds)
        noises = step_noises(self._footing, start, end) + [clap for clap in self._claps if start <= clap.seconds < end]
        return sorted(noises, key=lambda noise: noise.seconds)

    def actions(self, seconds: Float[np.ndarray, " time"]) -> list[str]:
        """What is done: the action of the clip that is mostly seen."""
        return [
            self._parts[part].actions(np.array([at]))[0]
            for at, part in zip(seconds, np.searchsorted(self._fades.mean(axis=1), seconds), strict=True)
        ]

    @property
    def contacts(self) -> tuple[Float[np.ndarray, "left 4"], Float[np.ndarray, "right 4"]]:
        """When the feet touch the ground, in world time (see `contact.contacts`)."""
        return self._footing.contacts

    def free(self, seconds: Float[np.ndarray, " time"]) -> Poses:
        """Poses with feet that are not held."""
        part = np.searchsorted(self._fades[:, 0], seconds, side="right")
        poses = self._of(part, seconds)
        fading = (part > 0) & (seconds < np.append(self._fades[:, 1], -np.inf)[part - 1])
        if fading.any():
            before = self._of(part[fading] - 1, seconds[fading])
            first, last = self._fades[part[fading] - 1].T
            share = smooth_step((seconds[fading] - first) / (last - first))[:, None]
            poses.hips_metres[fading] = (1 - share) * before.hips_metres + share * poses.hips_metres[fading]
            # Against their parents, bones of two postures are never far apart; in the world, hands may be.
            turns = (1 - share[..., None]) * against_parents(before.rotations)
            turns += share[..., None] * self._signs[part[fading] - 1] * against_parents(poses.rotations[fading])
            poses.rotations[fading] = in_world(turns / np.linalg.norm(turns, axis=-1, keepdims=True))
        return poses

    @cached_property
    def _signs(self) -> Float[np.ndarray, "fade joint 1"]:
        """Which of its two quaternions each orientation of the later part goes by in a fade: one for all of it."""
        between = np.arange(len(self._fades))
        middle = self._fades.mean(axis=1)
        before, after = (against_parents(self._of(part, middle).rotations) for part in (between, between + 1))
        return np.where((before * after).sum(-1, keepdims=True) < 0, -1.0, 1.0)

    def _of(self, part: np.ndarray, seconds: np.ndarray) -> Poses:
        """What each time's part does then."""
        hips, rotations = np.empty((len(seconds), 3)), np.empty((len(seconds), len(self.clips[0].rotations[0]), 4))
        for index in np.unique(part):
            poses = self._parts[index].free(seconds[part == index])
            hips[part == index], rotations[part == index] = poses.hips_metres, poses.rotations
        return Poses(hips, rotations)

    @cached_property
    def _parts(self) -> tuple[Replay | Walk, ...]:
        """What is done, each part reaching into the next one."""
        rng = np.random.default_rng([self.seed, 7])
        parts: list[Replay | Walk] = [self._next(None, 0, rng)]
        while _end(parts[-1]) < self.end_seconds:
            parts.append(self._next(parts[-1], len(parts), rng))
        return tuple(parts)

    @cached_property
    def _fades(self) -> Float[np.ndarray, "part 2"]:
        """From when to when each part goes over into the next."""
        return np.array([(_start(after), _end(before)) for before, after in pairwise(self._parts)]).reshape(-1, 2)

    def _next(self, last: Replay | Walk | None, number: int, rng: np.random.Generator) -> Replay | Walk:
        """The next part: a clip that stays on the ground if there is one, else steps back, else a clip cut short."""
        doing = last.clip.action if isinstance(last, Replay) else None
        clips = [self.clips[number % len(self.clips)]]
        if self.order == "shuffled":
            clips = sorted(
                (self.clips[index] for index in rng.permutation(len(self.clips))), key=lambda clip: clip.action == doing
            )
        longest: Replay | None = None
        for clip in clips:
            replay = self._replay(last, clip, rng)
            stays = self._staying(replay)
            if stays.end_seconds == replay.end_seconds:
                return replay
            if longest is None or _length(stays) > _length(longest):
                longest = stays
        assert longest is not None
        if isinstance(last, Replay) and self.locomotion and self.stand:
            return Walk(self._way_back(last, rng), self.skeleton, self.locomotion, self.stand, self.seed)
        return longest

    def _replay(self, last: Replay | Walk | None, clip: MotionClip, rng: np.random.Generator) -> Replay:
        """A clip that starts as the last part ends."""
        tempo, turned = (rng.uniform(*_TEMPI), rng.integers(2)) if self.order == "shuffled" else (1.0, 0)
        clip = mirrored(clip) if turned else clip
        length = clip.duration_seconds / tempo
        if clip.loops:
            length *= np.ceil(_LOOPING_SECONDS / length)
        if last is None:
            start, place, heading = self.start_seconds, self.place_metres, self.heading_radians
            return Replay(self.skeleton, clip, place, heading, start, start + length, tempo)
        fade = min(_FADE_SECONDS, _FADE_SHARE * length, _FADE_SHARE * _length(last))
        start = _end(last) - fade
        place, heading = _standpoint(last, start + fade / 2)
        there = Replay(self.skeleton, clip, np.zeros(2), 0.0, start, start + length, tempo)
        off, turn = _standpoint(there, start + fade / 2)
        cos, sin = np.cos(heading - turn), np.sin(heading - turn)
        return replace(there, place_metres=place - np.array([[cos, -sin], [sin, cos]]) @ off, heading_radians=heading - turn)

    def _staying(self, replay: Replay) -> Replay:
        """The part of a clip before it leaves the ground, if it does."""
        if self.radius_metres is None:
            return replay
        seconds = np.linspace(replay.start_seconds, replay.end_seconds, int(10 * _length(replay)) + 2)
        away = np.linalg.norm(replay.free(seconds).hips_metres[:, :2] - self.place_metres, axis=1)
        # Who has come too far during the last clip's end may still be there when this one starts.
        outside = (away > self.radius_metres) & (away > away[0])
        if not outside.any():
            return replay
        return replace(replay, end_seconds=max(seconds[outside][0], replay.start_seconds + _SHORTEST_PART_SECONDS))

    def _way_back(self, last: Replay, rng: np.random.Generator) -> Path:
        """Steps from where the last part ends to about the middle, and round to face as at the start."""
        assert self.radius_metres is not None
        start = _end(last) - min(_FADE_SECONDS, _FADE_SHARE * _length(last))
        place, heading = _standpoint(last, (start + _end(last)) / 2)
        goal = self.place_metres + rng.uniform(-0.2, 0.2, 2) * self.radius_metres
        return stroll(start, place, heading, goal, self.heading_radians)

    @cached_property
    def _claps(self) -> list[Noise]:
        """Those of the parts, but for where one goes over into another and hands don't quite meet."""
        starts = [-np.inf, *self._fades[:, 1]]
        ends = [*self._fades[:, 0], np.inf]
        return [
            clap
            for part, start, end in zip(self._parts, starts, ends, strict=True)
            if isinstance(part, Replay)
            for clap in part.claps
            if start <= clap.seconds < end
        ]

    @cached_property
    def _footing(self) -> Footing:
        """Between two parts, the left foot steps over in the first half of the time, the right one in the second."""
        first, last = self._fades.T
        middle = (first + last) / 2
        left = _joined([part.contacts[0] for part in self._parts], first, middle)
        right = _joined([part.contacts[1] for part in self._parts], middle, last)
        return Footing(self.free, self.skeleton, (left, right))


def stroll(
    start_seconds: float,
    place_metres: Float[np.ndarray, " 2"],
    heading_radians: float,
    goal_metres: Float[np.ndarray, " 2"],
    last_heading_radians: float,
) -> Path:
    """A short walk: stand, turn to the goal, go there straight, turn, and stand again."""
    way = goal_metres - place_metres
    far = float(np.linalg.norm(way))
    ahead = float(np.arctan2(way[1], way[0]))
    turns = shortest_turn(np.array([ahead - heading_radians, last_heading_radians - ahead]))
    lengths = [0.5, 0.4 + abs(turns[0]) / 1.5, 0.6 + far / 0.8, 0.4 + abs(turns[1]) / 1.5, 1.0]
    seconds = np.arange(0, sum(lengths), _PATH_INTERVAL_SECONDS)
    begins = np.cumsum([0, *lengths])
    turned, gone, back = (np.clip((seconds - begins[n]) / lengths[n], 0, 1) for n in (1, 2, 3))
    speed = 30 * (gone * (1 - gone)) ** 2 / lengths[2]
    return Path(
        start_seconds,
        _PATH_INTERVAL_SECONDS,
        place_metres + np.outer(eased(gone), way),
        np.outer(speed, way),
        heading_radians + turns[0] * eased(turned) + turns[1] * eased(back),
    )


def _start(part: Replay | Walk) -> float:
    return part.path.start_seconds if isinstance(part, Walk) else part.start_seconds


def _end(part: Replay | Walk) -> float:
    return part.path.end_seconds if isinstance(part, Walk) else part.end_seconds


def _length(part: Replay | Walk) -> float:
    return _end(part) - _start(part)


def _standpoint(part: Replay | Walk, seconds: float) -> tuple[Float[np.ndarray, " 2"], float]:
    """Where the hips are over the ground, and where they face."""
    poses = part.free(np.array([seconds]))
    return poses.hips_metres[0, :2], float(headings(poses)[0])


def _joined(contacts: list[np.ndarray], leaves: np.ndarray, lands: np.ndarray) -> np.ndarray:
    """One foot's contacts in all parts; between parts it leaves the ground at some times and lands at others."""
    starts, ends = np.append(-np.inf, lands), np.append(leaves, np.inf)
    rows = np.concatenate([np.clip(found, start, end) for found, start, end in zip(contacts, starts, ends, strict=True)])
    return np.asarray(rows[rows[:, TOE_OFF] - rows[:, PLANT] > _SHORTEST_CONTACT_SECONDS])
