"""Crowds: nobody touches, nobody moves as no one can, and as many are there as should be."""

import numpy as np
import pytest
from resting import rests

from viewsync.types import InputError
from viewsync.worlds.crowds.crowd import walk_crowd
from viewsync.worlds.crowds.ground import Ground
from viewsync.worlds.places.place import Obstacle

OBSTACLES = (Obstacle((0.0, 0.0), (2.0, 1.0, 1.0), 0.4), Obstacle((-4.0, 2.0), (0.4, 0.4, 3.0)))
STREET = Ground((-8.0, 8.0, -5.0, 5.0), OBSTACLES)
PROFILE = ((0.0, 6), (14.0, 26), (30.0, 7))
SECONDS = 34.0


@pytest.fixture(scope="module")
def crowd():
    return walk_crowd(STREET, SECONDS, PROFILE, seed=3)


def places(paths, seconds):
    """Everybody's place at some instants, nan where not present: (person, instant, 2)."""
    found = np.full((len(paths), len(seconds), 2), np.nan)
    for person, path in enumerate(paths):
        there = path.present(seconds)
        found[person, there] = path.positions(seconds[there])
    return found


def distances(at):
    """Between everybody, at every instant; nan to oneself."""
    apart = np.linalg.norm(at[:, None] - at[None], axis=-1)
    apart[np.arange(len(at)), np.arange(len(at))] = np.nan
    return apart


def test_nobody_touches_anybody_at_any_instant(crowd):
    apart = distances(places(crowd, np.arange(-1, SECONDS + 1, 0.031)))
    assert 0.48 < np.nanmin(apart) < 0.7


def test_nobody_is_in_an_obstacle_or_beyond_the_edge(crowd):
    at = places(crowd, np.arange(-1, SECONDS + 1, 0.03)).reshape(-1, 2)
    at = at[np.isfinite(at[:, 0])]
    assert np.linalg.norm(STREET.gaps(at), axis=-1).min() > 0.29
    assert STREET.depths(at).min() > -0.01


def test_speeds_accelerations_and_turns_are_those_of_people(crowd):
    speeds = np.concatenate([np.linalg.norm(path.velocities_metres_per_second, axis=-1) for path in crowd])
    changes = np.concatenate([np.linalg.norm(np.diff(path.velocities_metres_per_second, axis=0), axis=-1) for path in crowd])
    turns = np.concatenate([np.diff(path.headings_radians) for path in crowd])
    assert speeds.max() < 2.4
    assert np.median(speeds[speeds > 0.3]) == pytest.approx(1.1, abs=0.2)
    assert changes.max() < 0.1 * 2.05
    assert np.abs(turns).max() < 0.1 * 2.01
    # No jitter: next to nobody turns clearly to one side and to the other within three tenths of a second.
    rates = [np.diff(path.headings_radians) / 0.1 for path in crowd]
    flips = np.concatenate(
        [(rate[:-3] * rate[3:] < 0) & (np.minimum(abs(rate[:-3]), abs(rate[3:])) > 0.5) for rate in rates]
    )
    assert flips.mean() < 0.02


def test_positions_are_the_sum_of_the_velocities_and_headings_follow_these(crowd):
    for path in crowd:
        velocities, instants = path.velocities_metres_per_second, path.instants()
        steps = 0.05 * (velocities[1:] + velocities[:-1])
        np.testing.assert_allclose(np.diff(path.positions_metres, axis=0), steps, atol=1e-9)
        speeds = np.linalg.norm(velocities, axis=-1)
        ahead = np.stack([np.cos(path.headings_radians), np.sin(path.headings_radians)], axis=-1)
        np.testing.assert_allclose(velocities, speeds[:, None] * ahead, atol=1e-9)
        assert np.diff(instants) == pytest.approx(0.1)


def test_the_number_of_people_follows_the_profile(crowd):
    seconds = np.arange(0, SECONDS + 0.05, 0.1)
    count = np.isfinite(places(crowd, seconds)[..., 0]).sum(axis=0)
    wanted = np.interp(seconds, *np.array(PROFILE).T)
    assert count[0] == 6
    assert count.max() >= 4 * count[0]
    assert np.abs(count - wanted)[seconds < 14].max() <= 4
    assert np.abs(count - wanted).max() <= 7
    assert count[-1] <= 9


def test_people_come_and_go_over_the_edge_only(crowd):
    for path in crowd:
        ends = STREET.depths(path.positions_metres[[0, -1]])
        assert path.start_seconds == pytest.approx(-1) or ends[0] == pytest.approx(0)
        assert path.end_seconds == pytest.approx(SECONDS + 1) or ends[1] < 0.25


def test_some_meet_some_stop_and_some_walk_side_by_side(crowd):
    assert sum((rests(path) > 2).sum() for path in crowd) >= 4
    seconds = np.arange(0, SECONDS, 0.25)
    at = places(crowd, seconds)
    headings, speeds = np.full(at.shape[:2], np.nan), np.full(at.shape[:2], np.nan)
    for person, path in enumerate(crowd):
        there = path.present(seconds)
        headings[person, there] = path.headings(seconds[there])
        size = np.linalg.norm(path.velocities_metres_per_second, axis=-1)
        speeds[person, there] = np.interp(seconds[there], path.instants(), size)
    close = distances(at) < 1.2
    ahead = np.stack([np.cos(headings), np.sin(headings)], axis=-1)
    toward = (at[None] - at[:, None]) / np.maximum(np.linalg.norm(at[None] - at[:, None], axis=-1), 1e-9)[..., None]
    faces = (toward * ahead[:, None]).sum(axis=-1) > 0.9
    still = speeds < 0.01
    talk = (close & faces & faces.swapaxes(0, 1) & still[:, None] & still[None]).sum(axis=-1)
    assert (talk >= 12).sum() >= 2, "two who face each other for three seconds"
    same_way = (ahead[:, None] * ahead[None]).sum(axis=-1) > 0.95
    walk = (close & same_way & (speeds > 0.7)[:, None] & (speeds > 0.7)[None]).sum(axis=-1)
    assert (walk >= 16).sum() >= 4, "two pairs who walk abreast for four seconds"


def test_a_crowd_repeats_with_its_seed_only():
    one, other, third = (walk_crowd(STREET, 0.5, 3, seed=seed) for seed in (5, 5, 6))
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.positions_metres, b.positions_metres)
        np.testing.assert_array_equal(a.headings_radians, b.headings_radians)
    assert not np.array_equal(one[0].positions_metres[0], third[0].positions_metres[0])


def test_nobody_is_held_up_for_long(crowd):
    walked = [np.linalg.norm(np.diff(path.positions_metres, axis=0), axis=-1).sum() for path in crowd]
    lasted = [path.end_seconds - path.start_seconds for path in crowd]
    assert sum(walked) / sum(lasted) > 0.6
    # Nobody stands for longer than a stop and the wait for a friend take.
    assert max(rests(path).max(initial=0) for path in crowd) < 26


@pytest.mark.parametrize("count", [81, 0, ((0.0, 5), (9.0, 200))])
def test_too_many_people_are_refused_with_the_number_that_fits(count):
    with pytest.raises(InputError, match=r"16 m by 10 m with 2 obstacles: between 1 and 77 can"):
        walk_crowd(STREET, 10.0, count, seed=1)
