"""Sessions from folders of each layout, made here."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from viewsync.association.frames import UNKNOWN, Picture, leaks
from viewsync.association.readers import assigned, has_boxes, read_session
from viewsync.calibration import write_moving
from viewsync.geometry.camera import MovingCamera
from viewsync.geometry.lens import Lens
from viewsync.types import InputError
from viewsync.worlds.clock import TICKS_PER_SECOND

# Written out of order on purpose, and with a frame that shows nobody: frames 2 and 10 in two views.
BOXES = {
    "10": [[30, 20, 10, 20, 7, 1], [5, 6, 7, 8, 7, 0]],
    "2": [[1, 2, 3, 4, 7, 0], [5, 6, 10, 20, 9, 0], [-50, 6, 10, 20, 8, 0]],
    "3": [],
}


def written(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def pictures(folder, frames=(2, 3, 10), cameras=(0, 1), size=(64, 48), name="{frame:06d}_{camera}.jpg"):
    for frame in frames:
        for camera in cameras:
            path = folder / name.format(frame=frame, camera=camera)
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), np.zeros((size[1], size[0], 3), dtype=np.uint8))


def people(session):
    """Of each instant and view, boxes by identities."""
    return [
        [dict(zip(view.identities.tolist(), view.boxes.tolist(), strict=True)) for view in frame.views]
        for frame in session.frames
    ]


EXPECTED = [
    [{7: [1, 2, 4, 6], 9: [5, 6, 15, 26]}, {}],
    [{}, {}],
    [{7: [5, 6, 12, 14]}, {7: [30, 20, 40, 40]}],
]


def test_pictures_with_self_mva_s_json_in_numeric_order(tmp_path):
    pictures(tmp_path)
    written(tmp_path / "detections.json", BOXES)
    session = read_session(tmp_path, fps=2.0)
    assert session.cameras == ("0", "1")
    assert session.sizes == ((64, 48), (64, 48))
    assert session.seconds.tolist() == [1.0, 1.5, 5.0]
    assert people(session) == EXPECTED
    assert session.frames[2].views[1].picture == Picture(tmp_path / "000010_1.jpg")


def test_times_are_those_of_time_stamps(tmp_path):
    boxes = written(tmp_path / "detections.json", BOXES)
    with pytest.raises(InputError, match="--fps"):
        read_session(tmp_path)
    written(tmp_path / "timestamps.json", {"2": 0.25, "3": 1.0, "10": 9.5})
    assert read_session(tmp_path).seconds.tolist() == [0.25, 1.0, 9.5]
    assert read_session(boxes).seconds.tolist() == [0.25, 1.0, 9.5]
    (tmp_path / "timestamps.json").unlink()
    stamps = written(tmp_path / "timestamps.csv", "frame,seconds\n2,0.5\n3,0.75\n10,8\n")
    assert read_session(tmp_path).seconds.tolist() == [0.5, 0.75, 8.0]
    stamps.write_text("2,0.5\n3,nan\n")
    with pytest.raises(InputError, match=r"no time of frame 3 \(of 2 in all\)"):
        read_session(tmp_path)
    stamps.write_text("2,0.5\n3,0.5\n10,8\n")
    with pytest.raises(InputError, match="times must increase"):
        read_session(tmp_path)
    with pytest.raises(InputError, match="--fps must be a positive number, got 0"):
        read_session(tmp_path, fps=0.0)


def test_soldiers_layout_has_its_pictures_and_boxes_in_output(tmp_path):
    pictures(tmp_path / "output" / "frames", cameras=(0, 1, 2))
    written(tmp_path / "output" / "detections_train.json", {"2": [[1, 2, 3, 4, -1, 2]]})
    test = written(tmp_path / "output" / "annotated_box_test.json", BOXES)
    with pytest.raises(InputError, match=r"several files of boxes \(annotated_box_test.json, detections_train.json\)"):
        read_session(tmp_path, fps=20.0)
    session = read_session(tmp_path, fps=20.0, boxes=test)
    assert session.cameras == ("0", "1", "2")
    assert people(session) == [[*views, {}] for views in EXPECTED]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ([1, 2, float("nan"), 4, 7, 0], r"frame 5, camera 0: box \(1, 2, nan, 6\) isn't one"),
        ([1, 2, 0, 4, 7, 0], "frame 5, camera 0: .* x1 < x2"),
        ([3, 3, 9, 9, 3, 0], "frame 5, camera 0: person 3 is there twice"),
        ([3, 3, 9, 9, 3, float("nan")], "track_id or cam isn't finite"),
        ([3, 3, 9, 9, 3, "left"], "isn't of six numbers"),
        ([3, 3, 9, 9, 3], "isn't of six numbers"),
        ([3, 3, 9, 9, 1e30, 0], "isn't finite, or too large"),
    ],
)
def test_bad_boxes_are_named(tmp_path, row, said):
    pictures(tmp_path, frames=(5,))
    written(tmp_path / "boxes.json", {"5": [[1, 2, 3, 4, 3, 0], row]})
    with pytest.raises(InputError, match=said):
        read_session(tmp_path, fps=1.0)


def test_rows_of_another_length_and_numbers_beyond_bounds_are_refused(tmp_path):
    # Six rows of five numbers are as many as five rows of six.
    path = written(tmp_path / "boxes.json", {"5": [[3, 3, 9, 9, number] for number in range(6)]})
    with pytest.raises(InputError, match=r"boxes\.json: a row isn't of six numbers"):
        read_session(tmp_path, fps=1.0)
    written(path, {"2": [], "99999999999999999999": [[1, 2, 3, 4, 3, 0]]})
    with pytest.raises(InputError, match=r"boxes\.json: 99999999999999999999 is too large for a frame's number"):
        read_session(tmp_path, fps=1.0)


def test_sizes_that_nobody_tells_are_guessed(tmp_path):
    written(tmp_path / "detections.json", BOXES)
    session = read_session(tmp_path, fps=1.0)
    assert (session.sizes, session.sizes_guessed) == (((40, 40),) * 2, True)
    pictures(tmp_path)
    assert not read_session(tmp_path, fps=1.0).sizes_guessed


def test_what_eval_wrote_counts_only_where_there_is_nothing_else(tmp_path):
    own, associated = tmp_path / "own", {"2": [[1, 2, 3, 4, 5, 0], [1, 2, 3, 4, 5, 1]]}
    written(own / "associated.json", associated)
    assert people(read_session(own, fps=1.0)) == [[{5: [1, 2, 4, 6]}] * 2]
    written(own / "detections.json", BOXES)
    assert people(read_session(own, fps=1.0)) == EXPECTED
    assert people(read_session(own, fps=1.0, boxes=own / "associated.json")) == [[{5: [1, 2, 4, 6]}] * 2]
    shown = tmp_path / "shown"
    pictures(shown)
    written(shown / "associated.json", associated)
    assert not has_boxes(shown)
    for camera, text in MOT.items():
        written(tmp_path / "mot" / f"{camera}.txt", text)
    written(tmp_path / "mot" / "associated.json", associated)
    assert len(read_session(tmp_path / "mot", fps=1.0).frames) == 2


def test_cameras_go_by_their_names_or_else_by_their_places(tmp_path):
    pictures(tmp_path, frames=(2,), cameras=(1, 2, 3))
    path = written(tmp_path / "boxes.json", {"2": [[1, 2, 3, 4, -1, 0], [1, 2, 3, 4, -1, 2]]})
    assert [len(view) for view in read_session(tmp_path, fps=1.0).frames[0].views] == [1, 0, 1]
    written(path, {"2": [[1, 2, 3, 4, -1, 1], [1, 2, 3, 4, -1, 2]]})
    assert [len(view) for view in read_session(tmp_path, fps=1.0).frames[0].views] == [1, 1, 0]


def test_one_view_only_is_refused(tmp_path):
    written(tmp_path / "boxes.json", {"5": [[1, 2, 3, 4, 3, 0]]})
    with pytest.raises(InputError, match="there is 1 camera"):
        read_session(tmp_path, fps=1.0)


def test_cameras_that_are_not_there_are_refused(tmp_path):
    pictures(tmp_path)
    boxes = written(tmp_path / "other.json", {"2": [[1, 2, 3, 4, 3, 5]]})
    with pytest.raises(InputError, match=r"tells of cameras 5, but .* has 0, 1"):
        read_session(tmp_path, fps=1.0, boxes=boxes)


def test_nothing_known_is_said_so(tmp_path):
    with pytest.raises(InputError, match="has no boxes of several cameras"):
        read_session(tmp_path)
    pictures(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read_session(tmp_path, boxes=tmp_path / "none.json")


MOT = {
    "left": "2,7,1,2,3,4,0,0,0,0\n2,9,5,6,1.0e+01,20,0,0,1,0\n10,7,5,6,7,8,0,0,0,0\n",
    "right": "1.0e+01,7,3.0e+01,20,10,20,0,0,0,0\n",
}


def test_mot_files_of_one_session_or_of_several(tmp_path):
    for session in ("9", "12"):
        for camera, text in enumerate(MOT.values(), start=1):
            written(tmp_path / f"{session}_{camera}.txt", text)
    with pytest.raises(InputError, match=r"2 sessions \(9, 12\)"):
        read_session(tmp_path, fps=2.0)
    session = read_session(tmp_path / "12", fps=2.0)
    assert (session.name, session.cameras) == ("12", ("1", "2"))
    assert session.sizes == ((40, 40), (40, 40))
    assert people(session) == [EXPECTED[0], EXPECTED[2]]
    assert session.frames[0].views[0].scores is None
    with pytest.raises(InputError, match="--fps"):
        read_session(tmp_path / "12")


def test_mot_folders_tell_sizes_and_rates(tmp_path):
    for camera, text in MOT.items():
        written(tmp_path / camera / "gt" / "gt.txt", text)
        written(
            tmp_path / camera / "seqinfo.ini",
            "[Sequence]\nname=x\nframeRate=4\nseqLength=10\nimWidth=64\nimHeight=48\n",
        )
    session = read_session(tmp_path)
    assert session.cameras == ("left", "right")
    assert session.sizes == ((64, 48),) * 2
    assert session.seconds.tolist() == [0.5, 2.5]
    assert people(session) == [EXPECTED[0], EXPECTED[2]]


def test_mot_of_a_detector_has_scores_and_of_an_empty_camera_nobody(tmp_path):
    written(tmp_path / "cam1.txt", "1,-1,1,2,3,4,0.75,1,-1\n1,-1,1,2,9,9,0.5,1,-1\n")
    written(tmp_path / "cam2.txt", "")
    (frame,) = read_session(tmp_path, fps=1.0).frames
    assert frame.views[0].scores.tolist() == [0.75, 0.5]
    assert len(frame.views[1]) == 0
    written(tmp_path / "README.txt", "\nBoxes of the hall,\nby nobody\n")
    assert len(read_session(tmp_path, fps=1.0).frames) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,-1,1,2,3,4,0.75,1,-1\nnonsense\n", "can't be read as MOT's"),
        ("frame,id,x,y,w,h\n1,-1,1,2,3,4\n", "can't be read as MOT's.*'frame'"),
        ("1,-1,1,2,3\n", "can't be read as MOT's.*it has 5 columns, but needs 6"),
        ("nan,-1,1,2,3,4\n", "a frame's number or an identity isn't finite"),
        ("1,1e30,1,2,3,4\n", "a frame's number or an identity isn't finite, or too large"),
        ("1,-1,nan,2,3,4\n", r"frame 1, camera cam2: box \(nan, 2, nan, 6\) isn't one"),
    ],
)
def test_no_camera_of_mot_is_lost_silently(tmp_path, text, said):
    written(tmp_path / "cam1.txt", MOT["left"])
    written(tmp_path / "cam2.txt", text)
    with pytest.raises(InputError, match=said):
        read_session(tmp_path, fps=1.0)


def test_mot_of_the_folder_one_is_in(tmp_path, monkeypatch):
    for camera, text in MOT.items():
        written(tmp_path / f"{camera}.txt", text)
    monkeypatch.chdir(tmp_path)
    assert len(read_session(Path("."), fps=1.0).frames) == 2


def test_mot_s_rates_must_be_rates(tmp_path):
    for camera, text in MOT.items():
        written(tmp_path / camera / "gt" / "gt.txt", text)
        written(tmp_path / camera / "seqinfo.ini", "[Sequence]\nframeRate=0\nseqLength=9\nimWidth=64\nimHeight=48\n")
    with pytest.raises(InputError, match="frameRate must be a positive number, not 0"):
        read_session(tmp_path)


def test_time_stamps_beside_mot_and_coco_are_read(tmp_path):
    mot, coco = tmp_path / "mot", tmp_path / "coco"
    for camera, text in MOT.items():
        written(mot / f"5_{camera}.txt", text)
    images = [{"id": number, "file_name": f"000002_{number}.png"} for number in (1, 2)]
    written(coco / "boxes.json", {"images": images, "annotations": [{"image_id": 1, "bbox": [1, 2, 3, 4]}]})
    for folder, where in ((mot, mot), (mot, mot / "5"), (coco, coco), (coco, coco / "boxes.json")):
        (folder / "timestamps.json").unlink(missing_ok=True)
        with pytest.raises(InputError, match=r"timestamps\.json"):
            read_session(where)
        written(folder / "timestamps.json", {"2": 0.25, "10": 9.5})
        assert read_session(where).seconds[0] == 0.25


def test_coco_of_all_cameras(tmp_path):
    images = [
        {"id": 1, "file_name": "left/000002.jpg", "width": 64, "height": 48, "pts_seconds": 0.5},
        {"id": 2, "file_name": "right/000002.jpg", "width": 64, "height": 48},
        {"id": 3, "file_name": "left/000010.jpg", "width": 64, "height": 48, "pts_seconds": 2.5},
        {"id": 4, "file_name": "right/000010.jpg", "width": 64, "height": 48},
    ]
    found = [
        {"image_id": 1, "bbox": [1, 2, 3, 4], "track_id": 7, "score": 0.5},
        {"image_id": 1, "bbox": [5, 6, 10, 20], "track_id": 9, "score": 0.25},
        {"image_id": 3, "bbox": [5, 6, 7, 8], "track_id": 7, "score": 1.0},
        {"image_id": 4, "bbox": [30, 20, 10, 20], "track_id": 7, "score": 1.0},
    ]
    path = written(tmp_path / "boxes.json", {"images": images, "annotations": found})
    session = read_session(tmp_path)
    assert session.cameras == ("left", "right")
    assert session.sizes == ((64, 48),) * 2
    assert session.seconds.tolist() == [0.5, 2.5]
    assert people(session) == [EXPECTED[0], EXPECTED[2]]
    assert session.frames[0].views[0].scores.tolist() == [0.5, 0.25]
    # The same by video ids, without times; nobody tells who is who.
    videos = [{"id": 5, "name": "left"}, {"id": 6, "name": "right"}]
    numbered = [{"id": i["id"], "video_id": 6 - i["id"] % 2, "frame_id": 2 if i["id"] < 3 else 10} for i in images]
    anonymous = [{"image_id": row["image_id"], "bbox": row["bbox"]} for row in found]
    written(path, {"images": numbered, "annotations": anonymous, "videos": videos})
    other = read_session(path, fps=4.0)
    assert other.cameras == session.cameras
    assert other.seconds.tolist() == [0.5, 2.5]
    assert [len(view) for frame in other.frames for view in frame.views] == [2, 0, 1, 1]
    assert set(other.frames[0].views[0].identities.tolist()) == {UNKNOWN}


def test_coco_of_one_camera_each(tmp_path):
    for camera, box in (("cam1", [1, 2, 3, 4]), ("cam2", [5, 6, 7, 8])):
        images = [{"id": 3, "file_name": f"{camera}.mp4", "width": 64, "height": 48, "pts_seconds": 0.125}]
        annotations = [{"image_id": 3, "bbox": box, "track_id": 1}]
        written(tmp_path / f"{camera}.json", {"images": images, "annotations": annotations})
    session = read_session(tmp_path)
    assert session.seconds.tolist() == [0.125]
    assert people(session) == [[{1: [1, 2, 4, 6]}, {1: [5, 6, 12, 14]}]]
    # Frames are in the pictures' names, whatever their ids.
    for start, (camera, name) in enumerate((("cam1", "cam1_{:06d}.jpg"), ("cam2", "{:06d}_2.jpg"))):
        images = [{"id": start + number, "file_name": name.format(number)} for number in (3, 7)]
        found = [{"image_id": start + 7, "bbox": [1, 2, 3, 4]}]
        written(tmp_path / f"{camera}.json", {"images": images, "annotations": found})
    assert [[len(view) for view in frame.views] for frame in read_session(tmp_path, fps=1.0).frames] == [[0, 0], [1, 1]]
    written(tmp_path / "cam2.json", {"images": images, "annotations": [{"image_id": 99, "bbox": box}]})
    with pytest.raises(InputError, match="isn't COCO's JSON of boxes"):
        read_session(tmp_path)


def test_coco_beside_pictures_and_of_people_only(tmp_path):
    pictures(tmp_path, frames=(2,))
    images = [{"id": number, "file_name": f"000002_{number}.jpg"} for number in (0, 1)]
    found = [{"image_id": 0, "bbox": [number, 2, 3, 4], "category_id": number} for number in (1, 2)]
    categories = [{"id": 1, "name": "car"}, {"id": 2, "name": "Person"}]
    content = {"images": images, "annotations": found, "categories": categories}
    path = written(tmp_path / "coco.json", content)
    (frame,) = read_session(tmp_path, fps=1.0).frames
    assert has_boxes(tmp_path)
    assert frame.views[0].boxes.tolist() == [[2, 2, 5, 6]]
    assert frame.views[1].picture == Picture(tmp_path / "000002_1.jpg")
    written(path, {**content, "categories": categories[:1]})
    assert len(read_session(tmp_path, fps=1.0).frames[0].views[0]) == 2


def wildtrack(folder, numbers=(0, 5, 15)):
    """Person 3 in both views, person 4 in the second."""
    for number in numbers:
        everybody = [
            {
                "personID": person,
                "positionID": 1,
                "views": [
                    dict(viewNum=view, xmin=x, ymin=x, xmax=x if x < 0 else x + 9, ymax=x if x < 0 else x + 20)
                    for view, x in enumerate(places)
                ],
            }
            for person, places in ((3, (number, number + 1)), (4, (-1, 2)))
        ]
        written(folder / "annotations_positions" / f"{number:08d}.json", everybody)


def test_wildtrack_is_at_two_instants_per_second_even_where_files_are_missing(tmp_path):
    wildtrack(tmp_path)
    session = read_session(tmp_path)
    assert session.cameras == ("C1", "C2")
    assert session.sizes == ((1920, 1080),) * 2
    assert session.seconds.tolist() == [0.0, 0.5, 1.5]
    assert people(session)[1] == [{3: [5, 5, 14, 25]}, {3: [6, 6, 15, 26], 4: [2, 2, 11, 22]}]


def test_wildtrack_s_annotations_are_called_by_numbers(tmp_path):
    wildtrack(tmp_path)
    written(tmp_path / "annotations_positions" / "abc.json", [])
    with pytest.raises(InputError, match=r"abc\.json: the name isn't a frame's number"):
        read_session(tmp_path)


def test_wildtrack_s_pictures_go_by_their_numbers_and_detections_by_position(tmp_path):
    wildtrack(tmp_path)
    pictures(tmp_path, frames=(5, 10), cameras=(1, 2), name="Image_subsets/C{camera}/{frame:08d}.png")
    boxes = written(tmp_path / "detections.json", {"3": [[15, 15, 9, 20, -1, 0]], "1": [[5, 5, 9, 20, -1, 0]]})
    annotations, detections = read_session(tmp_path), read_session(tmp_path, boxes=boxes)
    assert annotations.sizes == ((64, 48),) * 2
    assert [frame.views[1].picture is not None for frame in annotations.frames] == [False, True, False]
    assert detections.seconds.tolist() == [0.5, 1.5]
    assert [frame.views[0].identities.tolist() for frame in assigned(detections, annotations).frames] == [[3], [3]]


def test_mvor_takes_frames_in_which_two_cameras_see_people(tmp_path):
    sets, annotations = [], []
    for number, (minute, seen) in enumerate([("00", (1, 2)), ("01", (3,)), ("02", (1, 2, 3))]):
        images = [
            {"id": 10 * number + cam, "cam_id": cam, "width": 640, "height": 480, "file_name": f"{number}/{cam}.png"}
            | {"date_captured": f"2015-04-01 06:{minute}:08.500000"}
            for cam in (1, 2, 3)
        ]
        sets.append({"images": images})
        annotations += [{"image_id": 10 * number + cam, "bbox": [cam, 2, 3, 4], "person_id": -1} for cam in seen]
    content = {"multiview_images": sets, "annotations": annotations}
    path = written(tmp_path / "annotations" / "camma_mvor_2018.json", content)
    boxes = written(tmp_path / "detections_train.json", {"2": [[1, 2, 3, 4, -1, 1]], "1": []})
    session = read_session(tmp_path)
    assert session.cameras == ("cam1", "cam2", "cam3")
    assert session.seconds.tolist() == [0.0, 120.0]
    assert [len(view) for frame in session.frames for view in frame.views] == [1, 1, 0, 1, 1, 1]
    found = read_session(tmp_path, boxes=boxes)
    assert found.seconds.tolist() == [60.0, 120.0]
    assert leaks(found, session) == (120.0,)
    del images[0]["date_captured"]
    written(path, content)
    with pytest.raises(InputError, match="--fps"):
        read_session(tmp_path)


def test_scenes_of_worlds_are_in_seconds_of_the_world(tmp_path):
    scene = tmp_path / "plaza-0000"
    ticks = [(np.arange(4) * TICKS_PER_SECOND // 10).tolist(), (np.arange(3) * TICKS_PER_SECOND // 10).tolist()]
    clocks = [
        {"id": name, "file": f"{name}.mp4", "offset_seconds": offset, "rate_ppm": 0.0, "exposure_seconds": 0.01}
        | {"readout_seconds": 0.0, "rows": 48, "pts_ticks": of_camera}
        for name, offset, of_camera in (("cam1", 1.0, ticks[0]), ("cam2", 1.11, ticks[1]))
    ]
    written(scene / "clocks.json", {"schema": "viewsync.clocks/1", "cameras": clocks})
    lens, poses = Lens(64, 48, (50.0, 50.0), (32.0, 24.0)), (np.eye(3)[None], np.zeros((1, 3)))
    calibration = scene / "calibration" / "cameras.json"
    written(calibration, "{}")
    written(tmp_path / "manifest.json", {"scenes": [{"name": "plaza-0000"}]})
    with pytest.raises(InputError, match=r"cameras\.json isn't a"):
        read_session(tmp_path)
    write_moving([MovingCamera("cam1", lens, *poses)], calibration)
    with pytest.raises(InputError, match=r"cameras\.json has no cam2, which clocks\.json names"):
        read_session(tmp_path)
    write_moving([MovingCamera(name, lens, *poses) for name in ("cam1", "cam2")], calibration)
    with pytest.raises(InputError, match="--truth self-mva"):
        read_session(tmp_path)
    boxes = {str(number): [[1, 2, 3, 4, 5, 0], [1, 2, 3, 4, 5, 1]] for number in range(4)}
    written(scene / "self-mva" / "detections.json", boxes)
    boxes["1"].append([8, 8, 9, 9, -1, 1])
    detected = written(scene / "self-mva-detected" / "detections.json", boxes).parent
    session = read_session(tmp_path)
    assert session.name == "plaza-0000"
    assert session.seconds == pytest.approx([1.0, 1.1, 1.2, 1.3])
    assert session.sizes == ((64, 48),) * 2
    shown = [frame.views[1].picture for frame in session.frames]
    assert [picture and picture.frame for picture in shown] == [None, 0, 1, 2]
    assert len(read_session(tmp_path, boxes=detected).frames[1].views[1]) == 2
    written(tmp_path / "manifest.json", {"scenes": [{"name": "plaza-0000"}, {"name": "plaza-0001"}]})
    with pytest.raises(InputError, match="holds 2 scenes"):
        read_session(tmp_path)
    for content in (5, {"scenes": 5}, {"scenes": [5]}, {"scenes": [{}]}):
        written(tmp_path / "manifest.json", content)
        with pytest.raises(InputError, match=r"manifest\.json isn't of rendered worlds"):
            read_session(tmp_path)
