"""How long it takes, and how much memory, to synchronise cameras whose keypoints are there."""

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from viewsync.benchmarks.row import Bar, Row, measured
from viewsync.types import Poses

_FIELDS = ("pts_seconds", "frames", "tracks", "pixels", "confidence")


def speed_rows(suite: str, seed: int, quick: bool) -> list[Row]:
    """Two people before four cameras for ten minutes, in a process of its own."""
    minutes = 1 if quick else 10
    with TemporaryDirectory() as folder:
        _film(seed, minutes, Path(folder))
        program = [sys.executable, "-m", "viewsync.benchmarks.pose_speed", folder]
        found = json.loads(subprocess.run(program, capture_output=True, text=True, check=True).stdout)
    scene = f"poses of 4 cameras, {minutes} min at 30 frames/s"
    limits = (None, None) if quick else (Bar(at_most=20), Bar(at_most=1000))
    return [
        measured(suite, scene, "sync", found["seconds"], "s", 1, limits[0], note=f"{found['tied']} of 6 pairs tied"),
        measured(suite, scene, "peak memory", found["megabytes"], "MB", 1, limits[1]),
    ]


def _film(seed: int, minutes: int, folder: Path) -> None:
    # Here, as the process that is measured needs nothing of it.
    from viewsync.benchmarks.pose_scenes import NOISE_PIXELS
    from viewsync.worlds.keypoints import seen_poses
    from viewsync.worlds.presets import preset_named
    from viewsync.worlds.presets.wishes import Wishes

    wishes = Wishes(seconds=60.0 * minutes, fps=30, people=2, max_offset_seconds=2.5, max_rate_ppm=50)
    world = preset_named("lab").build("lab", seed, wishes)
    for camera in world.cameras:
        poses = seen_poses(world, camera, noise_pixels=NOISE_PIXELS, seed=seed)
        arrays = {name: getattr(poses, name) for name in _FIELDS}
        size = camera.lens.width, camera.lens.height
        np.savez(folder / f"{camera.name}.npz", joints=poses.joints, size=size, **arrays)


def _read(path: Path) -> Poses:
    with np.load(path) as file:
        width, height = file["size"].tolist()
        return Poses(tuple(file["joints"].tolist()), **{name: file[name] for name in _FIELDS}, size=(width, height))


def main() -> None:
    """Synchronise the poses in a folder; print seconds, peak memory and how many pairs were tied."""
    from viewsync.sync import sync

    poses = {path.stem: _read(path) for path in sorted(Path(sys.argv[1]).glob("*.npz"))}
    start = time.perf_counter()
    pairs = sync((), poses=poses, cues=("pose",)).pairs
    seconds = time.perf_counter() - start
    tied = sum(pair.offset_seconds is not None for pair in pairs)
    print(json.dumps({"seconds": seconds, "megabytes": _peak_megabytes(), "tied": tied}))


def _peak_megabytes() -> float:
    # Not from `resource`, where it exists: what that says can be the peak of the process that started this one.
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
