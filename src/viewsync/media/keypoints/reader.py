"""Poses from whatever file or folder a pose estimator left."""

from collections.abc import Sequence
from pathlib import Path

from viewsync.media.keypoints.caliscope import read_caliscope
from viewsync.media.keypoints.clock import FrameClock
from viewsync.media.keypoints.coco import is_coco, read_coco
from viewsync.media.keypoints.deeplabcut import read_deeplabcut
from viewsync.media.keypoints.json_file import read_json
from viewsync.media.keypoints.openpose import is_openpose, read_openpose
from viewsync.media.keypoints.reading import Reading
from viewsync.media.keypoints.table import rows_of
from viewsync.media.keypoints.tracks import read_tracks
from viewsync.types import InputError, Poses

_KNOWN = (
    "Known are OpenPose's JSON (a folder per camera, a file per frame), COCO's JSON of key points, DeepLabCut's csv and h5, "
    "Caliscope's xy.csv, Pose2Sim's folders, and a csv of tracks"
)
_SUFFIXES = (".json", ".csv", ".h5", ".hdf5", ".txt")


def read_poses(path: Path, clock: FrameClock | None = None) -> dict[str, Poses]:
    """Read the poses of one camera or of several, in any of the formats that docs/keypoints.md lists.

    Args:
        path: a file or a folder; what it is shows when it is opened.
        clock: says when numbered frames were shown (`frames_per_second`, `of_videos`). Without it, the file has to.

    Returns:
        Poses by name of the camera: the file's name without its suffix, the folder's without `_json`, Caliscope's `cam_0`.

    Raises:
        InputError: there is nothing there, the format isn't known or the content isn't whole, or frames have no times.
    """
    if not path.exists():
        raise InputError(f"{path} doesn't exist. Check the name.")
    try:
        readings = _of_folder(path) if path.is_dir() else _of_file(path)
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}. Change its rights, or copy it.") from error
    return {camera: reading.poses(camera, clock) for camera, reading in readings.items()}


def _of_folder(folder: Path) -> dict[str, Reading]:
    """A Pose2Sim project, a camera's frames, or whatever else lies there, put together."""
    if (folder / "pose").is_dir():
        return _of_folder(folder / "pose")
    visible = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    files = [path for path in visible if path.suffix.lower() in _SUFFIXES]
    points = [path for path in folder.glob("xy*.csv") if not path.name.startswith("xyz")]
    if points:
        return _together(folder, points)
    frames = [path for path in files if path.suffix.lower() == ".json"]
    if frames and is_openpose(read_json(frames[0])):
        return {_name(folder.name): read_openpose(folder, frames)}
    inside = [path for path in visible if path.is_dir() and any(path.glob("*.json"))]
    # Beside Pose2Sim's cam01_json, other folders hold something else.
    cameras = [path for path in inside if path.name.endswith("_json")]
    # DeepLabCut writes the same as cam1.csv and cam1.h5.
    return _together(folder, cameras or list({path.stem: path for path in reversed(files)}.values()) or inside)


def _together(folder: Path, parts: Sequence[Path]) -> dict[str, Reading]:
    if not parts:
        raise InputError(f"{folder} holds no poses. {_KNOWN}.")
    together: dict[str, Reading] = {}
    for part in sorted(parts):
        readings = _of_folder(part) if part.is_dir() else _of_file(part)
        twice = next((camera for camera in readings if camera in together), None)
        if twice is not None:
            raise InputError(
                f"{folder} has poses of {twice!r} twice: in {together[twice].source.name} and {part.name}. Name one of them."
            )
        together |= readings
    return together


def _of_file(path: Path) -> dict[str, Reading]:
    suffix = path.suffix.lower()
    if suffix == ".json":
        content = read_json(path)
        if is_openpose(content):
            raise InputError(f"{path} is a single frame of OpenPose. Name the folder that holds all of them.")
        if not is_coco(content):
            raise InputError(f"{path} isn't JSON of poses. {_KNOWN}.")
        return {_name(path.stem): read_coco(path, content)}
    if suffix not in _SUFFIXES:
        raise InputError(f"{path} isn't a file of poses. {_KNOWN}.")
    header = [] if suffix in (".h5", ".hdf5") else next(rows_of(path))
    if "sync_index" in header:
        return read_caliscope(path)
    if suffix in (".h5", ".hdf5") or header[0] == "scorer":
        scorer, reading = read_deeplabcut(path)
        # DeepLabCut puts the scorer, and what was done after, behind the video's name.
        return {_name(path.stem.split(scorer)[0] or path.stem): reading}
    return {_name(path.stem): read_tracks(path)}


def _name(stem: str) -> str:
    return stem.removesuffix("_json").removesuffix("_keypoints")
