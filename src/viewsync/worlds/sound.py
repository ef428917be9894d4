"""What is heard in a world: steps, claps and what sounds from afar, as each camera's microphone records it.

Every source is a function of the instant at which it sounds, so a microphone takes its samples from it wherever its
own clock and the sound's way put them, however far between the samples of another.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from jaxtyping import Float, Int

from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.movie import SoundBlocks
from viewsync.worlds.people.person import Noise, Person
from viewsync.worlds.random_motion import RandomMotion, lattice
from viewsync.worlds.world import World

METRES_PER_SECOND = 343.0

_NEAREST_METRES = 0.3
"""A microphone is no nearer to a source than this."""
_LOUDNESS = {"clap": 12_000.0, "step": 1_500.0}
"""Peaks at a metre, of 32767."""
_AMBIENCE, _HISS = 20.0, 4.0
"""Root mean square: about that in the middle of the place, and that of each recorder's own noise."""
_VOICE, _MOST_VOICES = 300.0, 8
"""Root mean square at a metre of somebody who talks; where more people are, the ambience stands for them."""
_PITCHES = (0.87, 1.15)
"""Least and greatest of a strike: deeper ones last longer."""
_STRIKE_SECONDS, _WAY_SECONDS = 0.2, 1.0
"""How long a strike of pitch 1 lasts; how long sound is on its way at most."""
_RING_SECONDS = _STRIKE_SECONDS / _PITCHES[0]
_PLACES_HZ = 200
"""How often the place of a microphone is looked up; in between it moves straight."""


@dataclass(frozen=True)
class Ear:
    """A microphone during a stretch of samples."""

    seconds: Float[np.ndarray, " sample"]
    """World time of each sample."""
    places_metres: Float[np.ndarray, "sample 3"]

    def hears(
        self, place_metres: Float[np.ndarray, " 3"] | Float[np.ndarray, "sample 3"]
    ) -> tuple[Float[np.ndarray, " sample"], Float[np.ndarray, " sample"]]:
        """World time at which each sample's sound left a place, and how much of it arrives."""
        distances = np.maximum(np.linalg.norm(self.places_metres - place_metres, axis=-1), _NEAREST_METRES)
        return self.seconds - distances / METRES_PER_SECOND, 1 / distances

    def within(self, noise: Noise) -> tuple["Ear", slice]:
        """The part of the stretch in which a strike can be heard, and which samples it is."""
        middle, radius = self._whereabouts
        distance = float(np.linalg.norm(middle - noise.place_metres))
        first = noise.seconds + max(distance - radius, 0) / METRES_PER_SECOND
        last = noise.seconds + (distance + radius + _NEAREST_METRES) / METRES_PER_SECOND + _RING_SECONDS
        part = slice(*np.searchsorted(self.seconds, [first, last]).tolist())
        return Ear(self.seconds[part], self.places_metres[part]), part

    @cached_property
    def _whereabouts(self) -> tuple[Float[np.ndarray, " 3"], float]:
        """A ball that the microphone stays in."""
        middle = self.places_metres.mean(axis=0)
        return middle, float(np.linalg.norm(self.places_metres - middle, axis=-1).max())


@dataclass(frozen=True)
class Ambience:
    """Noise without end: air that a fan moves, or somebody who talks."""

    seed: int
    place_metres: Float[np.ndarray, " 3"] | Float[np.ndarray, "sample 3"]
    """Where it is; or where it is at each sample."""
    loudness: float
    """Root mean square at a metre."""
    cutoff_hz: float
    """Above about this there is little of it."""
    syllable_seconds: float | None = None
    """How quickly its level changes; None: steady."""

    def heard(self, ear: Ear) -> Float[np.ndarray, " sample"]:
        """What of it arrives at a microphone, without echo."""
        seconds, gain = ear.hears(self.place_metres)
        noise = RandomMotion(2 * self.seed, 1, 0.3 / self.cutoff_hz)
        # Less what was there half a period before: of that, nothing remains at low frequencies.
        sound = noise.drift(seconds)[:, 0] - noise.drift(seconds - 0.5 / self.cutoff_hz)[:, 0]
        if self.syllable_seconds is not None:
            level = RandomMotion(2 * self.seed + 1, 1, self.syllable_seconds).drift(seconds)[:, 0]
            sound = sound * np.clip(0.4 + 2 * level, 0, None)
        return np.asarray(2 * self.loudness * gain * sound)


@dataclass(frozen=True)
class Voice:
    """Somebody who talks, with pauses."""

    seed: int
    person: Person
    loudness: float
    """Root mean square at a metre."""

    def heard(self, ear: Ear) -> Float[np.ndarray, " sample"]:
        """What of it arrives at a microphone, without echo."""
        # On one grid for all stretches, so that the place doesn't jump from one to the next.
        knots = np.arange(np.floor(10 * ear.seconds[0]), np.ceil(10 * ear.seconds[-1]) + 1) / 10
        above_hips = np.array([0.0, 0.0, 0.4 * self.person.body.height_metres])
        mouths = self.person.performance.poses(knots).hips_metres + above_hips
        place = np.stack([np.interp(ear.seconds, knots, axis) for axis in mouths.T], axis=-1)
        there = self.person.performance.present(ear.seconds)
        words = Ambience(self.seed, place, self.loudness, 1500.0, 0.15).heard(ear)
        turns = RandomMotion(self.seed + 1, 1, 1.7).drift(ear.seconds)[:, 0]
        return np.asarray(words * there * np.clip(0.5 + 2 * turns, 0, 1))


@dataclass(frozen=True)
class Noises:
    """All that somebody is heard to do."""

    seed: int
    person: Person

    def heard(self, ear: Ear) -> Float[np.ndarray, " sample"]:
        """What of it arrives at a microphone, without echo."""
        track = np.zeros(len(ear.seconds))
        start, end = float(ear.seconds[0]) - _WAY_SECONDS - _RING_SECONDS, float(ear.seconds[-1])
        for noise in self.person.performance.noises(start, end):
            near, part = ear.within(noise)
            seconds, gain = near.hears(noise.place_metres)
            rng = np.random.default_rng([self.seed, self.person.id, round(noise.seconds * 1e6) % 2**32])
            # No two sound alike, or a strike would be taken for another one.
            stock, shares = _strikes(noise.kind)[rng.choice(_STRIKES, 2, replace=False)], rng.dirichlet((2.0, 2.0))
            strike, pitch = shares @ stock, rng.uniform(*_PITCHES)
            # Strikes begin and end with nothing: what is before and after them is that.
            place = np.clip((seconds - noise.seconds) * _TABLE_HZ * pitch, 0, strike.size - 1)
            left = np.minimum(place.astype(np.int64), strike.size - 2)
            sound = strike[left] + (place - left) * (strike[left + 1] - strike[left])
            track[part] += noise.loudness * _LOUDNESS[noise.kind] * gain * sound
        return track


Source = Ambience | Noises | Voice


def hear(
    world: World,
    camera: Camera,
    rate_hz: int = 16_000,
    *,
    voices: float = 1.0,
    ambience: float = 1.0,
    hiss: float = 1.0,
) -> SoundBlocks:
    """What a camera's microphone records, second by second, on the camera's own clock from 0 to its duration.

    Sound takes its time to where the microphone is, gets weaker with the distance, and echoes a little.

    Args:
        world: Who steps and claps, and where.
        camera: Whose microphone it is; the microphone is where the lens is.
        rate_hz: Samples per second of the camera's clock.
        voices: How loud people talk, against the usual; 0: not at all.
        ambience: How loud what sounds from afar is, against the usual; 0: not there.
        hiss: How loud the recorder's own noise is, against the usual; 0: not there.
    """
    sources: list[Source] = [Noises(world.seed, person) for person in world.people]
    if voices > 0 and len(world.people) <= _MOST_VOICES:
        sources += [Voice(world.seed + 7919 * person.id, person, voices * _VOICE) for person in world.people]
    sources += _ambience(world, camera, ambience)
    return record(sources, camera, rate_hz, seed=world.seed, echo=0.35 if world.place.indoors else 0.12, hiss=hiss)


def record(
    sources: Sequence[Source], camera: Camera, rate_hz: int, *, seed: int, echo: float, hiss: float, block: int | None = None
) -> SoundBlocks:
    """Record sources, as `hear` does those of a world.

    Args:
        sources: What sounds.
        camera: Whose microphone it is.
        rate_hz: Samples per second of the camera's clock.
        seed: Of echo and hiss, which each camera has its own of.
        echo: How strong the first echoes are, against what comes straight.
        hiss: How loud the recorder's own noise is, against the usual.
        block: Samples to a block; a second's by default. The track is the same whatever it is.
    """
    return SoundBlocks(_blocks(sources, camera, rate_hz, seed, echo, hiss, block or rate_hz), rate_hz)


def _blocks(
    sources: Sequence[Source], camera: Camera, rate_hz: int, seed: int, echo: float, hiss: float, block: int
) -> Iterator[Int[np.ndarray, " sample"]]:
    key = zlib.crc32(camera.name.encode())
    delays, strengths = _echoes(np.random.default_rng([seed, key, 7]), echo, rate_hz)
    longest = int(delays.max())
    total = round(camera.clock.duration_seconds * rate_hz)
    for first in range(0, total, block):
        last = min(first + block, total)
        ear = _ear(camera, rate_hz, first - longest, last)
        straight = np.sum([source.heard(ear) for source in sources], axis=0) if sources else np.zeros(last - first + longest)
        track = _HISS * hiss * _white(seed + key, first, last)
        for delay, strength in zip(delays.tolist(), strengths.tolist(), strict=True):
            track += strength * straight[longest - delay : len(straight) - delay]
        yield track.round().clip(-32767, 32767).astype(np.int16)


def _ear(camera: Camera, rate_hz: int, first: int, last: int) -> Ear:
    """The microphone at samples of the camera's clock, counted from its time 0."""
    step = max(rate_hz // _PLACES_HZ, 1)
    samples, knots = np.arange(first, last), np.arange(first // step, last // step + 2) * step
    _, places = camera.mount.view(camera.clock.world_seconds(knots / rate_hz))
    moved = np.stack([np.interp(samples, knots, axis) for axis in places.T], axis=-1)
    return Ear(camera.clock.world_seconds(samples / rate_hz), moved)


def _echoes(
    rng: np.random.Generator, strength: float, rate_hz: int
) -> tuple[Int[np.ndarray, " tap"], Float[np.ndarray, " tap"]]:
    """Delays in samples, and strengths: of what comes straight, and of a few reflections."""
    seconds = np.sort(rng.uniform(0.005, 0.08, 8))
    strengths = strength * np.exp(-seconds / 0.03) * rng.choice([-1, 1], 8)
    return np.concatenate([[0], np.round(seconds * rate_hz).astype(int)]), np.concatenate([[1.0], strengths])


def _white(seed: int, first: int, last: int) -> Float[np.ndarray, " sample"]:
    """Noise of unit variance, about Gaussian, that depends on the number of the sample only."""
    return np.asarray(lattice(seed, np.arange(first, last)[:, None].repeat(3, axis=1)).sum(axis=1))


def _ambience(world: World, camera: Camera, loudness: float) -> tuple[Ambience, ...]:
    """Fans or traffic, and people who talk, outside of where people walk.

    Such sound comes from all around, and what two microphones some metres apart hear of it has nothing in common: the
    field is diffuse. So each camera has an ambience of its own.
    """
    if loudness == 0:
        return ()
    rng = np.random.default_rng([world.seed, zlib.crc32(camera.name.encode()), 8])
    left, right, near, far = world.place.walkable_metres
    center, half = np.array([left + right, near + far]) / 2, np.array([right - left, far - near]) / 2
    found = []
    for height, share, cutoff_hz, syllable_seconds in ((2.5, 0.3, 300.0, None), (1.6, 0.8, 1800.0, 0.12)):
        turn = rng.uniform(-np.pi, np.pi)
        away = (1.2 * half + 2.0) * (np.cos(turn), np.sin(turn))
        level = loudness * share * _AMBIENCE * float(np.hypot(*away))
        seed, place = int(rng.integers(2**31)), np.array([*(center + away), height])
        found.append(Ambience(seed, place, level, cutoff_hz, syllable_seconds))
    return tuple(found)


# ── strikes: a small stock of claps and steps, on a grid so fine that straight lines in between will do ───────────

_STRIKES = 12
_TABLE_HZ = 256_000


@cache
def _strikes(kind: str) -> Float[np.ndarray, "strike instant"]:
    """Pressure over time from the instant of the strike, peaks at 1."""
    rng = np.random.default_rng(zlib.crc32(kind.encode()))
    seconds = np.arange(round(_STRIKE_SECONDS * _TABLE_HZ)) / _TABLE_HZ
    over = np.clip((seconds[-1] - seconds) / 0.05, 0, 1)
    made = []
    for _ in range(_STRIKES):
        if kind == "clap":
            sound = _tones(rng, seconds, 2000, 4800, 40) * _struck(seconds, 0.0005, 0.03)
        else:
            thud = _tones(rng, seconds, 60, 220, 4) * _struck(seconds, 0.004, 0.04)
            scuff = _tones(rng, seconds, 700, 2500, 30) * np.sin(np.pi * np.clip(seconds / 0.09, 0, 1)) ** 2
            sound = thud + rng.uniform(0.1, 0.4) * scuff
        made.append(over * sound / np.abs(sound).max())
    return np.stack(made)


def _tones(
    rng: np.random.Generator, seconds: Float[np.ndarray, " instant"], low_hz: float, high_hz: float, count: int
) -> Float[np.ndarray, " instant"]:
    """Noise within a band: tones of random pitch and phase, of unit variance together."""
    sound = np.zeros(len(seconds))
    for hertz, phase in zip(rng.uniform(low_hz, high_hz, count), rng.uniform(0, 2 * np.pi, count), strict=True):
        sound += np.sin(2 * np.pi * hertz * seconds + phase)
    return np.asarray(sound * np.sqrt(2 / count))


def _struck(
    seconds: Float[np.ndarray, " instant"], attack_seconds: float, decay_seconds: float
) -> Float[np.ndarray, " instant"]:
    """An envelope that rises smoothly and decays exponentially."""
    return np.asarray(np.sin(np.pi / 2 * np.clip(seconds / attack_seconds, 0, 1)) ** 2 * np.exp(-seconds / decay_seconds))
