"""Footage of people who walk about before three cameras, drawn with a few lines."""

import cv2
import numpy as np

from viewsync.counting.footage import Footage
from viewsync.counting.places import place_of
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.ground_maps import GroundMap
from viewsync.geometry.lens import Lens

WIDTH, HEIGHT = 96, 64
LENS = Lens(WIDTH, HEIGHT, (80.0, 80.0), (47.5, 31.5))
GROUND = GroundMap(-4.0, -4.0, 0.5, 16, 16)
SIGMA_CELLS = 1.2


def camera(name, degrees, away=9.0, height=6.0):
    """Looks at the ground's middle from somewhere around it."""
    position = np.array([away * np.cos(np.radians(degrees)), away * np.sin(np.radians(degrees)), height])
    forward = -position / np.linalg.norm(position)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    return CalibratedCamera.at(name, LENS, np.stack([right, np.cross(forward, right), forward]), position)


def ways(people, instants, fps, rng, same_way=False):
    """Where everybody is at each instant: straight on at a walk, back at the edges."""
    start, turn = rng.uniform(-4, 4, (people, 2)), rng.uniform(0, 2 * np.pi, people)
    if same_way:
        steps = 1.4 / fps * np.arange(instants)[:, None, None] * np.array([[1.0, 0.0]])
        return (start + steps + 4) % 8 - 4
    steps = 1.4 / fps * np.arange(instants)[:, None, None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    return 4 - np.abs((start + steps + 4) % 16 - 8)


def drawn_footage(seed=0, people=6, instants=40, fps=5.0, split="training", same_way=False):
    """A scene, and where its people's middles are in its pictures: `Footage`, `Tracks`."""
    rng = np.random.default_rng(seed)
    angles = np.array([20.0, 100.0, 220.0]) + rng.uniform(-10, 10, 3)
    cameras = [camera(f"cam{number + 1}", degrees) for number, degrees in enumerate(angles)]
    place = place_of(cameras, GROUND, WIDTH, HEIGHT, f"drawn {seed}")
    where, gray = ways(people, instants, fps, rng, same_way), rng.integers(0, 2, people) * 160 + 40
    pictures = tuple(
        np.stack([picture(one, spots, gray, ground) for spots in where])
        for one, ground in zip(cameras, rng.normal(120, 6, (3, HEIGHT, WIDTH)), strict=True)
    )
    densities = np.stack([density(spots) for spots in where])
    points = np.concatenate([where, np.full((instants, people, 1), 0.9)], axis=-1)
    tracks = tuple(one.project(points)[:, :, None] for one in cameras)
    return Footage(f"drawn {seed}", split, place, fps, pictures, densities), tracks


def picture(one, spots, gray, ground):
    """Everybody a stroke from the feet to the head, far ones first."""
    canvas = ground.copy()
    feet, heads = (one.project(np.column_stack([spots, np.full(len(spots), height)])) for height in (0.0, 1.75))
    away = np.linalg.norm(spots - one.position_metres[:2], axis=1)
    for person in np.argsort(-away):
        ends = [tuple(round(value) for value in end[person]) for end in (feet, heads)]
        cv2.line(canvas, *ends, float(gray[person]), max(1, round(45 / away[person])))
    return np.clip(canvas, 0, 255).astype(np.uint8)


def density(spots):
    """People per cell."""
    cells, empty = np.round(GROUND.cells(spots)).astype(int), np.zeros((GROUND.rows, GROUND.columns), np.float32)
    cells = np.clip(cells, 0, [GROUND.columns - 1, GROUND.rows - 1])
    np.add.at(empty, (cells[:, 1], cells[:, 0]), 1.0)
    return cv2.GaussianBlur(empty, (0, 0), SIGMA_CELLS, borderType=cv2.BORDER_REFLECT)
