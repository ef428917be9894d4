"""A small scene whose sightings are made up: two still cameras, three people, no rendering."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from viewsync.worlds.cameras.camera import Camera, Shutter
from viewsync.worlds.cameras.lens import Lens
from viewsync.worlds.clock import CameraClock
from viewsync.worlds.people.joints import JOINTS
from viewsync.worlds.people.person import Person
from viewsync.worlds.places.place import Place
from viewsync.worlds.scene_folder import sightings_path
from viewsync.worlds.sightings import Sightings
from viewsync.worlds.sightings_file import SightingsWriter
from viewsync.worlds.world import GroundMap, World

WIDTH, HEIGHT = 160, 96
GROUND = (-3.0, 9.0, -9.0, 27.0)
"""WILDTRACK's."""


@dataclass(frozen=True)
class Still:
    """Looks along +y from 2 m above the ground."""

    position: tuple[float, float, float] = (3.0, -12.0, 2.0)

    def view(self, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rotation = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
        return np.tile(rotation, (len(seconds), 1, 1)), np.tile(self.position, (len(seconds), 1))


@dataclass(frozen=True)
class Doing:
    """What a person does; where it is comes from the sightings."""

    first: str
    then: str

    def actions(self, seconds: np.ndarray) -> list[str]:
        return [self.first if second < 0.5 else self.then for second in seconds]

    def present(self, seconds: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    poses = noises = present


class Somebody(Person):
    """A person without a body."""

    def __init__(self, id: int, performance: Doing) -> None:
        object.__setattr__(self, "id", id)
        object.__setattr__(self, "performance", performance)


def camera(name: str = "cam1", **clock: Any) -> Camera:
    lens = Lens(WIDTH, HEIGHT, (120.0, 120.0), (79.5, 47.5), (0.01, 0.0, 0.0, 0.0, 0.0))
    return Camera(name, lens, Still(), CameraClock(seed=3, **{"fps": 10.0, "duration_seconds": 1.0, **clock}), Shutter())


def world(*cameras: Camera) -> World:
    people = tuple(Somebody(i + 1, Doing("stand", f"wave{i}")) for i in range(3))
    grid = GroundMap(-3.0, -9.0, 0.1, 120, 360)
    return World("made-0000", 1, 1.0, Place("plaza", 1, GROUND), people, cameras or (camera(), camera("cam2")), grid)


def sightings(frame: int, ids: tuple[int, ...] = (1, 2, 3)) -> Sightings:
    """Person 1 is in full view, 2 is half out of the picture on the left, 3 is behind the camera."""
    count = len(ids)
    shift = np.array([{1: 60.0, 2: -10.0, 3: 0.0}[id] for id in ids]) + frame
    rng = np.random.default_rng(0)
    within = rng.uniform((0, 20), (20, 80), (len(JOINTS), 2))
    joints = within + np.stack([shift, np.zeros(count)], axis=1)[:, None]
    boxes = np.column_stack([shift, np.full(count, 20.0), shift + 20, np.full(count, 80.0)])
    behind = np.array(ids) == 3
    joints[behind], boxes[behind] = np.nan, np.nan
    ground = np.array([{1: (3.0, 0.0), 2: (1.0, 4.0), 3: (3.0, -20.0)}[id] for id in ids]).reshape(count, 2)
    ground += np.array([0.1 * frame, 0.0])
    metres = np.concatenate([np.repeat(ground[:, None], len(JOINTS), axis=1), np.ones((count, len(JOINTS), 1))], axis=2)
    with np.errstate(invalid="ignore"):
        visible = (joints[..., 0] >= 0) & (joints[..., 0] < WIDTH - 1)
    visible[:, 9] = False
    shares = np.array([{1: 0.9, 2: 0.4, 3: 0.0}[id] for id in ids])
    return Sightings(np.full(count, frame), np.array(ids, dtype=int), ground, boxes, shares, metres, joints, visible)


def write_sightings(scene: World, folder: Path, empty_frames: tuple[int, ...] = ()) -> None:
    for camera in scene.cameras:
        path = sightings_path(camera, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        with SightingsWriter(path) as writer:
            for frame in range(len(camera.clock.ticks())):
                writer.append(sightings(frame, () if frame in empty_frames else (1, 2, 3)))
