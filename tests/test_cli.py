"""The command line as a user meets it: exit codes, what is printed where, and nothing half-written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from footage import NOT_POSES, three_cameras, write_wav
from viewsync.cli import main
from viewsync.outputs import timeline_json
from viewsync.worlds.drawn import Scene, SketchCamera, write_video

QUICK = ("--cue", ",".join(NOT_POSES))
PROGRAM = [sys.executable, "-c", "from viewsync.cli import main; main()"]


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [*PROGRAM, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)


def test_sync_writes_its_results_and_prints_json_alone(tmp_path):
    done = run("sync", *three_cameras(), "-o", tmp_path / "out", "--json", *QUICK)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    printed = json.loads(done.stdout)
    assert printed == timeline_json.read(tmp_path / "out" / "timeline.json")
    assert [camera["id"] for camera in printed["cameras"]] == ["front", "side", "back"]
    assert "<html" in (tmp_path / "out" / "report.html").read_text()
    assert "front_frame" in (tmp_path / "out" / "frames.csv").read_text()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["frames.csv", "report.html", "timeline.json"]


def test_what_cannot_be_tied_is_exit_code_3_with_reasons_on_stderr(tmp_path):
    still = tmp_path / "still.mp4"
    write_video(Scene(seed=3, activity=0.0), SketchCamera(seed=8, duration_seconds=6), still)
    done = run("sync", three_cameras()[0], three_cameras()[1], still, "-o", tmp_path / "out", "--ref", "front", *QUICK)
    assert done.returncode == 3
    assert "still: no evidence" in done.stderr
    cameras = {camera["id"]: camera for camera in json.loads((tmp_path / "out" / "timeline.json").read_text())["cameras"]}
    assert cameras["side"]["verdict"] == "tied"
    assert cameras["still"]["offset_seconds"] is None


def test_help_names_the_commands():
    done = run("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("sync", "demo", "bench"))


def test_a_terminal_without_the_characters_gets_others(tmp_path):
    out = tmp_path / "naïve [bold] :smile:"
    done = run("sync", *three_cameras()[:2], "-o", out, *QUICK, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "na\\xefve [bold] :smile:\n" in done.stdout


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_reader_that_leaves_early_stops_no_result(tmp_path, as_json):
    command = [*PROGRAM, "sync", *map(str, three_cameras()[:2]), "-o", str(tmp_path), *QUICK, *as_json]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141
    assert sorted(path.name for path in tmp_path.iterdir()) == ["frames.csv", "report.html", "timeline.json"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_behind_stdout_is_one_sentence(tmp_path):
    command = [*PROGRAM, "sync", *map(str, three_cameras()[:2]), "-o", str(tmp_path), "--json", *QUICK]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "viewsync: can't go on: no space left on device.\n")


@pytest.mark.parametrize("command", ["demo", "bench"])
def test_a_seed_below_zero_is_named(command, capsys):
    with pytest.raises(SystemExit) as left:
        main([command, "--seed", "-1"])
    assert left.value.code == 2
    assert "--seed must be 0 or greater, got -1" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [("sync", "--max-offset", "soon"), ("dance",), ()])
def test_bad_usage_is_exit_code_2(arguments):
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    assert left.value.code == 2


# ── bad input: one sentence, exit code 2, nothing written ─────────────────────────────────────────────────────────


def missing(folder: Path) -> tuple[list[Path], str]:
    return [three_cameras()[0], folder / "gone.mp4"], "no such file"


def empty(folder: Path) -> tuple[list[Path], str]:
    (folder / "empty.mp4").touch()
    return [three_cameras()[0], folder / "empty.mp4"], "empty"


def steering(folder: Path) -> tuple[list[Path], str]:
    (folder / "red\x1b[31m\nline.mp4").touch()
    return [three_cameras()[0], folder / "red\x1b[31m\nline.mp4"], "red�[31m�line.mp4 is empty"


def not_media(folder: Path) -> tuple[list[Path], str]:
    (folder / "notes.mp4").write_text("clap at 12:30\n" * 50)
    return [three_cameras()[0], folder / "notes.mp4"], "notes.mp4"


def truncated(folder: Path) -> tuple[list[Path], str]:
    content = three_cameras()[1].read_bytes()
    (folder / "cut.mp4").write_bytes(content[: len(content) // 2])
    return [three_cameras()[0], folder / "cut.mp4"], "cut.mp4"


def corrupt(folder: Path) -> tuple[list[Path], str]:
    content = bytearray(three_cameras()[1].read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = np.random.default_rng(0).bytes(4000)
    (folder / "scratched.mp4").write_bytes(content)
    return [three_cameras()[0], folder / "scratched.mp4"], "scratched.mp4"


def sound_beside_video(folder: Path) -> tuple[list[Path], str]:
    wav = write_wav(folder / "sound.wav", 9000 * np.sin(np.arange(48000) / 7))
    return [three_cameras()[0], wav], "none of the other files can be compared by"


def no_frames(folder: Path) -> tuple[list[Path], str]:
    path = folder / "frameless.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.start_encoding()
    return [three_cameras()[0], path], "frameless.mkv"


def twice(folder: Path) -> tuple[list[Path], str]:
    return [three_cameras()[0], three_cameras()[1], three_cameras()[0]], "front.mp4"


def copied(folder: Path) -> tuple[list[Path], str]:
    (folder / "copy.mp4").write_bytes(three_cameras()[0].read_bytes())
    return [three_cameras()[0], folder / "copy.mp4"], "copy.mp4"


def alone(folder: Path) -> tuple[list[Path], str]:
    return [three_cameras()[0]], "at least two recordings, got 1"


def backwards(folder: Path) -> tuple[list[Path], str]:
    path = folder / "backwards.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "gray"
        for pts in (0, 1, 2, 2, 3, 4):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64), 10 * pts, np.uint8), format="gray")
            frame.pts = pts
            for packet in stream.encode(frame):
                packet.dts = packet.pts = pts
                container.mux(packet)
    return [three_cameras()[0], path], "backwards.mkv"


@pytest.mark.parametrize(
    "make",
    [
        missing,
        empty,
        steering,
        not_media,
        truncated,
        corrupt,
        sound_beside_video,
        no_frames,
        twice,
        copied,
        alone,
        backwards,
    ],
)
def test_bad_input_is_one_clear_sentence_and_writes_nothing(make, tmp_path, capsys):
    files, said = make(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(["sync", *map(str, files), "-o", str(tmp_path / "out")])
    assert left.value.code == 2
    assert said in capsys.readouterr().err
    assert not list((tmp_path / "out").glob("*"))


def test_an_output_folder_that_cannot_be_made_is_named(tmp_path, capsys):
    (tmp_path / "taken").touch()
    with pytest.raises(SystemExit) as left:
        main(["sync", *map(str, three_cameras()), "-o", str(tmp_path / "taken" / "out")])
    assert left.value.code == 2
    assert "taken/out: not a directory. Choose a folder that you may write to" in capsys.readouterr().err
