"""`viewsync pose3d` as a user meets it: what it writes and says, and what is said of bad input."""

import csv
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest
from unsynchronized import CAMERAS, poses, truth, views

from viewsync.calibration import write_aniposelib
from viewsync.cli import main
from viewsync.media.keypoints import write_tracks
from viewsync.pose3d.files import read_trc

SHIFTS = {"cam1": 0.0, "cam2": 0.2, "cam3": -0.13}


@cache
def folder() -> Path:
    """Keypoints of three cameras on clocks of their own, and their calibration."""
    folder = Path(mkdtemp(prefix="viewsync-pose3d-"))
    for view in views(tuple(SHIFTS.values()), noise_pixels=1.0, rate_hz=30.0, seconds=3.0):
        write_tracks(poses(view.tracks), folder / "pose" / f"{view.camera.name}.csv")
    write_aniposelib(CAMERAS, folder / "calib.toml")
    return folder


def run(capsys, *arguments) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["pose3d", *map(str, arguments)])
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def test_clocks_are_put_right_and_joints_written(capsys, tmp_path):
    code, out, err = run(capsys, folder() / "pose", "--calibration", folder() / "calib.toml", "-o", tmp_path)
    assert (code, err) == (0, "")
    shifts = {line.split(":")[0]: float(line.split()[4]) for line in out.splitlines() if "put right by" in line}
    assert shifts == pytest.approx({"cam2": 0.2, "cam3": -0.13}, abs=0.003)
    assert "% of 17 joints at 90 instants of cam1" in out
    _, seconds, points = read_trc(tmp_path / "joints.trc")
    missed = np.linalg.norm(points - truth(seconds), axis=2)
    assert np.nanmedian(missed) < 0.01
    rows = list(csv.DictReader((tmp_path / "joints.csv").open()))
    assert len(rows) == 90 * 17
    row = next(row for row in rows if row["seconds"] == "1.000000" and row["joint"] == "left_wrist")
    assert [float(row[f"{axis}_metres"]) for axis in "xyz"] == pytest.approx(truth(np.array([1.0]))[0, 9], abs=0.03)


def test_a_timeline_is_believed_and_its_reference_counts(capsys, tmp_path):
    told = written_timeline(tmp_path / "timeline.json", SHIFTS | {"cam1": -0.2, "cam2": 0.0, "cam3": -0.33}, "cam2")
    how = (folder() / "pose", "--calibration", folder() / "calib.toml", "--timeline", told, "-o", tmp_path / "out")
    code, out, _ = run(capsys, *how, "--max-shift", 0)
    assert (code, "at 90 instants of cam2" in out, "put right" in out) == (0, True, False)
    _, seconds, points = read_trc(tmp_path / "out" / "joints.trc")
    assert np.nanmedian(np.linalg.norm(points - truth(seconds + 0.2), axis=2)) < 0.01
    _, out, _ = run(capsys, *how, "--max-shift", 0.1, "--ref", "cam1")
    shifts = [float(line.split()[4]) for line in out.splitlines() if "put right by" in line]
    assert shifts == pytest.approx([0.0, 0.0], abs=0.003)


def test_a_camera_that_the_timeline_does_not_tie_is_said(capsys, tmp_path):
    told = written_timeline(tmp_path / "timeline.json", {"cam1": 0.0, "cam2": 0.2, "cam3": None}, "cam1")
    how = (folder() / "pose", "--calibration", folder() / "calib.toml", "--timeline", told, "-o", tmp_path / "out")
    code, _, err = run(capsys, *how)
    assert (code, "ties no camera cam3 to the others. Leave its keypoints out, or sync it first" in err) == (2, True)


def written_timeline(path: Path, offsets: dict[str, float | None], reference: str) -> Path:
    """Of cameras of which offsets alone are known."""
    blank = dict.fromkeys(("rate_ppm", "rate_std_ppm", "offset_rate_covariance", "rate_bound_ppm"))
    cameras = []
    for id, offset in offsets.items():
        known = {"verdict": "no evidence", "offset_std_seconds": None}
        if offset is not None:
            known = {"verdict": "tied", "offset_std_seconds": 0.001}
        recording = {"id": id, "path": f"/{id}", "sha256": "0", "reasons": [], "first_pts_seconds": 0.0}
        cameras.append(recording | known | blank | {"offset_seconds": offset})
    document = {
        "schema": "viewsync.timeline/1", "reference": reference, "created_by": {"version": "1", "command": "a test"},
        "cameras": cameras, "pairs": [], "cycles": [], "components": [list(offsets)],
    }  # fmt: skip
    path.write_text(json.dumps(document))
    return path


def test_what_cannot_be_used_is_said(capsys, tmp_path):
    calibration, cam1 = folder() / "calib.toml", folder() / "pose" / "cam1.csv"
    code, _, err = run(capsys, folder() / "pose", "-o", tmp_path)
    assert (code, "name keypoints and a calibration" in err) == (2, True)
    code, _, err = run(capsys, cam1, "--calibration", calibration, "-o", tmp_path)
    assert (code, "two cameras or more, got keypoints of cam1" in err) == (2, True)
    code, _, err = run(capsys, folder() / "pose", "--calibration", calibration, "--ref", "cam9", "-o", tmp_path)
    assert (code, "--ref cam9: there are no keypoints of that name. It must be one of: cam1, cam2, cam3" in err) == (2, True)
    code, _, err = run(capsys, folder() / "pose", "--calibration", calibration, "--max-shift", "-1", "-o", tmp_path)
    assert (code, "--max-shift must be 0 seconds or more, got -1" in err) == (2, True)
    two = write_calibration(tmp_path / "two.toml", CAMERAS[:2])
    code, _, err = run(capsys, folder() / "pose", "--calibration", two, "-o", tmp_path)
    assert (code, "doesn't say where cam3 stood. Add it, or leave its keypoints out" in err) == (2, True)
    assert not (tmp_path / "joints.trc").exists()


def test_units_that_are_mixed_are_said(capsys, tmp_path):
    far = replace(CAMERAS[2], translation_metres=1000 * CAMERAS[2].translation_metres)
    mixed = write_calibration(tmp_path / "mixed.toml", (*CAMERAS[:2], far))
    code, _, err = run(capsys, folder() / "pose", "--calibration", mixed, "--max-shift", 0, "-o", tmp_path)
    assert (code, "camera cam3 stands" in err and "units are mixed" in err) == (2, True)


def test_cameras_without_a_joint_in_common_are_no_result(capsys, tmp_path):
    for view in views((0.0, 0.0), rate_hz=30.0, seconds=1.0):
        told = poses(view.tracks)
        named = replace(told, joints=tuple(f"{view.camera.name}_{joint}" for joint in told.joints))
        write_tracks(named, tmp_path / "pose" / f"{view.camera.name}.csv")
    code, _, err = run(capsys, tmp_path / "pose", "--calibration", folder() / "calib.toml", "-o", tmp_path / "out")
    assert (code, "no joint is seen by two cameras at one time, or they don't agree" in err) == (2, True)
    assert not list((tmp_path / "out").iterdir())


def test_a_joint_that_one_camera_alone_tells_is_named(capsys, tmp_path):
    for view in views((0.0, 0.0), rate_hz=30.0, seconds=1.0):
        told = poses(view.tracks)
        if view.camera.name == "cam2":
            told = replace(told, joints=("tail", *told.joints[1:]))
        write_tracks(told, tmp_path / "pose" / f"{view.camera.name}.csv")
    code, out, _ = run(
        capsys, tmp_path / "pose", "--calibration", folder() / "calib.toml", "--max-shift", 0, "-o", tmp_path / "out"
    )
    assert code == 0
    assert "Missing throughout: nose, tail: never seen by two cameras at one time." in out
    assert "nose,,,,0," in (tmp_path / "out" / "joints.csv").read_text()


def write_calibration(path, cameras):
    write_aniposelib(cameras, path)
    return path
