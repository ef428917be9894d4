"""COCO's JSON of key points: a file for each camera."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from viewsync.files import write_whole
from viewsync.media.keypoints.joints import BONES, known_layout
from viewsync.media.keypoints.reading import Reading
from viewsync.types import InputError, Poses

_Points = Float[np.ndarray, "row joint 3"]
"""x, y and confidence."""


def read_coco(path: Path, content: Any) -> Reading:
    """Read `images` and `annotations`, or a list of results.

    A frame's number is the last one in its `file_name` where that tells all frames apart, else its `id`. Times are those of
    `pts_seconds` where all images have it. People have identities where all annotations have a `track_id`.

    Args:
        path: the file, for messages.
        content: its JSON.

    Raises:
        InputError: it isn't COCO's, or not of one known layout.
    """
    try:
        annotations = content if isinstance(content, list) else content["annotations"]
        posed = [annotation for annotation in annotations if annotation.get("keypoints")]
        if annotations and not posed:
            raise InputError(f"{path} has annotations, but no `keypoints`. Export poses, not boxes.")
        images = _images(path, content, posed)
        place = {image["id"]: i for i, image in enumerate(images)}
        posed.sort(key=lambda annotation: place[annotation["image_id"]])
        points = _points(path, posed)
        tracks = [annotation.get("track_id") for annotation in posed]
        times = [image.get("pts_seconds") for image in images]
        sizes = {_size(image) for image in images}
        return Reading(
            path,
            _joints(path, content, posed, points),
            np.array([image["number"] for image in images], dtype=np.int64),
            None if None in times else np.array(times, dtype=np.float64),
            np.array([place[annotation["image_id"]] for annotation in posed], dtype=np.int64),
            None if None in tracks else np.array(tracks, dtype=np.int64),
            points[..., :2],
            points[..., 2],
            sizes.pop() if len(sizes) == 1 else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        fault = f"{type(error).__name__}: {error}"
        raise InputError(f"{path} isn't COCO's JSON of key points ({fault}). Export it again.") from error


def is_coco(content: Any) -> bool:
    """Whether JSON is that of a data set, or of results."""
    if isinstance(content, list):
        return bool(content) and isinstance(content[0], dict) and "image_id" in content[0]
    return isinstance(content, dict) and isinstance(content.get("annotations"), list)


def write_coco(poses: Poses, path: Path) -> None:
    """Write a data set of one camera, with all joints that the poses have: `categories` names them.

    Key points have v = 2 where seen and 0 elsewhere; `keypoint_scores`, `track_id` and `pts_seconds` tell the rest. Images
    are numbered from 0, as in `pts_seconds`. Of rows that show no joint, nothing is written.

    Raises:
        InputError: the file can't be written.
    """
    seen = poses.confidence > 0
    points = np.dstack([np.nan_to_num(poses.pixels), 2 * seen]).reshape(len(poses), 3 * len(poses.joints))
    low = np.where(seen[..., None], poses.pixels, np.inf).min(axis=1, initial=np.inf)
    high = np.where(seen[..., None], poses.pixels, -np.inf).max(axis=1, initial=-np.inf)
    annotations = [
        {
            "id": int(row) + 1,
            "image_id": int(poses.frames[row]),
            "category_id": 1,
            "track_id": int(poses.tracks[row]),
            "keypoints": points[row].tolist(),
            "keypoint_scores": poses.confidence[row].tolist(),
            "num_keypoints": int(seen[row].sum()),
            "bbox": [*low[row].tolist(), *(high - low)[row].tolist()],
            "area": float(np.prod((high - low)[row])),
            "iscrowd": 0,
        }
        for row in np.flatnonzero(seen.any(axis=1))
    ]
    size = {} if poses.size is None else {"width": poses.size[0], "height": poses.size[1]}
    images = [
        {"id": number, "file_name": f"{number:012d}", **size, "pts_seconds": seconds}
        for number, seconds in enumerate(poses.pts_seconds.tolist())
    ]
    content = {"images": images, "annotations": annotations, "categories": [person_category(poses.joints)]}
    write_whole(path, json.dumps(content, allow_nan=False).encode())


def person_category(joints: Sequence[str]) -> dict[str, Any]:
    """The category `person` with these key points, and the bones between those that COCO knows."""
    bones = [[joints.index(a) + 1, joints.index(b) + 1] for a, b in BONES if a in joints and b in joints]
    return {"id": 1, "name": "person", "keypoints": list(joints), "skeleton": bones}


def _images(path: Path, content: Any, posed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """With their frames' numbers, in order of these."""
    if isinstance(content, list):
        images = [{"id": id} for id in {annotation["image_id"] for annotation in posed}]
    else:
        images = content["images"]
    told = [re.findall(r"\d+", Path(str(image.get("file_name", ""))).stem) for image in images]
    in_names = [int(numbers[-1]) for numbers in told if numbers]
    numbers = in_names if len(set(in_names)) == len(images) > 1 else [image["id"] for image in images]
    if not all(isinstance(number, int) for number in numbers):
        raise InputError(
            f"{path} doesn't number its frames: neither `file_name` nor `id` of its images does. Number the ids."
        )
    numbered = [{**image, "number": number} for image, number in zip(images, numbers, strict=True)]
    return sorted(numbered, key=lambda image: image["number"])


def _size(image: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = int(image.get("width") or 0), int(image.get("height") or 0)
    return (width, height) if min(width, height) > 0 else None


def _points(path: Path, posed: Sequence[dict[str, Any]]) -> _Points:
    sizes = {len(annotation["keypoints"]) for annotation in posed}
    if len(sizes) > 1 or sum(sizes) % 3:
        raise InputError(
            f"{path}: keypoints must be x, y and v of each joint, of as many joints in all annotations, got "
            f"{' and '.join(map(str, sorted(sizes)))} numbers. Keep poses of one model in a file."
        )
    if not posed:
        return np.zeros((0, 0, 3))
    points = np.array([annotation["keypoints"] for annotation in posed], dtype=np.float64).reshape(len(posed), -1, 3)
    if all("keypoint_scores" in annotation for annotation in posed):
        points[..., 2] = [annotation["keypoint_scores"] for annotation in posed]
    elif points[..., 2].max() > 1:
        points[..., 2] /= 2  # Flags, not scores: 1 is hidden, 2 visible.
    return points


def _joints(path: Path, content: Any, posed: Sequence[dict[str, Any]], points: _Points) -> tuple[str, ...]:
    used = {annotation.get("category_id") for annotation in posed}
    categories = content.get("categories", ()) if isinstance(content, dict) else ()
    telling = (each for each in categories if each.get("keypoints") and (each["id"] in used or not posed))
    named = {tuple(map(str, each["keypoints"])) for each in telling}
    if len(named) > 1:
        raise InputError(f"{path} has poses of {len(named)} categories with different joints. Keep one of them in a file.")
    joints = named.pop() if named else known_layout(path, points) if posed else ()
    if posed and len(set(joints)) != points.shape[1]:
        raise InputError(
            f"{path}: `categories` names {len(set(joints))} joints, but keypoints tell {points.shape[1]}. Export it again."
        )
    return joints
