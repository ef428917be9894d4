"""Orders as folders: the same bytes however they came about. All without people, so that they come quickly."""

import hashlib
import json
import shutil
from collections import namedtuple

import pytest

from viewsync.types import InputError
from viewsync.worlds.order import Order
from viewsync.worlds.presets import preset_named
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.render import render

pytestmark = pytest.mark.opengl

STEREO = preset_named("stereo")


def order(seed=5, scenes=2):
    return Order("stereo", seed, scenes, Wishes(size=(96, 64), seconds=0.2), ("calibration", "coco", "depth", "density"))


def unheard(task, done, whole):
    pass


@pytest.fixture(scope="session")
def rendered(tmp_path_factory):
    """With two processes; and what was told of it."""
    folder, told = tmp_path_factory.mktemp("rendered"), []
    manifest = render(order(), STEREO, folder, 2, lambda *report: told.append(report))
    return folder, manifest, told


def test_the_manifest_lists_every_file_with_its_hash(rendered):
    folder, manifest, _ = rendered
    assert json.loads((folder / "manifest.json").read_text()) == manifest
    assert [scene["name"] for scene in manifest["scenes"]] == ["zed_p-0000", "zed_p2-0000"]
    assert [scene["split"] for scene in manifest["scenes"]] == order().splits()
    for scene in manifest["scenes"]:
        root = folder / scene["name"]
        files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
        assert files == {*scene["files"], "manifest.json"}
        for name, sha256 in scene["files"].items():
            assert hashlib.sha256((root / name).read_bytes()).hexdigest() == sha256
        assert {"left.mp4", "right.mp4", "clocks.json", "coco/left.json", "depth/left/000005.png"} <= files


def test_one_process_makes_what_two_make(rendered, tmp_path):
    assert render(order(), STEREO, tmp_path, 1, unheard) == rendered[1]


def test_another_seed_makes_other_scenes(rendered, tmp_path):
    manifest = render(order(seed=6, scenes=1), STEREO, tmp_path, 1, unheard)
    ours, theirs = (scenes["scenes"][0]["files"] for scenes in (manifest, rendered[1]))
    assert ours.keys() == theirs.keys()
    assert all(ours[name] != theirs[name] for name in ours if name.endswith((".mp4", ".png")))


def test_progress_is_told_of_every_camera(rendered):
    told = {}
    for task, done, whole in rendered[2]:
        assert done >= told.get(task, 0)
        assert whole == 6
        told[task] = done
    assert set(told) == {f"{scene} {eye}" for scene in ("zed_p-0000", "zed_p2-0000") for eye in ("left", "right")}


def test_only_what_is_missing_is_made(rendered, tmp_path):
    folder = tmp_path / "again"
    shutil.copytree(rendered[0], folder)
    lost = folder / "zed_p2-0000"
    (lost / "manifest.json").unlink()
    (lost / "left.mp4").unlink()
    (lost / "coco" / ".viewsync-123.json").touch()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.suffix in (".mp4", ".png", ".npy")}
    told = []
    assert render(order(), STEREO, folder, 2, lambda task, done, whole: told.append(task)) == rendered[1]
    assert set(told) == {"zed_p2-0000 left"}
    after = {path: path.stat().st_mtime_ns for path in before}
    assert {path.relative_to(lost).parts[-2:] for path in before if before[path] != after[path]} == {
        ("sightings", "left.npy"),
        *(("left", f"{frame:06d}.png") for frame in range(6)),
    }
    assert not list(folder.rglob(".viewsync-*"))


@pytest.mark.parametrize(("free", "enough"), [(10_000, False), (1e9, True)])
def test_without_room_nothing_is_begun(free, enough, tmp_path, monkeypatch, rendered):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: namedtuple("Usage", "free")(free))
    folder = tmp_path / "out"
    if enough:
        shutil.copytree(rendered[0], folder)
        (folder / "zed_p-0000" / "manifest.json").unlink()
        assert render(order(), STEREO, folder, 1, unheard) == rendered[1]
    else:
        with pytest.raises(InputError, match=r"has 0 MB free, but what is still to be rendered takes about 0 MB: make room"):
            render(order(), STEREO, folder, 1, unheard)
        assert [path.name for path in folder.iterdir()] == ["order.json"]


@pytest.mark.parametrize("workers", [0, -1, 257])
def test_processes_are_some(workers, tmp_path):
    with pytest.raises(InputError, match="--workers must be from 1 to 256"):
        render(order(), STEREO, tmp_path / "out", workers, unheard)
    assert not (tmp_path / "out").exists()
