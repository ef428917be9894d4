"""People who walk about on a ground before three made cameras: exact boxes, with identities."""

import numpy as np

from viewsync.association.frames import MultiViewFrame, Session, View
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens

SIZE = (640, 480)
GROUND_METRES = 4.0
"""People walk in a square of twice that side."""
SEEN_FROM_METRES = ((-7.0, -5.0, 3.0), (7.0, -6.0, 3.5), (0.5, 8.0, 3.0))


def nobody():
    """A view in which nobody is seen."""
    return View(np.zeros((0, 4)), np.zeros(0, dtype=np.int64))


def camera(name, position):
    """Looking at the middle of the ground."""
    ahead = np.array([0.0, 0.0, 0.8]) - position
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(ahead, right), ahead])
    lens = Lens(*SIZE, (430.0, 430.0), (SIZE[0] / 2, SIZE[1] / 2))
    return CalibratedCamera.at(name, lens, rotation, np.array(position))


def cameras():
    return tuple(camera(f"cam{number}", position) for number, position in enumerate(SEEN_FROM_METRES, start=1))


def walk(rng, people, instants, step_metres):
    """Everybody goes straight on, turning a little, and turns around at the edge: instant × person × (x, y)."""
    at = rng.uniform(-GROUND_METRES, GROUND_METRES, (people, 2))
    heading = rng.uniform(0, 2 * np.pi, people)
    places = np.empty((instants, people, 2))
    for instant in range(instants):
        places[instant] = at
        heading += rng.normal(0, 0.4, people)
        at = at + step_metres * np.stack([np.cos(heading), np.sin(heading)], axis=-1)
        outside = (np.abs(at) > GROUND_METRES).any(axis=1)
        at = np.clip(at, -GROUND_METRES, GROUND_METRES)
        heading[outside] += np.pi
    return places


def seen(one, places, heights_metres, rng, noise_pixels):
    """The boxes of people's hulls: a camera's view of an instant."""
    around = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    ring = 0.25 * np.stack([np.cos(around), np.sin(around)], axis=-1)
    rings = np.broadcast_to(places[:, None, None] + ring, (len(places), 2, 8, 2))
    up = np.broadcast_to(np.stack([0 * heights_metres, heights_metres], axis=1)[:, :, None, None], (len(places), 2, 8, 1))
    hull = np.concatenate([rings, up], axis=-1).reshape(len(places), 16, 3)
    inside = one.sees(hull).mean(axis=1) > 0.5
    pixels = one.project(hull[inside])
    boxes = np.concatenate([pixels.min(axis=1), pixels.max(axis=1)], axis=1)
    boxes = boxes + rng.normal(0, noise_pixels, boxes.shape) if noise_pixels else boxes
    return View(boxes, np.flatnonzero(inside)).within(SIZE)


def walkers(instants=200, people=5, seed=0, spacing_seconds=1.0, noise_pixels=0.0):
    rng = np.random.default_rng(seed)
    places = walk(rng, people, instants, 0.7 * spacing_seconds)
    heights = rng.uniform(1.6, 1.9, people)
    frames = tuple(
        MultiViewFrame(number * spacing_seconds, tuple(seen(one, now, heights, rng, noise_pixels) for one in cameras()))
        for number, now in enumerate(places)
    )
    return Session("walkers", tuple(one.name for one in cameras()), (SIZE,) * 3, frames)
