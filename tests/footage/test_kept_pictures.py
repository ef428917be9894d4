"""Pictures that are made once."""

from pathlib import Path

import numpy as np
import pytest

import viewsync
from viewsync.counting.readers import kept as counting
from viewsync.footage import kept_pictures
from viewsync.footage.kept_pictures import Shelf
from viewsync.pose3d.readers import kept as pose3d
from viewsync.types import InputError

PICTURES = [np.full((4, 6), level, np.uint8) for level in (10, 200)]


@pytest.fixture
def shelf(tmp_path, monkeypatch) -> Shelf:
    monkeypatch.setenv("VIEWSYNC_CACHE", str(tmp_path))
    return Shelf("anything", ())


def kept(shelf, pictures, key="film"):
    return shelf.pictures(key, 2, (3, 2), pictures, "making", lambda *_: None)


def test_pictures_are_asked_for_once(shelf):
    made = kept(shelf, PICTURES)
    assert made.shape == (2, 2, 3)
    assert made[:, 0, 0].tolist() == [10, 200]
    np.testing.assert_array_equal(kept(shelf, iter(())), made)
    with pytest.raises(InputError, match="making: 2 frames are needed, but there are 0"):
        kept(shelf, iter(()), key="another film")


def test_all_code_that_pictures_depend_on_is_found():
    for pattern in (*kept_pictures._DECODING, *counting._SHELF.made_by, *pose3d._SHELF.made_by):
        assert list(Path(viewsync.__file__).parent.glob(pattern)), pattern


def test_other_code_makes_other_pictures():
    assert kept_pictures._code(("footage/kept_pictures.py",)) != kept_pictures._code(("footage/clip.py",))
