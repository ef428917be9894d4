"""OpenPose's JSON: a folder for each camera, a file for each frame."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from viewsync.files import write_whole
from viewsync.media.keypoints.joints import BODY25, OPENPOSE18, known_layout
from viewsync.media.keypoints.json_file import read_json
from viewsync.media.keypoints.reading import Reading
from viewsync.types import InputError, Poses

_LAYOUTS = {"BODY_25": BODY25, "COCO_18": OPENPOSE18}


def read_openpose(folder: Path, files: Sequence[Path]) -> Reading:
    """Read a camera's frames. The last number in a file's name is the frame's.

    People have identities where everybody has a `person_id` that isn't negative. Hands and faces aren't read.

    Args:
        folder: where the files are.
        files: one for each frame, in any order.

    Raises:
        InputError: a file isn't whole or isn't OpenPose's, two are of one frame, or the joints aren't of one known layout.
    """
    numbered = sorted((_number(path), path) for path in files)
    frames, values, ids = [], [], []
    for index, (_, path) in enumerate(numbered):
        for person in _people(path):
            points = person.get("pose_keypoints_2d")
            if points:
                frames.append(index)
                values.append(points)
                ids.append(person.get("person_id", -1))
    points = _array(numbered, frames, values)
    tracks = _tracks(ids)
    return Reading(
        folder,
        known_layout(folder, points) if values else (),
        np.array([number for number, _ in numbered]),
        None,
        np.array(frames, dtype=np.int64),
        tracks if (tracks >= 0).all() else None,
        points[..., :2],
        points[..., 2],
    )


def is_openpose(content: Any) -> bool:
    """Whether JSON is that of a frame."""
    return isinstance(content, dict) and isinstance(content.get("people"), list)


def write_openpose(poses: Poses, folder: Path, camera_name: str, layout: Literal["BODY_25", "COCO_18"] = "BODY_25") -> None:
    """Write `folder/cam1_json/cam1_000000000000_keypoints.json` and so on, numbered from 0 as in `pts_seconds`.

    Joints that the layout has and the poses don't are zeros; it has no place for others, or for times.

    Args:
        poses: what the camera saw.
        folder: that of all cameras: Pose2Sim's `pose`.
        camera_name: names the camera's folder and files.
        layout: which joints, in which order.

    Raises:
        InputError: the poses have no joint of the layout, the camera's folder holds other frames, or can't be written.
    """
    order = _LAYOUTS[layout]
    if poses.joints and not set(poses.joints) & set(order):
        raise InputError(f"none of the joints {', '.join(poses.joints)} is one of {layout}. Write a csv of tracks instead.")
    points = np.zeros((len(poses), len(order), 3))
    common = [joint for joint in poses.joints if joint in order]
    told = np.dstack([poses.pixels, poses.confidence])[:, [poses.joints.index(joint) for joint in common]]
    points[:, [order.index(joint) for joint in common]] = np.nan_to_num(told)
    paths = [frame_path(folder, camera_name, number) for number in range(len(poses.pts_seconds))]
    beyond = sorted(set((folder / f"{camera_name}_json").glob("*.json")) - set(paths))
    if beyond:
        raise InputError(
            f"{beyond[0]} isn't of these poses, and would be taken for one of them. Remove it, or write elsewhere."
        )
    first = np.searchsorted(poses.frames, np.arange(len(paths) + 1))
    for path, begin, end in zip(paths, first[:-1], first[1:], strict=True):
        write_whole(path, frame_json(poses.tracks[begin:end], points[begin:end]))


def frame_path(folder: Path, camera_name: str, number: int) -> Path:
    """Where a camera's frame is written to."""
    return folder / f"{camera_name}_json" / f"{camera_name}_{number:012d}_keypoints.json"


def frame_json(ids: Int[np.ndarray, " person"], points: Float[np.ndarray, "person joint 3"]) -> bytes:
    """A frame's file; people without any joint are left out.

    Args:
        ids: who they are.
        points: x, y and confidence, in the order of the layout; zeros where unseen.
    """
    people = [
        {"person_id": [int(id)], "pose_keypoints_2d": row.ravel().tolist()}
        for id, row in zip(ids, points.round(3), strict=True)
        if row.any()
    ]
    return json.dumps({"version": 1.3, "people": people}).encode()


def _number(path: Path) -> int:
    found = re.findall(r"\d+", path.stem)
    if not found or len(found[-1]) > 15:  # More digits couldn't be told apart as times.
        raise InputError(
            f"{path} has no frame number in its name. OpenPose's files are called cam1_000000000012_keypoints.json."
        )
    return int(found[-1])


def _people(path: Path) -> list[dict[str, Any]]:
    content = read_json(path)
    if not is_openpose(content) or not all(isinstance(person, dict) for person in content["people"]):
        raise InputError(f"{path} isn't OpenPose's JSON: it has no list of `people`. Remove it from the folder.")
    people: list[dict[str, Any]] = content["people"]
    return people


def _array(
    numbered: Sequence[tuple[int, Path]], frames: Sequence[int], values: Sequence[Any]
) -> Float[np.ndarray, "row joint 3"]:
    sizes = [len(points) if isinstance(points, list) else 0 for points in values]
    odd = next((i for i, size in enumerate(sizes) if size != sizes[0] or size % 3 or not size), None)
    if odd is not None:
        path = numbered[frames[odd]][1]
        raise InputError(
            f"{path}: pose_keypoints_2d must be x, y and confidence of each joint, of as many joints as in the other files, "
            f"got {sizes[odd]} numbers after {sizes[0]}. Keep poses of one model in a folder."
        )
    try:
        return np.array(values, dtype=np.float64).reshape(len(values), -1, 3) if values else np.zeros((0, 0, 3))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{numbered[0][1].parent}: pose_keypoints_2d must be numbers ({error}). Export it again."
        ) from error


def _tracks(ids: Sequence[Any]) -> Int[np.ndarray, " row"]:
    """−1 where nobody said."""
    numbers = [id[0] if isinstance(id, list) and id else id for id in ids]
    told = [number if isinstance(number, int) and 0 <= number < 2**63 else -1 for number in numbers]
    return np.array(told, dtype=np.int64)
