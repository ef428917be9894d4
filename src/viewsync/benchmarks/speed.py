"""Suite `speed`: wall time beside a bare decoding loop over the same files, and peak memory against length."""

import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np
from jaxtyping import UInt8

from viewsync.benchmarks.row import Bar, Row, measured
from viewsync.sync import sync
from viewsync.worlds.drawn import Scene, SketchCamera, render, write_video

SUITE = "speed"
_BITS_PER_SECOND = 8_000_000
_SMALL = (160, 90)
_AT_MOST = {"motion": 1.3, "stereo": 2.0}
"""Times of the bare loop that `sync` may take with one cue."""

# Asked of the process itself: what `resource` says of a child can be its parent's peak.
_PEAK_SCRIPT = """
import sys
from viewsync.sync import sync
sync(sys.argv[1:], cues=("motion",))
try:
    print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")))
except OSError:
    import resource
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Time of `sync` with a cue that looks at every frame, and memory with the motion cue."""
    return [*_time_rows(seed, quick), *_memory_rows(seed, quick)]


def _time_rows(seed: int, quick: bool) -> list[Row]:
    seconds, repeats = (6.0, 3) if quick else (20.0, 7)
    scene = f"2 files of 1080p H.264, {seconds:g} s"
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("a.mp4", "b.mp4")]
        for i, path in enumerate(paths):
            write_1080p(Scene(seed), _camera(i, seconds, 640, 360), path)
        megabits = sum(path.stat().st_size for path in paths) * 8e-6 / (2 * seconds)
        works: list[Callable[[], object]] = [
            partial(bare_loop, paths),
            *(partial(sync, paths, cues=(cue,)) for cue in _AT_MOST),
        ]
        for work in works:
            work()  # the files, and all code, into memory
        # Taken in turns, so that a machine that slows down slows all.
        times = np.array([[_timed(work) for work in works] for _ in range(repeats)])
    rows = [measured(SUITE, scene, "bare loop, median", float(np.median(times[:, 0])), "s", repeats)]
    for index, (cue, at_most) in enumerate(_AT_MOST.items(), start=1):
        ratio, note = float(np.median(times[:, index] / times[:, 0])), f"{megabits:.1f} Mb/s"
        metric = f"sync, {cue} cue ÷ bare decode-and-shrink loop, median"
        rows += [
            measured(SUITE, scene, metric, ratio, "×", repeats, Bar(at_most=at_most), note=note),
            measured(SUITE, scene, f"sync, {cue} cue, median", float(np.median(times[:, index])), "s", repeats),
        ]
    return rows


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bare_loop(paths: list[Path]) -> int:
    """Decode every picture and make it small and gray, as PyAV does it fastest; returns how many there were."""
    count = 0
    for path in paths:
        with av.open(path) as container:
            container.streams.video[0].thread_type = "AUTO"
            for frame in container.decode(video=0):
                frame.reformat(*_SMALL, "gray").to_ndarray()
                count += 1
    return count


def write_1080p(scene: Scene, camera: SketchCamera, path: Path) -> None:
    """A drawn scene enlarged to 1920×1080, with its grain, at a phone's bit rate."""
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "superfast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 1920, 1080, "yuv420p", _BITS_PER_SECOND
        for index, (_, picture) in enumerate(render(scene, camera)):
            frame = av.VideoFrame.from_ndarray(_enlarged(picture), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _enlarged(picture: UInt8[np.ndarray, "height width 3"]) -> UInt8[np.ndarray, "1080 1920 3"]:
    return np.asarray(cv2.resize(picture, (1920, 1080)), dtype=np.uint8)


def _memory_rows(seed: int, quick: bool) -> list[Row]:
    long_minutes = 3 if quick else 10
    peaks = {minutes: _peak_megabytes(seed, minutes) for minutes in (1, long_minutes)}
    more = peaks[long_minutes] - peaks[1]
    scene = f"2 files of {long_minutes} minutes against 1 minute"
    note = ", ".join(f"{minutes} min: {peak:.0f} MB" for minutes, peak in peaks.items())
    return [measured(SUITE, scene, "more peak memory", more, "MB", 1, Bar(at_most=50), note=note)]


def _peak_megabytes(seed: int, minutes: int) -> float:
    """Peak resident memory of a process of its own that synchronises two files of this length."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("a.mp4", "b.mp4")]
        for i, path in enumerate(paths):
            write_video(Scene(seed), _camera(i, 60.0 * minutes, 160, 90), path)
        done = subprocess.run([sys.executable, "-c", _PEAK_SCRIPT, *paths], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def _camera(number: int, seconds: float, width: int, height: int) -> SketchCamera:
    return SketchCamera(
        seed=number,
        azimuth_degrees=60.0 * number,
        offset_seconds=0.7 * number,
        duration_seconds=seconds,
        width=width,
        height=height,
    )
