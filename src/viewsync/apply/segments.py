"""Which of a video's packets a trimmed file takes over, and which frames must be encoded anew."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from av.error import FFmpegError
from jaxtyping import Bool, Int

from viewsync.media.container import opened_recording
from viewsync.types import Recording

# No codec delays a picture by more than this many (H.264 and HEVC allow 16).
_MAX_REORDER_FRAMES = 16
# Containers that give a packet the same time stamps whether they are read from the beginning or after a seek. AVI doesn't.
_SEEKABLE_FORMATS = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mpegts"}


@dataclass(frozen=True)
class PacketTimes:
    """A video's packets around a stretch of it, in the order of decoding."""

    pts: Int[np.ndarray, " packet"]
    key: Bool[np.ndarray, " packet"]
    """Whether decoding can begin there."""
    seek_to: int | None
    """Where reading began: time stamp for a seek, or None for the file's beginning."""


@dataclass(frozen=True)
class Segment:
    """Consecutive packets, in the order of decoding, that are all copied or all decoded and encoded anew."""

    encode: bool
    packets: Int[np.ndarray, " packet"]
    """Their pts."""
    first: int
    """Frames from this pts on …"""
    end: int
    """… and before this one are shown."""


def packet_times(recording: Recording, first: int, end: int) -> PacketTimes:
    """Read when each packet from the key frame at or before pts `first` until pts `end` is shown.

    Args:
        recording: A recording with video.
        first: pts of the first frame shown.
        end: pts before which the last one is.
    """
    video = recording.video
    assert video is not None
    before = max(0, int(np.searchsorted(video.pts, first)) - _MAX_REORDER_FRAMES)
    times = _read(recording, video.stream_index, int(video.pts[before]), end)
    if np.any(times.key & (times.pts <= first)):
        return times
    # Some files can't be searched, or the search ends too late: then the way is from the beginning.
    return _read(recording, video.stream_index, None, end)


def copied(times: PacketTimes, first: int, end: int) -> list[Segment]:
    """Everything copied: what comes before `first` or after `end` is there only to be decoded, and must be hidden."""
    start, stop = _needed(times, first, end)
    # Frames shown before the key frame that they follow need one before it; none of them is wanted.
    packets = times.pts[start:stop][times.pts[start:stop] >= times.pts[start]]
    return [Segment(False, packets, first, end)]


def encoded(times: PacketTimes, first: int, end: int) -> list[Segment]:
    """Everything encoded anew."""
    start, stop = _needed(times, first, end)
    return [Segment(True, times.pts[start:stop], first, end)]


def exactly(times: PacketTimes, first: int, end: int) -> list[Segment]:
    """Nothing hidden: encoded up to the first key frame, and from the last one on if frames after the end are needed.

    Args:
        times: The packets.
        first: pts of the first frame shown.
        end: pts before which the last one is.
    """
    start, stop = _needed(times, first, end)
    joints = [place for place in _joints(times) if start <= place < stop and times.pts[place] >= first]
    needs_more = bool(joints) and bool(np.any(times.pts[joints[-1] : stop] >= end))
    if not joints or (needs_more and len(joints) == 1):
        return encoded(times, first, end)
    head, tail = joints[0], joints[-1] if needs_more else stop
    copy_first, copy_end = int(times.pts[head]), int(times.pts[tail]) if needs_more else end
    parts = [
        Segment(True, times.pts[start:head], first, copy_first),
        Segment(False, times.pts[head:tail], copy_first, copy_end),
        Segment(True, times.pts[tail:stop], copy_end, end),
    ]
    return [part for part in parts if part.packets.size and part.first < part.end]


def decoding_times(pts: Int[np.ndarray, " packet"]) -> Int[np.ndarray, " packet"]:
    """Increasing times at which packets with these presentation times can be decoded in order, each before it is shown.

    Not the source's: Matroska has none, and joined parts need times that fit both.
    """
    in_order = np.sort(pts)
    return np.asarray(in_order - np.max(in_order - pts))


def _read(recording: Recording, stream_index: int, seek_to: int | None, end: int) -> PacketTimes:
    pts: list[int] = []
    key: list[bool] = []
    past = 0
    with opened_recording(recording) as container:
        stream = container.streams[stream_index]
        if container.format.name not in _SEEKABLE_FORMATS:
            seek_to = None
        if seek_to is not None:
            with suppress(FFmpegError):
                container.seek(seek_to, stream=stream)
        for packet in container.demux(stream):
            if packet.size == 0 or packet.pts is None:
                continue
            pts.append(packet.pts)
            key.append(packet.is_keyframe)
            past = past + 1 if packet.pts >= end else 0
            if past > _MAX_REORDER_FRAMES:
                break
    return PacketTimes(np.array(pts, dtype=np.int64), np.array(key, dtype=bool), seek_to)


def _needed(times: PacketTimes, first: int, end: int) -> tuple[int, int]:
    """From the last key frame at or before the first frame, to after the last packet of a frame that is shown."""
    start = np.flatnonzero(times.key & (times.pts <= first))
    shown = np.flatnonzero((times.pts >= first) & (times.pts < end))
    return int(start[-1]), int(shown[-1]) + 1


def _joints(times: PacketTimes) -> Int[np.ndarray, " joint"]:
    """Key frames that part the video cleanly: all frames before them, in the order of decoding, are shown before them."""
    none_before = np.minimum.accumulate(times.pts[::-1])[::-1] == times.pts
    none_after = np.maximum.accumulate(times.pts) == times.pts
    return np.flatnonzero(times.key & none_before & none_after)
