"""What suite `worlds` measures: how fast rendering is, whether its memory grows, and whether its truth is true."""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from viewsync.benchmarks.row import Bar, Row, measured
from viewsync.media.probe import probe
from viewsync.sync import sync
from viewsync.types import PairOffset, Verdict
from viewsync.worlds.clock import TICKS_PER_SECOND
from viewsync.worlds.order import Order
from viewsync.worlds.people.joints import COCO17
from viewsync.worlds.presets import preset_named
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.render import render
from viewsync.worlds.scene_folder import sightings_path
from viewsync.worlds.sightings_file import read_sightings
from viewsync.worlds.truth.clocks import CameraClocks, read_clocks
from viewsync.worlds.world import World

SUITE = "worlds"
_SPEED_OF_SOUND = 343.0
_PEOPLE = 8
_COCO = len(COCO17)
_PEAK_SCRIPT = """
import resource, sys
from pathlib import Path
from viewsync.worlds.filming import film
from viewsync.worlds.presets import preset_named
from viewsync.worlds.presets.wishes import Wishes

world = preset_named("walker").build("walker-0000", int(sys.argv[1]), Wishes(seconds=float(sys.argv[2]), people=8))
film(world, world.cameras[0], Path(sys.argv[3]), lambda done, whole: None)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def rows(seed: int, quick: bool) -> list[Row]:
    """All rows of the suite."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        return [
            *_speed_rows(seed, quick, root / "speed"),
            *_memory_rows(seed, quick, root),
            *_joint_rows(seed, quick, root / "masks"),
            *_pair_rows(seed, quick, root / "pair"),
        ]


def _speed_rows(seed: int, quick: bool, out: Path) -> list[Row]:
    """Frames per second of two processes, from the time at which the first frames come."""
    times: list[tuple[float, int]] = []
    done_by: dict[str, int] = {}

    def progress(task: str, done: int, whole: int) -> None:
        done_by[task] = done
        times.append((time.perf_counter(), sum(done_by.values())))

    start = time.perf_counter()
    wishes = Wishes(seconds=5 if quick else 20, people=_PEOPLE, size=(640, 360), fps=30, max_offset_seconds=0)
    render(Order("pair", seed, 1, wishes, ()), preset_named("pair"), out, 2, progress)
    whole_seconds = time.perf_counter() - start
    (first_at, first), (last_at, last) = next(at for at in times if at[1] >= 2), times[-1]
    scene = f"{_PEOPLE} people, 640×360, rolling shutter, 2 processes"
    return [
        measured(SUITE, scene, "frames rendered", (last - first) / (last_at - first_at), "1/s", last, Bar(at_least=15)),
        measured(SUITE, scene, "with start-up and truth", last / whole_seconds, "1/s", last),
    ]


def _memory_rows(seed: int, quick: bool, root: Path) -> list[Row]:
    short, long = (2.0, 6.0) if quick else (5.0, 50.0)
    peaks = []
    for seconds in (short, long):
        folder = str(root / f"memory-{seconds:g}")
        command = [sys.executable, "-c", _PEAK_SCRIPT, str(seed), str(seconds), folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout.split()[-1]) / 1024)
    scene = f"{long:g} s against {short:g} s at 30 frames/s"
    note = f"{peaks[0]:.0f} MB, {peaks[1]:.0f} MB"
    return [measured(SUITE, scene, "more peak memory", peaks[1] - peaks[0], "MB", 1, Bar(at_most=50), note=note)]


def _joint_rows(seed: int, quick: bool, out: Path) -> list[Row]:
    """Whether joints that are said to be visible lie on the person's own mask."""
    wishes, names = Wishes(seconds=2 if quick else 10, people=3), ("walker", "street")
    hits: list[bool] = []
    for name in names:
        preset = preset_named(name)
        render(Order(name, seed, 1, wishes, ("masks",)), preset, out / name, 2, lambda task, done, whole: None)
        folder = out / name / preset.scene_name(0)
        world = preset.build(preset.scene_name(0), Order(name, seed, 1, wishes, ()).seed_of(0), wishes)
        for camera in world.cameras:
            for number, sightings in read_sightings(sightings_path(camera, folder)):
                mask = cv2.imread(str(folder / "masks" / camera.name / f"{number:06d}.png"), cv2.IMREAD_UNCHANGED)
                assert mask is not None
                for id, pixels, visible in zip(
                    sightings.people, sightings.joints_pixels, sightings.joints_visible, strict=True
                ):
                    # Joints near the skin, like the eyes', may be a pixel beside it.
                    own = cv2.dilate((mask == id).astype(np.uint8), np.ones((3, 3), np.uint8))
                    x, y = np.round(pixels[:_COCO][visible[:_COCO]]).astype(int).T
                    hits += (own[y, x] > 0).tolist()
    scene = f"COCO's {_COCO} joints, presets {' and '.join(names)}"
    return [
        measured(
            SUITE,
            scene,
            "visible joints on their person's mask, to a pixel",
            100 * float(np.mean(hits)),
            "%",
            len(hits),
            Bar(at_least=98),
        )
    ]


def _pair_rows(seed: int, quick: bool, out: Path) -> list[Row]:
    """Clocks against the files, and `sync` against the clocks."""
    count = 2 if quick else 8
    preset, order = preset_named("pair"), Order("pair", seed, count, Wishes(), ())
    render(order, preset, out, 2, lambda task, done, whole: None)
    off_ticks, tied, excess, offs = [], 0, [], []
    for number in range(count):
        name = preset.scene_name(number)
        clocks = read_clocks(out / name / "clocks.json")
        for camera in clocks.values():
            video = probe(out / name / camera.file).video
            assert video is not None
            off_ticks.append(np.abs(video.pts_seconds * TICKS_PER_SECOND - camera.ticks).max())
        world = preset.build(name, order.seed_of(number), order.wishes)
        (pair,) = sync([out / name / f"{camera.name}.mp4" for camera in world.cameras]).pairs
        if pair.verdict is Verdict.TIED:
            tied += 1
            a, b = (clocks[camera.name] for camera in world.cameras)
            error = _error_seconds(pair, a, b)
            offs.append(1000 * error)
            excess.append(1000 * (error - _path_seconds(world)))
    scene = f"{count} scenes of pair, with sound"
    return [
        measured(SUITE, scene, "time stamps against clocks.json", max(off_ticks), "ticks", len(off_ticks), Bar(at_most=0.5)),
        measured(SUITE, scene, "tied by sync", 100 * tied / count, "%", count),
        measured(SUITE, scene, "largest |error|", max(offs, default=None), "ms", tied),
        measured(SUITE, scene, "beyond the way of sound, at most", max(excess, default=None), "ms", tied, Bar(at_most=5)),
    ]


def _error_seconds(pair: PairOffset, a: CameraClocks, b: CameraClocks) -> float:
    """How far off the offset is, in the middle of the overlap."""
    assert pair.offset_seconds is not None
    at_b = pair.middle_seconds
    said = (1 + (pair.rate or 0.0)) * at_b + pair.offset_seconds
    world = (1 + 1e-6 * b.rate_ppm) * at_b + b.offset_seconds
    return abs(said - (world - a.offset_seconds) / (1 + 1e-6 * a.rate_ppm))


def _path_seconds(world: World) -> float:
    """By how much longer sound is on its way from the people to one camera than to the other, at most."""
    times = np.linspace(0, world.duration_seconds, 200)
    cameras = [camera.mount.view(times)[1] for camera in world.cameras]
    hips = [person.performance.poses(times).hips_metres for person in world.people]
    first, second = ([np.linalg.norm(camera - body, axis=1) for body in hips] for camera in cameras)
    return float(np.abs(np.array(first) - np.array(second)).max() / _SPEED_OF_SOUND)
