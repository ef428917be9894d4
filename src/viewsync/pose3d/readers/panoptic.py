"""CMU Panoptic: synchronized HD cameras, and joints of everybody."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from viewsync import media
from viewsync.calibration.numbers import CameraEntry
from viewsync.footage.clip import Split
from viewsync.footage.kept_pictures import gray_picture
from viewsync.geometry.camera import CalibratedCamera
from viewsync.pose3d.crops import Boxes, boxes_around
from viewsync.pose3d.footage import JOINTS, Footage
from viewsync.pose3d.readers.kept import Cutting, Whole
from viewsync.store import stamp
from viewsync.types import InputError
from viewsync.worlds.truth.instants import in_frames

CALIBRATION, SCENES = "calibration_*.json", "hdPose3d_stage1_coco19"
_METRES, _FPS = 0.01, 30000 / 1001
_TO_Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""The set's y points down, to the floor."""
_ORDER: Mapping[str, int] = {
    "right_ankle": 14, "right_knee": 13, "right_hip": 12, "left_hip": 6, "left_knee": 7, "left_ankle": 8, "pelvis": 2,
    "thorax": 0, "right_wrist": 11, "right_elbow": 10, "right_shoulder": 9, "left_shoulder": 3, "left_elbow": 4,
    "left_wrist": 5, "nose": 1,
}  # fmt: skip
"""Which of the set's 19 joints each is. The thorax is what the set calls neck; it has no spine and no head top."""
_LEAST_CONFIDENCE = 0.1
"""From which on the set's own tools draw a joint; −1 is none."""
_SHORTEST_SECONDS = 1.0
_VIDEOS, _PICTURES = "hdVideos", "hdImgs"


@dataclass(frozen=True)
class _Person:
    """Somebody from the first to the last frame that tells of them."""

    id: int
    frames: Int[np.ndarray, " instant"]
    joints_metres: Float[np.ndarray, "instant joint 3"]


def read_panoptic(folder: Path, cutting: Cutting) -> Iterator[Footage]:
    """The clips of a sequence: one for each person who is there for a second at least.

    Joints and cameras are turned so that z is up, in metres; joints that the set doesn't have stay unknown. Views are the HD
    cameras of which there are pictures, by name.

    Args:
        folder: Of the sequence, with calibration_NAME.json, hdPose3d_stage1_coco19 (unpacked), and hdVideos/hd_00_00.mp4 or
            hdImgs/00_00/00_00_00000000.jpg. It is for test if it lies in a folder called test, else for training.
        cutting: What is made of the pictures.

    Raises:
        InputError: A file is missing or can't be read, or what it tells can't be used.
    """
    cameras = _cameras(folder)
    people = [person for person in _people(folder / SCENES) if len(person.frames) >= _SHORTEST_SECONDS * _FPS]
    if not people:
        raise InputError(f"{folder / SCENES} tells of nobody who is there for a second. Leave the sequence out.")
    for person in people:
        yield _clip(folder, cameras, person, cutting)


def _clip(folder: Path, cameras: list[CalibratedCamera], person: _Person, cutting: Cutting) -> Footage:
    sequence, joints = folder.resolve().name, person.joints_metres
    name, wholes = f"{sequence} {person.id}", [_whole(folder, camera, person.frames) for camera in cameras]
    boxes = np.stack([_boxes(camera, joints) for camera in cameras], axis=1)
    boxes, pictures = cutting.of(name, wholes, joints, boxes)
    split: Split = "test" if folder.resolve().parent.name == "test" else "training"
    actions = (sequence,) * len(joints)
    return Footage(name, name, split, _FPS, tuple(cameras), boxes, pictures, joints, actions)


def _boxes(camera: CalibratedCamera, joints: Float[np.ndarray, "instant joint 3"]) -> Boxes:
    """Around the person; nan where no joint is in the picture."""
    shown = camera.sees(np.nan_to_num(joints)) & np.isfinite(joints).all(axis=2)
    return np.where(shown.any(axis=1)[:, None], boxes_around(camera, joints), np.nan)


def _cameras(folder: Path) -> list[CalibratedCamera]:
    path = next(iter(sorted(folder.glob(CALIBRATION))))
    try:
        told = {entry["name"]: entry for entry in json.loads(path.read_bytes())["cameras"] if entry["type"] == "hd"}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} can't be read as a calibration of Panoptic: {error!r}. Copy it again.") from error
    names = {found[1] for file in (folder / _VIDEOS).glob("*") if (found := re.fullmatch(r"hd_(\d+_\d+)\.mp4", file.name))}
    names |= {part.name for part in (folder / _PICTURES).glob("*") if part.is_dir()}
    lacking = sorted(names - set(told))
    if lacking:
        raise InputError(f"{path} has no HD camera {', '.join(lacking)}, of which there are pictures. Copy it again.")
    if len(names) < 2:
        raise InputError(
            f"{folder} has pictures of {len(names)} HD cameras ({_VIDEOS}/hd_00_00.mp4, or {_PICTURES}/00_00), but two or "
            "more are needed. Download those of another."
        )
    return [_camera(CameraEntry(path, name, told[name])) for name in sorted(names)]


def _camera(entry: CameraEntry) -> CalibratedCamera:
    lens = entry.lens(entry.size("resolution"), "K", "distCoef")
    return CalibratedCamera(entry.name, lens, entry.rotation("R") @ _TO_Z_UP.T, _METRES * entry.vector("t", 3))


def _whole(folder: Path, camera: CalibratedCamera, frames: Int[np.ndarray, " instant"]) -> Whole:
    """Pictures, or else the film."""
    source = folder / _PICTURES / camera.name
    if source.is_dir():
        return Whole(camera, f"{stamp(source)} {frames[0]}", _extracted(source, frames))
    film = folder / _VIDEOS / f"hd_{camera.name}.mp4"
    return Whole(camera, f"{stamp(film)} {frames[0]}", _filmed(film, camera, frames))


def _extracted(source: Path, frames: Int[np.ndarray, " instant"]) -> Iterator[np.ndarray]:
    files = _numbered(source.glob(f"{source.name}_*"))
    for frame in frames.tolist():
        if frame not in files:
            raise InputError(f"{source} has no picture of frame {frame}. Extract all of them.")
        yield gray_picture(files[frame])


def _filmed(path: Path, camera: CalibratedCamera, frames: Int[np.ndarray, " instant"]) -> Iterator[np.ndarray]:
    decoded = media.frames(media.probe(path), pixels=camera.lens.width * camera.lens.height)
    for frame, gray in zip(frames, in_frames(frames, ((each.index, each.gray) for each in decoded)), strict=True):
        if gray is None:
            raise InputError(f"{path}: its frame {frame} can't be decoded. Copy it again.")
        yield gray


def _numbered(paths: Iterable[Path]) -> dict[int, Path]:
    """By the numbers at the end of their names; others are none of the set's."""
    last = ((path.stem.rsplit("_", 1)[-1], path) for path in paths)
    return {int(number): path for number, path in last if number.isdecimal()}


def _people(folder: Path) -> list[_Person]:
    """Everybody, in the order of their numbers."""
    found: dict[int, dict[int, np.ndarray]] = {}
    files = _numbered(folder.glob("body3DScene_*.json"))
    for frame, path in sorted(files.items()):
        try:
            for body in json.loads(path.read_bytes())["bodies"]:
                found.setdefault(int(body["id"]), {})[frame] = np.array(body["joints19"], dtype=np.float64).reshape(19, 4)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path} can't be read as a scene of Panoptic: {error!r}. Copy it again.") from error
    return [_person(id, at) for id, at in sorted(found.items())]


def _person(id: int, at: Mapping[int, np.ndarray]) -> _Person:
    frames = np.arange(min(at), max(at) + 1)
    joints = np.full((len(frames), len(JOINTS), 3), np.nan)
    for frame, told in at.items():
        points = np.where(told[:, 3:] >= _LEAST_CONFIDENCE, told[:, :3], np.nan) @ _TO_Z_UP.T
        for name, number in _ORDER.items():
            joints[frame - frames[0], JOINTS.index(name)] = _METRES * points[number]
    return _Person(id, frames, joints)
