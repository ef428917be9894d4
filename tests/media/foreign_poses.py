"""Made poses, and pose files as other programs write them."""

import json
import pickle

import h5py
import numpy as np

from viewsync.media.keypoints import frames_per_second
from viewsync.media.keypoints.joints import COCO17
from viewsync.types import Poses

AT_25_HZ = frames_per_second(25.0)


def openpose(folder, frames, name="cam1_{:012d}_keypoints.json"):
    """A file for each frame: {number: [points of each person, or (id, points)]}."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, people in frames.items():
        told = [person if isinstance(person, tuple) else (-1, person) for person in people]
        content = {
            "version": 1.3,
            "people": [
                {
                    "person_id": [int(id)],
                    "pose_keypoints_2d": np.ravel(points).tolist(),
                    "face_keypoints_2d": [],
                    "hand_left_keypoints_2d": [],
                }
                for id, points in told
            ],
        }
        (folder / name.format(number)).write_text(json.dumps(content))
    return folder


def deeplabcut_columns(parts, individuals=None, scorer="DLC_resnet50_reachMay1shuffle1_1000"):
    """Names of the columns, scorer first."""
    each = [(part, name) for part in parts for name in ("x", "y", "likelihood")]
    if individuals is None:
        return [(scorer, *rest) for rest in each]
    return [(scorer, who, *rest) for who in individuals for rest in each]


def deeplabcut_csv(path, columns, values):
    """As pandas writes it: nan is blank."""
    levels = ("scorer", "bodyparts", "coords") if len(columns[0]) == 3 else ("scorer", "individuals", "bodyparts", "coords")
    lines = [[level, *names] for level, names in zip(levels, zip(*columns, strict=True), strict=True)]
    lines += [[i, *("" if value != value else value for value in row)] for i, row in enumerate(values.tolist())]
    path.write_text("".join(",".join(map(str, line)) + "\n" for line in lines))
    return path


def deeplabcut_h5(path, columns, values, kind):
    """As pandas writes a table ("table": can be appended to, or "fixed"), by way of PyTables."""
    with h5py.File(path, "w") as file:
        group = file.create_group("df_with_missing")
        if kind == "table":
            group.create_group("_i_table")
            stored = np.zeros(len(values), dtype=[("index", "<i8"), ("values_block_0", "<f8", (len(columns),))])
            stored["index"], stored["values_block_0"] = np.arange(len(values)), values
            group["table"] = stored
            group["table"].attrs["values_block_0_kind"] = np.bytes_(pickle.dumps(columns, protocol=0))
            return path
        group.attrs["nblocks"] = 1
        group.attrs["block0_items_nlevels"] = len(columns[0])
        group["axis1"], group["block0_values"] = np.arange(len(values)), values
        for level, names in enumerate(zip(*columns, strict=True)):
            known, codes = np.unique(names, return_inverse=True)
            group[f"block0_items_level{level}"] = known.astype(bytes)
            group[f"block0_items_label{level}"] = codes.astype(np.int8)
    return path


def coco(path, annotations, *, images=None, joints=None):
    """A data set: annotations are (frame, key points, and what else there is to say)."""
    frames = sorted({frame for frame, *_ in annotations})
    content = {
        "images": [{"id": frame, "file_name": f"{frame:06d}.jpg"} for frame in frames] if images is None else images,
        "annotations": [
            {"id": i, "image_id": frame, "category_id": 1, "keypoints": np.ravel(points).tolist(), **more}
            for i, (frame, points, more) in enumerate(annotations)
        ],
        "categories": [{"id": 1, "name": "person"} | ({"keypoints": joints} if joints else {})],
    }
    path.write_text(json.dumps(content))
    return path


def caliscope(path, lines, *, camera="cam_id", point="keypoint_id", with_times=True):
    """Lines of sync index, camera, frame, time, point, x and y."""
    header = ["sync_index", camera, "frame_index", "frame_time", point, "img_loc_x", "img_loc_y", "obj_loc_x", "obj_loc_y"]
    rows = [[*line, "", ""] for line in lines]
    if not with_times:
        del header[3]
        rows = [[*row[:3], *row[4:]] for row in rows]
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in [header, *rows]))
    return path


CALISCOPE_LINES = [
    (10, 0, 4, 1.00, 7, 1.5, 2.5),
    (10, 0, 4, 1.00, 2, 3.5, 4.5),
    (10, 3, 6, 1.01, 7, 5.5, 6.5),
    (12, 0, 6, 1.20, 2, 7.5, 8.5),
]


def standing(joints):
    """Where a person's joints are, in pixels, as far as layouts have to be told apart by that."""
    heights = {"nose": 40, "eye": 30, "ear": 35, "head": 10, "neck": 60, "shoulder": 70, "elbow": 130, "wrist": 190}
    heights |= {"pelvis": 180, "hip": 180, "knee": 260, "ankle": 330, "toe": 350, "heel": 340}
    across = {"left": 350, "right": 290}
    words = [joint.split("_") for joint in joints]
    return np.array([(across.get(word[0], 320), next((heights[w] for w in word if w in heights), 190)) for word in words])


def poses(seed, joints=COCO17, *, people=2, frames=6, size=(640, 360)):
    """Random ones: everybody now and then out of sight, and single joints, too."""
    rng = np.random.default_rng(seed)
    row_frames, tracks = np.nonzero(rng.uniform(size=(frames, people)) < 0.7)
    confidence = rng.uniform(0.01, 1, (len(tracks), len(joints)))
    confidence[:, 1:][rng.uniform(size=(len(tracks), len(joints) - 1)) < 0.2] = 0
    pixels = standing(joints) + rng.uniform(-20, 20, (*confidence.shape, 2))
    pixels[confidence == 0] = np.nan
    pts_seconds = 5 + np.cumsum(rng.uniform(0.01, 0.2, frames))
    return Poses(tuple(joints), pts_seconds, row_frames, tracks, pixels, confidence, size)


def points(seed, joints):
    return np.random.default_rng(seed).uniform(0.1, 0.9, (joints, 3)) * [640, 360, 1]
