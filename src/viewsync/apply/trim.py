"""Trimmed copies: equal start and end on the reference clock, everything taken over as it is."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from viewsync.apply.cut import Cut, cut_of
from viewsync.apply.edit_list import write_edits
from viewsync.apply.encoder import Progress
from viewsync.apply.joint import is_joinable
from viewsync.apply.joint_check import joined_well
from viewsync.apply.metadata import advanced
from viewsync.apply.plan import Clip, Plan
from viewsync.apply.segments import Segment, copied, encoded, exactly, packet_times
from viewsync.apply.trimmed_sound import TrimmedSound
from viewsync.apply.trimmed_video import TrimmedVideo
from viewsync.media.container import opened_recording
from viewsync.types import InputError, Recording, VideoTrack

# Where a container is searched by place and not by time, sound may lie this far before its pictures.
_INTERLEAVING_SECONDS = 1
_Track = TrimmedVideo | TrimmedSound
_FORMATS = {".wav": "wav", ".m4a": "ipod", ".mp4": "mp4", ".mov": "mov"}


@dataclass(frozen=True)
class Trimmed:
    """What a trimmed file is made of."""

    frames_copied: int
    frames_encoded: int
    first_frame_seconds: float | None
    """When it shows its first frame: later than 0 by less than a frame, as cameras don't take theirs at one instant."""
    remark: str = ""
    """What isn't as was asked for, and why."""


def trim(clip: Clip, plan: Plan, exact: bool, out: Path, progress: Progress) -> Trimmed:
    """Write a copy that starts and ends at the plan's instants, with video, all sound, rotation and metadata.

    A frame of the copy is shown at its pts less the time of the cut, to the tick. Packets are copied; those before the
    first frame or after the last that are needed to decode the others are hidden by an edit list.

    Args:
        clip: What to copy.
        plan: The stretch of the reference clock.
        exact: Hide nothing: encode anew up to the first key frame, and the last group of pictures where it must be.
        out: File to write, its name ending as `trimmed_suffix` says; it has no claim to be whole if an exception passes.
        progress: Called with how much of the work is done, and how much there is.

    Raises:
        InputError: The recording is missing, damaged, has no frame in the stretch, or can't be copied without `exact`.
    """
    recording, cut = clip.recording, cut_of(clip, plan)
    require_copyable(recording, exact)
    if recording.video is None:
        _write(recording, cut, [], None, out, progress)
        return Trimmed(0, 0, None)
    first, end = _shown(recording.path, recording.video, cut)
    times = packet_times(recording, first, end)
    parts = exactly(times, first, end) if exact else copied(times, first, end)
    if exact and not _can_join(recording, parts, out.suffix):
        parts = encoded(times, first, end)
    _write(recording, cut, parts, times.seek_to, out, progress)
    if _is_mixed(parts) and not joined_well(recording, out, parts):
        parts = encoded(times, first, end)
        _write(recording, cut, parts, times.seek_to, out, progress)
    return _trimmed(recording.video, cut, parts)


def trimmed_suffix(recording: Recording) -> str:
    """How the name of a recording's trimmed copy ends: a container with edit lists that takes its codecs as they are.

    Sound alone that isn't compressed stays WAV.
    """
    path = recording.parts[0].path if recording.parts else recording.path
    with opened_recording(recording) as source:
        streams = _streams(source, recording)
        pcm = any(stream.codec_context.name.startswith("pcm_") for stream in streams)
        if recording.video is None:
            choices = [".wav"] * pcm + [".m4a", ".mp4", ".mov"]
        else:
            # Few players expect PCM in MP4.
            choices = [".mov", ".mp4"] if pcm or path.suffix.lower() == ".mov" else [".mp4", ".mov"]
        return next((suffix for suffix in choices if all(_takes(suffix, stream) for stream in streams)), ".mp4")


def require_copyable(recording: Recording, exact: bool) -> None:
    """Refuse what can't be copied as it is, unless it may be encoded anew.

    Raises:
        InputError: No container with edit lists takes the recording's codecs.
    """
    suffix = trimmed_suffix(recording)
    with opened_recording(recording) as source:
        foreign = [s.codec_context.name for s in _streams(source, recording) if not _takes(suffix, s)]
    if foreign and not exact:
        raise InputError(
            f"{recording.path}: MP4 and MOV, which can start between two key frames, don't take its {' and '.join(foreign)} "
            "as it is. Add --exact, which encodes it anew."
        )


def _write(
    recording: Recording, cut: Cut, parts: Sequence[Segment], seek_to: int | None, out: Path, progress: Progress
) -> None:
    options = {"movie_timescale": str(cut.scale), "movflags": "use_metadata_tags"}
    if out.suffix == ".wav":
        options = {"rf64": "auto"}  # Above 4 GB, which plain WAV can't count.
    with opened_recording(recording) as source, av.open(f"file:{out}", "w", container_options=options) as target:
        tracks = _tracks(source, target, recording, cut, parts)
        if seek_to is not None and recording.video is not None:
            earlier = seek_to - math.ceil(_INTERLEAVING_SECONDS / recording.video.time_base)
            with suppress(FFmpegError):
                source.seek(earlier, stream=source.streams[recording.video.stream_index])
        try:
            _fill(target, source, tracks, progress)
        except FFmpegError as error:
            if isinstance(error, OSError):
                raise  # A full disk.
            raise InputError(
                f"{recording.path} can't be copied into a {out.suffix} file: {error.strerror}. Use --retime instead."
            ) from error
    if out.suffix != ".wav":
        write_edits(out, [track.edit for track in tracks.values() if track.edit is not None])


def _fill(target: OutputContainer, source: InputContainer, tracks: Mapping[int, _Track], progress: Progress) -> None:
    leading = next(iter(tracks.values()))
    for packet in source.demux([source.streams[index] for index in tracks]):
        target.mux(list(tracks[packet.stream_index].push(packet)))
        progress(*leading.extent)
        if all(track.done for track in tracks.values()):
            break
    for track in tracks.values():
        target.mux(list(track.finish()))


def _tracks(
    source: InputContainer, target: OutputContainer, recording: Recording, cut: Cut, parts: Sequence[Segment]
) -> dict[int, _Track]:
    """What is written, by the index of the source's stream; the video first."""
    interval_seconds = recording.video.interval_seconds if recording.video is not None else 1.0
    begun_seconds = float(cut.start_seconds)
    target.metadata.update(advanced(source.metadata, begun_seconds, interval_seconds))
    tracks: dict[int, _Track] = {}
    for stream in _streams(source, recording):
        track: _Track
        if isinstance(stream, VideoStream):
            track = TrimmedVideo(target, stream, recording, cut, parts)
        else:
            track = TrimmedSound(target, stream, cut, encode=not _takes(Path(target.name).suffix, stream))
        track.stream.metadata.update(advanced(stream.metadata, begun_seconds, interval_seconds))
        track.stream.disposition = stream.disposition
        tracks[stream.index] = track
    return tracks


def _streams(source: InputContainer, recording: Recording) -> list[VideoStream | AudioStream]:
    """What is taken over: the video, and all sound."""
    streams: list[VideoStream | AudioStream] = []
    if recording.video is not None:
        video = source.streams[recording.video.stream_index]
        assert isinstance(video, VideoStream)
        streams.append(video)
    return [*streams, *source.streams.audio]


def _shown(path: Path, video: VideoTrack, cut: Cut) -> tuple[int, int]:
    """From which pts on, and before which, the frames in the cut are shown."""
    places = video.pts * cut.ticks(video.time_base) - cut.start
    inside = video.pts[(places >= 0) & (places < cut.end - cut.start)]
    if not inside.size:
        raise InputError(f"{path} took no frame in the stretch that all recordings share. Leave it out, or sync again.")
    return int(inside[0]), int(inside[-1]) + 1


def _can_join(recording: Recording, parts: Sequence[Segment], suffix: str) -> bool:
    with opened_recording(recording) as source:
        video = _streams(source, recording)[0]
        assert isinstance(video, VideoStream)
        return _takes(suffix, video) and (not _is_mixed(parts) or is_joinable(video))


def _is_mixed(parts: Sequence[Segment]) -> bool:
    return len({part.encode for part in parts}) > 1


def _trimmed(video: VideoTrack, cut: Cut, parts: Sequence[Segment]) -> Trimmed:
    frames = {False: 0, True: 0}
    for part in parts:
        frames[part.encode] += int(np.count_nonzero((video.pts >= part.first) & (video.pts < part.end)))
    remark = "" if frames[False] else "encoded as a whole: no part of it could be copied and joined to the rest"
    return Trimmed(
        frames[False], frames[True], float((parts[0].first * cut.ticks(video.time_base) - cut.start) * cut.tick), remark
    )


def _takes(suffix: str, stream: VideoStream | AudioStream) -> bool:
    """Whether a container takes a stream as it is; only writing a header tells."""
    try:
        with av.open(BytesIO(), "w", format=_FORMATS[suffix]) as container:
            container.add_stream_from_template(stream, opaque=True)
            container.start_encoding()
    except (FFmpegError, ValueError):
        return False
    return True
