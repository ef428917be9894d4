"""Suite `speed`: wall time beside a bare decoding loop over the same files, and peak memory against length."""

import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
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
    """Time and memory of `sync` with the motion cue."""
    return [*_time_rows(seed, quick), *_memory_rows(seed, quick)]


def _time_rows(seed: int, quick: bool) -> list[Row]:
    seconds, repeats = (6.0, 3) if quick else (20.0, 7)
    scene = f"2 files of 1080p H.264, {seconds:g} s"
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("a.mp4", "b.mp4")]
        for i, path in enumerate(paths):
            write_1080p(Scene(seed), _camera(i, seconds, 640, 360), path)
        megabits = sum(path.stat().st_size for path in paths) * 8e-6 / (2 * seconds)
        bare_loop(paths)  # the files, and the code of both, into memory
        sync(paths, cues=("motion",))
        # Taken in turns, so that a machine that slows down slows both.
        times = [(_timed(lambda: bare_loop(paths)), _timed(lambda: sync(paths, cues=("motion",)))) for _ in range(repeats)]
    bare, ours = np.array(times).T
    ratio, note = float(np.median(ours / bare)), f"{megabits:.1f} Mb/s"
    return [
        measured(
            SUITE, scene, "sync ÷ bare decode-and-shrink loop, median", ratio, "×", repeats, Bar(at_most=1.3), note=note
        ),
        measured(SUITE, scene, "bare loop, median", float(np.median(bare)), "s", repeats),
        measured(SUITE, scene, "sync, median", float(np.median(ours)), "s", repeats),
    ]


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
