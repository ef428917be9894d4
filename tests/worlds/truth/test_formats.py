"""Every format, read back as its readers read it."""

import json

import h5py
import numpy as np
import pytest
from made_scene import HEIGHT, WIDTH, camera, world, write_sightings

from viewsync.types import InputError
from viewsync.worlds.movie import write_movie
from viewsync.worlds.people.joints import COCO17, JOINTS
from viewsync.worlds.scene_folder import movie_path
from viewsync.worlds.truth.boxes import _told, write_mot, write_self_mva, write_wildtrack
from viewsync.worlds.truth.density import density_map, write_density
from viewsync.worlds.truth.formats import FORMATS, require_known
from viewsync.worlds.truth.human36m import HUMAN36M_17, write_human36m
from viewsync.worlds.truth.joints import OPENPOSE18, write_coco, write_joints_3d, write_openpose
from viewsync.worlds.truth.observations import Observations
from viewsync.worlds.truth.scene import write_scene_truth


@pytest.fixture
def scene(tmp_path):
    scene = world()
    write_sightings(scene, tmp_path, empty_frames=(4,))
    return scene


def film(scene, folder):
    for filming in scene.cameras:
        ticks = filming.clock.ticks().tolist()
        frames = [(tick, np.full((HEIGHT, WIDTH, 3), 20 * i, np.uint8)) for i, tick in enumerate(ticks)]
        write_movie(movie_path(filming, folder), frames, (WIDTH, HEIGHT), filming.clock.fps)


def test_coco_has_every_frame_and_everybody_in_the_picture(scene, tmp_path):
    write_coco(scene, tmp_path)
    for filming in scene.cameras:
        content = json.loads((tmp_path / "coco" / f"{filming.name}.json").read_text())
        assert [image["id"] for image in content["images"]] == list(range(10))
        assert content["images"][3]["pts_seconds"] == pytest.approx(0.3)
        annotations = content["annotations"]
        assert len({annotation["id"] for annotation in annotations}) == len(annotations)
        assert {annotation["image_id"] for annotation in annotations} == set(range(10)) - {4}
        first = annotations[0]
        assert first["track_id"] == 1
        assert first["bbox"] == [60, 20, 20, 60]
        points = np.reshape(first["keypoints"], (17, 3))
        assert points[:, 2].tolist() == [2] * 9 + [1] + [2] * 7
        assert first["num_keypoints"] == 17
        assert content["categories"][0]["keypoints"] == list(COCO17)


def test_coco_of_a_detector_knows_nobody(scene, tmp_path):
    write_coco(scene, tmp_path, as_detected=True)
    annotations = json.loads((tmp_path / "coco-detected" / "cam1.json").read_text())["annotations"]
    assert annotations
    assert all("track_id" not in annotation and 0 < annotation["score"] < 1 for annotation in annotations)


def test_openpose_has_a_file_per_frame_in_its_own_order(scene, tmp_path):
    write_openpose(scene, tmp_path)
    write_coco(scene, tmp_path)
    files = sorted((tmp_path / "openpose" / "cam1_json").iterdir())
    assert [path.name for path in files] == [f"cam1_{frame:012d}_keypoints.json" for frame in range(10)]
    assert json.loads(files[4].read_text())["people"] == []
    person = json.loads(files[0].read_text())["people"][0]
    points = np.reshape(person["pose_keypoints_2d"], (18, 3))
    coco = np.reshape(json.loads((tmp_path / "coco" / "cam1.json").read_text())["annotations"][0]["keypoints"], (17, 3))
    for name, (x, y, confidence) in zip(OPENPOSE18, points, strict=True):
        if name in COCO17:
            theirs = coco[COCO17.index(name)]
            assert [x, y, confidence] == ([*theirs[:2], 1] if theirs[2] == 2 else [0, 0, 0])


def test_joints_in_space_are_those_of_the_first_camera(scene, tmp_path):
    write_joints_3d(scene, tmp_path)
    content = json.loads((tmp_path / "joints3d.json").read_text())
    assert content["joints"] == list(JOINTS)
    assert [frame["frame"] for frame in content["frames"]] == [frame for frame in range(10) if frame != 4]
    person = content["frames"][2]["people"][1]
    assert person["id"] == 2
    assert person["ground_metres"] == pytest.approx([1.2, 4.0])
    assert np.shape(person["joints_metres"]) == (len(JOINTS), 3)


def test_mot_rows_count_frames_from_1(scene, tmp_path):
    write_mot(scene, tmp_path)
    rows = np.loadtxt(tmp_path / "mot" / "cam2.txt", delimiter=",")
    assert rows.shape[1] == 9
    assert rows[0] == pytest.approx([1, 1, 60, 20, 20, 60, 1, 1, 0.9])
    assert set(rows[:, 0]) == set(range(1, 11)) - {5}
    write_mot(scene, tmp_path, as_detected=True)
    detections = np.loadtxt(tmp_path / "mot-detected" / "cam2.txt", delimiter=",")
    assert (detections[:, [1, 8]] == -1).all()


def test_self_mva_tells_camera_and_track(scene, tmp_path):
    write_self_mva(scene, tmp_path)
    content = json.loads((tmp_path / "self-mva" / "detections.json").read_text())
    assert list(content) == [str(frame) for frame in range(10)]
    assert content["4"] == []
    assert content["0"] == [
        [60, 20, 20, 60, 1, 0],
        [-0.5, 20, 10.5, 60, 2, 0],
        [60, 20, 20, 60, 1, 1],
        [-0.5, 20, 10.5, 60, 2, 1],
    ]
    write_self_mva(scene, tmp_path, as_detected=True)
    found = json.loads((tmp_path / "self-mva-detected" / "detections.json").read_text())
    assert {row[4] for rows in found.values() for row in rows} == {-1}


def test_boxes_of_which_rounding_leaves_nothing_are_left_out():
    boxes = np.array([[5.0, 5.0, 5.004, 60.0], [5.0, 5.0, 25.0, 60.0]])
    people = Observations(
        3, np.array([1, 2]), boxes, np.ones(2), np.zeros((2, 4, 2)), np.zeros((2, 4), int), np.zeros((2, 4))
    )
    assert [*_told(people)] == [(2, [5.0, 5.0, 20.0, 55.0], 1.0)]


def test_wildtrack_counts_places_on_its_own_grid(scene, tmp_path):
    write_wildtrack(scene, tmp_path)
    assert json.loads((tmp_path / "wildtrack" / "grid.json").read_text())["columns"] == 480
    files = sorted((tmp_path / "wildtrack" / "annotations_positions").iterdir())
    assert [path.name for path in files] == ["00000000.json", "00000005.json"]
    people = json.loads(files[0].read_text())
    # WILDTRACK: x = -3 + 0.025 · (id mod 480), y = -9 + 0.025 · (id div 480). The third person is off the grid.
    places = [(-3 + 0.025 * (p["positionID"] % 480), -9 + 0.025 * (p["positionID"] // 480)) for p in people]
    assert np.allclose(places, [(3.0, 0.0), (1.0, 4.0)], atol=0.026)
    assert [person["personID"] for person in people] == [0, 1]
    assert people[0]["views"][1] == {"viewNum": 1, "xmax": 80, "xmin": 60, "ymax": 80, "ymin": 20}


def test_wildtrack_marks_who_is_not_seen(tmp_path):
    scene = world(camera(), camera("late", offset_seconds=0.4))
    write_sightings(scene, tmp_path)
    write_wildtrack(scene, tmp_path)
    people = json.loads((tmp_path / "wildtrack" / "annotations_positions" / "00000000.json").read_text())
    assert people[0]["views"][1] == {"viewNum": 1, "xmax": -1, "xmin": -1, "ymax": -1, "ymin": -1}
    assert people[0]["views"][0]["xmin"] == 60


def test_density_maps_sum_to_the_people_they_show(scene, tmp_path):
    film(scene, tmp_path)
    write_density(scene, tmp_path)
    for view in (1, 2):
        with h5py.File(tmp_path / "density" / f"view{view}_dmap_10.h5") as file:
            assert file["images"].shape == file["density_maps"].shape == (10, HEIGHT, WIDTH, 1)
            assert file["images"].dtype == np.uint8
            assert file["images"][6].mean() == pytest.approx(120, abs=4)
            sums = file["density_maps"][:].sum(axis=(1, 2, 3))
            assert sums[4] == 0
            assert sums[0] == pytest.approx(round(float(sums[0])), abs=1e-3)
            assert 1 <= sums[0] <= 2.001
            assert file["world_seconds"][:] == pytest.approx(0.1 * np.arange(10))
    with h5py.File(tmp_path / "density" / "groundplane_dmap_10.h5") as file:
        maps = file["density_maps"][:]
        assert maps.shape == (10, 360, 120, 1)
        row, column = np.unravel_index(maps[9, ..., 0].argmax(), (360, 120))
        assert (-3 + 0.1 * (column + 0.5), -9 + 0.1 * (row + 0.5)) == (
            pytest.approx(3.9, abs=0.11),
            pytest.approx(0, abs=0.11),
        )


def test_density_leaves_out_instants_that_a_camera_missed(tmp_path):
    scene = world(camera(), camera("late", offset_seconds=0.4))
    write_sightings(scene, tmp_path)
    film(scene, tmp_path)
    write_density(scene, tmp_path)
    with h5py.File(tmp_path / "density" / "view2_dmap_10.h5") as file:
        assert file["world_seconds"][:] == pytest.approx(0.4 + 0.1 * np.arange(6))
        assert file["images"][2].mean() == pytest.approx(40, abs=4)


def test_cameras_that_share_no_instant_have_empty_maps(tmp_path):
    scene = world(camera(), camera("later", offset_seconds=5.0))
    write_sightings(scene, tmp_path)
    film(scene, tmp_path)
    write_scene_truth(scene, tmp_path, tuple(FORMATS))
    with h5py.File(tmp_path / "density" / "view1_dmap_10.h5") as file:
        assert file["images"].shape == (0, HEIGHT, WIDTH, 1)
        assert len(file["world_seconds"]) == 0


@pytest.mark.parametrize("point", [(0.0, 0.0), (159.0, 95.0), (80.0, 50.0)])
def test_a_person_counts_one_wherever_on_the_map(point):
    found = density_map(np.array([point]), WIDTH, HEIGHT)
    assert found.sum() == pytest.approx(1, abs=1e-4)
    assert np.unravel_index(found.argmax(), found.shape) == (int(point[1]), int(point[0]))


def test_off_the_map_nobody_counts():
    assert density_map(np.array([[-1.0, 5.0], [200.0, 5.0]]), WIDTH, HEIGHT).sum() == 0


def test_human36m_labels_are_those_of_learnable_triangulation(scene, tmp_path):
    write_human36m(scene, tmp_path)
    labels = np.load(tmp_path / "human36m" / "labels.npy", allow_pickle=True).item()
    table, cameras = labels["table"], labels["cameras"]
    assert table["keypoints"].shape[1:] == (17, 3)
    assert set(table["subject_idx"]) == {0, 1, 2}
    assert set(table["frame_idx"]) == set(range(10)) - {4}
    early = table[(table["frame_idx"] == 0) & (table["subject_idx"] == 1)][0]
    late = table[(table["frame_idx"] == 9) & (table["subject_idx"] == 1)][0]
    assert labels["action_names"][early["action_idx"]] == "stand"
    assert labels["action_names"][late["action_idx"]] == "wave1"
    assert early["keypoints"][HUMAN36M_17.index("pelvis")] == pytest.approx([1000, 4000, 1000])
    top, left, bottom, right = early["bbox_by_camera_tlbr"][0]
    assert bottom - top == right - left == 60
    behind = table[table["subject_idx"] == 2]
    assert (behind["bbox_by_camera_tlbr"] == 0).all()
    # The camera's own middle is at 0 in its axes: R · C + t = 0.
    center = np.array([[3000.0], [-12000.0], [2000.0]])
    assert cameras["R"][0, 1] @ center + cameras["t"][0, 1] == pytest.approx(np.zeros((3, 1)), abs=1e-3)


def test_a_scene_is_finished_when_all_its_truth_is_there(scene, tmp_path):
    film(scene, tmp_path)
    write_scene_truth(scene, tmp_path, tuple(FORMATS))
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert {"clocks.json", "cam1.mp4", "mot/cam1.txt", "human36m/labels.npy"} <= set(manifest["files"])
    first = dict(manifest["files"])
    write_scene_truth(scene, tmp_path, tuple(FORMATS))
    assert json.loads((tmp_path / "manifest.json").read_text())["files"] == first


def test_long_lists_are_valid_json_even_if_empty(tmp_path):
    nobody = world(camera(duration_seconds=0.3))
    write_sightings(nobody, tmp_path, empty_frames=(0, 1, 2))
    write_coco(nobody, tmp_path)
    assert json.loads((tmp_path / "coco" / "cam1.json").read_text())["annotations"] == []


def test_unknown_formats_are_refused_with_those_there_are():
    with pytest.raises(InputError, match=r"no such format: cocoa\. Choose from calibration, coco"):
        require_known(("coco", "cocoa"))
    require_known((*FORMATS, "masks", "depth"))
