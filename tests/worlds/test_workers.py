"""Processes that are stopped, killed, or die, and what they leave."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from viewsync.types import InputError
from viewsync.worlds.cameras.mount import Mount
from viewsync.worlds.order import Order
from viewsync.worlds.presets import preset_named
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.render import render

pytestmark = [
    pytest.mark.opengl,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to find processes"),
]
PROGRAM = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # A shell's background job ignores it.
from viewsync.cli import main
if __name__ == "__main__":
    main()
"""
OPTIONS = ("render", "stereo", "--size", "96x64", "--seconds", "1", "--scenes", "2", "--truth", "coco", "--workers", "2")


def start(out):
    command = [sys.executable, "-c", PROGRAM, *OPTIONS, "-o", str(out)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def children(pid):
    """Processes that any of its threads has begun."""
    return [int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()]


def lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(there, seconds=60.0):
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def visible(out):
    return {path.relative_to(out) for path in out.rglob("*") if path.is_file() and not path.name.startswith(".")}


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed")
    with start(out) as running:
        said = running.communicate(timeout=120)
    assert (running.returncode, said[1]) == (0, "")
    return out


MOMENTS = {
    "starting": lambda out, pid: len(children(pid)) >= 2,
    "filming": lambda out, pid: any(out.rglob(".viewsync-*.mp4")),
    "filmed": lambda out, pid: any(out.rglob("*/[lr]*.mp4")),
    "telling": lambda out, pid: any(out.rglob("clocks.json")),
}
SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("stop", "moment"),
    [
        pytest.param(signal.SIGINT, "starting", marks=SLOW),
        (signal.SIGINT, "filming"),
        pytest.param(signal.SIGINT, "filmed", marks=SLOW),
        pytest.param(signal.SIGTERM, "starting", marks=SLOW),
        pytest.param(signal.SIGTERM, "filming", marks=SLOW),
        pytest.param(signal.SIGTERM, "telling", marks=SLOW),
        pytest.param(signal.SIGKILL, "starting", marks=SLOW),
        (signal.SIGKILL, "filming"),
        pytest.param(signal.SIGKILL, "filmed", marks=SLOW),
        pytest.param(signal.SIGKILL, "telling", marks=SLOW),
    ],
)
def test_stopped_at_any_moment_it_goes_on_to_the_same_end(stop, moment, undisturbed, tmp_path):
    with start(tmp_path) as running:
        wait_for(lambda: MOMENTS[moment](tmp_path, running.pid))
        processes = children(running.pid)
        # Ctrl-C goes to all processes of a terminal at once.
        (os.killpg if stop == signal.SIGINT else os.kill)(running.pid, stop)
        _, said = running.communicate(timeout=30)
    if stop == signal.SIGKILL:
        assert running.returncode == -signal.SIGKILL
    else:
        assert running.returncode == 130
        assert said == "viewsync: interrupted; nothing half-written was left.\n"
        assert not list(tmp_path.rglob(".*"))
    wait_for(lambda: not any(map(lives, processes)), 10)
    whole = visible(tmp_path)
    assert whole <= visible(undisturbed)
    for path in whole:
        assert (tmp_path / path).read_bytes() == (undisturbed / path).read_bytes(), "only whole files are visible"
    before = {path: (tmp_path / path).stat().st_mtime_ns for path in whole if path.suffix == ".mp4"}
    with start(tmp_path) as running:
        running.communicate(timeout=120)
    assert running.returncode == 0
    assert (tmp_path / "manifest.json").read_bytes() == (undisturbed / "manifest.json").read_bytes()
    assert visible(tmp_path) == visible(undisturbed)
    assert before == {path: (tmp_path / path).stat().st_mtime_ns for path in before}
    assert not list(tmp_path.rglob(".*"))


@dataclass(frozen=True)
class Deadly:
    """A mount that kills the process that films with it."""

    base: Mount

    def view(self, seconds):
        if multiprocessing.parent_process() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.base.view(seconds)


@dataclass(frozen=True)
class Broken(Deadly):
    """A mount that can't be used."""

    def view(self, seconds):
        if multiprocessing.parent_process() is not None:
            raise InputError("the tripod fell over.")
        return self.base.view(seconds)


@pytest.mark.parametrize(("mount", "said"), [(Deadly, "was killed, perhaps for want of memory"), (Broken, "tripod fell")])
def test_a_process_that_fails_is_told_of(mount, said, tmp_path):
    stereo = preset_named("stereo")

    def build(name, seed, wishes):
        world = stereo.build(name, seed, wishes)
        left, right = world.cameras
        return replace(world, cameras=(left, replace(right, mount=mount(right.mount))))

    order = Order("stereo", 1, 1, Wishes(size=(96, 64), seconds=2.0), ())
    with pytest.raises(InputError, match=said):
        render(order, replace(stereo, build=build), tmp_path, 2, lambda task, done, whole: None)
    assert {path.name for path in visible(tmp_path)} <= {"order.json", "left.mp4", "left.npy"}
    assert not list(tmp_path.rglob(".viewsync-*"))
    assert json.loads((tmp_path / "order.json").read_text())["preset"] == "stereo"
    wait_for(lambda: not multiprocessing.active_children(), 10)
