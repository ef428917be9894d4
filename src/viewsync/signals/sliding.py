"""Long tracks cut into clips, and the clips of two tracks held against each other: what the cue calls."""

import numpy as np
import torch
from jaxtyping import Float32, Int

from viewsync.networks.heatmaps import rendered
from viewsync.networks.synnet import OffsetNetwork
from viewsync.signals.embedding import one_thread

_CLIPS_AT_ONCE = 64
_MATCHES_AT_ONCE = 1024


def embedded(
    track: Float32[np.ndarray, "time 17 3"], first_samples: Int[np.ndarray, " clip"], stride: int, network: OffsetNetwork
) -> Float32[np.ndarray, "clip frame feature"]:
    """What the network makes of clips of a track, each framed by itself, on one thread.

    Args:
        track: x, y in pixels and confidence of COCO-17, at the rate at which the network was trained.
        first_samples: Where in the track each clip begins.
        stride: Samples from one frame of a clip to the next.
        network: Takes heat-maps of OpenPose's 18 joints.
    """
    frames = first_samples[:, None] + stride * np.arange(network.clip_frames)
    with one_thread(), torch.inference_mode():
        parts = [
            network.embed(rendered(torch.from_numpy(track[some]), network.map_pixels))
            for some in np.array_split(frames, -(-len(frames) // _CLIPS_AT_ONCE))
        ]
        return torch.cat(parts).numpy()


def shift_log_probabilities(
    a: Float32[np.ndarray, "clip frame feature"], b: Float32[np.ndarray, "clip frame feature"], network: OffsetNetwork
) -> Float32[np.ndarray, "clip shift"]:
    """How probable each shift from −M to M is for pairs of clips, whichever of the two is called a.

    The network knows 2M shifts. Asked both ways round, it speaks of each from 1 − M to M − 1 twice: those are means.

    Returns:
        Natural logarithms. Swapping a and b reverses the shifts.
    """
    with one_thread(), torch.inference_mode():
        sides = [torch.split(torch.from_numpy(one), _MATCHES_AT_ONCE) for one in (a, b)]
        there = torch.cat([network.match(one, other).log_softmax(1) for one, other in zip(*sides, strict=True)])
        back = torch.cat([network.match(other, one).log_softmax(1) for one, other in zip(*sides, strict=True)]).flip(1)
    # There: −M … M − 1. Back, reversed: 1 − M … M.
    return torch.cat([there[:, :1], (there[:, 1:] + back[:, :-1]) / 2, back[:, -1:]], dim=1).numpy()
