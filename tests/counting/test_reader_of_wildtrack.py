"""WILDTRACK and MultiviewX: positions, splits, and the left-handed world of the latter."""

import json
from pathlib import Path

import numpy as np
import pytest
from layouts import INSTANTS, MIDDLE, WIDTH, cameras, ground_at, write_pictures

from viewsync.calibration import write_wildtrack
from viewsync.counting.readers import read_footage
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.ground_maps import GroundMap
from viewsync.geometry.lens import Lens
from viewsync.types import InputError

SAMPLE = Path(__file__).parents[2].parent / "shared" / "data" / "multiviewx_sample"
FULL = Lens(1920, 1080, (1200.0, 1200.0), (959.5, 539.5))
SIZE = (WIDTH, 54)
"""Of the shape of the calibration."""
SOUTH = np.array([0.0, 10.0])


def write_set(folder, multiviewx=False):
    views = cameras("A", "B", "C", lens=FULL)
    write_wildtrack([_published(view) for view in views] if multiviewx else views, folder / "calibrations")
    if multiviewx:
        (folder / "calibrations" / "intrinsic_zero").rename(folder / "calibrations" / "intrinsic")
    for number in range(3):
        write_pictures(folder / "Image_subsets" / f"C{number + 1}", number, name="{:04d}.png", size=SIZE)
    (folder / "annotations_positions").mkdir()
    for instant in range(INSTANTS):
        places = ground_at(instant) - SOUTH if multiviewx else ground_at(instant)
        people = [{"personID": 0, "positionID": position(*place, multiviewx), "views": []} for place in places]
        (folder / "annotations_positions" / f"{5 * instant:08d}.json").write_text(json.dumps(people))


def _published(view):
    """As MultiviewX tells of a camera that is moved to the south: y the other way round, everything behind it, in metres."""
    moved = CalibratedCamera.at(view.name, view.lens, view.rotation, view.position_metres - np.array([*SOUTH, 0.0]))
    mirrored = -moved.rotation @ np.diag([1.0, -1.0, 1.0])
    return CalibratedCamera(moved.name, moved.lens, mirrored, -moved.translation_metres / 100)


def position(x, y, multiviewx):
    if multiviewx:
        return round(x / 0.025) + 1000 * round(-y / 0.025)
    return round((x + 3) / 0.025) + 480 * round((y + 9) / 0.025)


def peak(footage, instant, place):
    """How dense the map is where somebody stands, as a share of the densest cell."""
    column, row = np.rint(footage.place.ground.cells(np.array(place))).astype(int)
    return footage.densities[instant, row, column] / footage.densities[instant].max()


def test_wildtrack(tmp_path):
    write_set(tmp_path)
    training, test = read_footage(tmp_path, size=(48, 28))
    assert (training.split, test.split, training.fps) == ("training", "test", 2.0)
    assert training.place is test.place
    assert training.place.ground == GroundMap(-3.0, -9.0, 0.4, 30, 90)
    assert np.append(training.counts, test.counts) == pytest.approx([4, 4, 3, 0], abs=1e-3)
    assert peak(training, 0, ground_at(0)[2]) > 0.5
    assert [pictures[1].mean() for pictures in training.pictures] == [30, 70, 110]
    assert len(training.pictures[0]) + len(test.pictures[0]) == INSTANTS


def test_who_stands_on_the_ground_is_in_all_views_of_multiviewx(tmp_path):
    write_set(tmp_path, multiviewx=True)
    training, _ = read_footage(tmp_path, size=(48, 28))
    assert training.place.ground.rows == 40
    assert peak(training, 0, ground_at(0)[2] - SOUTH) > 0.5
    (column, row) = np.rint(training.place.ground.cells(MIDDLE - SOUTH)).astype(int)
    assert training.place.seen[:, row, column].all()
    assert training.place.sampling[:, row, column] == pytest.approx(0, abs=0.4)


def test_what_does_not_fit_is_named(tmp_path):
    write_set(tmp_path)
    (tmp_path / "Image_subsets" / "C2" / "0003.png").unlink()
    with pytest.raises(InputError, match="4 instants are annotated, but there are pictures: C1 4, C2 3, C3 4"):
        read_footage(tmp_path)
    for path in (tmp_path / "Image_subsets" / "C2").iterdir():
        path.unlink()
    (tmp_path / "Image_subsets" / "C2").rmdir()
    with pytest.raises(InputError, match=r"2 views \(C1, C3\), but calibrations of 3 \(A, B, C\)"):
        read_footage(tmp_path)


def test_pictures_of_another_shape_than_the_calibrations_are_refused(tmp_path):
    write_set(tmp_path)
    for number in range(3):
        folder = tmp_path / "Image_subsets" / f"C{number + 1}"
        for path in folder.iterdir():
            path.unlink()
        write_pictures(folder, number, name="{:04d}.png")
    with pytest.raises(InputError, match="1920 × 1080 pixels, but its video has 96 × 64"):
        read_footage(tmp_path)


def test_every_views_pictures_are_held_against_its_calibration(tmp_path):
    write_set(tmp_path)
    folder = tmp_path / "Image_subsets" / "C2"
    for path in folder.iterdir():
        path.unlink()
    write_pictures(folder, 1, name="{:04d}.png")
    with pytest.raises(InputError, match=r"B.*1920 × 1080 pixels, but its video has 96 × 64"):
        read_footage(tmp_path)


def test_damaged_annotations_are_named(tmp_path):
    write_set(tmp_path)
    (tmp_path / "annotations_positions" / "00000005.json").write_text('[{"personID": 3}]')
    with pytest.raises(InputError, match=r"00000005\.json can't be read.*positionID"):
        read_footage(tmp_path, size=(48, 28))


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample of MultiviewX isn't here")
def test_the_sample_of_multiviewx():
    training, test = read_footage(SAMPLE, size=(160, 88))
    assert training.place.views == tuple(f"Camera{number}" for number in range(1, 7))
    assert (len(training.densities), len(test.densities)) == (9, 1)
    first = json.loads((SAMPLE / "annotations_positions" / "00001.json").read_text())
    assert training.counts[0] == pytest.approx(len(first), abs=0.01)
    # Everybody is in the picture of those views, and of no others, that tell a box of them.
    ids = np.array([person["positionID"] for person in first])
    places = np.stack([ids % 1000, -(ids // 1000)], axis=-1) * 0.025
    columns, rows = np.rint(training.place.ground.cells(places)).astype(int).T
    boxed = np.array([[view["xmin"] >= 0 for view in person["views"]] for person in first])
    seen = training.place.seen[:, rows, columns].T
    assert np.mean(seen == boxed) > 0.9
