"""`viewsync pose` as one calls it."""

import os
import shutil

import cv2
import numpy as np
import pytest
from drawn_people import gray_video, recording, video

from footage import write_wav
from viewsync.cli import main
from viewsync.estimation.videos import estimate
from viewsync.media.keypoints import of_videos, read_poses
from viewsync.types import InputError


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as left:
        main(["pose", *map(str, arguments)])
    out, said = capsys.readouterr()
    return left.value.code, out, said


def visible(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("openpose", "cam1_json"),
        ("coco", "cam1.json"),
        ("tracks", "cam1.csv"),
        ("deeplabcut", "cam1.csv"),
        ("caliscope", "xy.csv"),
    ],
)
def test_what_is_written_is_what_was_found_when(form, name, tmp_path, capsys):
    span = ("--from", "0.3", "--to", "0.9", "--every", "3", "--size", "256")
    code, out, said = call(capsys, video(1), "-o", tmp_path, "--format", form, *span)
    assert (code, said) == (0, "")
    assert out == f"cam1: 1 track of people, in 3 of 3 frames.\nWrote {tmp_path / name}\n"
    assert visible(tmp_path) == [name]
    seconds = recording().video.pts_seconds
    [read] = read_poses(tmp_path, of_videos({"cam1": seconds, "cam_0": seconds})).values()
    found = estimate(recording(), size=256, spans=[(0.3, 0.9)], every=3)
    np.testing.assert_allclose(read.pts_seconds[read.frames], found.pts_seconds[found.frames])
    nose = [read.pixels[:, i] for i, joint in enumerate(read.joints) if joint in ("nose", "point_0")]
    np.testing.assert_allclose(nose[0], found.pixels[:, 0], atol=1e-3)


def test_several_videos_and_pictures(tmp_path, capsys):
    shutil.copy(video(1), tmp_path / "cam1.mp4")
    out = tmp_path / "out"
    common = ("--size", "256", "--every", "5", "--draw")
    code, _, _ = call(capsys, tmp_path / "cam1.mp4", gray_video(), video(2), "-o", out, *common)
    assert code == 0
    assert visible(out) == ["cam1.png", "cam1_json", "cam2.png", "cam2_json", "empty.png", "empty_json"]
    assert cv2.imread(str(out / "cam1.png")).shape == (180, 1280, 3)
    assert len(list((out / "empty_json").iterdir())) == 8
    before = (out / "cam1_json" / "cam1_000000000005_keypoints.json").read_bytes()
    code, said, _ = call(capsys, gray_video(), video(1), "-o", out, *common)
    assert code == 0, "running again is safe"
    assert said.startswith("empty: nobody was found in 2 frames.\n")
    assert before == (out / "cam1_json" / "cam1_000000000005_keypoints.json").read_bytes()


def test_the_files_of_others_are_left_alone(tmp_path, capsys):
    (tmp_path / "cam1_json").mkdir()
    (tmp_path / "cam1_json" / "mine.json").write_text("{}")
    code, out, said = call(capsys, video(1), "-o", tmp_path)
    assert (code, out) == (2, "")
    assert said == (
        f"viewsync: {tmp_path / 'cam1_json' / 'mine.json'} is there already and isn't of these poses. Remove it, or choose "
        "another --out.\n"
    )
    assert visible(tmp_path / "cam1_json") == ["mine.json"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name at least one recording"),
        (("missing.mp4",), "missing.mp4: there is no such file"),
        (("sound.wav",), "sound.wav has no video track, only sound."),
        (("cut.mp4",), "cut.mp4"),
        (("text.mp4",), "text.mp4"),
        (("cam1.mp4", "cam1.mp4"), "cam1.mp4"),
        (("cam1.mp4", "--size", "1000"), "--size must be from 256 to 640 pixels, got 1000."),
        (("cam1.mp4", "--every", "0"), "--every must be at least 1, got 0."),
        (("cam1.mp4", "--from", "60"), "cam1.mp4: there is no frame to look at in the time that was asked for"),
        (("cam1.mp4", "--from", "1", "--to", "0.5"), "cam1.mp4: there is no frame to look at"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copy(video(1), "cam1.mp4")
    write_wav(tmp_path / "sound.wav", np.zeros(16_000))
    (tmp_path / "text.mp4").write_text("hello")
    (tmp_path / "cut.mp4").write_bytes(video(1).read_bytes()[: os.path.getsize(video(1)) // 2])
    code, out, told = call(capsys, *arguments, "-o", "out")
    assert (code, out) == (2, "")
    assert told.count("\n") == 1
    assert said in told
    assert not (tmp_path / "out").exists() or visible(tmp_path / "out") == []


def test_stopping_leaves_nothing_half_written(tmp_path, capsys, monkeypatch):
    """The disk is full after a few frames."""
    from viewsync.media.keypoints import openpose

    written = []

    def fail(path, content):
        if len(written) == 3:
            raise InputError("no space left")
        written.append(path)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)

    monkeypatch.setattr(openpose, "write_whole", fail)
    code, _, said = call(capsys, gray_video(), "-o", tmp_path, "--size", "256")
    assert (code, said) == (2, "viewsync: no space left\n")
    assert visible(tmp_path) == []
