"""Boxes of people in pictures, for those who have nothing else: found by MoveNet, written as Self-MVA's JSON and as MOT."""

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np

from viewsync.association.frames import UNKNOWN, Picture
from viewsync.association.pixels import Pixels, read_pictures
from viewsync.association.readers.assignment import overlaps
from viewsync.association.readers.detections import SCHEMA, VIEWS, as_detections, camera_numbers
from viewsync.association.readers.mot import as_mot
from viewsync.association.readers.rows import Rows, Stage, nearest_frames
from viewsync.estimation.movenet import Boxes, MoveNet
from viewsync.files import write_whole
from viewsync.media.pictures import video_of
from viewsync.progress import Progress
from viewsync.timeline.clock import ClockMap
from viewsync.types import InputError, Recording

MOST_PARTS = 4
_SAME = 0.5
"""Two whose boxes overlap more (intersection over union) are one person found twice."""
_SHARED = 0.25
"""Of the width and height of a part, that its neighbour shows too."""
_EDGE = 0.01
"""What ends so near a cut, in shares of the part, was cut."""


def stage_of_videos(recordings: Sequence[Recording], clocks: Mapping[str, ClockMap], every: int = 1) -> Stage:
    """The instants of the first video's frames, and of the others the frames nearest in time.

    Args:
        recordings: With video.
        clocks: From each one's time to the time that they share; none where it is the same.
        every: Take every n-th frame of the first.

    Raises:
        InputError: There are fewer than two, one has no video or shows nothing of the first one's time, or `every` is
            less than 1.
    """
    if len(recordings) < 2:
        raise InputError(f"{len(recordings)} video was named, but association takes two or more. Name one per camera.")
    if every < 1:
        raise InputError(f"--every must be at least 1, got {every}.")
    videos = [video_of(recording) for recording in recordings]
    seconds = [
        clocks.get(recording.id, ClockMap(0.0))(video.pts_seconds)
        for recording, video in zip(recordings, videos, strict=True)
    ]
    wanted = seconds[0][::every]
    frames = np.stack([nearest_frames(theirs, wanted) for theirs in seconds])
    for recording, shown in zip(recordings, frames, strict=True):
        if (shown < 0).all():
            raise InputError(
                f"{recording.path} has no frame at any time of {recordings[0].path}. Line the videos up with viewsync "
                "apply, or name their --timeline."
            )
    pictures = {
        (number, view): Picture(recordings[view].path, int(frames[view, number]))
        for view in range(len(videos))
        for number in range(len(wanted))
        if frames[view, number] >= 0
    }
    return Stage(
        recordings[0].path.parent.resolve().name,
        recordings[0].path.parent,
        tuple(recording.id for recording in recordings),
        tuple((video.width, video.height) for video in videos),
        dict(enumerate(wanted.tolist())),
        pictures,
    )


def detect(stage: Stage, *, size: int = 512, parts: int = 1, progress: Progress = lambda *_: None) -> Rows:
    """Everybody in all pictures of a stage, on as many cores as there are; a camera takes one.

    Args:
        stage: With pictures.
        size: Pixels of the long side of what the network sees at a time, 256 to 640.
        parts: Look also at so many × so many overlapping parts of each picture. The network finds six people at a time.
        progress: Told after each picture.

    Raises:
        InputError: A picture can't be read, or an argument is out of range. An error in one camera ends the others.
    """
    if not 1 <= parts <= MOST_PARTS:
        raise InputError(f"--parts must be from 1 to {MOST_PARTS}, got {parts}.")
    cells = [sorted(cell for cell in stage.pictures if cell[1] == view) for view in range(len(stage.cameras))]
    stopped = Event()

    def camera(view: int) -> list[Boxes]:
        network, found = MoveNet(size), []
        for rgb in read_pictures([stage.pictures[cell] for cell in cells[view]]):
            if stopped.is_set():
                raise CancelledError
            found.append(people(rgb, network, parts))
            progress(stage.cameras[view], len(found), len(cells[view]))
        return found

    # Threads: decoding, scaling and the network release the interpreter lock.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            found = [boxes for several in pool.map(camera, range(len(cells))) for boxes in several]
        finally:
            stopped.set()
            pool.shutdown(cancel_futures=True)
    counts = [len(boxes) for boxes in found]
    seen = np.array([cell for of_camera in cells for cell in of_camera], dtype=np.int64).reshape(-1, 2)
    frames, views = np.repeat(seen, counts, axis=0).T
    return Rows(
        stage.source,
        stage.cameras,
        np.unique(seen[:, 0]),
        frames,
        views,
        np.concatenate([np.zeros((0, 4)), *(boxes.corners for boxes in found)]),
        np.full(len(frames), UNKNOWN),
        np.concatenate([np.zeros(0), *(boxes.scores for boxes in found)]),
    )


def people(rgb: Pixels, network: MoveNet, parts: int = 1) -> Boxes:
    """Everybody in a picture, the surest first, cut at its edges.

    Args:
        rgb: The picture, upright.
        network: Finds six people at a time.
        parts: Look also at so many × so many parts. Who reaches over a part's edge is left to the others.
    """
    height, width = rgb.shape[:2]
    found = [network.boxes(rgb)]
    for top, bottom in _cuts(height, parts):
        for left, right in _cuts(width, parts):
            within = network.boxes(np.ascontiguousarray(rgb[top:bottom, left:right]))
            found.append(_whole(within, (left, top, right, bottom), (width, height)))
    corners = np.clip(np.concatenate([boxes.corners for boxes in found]), 0, np.tile([width, height], 2))
    scores = np.concatenate([boxes.scores for boxes in found])
    some = (corners[:, 2:] - corners[:, :2]).min(axis=1, initial=np.inf) >= 1
    corners, scores = corners[some], scores[some]
    alike, kept = overlaps(corners, corners), list[int]()
    for person in np.argsort(-scores, kind="stable"):
        if (alike[person, kept] <= _SAME).all():
            kept.append(int(person))
    return Boxes(corners[kept], scores[kept])


def _cuts(length: int, parts: int) -> list[tuple[int, int]]:
    """From where to where parts reach; none of a picture that isn't cut."""
    if parts == 1:
        return []
    reach = round(length / (parts - (parts - 1) * _SHARED))
    return [(start, start + reach) for start in np.linspace(0, length - reach, parts).round().astype(int).tolist()]


def _whole(boxes: Boxes, part: tuple[int, int, int, int], size: tuple[int, int]) -> Boxes:
    """In pixels of the whole picture, without those that the part's edges may have cut."""
    left, top, right, bottom = part
    margin = np.array([right - left, bottom - top]) * _EDGE
    corners = boxes.corners + np.array([left, top, left, top])
    low = (corners[:, :2] > np.array([left, top]) + margin) | (np.array([left, top]) == 0)
    high = (corners[:, 2:] < np.array([right, bottom]) - margin) | (np.array([right, bottom]) == size)
    kept = (low & high).all(axis=1)
    return Boxes(corners[kept], boxes.scores[kept])


def write_detections(rows: Rows, stage: Stage, folder: Path) -> list[Path]:
    """Write ``detections.json``, ``mot/{camera}.txt`` and, of videos, ``views.json``, with which the folder is one to read.

    Args:
        rows: Of `detect`, on this stage.
        stage: Where they belong.
        folder: Where to.

    Returns:
        What was written.

    Raises:
        InputError: A file can't be written.
    """
    cameras = camera_numbers(stage.cameras)
    sides = np.hstack([rows.boxes[:, :2], rows.boxes[:, 2:] - rows.boxes[:, :2]]).round(2).tolist()
    boxes: dict[int, list[list[float]]] = {number: [] for number in rows.told.tolist()}
    texts: list[list[tuple[int, int, Sequence[float], float]]] = [[] for _ in cameras]
    scores = np.ones(len(sides)) if rows.scores is None else rows.scores
    for frame, view, box, score in zip(rows.frames.tolist(), rows.views.tolist(), sides, scores.tolist(), strict=True):
        boxes[frame].append([*box, UNKNOWN, cameras[view]])
        texts[view].append((frame, UNKNOWN, box, score))
    contents = {"detections.json": as_detections(boxes)}
    contents |= {f"mot/{name}.txt": as_mot(text) for name, text in zip(stage.cameras, texts, strict=True)}
    if any(picture.frame is not None for picture in stage.pictures.values()):
        contents[VIEWS] = json.dumps(_views(stage, folder)).encode()
    for name, content in contents.items():
        write_whole(folder / name, content)
    return [folder / name for name in contents]


def _views(stage: Stage, folder: Path) -> dict[str, object]:
    assert stage.sizes is not None
    assert stage.seconds is not None
    videos = {view: picture.path for (_, view), picture in stage.pictures.items()}
    frames = {cell: picture.frame for cell, picture in stage.pictures.items()}
    return {
        "schema": SCHEMA,
        "cameras": [
            {"name": name, "path": os.path.relpath(videos[view], folder), "width": width, "height": height}
            for view, (name, (width, height)) in enumerate(zip(stage.cameras, stage.sizes, strict=True))
        ],
        "instants": {
            str(number): {"seconds": seconds, "frames": [frames.get((number, view)) for view in range(len(stage.cameras))]}
            for number, seconds in stage.seconds.items()
        },
    }
