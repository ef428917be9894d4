"""What one file holds: its streams, the presentation time of every frame, and where its sound ends, without decoding."""

import hashlib
import heapq
import struct
from array import array
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av import Packet
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream
from jaxtyping import Int

from viewsync.media.container import damaged, opened
from viewsync.media.wall_clock import wall_clocks
from viewsync.types import InputError, WallClock

# No codec delays a picture by more than this many (H.264 and HEVC allow 16).
_MAX_REORDER_FRAMES = 16
# These say in their header how long they are; one that ends sooner than this was cut.
_FORMATS_WITH_LENGTH = {"matroska,webm", "wav"}
_CUT_TOLERANCE_SECONDS = 1.0


@dataclass(frozen=True)
class Stream:
    """One stream of a file."""

    index: int
    time_base: Fraction
    settings: dict[str, str]
    """What must be the same in all chapters of a recording, by names for people."""


@dataclass(frozen=True)
class Contents:
    """One file. Times are the file's own, as its container gives them."""

    path: Path
    zero_microseconds: int
    """Start of the earliest stream, as FFmpeg rounds it."""
    video: Stream | None
    sound: Stream | None
    pts: Int[np.ndarray, " frame"]
    """Presentation times of the video's frames in its ticks, strictly increasing."""
    last_frame_ticks: int
    """How long the last frame says it is shown; 0 where it doesn't."""
    sound_start_seconds: Fraction
    sound_end_seconds: Fraction
    wall_clocks: tuple[WallClock, ...]
    """What the clocks said when the recording began."""

    @property
    def start_seconds(self) -> Fraction:
        """When the first frame is shown; without video, when the sound begins."""
        return int(self.pts[0]) * self.video.time_base if self.video is not None else self.sound_start_seconds

    @property
    def length_seconds(self) -> Fraction:
        """How long the video lasts, or without video the sound."""
        if self.video is None:
            return self.sound_end_seconds - self.sound_start_seconds
        steps, span = np.diff(self.pts), Fraction(int(self.pts[-1] - self.pts[0]))
        if steps.size and np.ptp(steps) <= 1 < steps.min():
            # A constant rate, rounded to ticks: the mean interval is nearer to it than any single one.
            last = span / steps.size
        else:
            last = Fraction(self.last_frame_ticks or (int(np.median(steps)) if steps.size else 1))
        return (span + last) * self.video.time_base


def read_contents(path: Path) -> Contents:
    """Read a file's packets once.

    Raises:
        InputError: the file can't be used (missing, empty, not media, cut short, damaged, no frames, no or unusable
            time stamps); the text says which, where, and what to do.
    """
    with opened(path) as container:
        pictures = (s for s in container.streams.video if not s.disposition & Disposition.attached_pic)
        video, audio = next(pictures, None), next(iter(container.streams.audio), None)
        if video is None and audio is None:
            raise InputError(f"{path} holds neither video nor sound. Name a recording.")
        times = _read_times(path, container, video, audio)
        # The streams' own facts must be read before the file is closed.
        return Contents(
            path=path,
            zero_microseconds=container.start_time or 0,
            video=_video_stream(video) if video is not None else None,
            sound=_sound_stream(audio) if audio is not None else None,
            pts=_in_order_of_presentation(path, times.frame_ticks, video) if video is not None else np.empty(0, np.int64),
            last_frame_ticks=times.last_frame_ticks,
            sound_start_seconds=times.sound_start_seconds or Fraction(0),
            sound_end_seconds=times.sound_end_seconds,
            wall_clocks=tuple(wall_clocks(container, video, audio)),
        )


@dataclass
class _Times:
    """What one reading of the packets tells."""

    frame_ticks: "array[int]"
    """Presentation time of each frame, in the order of decoding."""
    last_frame_ticks: int = 0
    sound_start_seconds: Fraction | None = None
    sound_end_seconds: Fraction = Fraction(0)


def _read_times(path: Path, container: InputContainer, video: VideoStream | None, audio: AudioStream | None) -> _Times:
    times = _Times(array("q"))
    good_until: float | None = None
    latest = 0
    try:
        for packet in container.demux([stream for stream in (video, audio) if stream is not None]):
            if packet.size == 0 or packet.is_discard:
                continue
            if packet.pts is None:
                raise _no_time_stamps(path)
            if packet.is_corrupt:
                raise damaged(path, good_until)
            if packet.stream is video:
                if not times.frame_ticks or packet.pts > latest:
                    latest, times.last_frame_ticks = packet.pts, packet.duration or 0
                times.frame_ticks.append(packet.pts)
            else:
                start, end = _sound_span_seconds(packet)
                times.sound_start_seconds = start if times.sound_start_seconds is None else times.sound_start_seconds
                times.sound_end_seconds = max(times.sound_end_seconds, end)
            good_until = max(good_until or 0.0, float(packet.pts * packet.time_base))
    except FFmpegError as error:
        raise damaged(path, good_until) from error
    declares_its_length = container.format.name in _FORMATS_WITH_LENGTH and not container.streams.subtitles
    if declares_its_length and good_until is not None:
        declared_seconds = (container.duration or 0) / av.time_base
        if declared_seconds - good_until > _CUT_TOLERANCE_SECONDS:
            raise damaged(path, good_until)
    return times


def _sound_span_seconds(packet: "Packet[Any]") -> tuple[Fraction, Fraction]:
    """Where a packet's sound starts and ends, less the samples that the codec added to prime itself and to fill up."""
    assert packet.pts is not None  # Seen to by the caller.
    start, end = packet.pts * packet.time_base, (packet.pts + (packet.duration or 0)) * packet.time_base
    if not packet.has_sidedata("skip_samples"):
        return start, end
    # Two little-endian 32-bit counts: samples to leave out at the start and at the end of the packet.
    priming, padding = struct.unpack_from("<II", bytes(packet.get_sidedata("skip_samples")))
    rate_hz = packet.stream.codec_context.sample_rate
    return start + Fraction(priming, rate_hz), end - Fraction(padding, rate_hz)


def _video_stream(stream: VideoStream) -> Stream:
    context, time_base = stream.codec_context, stream.time_base or Fraction(1)
    settings = {"codec": context.name, "picture size": f"{context.width}×{context.height}", "time base": str(time_base)}
    if context.name == "hevc":
        # Unlike those of H.264, these parameters stay outside the stream, and the first chapter's hold for all.
        settings["HEVC parameters"] = hashlib.md5(context.extradata or b"").hexdigest()[:8]
    return Stream(stream.index, time_base, settings)


def _sound_stream(stream: AudioStream) -> Stream:
    context, time_base = stream.codec_context, stream.time_base or Fraction(1)
    settings = {
        "sound codec": context.name,
        "sampling rate": f"{context.sample_rate} Hz",
        "sound channels": str(context.channels),
    }
    return Stream(stream.index, time_base, settings)


def _in_order_of_presentation(path: Path, frame_ticks: "array[int]", stream: VideoStream) -> Int[np.ndarray, " frame"]:
    """Sort as a decoder does, through a short queue: B-frames come out in order, clocks that jump back don't."""
    if not frame_ticks:
        raise InputError(f"{path}: its video track holds no frames. Record it again, or leave the file out.")
    time_base = stream.time_base or Fraction(1)
    queue: list[int] = []
    shown: int | None = None
    for count, tick in enumerate(frame_ticks):
        earliest = heapq.heappushpop(queue, tick) if count >= _MAX_REORDER_FRAMES else None
        if earliest is None:
            heapq.heappush(queue, tick)
        elif shown is not None and earliest < shown:
            raise _clock_jumps(path, "jump back", shown * time_base)
        else:
            shown = earliest
    pts = np.sort(np.frombuffer(frame_ticks, dtype=np.int64))
    repeated = np.flatnonzero(np.diff(pts) == 0)
    if repeated.size:
        raise _clock_jumps(path, "repeat", int(pts[repeated[0]]) * time_base)
    return pts


def _no_time_stamps(path: Path) -> InputError:
    return InputError(
        f"{path} has no time stamps, so nobody knows when its frames were taken. If its frame rate is constant and "
        f"known (here 30), remux it: ffmpeg -r 30 -i {path.name} -c copy {path.stem}-timed.mp4"
    )


def _clock_jumps(path: Path, what: str, at_seconds: Fraction) -> InputError:
    return InputError(
        f"{path}: its frames' time stamps {what} at {float(at_seconds):.3f} s, so their order in time is unknown. "
        f"Split the file there, or re-encode it: ffmpeg -i {path.name} -fps_mode vfr {path.stem}-clean.mp4"
    )
