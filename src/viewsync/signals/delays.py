"""Flow, features and embeddings through the stereo delay network, as arrays and on one thread: what the cue calls."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32

from viewsync.networks.stereo_delay import DelayNetwork
from viewsync.signals.embedding import one_thread

_CHUNK_SAMPLES = 9_000


class Told(NamedTuple):
    """What two embedded recordings say of some lags, in samples."""

    log_likelihood: Float[np.ndarray, " lag"]
    correction: Float[np.ndarray, " lag"]
    std: Float[np.ndarray, " lag"]


def seen(fields: Sequence[Float32[np.ndarray, "2 24 32"]], network: DelayNetwork) -> Float32[np.ndarray, "interval feature"]:
    """Features of some fields of flow."""
    with one_thread(), torch.inference_mode():
        return network.see(torch.from_numpy(np.stack(fields))).numpy()


def embedded(features: Float32[np.ndarray, "time feature"], network: DelayNetwork) -> Float32[np.ndarray, "time dimension"]:
    """Embeddings of a recording of any length; the same, but for rounding, as in one go."""
    parts = [np.zeros((0, network.dimensions), np.float32)]
    with one_thread(), torch.inference_mode():
        for start in range(0, len(features), _CHUNK_SAMPLES):
            first = max(start - network.reach_samples, 0)
            piece = torch.from_numpy(features[first : start + _CHUNK_SAMPLES + network.reach_samples])
            parts.append(network.embed(piece[None])[0, start - first :][:_CHUNK_SAMPLES].numpy())
    return np.concatenate(parts)


def told(
    a: Float32[np.ndarray, "time_a dimension"],
    b: Float32[np.ndarray, "time_b dimension"],
    lags: range,
    network: DelayNetwork,
) -> Told:
    """What embeddings say of lags: a[t + lag] beside b[t]."""
    with one_thread(), torch.inference_mode():
        belief = network.belief(torch.from_numpy(a)[None], torch.from_numpy(b)[None], lags)
    return Told(*(one[0].double().numpy() for one in belief))
