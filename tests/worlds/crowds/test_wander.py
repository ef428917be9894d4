"""A few people in a small space: always there, never touching, standing now and then."""

import numpy as np
import pytest
from resting import rests

from viewsync.types import InputError
from viewsync.worlds.crowds.ground import Ground
from viewsync.worlds.crowds.wander import wander
from viewsync.worlds.places.place import Obstacle

ROOM = Ground((-3.0, 3.0, -2.5, 2.5), (Obstacle((0.0, 0.5), (1.6, 0.8, 0.8)),))
AWAY = Ground((1.0, 7.0, -3.0, 3.0))


@pytest.mark.parametrize(("ground", "people"), [(ROOM, 1), (ROOM, 6), (AWAY, 8)])
def test_they_stay_and_never_touch(ground, people):
    paths = wander(ground, people, 20.0, seed=3)
    assert len(paths) == people
    seconds = np.arange(-1, 21, 0.04)
    assert all(path.present(np.array([-0.99, 20.99])).all() for path in paths)
    at = np.stack([path.positions(seconds) for path in paths])
    assert ground.depths(at).min() > -0.01
    assert np.linalg.norm(ground.gaps(at), axis=-1).min(initial=1) > 0.29
    apart = np.linalg.norm(at[:, None] - at[None], axis=-1) + 9 * np.eye(people)[..., None]
    assert apart.min() > 0.48
    # Everybody gets about.
    assert all(np.ptp(path, axis=0).max() > 1.5 for path in at)


def test_everybody_stops_here_and_there():
    for path in wander(ROOM, 3, 60.0, seed=1):
        long = rests(path)[rests(path) > 2]
        assert len(long) >= 2
        assert long.max() < 13


def test_it_repeats_with_its_seed_only():
    one, other, third = (wander(ROOM, 2, 3.0, seed=seed)[1].positions_metres for seed in (7, 7, 8))
    np.testing.assert_array_equal(one, other)
    assert not np.array_equal(one, third)


def test_too_many_are_refused():
    with pytest.raises(InputError, match=r"15 people can't walk .* between 1 and 13 can"):
        wander(ROOM, 15, 5.0, seed=1)
