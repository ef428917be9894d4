"""What a file holds and when: the exact presentation time of every frame, without decoding them.

All times come from the container's own zero, which video and sound share, so a start-time skew between the two, edit
lists and the priming samples of sound codecs are in the numbers already.
"""

import hashlib
import heapq
import struct
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av import Packet
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from jaxtyping import Int

from viewsync.media.container import damaged, decoded, opened
from viewsync.types import InputError, Recording, SoundTrack, VideoTrack

# No codec delays a picture by more than this many (H.264 and HEVC allow 16).
_MAX_REORDER_FRAMES = 16
# These say in their header how long they are; one that ends sooner than this was cut.
_FORMATS_WITH_LENGTH = {"matroska,webm", "wav"}
_CUT_TOLERANCE_SECONDS = 1.0


def probe(path: Path, id: str | None = None) -> Recording:
    """Read which tracks a file has and when each of its frames is shown.

    Args:
        path: video or sound file.
        id: name of the recording; the file's stem if not given.

    Raises:
        InputError: the file can't be used (missing, empty, not media, cut short, damaged, no frames, no or
            unusable time stamps); the text says which, where, and what to do.
    """
    with opened(path) as container:
        video, audio = _streams(container)
        if video is None and audio is None:
            raise InputError(f"{path} holds neither video nor sound. Name a recording.")
        times = _read_times(path, container, video, audio)
        # The streams' own facts must be read before the file is closed.
        video_index, video_base = (video.index, video.time_base or Fraction(1)) if video is not None else (None, Fraction(1))
        audio_index = audio.index if audio is not None else None
    return Recording(
        id=path.stem if id is None else id,
        path=path,
        sha256=_sha256(path),
        video=_video_track(path, video_index, video_base, times.frame_ticks) if video_index is not None else None,
        sound=_sound_track(path, audio_index, times.sound_end_seconds) if audio_index is not None else None,
    )


def probe_all(paths: Iterable[Path]) -> list[Recording]:
    """Probe several files and give each its own id: `cam`, `cam-2`, ….

    Raises:
        InputError: a file can't be used (see `probe`), or two of them are the same recording.
    """
    recordings: list[Recording] = []
    seen: dict[Path | str, Path] = {}
    ids: set[str] = set()
    for path in paths:
        _refuse_twin(path, seen.get(path.resolve()))
        recording = probe(path)
        _refuse_twin(path, seen.get(recording.sha256))
        seen |= {path.resolve(): path, recording.sha256: path}
        id, number = recording.id, 2
        while id in ids:
            id, number = f"{recording.id}-{number}", number + 1
        ids.add(id)
        recordings.append(replace(recording, id=id))
    return recordings


@dataclass
class _Times:
    """What one reading of the packets tells."""

    frame_ticks: "array[int]"
    """Presentation time of each frame, in the order of decoding."""
    sound_end_seconds: float = 0.0


def _streams(container: InputContainer) -> tuple[VideoStream | None, AudioStream | None]:
    pictures = (s for s in container.streams.video if not s.disposition & Disposition.attached_pic)
    return next(pictures, None), next(iter(container.streams.audio), None)


def _read_times(path: Path, container: InputContainer, video: VideoStream | None, audio: AudioStream | None) -> _Times:
    times = _Times(array("q"))
    good_until: float | None = None
    try:
        for packet in container.demux([stream for stream in (video, audio) if stream is not None]):
            if packet.size == 0 or packet.is_discard:
                continue
            if packet.pts is None:
                raise _no_time_stamps(path)
            if packet.is_corrupt:
                raise damaged(path, good_until)
            if packet.stream is video:
                times.frame_ticks.append(packet.pts)
            else:
                times.sound_end_seconds = max(times.sound_end_seconds, _sound_end_seconds(packet))
            good_until = max(good_until or 0.0, float(packet.pts * packet.time_base))
    except FFmpegError as error:
        raise damaged(path, good_until) from error
    declares_its_length = container.format.name in _FORMATS_WITH_LENGTH and not container.streams.subtitles
    if declares_its_length and good_until is not None:
        declared_seconds = (container.duration or 0) / av.time_base
        if declared_seconds - good_until > _CUT_TOLERANCE_SECONDS:
            raise damaged(path, good_until)
    return times


def _sound_end_seconds(packet: "Packet[Any]") -> float:
    """Where a packet's sound ends, less the samples that the codec added to fill its last frame."""
    assert packet.pts is not None  # Seen to by the caller.
    end = (packet.pts + (packet.duration or 0)) * packet.time_base
    if not packet.has_sidedata("skip_samples"):
        return float(end)
    # Two little-endian 32-bit counts: samples to leave out at the start and at the end of the packet.
    _, padding = struct.unpack_from("<II", bytes(packet.get_sidedata("skip_samples")))
    return float(end - Fraction(padding, packet.stream.codec_context.sample_rate))


def _video_track(path: Path, stream_index: int, time_base: Fraction, frame_ticks: "array[int]") -> VideoTrack:
    if not frame_ticks:
        raise InputError(f"{path}: its video track holds no frames. Record it again, or leave the file out.")
    picture = next(decoded(path, stream_index), None)
    if not isinstance(picture, VideoFrame):
        raise InputError(f"{path}: none of its {len(frame_ticks)} frames can be decoded. Copy the file again.")
    rotation = round(picture.rotation / 90) * 90 % 360
    upright = rotation % 180 == 0
    return VideoTrack(
        stream_index=stream_index,
        width=picture.width if upright else picture.height,
        height=picture.height if upright else picture.width,
        rotation_degrees=rotation,
        time_base=time_base,
        pts=_in_order_of_presentation(path, frame_ticks, time_base),
    )


def _in_order_of_presentation(path: Path, frame_ticks: "array[int]", time_base: Fraction) -> Int[np.ndarray, " frame"]:
    """Sort as a decoder does, through a short queue: B-frames come out in order, clocks that jump back don't."""
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


def _sound_track(path: Path, stream_index: int, end_seconds: float) -> SoundTrack:
    first = next(decoded(path, stream_index), None)
    if not isinstance(first, AudioFrame) or first.pts is None or first.time_base is None:
        raise InputError(f"{path}: nothing of its sound track can be decoded. Copy the file again, or remove the track.")
    start_seconds = float(first.pts * first.time_base)
    return SoundTrack(
        stream_index=stream_index,
        rate_hz=first.sample_rate,
        channels=len(first.layout.channels),
        start_seconds=start_seconds,
        duration_seconds=max(0.0, end_seconds - start_seconds),
    )


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


def _refuse_twin(path: Path, twin: Path | None) -> None:
    if twin is not None:
        raise InputError(f"{twin} and {path} are the same recording. Name each recording once.")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
