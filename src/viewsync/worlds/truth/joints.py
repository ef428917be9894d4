"""Joints of people, as COCO-17 (one file per camera) and as OpenPose-18 (one file per frame), and in 3D."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from viewsync.files import write_whole
from viewsync.media.keypoints.coco import person_category
from viewsync.media.keypoints.joints import OPENPOSE18
from viewsync.media.keypoints.openpose import frame_json, frame_path
from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.clock import TICKS_PER_SECOND
from viewsync.worlds.people.joints import COCO17, JOINTS
from viewsync.worlds.scene_folder import sightings_path
from viewsync.worlds.sightings_file import read_sightings
from viewsync.worlds.truth.instants import in_frames
from viewsync.worlds.truth.long_json import write_lists
from viewsync.worlds.truth.observations import VISIBLE, Observations, observations
from viewsync.worlds.world import World

_OPENPOSE = [JOINTS.index(name) for name in OPENPOSE18]
_COCO = [JOINTS.index(name) for name in COCO17]
_NOBODY = np.zeros(0, dtype=np.int64), np.zeros((0, len(OPENPOSE18), 3))


def write_coco(world: World, folder: Path, *, as_detected: bool = False) -> None:
    """`coco/cam1.json`: key points, boxes and identities (`track_id`) in COCO's format.

    Image ids are the frames' numbers. Key points have v = 0 out of the picture, 1 hidden, 2 visible.
    """
    for camera in world.cameras:
        found = (
            annotation
            for _, people in observations(camera, folder, as_detected=as_detected)
            for annotation in _annotations(people, as_detected)
        )
        lists = [("images", _images(camera)), ("annotations", found), ("categories", [person_category(COCO17)])]
        write_lists(folder / ("coco-detected" if as_detected else "coco") / f"{camera.name}.json", lists)


def _images(camera: Camera) -> Iterator[dict[str, Any]]:
    for number, ticks in enumerate(camera.clock.ticks().tolist()):
        yield {
            "id": number,
            "file_name": f"{camera.name}.mp4",
            "width": camera.lens.width,
            "height": camera.lens.height,
            "pts_seconds": ticks / TICKS_PER_SECOND,
        }


def _annotations(people: Observations, as_detected: bool) -> Iterator[dict[str, Any]]:
    points = np.dstack([people.joints, people.joint_flags])[:, _COCO].round(3)
    for i, (left, top, right, bottom) in enumerate(people.boxes.round(2).tolist()):
        annotation = {
            # Unique in the file: people of a frame are fewer than 1000 (see presets.wishes).
            "id": 1000 * people.frame + i + 1,
            "image_id": people.frame,
            "category_id": 1,
            "keypoints": points[i].ravel().tolist(),
            "num_keypoints": int((points[i, :, 2] > 0).sum()),
            "bbox": [left, top, right - left, bottom - top],
            "area": (right - left) * (bottom - top),
            "iscrowd": 0,
        }
        if as_detected:
            yield {**annotation, "score": round(float(people.scores[i]), 3)}
        else:
            yield {**annotation, "track_id": int(people.ids[i]), "visibility": round(float(people.scores[i]), 3)}


def write_openpose(world: World, folder: Path, *, as_detected: bool = False) -> None:
    """`openpose/cam1_json/cam1_000000000000_keypoints.json`: as OpenPose writes them, one file per frame.

    Of the truth, visible joints have a confidence of 1, all others are 0, 0, 0.
    """
    for camera in world.cameras:
        name = "openpose-detected" if as_detected else "openpose"
        every = np.arange(len(camera.clock.ticks()))
        for number, seen in enumerate(in_frames(every, observations(camera, folder, as_detected=as_detected))):
            people = frame_json(*_NOBODY) if seen is None else frame_json(seen.ids, _points(seen))
            write_whole(frame_path(folder / name, camera.name, number), people)


def _points(people: Observations) -> Float[np.ndarray, "person joint 3"]:
    shown = (people.joint_flags == VISIBLE)[..., None]
    return np.where(shown, np.dstack([people.joints, people.joint_scores]), 0.0)[:, _OPENPOSE]


def write_joints_3d(world: World, folder: Path) -> None:
    """`joints3d.json`: everybody's joints in metres at the instants of the first camera's frames."""
    first = world.cameras[0]
    frames = (
        {
            "frame": number,
            "people": [
                {"id": int(id), "ground_metres": ground.round(6).tolist(), "joints_metres": joints.round(6).tolist()}
                for id, ground, joints in zip(
                    sightings.people, sightings.ground_metres, sightings.joints_metres, strict=True
                )
            ],
        }
        for number, sightings in read_sightings(sightings_path(first, folder))
    )
    write_lists(folder / "joints3d.json", [("joints", JOINTS), ("frames", frames)])
