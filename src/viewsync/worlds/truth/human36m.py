"""The labels of a scene in the layout that learnable triangulation reads for Human3.6M."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import Float

from viewsync.files import write_whole
from viewsync.worlds.people.joints import JOINTS
from viewsync.worlds.scene_folder import sightings_path
from viewsync.worlds.sightings_file import read_sightings
from viewsync.worlds.truth.instants import in_frames, matching_frames, world_seconds
from viewsync.worlds.truth.observations import side_by_side
from viewsync.worlds.world import World

HUMAN36M_17 = (
    "right_ankle", "right_knee", "right_hip", "left_hip", "left_knee", "left_ankle", "pelvis", "spine", "thorax",
    "head_top", "right_wrist", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_wrist", "nose",
)  # fmt: skip
_ORDER = [JOINTS.index(name) for name in HUMAN36M_17]
_MILLIMETRES = 1000.0


def write_human36m(world: World, folder: Path) -> None:
    """`human36m/labels.npy`: a pickled dictionary, as `human36m-multiview-labels-GTbboxes.npy` is.

    `cameras[subject, camera]` has R, t (millimetres), K and dist; it isn't there if a camera moves, which the layout
    can't tell. `table` has a row for each person and frame of the first camera: subject_idx, action_idx, frame_idx,
    keypoints (17, 3; millimetres) and bbox_by_camera_tlbr (top, left, bottom, right of a square; all 0 where a view
    doesn't show the person). Each person is a subject.
    """
    seconds = world_seconds(world.cameras[0])
    performed = {person.id: person.performance.actions(seconds) for person in world.people}
    actions = sorted({action for done in performed.values() for action in done})
    labels = {
        "subject_names": [f"S{person.id}" for person in world.people],
        "camera_names": [camera.name for camera in world.cameras],
        "action_names": actions,
        "table": np.concatenate([np.empty(0, _row_type(world)), *_rows(world, folder, performed, actions)]),
    }
    if not any(camera.through(world_seconds(camera)).moves for camera in world.cameras):
        labels["cameras"] = _cameras(world)
    content = BytesIO()
    # The layout is a pickle; nothing of the project reads it as one unless told that it may be trusted.
    np.save(content, np.array(labels, dtype=object), allow_pickle=True)
    write_whole(folder / "human36m" / "labels.npy", content.getvalue())


def _row_type(world: World) -> np.dtype[np.void]:
    return np.dtype(
        [
            ("subject_idx", np.int16),
            ("action_idx", np.int16),
            ("frame_idx", np.int32),
            ("keypoints", np.float32, (len(HUMAN36M_17), 3)),
            ("bbox_by_camera_tlbr", np.int16, (len(world.cameras), 4)),
        ]
    )


def _rows(world: World, folder: Path, performed: dict[int, list[str]], actions: list[str]) -> Iterator[np.ndarray]:
    """The table's rows, frame by frame of the first camera."""
    frames = matching_frames(world.cameras)
    everybody = in_frames(frames[:, 0], read_sightings(sightings_path(world.cameras[0], folder)))
    views = side_by_side(world.cameras, folder, frames)
    for number, (sightings, seen) in enumerate(zip(everybody, views, strict=True)):
        if sightings is not None:
            rows = np.zeros(len(sightings), _row_type(world))
            rows["subject_idx"], rows["frame_idx"] = sightings.people - 1, number
            rows["action_idx"] = [actions.index(performed[id][number]) for id in sightings.people.tolist()]
            rows["keypoints"] = _MILLIMETRES * sightings.joints_metres[:, _ORDER]
            for view, shown in enumerate(seen):
                for id, box in () if shown is None else zip(shown.ids, shown.boxes, strict=True):
                    rows["bbox_by_camera_tlbr"][sightings.people == id, view] = _square(box)
            yield rows


def _square(box: Float[np.ndarray, " 4"]) -> tuple[int, int, int, int]:
    """Top, left, bottom and right of the square about a box."""
    (left, top, right, bottom), half = box, 0.5 * max(box[2] - box[0], box[3] - box[1])
    x, y = 0.5 * (left + right), 0.5 * (top + bottom)
    return round(y - half), round(x - half), round(y + half), round(x + half)


def _cameras(world: World) -> np.ndarray:
    row_type = [("R", np.float32, (3, 3)), ("t", np.float32, (3, 1)), ("K", np.float32, (3, 3)), ("dist", np.float32, 5)]
    table = np.empty((len(world.people), len(world.cameras)), dtype=row_type)
    for i, camera in enumerate(world.cameras):
        rotations, positions = camera.mount.view(np.zeros(1))
        table["R"][:, i], table["K"][:, i], table["dist"][:, i] = rotations[0], camera.lens.matrix, camera.lens.distortion
        table["t"][:, i] = -_MILLIMETRES * (rotations[0] @ positions[0])[:, None]
    return table
