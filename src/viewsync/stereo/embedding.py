"""Recordings as a matching network sees them: every frame once, in however many clips it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Int, UInt8
from torch import Tensor

from viewsync.networks.stereo import MatchingNetwork
from viewsync.stereo.frames import PreparedRecording
from viewsync.stereo.recordings import CLIP_FRAMES
from viewsync.stereo.sampling import Sequences

_AT_ONCE = 64


@dataclass(frozen=True)
class Embedded:
    """A recording's frames as vectors."""

    recording: PreparedRecording
    left: Float32[Tensor, "frame feature"]
    right: Float32[Tensor, "frame feature"]


def embedded(matcher: MatchingNetwork, recording: PreparedRecording) -> Embedded:
    """All frames of a recording as vectors.

    Args:
        matcher: On the processor, in evaluation mode.
        recording: Prepared for it.

    Raises:
        InputError: It was prepared for another network.
    """
    return Embedded(recording, _vectors(matcher, recording.left), _vectors(matcher, recording.right))


@torch.inference_mode()
def _vectors(
    matcher: MatchingNetwork, frames: UInt8[np.ndarray, "frame channel size size"]
) -> Float32[Tensor, "frame feature"]:
    pieces = (np.array(frames[start : start + _AT_ONCE]) for start in range(0, len(frames), _AT_ONCE))
    return torch.cat([matcher.embed(network_input(torch.from_numpy(piece))) for piece in pieces])


def network_input(frames: Tensor) -> Tensor:
    """Bytes as numbers from 0 to 1, in the order in memory that convolutions are fastest with."""
    return frames.float().div_(255).contiguous(memory_format=torch.channels_last)


def matrices(
    matcher: MatchingNetwork, recordings: Sequence[Embedded], clips: Sequences
) -> Float[Tensor, "sequence row column"]:
    """The matching matrices of clips.

    Args:
        matcher: By which the recordings were embedded.
        recordings: That the clips were drawn from.
        clips: Of `CLIP_FRAMES` frames.
    """
    left = _cut([one.left for one in recordings], clips.recording, clips.left_start)
    right = _cut([one.right for one in recordings], clips.recording, clips.right_start)
    return matcher.matrix(left, right)


def _cut(
    sides: Sequence[Float32[Tensor, "_ feature"]], recording: Int[np.ndarray, " clip"], start: Int[np.ndarray, " clip"]
) -> Float32[Tensor, "clip time feature"]:
    firsts = np.cumsum([0, *(len(side) for side in sides)])[:-1]
    frames = (firsts[recording] + start)[:, None] + np.arange(CLIP_FRAMES)
    return torch.cat([*sides])[torch.from_numpy(frames)]
