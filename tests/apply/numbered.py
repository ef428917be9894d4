"""Small files whose every frame shows its own number, as twelve black or white stripes, upright side up."""

import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from viewsync.apply.plan import Clip, Plan
from viewsync.media import probe
from viewsync.timeline.clock import ClockMap

BITS = 12
TICKS = 90_000
SIZE = (192, 112)


def picture(number: int) -> np.ndarray:
    """Gray picture: the number's bits in the upper half, below it white on the left and gray on the right."""
    width, height = SIZE
    gray = np.full((height, width), 128, np.uint8)
    bits = number >> np.arange(BITS) & 1
    gray[: height // 2] = np.repeat(40 + 170 * bits, width // BITS).astype(np.uint8)
    gray[height // 2 :, : width // 2] = 230
    return gray


def number(gray: np.ndarray) -> int:
    """The number that a picture of any size shows."""
    height, width = gray.shape
    assert gray[height * 5 // 8, width // 8] > gray[height * 5 // 8, width * 7 // 8] + 50, "it isn't upright"
    columns = ((np.arange(BITS) + 0.5) * width / BITS).astype(int)
    return int(((gray[height // 4, columns] > 125) << np.arange(BITS)).sum())


def write_numbered(
    path, ticks, *, codec="libx264", pix_fmt="yuv420p", rotation=0, tags=None, metadata=None, sound=None, options=None
):
    """A video with these presentation times (in ticks), and sound if given: (samples by channel, rate, encoder, start)."""
    # AVI can't say when B-frames are shown.
    h264 = {"crf": "12", "preset": "ultrafast", "g": "24", "bf": "0" if str(path).endswith("avi") else "2"}
    usual = {"libx264": h264, "libx265": {"crf": "12", "x265-params": "log-level=none"}}
    options = usual.get(codec, {}) | (options or {})
    movie = {"movie_timescale": str(TICKS), "movflags": "use_metadata_tags"}
    with av.open(str(path), "w", container_options=movie) as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream(codec, rate=30, options=options)
        stored = np.rot90(picture(0), -rotation // 90)
        stream.width, stream.height, stream.pix_fmt = stored.shape[1], stored.shape[0], pix_fmt
        stream.codec_context.time_base = Fraction(1, TICKS)
        if rotation:
            stream.set_display_rotation(rotation)
        for name, value in (tags or {}).items():
            setattr(stream.codec_context, name, value)
        if sound is not None:
            write_sound(container, *sound)
        for index, at in enumerate(ticks):
            gray = np.ascontiguousarray(np.rot90(picture(index), -rotation // 90))
            frame = av.VideoFrame.from_ndarray(gray, format="gray").reformat(format=pix_fmt, dst_color_range="MPEG")
            frame.pts, frame.time_base = int(at), Fraction(1, TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_sound(container, samples: np.ndarray, rate_hz: int, encoder: str, start: int = 0) -> None:
    """Encode samples [channel, time] from −1 to 1 into a stream of their own."""
    stream = container.add_stream(encoder, rate=rate_hz)
    layout = {1: "mono", 2: "stereo"}.get(len(samples), f"{len(samples)} channels")
    stream.layout = layout
    for first in range(0, samples.shape[1], 4800):
        block = np.ascontiguousarray(samples[:, first : first + 4800].T, dtype=np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="flt", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, start + first, Fraction(1, rate_hz)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def clip(path: Path, offset_seconds: float = 0.0, rate: float = 0.0) -> Clip:
    return Clip(probe(path), ClockMap(offset_seconds, rate), path.with_name(f"{path.stem}-retimed{path.suffix}"))


def plan(start: float, end: float, *clips: Clip) -> Plan:
    return Plan(start, end, clips)


def numbers(path: Path) -> list[int]:
    """The number that each frame of a file shows, turned upright as players do."""
    with av.open(str(path)) as container:
        return [
            number(np.rot90(frame.to_ndarray(format="gray"), frame.rotation // 90)) for frame in container.decode(video=0)
        ]


def nearest_by_search(clip: Clip, plan: Plan, fps: Fraction, count: int) -> list[int]:
    """For each instant, the index of the frame nearest to it, found by looking at every frame; the earlier of two."""
    assert clip.recording.video is not None
    when = [
        float(tick * clip.recording.video.time_base) * (1 + clip.clock.rate) + clip.clock.offset_seconds
        for tick in clip.recording.video.pts.tolist()
    ]
    chosen = []
    for k in range(count):
        at, best = plan.start_seconds + float(k / fps), 0
        for index, seconds in enumerate(when):
            if abs(seconds - at) < abs(when[best] - at) - 1e-9:
                best = index
        chosen.append(best)
    return chosen


def heard(path: Path) -> tuple[np.ndarray, int, float]:
    """All samples [channel, time] of a file, their rate, and the time of the first."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    resampler = av.AudioResampler(format="flt")
    blocks = [piece.to_ndarray()[0] for frame in frames for piece in resampler.resample(frame)]
    return np.concatenate(blocks).reshape(-1, frames[0].layout.nb_channels).T, frames[0].sample_rate, frames[0].time


def open_files() -> list[str]:
    """What this process has open."""
    folder = "/proc/self/fd"
    if not os.path.isdir(folder):
        pytest.skip("open files can be listed on Linux only")
    return sorted(os.readlink(f"{folder}/{name}") for name in os.listdir(folder) if os.path.exists(f"{folder}/{name}"))
