"""Clips of poses from folders of all layouts."""

import json
import pickle

import numpy as np
import pytest
from drawn_person import FPS, SIDE, cameras, spot
from pose_layouts import INSTANTS, labels, save_labels, write_human36m, write_panoptic, write_scene

from viewsync.pose3d.footage import JOINTS, PELVIS
from viewsync.pose3d.readers import read_footage
from viewsync.pose3d.readers.labels import read_labels
from viewsync.types import InputError

ANKLE = JOINTS.index("right_ankle")
NEAR_PIXELS = 0.4
"""Of pictures that were compressed."""


def assert_shown(footage):
    """Joints are where the pictures show them, at every instant and in every view that is there."""
    for instant in range(len(footage)):
        for view, one in enumerate(footage.cameras_at(np.full(len(footage.cameras), instant))):
            if footage.present[instant, view] and footage.valid[instant, ANKLE]:
                shown = spot(footage.pictures[view][instant])
                assert one.project(footage.joints_metres[instant, ANKLE]) == pytest.approx(shown, abs=NEAR_PIXELS)


@pytest.mark.parametrize("crop", ["clip", "frame"])
@pytest.mark.parametrize("kind", ["imageSequence", "imageSequence-undistorted"])
def test_human36m_is_read_as_learnable_triangulation_has_it(tmp_path, crop, kind):
    joints = write_human36m(tmp_path, kind=kind, action="SittingDown-2")
    (footage,) = read_footage(tmp_path, SIDE, crop=crop)
    assert (footage.name, footage.subject, footage.split, footage.fps) == ("S1 SittingDown-2", "S1", "training", 50.0)
    assert set(footage.actions) == {"SittingDown"}
    assert [one.name for one in footage.cameras] == ["cam1", "cam2", "cam3"]
    assert footage.joints_metres == pytest.approx(joints, abs=1e-5)
    assert footage.crops_stay == (crop == "clip")
    assert_shown(footage)


def test_who_is_for_test_and_which_takes_are_damaged(tmp_path):
    write_human36m(tmp_path / "one", subject="S9")
    assert read_footage(tmp_path / "one", SIDE)[0].split == "test"
    write_human36m(tmp_path / "two", subject="S9", action="Waiting-1")
    assert read_footage(tmp_path / "two", SIDE) == ()
    write_human36m(tmp_path / "three", subject="S11", action="Waiting-1")
    assert len(read_footage(tmp_path / "three", SIDE)) == 1


def test_a_box_without_area_is_a_missing_view(tmp_path):
    write_human36m(tmp_path, missing=(0,))
    (footage,) = read_footage(tmp_path, SIDE)
    assert footage.present[:, 0].sum() == 0
    assert footage.present[:, 1:].all()
    assert footage.references.tolist() == [1] * INSTANTS
    assert footage.pictures[0].max() == 0
    assert_shown(footage)


def test_frames_that_arent_labelled_are_missing(tmp_path):
    joints = write_human36m(tmp_path, frames=(2, 4, 8, 12))
    (footage,) = read_footage(tmp_path, SIDE)
    assert (len(footage), footage.fps) == (6, 25.0)
    assert footage.present.any(axis=1).tolist() == [True, True, False, True, False, True]
    assert footage.joints_metres[[0, 1, 3, 5]] == pytest.approx(joints[[2, 4, 8, 12]], abs=1e-5)
    assert not footage.valid[[2, 4]].any()
    assert_shown(footage)


def test_a_missing_picture_is_named(tmp_path):
    write_human36m(tmp_path)
    gone = tmp_path / "processed" / "S1" / "Directions-1" / "imageSequence" / "cam2" / "img_000004.jpg"
    gone.unlink()
    with pytest.raises(InputError, match=r"cam2.img_000004\.jpg is missing, though the labels tell"):
        read_footage(tmp_path, SIDE)
    gone.write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"img_000004\.jpg can't be read as a picture"):
        read_footage(tmp_path, SIDE)


def test_pictures_that_arent_there_at_all(tmp_path):
    told = labels(cameras(), [(0, 0, 0, np.ones((17, 3)), ())])
    save_labels(tmp_path / "human36m-multiview-labels-MRCNNbboxes.npy", told)
    with pytest.raises(InputError, match=r"lacks the pictures of S1 Directions-1: .*imageSequence"):
        read_footage(tmp_path, SIDE)
    save_labels(tmp_path / "human36m-multiview-labels-SSDbboxes.npy", told)
    with pytest.raises(InputError, match="holds 2 files called human36m-multiview-labels"):
        read_footage(tmp_path, SIDE)


def change_labels(folder, change):
    path = folder / "extra" / "human36m-multiview-labels-GTbboxes.npy"
    told = np.load(path, allow_pickle=True).item()
    change(told)
    save_labels(path, told)


def scaled_joints(told):
    told["table"]["keypoints"] /= 1000


def scaled_cameras(told):
    told["cameras"]["t"] *= 1000


def lost_camera(told):
    told["cameras"] = told["cameras"][:, :2]


def lost_frames(told):
    told["table"] = told["table"][["subject_idx", "action_idx", "keypoints", "bbox_by_camera_tlbr"]]


def other_joints(told):
    kind = told["table"].dtype
    columns = [(name, kind[name]) if name != "keypoints" else (name, np.float32, (16, 3)) for name in kind.names]
    told["table"] = np.zeros(3, columns)


def unknown_subject(told):
    told["table"]["subject_idx"] = 3


def unknown_lens(told):
    told["cameras"]["K"][0, 1] = np.nan


def repeated(told):
    told["table"]["frame_idx"][4] = 3


def moved(told):
    del told["cameras"]


def nameless(told):
    del told["action_names"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (scaled_joints, r"joints would extend over 0\.00\d+ m"),
        (scaled_cameras, "different units"),
        (lost_camera, r"1 subjects before 3 cameras, but its cameras are an array of \(1, 2\): one is missing"),
        (lost_frames, "column frame_idx of its table must be of shape"),
        (other_joints, r"column keypoints of its table must be of shape \(17, 3\), got \(16, 3\)"),
        (unknown_subject, "column subject_idx of its table must be from 0 to 0"),
        (unknown_lens, "camera 'cam2 for S1': K must be finite numbers"),
        (repeated, "frame 3 of S1 Directions-1 is there twice"),
        (moved, "tells of no cameras, as one of them moved"),
        (nameless, "isn't a labels file of learnable triangulation"),
    ],
)
def test_what_labels_lack_is_named(tmp_path, change, words):
    write_human36m(tmp_path)
    change_labels(tmp_path, change)
    with pytest.raises(InputError, match=words):
        read_footage(tmp_path, SIDE)


def test_a_joint_that_isnt_a_number_is_missing(tmp_path):
    write_human36m(tmp_path)

    def unknown(told):
        told["table"]["keypoints"][3, 0, 1] = np.nan

    change_labels(tmp_path, unknown)
    (footage,) = read_footage(tmp_path, SIDE)
    assert (~footage.valid).sum() == 1
    assert not footage.valid[3, 0]


class Trap:
    """What unpickling would run."""

    def __reduce__(self):
        return print, ("trapped",)


def test_a_labels_file_runs_nothing(tmp_path, capsys):
    path = tmp_path / "labels.npy"
    save_labels(path, {"subject_names": Trap()})
    with pytest.raises(InputError, match=r"asks for builtins\.print, which no labels file needs"):
        read_labels(path)
    assert capsys.readouterr().out == ""
    for content, words in ((b"", "can't be read as a labels file"), (pickle.dumps(3), "can't be read as a labels file")):
        path.write_bytes(content)
        with pytest.raises(InputError, match=words):
            read_labels(path)
    np.save(path, np.array([3], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="holds a int, not the dictionary"):
        read_labels(path)
    with pytest.raises(InputError, match="can't be read: No such file"):
        read_labels(tmp_path / "no.npy")


# ── rendered worlds ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_scene_is_a_clip(tmp_path):
    joints = write_scene(tmp_path / "lab-0000")
    (footage,) = read_footage(tmp_path / "lab-0000", SIDE)
    assert (footage.name, footage.subject, footage.split) == ("lab-0000", "lab-0000 S1", "training")
    assert footage.fps == pytest.approx(FPS)
    assert footage.actions == ("posing",) * 6 + ("walking",) * 6
    assert footage.joints_metres == pytest.approx(joints[:INSTANTS], abs=1e-5)
    assert footage.present.all()
    assert_shown(footage)


def test_what_was_cut_out_once_is_kept(tmp_path):
    write_scene(tmp_path / "lab-0000")
    told = []
    read_footage(tmp_path / "lab-0000", SIDE // 2, progress=lambda *report: told.append(report))
    assert told[-1] == ("lab-0000, cam3", INSTANTS, INSTANTS)
    told.clear()
    (footage,) = read_footage(tmp_path / "lab-0000", SIDE // 2, progress=lambda *report: told.append(report))
    assert not told
    assert isinstance(footage.pictures[0], np.memmap)
    read_footage(tmp_path / "lab-0000", SIDE // 2, crop="frame", progress=lambda *report: told.append(report))
    assert told


def test_clocks_that_differ_show_the_same_instant(tmp_path):
    # The second camera begins three frames later, so there are nine common instants.
    write_scene(tmp_path, clocks=({}, {"offset_seconds": 0.3}, {}))
    (footage,) = read_footage(tmp_path, SIDE)
    assert len(footage) == INSTANTS - 3
    assert footage.actions == ("posing",) * 3 + ("walking",) * 6
    assert_shown(footage)


def test_two_people_are_two_clips_and_one_may_be_away(tmp_path):
    write_scene(tmp_path / "lab", subjects=("S1", "S2"), absent=(0, 7))
    one, two = read_footage(tmp_path / "lab", SIDE)
    assert (one.name, two.name) == ("lab S1", "lab S2")
    assert (two.subject, two.valid[:, PELVIS].tolist()) == ("lab S2", [at not in (0, 7) for at in range(INSTANTS)])
    assert not two.present[[0, 7]].any()
    assert two.actions[7] == ""
    assert_shown(two)


def test_worlds_tell_what_their_scenes_are_for(tmp_path):
    for name in ("one", "two"):
        write_scene(tmp_path / name)
    scenes = [{"name": "one", "split": "val"}, {"name": "two", "split": "test"}]
    (tmp_path / "manifest.json").write_text(json.dumps({"schema": "viewsync.worlds/1", "scenes": scenes}))
    assert [(each.name, each.split) for each in read_footage(tmp_path, SIDE)] == [("one", "validation"), ("two", "test")]


def test_what_a_scene_lacks_is_named(tmp_path):
    write_scene(tmp_path / "one", told=False)
    with pytest.raises(InputError, match=r"no human36m/labels\.npy\. Render it with --truth calibration human36m"):
        read_footage(tmp_path / "one", SIDE)
    write_scene(tmp_path / "two", truth=())
    with pytest.raises(InputError, match=r"no calibration/cameras\.json"):
        read_footage(tmp_path / "two", SIDE)
    save_labels(tmp_path / "one" / "human36m" / "labels.npy", labels(cameras(2), []))
    with pytest.raises(InputError, match="doesn't tell of cam3"):
        read_footage(tmp_path / "one", SIDE)


# ── Panoptic ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_panoptic_is_turned_so_that_z_is_up(tmp_path):
    folder = tmp_path / "171204_pose1"
    folder.mkdir()
    joints = write_panoptic(folder)
    (footage,) = read_footage(folder, SIDE)
    assert (footage.name, footage.split, footage.actions[0]) == ("171204_pose1 7", "training", "171204_pose1")
    assert footage.fps == pytest.approx(29.97, abs=0.001)
    # The third camera has no pictures.
    assert [one.name for one in footage.cameras] == ["00_00", "00_01"]
    never = [JOINTS.index("spine"), JOINTS.index("head_top")]
    assert not footage.valid[:, never].any()
    assert (~np.delete(footage.valid, never, axis=1)).sum() == 1
    assert not footage.valid[5, JOINTS.index("left_wrist")]
    known = footage.valid
    assert footage.joints_metres[known] == pytest.approx(joints[known], abs=1e-6)
    assert_shown(footage)


def test_panoptic_sequences_for_test_and_people_who_come_and_go(tmp_path):
    folder = tmp_path / "test" / "here"
    folder.mkdir(parents=True)
    write_panoptic(folder, films=(), ids=(0, 3), frames=range(4, 40))
    one, two = read_footage(tmp_path, SIDE)
    assert [one.name, two.name, two.split] == ["here 0", "here 3", "test"]
    assert len(two) == 36
    assert_shown(two)


def test_what_panoptic_lacks_is_named(tmp_path):
    folder = tmp_path / "short"
    folder.mkdir()
    write_panoptic(folder, frames=range(10))
    with pytest.raises(InputError, match="tells of nobody who is there for a second"):
        read_footage(folder, SIDE)
    (folder / "hdVideos" / "hd_00_01.mp4").unlink()
    with pytest.raises(InputError, match="pictures of 1 HD cameras"):
        read_footage(folder, SIDE)
    (folder / "hdImgs" / "00_30").mkdir()
    with pytest.raises(InputError, match="has no HD camera 00_30, of which there are pictures"):
        read_footage(folder, SIDE)
    (folder / "calibration_short.json").write_text("[]")
    with pytest.raises(InputError, match="can't be read as a calibration of Panoptic"):
        read_footage(folder, SIDE)


def test_panoptic_in_metres_is_noticed(tmp_path):
    folder = tmp_path / "metres"
    folder.mkdir()
    write_panoptic(folder, films=(), scale=1.0)
    with pytest.raises(InputError, match=r"joints would extend over 0\.0\d+ m|no two views"):
        read_footage(folder, SIDE)
    (folder / "hdImgs" / "00_01" / "00_01_00000012.jpg").unlink()
    scene = folder / "hdPose3d_stage1_coco19" / "body3DScene_00000003.json"
    scene.write_text('{"bodies": [{"id": 0, "joints19": [1, 2]}]}')
    with pytest.raises(InputError, match=r"body3DScene_00000003\.json can't be read as a scene of Panoptic"):
        read_footage(folder, SIDE)


def test_a_lost_picture_of_panoptic_is_named(tmp_path):
    folder = tmp_path / "lost"
    folder.mkdir()
    write_panoptic(folder, films=())
    (folder / "hdImgs" / "00_01" / "00_01_00000012.jpg").unlink()
    with pytest.raises(InputError, match=r"00_01 has no picture of frame 12"):
        read_footage(folder, SIDE)


def test_other_folders_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"holds no footage of poses\. Looked for: manifest\.json"):
        read_footage(tmp_path, SIDE)
    with pytest.raises(InputError, match="is no folder"):
        read_footage(tmp_path / "nothing", SIDE)
