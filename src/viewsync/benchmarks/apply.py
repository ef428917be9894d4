"""Suite `apply`: how fast `apply --retime` is beside a bare loop that decodes and encodes with the same settings."""

import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import PictureType, VideoFrame

from viewsync.apply.encoder import add_sound, add_video
from viewsync.apply.plan import Clip, Plan
from viewsync.apply.retime import retime
from viewsync.benchmarks.row import Bar, Row, measured
from viewsync.media import probe
from viewsync.timeline.clock import ClockMap
from viewsync.types import Recording
from viewsync.worlds.drawn import Scene, SketchCamera, hear, sound_track, write_video

SUITE = "apply"
_FPS = Fraction(30)
_CLOCK = ClockMap(offset_seconds=1.234, rate=50e-6)


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Time of `retime` on one 1080p file with sound, whose clock is late and drifts."""
    seconds, repeats = (3.0, 3) if quick else (10.0, 7)
    scene = f"1 file of 1080p H.264 with sound, {seconds:g} s"
    with TemporaryDirectory() as folder:
        source, out = Path(folder) / "a.mp4", Path(folder) / "b.mp4"
        camera = SketchCamera(seed=seed, duration_seconds=seconds, width=1920, height=1080)
        write_video(Scene(seed), camera, source, sound=hear(sound_track(seed, seconds, 48_000), camera))
        recording = probe(source)
        clip = Clip(recording, _CLOCK, out)
        plan = Plan(_CLOCK(0.0), _CLOCK(seconds), (clip,))
        bare_transcode(recording, out)  # the file, and the code of both, into memory
        # Taken in turns, so that a machine that slows down slows both.
        times = [
            (
                _timed(lambda: bare_transcode(recording, out)),
                _timed(lambda: retime(clip, plan, _FPS, out, lambda done, total: None)),
            )
            for _ in range(repeats)
        ]
    bare, ours = np.array(times).T
    ratio = float(np.median(bare / ours))
    return [
        measured(SUITE, scene, "speed of retime ÷ bare transcode's, median", ratio, "×", repeats, Bar(at_least=0.7)),
        measured(SUITE, scene, "bare transcode, median", float(np.median(bare)), "s", repeats),
        measured(SUITE, scene, "retime, median", float(np.median(ours)), "s", repeats),
    ]


def bare_transcode(recording: Recording, out: Path) -> None:
    """Decode and encode everything in the order in which it comes, with the settings that `retime` has."""
    with av.open(recording.path) as source, av.open(out, "w") as target:
        pictures, samples = add_video(target, recording, _FPS), add_sound(target, recording)
        source.streams.video[0].thread_type = "AUTO"
        for packet in source.demux(video=0, audio=0):
            for frame in packet.decode():
                if isinstance(frame, VideoFrame):
                    frame.pict_type = PictureType.NONE
                    target.mux(pictures.encode(frame))
                elif isinstance(frame, AudioFrame):
                    target.mux(samples.encode(frame))
        target.mux(pictures.encode(None))
        target.mux(samples.encode(None))


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
