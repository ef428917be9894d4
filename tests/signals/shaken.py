"""Small gray frames of a texture before a camera that shakes."""

from functools import cache

import cv2
import numpy as np

from viewsync.types import Frame


@cache
def sight():
    noise = np.random.default_rng(0).uniform(0, 255, (160, 240)).astype(np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2.5), None, 0, 255, cv2.NORM_MINMAX)


@cache
def path(seed):
    """Where a camera looks, every millisecond: it shakes, at no regular times."""
    rng = np.random.default_rng(seed)
    steps, knots = rng.normal(size=(60, 2)), np.cumsum(rng.uniform(0.1, 0.3, 60)) * 1000
    return np.stack([np.interp(np.arange(12_000), knots, axis) for axis in steps.T], axis=1) * 8


def film(starts, seconds=5.0, fps=30.0, first_pts=0.0, seed=1, noise=1.0):
    """Frames from a world time on."""
    rng = np.random.default_rng(int(1000 * starts))
    for index in range(round(seconds * fps)):
        x, y = path(seed)[round(1000 * (starts + index / fps))]
        where = np.float32([[1, 0, x - 40], [0, 1, y - 35]])
        gray = cv2.warpAffine(sight(), where, (160, 90), flags=cv2.INTER_CUBIC) + noise * rng.normal(size=(90, 160))
        yield Frame(index, first_pts + index / fps, gray.clip(0, 255).astype(np.uint8))
