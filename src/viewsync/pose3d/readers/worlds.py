"""Rendered worlds with the format `human36m`: each scene is a clip of each person in it."""

from collections.abc import Iterator

import numpy as np

from viewsync.footage.rendered_scenes import RenderedScene
from viewsync.pose3d.footage import JOINTS, Footage
from viewsync.pose3d.readers.kept import Cutting, Whole
from viewsync.pose3d.readers.labels import Labels, read_labels
from viewsync.types import InputError

_LABELS = "human36m/labels.npy"


def scene_footage(scene: RenderedScene, cutting: Cutting) -> Iterator[Footage]:
    """The clips of a scene that ``viewsync render lab`` made.

    Instants are the frames of the first camera for which all others have one.

    Args:
        scene: With the formats ``calibration`` and ``human36m``.
        cutting: What is made of its films.

    Raises:
        InputError: A file is missing or can't be read, or what it tells can't be used.
    """
    path = scene.folder / _LABELS
    if not path.is_file():
        raise InputError(f"{scene.folder} has no {_LABELS}. Render it with --truth calibration human36m.")
    labels = read_labels(path)
    missing = [view for view in scene.cameras if view not in labels.views]
    if missing:
        raise InputError(f"{path} doesn't tell of {', '.join(missing)}. Render the scene again.")
    for subject in range(len(labels.subjects)):
        yield _clip(scene, labels, subject, cutting)


def _clip(scene: RenderedScene, labels: Labels, subject: int, cutting: Cutting) -> Footage:
    count, views = len(scene.frames), [labels.views.index(view) for view in scene.cameras]
    joints, boxes = np.full((count, len(JOINTS), 3), np.nan), np.full((count, len(views), 4), np.nan)
    actions = [""] * count
    rows = {int(row["frame_idx"]): row for row in labels.table[labels.table["subject_idx"] == subject]}
    # Labels count the first camera's frames.
    for instant, frame in enumerate(scene.frames[:, 0].tolist()):
        if frame in rows:
            row = rows[frame]
            joints[instant], boxes[instant] = labels.joints_metres(row), labels.boxes(row)[views]
            actions[instant] = labels.actions[row["action_idx"]]
    who = f"{scene.name} {labels.subjects[subject]}"
    name = scene.name if len(labels.subjects) == 1 else who
    boxes, pictures = cutting.of(name, [_whole(scene, view) for view in scene.cameras], joints, boxes)
    cameras = tuple(scene.cameras.values())
    return Footage(name, who, scene.split, scene.fps, cameras, boxes, pictures, joints, tuple(actions))


def _whole(scene: RenderedScene, view: str) -> Whole:
    camera = scene.cameras[view]
    film = scene.film(view, camera.lens.width * camera.lens.height)
    return Whole(camera, f"{scene.fingerprint} {view}", film)
