"""Pictures with marked heads: where on the ground people are, and what must be there."""

import json

import numpy as np
import pytest
from layouts import (
    INSTANTS,
    PEOPLE,
    cameras,
    ground_at,
    heads_at,
    write_city,
    write_pets,
)

from viewsync.counting.readers import read_footage
from viewsync.counting.readers.annotated import standing
from viewsync.counting.readers.kept import kept_pictures
from viewsync.types import InputError

SIZE = (48, 32)


def standing_of(heads, views):
    """As seen from some views; those seen by nobody are left out."""
    at = [np.stack([view.on_plane(view.project(heads), height) for view in views]) for height in (1.56, 1.95)]
    return standing(*at)


def test_pictures_of_one_view_are_of_one_size(tmp_path, monkeypatch):
    monkeypatch.setenv("VIEWSYNC_CACHE", str(tmp_path))
    pictures = [np.full(shape, 9, np.uint8) for shape in ((4, 6), (6, 4))]
    with pytest.raises(InputError, match=r"cam1: picture 1 isn't of the first one's size \(6 × 4 and 4 × 6 pixels\)"):
        kept_pictures("key", 2, (3, 2), pictures, "cam1", lambda *_: None)


def test_who_is_seen_twice_stands_where_the_views_agree():
    assert standing_of(heads_at(0), cameras("a", "b", "c")) == pytest.approx(PEOPLE, abs=1e-6)
    assert standing_of(heads_at(0), cameras("a", "b")) == pytest.approx(PEOPLE, abs=1e-6)


def test_standing_is_a_search_among_heights():
    """As a slow twin finds it, for heads that no two views agree on."""
    views, rng = cameras("a", "b", "c"), np.random.default_rng(0)
    pixels = [view.project(heads_at(0)) + rng.normal(0, 1, (4, 2)) for view in views]
    at = [
        np.stack([view.on_plane(seen, height) for view, seen in zip(views, pixels, strict=True)]) for height in (1.56, 1.95)
    ]
    at[0][0, 1] = np.nan
    expected = []
    for person in range(4):
        seen = [number for number in range(3) if not (person == 1 and number == 0)]
        tried = []
        for millimetres in range(1560, 1960, 10):
            points = np.array([views[number].on_plane(pixels[number][person], millimetres / 1000) for number in seen])
            tried.append((np.square(points - points.mean(axis=0)).sum(), *points.mean(axis=0)))
        expected.append(min(tried)[1:])
    assert standing(*at) == pytest.approx(np.array(expected), abs=1e-6)


def test_who_is_seen_once_is_an_average_person():
    heads = np.array([[*PEOPLE[0], 1.75], [*PEOPLE[1], 1.9]])
    (view,) = cameras("a")
    found = standing_of(heads, [view])
    assert found[0] == pytest.approx(PEOPLE[0], abs=1e-6)
    # The taller one is seen along the same ray, but farther from the camera, lower.
    assert found[1] == pytest.approx(view.on_plane(view.project(heads[1]), 1.75), abs=1e-6)
    assert np.linalg.norm(found[1] - PEOPLE[1]) > 0.1


def test_who_is_seen_by_nobody_is_not_there():
    nobody = np.full((2, 3, 2), np.nan)
    assert standing(nobody, nobody).shape == (0, 2)
    assert standing(np.zeros((2, 0, 2)), np.zeros((2, 0, 2))).shape == (0, 2)


def dense_at(footage, instant, places):
    columns, rows = np.rint(footage.place.ground.cells(places)).astype(int).T
    return footage.densities[instant, rows, columns] / footage.densities[instant].max()


def test_citystreet(tmp_path):
    write_city(tmp_path, first=1234)
    training, test = read_footage(tmp_path, size=SIZE)
    assert (training.split, test.split, training.fps) == ("training", "test", 1.0)
    assert training.place.views == ("camera1", "camera3", "camera4")
    assert training.counts == pytest.approx([4, 4], abs=1e-3)
    assert test.counts == pytest.approx([3, 0], abs=1e-3)
    assert (dense_at(training, 1, ground_at(1)) > 0.5).all()
    assert [pictures[1].mean() for pictures in test.pictures] == [50, 90, 130]


@pytest.mark.parametrize(("clip", "split"), [("Train/S1L3/14_17", "training"), ("S1L2/14_06", "test")])
def test_pets(tmp_path, clip, split):
    # The views but the first tell of two people that they see them in the corner, where nobody is.
    write_pets(tmp_path, clip, skip=(0, 1))
    (footage,) = read_footage(tmp_path, size=SIZE)
    assert (footage.split, footage.fps, len(footage.densities)) == (split, 7.0, INSTANTS)
    assert footage.place.views == ("View_001", "View_002", "View_003")
    assert footage.counts == pytest.approx([4, 4, 3, 0], abs=1e-3)
    assert (dense_at(footage, 0, ground_at(0)[2:]) > 0.5).all()


def test_what_is_missing_is_named(tmp_path):
    write_city(tmp_path)
    labels = tmp_path / "labels" / "via_region_data_view2.json"
    told = json.loads(labels.read_text())
    (tmp_path / "image_frames" / "camera3" / "frame_0002.png").unlink()
    with pytest.raises(InputError, match="frame 2 isn't annotated in every view, or camera3 has no picture of it"):
        read_footage(tmp_path)
    labels.write_text(json.dumps({name: told[name] for name in list(told)[:2]}))
    with pytest.raises(InputError, match="frame 2 isn't annotated in every view"):
        read_footage(tmp_path)
    labels.write_text('{"frame_0000.jpg": {"regions": {"0": {}}}}')
    with pytest.raises(InputError, match=r"via_region_data_view2\.json can't be read.*shape_attributes"):
        read_footage(tmp_path)
    labels.unlink()
    with pytest.raises(InputError, match=r"annotations of 2 views, but .* of 3: camera1, camera3, camera4"):
        read_footage(tmp_path)
    (tmp_path / "calibration.toml").unlink()
    with pytest.raises(InputError, match=r"neither PETS2009's View_001\.xml nor anything called calibration"):
        read_footage(tmp_path)


def test_a_view_without_calibration_is_named(tmp_path):
    write_city(tmp_path)
    (tmp_path / "image_frames" / "camera4").rename(tmp_path / "image_frames" / "camera7")
    with pytest.raises(InputError, match="camera7 has no calibration; there are those of camera1, camera3, camera4"):
        read_footage(tmp_path)


def test_a_folder_without_footage_says_what_was_looked_for(tmp_path):
    with pytest.raises(InputError, match=r"manifest\.json.*Image_subsets.*groundplane.*via_region_data_view"):
        read_footage(tmp_path)
    with pytest.raises(InputError, match="is no folder"):
        read_footage(tmp_path / "nowhere")
