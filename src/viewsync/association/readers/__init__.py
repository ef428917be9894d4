"""Sessions from folders, whichever of many layouts they have."""

from dataclasses import replace
from pathlib import Path

from viewsync.association.frames import Session
from viewsync.association.readers.assignment import assigned
from viewsync.association.readers.coco import coco_files, read_coco
from viewsync.association.readers.detections import (
    ASSOCIATED,
    detections_file,
    has_detections,
    holds_boxes,
    is_detections,
    rows_of_detections,
    stage_of_pictures,
    times_of,
)
from viewsync.association.readers.mot import mot_files, rows_of_mot, stage_of_mot
from viewsync.association.readers.mvor import mvor_file, read_mvor
from viewsync.association.readers.rows import Rows, Stage, gathered
from viewsync.association.readers.wildtrack import ANNOTATIONS, cameras_of_wildtrack, read_wildtrack
from viewsync.association.readers.worlds import BOXES, MANIFEST, detections_of, scene_of, stage_of_scene
from viewsync.media.keypoints.json_file import read_json
from viewsync.types import InputError

__all__ = ["assigned", "cameras_of_wildtrack", "has_boxes", "read_session"]


def read_session(folder: Path, *, fps: float | None = None, boxes: Path | None = None) -> Session:
    """The boxes of several cameras that a folder holds, at the instants that they tell of.

    Args:
        folder: A scene of rendered worlds (manifest.json); WILDTRACK or MultiviewX (annotations_positions); MVOR
            (camma_mvor_2018….json); pictures called frame_camera.jpg, or what `viewsync detect` made of videos, with
            Self-MVA's JSON; COCO's JSON, one for all cameras or one each; or MOT's text files, one per camera: of those of
            several sessions called 12_1.txt, 12_2.txt, …, folder/12.
        fps: Frames per second, counted by their numbers; needed where nothing else tells times, not even timestamps.json
            or timestamps.csv beside them, and goes before it.
        boxes: Boxes in place of the folder's own, such as a detector's: Self-MVA's or COCO's JSON, or a folder with one of
            them, or with MOT's files.

    Raises:
        InputError: It has no such layout, a file can't be read, frames have no times, cameras don't fit, a box isn't one,
            or somebody is in a view twice.
    """
    stage, own = _layout(folder, boxes)
    if stage.seconds is None:
        stage = replace(stage, seconds=times_of(folder if folder.is_dir() else folder.parent))
    return gathered(stage, own if boxes is None else _rows(boxes), fps)


def has_boxes(folder: Path) -> bool:
    """Whether a folder holds boxes of its own, or else needs others for its pictures.

    Args:
        folder: See `read_session`.

    Raises:
        InputError: A file can't be read.
    """
    if (folder / MANIFEST).is_file():
        return (scene_of(folder) / BOXES).is_file()
    if not folder.is_dir() or (folder / ANNOTATIONS).is_dir() or mvor_file(folder):
        return True
    return not has_detections(folder) or holds_boxes(folder) or bool(coco_files(folder))


def _layout(folder: Path, boxes: Path | None) -> tuple[Stage, Rows]:
    """The stage of a folder, and its rows: its own, or those of the file that was named."""
    if (folder / MANIFEST).is_file():
        scene = scene_of(folder)
        return stage_of_scene(scene), _rows(detections_of(scene) if boxes is None else boxes)
    if (folder / ANNOTATIONS).is_dir():
        return read_wildtrack(folder)
    if folder.is_dir() and (annotations := mvor_file(folder)):
        return read_mvor(annotations)
    if folder.is_dir() and has_detections(folder):
        rows = _rows(_beside_pictures(folder) if boxes is None else boxes)
        return stage_of_pictures(folder, rows), rows
    if folder.is_dir() and (contents := coco_files(folder)):
        return read_coco(folder, contents)
    if folder.is_file() and folder.suffix == ".json":
        return _of_json(folder)
    if files := mot_files(folder):
        return stage_of_mot(folder, files), rows_of_mot(folder, files)
    if (folder / ASSOCIATED).is_file():
        return _of_json(folder / ASSOCIATED)
    raise InputError(
        f"{folder} has no boxes of several cameras. Looked for: {MANIFEST} of rendered worlds, {ANNOTATIONS} of WILDTRACK, "
        "camma_mvor_2018.json of MVOR, pictures called frame_camera.jpg, Self-MVA's or COCO's JSON, and MOT's text files."
    )


def _beside_pictures(folder: Path) -> Path:
    """Self-MVA's file, or the folder itself, where COCO's are there instead."""
    return folder if not holds_boxes(folder) and coco_files(folder) else detections_file(folder)


def _rows(path: Path) -> Rows:
    """Boxes alone."""
    if not path.exists():
        raise InputError(f"{path}: there is no such file or folder. Name one with boxes.")
    if path.is_file():
        return _of_json(path)[1]
    if contents := coco_files(path):
        return read_coco(path, contents)[1]
    if files := mot_files(path):
        return rows_of_mot(path, files)
    return _of_json(detections_file(path))[1]


def _of_json(path: Path) -> tuple[Stage, Rows]:
    content = read_json(path)
    if is_detections(content):
        rows = rows_of_detections(path, content)
        return stage_of_pictures(path.parent, rows), rows
    if isinstance(content, dict) and "annotations" in content:
        return read_coco(path, {path.stem: content})
    raise InputError(
        f"{path} isn't JSON of boxes: neither {{frame: [[x, y, w, h, track_id, cam], …]}} nor COCO's. Export it again."
    )
