"""Human3.6M as learnable triangulation has it: a labels file, and pictures of every labelled frame."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Int

from viewsync.footage.clip import Split
from viewsync.footage.kept_pictures import gray_picture
from viewsync.pose3d.crops import Boxes
from viewsync.pose3d.footage import JOINTS, Footage
from viewsync.pose3d.readers.kept import Cutting, Whole
from viewsync.pose3d.readers.labels import Labels, read_labels
from viewsync.store import stamp
from viewsync.types import InputError

LABELS = "human36m-multiview-labels*.npy"
_FPS = 50.0
_TESTED = ("S9", "S11")
_DAMAGED = {("S9", "Greeting-2"), ("S9", "SittingDown-2"), ("S9", "Waiting-1")}
"""Whose joints aren't where the pictures show them; learnable triangulation leaves them out of the test set, too."""
_UNDISTORTED, _AS_FILMED = "imageSequence-undistorted", "imageSequence"


def read_human36m(folder: Path, cutting: Cutting) -> Iterator[Footage]:
    """The clips of a folder: one for each take of an action by a subject. S9 and S11 are for test.

    Pictures are ``S1/Directions-1/imageSequence/54138969/img_000001.jpg`` (of frame 0), in the folder or in its part
    ``processed``; where there is a folder ``imageSequence-undistorted``, that. An instant is a frame that is labelled; where
    these aren't evenly spaced, the ones between are missing, in all views.

    Args:
        folder: With human36m-multiview-labels-GTbboxes.npy, however deep, and the pictures.
        cutting: What is made of the pictures.

    Raises:
        InputError: A file is missing or can't be read, or what it tells can't be used.
    """
    labels = read_labels(_labels(folder))
    takes = np.unique(labels.table[["subject_idx", "action_idx"]])
    for subject, action in takes.tolist():
        if (labels.subjects[subject], labels.actions[action]) not in _DAMAGED:
            chosen = (labels.table["subject_idx"] == subject) & (labels.table["action_idx"] == action)
            rows = labels.table[chosen]
            yield _clip(folder, labels, rows[np.argsort(rows["frame_idx"])], cutting)


def _labels(folder: Path) -> Path:
    found = sorted(folder.rglob(LABELS))
    # Other files of the same folder have boxes of detectors.
    found = [path for path in found if "GTbboxes" in path.name] or found
    if len(found) != 1:
        raise InputError(f"{folder} holds {len(found)} files called {LABELS}, however deep, but one is needed. Choose one.")
    return found[0]


def _clip(folder: Path, labels: Labels, rows: np.ndarray, cutting: Cutting) -> Footage:
    """Of one take, whose rows are in the order of time."""
    who, action = int(rows["subject_idx"][0]), labels.actions[rows["action_idx"][0]]
    subject, numbers = labels.subjects[who], np.asarray(rows["frame_idx"], dtype=np.int64)
    name, steps = f"{subject} {action}", np.diff(numbers)
    if (steps == 0).any():
        twice = numbers[int((steps == 0).argmax())]
        raise InputError(f"{labels.path}: frame {twice} of {name} is there twice. Make it anew.")
    step = int(np.gcd.reduce(steps)) if len(steps) else 1
    at = (numbers - numbers[0]) // step
    count = int(at[-1]) + 1
    joints, boxes = np.full((count, len(JOINTS), 3), np.nan), np.full((count, len(labels.views), 4), np.nan)
    joints[at], boxes[at] = labels.joints_metres(rows), labels.boxes(rows)
    take, frames = _take(folder, subject, action), numbers[0] + step * np.arange(count)
    wholes = [_whole(take, labels, who, view, frames, boxes[:, view]) for view in range(len(labels.views))]
    boxes, pictures = cutting.of(name, wholes, joints, boxes)
    split: Split = "test" if subject in _TESTED else "training"
    cameras, kind = tuple(whole.camera for whole in wholes), action.rsplit("-", 1)[0]
    return Footage(name, subject, split, _FPS / step, cameras, boxes, pictures, joints, (kind,) * count)


def _whole(take: Path, labels: Labels, subject: int, view: int, frames: Int[np.ndarray, " instant"], boxes: Boxes) -> Whole:
    source, shown = take / labels.views[view], np.isfinite(boxes).all(axis=1)
    files = [source / f"img_{number + 1:06d}.jpg" for number in frames.tolist()]
    lacking = next((file for file, there in zip(files, shown, strict=True) if there and not file.is_file()), None)
    if lacking is not None:
        raise InputError(
            f"{lacking} is missing, though the labels tell where it shows somebody. Extract it, or tell by a box of "
            "0, 0, 0, 0 that the view is missing."
        )
    # Of a view that is missing throughout, nothing is looked at.
    height, width = gray_picture(files[int(shown.argmax())]).shape if shown.any() else (1, 1)
    camera = labels.camera(subject, view, (width, height), undistorted=take.name == _UNDISTORTED)
    pictures = (gray_picture(file) if there else None for file, there in zip(files, shown, strict=True))
    return Whole(camera, f"{stamp(source)} {frames[0]}" if shown.any() else "", pictures)


def _take(folder: Path, subject: str, action: str) -> Path:
    """The folder of its cameras' folders."""
    places = [folder / part / subject / action / kind for kind in (_UNDISTORTED, _AS_FILMED) for part in ("", "processed")]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        raise InputError(f"{folder} lacks the pictures of {subject} {action}: {places[2]} or the like. Extract them there.")
    return found
