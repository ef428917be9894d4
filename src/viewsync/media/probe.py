"""What a recording holds and when: the exact presentation time of every frame, without decoding them.

All times come from the container's own zero, which video and sound share, so a start-time skew between the two, edit
lists and the priming samples of sound codecs are in the numbers already.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from viewsync.media.chapters import check_chapters, check_same_settings, join
from viewsync.media.container import PICTURE_SUFFIXES, decoded
from viewsync.media.contents import Contents, read_contents
from viewsync.media.folder import media_files
from viewsync.media.time_stamps import read_time_stamps
from viewsync.media.wall_clock import CREATION_TIME
from viewsync.types import InputError, Part, Recording, SoundTrack, VideoTrack, WallClock

# Time stamps from here on (the year 2001) count from 1970, as computers' clocks do.
_FIRST_CREDIBLE_SECONDS = 978_307_200


def probe(path: Path, id: str | None = None) -> Recording:
    """Read which tracks a recording has and when each of its frames is shown.

    Args:
        path: video or sound file; or a folder with one camera's chapters, with pictures and their time-stamp file, or
            with a sound recorder's files.
        id: name of the recording; the file's stem or the folder's name if not given.

    Raises:
        InputError: the file can't be used (missing, empty, not media, cut short, damaged, no frames, no or
            unusable time stamps), or the files of a folder aren't one recording; the text says which, where, and what
            to do.
    """
    if not os.path.isdir(path):  # Unlike Path.is_dir, it doesn't raise where looking isn't allowed.
        return _recording(path, path.stem if id is None else id, read_contents(path), (), [path])
    name = path.resolve().name if id is None else id
    files = media_files(path)
    if files[0].suffix.lower() in PICTURE_SUFFIXES:
        return _of_pictures(path, name, files)
    if len(files) == 1:
        return replace(probe(files[0]), id=name)
    chapters = [read_contents(file) for file in files]
    check_chapters(path, chapters)
    whole, parts = join(chapters, [chapter.length_seconds for chapter in chapters])
    return _recording(path, name, whole, parts, files)


def probe_all(paths: Iterable[Path], read: Callable[[Path], Recording] = probe) -> list[Recording]:
    """Probe several recordings and give each its own id: `cam`, `cam-2`, ….

    Args:
        paths: files or folders.
        read: how to probe one.

    Raises:
        InputError: one can't be used (see `probe`), or two of them are, or share, the same recording.
    """
    recordings: list[Recording] = []
    seen: dict[str, Path] = {}
    ids: set[str] = set()
    for path in paths:
        # Unlike Path.resolve, realpath doesn't raise on links that lead in a circle.
        _refuse_twin(path, seen.get(os.path.realpath(path)))
        recording = read(path)
        files = [path, recording.path, *(part.path for part in recording.parts)]
        keys = [recording.sha256, *(os.path.realpath(file) for file in files)]
        for key in keys:
            _refuse_twin(path, seen.get(key))
        seen |= dict.fromkeys(keys, path)
        id, number = recording.id, 2
        while id in ids:
            id, number = f"{recording.id}-{number}", number + 1
        ids.add(id)
        recordings.append(replace(recording, id=id))
    return recordings


def _of_pictures(folder: Path, id: str, pictures: Sequence[Path]) -> Recording:
    stamp_file, stamps = read_time_stamps(folder, pictures)
    contents = [read_contents(picture) for picture in pictures]
    check_same_settings(folder, contents)
    intervals = [later - earlier for earlier, later in pairwise(stamps)]
    # How long the last picture lasts is unknown, and only counts where somebody asks for the end.
    last = sorted(intervals)[len(intervals) // 2] if intervals else Fraction(1, 30)
    whole, parts = join(contents, [*intervals, last])
    if stamps[0] > _FIRST_CREDIBLE_SECONDS:
        whole = replace(whole, wall_clocks=(WallClock(float(stamps[0]), CREATION_TIME),))
    return _recording(folder, id, whole, parts, [*pictures, stamp_file])


def _recording(path: Path, id: str, contents: Contents, parts: tuple[Part, ...], hashed_files: Sequence[Path]) -> Recording:
    begun_seconds = float(contents.start_seconds)
    return Recording(
        id=id,
        path=path,
        sha256=_sha256(hashed_files),
        video=_video_track(path, contents, parts),
        sound=_sound_track(path, contents, parts),
        wall_clocks=tuple(replace(clock, seconds=clock.seconds - begun_seconds) for clock in contents.wall_clocks),
        parts=parts,
    )


def _video_track(path: Path, contents: Contents, parts: tuple[Part, ...]) -> VideoTrack | None:
    stream = contents.video
    if stream is None:
        return None
    picture = next(decoded(path, stream.index, parts=parts), None)
    if not isinstance(picture, VideoFrame):
        raise InputError(f"{path}: none of its {contents.pts.size} frames can be decoded. Copy the file again.")
    rotation = round(picture.rotation / 90) * 90 % 360
    upright = rotation % 180 == 0
    return VideoTrack(
        stream_index=stream.index,
        width=picture.width if upright else picture.height,
        height=picture.height if upright else picture.width,
        rotation_degrees=rotation,
        time_base=stream.time_base,
        pts=contents.pts,
    )


def _sound_track(path: Path, contents: Contents, parts: tuple[Part, ...]) -> SoundTrack | None:
    stream = contents.sound
    if stream is None:
        return None
    first = next(decoded(path, stream.index, parts=parts), None)
    if not isinstance(first, AudioFrame) or first.pts is None or first.time_base is None:
        raise InputError(f"{path}: nothing of its sound track can be decoded. Copy the file again, or remove the track.")
    start_seconds = float(first.pts * first.time_base)
    return SoundTrack(
        stream_index=stream.index,
        rate_hz=first.sample_rate,
        channels=len(first.layout.channels),
        start_seconds=start_seconds,
        duration_seconds=max(0.0, float(contents.sound_end_seconds) - start_seconds),
    )


def _refuse_twin(path: Path, twin: Path | None) -> None:
    if twin is not None:
        raise InputError(f"{twin} and {path} are the same recording. Name each recording once.")


def _sha256(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
