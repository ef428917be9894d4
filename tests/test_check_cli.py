"""`viewsync check` as a user meets it: exit codes, what is printed where, and errors."""

import dataclasses
import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from viewsync.benchmarks.check import drop_frames
from viewsync.cli import main
from viewsync.worlds.drawn import Scene, SketchCamera, write_video

SCENE = Scene(seed=1, kind="tumblers", bodies=2, activity=0.8)
FRONT = SketchCamera(seed=0, azimuth_degrees=10, duration_seconds=20)
SIDE = SketchCamera(seed=1, azimuth_degrees=80, duration_seconds=20)
LOST_AT, LOST = 330, 2
HANDS = Path(__file__).parents[2] / "shared/data/handpose3d/media"


@cache
def files() -> dict[str, Path]:
    folder = Path(mkdtemp(prefix="viewsync-check-"))
    paths = {name: folder / f"{name}.mp4" for name in ("front", "side", "jump", "late", "still")}
    write_video(SCENE, FRONT, paths["front"])
    write_video(SCENE, SIDE, paths["side"])
    write_video(SCENE, dataclasses.replace(SIDE, offset_seconds=-1.5), paths["late"])
    write_video(Scene(seed=1, activity=0.0), SIDE, paths["still"])
    drop_frames(paths["side"], LOST_AT, LOST, 30, paths["jump"])
    return paths


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("VIEWSYNC_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def check(capsys, *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        # The poses of drawn figures are seen to elsewhere; looking for them takes its time.
        main(["check", *map(str, arguments), *([] if "--cue" in arguments else ["--cue", "audio,motion"])])
    captured = capsys.readouterr()
    return left.value.code, captured.out, captured.err


def test_files_in_sync_pass(capsys):
    code, out, _ = check(capsys, files()["front"], files()["side"])
    assert code == 0
    assert "side: By motion, in sync (" in out


def test_a_jump_is_found_printed_and_written(capsys, tmp_path):
    code, out, _ = check(capsys, files()["front"], files()["jump"], "--json", "-o", tmp_path / "out")
    assert code == 1
    printed = json.loads(out)
    assert printed == json.loads((tmp_path / "out" / "audit.json").read_text())
    assert printed["schema"] == "viewsync.audit/1"
    assert [camera.get("verdict") for camera in printed["cameras"]] == [None, "out of sync"]
    (cue,) = printed["pairs"][0]["cues"]
    (jump,) = cue["jumps"]
    assert jump["seconds"] == pytest.approx(LOST_AT / 30, abs=1.0)
    assert jump["size_seconds"] == pytest.approx(LOST / 30, abs=0.015)
    assert len(cue["stretches"]) == 2
    assert len({len(values) for values in cue["curve"].values()}) == 1


def test_an_offset_of_seconds_is_measured(capsys):
    code, out, _ = check(capsys, files()["front"], files()["late"])
    assert code == 1
    assert "late is 1500." in out or "late is 1499." in out
    assert "(45.0 frames) late" in out


def test_a_wide_tolerance_forgives_a_jump(capsys):
    code, _, _ = check(capsys, files()["front"], files()["jump"], "--tolerance-ms", 100)
    assert code == 0


def test_stillness_cannot_be_told_and_a_jump_outweighs_it(capsys):
    code, out, _ = check(capsys, files()["front"], files()["still"])
    assert code == 3
    assert "Nothing moves, sounds or flashes, and nobody is seen, in at least one of the two." in " ".join(out.split())
    code, _, _ = check(capsys, files()["front"], files()["still"], files()["jump"])
    assert code == 1


def test_any_file_can_be_the_reference(capsys):
    code, out, _ = check(capsys, files()["front"], files()["jump"], "--ref", "jump")
    assert code == 1
    assert "frames) late" in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("front",), "check needs at least two recordings, got 1"),
        (("front", "side", "--ref", "top"), "--ref top: no such recording. It must be one of: front, side."),
        (("front", "side", "--tolerance-ms", "-1"), "--tolerance-ms must be a number of milliseconds, 0 or more, got -1"),
        (("front", "side", "--tolerance-ms", "nan"), "--tolerance-ms must be a number of milliseconds, 0 or more, got nan"),
        (("front", "side", "--cue", "smell"), "--cue smell: choose one or more of audio, motion, pose."),
        (("front", "missing.mp4"), "missing.mp4: there is no such file"),
    ],
)
def test_bad_usage_is_exit_code_2(capsys, arguments, said):
    code, out, err = check(capsys, *(files().get(argument, argument) for argument in arguments))
    assert (code, out) == (2, "")
    assert said in err


@pytest.mark.skipif(not HANDS.exists(), reason="the recordings of handpose3d aren't here")
def test_two_lost_frames_of_a_real_hand(capsys, tmp_path):
    code, _, _ = check(capsys, HANDS / "cam0_test.mp4", HANDS / "cam1_test.mp4", "--cue", "motion")
    assert code == 0
    drop_frames(HANDS / "cam1_test.mp4", 201, 2, 30, tmp_path / "hand.mp4")
    code, out, _ = check(capsys, HANDS / "cam0_test.mp4", tmp_path / "hand.mp4", "--cue", "motion", "--json")
    assert code == 1
    (jump,) = json.loads(out)["pairs"][0]["cues"][0]["jumps"]
    assert jump["seconds"] == pytest.approx(6.7, abs=1.0)
    assert jump["size_seconds"] == pytest.approx(2 / 30, abs=0.02)
