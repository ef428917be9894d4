"""Rendered worlds: what is read agrees with what the world's own formats tell. Films are made up, not rendered."""

import json

import h5py
import numpy as np
import pytest
from layouts import HEIGHT, WIDTH, camera

from viewsync.counting.readers import read_footage
from viewsync.counting.readers.kept import pooled
from viewsync.geometry.ground_maps import GroundMap
from viewsync.types import InputError
from viewsync.worlds.cameras.camera import Camera, Shutter
from viewsync.worlds.cameras.mount import Static
from viewsync.worlds.clock import CameraClock
from viewsync.worlds.movie import write_movie
from viewsync.worlds.people.joints import JOINTS
from viewsync.worlds.places.place import Place
from viewsync.worlds.scene_folder import movie_path, sightings_path
from viewsync.worlds.sightings import Sightings
from viewsync.worlds.sightings_file import SightingsWriter
from viewsync.worlds.truth.instants import world_seconds
from viewsync.worlds.truth.scene import write_scene_truth
from viewsync.worlds.world import GroundMap as WorldMap
from viewsync.worlds.world import World

GRID = WorldMap(-2.0, 1.0, 0.1, 80, 80)
FPS, SECONDS = 5.0, 2.0


def filming(name, degrees, **clock):
    view = camera(name, degrees)
    told = {"seed": 1, "fps": FPS, "duration_seconds": SECONDS, **clock}
    return Camera(name, view.lens, Static.of(view), CameraClock(**told), Shutter())


def write_scene(folder, *cameras, truth=("calibration", "density"), empty=()):
    world = World("made", 1, SECONDS, Place("plaza", 1, (-2.0, 6.0, 1.0, 9.0)), (), cameras, GRID)
    for number, one in enumerate(cameras):
        ticks = one.clock.ticks().tolist()
        shades = [np.full((HEIGHT, WIDTH, 3), 60 + 30 * number + 12 * at, np.uint8) for at in range(len(ticks))]
        movie_path(one, folder).parent.mkdir(parents=True, exist_ok=True)
        write_movie(movie_path(one, folder), zip(ticks, shades, strict=True), (WIDTH, HEIGHT), one.clock.fps)
        write_sightings(one, folder, empty)
    write_scene_truth(world, folder, truth)


def write_sightings(one, folder, empty):
    """Three people who walk along x; the third is hidden from everybody, the second leaves the picture."""
    path = sightings_path(one, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    view = camera(one.name, {"cam1": 20.0, "cam2": 130.0}[one.name])
    with SightingsWriter(path) as writer:
        for frame, second in enumerate(world_seconds(one)):
            count = 0 if frame in empty else 3
            ground = np.array([[1.0, 4.0], [3.0, 6.0], [2.0, 5.0]])[:count] + np.array([1.2 * second, 0.0])
            head = np.column_stack([ground, np.full(count, 1.7)])
            metres = np.repeat(head[:, None], len(JOINTS), axis=1)
            pixels = view.project(metres)
            pixels[1:2] += 500.0 if one.name == "cam1" else 0.0
            writer.append(
                Sightings(
                    np.full(count, frame),
                    np.arange(1, count + 1),
                    ground,
                    np.zeros((count, 4)),
                    np.array([0.9, 0.4, 0.05])[:count],
                    metres,
                    pixels,
                    np.ones((count, len(JOINTS)), dtype=bool),
                )
            )


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scene")
    write_scene(folder, filming("cam1", 20.0), filming("cam2", 130.0), empty=(4,))
    return folder


def test_a_scene_is_what_its_density_files_tell(scene):
    (footage,) = read_footage(scene)
    assert (footage.name, footage.split, footage.place.views) == (scene.name, "training", ("cam1", "cam2"))
    assert footage.fps == pytest.approx(FPS)
    assert footage.place.ground == GroundMap(-2.0, 1.0, 0.4, 20, 20)
    with h5py.File(scene / "density" / "groundplane_dmap_10.h5") as file:
        maps = file["density_maps"][..., 0]
    assert footage.densities == pytest.approx(np.stack([pooled(whole) for whole in maps]), abs=1e-6)
    assert footage.counts == pytest.approx([2, 2, 2, 2, 0, 2, 2, 2, 2, 2], abs=1e-3)
    for view, pictures in enumerate(footage.pictures, start=1):
        with h5py.File(scene / "density" / f"view{view}_dmap_10.h5") as file:
            assert (pictures == file["images"][..., 0]).all()


def test_people_are_where_they_stand(scene):
    (footage,) = read_footage(scene, ground=GroundMap(-10.0, -10.0, 0.05, 400, 400))
    # At 0.2 m a cell, and after a second: at (2.2, 4) and (4.2, 6).
    density = footage.densities[5]
    columns, rows = footage.place.ground.cells(np.array([[2.2, 4.0], [4.2, 6.0]])).round().astype(int).T
    assert density[rows, columns] == pytest.approx(density.max(), rel=0.1)
    assert density.sum() == pytest.approx(2, abs=1e-3)


def test_pictures_may_be_smaller(scene):
    (own,), (footage,) = read_footage(scene), read_footage(scene, size=(48, 32))
    assert footage.pictures[0].shape == (10, 32, 48)
    assert footage.place.sampling == pytest.approx(own.place.sampling, abs=1e-5)
    assert np.abs(footage.pictures[1].mean(axis=(1, 2)) - own.pictures[1].mean(axis=(1, 2))).max() < 1


def test_what_was_made_once_is_kept(scene):
    told = []
    read_footage(scene, size=(24, 16), progress=lambda *report: told.append(report))
    assert told[-1] == (scene.name, 10, 10)
    told.clear()
    (footage,) = read_footage(scene, size=(24, 16), progress=lambda *report: told.append(report))
    assert not told
    assert isinstance(footage.pictures[0], np.memmap)


def test_cameras_of_different_clocks_show_the_same_instant(tmp_path):
    # The second camera begins two frames later.
    write_scene(tmp_path, filming("cam1", 20.0), filming("cam2", 130.0, offset_seconds=0.4))
    (footage,) = read_footage(tmp_path)
    assert len(footage.densities) == 8
    grays = [pictures.mean(axis=(1, 2)) for pictures in footage.pictures]
    assert grays[0] == pytest.approx(60 + 12 * np.arange(2, 10), abs=3)
    assert grays[1] == pytest.approx(90 + 12 * np.arange(8), abs=3)


def test_without_density_the_ground_is_where_people_walk(tmp_path):
    write_scene(tmp_path, filming("cam1", 20.0), filming("cam2", 130.0), truth=("calibration",))
    (footage,) = read_footage(tmp_path)
    # From (1, 4) to (3 + 1.2 · 1.8, 6), in cells of 0.4 m.
    assert tuple(vars(footage.place.ground).values()) == pytest.approx((0.8, 4.0, 0.4, 11, 6))
    assert footage.counts == pytest.approx(2, abs=1e-3)


def write_worlds(folder, **splits):
    scenes = [{"name": name, "split": split} for name, split in splits.items()]
    (folder / "manifest.json").write_text(json.dumps({"schema": "viewsync.worlds/1", "scenes": scenes}))


def test_scenes_without_density_have_one_ground(tmp_path):
    write_scene(tmp_path / "long", filming("cam1", 20.0), filming("cam2", 130.0), truth=("calibration",))
    # Only at first is anybody there.
    write_scene(
        tmp_path / "short", filming("cam1", 20.0), filming("cam2", 130.0), truth=("calibration",), empty=range(1, 10)
    )
    write_scene(tmp_path / "told", filming("cam1", 20.0), filming("cam2", 130.0))
    write_worlds(tmp_path, long="train", short="train", told="test")
    long, short, told = (footage.place.ground for footage in read_footage(tmp_path))
    assert short == long == read_footage(tmp_path / "long")[0].place.ground
    assert read_footage(tmp_path / "short")[0].place.ground != long
    assert told == GroundMap(-2.0, 1.0, 0.4, 20, 20)


def test_worlds_tell_what_their_scenes_are_for(tmp_path):
    for name in ("one", "two"):
        write_scene(tmp_path / name, filming("cam1", 20.0), filming("cam2", 130.0))
    write_worlds(tmp_path, one="val", two="test")
    found = read_footage(tmp_path)
    assert [(footage.name, footage.split) for footage in found] == [("one", "validation"), ("two", "test")]


def test_what_a_scene_lacks_is_named(tmp_path):
    write_scene(tmp_path, filming("cam1", 20.0), filming("cam2", 130.0), truth=())
    with pytest.raises(InputError, match=r"no calibration/cameras\.json"):
        read_footage(tmp_path)
    write_scene(tmp_path, filming("cam1", 20.0), filming("cam2", 130.0))
    (tmp_path / "sightings" / "cam2.npy").unlink()
    with pytest.raises(InputError, match=r"lacks sightings/cam2\.npy"):
        read_footage(tmp_path, ground=GroundMap(0.0, 0.0, 0.1, 80, 80))
    (tmp_path / "cam1.mp4").unlink()
    with pytest.raises(InputError, match="lacks the film or the calibration of cam1"):
        read_footage(tmp_path)
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(InputError, match="neither scenes nor cameras"):
        read_footage(tmp_path)


def test_cameras_that_never_meet_are_refused(tmp_path):
    late = filming("cam2", 130.0, offset_seconds=50.0)
    write_scene(tmp_path, filming("cam1", 20.0), late, truth=("calibration",))
    with pytest.raises(InputError, match="no instant of which all of cam1, cam2"):
        read_footage(tmp_path)
