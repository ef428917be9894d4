"""A plain world for cameras to film: stiff dolls that glide along straight lines, on checkered ground."""

from dataclasses import dataclass

import numpy as np

from viewsync.worlds.cameras.camera import Camera, Shutter
from viewsync.worlds.cameras.lens import Lens
from viewsync.worlds.cameras.mount import Static
from viewsync.worlds.cameras.sensor import Sensor
from viewsync.worlds.clock import CameraClock
from viewsync.worlds.motions.skeleton import AVERAGE, PARENTS, Poses
from viewsync.worlds.people.body import Body, Detail
from viewsync.worlds.people.clothes import Clothes, Coat
from viewsync.worlds.people.joints import JOINTS
from viewsync.worlds.people.person import Person
from viewsync.worlds.places.place import Place
from viewsync.worlds.places.scenery import Lamp, Scenery, Surface
from viewsync.worlds.world import World

HIPS_METRES = AVERAGE.heads_metres[0]
SUN = Lamp(np.array([0.6, -0.3, 0.74]) / np.linalg.norm([0.6, -0.3, 0.74]), (1.0, 0.95, 0.9), 0.7, shadows=True)
CLEAN = Sensor(noise=0.0, exposes_itself=False)


@dataclass(frozen=True)
class Glide:
    """Moves on a straight line, without any turn."""

    start_metres: np.ndarray
    velocity: np.ndarray
    first_seconds: float = -1e9

    def present(self, seconds):
        return seconds >= self.first_seconds

    def poses(self, seconds):
        hips = HIPS_METRES + self.start_metres + seconds[:, None] * self.velocity
        rotations = np.zeros((len(seconds), len(PARENTS), 4))
        rotations[..., 3] = 1
        return Poses(hips, rotations)

    def noises(self, start_seconds, end_seconds):
        return []

    def actions(self, seconds):
        return ["glide"] * len(seconds)


def pillar(radius=0.15, height=1.7, around=48, along=24):
    """A round pillar with flat ends, as one level of detail; closed, with faces that turn outward."""
    turn, z = np.meshgrid((np.arange(around) + 0.5) * 2 * np.pi / around, np.linspace(0, height, along))
    outward = np.stack([np.cos(turn), np.sin(turn), np.zeros_like(turn)], -1)
    points = np.concatenate([(outward * radius + z[..., None] * [0, 0, 1]).reshape(-1, 3), [[0, 0, 0], [0, 0, height]]])
    normals = np.concatenate([outward.reshape(-1, 3), [[0, 0, -1], [0, 0, 1]]])
    index = np.arange(around * along).reshape(along, around)
    a, b = index, np.roll(index, -1, 1)
    sides = [np.stack([a[:-1], b[:-1], b[1:]], -1), np.stack([a[:-1], b[1:], a[1:]], -1)]
    bottom = np.stack([b[0], a[0], np.full(around, around * along)], -1)
    top = np.stack([a[-1], b[-1], np.full(around, around * along + 1)], -1)
    faces = np.concatenate([part.reshape(-1, 3) for part in (*sides, bottom, top)])
    weights = np.zeros((len(points), len(PARENTS)))
    weights[:, 0] = 1
    return Detail(faces, points, normals, weights)


def doll(
    id, start, velocity=(0, 0, 0), *, radius=0.15, height=1.7, color=(220, 40, 40), first_seconds=-1e9, joints_ahead=0.0
):
    """A pillar with all its joints so far ahead of the axis, along -y, at heights from the ground to the top."""
    details = (pillar(radius, height), pillar(radius, height, 10, 12))
    anchors = np.zeros((len(JOINTS), len(PARENTS), 4))
    zero, heights = np.zeros(len(JOINTS)), np.linspace(0.05, 0.95, len(JOINTS)) * height
    spots = np.column_stack([zero, zero - joints_ahead, heights])
    anchors[:, 0, :3], anchors[:, 0, 3] = spots - HIPS_METRES, 1
    body = Body(AVERAGE, details, height, 30.0, 0.5, anchors)
    coats = tuple(
        Coat(np.full(detail.rest_metres.shape, color, np.uint8), detail.rest_metres[:, ::2] / 2) for detail in details
    )
    performance = Glide(np.array(start, float), np.array(velocity, float), first_seconds)
    return Person(id, body, Clothes(coats, np.full((4, 4, 3), 255, np.uint8)), performance)


def plane(corner, along, across, texture, pieces=30, ground=False):
    """A flat surface from a corner along two edges; its normal is along x across."""
    corner, along, across = (np.array(edge, float) for edge in (corner, along, across))
    u, v = (part.ravel() for part in np.meshgrid(np.linspace(0, 1, pieces + 1), np.linspace(0, 1, pieces + 1)))
    points = corner + u[:, None] * along + v[:, None] * across
    index = np.arange((pieces + 1) ** 2).reshape(pieces + 1, pieces + 1)
    faces = np.concatenate(
        [
            np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:]], -1).reshape(-1, 3),
            np.stack([index[:-1, :-1], index[1:, 1:], index[1:, :-1]], -1).reshape(-1, 3),
        ]
    )
    normal = np.cross(along, across)
    normals = np.tile(normal / np.linalg.norm(normal), (len(points), 1))
    size = np.array([np.linalg.norm(along), np.linalg.norm(across)]) / 2
    return Surface(points, faces, normals, np.stack([u, v], 1) * size, texture, ground)


CHECKERS = np.kron((np.indices((2, 2)).sum(0) % 2 * 60 + 130)[..., None], np.ones((32, 32, 3))).astype(np.uint8)
WHITE = np.full((4, 4, 3), 255, np.uint8)


def scenery(*surfaces, lamps=(SUN,), ground=True):
    """Checkered ground below everything else."""
    floor = (plane((-20, -20, 0), (40, 0, 0), (0, 40, 0), CHECKERS, 40, ground=True),) if ground else ()
    return Scenery((*floor, *surfaces), lamps, (0.35, 0.37, 0.4), ((0.8, 0.85, 0.9), (0.35, 0.5, 0.8)))


def camera(
    *,
    size=(320, 180),
    focal=250.0,
    distortion=(0.0,) * 5,
    position=(0, -6, 1.2),
    target=(0, 0, 0.9),
    mount=None,
    shutter=None,
    sensor=CLEAN,
    hides=None,
    **clock,
):
    """A static camera on a tripod, without noise."""
    width, height = size
    lens = Lens(width, height, (focal, focal), (width / 2 - 0.5, height / 2 - 0.5), distortion)
    mount = mount or Static.looking_at(np.array(position, float), np.array(target, float))
    rhythm = CameraClock(**{"seed": 1, "fps": 30.0, "duration_seconds": 0.1} | clock)
    return Camera("cam1", lens, mount, rhythm, shutter or Shutter(), sensor, hides=hides)


def world(people, *cameras):
    return World("dolls", 1, 10.0, Place("plaza", 1, (-10.0, 10.0, -10.0, 10.0)), tuple(people), cameras)
