"""`viewsync render` as one calls it."""

import json
import os
import subprocess
import sys

import pytest

from viewsync.cli import main
from viewsync.worlds.presets import PRESETS
from viewsync.worlds.truth.formats import FORMATS, PICTURES

pytestmark = pytest.mark.opengl

TINY = ("--size", "96x64", "--seconds", "0.2")


def call(*arguments, before="", **env):
    """In a process of its own; `before` is run first."""
    code = f"{before}\nfrom viewsync.cli import main\nif __name__ == '__main__': main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | env, timeout=120)


def failing(capsys, *arguments):
    """What is said on stderr by a command that can't do its work."""
    with pytest.raises(SystemExit) as left:
        main(["render", *map(str, arguments)])
    assert left.value.code == 2
    out, said = capsys.readouterr()
    assert out == ""
    assert said.count("\n") == 1
    return said


def test_help_names_all_presets_and_formats(capsys):
    with pytest.raises(SystemExit) as left:
        main(["render", "--help"])
    assert left.value.code == 0
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for name in PRESETS:
        assert name in said
    for name in (*FORMATS, *PICTURES):
        assert name.removesuffix("-detected") in said
    assert "None" not in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("paris",), "no preset is called 'paris'. Choose one of: stereo ("),
        (("pair", "--truth", "coco", "cocoa"), "--truth: no such format: cocoa. Choose from calibration, coco,"),
        (("pair", "--size", "640"), "--size must be width x height in pixels, such as 640x360, got '640'"),
        (("pair", "--size", "-640x360"), "--size must be width x height"),
        (("pair", "--size", "641x360"), "--size: width must be even"),
        (("pair", "--size", "8x8"), "--size: width must be from 64 to 4096, got 8"),
        (("pair", "--seed", "-1"), "--seed must be 0 or greater, got -1"),
        (("pair", "--workers", "0"), "--workers must be from 1 to 256, got 0"),
        (("pair", "--motions", "nowhere"), "nowhere: no such folder"),
        (("pair", "--cameras", "nowhere"), "--cameras: pair isn't modelled after real cameras"),
        (("pair", "--place-seed", "1"), "--place-seed: cameras of pair move, each about a place of its own"),
        (("street", "--place-seed=-1"), "--place-seed must be from 0 to 9.0072e+15, got -1"),
        (("pets", "--cameras", "nowhere"), "nowhere has no View_*.xml"),
        (("lab", "--cameras", "nowhere"), "nowhere can't be read"),
        (("theatre", *TINY, "--people", "500"), "500 people can't walk on a ground of"),
    ],
)
def test_bad_input_is_one_clear_sentence(arguments, said, tmp_path, capsys):
    out = tmp_path / "out"
    assert said in failing(capsys, *arguments, "-o", out)
    assert not list(out.glob("*/"))


def test_an_unreadable_motion_is_named(tmp_path, capsys):
    (tmp_path / "walk.bvh").write_text("HIERARCHY nothing")
    assert "walk.bvh" in failing(capsys, "pair", *TINY, "--motions", tmp_path, "-o", tmp_path / "out")


def test_a_folder_with_other_files_is_refused(tmp_path, capsys):
    (tmp_path / "holiday.mp4").touch()
    assert "holds files but no order.json" in failing(capsys, "stereo", *TINY, "-o", tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "taken").touch()
    said = failing(capsys, "stereo", *TINY, "-o", tmp_path / "taken" / "out")
    assert "can't write into the folder" in said


def test_json_is_all_that_is_on_stdout_and_another_order_is_refused(tmp_path, capsys):
    done = call("render", "stereo", *TINY, "--truth", "mot", "-o", tmp_path, "--json", "--workers", 1)
    assert (done.returncode, done.stderr) == (0, "")
    manifest = json.loads(done.stdout)
    assert manifest == json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["order"]["truth"] == ["mot"]
    assert "ordered otherwise (another seed)" in failing(
        capsys, "stereo", *TINY, "--truth", "mot", "-o", tmp_path, "--seed", 3
    )
    with pytest.raises(SystemExit) as left:
        main(["render", "stereo", *TINY, "--truth", "mot", "-o", str(tmp_path), "--workers", "1"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"{tmp_path}: 1 scene of stereo, 7 files; see manifest.json\n"


def test_without_opengl_it_says_what_to_install(tmp_path):
    done = call("render", "stereo", *TINY, "-o", tmp_path, __EGL_VENDOR_LIBRARY_FILENAMES="/nonexistent")
    assert done.returncode == 2
    assert done.stderr.startswith("viewsync: Pictures can't be rendered: this machine has no OpenGL")
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["order.json"]


@pytest.mark.parametrize(
    "missing", ["h5py", *(pytest.param(name, marks=pytest.mark.slow) for name in ("anny", "vtkmodules"))]
)
def test_without_the_extra_it_says_what_to_install(missing, tmp_path):
    done = call("render", "walker", *TINY, "-o", tmp_path, before=f"import sys; sys.modules[{missing!r}] = None")
    assert done.returncode == 2
    assert "pip install 'viewsync[worlds]'" in done.stderr
    assert missing in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("largest_kib", "file"),
    [pytest.param(2, "left.npy|right.npy|left.mp4|right.mp4", marks=pytest.mark.slow), (20, "_dmap_10.h5")],
)
def test_a_disk_that_is_full_is_told_of(largest_kib, file, tmp_path):
    """A file that may not grow any more fails as one on a full disk does."""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, 2 * [1024 * {largest_kib}])"
    done = call("render", "stereo", *TINY, "--truth", "density", "--workers", 1, "-o", tmp_path, before=limit)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "file too large" in done.stderr
    assert any(name in done.stderr for name in file.split("|"))
    assert not list(tmp_path.rglob(".*"))


def test_other_commands_load_nothing_of_it():
    code = (
        "import sys; import viewsync.cli, viewsync.sync; "
        "print([name for name in sys.modules if name.split('.')[0] in ('h5py', 'vtkmodules', 'pyvista', 'torch', 'anny')"
        " or name.startswith('viewsync.worlds')])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
