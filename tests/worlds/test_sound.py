"""What microphones hear: the right instants to far below a sample, whatever the blocks, the clock and the way."""

from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
import pytest
from scipy.signal import correlate, welch

import viewsync
from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.cameras.lens import Lens
from viewsync.worlds.clock import CameraClock, truth
from viewsync.worlds.motions.skeleton import JOINTS, Poses
from viewsync.worlds.movie import write_movie
from viewsync.worlds.people.body import Body
from viewsync.worlds.people.clothes import Clothes
from viewsync.worlds.people.person import Noise, Person
from viewsync.worlds.places.place import Place
from viewsync.worlds.sound import METRES_PER_SECOND, Ambience, Noises, Voice, hear, record
from viewsync.worlds.world import World

RATE_HZ = 16_000
QUIET = {"voices": 0.0, "ambience": 0.0, "hiss": 0.0}


@dataclass(frozen=True)
class Rail:
    """A mount that moves along a straight line."""

    start_metres: tuple[float, float, float]
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def view(self, seconds):
        places = np.array(self.start_metres) + seconds[:, None] * np.array(self.velocity)
        return np.broadcast_to(np.eye(3), (len(seconds), 3, 3)), places


@dataclass(frozen=True)
class Heard:
    """Somebody of whom only the noises matter."""

    all_noises: list[Noise] = field(default_factory=list)

    def noises(self, start_seconds, end_seconds):
        return [noise for noise in self.all_noises if start_seconds <= noise.seconds < end_seconds]

    def present(self, seconds):
        raise NotImplementedError

    def poses(self, seconds):
        raise NotImplementedError

    def actions(self, seconds):
        raise NotImplementedError


def person(id, *noises):
    unseen = object.__new__(Body), object.__new__(Clothes)
    return Person(id, *unseen, Heard([Noise(kind, seconds, np.array(at), 1.0) for kind, seconds, at in noises]))


@dataclass(frozen=True)
class Standing(Heard):
    """Somebody who is always there, and makes no noise but talks."""

    at_metres: tuple[float, float] = (0.0, 0.0)

    def present(self, seconds):
        return np.ones(len(seconds), bool)

    def poses(self, seconds):
        turns = np.broadcast_to(np.array([0.0, 0.0, 0.0, 1.0]), (len(seconds), len(JOINTS), 4))
        return Poses(np.tile((*self.at_metres, 0.85), (len(seconds), 1)), turns)


def standing(at_metres):
    body = object.__new__(Body)
    object.__setattr__(body, "height_metres", 1.6)
    return Person(1, body, object.__new__(Clothes), Standing([], at_metres))


@dataclass(frozen=True)
class Strolling(Standing):
    """Somebody whose mouth goes up and down as they walk, and who talks."""

    def poses(self, seconds):
        poses = super().poses(seconds)
        way = np.stack([1.3 * seconds, 0 * seconds, 0.04 * np.sin(4 * np.pi * seconds)], axis=-1)
        return replace(poses, hips_metres=poses.hips_metres + way)


def strolling():
    return replace(standing((0.0, 0.0)), performance=Strolling())


def world(*people, seed=1, kind="room"):
    return World("test", seed, 60.0, Place(kind, 2, (-4.0, 4.0, -4.0, 4.0)), people, ())


def camera(name="a", at=(5.0, 0.0, 1.5), velocity=(0.0, 0.0, 0.0), **clock):
    clock = {"duration_seconds": 4.0} | clock
    return Camera(name, Lens(64, 36, (50.0, 50.0), (31.5, 17.5)), Rail(at, velocity), CameraClock(1, **clock), hears=True)


def samples(sound):
    return np.concatenate(list(sound.blocks))


def lag_seconds(a, b):
    """By how much b comes later than a, to a small part of a sample."""
    likeness = correlate(b.astype(float), a.astype(float), method="fft")
    peak = int(np.argmax(likeness))
    left, middle, right = likeness[peak - 1 : peak + 2]
    return (peak - (len(a) - 1) + 0.5 * (left - right) / (left - 2 * middle + right)) / RATE_HZ


def onset_seconds(track):
    return np.flatnonzero(np.abs(track.astype(float)) > 3)[0] / RATE_HZ


CLAP = person(1, ("clap", 2.0, (0.5, 1.0, 1.2)))
WALK = person(2, *(("step", 0.3 + 0.55 * i, (-3 + 0.7 * i, 0.4, 0.0)) for i in range(8)))


def test_two_cameras_hear_a_clap_apart_by_clock_offset_and_way():
    near, far = camera("near", (1.5, 1.0, 1.2), offset_seconds=0.21), camera("far", (0.5, 13.0, 1.2), offset_seconds=1.1003)
    heard = [samples(hear(world(CLAP), eye, voices=0.0, ambience=0.0)) for eye in (near, far)]
    way = (12.0 - 1.0) / METRES_PER_SECOND
    assert lag_seconds(*heard) == pytest.approx(0.21 - 1.1003 + way, abs=1e-4)


def test_a_hundredth_of_a_sample_shows():
    first, later = (samples(hear(world(CLAP), camera(offset_seconds=o), **QUIET)) for o in (0.5, 0.5 + 0.01 / RATE_HZ))
    assert lag_seconds(first, later) * RATE_HZ == pytest.approx(-0.01, abs=0.003)


def test_a_clap_is_sharp_high_and_short():
    track = samples(hear(world(CLAP), camera(at=(1.5, 1.0, 1.2)), **QUIET)).astype(float)
    first = round((2.0 + 1 / METRES_PER_SECOND) * RATE_HZ)
    assert not track[: first - 1].any()
    assert np.abs(track[first : first + RATE_HZ // 1000]).max() > 0.3 * np.abs(track).max()
    hertz, power = welch(track[first : first + 4000], RATE_HZ, nperseg=512)
    assert power[(hertz > 1900) & (hertz < 5000)].sum() > 0.9 * power.sum()
    energy = np.cumsum(track[first:] ** 2)
    assert np.searchsorted(energy, 0.9 * energy[-1]) < 0.06 * RATE_HZ


def test_strikes_die_away_however_deep():
    instants = 0.2 + 0.4 * np.arange(20)
    for kind in ("clap", "step"):
        struck = person(1, *((kind, seconds, (0.5, 1.0, 1.2)) for seconds in instants))
        eye = camera(at=(0.5, 1.3, 1.2), duration_seconds=8.5)
        track = samples(record([Noises(1, struck)], eye, RATE_HZ, seed=1, echo=0.0, hiss=0.0)).astype(int)
        for seconds in instants:
            (heard,) = np.nonzero(track[round(seconds * RATE_HZ) : round((seconds + 0.4) * RATE_HZ)])
            assert abs(track[round(seconds * RATE_HZ) + heard[-1]]) <= 3


def test_sound_gets_weaker_with_the_distance_and_steps_are_weaker_than_claps():
    loud, soft = (
        np.abs(samples(hear(world(CLAP), camera(at=(0.5, y, 1.2)), **QUIET)).astype(float)).max() for y in (3.0, 9.0)
    )
    assert loud / soft == pytest.approx(4.0, rel=0.1)
    step = person(3, ("step", 2.0, (0.5, 1.0, 1.2)))
    assert np.abs(samples(hear(world(step), camera(at=(0.5, 3.0, 1.2)), **QUIET)).astype(float)).max() < 0.25 * loud


def test_two_sources_sound_as_their_sum():
    eye = camera()
    both, one, other = (samples(hear(world(*cast), eye, **QUIET)).astype(int) for cast in ((CLAP, WALK), (CLAP,), (WALK,)))
    assert np.abs(both - one - other).max() <= 2
    assert one.any()
    assert other.any()


def test_the_blocks_do_not_matter():
    eye = camera(velocity=(0.4, 1.0, 0.0), offset_seconds=0.123, rate_ppm=40.0)
    hall = Ambience(5, np.array([8.0, 3.0, 2.0]), 900.0, 1800.0, 0.12)
    sources = [hall, Noises(1, CLAP), Noises(1, WALK), Voice(3, strolling(), 30_000.0)]
    tracks = [samples(record(sources, eye, RATE_HZ, seed=1, echo=0.3, hiss=1.0, block=b)) for b in (None, 777, 100_000)]
    assert tracks[0].std() > 20
    for other in tracks[1:]:
        np.testing.assert_allclose(tracks[0], other, atol=1)
    whole, parts = (record([], eye, RATE_HZ, seed=1, echo=0.3, hiss=1.0, block=b) for b in (None, 999))
    np.testing.assert_array_equal(samples(whole), samples(parts))


def test_a_fast_clock_is_heard_as_such():
    claps = person(1, ("clap", 1.0, (0.0, 0.0, 1.0)), ("clap", 59.0, (0.0, 0.0, 1.0)))
    lasted = []
    for rate_ppm in (0.0, 100.0):
        track = samples(hear(world(claps), camera(duration_seconds=60.0, rate_ppm=rate_ppm), **QUIET))
        half = len(track) // 2
        lasted.append(onset_seconds(track[half:]) + half / RATE_HZ - onset_seconds(track))
    assert lasted[0] == pytest.approx(58.0, abs=2e-4)
    assert lasted[1] == pytest.approx(58.0 / 1.0001, abs=2e-4)


def test_a_microphone_hears_where_it_is_when_the_sound_arrives():
    eye = camera(at=(2.0, 0.0, 1.2), velocity=(10.0, 0.0, 0.0))
    track = samples(hear(world(person(1, ("clap", 2.0, (0.0, 0.0, 1.2)))), eye, **QUIET))
    # 2 + 10 t away when it arrives: t - 2 = (2 + 10 t) / 343.
    assert onset_seconds(track) == pytest.approx((2 * METRES_PER_SECOND + 2) / (METRES_PER_SECOND - 10), abs=2e-4)


def test_without_sources_there_is_silence_and_each_recorder_has_its_own_hiss():
    silent = samples(hear(world(), camera(), **QUIET))
    assert len(silent) == 4 * RATE_HZ
    assert not silent.any()
    hisses = [samples(hear(world(), camera(name), ambience=0.0)).astype(float) for name in "ab"]
    assert [hiss.std() for hiss in hisses] == pytest.approx([4, 4], rel=0.05)
    assert abs(np.corrcoef(hisses)[0, 1]) < 0.02


def test_ambience_is_each_cameras_own_and_repeats_with_its_seed_only():
    eyes = camera("a", (4.0, 0.0, 1.5)), camera("b", (-4.0, 0.0, 1.5))
    a, b = (samples(hear(world(), eye, hiss=0.0)) for eye in eyes)
    assert 8 < a.std() < 80
    # Sound from all around has nothing in common where microphones are metres apart.
    spectra = np.fft.rfft(a.astype(float), 2 * a.size) * np.fft.rfft(b.astype(float), 2 * a.size).conj()
    assert np.abs(np.fft.irfft(spectra)).max() < 0.2 * a.size * a.std() * b.std()
    np.testing.assert_array_equal(a, samples(hear(world(), eyes[0], hiss=0.0)))
    assert abs(np.corrcoef(a, samples(hear(world(seed=2), eyes[0], hiss=0.0)))[0, 1]) < 0.2
    halls, meadows = (samples(hear(world(CLAP, kind=kind), eyes[0], **QUIET)).astype(float) for kind in ("lab", "lawn"))
    assert (halls**2).sum() > 1.03 * (meadows**2).sum()


def test_somebody_who_talks_is_heard_from_where_they_are():
    talker, eyes = standing((0.5, 1.0)), (camera("a", (4.5, 1.0, 1.5)), camera("b", (-1.5, 1.0, 1.5), offset_seconds=0.5))
    a, b = (samples(hear(world(talker), eye, ambience=0.0, hiss=0.0)) for eye in eyes)
    assert lag_seconds(a, b) == pytest.approx(-0.5 - 2 / METRES_PER_SECOND, abs=0.001)


def test_sound_comes_second_by_second_however_long_the_recording():
    long = hear(world(), camera(duration_seconds=1e7))
    assert [len(block) for block in islice(long.blocks, 3)] == [RATE_HZ] * 3


def test_sync_finds_the_offset_of_two_films_by_their_sound(tmp_path):
    people = (
        person(1, *(("clap", s, (0.3, 0.2, 1.2)) for s in (2.1, 3.7, 5.2, 8.4, 9.1, 12.6))),
        person(2, *(("step", 0.2 + 0.53 * i, (-3 + 0.2 * i, -1.0, 0.0)) for i in range(28))),
    )
    eyes = (
        camera("left", (-3.0, -4.0, 1.5), duration_seconds=12.0, offset_seconds=0.3),
        camera("right", (4.0, -3.0, 1.5), duration_seconds=12.0, offset_seconds=1.9537),
    )
    gray = np.full((36, 64, 3), 128, np.uint8)
    for eye in eyes:
        frames = ((int(ticks), gray) for ticks in eye.clock.ticks())
        write_movie(tmp_path / f"{eye.name}.mp4", frames, (64, 36), 30, sound=hear(world(*people), eye, voices=0.0))
    timeline = viewsync.sync([tmp_path / "left.mp4", tmp_path / "right.mp4"], cues=("audio",), reference="left")
    found = timeline.by_id["right"]
    assert found.offset_seconds is not None
    offset_seconds, _ = truth(eyes[0].clock, eyes[1].clock)
    assert found.offset_seconds == pytest.approx(offset_seconds, abs=0.005 + np.hypot(7, 1) / METRES_PER_SECOND)


def test_claps_of_one_person_differ_and_stay_what_they_are():
    eye = camera(at=(0.5, 3.0, 1.2))
    two = person(1, ("clap", 1.0, (0.5, 1.0, 1.2)), ("clap", 3.0, (0.5, 1.0, 1.2)))
    track = samples(hear(world(two), eye, **QUIET)).astype(float)
    first, second = track[RATE_HZ : RATE_HZ + 4000], track[3 * RATE_HZ : 3 * RATE_HZ + 4000]
    assert np.corrcoef(first, second)[0, 1] < 0.5
    later = replace(eye, clock=replace(eye.clock, offset_seconds=0.5))
    np.testing.assert_allclose(samples(hear(world(two), later, **QUIET))[: 2 * RATE_HZ], track[8000:40_000], atol=1)
