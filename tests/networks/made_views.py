"""Two cameras of one place, and textures that move."""

import numpy as np
import torch
from torch.nn import functional

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens

PICTURE = (120, 160)
"""Height and width."""
LENS = Lens(160, 120, (150.0, 140.0), (77.0, 61.0))
RECTIFIED = torch.tensor([[0.0, 0, 0], [0, 0, -1], [0, 1, 0]])
"""The fundamental matrix of cameras side by side: the same rows correspond."""


def camera(name, degrees, away=10.0, height=3.0):
    """Looks at the world's middle from somewhere around it."""
    position = np.array([away * np.cos(np.radians(degrees)), away * np.sin(np.radians(degrees)), height])
    forward = np.array([0, 0, 1.0]) - position
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    return CalibratedCamera.at(name, LENS, np.stack([right, np.cross(forward, right), forward]), position)


def textures(count, shape, rng, channels=4):
    """Smooth ones, positive as behind a ReLU."""
    rough = torch.rand(count, channels, *(side + 4 for side in shape), generator=rng)
    return (functional.avg_pool2d(rough, 5, stride=1) - 0.45).relu() * 20


def shifted(count, shape, shifts, rng):
    """Textures, the same some cells further, and the flow that brings them back (columns, rows)."""
    rows, columns = shape
    whole = textures(count, (rows + 4, columns + 4), rng)
    moved = [
        each[:, 2 + down : 2 + down + rows, 2 + right : 2 + right + columns]
        for each, (right, down) in zip(whole, shifts.tolist(), strict=True)
    ]
    return whole[:, :, 2:-2, 2:-2], torch.stack(moved), -shifts.float()
