"""COCO's JSON: one file with the pictures of all cameras, or one file per camera."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from viewsync.association.frames import UNKNOWN
from viewsync.association.readers.rows import Rows, Stage, corners
from viewsync.files import natural
from viewsync.media.keypoints.coco import is_coco
from viewsync.media.keypoints.json_file import read_json
from viewsync.types import InputError

Content = Mapping[str, Any]


def coco_files(folder: Path) -> dict[str, Content]:
    """COCO's data sets of a folder by the files' stems."""
    contents = {path.stem: read_json(path) for path in sorted(folder.glob("*.json"))}
    return {name: content for name, content in contents.items() if isinstance(content, dict) and is_coco(content)}


def read_coco(source: Path, contents: Mapping[str, Content]) -> tuple[Stage, Rows]:
    """Boxes of annotations, whose ``track_id`` (or ``person_id``) tells who is who, and ``score`` how sure it is.

    Of several files, each is of a camera. In a single one, a picture's camera is its ``video_id``, or in its ``file_name``:
    ``frame_camera.jpg`` or ``camera/frame.jpg``. Its frame is its ``frame_id`` (or ``frame_index``), or in its name (of
    several files only where names tell all frames of a file apart, as a video's doesn't), or its id. Equal numbers of
    frames are of one instant. Times are ``pts_seconds``, where all pictures of the first camera have it. Where
    ``categories`` name a person, nothing else counts.

    Args:
        source: The file or folder, for messages.
        contents: By the files' stems.

    Raises:
        InputError: Something is missing, or isn't of the kind that it should be.
    """
    try:
        images = _images(contents)
        cameras = tuple(sorted({camera for camera, _, _ in images.values()}, key=natural))
        found = [
            (images[name, annotation["image_id"]], annotation)
            for name, content in contents.items()
            for annotation in _people(content)
        ]
        scores = [annotation.get("score") for _, annotation in found]
        rows = Rows(
            source,
            cameras,
            np.unique([frame for _, frame, _ in images.values()]).astype(np.int64),
            np.array([frame for (_, frame, _), _ in found], dtype=np.int64),
            np.array([cameras.index(camera) for (camera, _, _), _ in found], dtype=np.int64),
            corners([annotation["bbox"] for _, annotation in found]),
            np.array([_identity(annotation) for _, annotation in found], dtype=np.int64),
            None if None in scores else np.array(scores, dtype=np.float64),
        )
        return Stage(source.resolve().stem, source, cameras, _sizes(cameras, images), _seconds(cameras[0], images)), rows
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(
            f"{source} isn't COCO's JSON of boxes ({type(error).__name__}: {error}). Export it again."
        ) from error


_Images = Mapping[tuple[str, Any], tuple[str, int, Content]]
"""Camera, number of the frame, and entry of each picture, by file and id."""


def _images(contents: Mapping[str, Content]) -> _Images:
    if len(contents) > 1:
        return {
            (name, image["id"]): (name, number, image)
            for name, content in contents.items()
            for image, number in zip(content["images"], _frames(content["images"]), strict=True)
        }
    ((name, content),) = contents.items()
    videos = {video["id"]: str(video.get("name", video["id"])) for video in content.get("videos", ())}
    return {(name, image["id"]): (*_camera_and_frame(image, videos), image) for image in content["images"]}


def _people(content: Content) -> list[Content]:
    people = {category["id"] for category in content.get("categories", ()) if str(category.get("name")).lower() == "person"}
    return [one for one in content["annotations"] if not people or one.get("category_id") in {None, *people}]


def _frames(images: Sequence[Content]) -> list[int]:
    """Of one camera's pictures."""
    named = [_numbers(image) for image in images]
    for place in (-1, 0):  # cam1_000012.jpg, or 000012_cam1.jpg.
        told = [numbers[place] for numbers in named if numbers]
        if len(set(told)) == len(images) > 1:
            return [_frame(image, [number]) for image, number in zip(images, told, strict=True)]
    return [_frame(image, [image["id"]]) for image in images]


def _camera_and_frame(image: Content, videos: Mapping[Any, str]) -> tuple[str, int]:
    path = _path(image)
    if "video_id" in image:
        return videos.get(image["video_id"], str(image["video_id"])), _frame(image, _numbers(image)[-1:] or [image["id"]])
    if named := re.fullmatch(r"(\d+)_([^_].*)", path.stem):
        return named[2], int(named[1])
    if not path.parent.name:
        raise ValueError(f"the name {path} doesn't tell the camera: call it frame_camera.jpg, or give video_id")
    return path.parent.name, _frame(image, _numbers(image)[-1:])


def _path(image: Content) -> PurePosixPath:
    return PurePosixPath(str(image.get("file_name", "")).replace("\\", "/"))


def _numbers(image: Content) -> list[str]:
    return re.findall(r"\d+", _path(image).stem)


def _frame(image: Content, otherwise: Sequence[Any]) -> int:
    told = [image[key] for key in ("frame_id", "frame_index") if key in image]
    return int([*told, *otherwise][0])


def _identity(annotation: Content) -> int:
    return int(annotation.get("track_id", annotation.get("person_id", UNKNOWN)))


def _sizes(cameras: Sequence[str], images: _Images) -> tuple[tuple[int, int], ...] | None:
    told = {camera: image for camera, _, image in images.values()}
    if not all({"width", "height"} <= image.keys() for image in told.values()):
        return None
    return tuple((int(told[camera]["width"]), int(told[camera]["height"])) for camera in cameras)


def _seconds(first: str, images: _Images) -> dict[int, float] | None:
    told = {frame: image for camera, frame, image in images.values() if camera == first}
    if not all("pts_seconds" in image for image in told.values()):
        return None
    return {frame: float(image["pts_seconds"]) for frame, image in told.items()}
