"""One recording's flow, as other cameras in its place would have seen it."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from numpy.random import Generator
from torch.nn import functional

from viewsync.networks.stereo_delay import RATE_HZ

Fields = Float[np.ndarray, "interval 2 24 32"]
"""Flow of each interval between two frames, as `signals.flow.small_field` makes it."""

_MOST_INTERVALS = 4
"""That one sample at `RATE_HZ` takes part of, up to 60 fps."""
_LARGEST_ZOOM = 1.5
_LARGEST_NOISE, _LARGEST_REFRESH = 0.4, 1.0
"""Pixels."""
_REFRESHES = (8, 12, 15, 25, 30, 50, 60, 250)
"""Intervals from one key frame to the next."""


def filmed(
    fields: Fields, fps: float, start_seconds: float, seconds: float, own_fps: float
) -> Float32[np.ndarray, "own 2 24 32"]:
    """What a camera of another frame rate would see from any instant on: displacements add up over time.

    Args:
        fields: Of a recording at `fps`.
        fps: Of the recording.
        start_seconds: Of the first frame, after the recording's first one.
        seconds: How long it films.
        own_fps: Its frame rate.
    """
    count = int(np.ceil(seconds * own_fps - 1e-6))
    edges = np.minimum(start_seconds * fps + np.arange(count + 1) * fps / own_fps, len(fields))
    first, last = int(edges[0]), min(int(np.ceil(edges[-1])), len(fields))
    own = np.asarray(fields[first:last], dtype=np.float64)
    running = np.concatenate([np.zeros_like(own[:1]), own.cumsum(axis=0)])
    before = np.minimum((edges - first).astype(int), len(own) - 1)
    part = (edges - first - before)[:, None, None, None]
    return np.asarray(np.diff(running[before] + part * own[before], axis=0) * own_fps / fps, dtype=np.float32)


def shares(
    intervals: int, fps: float, samples: int
) -> tuple[Int[np.ndarray, "time part"], Float32[np.ndarray, "time part"]]:
    """Which intervals, and how much of each, samples at `RATE_HZ` are means of, as `average_onto_grid` takes them."""
    step = fps / RATE_HZ
    edges = np.arange(samples + 1) * step
    parts = np.floor(edges[:-1, None] + 1e-9).astype(int) + np.arange(_MOST_INTERVALS)
    overlap = np.minimum(parts + 1, edges[1:, None]) - np.maximum(parts, edges[:-1, None])
    return np.minimum(parts, intervals - 1), np.maximum(overlap / step, 0).astype(np.float32)


def flipped(fields: Float32[np.ndarray, "interval 2 24 32"], axes: Sequence[int]) -> Float32[np.ndarray, "interval 2 24 32"]:
    """Flow of mirrored pictures: upside down (axis 2), left to right (axis 3)."""
    for axis in axes:
        fields = np.flip(fields, axis).copy()
        fields[:, 3 - axis] *= -1
    return fields


def disturbed(fields: Float32[np.ndarray, "interval 2 24 32"], rng: Generator) -> Float32[np.ndarray, "interval 2 24 32"]:
    """Flow as another lens, places without contrast, noise and an encoder would have it, each of them now and then."""
    changes = [change for change in (_closer, _dulled, _noisy, _refreshed) if rng.uniform() < 0.6]
    for change in changes:
        fields = change(fields, rng)
    return fields


def _closer(fields: Float32[np.ndarray, "interval 2 24 32"], rng: Generator) -> Float32[np.ndarray, "interval 2 24 32"]:
    """A part of the picture, as large as the whole."""
    _, _, height, width = fields.shape
    zoom = rng.uniform(1.0, _LARGEST_ZOOM)
    rows, columns = round(height / zoom), round(width / zoom)
    top, left = int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1))
    cut = torch.from_numpy(fields[:, :, top : top + rows, left : left + columns])
    return np.asarray(zoom * functional.interpolate(cut, (height, width), mode="bilinear").numpy(), dtype=np.float32)


def _dulled(fields: Float32[np.ndarray, "interval 2 24 32"], rng: Generator) -> Float32[np.ndarray, "interval 2 24 32"]:
    """Where there is little contrast, flow comes out too small."""
    return np.asarray(fields * np.clip(_map(fields, rng, -1.0, 1.5) + rng.uniform(), 0.0, 1.0), dtype=np.float32)


def _noisy(fields: Float32[np.ndarray, "interval 2 24 32"], rng: Generator) -> Float32[np.ndarray, "interval 2 24 32"]:
    """In some places more than in others."""
    strength = rng.uniform(0, _LARGEST_NOISE) * np.clip(_map(fields, rng, -1.0, 1.0), 0.1, 1.0)
    return np.asarray(fields + strength * _blotches(fields, rng), dtype=np.float32)


def _refreshed(fields: Float32[np.ndarray, "interval 2 24 32"], rng: Generator) -> Float32[np.ndarray, "interval 2 24 32"]:
    """With each key frame, everything moves a little: at other times for each camera, so it mustn't be gone by."""
    period, reach = int(rng.choice(_REFRESHES)), int(rng.integers(3))
    since = (np.arange(len(fields)) + rng.integers(period) + reach) % period
    near = np.clip(1 - np.abs(since - reach) / (reach + 1), 0, None).astype(np.float32)
    strength = rng.uniform(0, _LARGEST_REFRESH) * near[:, None, None, None]
    return np.asarray(fields + strength * _blotches(fields, rng), dtype=np.float32)


def _map(
    fields: Float32[np.ndarray, "interval 2 24 32"], rng: Generator, low: float, high: float
) -> Float32[np.ndarray, "24 32"]:
    coarse = rng.uniform(low, high, size=(4, 5)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (fields.shape[3], fields.shape[2])), dtype=np.float32)


def _blotches(fields: Float32[np.ndarray, "interval 2 24 32"], rng: Generator) -> Float32[np.ndarray, "interval 2 24 32"]:
    """Noise of standard deviation 1 that neighbouring cells share."""
    count, _, height, width = fields.shape
    coarse = rng.standard_normal((count, 2, height // 2, width // 2), dtype=np.float32)
    return np.asarray(coarse.repeat(2, axis=2).repeat(2, axis=3))
