"""Places of cameras, and of the published maps."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from layouts import HEIGHT, LENS, WIDTH, camera, cameras, write_city_geometry

from viewsync.counting.places import PUBLISHED, Place, place_of, published_place
from viewsync.geometry.epipolar import homogeneous
from viewsync.geometry.ground_maps import GroundMap, field_of_view
from viewsync.types import InputError

PUBLISHED_CITY = Path(__file__).parents[2].parent / "shared" / "data" / "mvms_geometry" / "CityStreet"
GROUND = GroundMap(-2.0, 1.0, 0.5, 16, 14)


@pytest.fixture(scope="module")
def place():
    return place_of(cameras("a", "b", "c"), GROUND, WIDTH, HEIGHT, "here")


def test_a_place_says_where_each_view_shows_the_ground(place):
    assert place.views == ("a", "b", "c")
    assert place.sampling.shape == (3, 14, 16, 2)
    assert place.depths.shape == (3, HEIGHT // 4, WIDTH // 4)
    row, column = 6, 7
    point = GROUND.middles(1.75)[row, column]
    pixel = camera("b", 130.0).project(point)
    assert place.sampling[1, row, column] == pytest.approx(2 * (pixel + 0.5) / (WIDTH, HEIGHT) - 1, abs=1e-5)
    assert place.seen[:, row, column].all()


def test_a_place_does_not_depend_on_the_pictures_size_but_in_pixels(place):
    small = place_of(cameras("a", "b", "c"), GROUND, WIDTH // 2, HEIGHT // 2, "here")
    assert small.sampling == pytest.approx(place.sampling, abs=1e-5)
    assert small.depths.shape == (3, HEIGHT // 8, WIDTH // 8)
    # Pixel (x, y) of the large pictures is ((x + ½) / 2 − ½, …) of the small ones.
    views = cameras("a", "b")
    head = np.array([2.5, 5.0, 1.75])
    pixels = [(one.project(head) + 0.5) / 2 - 0.5 for one in views]
    a, b = (homogeneous(pixel) for pixel in pixels)
    assert a @ small.fundamental[0, 1] @ b == pytest.approx(0, abs=1e-6)
    assert abs(a @ place.fundamental[0, 1] @ b) > 1e-3


@pytest.mark.parametrize(
    ("views", "ground", "size", "words"),
    [
        (cameras("a"), GROUND, (WIDTH, HEIGHT), "1 view"),
        (cameras("a", "b"), GroundMap(500.0, 500.0, 0.5, 4, 4), (WIDTH, HEIGHT), "a, b sees nothing"),
        (cameras("a", "b"), GROUND, (WIDTH, WIDTH), "96 × 64 pixels.*96 × 96"),
        (cameras("a", "b"), GROUND, (94, 62), "multiples of 4"),
        ([camera("a", 20.0), camera("twin", 20.0)], GROUND, (WIDTH, HEIGHT), "a and twin stand at the same place"),
    ],
)
def test_what_cannot_be_a_place_says_why(views, ground, size, words):
    with pytest.raises(InputError, match=words):
        place_of(views, ground, *size, "here")


def test_cameras_without_overlap_are_named():
    down = np.diag([1.0, -1.0, -1.0])
    apart = [replace(camera(name, 0.0), rotation=down, translation_metres=np.array([x, 0.0, 8.0])) for name, x in
             (("left", 0.0), ("right", -40.0))]  # fmt: skip
    with pytest.raises(InputError, match="no two of the views left, right"):
        place_of(apart, GroundMap(-10.0, -10.0, 1.0, 60, 20), WIDTH, HEIGHT, "here")


def test_published_maps_are_read_back(tmp_path):
    write_city_geometry(tmp_path / "deep" / "down")
    found = published_place(tmp_path, "CityStreet")
    known = PUBLISHED["CityStreet"]
    straight = place_of(
        [replace(one, lens=LENS.scaled(*known.picture)) for one in cameras("view1", "view2", "view3")],
        known.cells.pooled(4), *known.picture, "CityStreet",
    )  # fmt: skip
    assert found.ground == straight.ground
    assert found.fundamental is None
    assert (found.seen == straight.seen).all()
    assert found.sampling[found.seen] == pytest.approx(straight.sampling[found.seen], abs=1e-5)
    assert np.median(np.abs(np.log(found.depths / straight.depths))) < 0.01
    smaller = published_place(tmp_path, "CityStreet", size=(96, 64))
    assert smaller.depths.shape == (3, 16, 24)


def test_missing_and_wrong_published_maps_are_named(tmp_path):
    with pytest.raises(InputError, match=r"no file called view1_correspondence_forth\.npz"):
        published_place(tmp_path, "PETS2009")
    np.savez(tmp_path / "view1_correspondence_forth.npz", np.zeros((2, 7)))
    with pytest.raises(InputError, match=r"\(2, 7\).*\(2, 26904\)"):
        published_place(tmp_path, "PETS2009")
    (tmp_path / "view1_correspondence_forth.npz").write_bytes(b"PK no")
    with pytest.raises(InputError, match="can't be read as NumPy's"):
        published_place(tmp_path, "PETS2009")


@pytest.mark.skipif(not PUBLISHED_CITY.exists(), reason="the published maps aren't here")
def test_the_published_place_of_citystreet():
    place = published_place(PUBLISHED_CITY, "CityStreet")
    assert isinstance(place, Place)
    assert place.sampling.shape == (3, 192, 160, 2)
    assert place.depths.shape == (3, 95, 169)
    assert 0.2 < field_of_view(place.sampling).mean() < 0.9
    # Half a kilometre of street at most, and nobody nearer than a camera is high.
    assert 5 < np.median(place.depths) < 100
