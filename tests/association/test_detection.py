"""People found in pictures and videos, and what is written of them."""

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import cv2
import numpy as np
import pytest

from viewsync.association.detection import people, stage_of_videos
from viewsync.association.readers import read_session
from viewsync.cli import main
from viewsync.estimation.movenet import MoveNet
from viewsync.media.probe import probe
from viewsync.timeline.clock import ClockMap
from viewsync.types import InputError
from viewsync.worlds.drawn import Scene, SketchCamera, render
from viewsync.worlds.movie import write_movie


@cache
def picture(seed=1, bodies=1, width=320, height=192):
    camera = SketchCamera(seed=seed, width=width, height=height, duration_seconds=0.1)
    _, bgr = next(iter(render(Scene(seed=seed, bodies=bodies), camera)))
    return np.ascontiguousarray(bgr[..., ::-1])


def run(*arguments):
    with pytest.raises(SystemExit) as exit:
        main([str(argument) for argument in arguments])
    return exit.value.code


def test_boxes_hold_the_joints_that_are_found():
    network, rgb = MoveNet(256), picture()
    found, (joints, *_) = network.boxes(rgb), network(rgb).pixels
    assert len(found) == len(network(rgb))
    x1, y1, x2, y2 = found.corners[0]
    seen = joints[np.isfinite(joints).all(axis=1)]
    margin = 0.1 * max(x2 - x1, y2 - y1)
    assert ((seen > (x1 - margin, y1 - margin)) & (seen < (x2 + margin, y2 + margin))).all()
    # They aren't much larger than what they hold, either.
    assert np.prod(np.ptp(seen, axis=0)) > 0.4 * (x2 - x1) * (y2 - y1)


def test_parts_find_more_than_six_people_and_nobody_twice():
    single = picture()
    crowd = np.tile(single, (2, 4, 1))
    network = MoveNet(256)
    assert len(people(crowd, network)) <= 6
    found = people(crowd, network, parts=4)
    assert len(found) > 6
    assert (np.diff(found.scores) <= 0).all()
    middles = (found.corners[:, :2] + found.corners[:, 2:]) / 2
    assert len(np.unique(middles // (320, 192), axis=0)) == len(found)


@cache
def films():
    """Of 3 and 4 frames, at 10 frames per second."""
    folder, rgb = Path(mkdtemp(prefix="viewsync-test-")), picture()
    for name, frames in (("cam1", 3), ("cam2", 4)):
        write_movie(folder / f"{name}.mp4", ((9000 * i, rgb[..., ::-1]) for i in range(frames)), (320, 192), 10)
    return folder / "cam1.mp4", folder / "cam2.mp4"


def test_videos_become_a_folder_that_can_be_read(tmp_path, capsys):
    out = tmp_path / "out"
    assert run("detect", *films(), "-o", out, "--size", 256, "--every", 2) == 0
    assert "cam2: 2 boxes of people in 2 pictures." in capsys.readouterr().out
    boxes = json.loads((out / "detections.json").read_text())
    assert list(boxes) == ["0", "1"]
    assert [row[4:] for row in boxes["1"]] == [[-1, 0], [-1, 1]]
    session = read_session(out)
    assert session.cameras == ("cam1", "cam2")
    assert session.sizes == ((320, 192),) * 2
    assert session.seconds == pytest.approx([0.0, 0.2])
    shown = session.frames[1].views[1].picture
    assert (shown.path.resolve(), shown.frame) == (films()[1].resolve(), 2)
    as_mot = read_session(out, boxes=out / "mot")
    assert as_mot.seconds.tolist() == session.seconds.tolist()
    for one, other in zip(as_mot.frames, session.frames, strict=True):
        assert one.number == other.number
        for view, same in zip(one.views, other.views, strict=True):
            assert view.boxes == pytest.approx(same.boxes)
            assert view.picture == same.picture
            assert view.scores.min() > 0.2


@pytest.mark.parametrize("cameras", [("1", "2"), ("01", "02", "03"), ("left", "right")])
def test_a_folder_of_pictures_likewise(tmp_path, cameras):
    # The first of three cameras sees nobody.
    seen = [int(len(cameras) < 3 or place > 0) for place in range(len(cameras))]
    for camera, somebody in zip(cameras, seen, strict=True):
        cv2.imwrite(str(tmp_path / f"000007_{camera}.png"), somebody * picture()[..., ::-1])
    assert run("detect", tmp_path, "-o", tmp_path / "out", "--size", 256) == 0
    session = read_session(tmp_path, fps=1.0, boxes=tmp_path / "out" / "detections.json")
    assert (session.cameras, session.seconds.tolist()) == (cameras, [7.0])
    assert [len(view) for view in session.frames[0].views] == seen


def test_instants_go_by_the_shared_clock():
    recordings = [probe(path) for path in films()]
    stage = stage_of_videos(recordings, {"cam2": ClockMap(-0.21)})
    assert {cell: picture.frame for cell, picture in stage.pictures.items() if cell[1] == 1} == {(0, 1): 2, (1, 1): 3}
    with pytest.raises(InputError, match="has no frame at any time of"):
        stage_of_videos(recordings, {"cam2": ClockMap(5.0)})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a video per camera"),
        (["cam1.mp4"], "association takes two or more"),
        (["cam1.mp4", "cam2.mp4", "--every", "0"], "--every must be at least 1"),
        (["cam1.mp4", "cam2.mp4", "--parts", "9"], "--parts must be from 1 to 4, got 9"),
        (["cam1.mp4", "cam2.mp4", "--size", "9"], "--size must be from 256 to 640"),
        (["cam1.mp4", "cam2.mp4", "--timeline", "none.json"], "can't read none.json"),
        (["."], "holds no pictures called frame_camera.jpg"),
        ([".", "--every", "2"], "are for videos"),
    ],
)
def test_bad_usage_is_told(monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(films()[0].parent)
    assert run("detect", *arguments) == 2
    assert said in capsys.readouterr().err
