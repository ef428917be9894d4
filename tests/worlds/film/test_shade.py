from dataclasses import replace

import numpy as np
import pytest
from dolls import WHITE, camera, doll, plane, world

from viewsync.worlds.film.shot import shoot
from viewsync.worlds.places.scenery import Lamp, Scenery

pytestmark = pytest.mark.opengl

SUN = Lamp(np.array([0.6, 0.0, 0.8]), (1.0, 1.0, 1.0), 0.5, shadows=True)
GROUND = plane((-20, -20, 0), (40, 0, 0), (0, 40, 0), WHITE, 40, ground=True)
FILMING = camera(position=(0, -5, 4), target=(0, 0, 0))


def brightness(people, lamps, *places):
    """Of the ground at places, relative to the ground without anybody."""
    look = Scenery((GROUND,), lamps, (0.4, 0.4, 0.4), ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)))
    pictures = [next(shoot(world(who, FILMING), FILMING, scenery=look)).picture for who in (people, [])]
    (rotation,), (position,) = FILMING.mount.view(np.zeros(1))
    column, row = np.round(FILMING.lens.project((np.array(places, float) - position) @ rotation.T)).astype(int).T
    shaded, bare = (picture[row, column, 1].astype(float) for picture in pictures)
    return shaded / bare


def test_a_shadow_falls_away_from_the_sun():
    # What is 0.8 m high casts its shadow 0.6 m away.
    below, away, toward, beyond = brightness([doll(1, (0, 0, 0))], (SUN,), (-0.5, 0, 0), (-1, 0, 0), (1, 0, 0), (-1.6, 0, 0))
    assert below == pytest.approx(0.5, abs=0.06)
    assert away == pytest.approx(0.5, abs=0.06)
    assert toward == pytest.approx(1, abs=0.02)
    assert beyond == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("height", [0.25, 0.5, 0.9])
def test_shadows_of_a_low_sun_are_as_dark_as_those_of_a_high_one(height):
    sun = replace(SUN, toward=np.array([np.sqrt(1 - height**2), 0.0, height]), intensity=0.4 / height)
    assert brightness([doll(1, (0, 0, 0))], (sun,), (-0.3, 0, 0)) == pytest.approx([0.5], abs=0.06)


def test_shadows_of_two_do_not_add_up():
    people = [doll(1, (0, 0, 0)), doll(2, (0.4, 0, 0))]
    assert brightness(people, (SUN,), (-0.6, 0, 0)) == pytest.approx([0.5], abs=0.06)


def test_feet_darken_the_ground_in_any_light():
    near, far = brightness([doll(1, (0, 0, 0))], (replace(SUN, shadows=False),), (-0.2, 0, 0), (-0.8, 0, 0))
    assert near < 0.9
    assert far == pytest.approx(1, abs=0.01)


def test_a_lamp_in_the_room_casts_shadows_away_from_itself():
    lamp = Lamp(np.array([0.0, 0.0, 3.4]), (1.0, 1.0, 1.0), 0.5, near=True, shadows=True)
    away, toward = brightness([doll(1, (1, 0, 0))], (lamp,), (1.6, 0, 0), (0.4, 0, 0))
    assert away < 0.6
    assert toward == pytest.approx(1, abs=0.02)
