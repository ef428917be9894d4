"""Tracks of joints as embeddings: what the cue calls."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from jaxtyping import Float, Float32

from viewsync.networks.pose_embedding import PoseEmbedding

CHUNK_FRAMES = 9_000
"""Five minutes at a time, so that memory doesn't grow with the recording."""


def with_confidence(points: Float[np.ndarray, "time joint 2"]) -> Float32[np.ndarray, "time joint 3"]:
    """Tracks as the network takes them, from tracks with nan where a joint wasn't seen: confidence 1 or 0."""
    seen = np.isfinite(points).all(axis=2, keepdims=True)
    return np.concatenate([np.where(seen, points, 0), seen], axis=2).astype(np.float32)


def embed(tracks: Float32[np.ndarray, "time joint 3"], model: PoseEmbedding) -> Float32[np.ndarray, "time dimension"]:
    """Embeddings of one person's track, of any length, on one thread.

    Args:
        tracks: x, y (any unit) and confidence at `networks.pose_embedding.RATE_HZ`; see `with_confidence`.
        model: The network.

    Returns:
        One embedding per instant; zeros where nothing was seen. The same, but for rounding, as in one go.
    """
    parts = [np.zeros((0, model.direction.out_features), np.float32)]
    with one_thread(), torch.inference_mode():
        for start in range(0, len(tracks), CHUNK_FRAMES):
            first = max(start - model.reach_frames, 0)
            piece = torch.from_numpy(tracks[first : start + CHUNK_FRAMES + model.reach_frames])
            parts.append(model(piece[None])[0, start - first :][:CHUNK_FRAMES].numpy())
    return np.concatenate(parts)


@contextmanager
def one_thread() -> Iterator[None]:
    """The cue works at several recordings at once."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
