import numpy as np
import pytest

from viewsync.worlds.film.light import Light
from viewsync.worlds.places.scenery import Lamp, Scenery

NOON = Lamp(np.array([0.0, 0.6, 0.8]), (1.0, 0.5, 0.0), 0.5)
BULB = Lamp(np.array([3.0, 0.0, 4.0]), (1.0, 1.0, 1.0), 1.0, near=True)
SKY = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


def lit(lamps, ambient, point, normal):
    light = Light(Scenery((), lamps, ambient, SKY))
    arrays = (np.array([values], np.float32) for values in (point, normal))
    return light.colors(*arrays, np.full((1, 3), 200, np.uint8))[0].tolist()


def test_the_sun_on_the_ground_and_on_what_faces_away():
    assert lit((NOON,), (0.0, 0.0, 0.0), (0, 0, 0), (0, 0, 1)) == [80, 40, 0]
    assert lit((NOON,), (0.0, 0.0, 0.0), (0, 0, 0), (0, -1, 0)) == [0, 0, 0]


def test_a_lamp_in_the_room_shines_from_where_it_hangs():
    assert lit((BULB,), (0.0, 0.0, 0.0), (0, 0, 0), (0, 0, 1)) == [160] * 3
    assert lit((BULB,), (0.0, 0.0, 0.0), (3, 0, 0), (0, 0, 1)) == [200] * 3


def test_light_from_everywhere_comes_rather_from_above():
    assert lit((), (0.5, 0.5, 0.5), (0, 0, 0), (0, 0, 1)) == [100] * 3
    assert lit((), (0.5, 0.5, 0.5), (0, 0, 0), (1, 0, 0)) == [75] * 3


def test_light_does_not_wrap_around():
    assert lit((NOON, BULB), (1.0, 1.0, 1.0), (0, 0, 0), (0, 0, 1)) == [255] * 3


def test_share_of_a_shadow():
    light = Light(Scenery((), (BULB,), (0.2, 0.2, 0.2), SKY))
    assert light.shadow_share(BULB, np.zeros(3)) == pytest.approx(0.8)
