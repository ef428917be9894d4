"""A camera's film, its sightings, masks and depth; and truth against it. One world, filmed in this process."""

import json
import os
import shutil
import subprocess
import sys

import av
import cv2
import numpy as np
import pytest

from viewsync.calibration import read_aniposelib, read_moving, read_wildtrack
from viewsync.media.probe import probe
from viewsync.worlds.clock import TICKS_PER_SECOND
from viewsync.worlds.filming import film
from viewsync.worlds.movie import SoundBlocks, write_movie
from viewsync.worlds.people.joints import COCO17, JOINTS
from viewsync.worlds.presets import preset_named
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.scene_folder import movie_path, remove_unfinished, sightings_path
from viewsync.worlds.sightings_file import read_sightings
from viewsync.worlds.truth.calibration import write_calibration
from viewsync.worlds.truth.clocks import read_clocks, write_clocks
from viewsync.worlds.truth.human36m import HUMAN36M_17, write_human36m
from viewsync.worlds.truth.joints import write_coco, write_joints_3d

# Before any picture is drawn: an LLVM that comes with torch and that of Mesa get on in this order only.
pytest.importorskip("anny")

pytestmark = pytest.mark.opengl
SIZE = (256, 144)
COCO = [JOINTS.index(name) for name in COCO17]


def filmed(tmp_path_factory, preset, **wishes):
    """A world, and the folder with its films and its truth."""
    folder = tmp_path_factory.mktemp(preset)
    asked = Wishes(size=SIZE, people=2, readout_seconds=0.0, **wishes)
    world = preset_named(preset).build(f"{preset}-0000", 4, asked)
    for camera in world.cameras:
        film(world, camera, folder, lambda done, whole: None, masks=True, depth=True)
    write_clocks(world.cameras, folder / "clocks.json")
    for write in (write_calibration, write_coco, write_joints_3d, write_human36m):
        write(world, folder)
    return world, folder


@pytest.fixture(scope="session")
def by_hand(tmp_path_factory):
    """Moving cameras, with all faults that clocks can have."""
    faults = {"fps": 29.97, "max_offset_seconds": 1.0, "max_rate_ppm": 300.0, "jitter_share": 0.4, "dropped_share": 0.2}
    return filmed(tmp_path_factory, "pair", seconds=0.4, **faults)


@pytest.fixture(scope="session")
def on_tripods(tmp_path_factory):
    return filmed(tmp_path_factory, "walker", seconds=0.2, fps=10.0)


@pytest.fixture(params=["by_hand", "on_tripods"])
def scene(request):
    return request.getfixturevalue(request.param)


def test_a_film_read_back_gives_its_clocks(scene):
    world, folder = scene
    clocks = read_clocks(folder / "clocks.json")
    for camera in world.cameras:
        video = probe(folder / clocks[camera.name].file).video
        assert (video.width, video.height) == SIZE
        assert np.abs(video.pts_seconds * TICKS_PER_SECOND - clocks[camera.name].ticks).max() < 0.5


def test_there_is_a_mask_and_a_depth_for_every_frame(scene):
    world, folder = scene
    for camera in world.cameras:
        count = len(camera.clock.ticks())
        for kind in ("masks", "depth"):
            names = sorted(path.name for path in (folder / kind / camera.name).iterdir())
            assert names == [f"{frame:06d}.png" for frame in range(count)]
        mask, depth = (
            cv2.imread(str(folder / kind / camera.name / "000000.png"), cv2.IMREAD_UNCHANGED) for kind in ("masks", "depth")
        )
        assert mask.dtype == depth.dtype == np.uint16
        assert mask.shape == depth.shape == SIZE[::-1]
        assert set(np.unique(mask)) <= {0, *(person.id for person in world.people)}
        # People stand between half a metre and 20 m away.
        if mask.any():
            assert 500 < np.median(depth[mask > 0]) < 20_000


def test_visible_joints_lie_on_their_persons_mask(scene):
    world, folder = scene
    hits = []
    for camera in world.cameras:
        for number, sightings in read_sightings(sightings_path(camera, folder)):
            mask = cv2.imread(str(folder / "masks" / camera.name / f"{number:06d}.png"), cv2.IMREAD_UNCHANGED)
            # Of COCO: toes and heels are at the very edge, which coarse bodies cut short.
            rows, joints = np.nonzero(sightings.joints_visible[:, COCO])
            x, y = np.round(sightings.joints_pixels[:, COCO][rows, joints]).astype(int).T
            hits += (mask[y, x] == sightings.people[rows]).tolist()
    assert len(hits) > 50
    assert np.mean(hits) >= 0.97


def annotations(folder, camera):
    """COCO's key points by frame and person."""
    content = json.loads((folder / "coco" / f"{camera}.json").read_text())
    return {(a["image_id"], a["track_id"]): np.reshape(a["keypoints"], (17, 3)) for a in content["annotations"]}


def test_joints_in_space_project_onto_those_in_the_picture(scene):
    _, folder = scene
    first = read_moving(folder / "calibration" / "cameras.json")[0]
    shown, compared = annotations(folder, "cam1"), 0
    for frame in json.loads((folder / "joints3d.json").read_text())["frames"]:
        for person in frame["people"]:
            projected = first.at_frame(frame["frame"]).project(np.array(person["joints_metres"])[COCO])
            points = shown.get((frame["frame"], person["id"]))
            if points is not None:
                there = points[:, 2] > 0
                assert np.abs(projected - points[:, :2])[there].max(initial=0) < 0.01
                compared += there.sum()
    assert compared > 50


@pytest.mark.parametrize("read", ["aniposelib", "wildtrack"])
def test_cameras_that_stand_are_in_every_format(on_tripods, read):
    world, folder = on_tripods
    calibration = folder / "calibration"
    cameras = (
        read_aniposelib(calibration / "Calib.toml")
        if read == "aniposelib"
        else read_wildtrack(calibration, intrinsics="intrinsic_original", size=SIZE)
    )
    assert [camera.name for camera in cameras] == [camera.name for camera in world.cameras]
    joints = {
        (frame["frame"], person["id"]): np.array(person["joints_metres"])
        for frame in json.loads((folder / "joints3d.json").read_text())["frames"]
        for person in frame["people"]
    }
    # All three cameras take their pictures at the same instants, so what holds for the first holds for all.
    for camera in cameras:
        for key, points in annotations(folder, camera.name).items():
            there = points[:, 2] > 0
            assert np.abs(camera.project(joints[key][COCO]) - points[:, :2])[there].max(initial=0) < 0.01


def test_cameras_that_move_have_no_calibration_for_good(by_hand):
    _, folder = by_hand
    assert [path.name for path in (folder / "calibration").iterdir()] == ["cameras.json"]
    assert "cameras" not in np.load(folder / "human36m" / "labels.npy", allow_pickle=True).item()


def test_human36m_projects_as_its_readers_do(on_tripods):
    """With OpenCV, from R, t, K and dist, in millimetres."""
    world, folder = on_tripods
    labels = np.load(folder / "human36m" / "labels.npy", allow_pickle=True).item()
    order = [HUMAN36M_17.index(name) for name in COCO17 if name in HUMAN36M_17]
    theirs = [i for i, name in enumerate(COCO17) if name in HUMAN36M_17]
    for number, camera in enumerate(world.cameras):
        shown = annotations(folder, camera.name)
        for row in labels["table"]:
            points = shown.get((int(row["frame_idx"]), int(row["subject_idx"]) + 1))
            if points is None:
                assert not row["bbox_by_camera_tlbr"][number].any()
                continue
            real = labels["cameras"][row["subject_idx"], number]
            turn, _ = cv2.Rodrigues(real["R"].astype(np.float64))
            keypoints = row["keypoints"][order].astype(np.float64)
            pixels, _ = cv2.projectPoints(keypoints, turn, real["t"], real["K"].astype(np.float64), real["dist"])
            there = points[theirs, 2] > 0
            assert np.abs(pixels[:, 0] - points[theirs, :2])[there].max(initial=0) < 0.01


def test_what_is_filmed_is_not_filmed_again(on_tripods, tmp_path):
    world, folder = on_tripods
    shutil.copytree(folder, tmp_path / "scene")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "scene").rglob("*")}

    def never(done, whole):
        raise AssertionError

    film(world, world.cameras[0], tmp_path / "scene", never, masks=True, depth=True)
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "scene").rglob("*")}


def test_a_film_that_breaks_off_leaves_nothing(on_tripods, tmp_path):
    world, _ = on_tripods

    def stop(done, whole):
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        film(world, world.cameras[0], tmp_path, stop)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_progress_tells_every_frame(on_tripods, tmp_path):
    world, folder = on_tripods
    told = []
    film(world, world.cameras[1], tmp_path, lambda done, whole: told.append((done, whole)))
    assert told == [(0, 2), (1, 2), (2, 2)]
    # A film depends on nothing but the world and the camera, masks or not.
    name = movie_path(world.cameras[1], folder).name
    assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_left_over_files_go(tmp_path):
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / ".viewsync-123.png").touch()
    (tmp_path / "cam1.mp4").touch()
    remove_unfinished(tmp_path)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["cam1.mp4"]


MOVIE = """
import hashlib, sys
from pathlib import Path
import cv2, numpy as np
from viewsync.worlds.movie import write_movie
seen = cv2.resize(np.random.default_rng(0).integers(0, 255, (20, 24, 3)).astype(np.uint8), (756, 460))
frames = ((3000 * i, np.ascontiguousarray(seen[i : i + 380, i : i + 676])) for i in range(30))
write_movie(Path(sys.argv[1]), frames, (676, 380), 30, reproducible=sys.argv[2] == "True")
print(hashlib.sha256(Path(sys.argv[1]).read_bytes()).hexdigest())
"""


def test_a_movie_does_not_depend_on_what_was_in_memory_before(tmp_path):
    """It would: x264 reads some memory that it hasn't written."""
    command = [sys.executable, "-c", MOVIE, str(tmp_path / "a.mp4"), "True"]
    fillings = [os.environ | {"MALLOC_PERTURB_": filling} for filling in ("1", "170")]
    first, second = (subprocess.run(command, env=env, capture_output=True, text=True, check=True) for env in fillings)
    assert first.stdout == second.stdout


def test_sound_and_pictures_lie_side_by_side_in_the_file(tmp_path):
    """Neither is kept in memory until the other is there."""
    asked = []

    def blocks():
        for second in range(20):
            asked.append(("sound", second))
            yield np.full(16_000, 100, np.int16)

    def frames():
        for number in range(200):
            asked.append(("picture", number / 10))
            yield 9000 * number, np.full((64, 64, 3), number, np.uint8)

    write_movie(tmp_path / "a.mp4", frames(), (64, 64), 10, sound=SoundBlocks(blocks()))
    reached = {"sound": 0.0, "picture": 0.0}
    for kind, seconds in asked:
        reached[kind] = seconds
        assert abs(reached["sound"] - reached["picture"]) <= 1.1
    with av.open(tmp_path / "a.mp4") as container:
        assert len({packet.stream.type for packet in container.demux()}) == 2
