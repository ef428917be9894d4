"""Pictures called frame_camera.jpg with boxes as Self-MVA's JSON: WILDTRACK, MVOR and SOLDIERS as it keeps them."""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from viewsync.association.frames import Picture
from viewsync.association.readers.rows import LARGEST, Rows, Stage, corners, size_of
from viewsync.files import natural
from viewsync.media.keypoints.json_file import read_json
from viewsync.types import InputError

VIEWS, SCHEMA = "views.json", "viewsync.views/1"
"""What `viewsync detect` tells of videos beside their boxes: names and sizes of cameras, times and numbers of frames."""
ASSOCIATED = "associated.json"
"""What `viewsync eval association` writes, perhaps beside what it read: looked at only where there are no other boxes."""
_PICTURE = re.compile(r"(?P<frame>\d+)_(?P<camera>[^_].*)", re.ASCII)
_SUFFIXES = {".jpg", ".jpeg", ".png"}
_FOLDERS = (".", "frames", "output", "output/frames", "self-mva")
_TIMES = ("timestamps.json", "timestamps.csv")


def is_detections(content: Any) -> bool:
    """Whether JSON is {frame: [[x, y, w, h, track_id, cam], …], …}."""
    return (
        isinstance(content, dict)
        and bool(content)
        and all(key.isdecimal() and isinstance(rows, list) for key, rows in content.items())
        and all(isinstance(row, list) for rows in content.values() for row in rows)
    )


def rows_of_detections(path: Path, content: Mapping[str, list[list[Any]]]) -> Rows:
    """The boxes of Self-MVA's JSON. Frames go by their numbers, in whatever order they are written.

    Args:
        path: The file, for messages.
        content: Of which `is_detections` holds.

    Raises:
        InputError: A number isn't one.
    """
    told = sorted(content, key=int)
    if int(told[-1]) >= LARGEST:
        raise InputError(f"{path}: {told[-1]} is too large for a frame's number. Count frames from 0.")
    counts = [len(content[frame]) for frame in told]
    try:
        table = np.array([row for frame in told for row in content[frame]], dtype=np.float64).reshape(sum(counts), 6)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{path}: a row isn't of six numbers [x, y, w, h, track_id, cam]: {error}. Correct it.") from error
    if not (np.abs(table[:, 4:]) < LARGEST).all():
        raise InputError(f"{path}: a track_id or cam isn't finite, or too large. Write -1 for somebody unknown.")
    numbers = np.array([int(frame) for frame in told], dtype=np.int64)
    cameras, views = np.unique(table[:, 5].astype(np.int64), return_inverse=True)
    return Rows(
        path,
        tuple(map(str, cameras.tolist())),
        numbers,
        np.repeat(numbers, counts),
        views,
        corners(table[:, :4]),
        table[:, 4].astype(np.int64),
    )


def detections_file(folder: Path) -> Path:
    """The only file of boxes in a folder, or in those where Self-MVA keeps them.

    Raises:
        InputError: There is none, or there are several.
    """
    found = [path for path in _json_files(folder) if is_detections(read_json(path))]
    if not found and (folder / ASSOCIATED).is_file():
        return folder / ASSOCIATED
    if len(found) != 1:
        what = f"several files of boxes ({', '.join(path.name for path in found)})" if found else "no file of boxes"
        raise InputError(f"{folder} holds {what}. Name one with --boxes; viewsync detect makes one of pictures.")
    return found[0]


def has_detections(folder: Path) -> bool:
    """Whether a folder is of this layout."""
    return bool(_pictures(folder)) or holds_boxes(folder)


def holds_boxes(folder: Path) -> bool:
    """Whether Self-MVA's JSON lies in a folder, beside pictures or without any."""
    return any(is_detections(read_json(path)) for path in _json_files(folder))


def stage_of_pictures(folder: Path, rows: Rows | None) -> Stage:
    """Cameras, sizes and pictures of a folder; times, too, of what `viewsync detect` made of videos.

    Args:
        folder: With pictures, or what `viewsync detect` made of videos; all but the boxes may be missing.
        rows: Name the cameras where there are no pictures; None where there must be.

    Raises:
        InputError: A file can't be read, or isn't what it should be; or pictures must be there, but aren't.
    """
    folder_name = folder.resolve().name
    if (folder / VIEWS).is_file():
        return _stage_of_videos(folder / VIEWS, folder_name)
    pictures = _pictures(folder)
    if not pictures:
        if rows is None:
            raise InputError(f"{folder} holds no pictures called frame_camera.jpg, such as 000012_0.jpg. Rename them so.")
        return Stage(folder_name, folder, rows.cameras)
    cameras = tuple(sorted({camera for _, camera in pictures}, key=natural))
    firsts = {camera: path for (_, camera), path in sorted(pictures.items(), reverse=True)}
    places = {(frame, cameras.index(camera)): Picture(path) for (frame, camera), path in pictures.items()}
    return Stage(folder_name, folder, cameras, tuple(size_of(firsts[camera]) for camera in cameras), pictures=places)


def _json_files(folder: Path) -> list[Path]:
    apart = (VIEWS, ASSOCIATED, *_TIMES)
    return sorted({path for name in _FOLDERS for path in (folder / name).glob("*.json") if path.name not in apart})


def _pictures(folder: Path) -> dict[tuple[int, str], Path]:
    """By number of the frame and name of the camera, of the first folder that has any."""
    for name in _FOLDERS:
        inside = (folder / name).iterdir() if (folder / name).is_dir() else ()
        named = [(path, _PICTURE.fullmatch(path.stem)) for path in inside if path.suffix.lower() in _SUFFIXES]
        found = {(int(match["frame"]), match["camera"]): path for path, match in named if match}
        if found:
            return found
    return {}


def times_of(folder: Path) -> dict[int, float] | None:
    """When each frame was, as timestamps.json ({frame: seconds}) or timestamps.csv (frame,seconds) tells, if there is one.

    Raises:
        InputError: It can't be read.
    """
    path = next((path for name in _FOLDERS for time in _TIMES if (path := folder / name / time).is_file()), None)
    if path is None:
        return None
    try:
        if path.suffix == ".json":
            return {int(frame): float(seconds) for frame, seconds in read_json(path).items()}
        lines = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
        titled = bool(lines) and not lines[0][0].strip().isdecimal()
        return {int(line[0]): float(line[1]) for line in lines[titled:] if line}
    except (OSError, ValueError, TypeError, AttributeError, IndexError) as error:
        wanted = "{frame: seconds, …}" if path.suffix == ".json" else "lines of frame,seconds"
        raise InputError(f"{path} can't be read as {wanted}: {error}. Correct it.") from error


def _stage_of_videos(path: Path, name: str) -> Stage:
    content = read_json(path)
    try:
        if content["schema"] != SCHEMA:
            raise ValueError(f"its schema isn't {SCHEMA}")
        cameras, instants = content["cameras"], content["instants"]
        videos = [path.parent / camera["path"] for camera in cameras]
        return Stage(
            name,
            path,
            tuple(str(camera["name"]) for camera in cameras),
            tuple((int(camera["width"]), int(camera["height"])) for camera in cameras),
            {int(number): float(instant["seconds"]) for number, instant in instants.items()},
            {
                (int(number), view): Picture(video, frame)
                for number, instant in instants.items()
                for view, (video, frame) in enumerate(zip(videos, instant["frames"], strict=True))
                if frame is not None
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path} isn't what viewsync detect writes ({error!r}). Detect again.") from error


def camera_numbers(names: Sequence[str]) -> list[int]:
    """What stands for cameras in Self-MVA's JSON: their names, where all are numbers as one writes them; or their places."""
    named = all(name.isdecimal() and str(int(name)) == name for name in names)
    return [int(name) if named else place for place, name in enumerate(names)]


def as_detections(boxes: Mapping[int, list[list[float]]]) -> bytes:
    """Self-MVA's JSON of rows [x, y, w, h, track_id, cam] by frames."""
    return json.dumps({str(frame): rows for frame, rows in boxes.items()}, allow_nan=False).encode()
