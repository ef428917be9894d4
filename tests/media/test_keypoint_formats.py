"""Poses read from the files of other programs."""

import json
import re

import numpy as np
import pytest
from foreign_poses import (
    AT_25_HZ,
    CALISCOPE_LINES,
    caliscope,
    coco,
    deeplabcut_columns,
    deeplabcut_csv,
    deeplabcut_h5,
    openpose,
    points,
    poses,
    standing,
)

from pages import ROOT
from viewsync.media.keypoints import frames_per_second, of_videos, read_poses, write_tracks
from viewsync.media.keypoints.joints import COCO17, HALPE26, LAYOUTS
from viewsync.types import InputError


@pytest.mark.parametrize("joints", LAYOUTS.values(), ids=LAYOUTS)
def test_openpose_of_every_layout(tmp_path, joints):
    told = np.column_stack([standing(joints), points(1, len(joints))[:, 2]])
    told[3] = 0
    (read,) = read_poses(openpose(tmp_path / "cam02_json", {7: [told]}, "cam02.{:04d}.json"), AT_25_HZ).values()
    assert read.joints == joints
    assert read.pts_seconds == [7 / 25]
    assert np.isnan(read.pixels[0, 3]).all()
    assert read.confidence[0, 3] == 0
    assert np.delete(read.pixels[0], 3, axis=0).tolist() == np.delete(told, 3, axis=0)[:, :2].tolist()


def test_openpose_as_a_slow_loop_reads_it(tmp_path):
    rng = np.random.default_rng(5)
    frames = {n: [(i, points(100 * n + i, 18)) for i in rng.permutation(4)[: n % 4]] for n in (0, 2, 3, 7, 10)}
    read = read_poses(openpose(tmp_path / "pose" / "cam1_json", frames), AT_25_HZ)["cam1"]
    np.testing.assert_allclose(read.pts_seconds, np.array(list(frames)) / 25)
    rows = [(place, *person) for place, people in enumerate(frames.values()) for person in people]
    assert [(row[0], row[1]) for row in rows] == list(zip(read.frames, read.tracks, strict=True))
    np.testing.assert_array_equal(read.pixels, [row[2][:, :2] for row in rows])


def test_people_without_identity_are_followed(tmp_path):
    at = {
        n: [points(1, 25) * [0.2, 0.2, 1] + [10 + 3 * n, 20, 0], points(2, 25) * [0.2, 0.2, 1] + [400 - 3 * n, 20, 0]]
        for n in range(8)
    }
    swapped = {n: people[:: 1 if n % 2 else -1] for n, people in at.items()}
    read = read_poses(openpose(tmp_path / "cam1", swapped), AT_25_HZ)["cam1"]
    assert sorted(set(read.tracks)) == [0, 1]
    for track in (0, 1):
        mine = read.pixels[read.tracks == track, 0, 0]
        assert len(mine) == 8
        assert np.ptp(mine) == pytest.approx(21)


def test_a_pose2sim_project_is_its_cameras(tmp_path):
    for camera in ("cam01", "cam02"):
        openpose(tmp_path / "pose" / f"{camera}_json", {0: [points(1, 26)]}, camera + "_{:06d}.json")
    openpose(tmp_path / "pose" / "cam01", {0: [points(1, 26)]})
    (tmp_path / "pose" / "cam01_pose.mp4").touch()
    (tmp_path / "pose-associated").mkdir()
    for path in (tmp_path, tmp_path / "pose"):
        read = read_poses(path, AT_25_HZ)
        assert list(read) == ["cam01", "cam02"]
        assert read["cam01"].joints == HALPE26


def test_coco_of_any_order_and_confidence(tmp_path):
    first, second = points(1, 17), points(2, 17)
    images = [{"id": 40, "file_name": "b/000002.jpg", "width": 64, "height": 36}]
    images = [*images, {"id": 50, "file_name": "a/000001.jpg", "width": 64, "height": 36}]
    path = coco(tmp_path / "cam1.json", [(40, second, {}), (50, first, {})], images=images)
    read = read_poses(path, AT_25_HZ)["cam1"]
    assert read.joints == COCO17
    assert read.size == (64, 36)
    assert read.pts_seconds.tolist() == [1 / 25, 2 / 25]
    np.testing.assert_array_equal(read.pixels, [first[:, :2], second[:, :2]])
    np.testing.assert_array_equal(read.confidence, [first[:, 2], second[:, 2]])
    flags = [[1.0, 2.0, 2], [3.0, 4.0, 1], [0, 0, 0]]
    path = coco(tmp_path / "cam2.json", [(0, flags, {"track_id": 5})], joints=["hoof", "horn", "tail"])
    read = read_poses(path, AT_25_HZ)["cam2"]
    assert read.joints == ("hoof", "horn", "tail")
    assert read.confidence.tolist() == [[1, 0.5, 0]]
    assert read.tracks.tolist() == [5]


def test_coco_results_are_a_list(tmp_path):
    told = points(1, 17)
    content = [{"image_id": n, "category_id": 1, "keypoints": told.ravel().tolist(), "score": 0.9} for n in (9, 3)]
    (tmp_path / "cam1.json").write_text(json.dumps(content))
    read = read_poses(tmp_path, AT_25_HZ)["cam1"]
    assert read.pts_seconds.tolist() == [3 / 25, 9 / 25]
    np.testing.assert_array_equal(read.pixels, [told[:, :2]] * 2)


@pytest.mark.parametrize("individuals", [None, ["mouse1", "mouse2"]])
def test_deeplabcut_says_the_same_in_all_its_files(tmp_path, individuals):
    columns = deeplabcut_columns(["snout", "left_ear"], individuals)
    values = np.random.default_rng(1).uniform(0.1, 0.9, (5, len(columns)))
    values[2, :6] = np.nan
    scorer = columns[0][0]
    read = [
        read_poses(path, AT_25_HZ)["cam1"]
        for path in (
            deeplabcut_csv(tmp_path / f"cam1{scorer}_filtered.csv", columns, values),
            deeplabcut_h5(tmp_path / f"cam1{scorer}.h5", columns, values, "table"),
            deeplabcut_h5(tmp_path / "cam1.h5", columns, values, "fixed"),
        )
    ]
    count = 1 if individuals is None else 2
    told = values.reshape(5, count, 2, 3)
    for each in read:
        assert each.joints == ("snout", "left_ear")
        # In frame 2 the first individual is nowhere.
        assert list(zip(each.frames, each.tracks, strict=True)) == [
            (frame, who) for frame in range(5) for who in range(count) if (frame, who) != (2, 0)
        ]
        np.testing.assert_array_equal(each.pixels, told[each.frames, each.tracks, :, :2])
        np.testing.assert_array_equal(each.confidence, told[each.frames, each.tracks, :, 2])


def test_deeplabcut_individuals_may_differ_in_parts(tmp_path):
    columns = [("me", who, part, name) for who, part in (("a", "snout"), ("single", "corner")) for name in ("x", "y")]
    read = read_poses(deeplabcut_csv(tmp_path / "cam1.csv", columns, np.array([[1.0, 2, 3, 4]])), AT_25_HZ)["cam1"]
    assert read.joints == ("snout", "corner")
    np.testing.assert_array_equal(read.confidence, [[1, 0], [0, 1]])
    np.testing.assert_array_equal(read.pixels[[0, 1], [0, 1]], [[1, 2], [3, 4]])


@pytest.mark.parametrize("names", [{}, {"camera": "port", "point": "point_id"}])
def test_caliscope_holds_several_cameras(tmp_path, names):
    read = read_poses(caliscope(tmp_path / "xy_HOLISTIC.csv", CALISCOPE_LINES, **names))
    assert list(read) == ["cam_0", "cam_3"]
    assert read["cam_0"].joints == read["cam_3"].joints == ("point_2", "point_7")
    assert read["cam_0"].pts_seconds.tolist() == [1.0, 1.2]
    np.testing.assert_array_equal(read["cam_0"].pixels, [[[3.5, 4.5], [1.5, 2.5]], [[7.5, 8.5], [np.nan] * 2]])
    assert read["cam_0"].confidence.tolist() == [[1, 1], [1, 0]]
    counted = read_poses(tmp_path / "xy_HOLISTIC.csv", AT_25_HZ)
    assert counted["cam_0"].pts_seconds.tolist() == [4 / 25, 6 / 25]


def test_caliscope_times_from_beside_it(tmp_path):
    caliscope(tmp_path / "xy.csv", CALISCOPE_LINES, with_times=False)
    with pytest.raises(InputError, match="--fps"):
        read_poses(tmp_path)
    stamps = "sync_index,cam_id,frame_time\n10,0,1.0\n10,3,1.01\n11,0,1.1\n12,0,1.2\n"
    (tmp_path / "timestamps.csv").write_text(stamps)
    read = read_poses(tmp_path)
    assert read["cam_0"].pts_seconds.tolist() == [1.0, 1.1, 1.2]
    assert read["cam_0"].frames.tolist() == [0, 2]
    # Its lines are the frames of the video, whatever the recorder's own count was.
    assert read_poses(tmp_path, AT_25_HZ)["cam_0"].pts_seconds.tolist() == [0, 1 / 25, 2 / 25]
    (tmp_path / "timestamps.csv").write_text(stamps.replace("12,0,1.2\n", ""))
    with pytest.raises(InputError, match="no time of cam_0 at sync_index 12"):
        read_poses(tmp_path)


def test_tracks_need_no_more_than_a_place_in_time(tmp_path):
    path = tmp_path / "ball.csv"
    path.write_text("seconds,x,y\n0.5,1,2\n0.6,0,0\n0.9,3,4\n")
    ball = read_poses(path)["ball"]
    assert ball.joints == ("joint_0",)
    assert ball.pts_seconds.tolist() == [0.5, 0.6, 0.9]
    assert ball.frames.tolist() == [0, 2]
    assert ball.pixels.tolist() == [[[1, 2]], [[3, 4]]]
    path.write_text("frame,x,y,track,confidence\n3,1,2,ann,1.5\n3,0,0,bob,0.5\n4,nan,4,ann,1\n4,9,9,bob,\n")
    ball = read_poses(path, AT_25_HZ)["ball"]
    assert ball.frames.tolist() == [0, 0]
    assert ball.tracks.tolist() == [0, 1]
    assert ball.confidence.tolist() == [[1], [0.5]]


@pytest.mark.parametrize("header", ["", " frame no.            x            y\n"])
def test_texts_with_blanks(tmp_path, header):
    (tmp_path / "cam0.txt").write_text(f"{header}1.000000   0.00000000   0.00000000\n2.000000 742.82211823 897.10093596\n")
    (read,) = read_poses(tmp_path, AT_25_HZ).values()
    assert read.pts_seconds.tolist() == [1 / 25, 2 / 25]
    assert read.pixels.tolist() == [[[742.82211823, 897.10093596]]]


def test_the_examples_of_the_page(tmp_path):
    page = (ROOT / "docs" / "keypoints.md").read_text("utf-8")
    examples = re.findall(
        r"^`([\w./]+\.(?:json|csv))`[^\n]*\n(?:[^\n`]+\n)*\n```\w*\n(.*?)^```", page, re.DOTALL | re.MULTILINE
    )
    assert len(examples) == 5
    for place, (name, content) in enumerate(examples):
        path = tmp_path / str(place) / name
        path.parent.mkdir(parents=True)
        path.write_text(content)
        ((camera, read),) = read_poses(tmp_path / str(place), frames_per_second(25.0)).items()
        assert camera == ("cam_1" if name == "xy.csv" else "cam1")
        joint = read.joints.index("point_9" if name == "xy.csv" else "left_wrist")
        assert read.pixels[0, joint].tolist() == [311.5, 203.0]
        assert read.confidence[0, joint] == (1 if name == "xy.csv" else 0.9)
        assert read.confidence.astype(bool).sum() == 1


# ── times ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_clock_comes_before_the_times_of_the_file(tmp_path):
    written = poses(1)
    write_tracks(written, tmp_path / "cam1.csv")
    shown = np.cumsum(np.random.default_rng(1).uniform(0.01, 0.1, 9))
    read = read_poses(tmp_path / "cam1.csv", of_videos({"cam1": shown, "cam2": shown[:2]}))["cam1"]
    np.testing.assert_array_equal(read.pts_seconds, shown[:6])
    later = read_poses(tmp_path / "cam1.csv", of_videos({"cam1": shown + 5}))["cam1"]
    np.testing.assert_array_equal(later.pts_seconds, shown[:6] + 5)
    np.testing.assert_array_equal(later.pixels, read.pixels)


def test_clocks_refuse_what_they_cannot_tell(tmp_path):
    write_tracks(poses(1), tmp_path / "cam1.csv")
    with pytest.raises(InputError, match="frame 4, but its video has frames 0 to 3"):
        read_poses(tmp_path / "cam1.csv", of_videos({"cam1": np.arange(4) / 25}))
    with pytest.raises(InputError, match="no video of that name"):
        read_poses(tmp_path / "cam1.csv", of_videos({"cam2": np.arange(4) / 25}))
    for rate_hz in (0.0, -25.0, np.nan, np.inf):
        with pytest.raises(InputError, match="--fps must be"):
            frames_per_second(rate_hz)
