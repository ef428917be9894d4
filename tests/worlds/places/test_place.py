"""What a place refuses."""

import pytest

from viewsync.types import InputError
from viewsync.worlds.places.place import Place


@pytest.mark.parametrize(
    ("kind", "walkable_metres", "said"),
    [
        ("street", (0.0, 7.0, 0.0, 20.0), "7 m long along x, but must be 8 to 150 m"),
        ("lawn", (0.0, 20.0, 0.0, 151.0), "151 m long along y, but must be 4 to 150 m"),
        ("lab", (0.0, 0.0, 0.0, 4.0), "0 m long along x, but must be 2 to 40 m"),
        ("theatre", (2.0, -2.0, 0.0, 4.0), "-4 m long along x, but must be 3 to 40 m"),
        ("room", (0.0, 4.0, 0.0, float("nan")), "nan m long along y"),
    ],
)
def test_ground_that_is_too_small_or_too_large_is_refused(kind, walkable_metres, said):
    with pytest.raises(InputError, match=said):
        Place(kind, 1, walkable_metres)


def test_walls_that_are_too_near_are_refused():
    with pytest.raises(InputError, match=r"margin_metres is 0\.5, but must be 1\.5 to 12 m"):
        Place("lab", 1, (0.0, 4.0, 0.0, 4.0), margin_metres=0.5)


def test_rooms_are_indoors():
    assert Place("lab", 1, (0.0, 4.0, 0.0, 4.0)).indoors
    assert not Place("plaza", 1, (0.0, 4.0, 0.0, 4.0)).indoors
