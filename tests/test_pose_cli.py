"""Keypoints on the command line, alone and beside videos: results, exit codes, and what is said of bad ones."""

import json
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest

from seen_bodies import LENS, Body, camera_at, pixels_of
from viewsync.calibration import write_aniposelib
from viewsync.cli import main
from viewsync.commands.seen import read_seen
from viewsync.media import probe
from viewsync.media.keypoints import write_coco, write_deeplabcut, write_tracks
from viewsync.types import Poses
from viewsync.worlds.drawn import Scene, SketchCamera, write_video

NAMES = ("cam1", "cam2", "cam3")
CAMERAS = {name: camera_at(degrees, name) for name, degrees in zip(NAMES, (0, 70, 150), strict=True)}
OFFSETS = {"cam1": 0.0, "cam2": 1.2345, "cam3": -0.4321}
"""Of the cameras' clocks on that of cam1."""
SECONDS = 6.0
BODY = Body(1, seconds=12.0)


def seen(name: str, seconds: float = SECONDS, offset: float | None = None) -> Poses:
    """What a camera saw, told with joints of COCO, from its own first frame on."""
    frames = np.arange(round(seconds * 30)) / 30
    start = 1.0 + (OFFSETS[name] if offset is None else offset)
    pixels = pixels_of(BODY, CAMERAS[name], start + frames, noise_pixels=2.0, seed=NAMES.index(name))
    return of_points(pixels, frames)


def of_points(pixels: np.ndarray, seconds: np.ndarray) -> Poses:
    count = len(seconds)
    joints = tuple(f"joint{joint}" for joint in range(pixels.shape[1]))
    size = (LENS.width, LENS.height)
    return Poses(joints, seconds, np.arange(count), np.zeros(count, int), pixels, np.ones(pixels.shape[:2]), size)


@cache
def folder() -> Path:
    """Tracks of three cameras, each with its own times, and their calibration."""
    folder = Path(mkdtemp(prefix="viewsync-poses-"))
    for name in NAMES:
        write_tracks(seen(name), folder / "poses" / f"{name}.csv")
    write_aniposelib(list(CAMERAS.values()), folder / "calibration.toml")
    return folder


@cache
def videos() -> tuple[Path, Path]:
    """Small ones of a scene without motion, as long as the keypoints."""
    folder = Path(mkdtemp(prefix="viewsync-poses-"))
    for name in NAMES[:2]:
        camera = SketchCamera(seed=int(name[-1]), duration_seconds=SECONDS, width=160, height=90)
        write_video(Scene(seed=3, activity=0.0), camera, folder / f"{name}.mp4")
    return folder / "cam1.mp4", folder / "cam2.mp4"


def said(capsys, *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([*map(str, arguments)])
    captured = capsys.readouterr()
    return left.value.code, captured.out, " ".join(captured.err.split())


def synced(capsys, out: Path, *arguments: object) -> tuple[int, dict]:
    code, printed, err = said(capsys, "sync", *arguments, "-o", out, "--json", "--ref", "cam1")
    assert printed, err
    return code, json.loads(printed)


def offsets(document: dict) -> dict[str, float]:
    return {camera["id"]: camera["offset_seconds"] for camera in document["cameras"]}


# ── what is found ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_keypoints_alone(capsys, tmp_path):
    code, document = synced(capsys, tmp_path, "--poses", folder() / "poses")
    assert code == 0
    assert offsets(document) == pytest.approx(OFFSETS, abs=0.004)
    assert {camera["kind"] for camera in document["cameras"]} == {"keypoints"}
    assert {camera["path"] for camera in document["cameras"]} == {str(folder() / "poses")}
    assert all(pair["decided_by"] == "pose" for pair in document["pairs"])
    assert (tmp_path / "frames.csv").read_text().startswith("ref_seconds,cam1_frame,")
    report = (tmp_path / "report.html").read_text()
    assert "All 3 cameras are on the clock of cam1." in report
    assert "<img" not in report
    code, _, err = said(capsys, "apply", tmp_path / "timeline.json", "--trim")
    assert code == 2
    assert f"cam1: only its keypoints were synchronized ({folder() / 'poses'}), and there is no video to cut." in err


def test_calibrated_cameras_and_lenses_alone(capsys, tmp_path):
    lenses = tmp_path / "lenses"
    lenses.mkdir()
    for name in NAMES[:2]:
        (lenses / f"{name}.json").write_text(
            json.dumps({"K-matrix": LENS.matrix.tolist(), "distCoeff": [0.0] * 5, "resolution": [LENS.width, LENS.height]})
        )
    files = [folder() / "poses" / f"{name}.csv" for name in NAMES[:2]]
    stds = {}
    for kind, given in (("none", ()), ("cameras", (folder() / "calibration.toml",)), ("lenses", (lenses,))):
        options = [part for path in given for part in ("--calibration", path)]
        code, document = synced(capsys, tmp_path / kind, "--poses", *files, *options)
        assert code == 0
        assert offsets(document)["cam2"] == pytest.approx(OFFSETS["cam2"], abs=0.004)
        stds[kind] = document["cameras"][1]["offset_std_seconds"]
    assert stds["cameras"] != stds["none"] == stds["lenses"]  # These have no distortion.


def test_beside_videos(capsys, tmp_path):
    for name in NAMES:
        write_coco(replace(seen(name), size=None), tmp_path / f"{name}.json")
    code, document = synced(capsys, tmp_path / "out", *videos(), "--cue", "pose", "--poses", tmp_path, "--fps", 30)
    assert code == 0
    assert offsets(document) == pytest.approx(OFFSETS, abs=0.004)
    assert [camera["kind"] for camera in document["cameras"]] == ["video", "video", "keypoints"]
    assert [camera["path"] for camera in document["cameras"]] == [*map(str, videos()), str(tmp_path)]
    assert (tmp_path / "out" / "report.html").read_text().count('class="screen"') == 2


def test_frames_of_a_video_are_shown_when_the_video_says(tmp_path):
    for name in NAMES[:2]:
        write_deeplabcut(seen(name), tmp_path / f"{name}.csv")
    recording = probe(videos()[1])
    found = read_seen([tmp_path], 12.5, None, ("pose",), [recording])
    assert found.poses["cam1"].pts_seconds[5] == 5 / 12.5
    np.testing.assert_array_equal(found.poses["cam2"].pts_seconds, recording.frame_seconds)
    assert found.placed(recording) is recording


def test_an_audit_of_keypoints(capsys, tmp_path):
    for name in NAMES[:2]:
        write_tracks(seen(name, offset=0.0), tmp_path / f"{name}.csv")
    code, out, err = said(capsys, "check", "--poses", tmp_path)
    assert (code, err) == (0, "")
    assert "By pose, in sync" in out
    late = of_points(seen("cam2", offset=0.1).pixels, np.arange(round(SECONDS * 30)) / 30)
    write_tracks(late, tmp_path / "cam2.csv")
    code, out, _ = said(capsys, "check", "--poses", tmp_path, "--json")
    assert code == 1
    audit = json.loads(out)
    assert [camera["path"] for camera in audit["cameras"]] == [str(tmp_path)] * 2
    (stretch,) = audit["pairs"][0]["cues"][0]["stretches"]
    assert stretch["offset_seconds"] == pytest.approx(0.1, abs=0.004)


# ── what can't be used ────────────────────────────────────────────────────────────────────────────────────────────


def refused(capsys, tmp_path: Path, *arguments: object) -> str:
    code, out, err = said(capsys, "sync", *arguments, "-o", tmp_path / "out")
    assert (code, out) == (2, "")
    assert list((tmp_path / "out").iterdir()) == []
    return err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "sync needs at least two recordings, got 0"),
        (("cam1.csv",), "sync needs at least two recordings, got 1"),
        (("cam1.csv", "cam1.csv"), "there are poses of 'cam1' twice: in"),
        (("cam1.csv", "copy.csv"), "the keypoints of cam1 and copy are the same. Name each recording once."),
        (("cam1.csv", "numbered.csv"), "doesn't tell their times. Give their rate with --fps, or the video"),
        (("cam1.csv", "numbered.csv", "--fps", "0"), "--fps must be a positive number of frames per second, got 0"),
        (("cam1.csv", "numbered.csv", "--fps", "-25"), "--fps must be a positive number of frames per second, got -25"),
        (("cam1.csv", "numbered.csv", "--fps", "nan"), "--fps must be a positive number of frames per second, got nan"),
        (("cam1.csv", "empty.csv"), "empty.csv: its first line is empty"),
        (("cam1.csv", "no_frames.csv"), "no_frames.csv tells no frame"),
        (("cam1.csv", "no_images.json"), "the keypoints of no_images hold no frames"),
        (("cam1.csv", "nan.csv"), "has no joint position of nan: all are nan, zero, or without confidence"),
        (("cam1.csv", "unordered.csv"), "frames are out of order: frame 1 after 2. Sort its lines."),
        (("cam1.csv", "far.csv", "--fps", "30"), "far: its keypoints are of 28 hours, more than 24. Look for a frame"),
        (("cam1.csv", "hands.csv"), "the joints of cam1 (joint0, joint1, joint2, … 17 in all) are none of those"),
        (("cam1.csv", "cam2.csv", "--calibration", "others.toml"), "can't be told apart by name"),
        (("cam1.csv", "cam2.csv", "--calibration", "upright.toml"), "a picture that lies on its side"),
        (("cam1.csv", "cam2.csv", "--calibration", "one_place.toml"), "cam1 and cam2 stand at the same place"),
        (("cam1.csv", "cam2.csv", "--calibration", "missing.toml"), "missing.toml can't be read"),
        (("cam1.csv", "cam2.csv", "--cue", "motion"), "--poses and --calibration are for the cue pose"),
        (("missing.csv",), "missing.csv doesn't exist"),
    ],
)
def test_bad_keypoints_are_exit_code_2(capsys, tmp_path, arguments, message):
    files = bad_files()
    given = [files / argument if "." in argument else argument for argument in arguments]
    assert message in refused(capsys, tmp_path, *(["--poses"] if given else []), *given)


@cache
def bad_files() -> Path:
    bad = Path(mkdtemp(prefix="viewsync-poses-"))
    for name in NAMES[:2]:
        shutil.copy(folder() / "poses" / f"{name}.csv", bad)
    shutil.copy(bad / "cam1.csv", bad / "copy.csv")
    (bad / "numbered.csv").write_text("frame,x,y\n0,1,1\n1,2,2\n")
    (bad / "empty.csv").touch()
    (bad / "no_frames.csv").write_text("seconds,x,y\n")
    keypoints = [{"id": 1, "name": "person", "keypoints": ["nose"]}]
    (bad / "no_images.json").write_text(json.dumps({"images": [], "annotations": [], "categories": keypoints}))
    (bad / "nan.csv").write_text("seconds,joint,x,y\n0,joint0,nan,nan\n1,joint0,nan,nan\n")
    (bad / "unordered.csv").write_text("frame,seconds,x,y\n0,0,1,1\n2,1,1,1\n1,2,1,1\n")
    (bad / "far.csv").write_text("frame,joint,x,y\n0,joint0,1,1\n3000000,joint0,1,2\n")
    (bad / "hands.csv").write_text("seconds,joint,x,y\n0,thumb,1,1\n1,thumb,1,2\n")
    one, two = (replace(CAMERAS[name], name=name) for name in NAMES[:2])
    upright = replace(LENS, width=LENS.height, height=LENS.width)
    write_aniposelib([replace(one, name="left"), replace(two, name="right")], bad / "others.toml")
    write_aniposelib([replace(one, lens=upright), replace(two, lens=upright)], bad / "upright.toml")
    write_aniposelib([one, replace(one, name="cam2")], bad / "one_place.toml")
    return bad


def test_poses_that_do_not_fit_their_videos(capsys, tmp_path):
    write_deeplabcut(seen("cam1", SECONDS + 1), tmp_path / "cam1.csv")
    err = refused(capsys, tmp_path, *videos(), "--poses", tmp_path / "cam1.csv")
    assert "cam1: there are poses of frame 180, but its video has frames 0 to 179." in err
    write_tracks(seen("cam1"), tmp_path / "cam1.csv")
    err = refused(capsys, tmp_path, *videos(), "--poses", tmp_path / "cam1.csv")
    assert "cam1: its keypoints are of pictures of 1280 × 720, its video has" in err
    assert "--fps is the frame rate of keypoints" in refused(capsys, tmp_path, *videos(), "--fps", 25)


@pytest.mark.parametrize("what", ["nobody", "one joint for 2 s", "stillness"])
def test_too_little_gives_no_number(capsys, tmp_path, what):
    for name in NAMES[:2]:
        poses = seen(name)
        if what == "nobody":
            none = slice(0, 0)
            poses = replace(
                poses, frames=poses.frames[none], tracks=poses.tracks[none], pixels=poses.pixels[none],
                confidence=poses.confidence[none],
            )  # fmt: skip
        elif what == "one joint for 2 s":
            poses = of_points(poses.pixels[:60, :1], poses.pts_seconds[:60])
        else:
            noise = np.random.default_rng(NAMES.index(name)).normal(0, 2, poses.pixels.shape)
            poses = of_points(poses.pixels[:1] + noise, poses.pts_seconds)
        write_tracks(poses, tmp_path / f"{name}.csv")
    code, document = synced(capsys, tmp_path / "out", "--poses", *sorted(tmp_path.glob("*.csv")))
    assert code == 3
    assert offsets(document)["cam2"] is None
    (pair,) = document["pairs"]
    assert pair["offset_seconds"] is None
    assert pair["verdict"] in (("no evidence",) if what == "nobody" else ("no evidence", "ambiguous"))
