"""The drawn person in every layout that is read."""

import json

import cv2
import numpy as np
from drawn_person import FPS, HEIGHT, WIDTH, cameras, moving, picture

from viewsync.pose3d.crops import boxes_around, squared
from viewsync.pose3d.footage import JOINTS
from viewsync.worlds.cameras.camera import Camera, Shutter
from viewsync.worlds.cameras.mount import Static
from viewsync.worlds.clock import CameraClock
from viewsync.worlds.movie import write_movie
from viewsync.worlds.places.place import Place
from viewsync.worlds.scene_folder import movie_path
from viewsync.worlds.truth.scene import write_scene_truth
from viewsync.worlds.world import World

INSTANTS = 12
PANOPTIC_ORDER = (
    "thorax", "nose", "pelvis", "left_shoulder", "left_elbow", "left_wrist", "left_hip", "left_knee", "left_ankle",
    "right_shoulder", "right_elbow", "right_wrist", "right_hip", "right_knee", "right_ankle",
)  # fmt: skip
"""Of the first fifteen; eyes and ears follow."""
_Y_DOWN = np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
"""From z up."""


def gray(pictures):
    return [cv2.cvtColor(one, cv2.COLOR_GRAY2BGR) for one in pictures]


def labels(where, rows, subjects=("S1",), actions=("Directions-1",), with_cameras=True):
    """The dictionary of a labels file. Rows: subject, action, frame, joints in metres, views that are missing."""
    kind = [
        ("subject_idx", np.int8), ("action_idx", np.int8), ("frame_idx", np.int16), ("keypoints", np.float32, (17, 3)),
        ("bbox_by_camera_tlbr", np.int16, (len(where), 4)),
    ]  # fmt: skip
    table = np.zeros(len(rows), kind)
    for row, (subject, action, frame, joints, missing) in zip(table, rows, strict=True):
        row["subject_idx"], row["action_idx"], row["frame_idx"], row["keypoints"] = subject, action, frame, 1000 * joints
        for view, one in enumerate(where):
            if view not in missing:
                left, top, right, bottom = np.rint(squared(boxes_around(one, joints[None]))[0])
                row["bbox_by_camera_tlbr"][view] = top, left, bottom, right
    told = {
        "subject_names": list(subjects), "camera_names": [one.name for one in where], "action_names": list(actions),
        "table": table,
    }  # fmt: skip
    poses = np.zeros(
        (len(subjects), len(where)),
        [("R", np.float32, (3, 3)), ("t", np.float32, (3, 1)), ("K", np.float32, (3, 3)), ("dist", np.float32, 5)],
    )
    for view, one in enumerate(where):
        poses["R"][:, view], poses["t"][:, view] = one.rotation, 1000 * one.translation_metres[:, None]
        poses["K"][:, view], poses["dist"][:, view] = one.lens.matrix, one.lens.distortion
    return {**told, "cameras": poses} if with_cameras else told


def save_labels(path, told):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.array(told, dtype=object), allow_pickle=True)


def write_human36m(folder, frames=range(INSTANTS), missing=(), subject="S1", action="Directions-1", kind="imageSequence"):
    """Labels in extra/, pictures in processed/; those of missing views aren't there."""
    joints, where = moving(max(frames) + 1), cameras()
    if kind.endswith("undistorted"):
        where = cameras(distortion=(0.0,) * 5)
    rows = [(0, 0, frame, joints[frame], missing) for frame in frames]
    save_labels(folder / "extra" / "human36m-multiview-labels-GTbboxes.npy", labels(where, rows, (subject,), (action,)))
    for view, one in enumerate(where):
        place = folder / "processed" / subject / action / kind / one.name
        if view not in missing:
            place.mkdir(parents=True)
            for frame in frames:
                cv2.imwrite(str(place / f"img_{frame + 1:06d}.jpg"), picture(one, joints[frame]))
    return joints


def write_scene(folder, clocks=({}, {}, {}), subjects=("S1",), absent=(), truth=("calibration",), told=True):
    """A rendered scene of one person, or of several who do the same; the first camera's frames `absent` have no label."""
    made = [
        Camera(
            one.name, one.lens, Static.of(one),
            CameraClock(**{"seed": 1, "fps": FPS, "duration_seconds": INSTANTS / FPS, **clock}), Shutter(),
        )
        for one, clock in zip(cameras(), clocks, strict=True)
    ]  # fmt: skip
    joints = moving(3 * INSTANTS)
    for one, clock, view in zip(made, clocks, cameras(), strict=True):
        ticks = one.clock.ticks().tolist()
        late = round(clock.get("offset_seconds", 0.0) * FPS)
        shown = gray(picture(view, joints[late + at]) for at in range(len(ticks)))
        movie_path(one, folder).parent.mkdir(parents=True, exist_ok=True)
        write_movie(movie_path(one, folder), zip(ticks, shown, strict=True), (WIDTH, HEIGHT), one.clock.fps)
    world = World("made", 1, INSTANTS / FPS, Place("lab", 1, (-2.0, 2.0, -2.0, 2.0)), (), tuple(made))
    write_scene_truth(world, folder, truth)
    if told:
        first = round(clocks[0].get("offset_seconds", 0.0) * FPS)
        rows = [
            (who, frame // 6 % 2, frame, joints[first + frame], ())
            for who in range(len(subjects)) for frame in range(INSTANTS) if frame not in absent
        ]  # fmt: skip
        save_labels(folder / "human36m" / "labels.npy", labels(cameras(), rows, subjects, ("posing", "walking")))
    return joints


def write_panoptic(folder, films=("00_01",), ids=(7,), frames=range(40), scale=100.0):
    """A sequence of two HD cameras, one of which has pictures, the other perhaps a film; a third has neither."""
    joints, named = moving(max(frames) + 1, speed=0.1), zip(("00_00", "00_01", "00_02"), cameras(), strict=True)
    told = []
    for name, one in named:
        told.append(
            {
                "name": name, "type": "hd", "resolution": [WIDTH, HEIGHT], "panel": 0, "node": int(name[-1]),
                "K": one.lens.matrix.tolist(), "distCoef": list(one.lens.distortion),
                "R": (one.rotation @ _Y_DOWN.T).tolist(), "t": (100 * one.translation_metres[:, None]).tolist(),
            }
        )  # fmt: skip
        shown = [picture(one, joints[frame]) for frame in range(max(frames) + 1)] if name != "00_02" else []
        if name in films:
            (folder / "hdVideos").mkdir(parents=True, exist_ok=True)
            ticks = [3003 * number for number in range(len(shown))]
            write_movie(folder / "hdVideos" / f"hd_{name}.mp4", zip(ticks, gray(shown), strict=True), (WIDTH, HEIGHT), 29.97)
        elif shown:
            place = folder / "hdImgs" / name
            place.mkdir(parents=True)
            for number, each in enumerate(shown):
                cv2.imwrite(str(place / f"{name}_{number:08d}.jpg"), each)
    vga = {**told[0], "name": "01_01", "type": "vga"}
    (folder / f"calibration_{folder.name}.json").write_text(json.dumps({"cameras": [vga, *told]}))
    scenes = folder / "hdPose3d_stage1_coco19"
    scenes.mkdir()
    for frame in frames:
        bodies = [{"id": id, "joints19": _joints19(joints[frame], frame, scale)} for id in ids]
        (scenes / f"body3DScene_{frame:08d}.json").write_text(json.dumps({"version": 0.7, "bodies": bodies}))
    return joints


def _joints19(joints, frame, scale):
    points = np.full((19, 4), -1.0)
    points[:15, :3] = scale * joints[[JOINTS.index(name) for name in PANOPTIC_ORDER]] @ _Y_DOWN.T
    points[:15, 3] = 0.8
    if frame == 5:
        points[5, 3] = -1.0
    return points.ravel().tolist()
