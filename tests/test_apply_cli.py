"""`viewsync apply` as a user meets it: exit codes, what is made, what is left after a kill, and what is never touched."""

import hashlib
import json
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from footage import NOT_POSES, SCENE, two_with_sound, write_wav
from viewsync.cli import main
from viewsync.media import probe
from viewsync.outputs import timeline_json
from viewsync.sync import sync
from viewsync.types import Verdict
from viewsync.worlds.drawn import SketchCamera, write_video

PROGRAM = [sys.executable, "-c", "from viewsync.cli import main; main()"]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)


def exit_code(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    return left.value.code


def write_timeline(path: Path, clocks: dict[Path, tuple[float, float] | None]) -> Path:
    """A timeline.json that puts files at these (offset, rate in ppm), or leaves them untied."""
    cameras = []
    for file, clock in clocks.items():
        recording = probe(file)
        cameras.append(
            {
                "id": recording.id,
                "path": str(file),
                "sha256": recording.sha256,
                "verdict": "tied" if clock else "no evidence",
                "reasons": [] if clock else ["Nothing moves."],
                "first_pts_seconds": recording.first_pts_seconds,
                "offset_seconds": clock[0] if clock else None,
                "offset_std_seconds": 0.001 if clock else None,
                "rate_ppm": clock[1] if clock else None,
                "rate_std_ppm": None,
                "offset_rate_covariance": None,
                "rate_bound_ppm": None,
            }
        )
    document = {
        "schema": timeline_json.SCHEMA,
        "reference": cameras[0]["id"],
        "created_by": {"version": "0", "command": "test"},
        "cameras": cameras,
        "pairs": [],
        "cycles": [],
        "components": [],
    }
    path.write_text(json.dumps(document))
    return path


@pytest.fixture(scope="module")
def footage(tmp_path_factory) -> dict[str, Path]:
    """Two small cameras of different rates, one that drifts, and a sound recorder."""
    folder = tmp_path_factory.mktemp("footage")
    files = {name: folder / name for name in ("a.mp4", "b.mp4", "mic.wav")}
    write_video(SCENE, SketchCamera(seed=1, duration_seconds=3, width=96, height=64), files["a.mp4"])
    write_video(SCENE, SketchCamera(seed=2, duration_seconds=3, fps=25, width=96, height=64), files["b.mp4"])
    write_wav(files["mic.wav"], 3000 * np.sin(np.arange(48_000) / 9))
    return files


@pytest.fixture
def timeline(footage, tmp_path) -> Path:
    clocks = {footage["a.mp4"]: (0.0, None), footage["b.mp4"]: (0.41, 200.0), footage["mic.wav"]: (-0.3, None)}
    return write_timeline(tmp_path / "timeline.json", clocks)


def visible(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")} if folder.exists() else set()


def half_written(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".") and path.suffix != ".json"]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ── what it makes ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_trimmed_cameras_are_in_sync(tmp_path):
    front, side = two_with_sound()
    timeline = write_timeline(tmp_path / "timeline.json", {front: (0.0, None), side: (1.2345, None)})
    assert exit_code("apply", timeline, "--trim") == 0
    again = sync([tmp_path / "trimmed" / name for name in ("front.mp4", "side.mp4")], cues=NOT_POSES)
    assert all(camera.verdict is Verdict.TIED for camera in again.cameras)
    assert max(abs(camera.offset_seconds) for camera in again.cameras) < 0.5 / 30


def test_what_was_made_is_said_as_json_and_the_recordings_stay_as_they_were(footage, timeline):
    before = {name: digest(path) for name, path in footage.items()}
    done = run("apply", timeline, "--trim", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["start_seconds"], said["left_out"]) == (pytest.approx(13 / 30), [])  # The first frame after 0.41 s.
    assert said["end_seconds"] == pytest.approx(2.7, abs=1e-6)
    made = {file["id"]: Path(file["path"]) for file in said["files"]}
    assert {path.name for path in made.values()} == visible(timeline.parent / "trimmed") == {"a.mp4", "b.mp4", "mic.wav"}
    assert [file["frames_encoded"] for file in said["files"]] == [0, 0, 0]
    for file in said["files"]:
        video = probe(Path(file["path"])).video
        assert file["frames_copied"] == (0 if video is None else video.pts.size)
    assert {name: digest(path) for name, path in footage.items()} == before


def test_retime_takes_the_rate_it_is_given_and_the_grid_comes_on_top(timeline):
    done = run("apply", timeline, "--retime", "--grid", "--fps", "24000/1001", "-o", timeline.parent / "new")
    assert done.returncode == 0, done.stderr
    assert visible(timeline.parent / "new") == {"a.mp4", "b.mp4", "mic.wav", "grid.mp4"}
    for name in ("a.mp4", "b.mp4", "grid.mp4"):
        with av.open(str(timeline.parent / "new" / name)) as container:
            assert container.streams.video[0].average_rate == Fraction(24_000, 1001)
    assert "grid.mp4" in done.stdout


def test_what_is_not_tied_is_left_out_with_exit_code_3(footage, tmp_path):
    clocks = {footage["a.mp4"]: (0.0, None), footage["mic.wav"]: (-0.3, None), footage["b.mp4"]: None}
    done = run("apply", write_timeline(tmp_path / "timeline.json", clocks), "--trim")
    assert done.returncode == 3
    assert "b: left out. no evidence. Nothing moves." in done.stderr
    assert visible(tmp_path / "trimmed") == {"a.mp4", "mic.wav"}


def test_a_recording_that_was_moved_beside_the_timeline_is_found(footage, tmp_path):
    moved = tmp_path / "old" / "a.mp4"
    moved.parent.mkdir()
    moved.write_bytes(footage["a.mp4"].read_bytes())
    timeline = write_timeline(tmp_path / "timeline.json", {moved: (0.0, None), footage["b.mp4"]: (0.4, None)})
    moved.rename(tmp_path / "a.mp4")
    assert exit_code("apply", timeline, "--trim") == 0


# ── what it refuses ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "say what to make: --trim, --retime or --grid"),
        (["--trim", "--retime"], "--trim and --retime: choose one"),
        (["--retime", "--exact"], "--exact goes with --trim"),
        (["--retime", "--fps", "0"], "--fps must be a rate above 0 and up to 1000, such as 25 or 30000/1001, got '0'"),
        (["--retime", "--fps", "1/0"], "--fps must be a rate"),
        (["--retime", "--fps", "film"], "got 'film'"),
    ],
)
def test_bad_usage_is_one_sentence(timeline, capsys, arguments, said):
    assert exit_code("apply", timeline, *arguments) == 2
    assert said in capsys.readouterr().err
    assert visible(timeline.parent) == {"timeline.json"}


def gone(footage, folder):
    copy = folder / "old" / "a.mp4"
    copy.parent.mkdir()
    copy.write_bytes(footage["a.mp4"].read_bytes())
    write_timeline(folder / "timeline.json", {copy: (0.0, None), footage["b.mp4"]: (0.4, None)})
    copy.unlink()
    return "a.mp4 has gone, and isn't in"


def changed(footage, folder):
    copy = folder / "a.mp4"
    copy.write_bytes(footage["a.mp4"].read_bytes())
    write_timeline(folder / "timeline.json", {copy: (0.0, None), footage["b.mp4"]: (0.4, None)})
    copy.write_bytes(footage["b.mp4"].read_bytes())
    return "a.mp4 has changed since timeline.json was written"


def apart(footage, folder):
    write_timeline(folder / "timeline.json", {footage["a.mp4"]: (0.0, None), footage["b.mp4"]: (7.0, None)})
    return "the recordings share no stretch of time: a ends 4.000 s before b starts"


def nothing_tied(footage, folder):
    write_timeline(folder / "timeline.json", {footage["a.mp4"]: None, footage["b.mp4"]: None})
    return "ties no recording to 'a'"


def way_out(footage, folder):
    path = write_timeline(folder / "timeline.json", {footage["a.mp4"]: (0.0, None), footage["b.mp4"]: (0.4, None)})
    path.write_text(path.read_text().replace('"id": "b"', '"id": "../b"'))
    return "the recording id '../b' can't be the name of a file"


@pytest.mark.parametrize("make", [gone, changed, apart, nothing_tied, way_out])
def test_what_cannot_be_made_is_one_sentence_and_writes_nothing(footage, tmp_path, capsys, make):
    said = make(footage, tmp_path)
    assert exit_code("apply", tmp_path / "timeline.json", "--trim") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "trimmed").exists()


@pytest.mark.parametrize("how", ["same", "link"])
def test_a_recording_is_never_overwritten(footage, tmp_path, capsys, how):
    copy = tmp_path / "in" / "a.mp4"
    copy.parent.mkdir()
    copy.write_bytes(footage["a.mp4"].read_bytes())
    timeline = write_timeline(tmp_path / "timeline.json", {copy: (0.0, None), footage["b.mp4"]: (0.4, None)})
    out = copy.parent
    if how == "link":
        out = tmp_path / "out"
        out.mkdir()
        (out / "a.mp4").symlink_to(copy)
    assert exit_code("apply", timeline, "--trim", "-o", out) == 2
    assert "a.mp4 is one of the recordings, and would be overwritten. Choose another folder" in capsys.readouterr().err
    assert digest(copy) == digest(footage["a.mp4"])


def test_the_grid_can_lie_beside_the_recordings_but_not_in_place_of_one(footage, tmp_path, capsys):
    a, b, other = (tmp_path / name for name in ("a.mp4", "b.mp4", "grid.mp4"))
    for copy, source in ((a, "a.mp4"), (b, "b.mp4"), (other, "mic.wav")):
        copy.write_bytes(footage[source].read_bytes())
    before = {path: digest(path) for path in (a, b, other)}
    clocks = {a: (0.0, None), b: (0.4, None)}
    untied = write_timeline(tmp_path / "three.json", {**clocks, other: None})
    assert exit_code("apply", untied, "--grid") == 2
    assert "grid.mp4 is one of the recordings, and would be overwritten." in capsys.readouterr().err
    other.unlink()
    assert exit_code("apply", write_timeline(tmp_path / "two.json", clocks), "--grid") == 0
    assert probe(tmp_path / "grid.mp4").video is not None
    assert all(digest(path) == before[path] for path in (a, b))


# ── what is left when it is stopped ───────────────────────────────────────────────────────────────────────────────

KILLER = """
import os, signal, sys
from viewsync.apply import job, trim, trimmed_video
def deadly(owner, name, at):
    calls, make = [0], getattr(owner, name)
    def call(*arguments, **named):
        calls[0] += 1
        if calls[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return make(*arguments, **named)
    setattr(owner, name, call)
place, at = sys.argv.pop(1), int(sys.argv.pop(1))
owner, name = {"packet": (trimmed_video.TrimmedVideo, "push"), "edits": (trim, "write_edits"),
               "file": (job, "whole_file"), "record": (job, "write_whole")}[place]
deadly(owner, name, at)
from viewsync.cli import main
main()
"""


def test_killed_anywhere_it_leaves_only_whole_files_and_a_second_run_finishes(timeline):
    rng = np.random.default_rng(7)
    out = timeline.parent / "trimmed"
    places = [("file", 3), ("record", 2), *(("packet", int(rng.integers(1, 100))) for _ in range(3)), ("edits", 1)]
    for place, at in places:
        for name in [*visible(out), *(path.name for path in out.glob(".*.json"))]:
            (out / name).unlink()  # What is half-written stays.
        killed = subprocess.run([sys.executable, "-c", KILLER, place, str(at), "apply", timeline, "--trim"], check=False)
        assert killed.returncode == -signal.SIGKILL
        for name in visible(out):
            length = probe(out / name)
            assert length.last_pts_seconds == pytest.approx(2.29, abs=0.06)
    assert half_written(out)
    assert exit_code("apply", timeline, "--trim") == 0
    assert visible(out) == {"a.mp4", "b.mp4", "mic.wav"}
    assert half_written(out) == []


def test_a_second_run_leaves_what_is_finished_and_makes_what_is_not(timeline):
    assert exit_code("apply", timeline, "--trim") == 0
    out = timeline.parent / "trimmed"
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    (out / "b.mp4").unlink()
    done = run("apply", timeline, "--trim", "--json")
    assert done.returncode == 0
    after = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    assert {name for name in before if not name.startswith(".") and before[name] != after[name]} == {"b.mp4"}
    # What it says of a file is the same whether it was made now or before.
    assert all(file["frames_copied"] > 0 for file in json.loads(done.stdout)["files"] if file["id"] != "mic")
    # Another job makes its own.
    assert exit_code("apply", timeline, "--trim", "--exact") == 0
    assert (out / "a.mp4").stat().st_mtime_ns != before["a.mp4"]


SLOW = """
import signal
import time
signal.signal(signal.SIGINT, signal.default_int_handler)  # A shell's background job ignores it.
from viewsync.apply import trimmed_video
push = trimmed_video.TrimmedVideo.push
def slowly(self, packet):
    time.sleep(0.05)
    print("writing", flush=True)
    return push(self, packet)
trimmed_video.TrimmedVideo.push = slowly
from viewsync.cli import main
main()
"""


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_leaves_nothing_half_written(timeline, stop):
    program = [sys.executable, "-c", SLOW, "apply", str(timeline), "--trim"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline().startswith("writing")  # Two threads may share a line.
        running.send_signal(stop)
        _, said = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "nothing half-written was left" in said
    assert visible(timeline.parent / "trimmed") <= {"mic.wav"}
    assert half_written(timeline.parent / "trimmed") == []
