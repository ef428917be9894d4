"""The weights that Boizard et al. released with their code (https://github.com/numediart/multi_video_sync, Apache-2.0).

They are a TripletEuc and a DenseDelay for flow images, kept as checkpoints of TensorFlow, which isn't needed to read them: a
tensor's numbers lie in the file one after the other.

What the encoder takes: three channels of 224 × 224, the flow image in the order red, green, blue, from 0 to 1.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from viewsync.networks.delay import DenseDelay
from viewsync.networks.stereo import FrameEncoder, TripletEuc
from viewsync.types import InputError


class _Layer(NamedTuple):
    kernel_shape: tuple[int, ...]
    """Height, width, inputs, outputs of a convolution; inputs, outputs of a linear layer."""
    kernel_byte: int
    bias_byte: int


class _Checkpoint(NamedTuple):
    names: tuple[str, str]
    """Of the file by itself, and in the authors' repository."""
    size_bytes: int
    layers: tuple[_Layer, ...]


_MATCHER = _Checkpoint(
    ("TripletLossEuc.flows.data", "model/TripletLossEuc/weight/flows/weights.data-00000-of-00001"),
    802_907,
    (
        _Layer((3, 3, 3, 32), 32, 3_488),
        _Layer((3, 3, 32, 48), 3_616, 58_912),
        _Layer((3, 3, 48, 48), 59_104, 142_048),
        _Layer((3, 3, 48, 64), 142_240, 252_832),
        _Layer((64, 48), 253_088, 265_376),
    ),
)
_DELAY = _Checkpoint(
    ("DenseDelay.flows.data", "model/DenseDelay/weight/flows/weights.data-00000-of-00001"),
    351_800,
    (
        _Layer((400, 64), 0, 102_400),
        _Layer((64, 32), 102_656, 110_848),
        _Layer((32, 40), 110_976, 116_096),
    ),
)


def peer_matcher(folder: Path) -> TripletEuc:
    """The authors' matching network, ready for use (in evaluation mode).

    Args:
        folder: A copy of the authors' repository, or what holds ``TripletLossEuc.flows.data``.

    Raises:
        InputError: The weights are missing, or aren't those.
    """
    matcher = TripletEuc(FrameEncoder(3, first_pool=3))
    _fill(matcher, _MATCHER, folder)
    return matcher.eval()


def peer_delay(folder: Path) -> DenseDelay:
    """The authors' delay network, ready for use (in evaluation mode); its classes are in our order.

    Args:
        folder: A copy of the authors' repository, or what holds ``DenseDelay.flows.data``.

    Raises:
        InputError: The weights are missing, or aren't those.
    """
    delay = DenseDelay()
    _fill(delay, _DELAY, folder)
    last = delay.layers[-1]
    assert isinstance(last, nn.Linear)
    # Their class is the delay modulo 40, as a negative index into a list of 40 wraps.
    theirs = torch.tensor(delay.delays) % len(delay.delays)
    last.weight.data, last.bias.data = last.weight.data[theirs], last.bias.data[theirs]
    return delay.eval()


def _fill(network: nn.Module, checkpoint: _Checkpoint, folder: Path) -> None:
    """Give the network's layers their numbers."""
    data = _read(checkpoint, folder)
    ours = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    for layer, theirs in zip(ours, checkpoint.layers, strict=True):
        kernel = _numbers(data, theirs.kernel_byte, theirs.kernel_shape)
        bias = _numbers(data, theirs.bias_byte, theirs.kernel_shape[-1:])
        # PyTorch puts outputs first, then inputs, then height and width.
        weight = kernel.permute(3, 2, 0, 1) if kernel.ndim == 4 else kernel.T
        layer.load_state_dict({"weight": weight, "bias": bias})


def _read(checkpoint: _Checkpoint, folder: Path) -> bytes:
    path = next((folder / name for name in checkpoint.names if (folder / name).is_file()), None)
    if path is None:
        raise InputError(
            f"{folder}: holds neither {checkpoint.names[0]} nor {checkpoint.names[1]}. "
            "Give a copy of https://github.com/numediart/multi_video_sync."
        )
    data = path.read_bytes()
    if len(data) != checkpoint.size_bytes:
        raise InputError(
            f"{path}: is {len(data)} bytes long, but the authors' weights are {checkpoint.size_bytes}. Copy the file anew."
        )
    return data


def _numbers(data: bytes, start_byte: int, shape: tuple[int, ...]) -> Tensor:
    numbers = np.frombuffer(data, "<f4", count=int(np.prod(shape)), offset=start_byte)
    return torch.from_numpy(numbers.astype(np.float32).reshape(shape))
