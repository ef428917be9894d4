"""A folder as one camera's recording: which of its files count, and in which order the camera wrote them."""

import re
from collections.abc import Sequence
from pathlib import Path

from viewsync.files import natural
from viewsync.media.container import PICTURE_SUFFIXES
from viewsync.types import InputError

VIDEO_SUFFIXES = {
    *(".mp4", ".mov", ".m4v", ".mts", ".m2ts", ".m2t", ".ts", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mxf"),
    *(".3gp", ".wmv", ".flv", ".ogv", ".insv", ".360", ".mod", ".tod", ".dv"),
}
_SOUND_SUFFIXES = {
    *(".wav", ".bwf", ".rf64", ".w64", ".flac", ".mp3", ".m4a", ".aac", ".ogg", ".opus", ".aif", ".aiff", ".caf", ".wma"),
}
# GoPro: GX020123 is chapter 2 of recording 0123; older cameras call chapter 0 GOPR0123 and the next GP010123.
_GOPRO = re.compile(r"(GOPR|G[HXP](?P<chapter>\d\d))(?P<number>\d{4})", re.IGNORECASE)
# Sound recorders write their microphones side by side: ZOOM0001_Tr1, ZOOM0001_Tr2, ZOOM0001_LR.
_TRACK = re.compile(r"(?P<take>.+)[-_](Tr\d+|LR|MS|Mix)", re.IGNORECASE)
_NAMES_SHOWN = 4


def media_files(folder: Path) -> list[Path]:
    """The folder's videos in the order in which they were written; where there are none, its pictures, or its sound.

    What cameras write beside them (previews, thumbnails, photos, metadata, hidden files) is left out.

    Raises:
        InputError: there is nothing to use in the folder, or more than one recording.
    """
    try:
        visible = [path for path in folder.iterdir() if not path.name.startswith(".")]
    except OSError as error:
        raise InputError(f"{folder}: the folder can't be read: {error.strerror}. Change its rights, or copy it.") from error
    videos, pictures, sounds = (
        sorted((path for path in visible if path.suffix.lower() in suffixes and not path.is_dir()), key=_order)
        for suffixes in (VIDEO_SUFFIXES, PICTURE_SUFFIXES, _SOUND_SUFFIXES)
    )
    if not videos and not pictures and not sounds:
        raise _nothing_in(folder, visible)
    # Some cameras write their sound a second time, beside the video and under its name.
    names = {path.stem for path in videos}
    apart = [path for path in sounds if path.stem not in names]
    if apart and (videos or pictures):
        what = "videos" if videos else "pictures"
        raise InputError(
            f"{folder} holds {what} and sound ({_listed(apart)}). Put the sound elsewhere, and name it as an input of "
            f"its own."
        )
    if videos:
        return _chapters(folder, videos)
    if sounds:
        _refuse_parallel_tracks(folder, sounds)
    return pictures or sounds


def _order(path: Path) -> tuple[list[tuple[int, str]], str]:
    return natural(path.stem), path.name


def _chapters(folder: Path, videos: Sequence[Path]) -> list[Path]:
    """GoPro's chapters by their chapter number; other cameras count up, so their files are in order already."""
    matches = [_GOPRO.fullmatch(path.stem) for path in videos]
    recordings = {match["number"] if match else path.stem for path, match in zip(videos, matches, strict=True)}
    if not any(matches):
        return list(videos)
    if len(recordings) > 1:
        raise InputError(
            f"{folder} holds {len(recordings)} recordings ({_listed(videos)}). Give each its own folder, with all its "
            f"chapters: GX010123, GX020123, … are one recording, GX010124 is another."
        )
    chapters = [int(match["chapter"] or 0) if match else 0 for match in matches]
    return [path for _, path in sorted(zip(chapters, videos, strict=True))]


def _refuse_parallel_tracks(folder: Path, sounds: Sequence[Path]) -> None:
    takes: dict[str, Path] = {}
    for path in sounds:
        match = _TRACK.fullmatch(path.stem)
        if match is None:
            continue
        if match["take"] in takes:
            raise InputError(
                f"{folder}: {takes[match['take']].name} and {path.name} were recorded at the same time. "
                f"Name one of them instead of the folder."
            )
        takes[match["take"]] = path


def _nothing_in(folder: Path, visible: Sequence[Path]) -> InputError:
    folders = sorted(path for path in visible if path.is_dir())
    if folders:
        return InputError(
            f"{folder} holds no recording, only folders ({_listed(folders)}). Name the one the camera's files lie in, "
            f"one for each camera."
        )
    found = f"only {_listed(sorted(visible))}" if visible else "it is empty"
    return InputError(f"{folder} holds no video, pictures or sound: {found}. Name a recording, or the folder it lies in.")


def _listed(paths: Sequence[Path]) -> str:
    names = ", ".join(path.name for path in paths[:_NAMES_SHOWN])
    return names + (f" and {len(paths) - _NAMES_SHOWN} more" if len(paths) > _NAMES_SHOWN else "")
