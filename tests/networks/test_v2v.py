"""The network of volumes: its layers as released, and that it sees all of them."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from viewsync.networks.v2v import SMALL, V2V
from viewsync.types import InputError

TINY = {"widths": (4, 6, 8), "first_kernel": 3, "front_blocks": 2}


def tiny(**arguments):
    torch.manual_seed(0)
    return V2V(3, 2, **{**TINY, **arguments})


def noise(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_sizes_are_as_released():
    with torch.device("meta"):
        assert V2V(32, 17)(torch.empty(1, 32, 64, 64, 64)).shape == (1, 17, 64, 64, 64)


def test_layers_are_as_released():
    with torch.device("meta"):
        net = V2V(32, 17)
    kinds = {nn.Conv3d: "", nn.ConvTranspose3d: "up "}
    layers = [
        f"{kinds[type(m)]}{m.in_channels}-{m.out_channels} k{m.kernel_size[0]}"
        for name, m in net.named_modules()
        if type(m) in kinds and ".skip.0" not in name
    ]

    def residual(inputs, outputs):
        return [f"{inputs}-{outputs} k3", f"{outputs}-{outputs} k3"]

    front = ["32-16 k7", *residual(16, 32), *residual(32, 32), *residual(32, 32)]
    widths = [32, 64, 128, 128, 128, 128]
    down = [layer for one, two in pairwise(widths) for layer in residual(one, one) + residual(one, two)]
    up = [
        layer
        for outer, inner in reversed(list(pairwise(widths)))
        for layer in [*residual(inner, inner), f"up {inner}-{outer} k2"]
    ]
    back = [*residual(32, 32), "32-32 k1", "32-32 k1", "32-17 k1"]
    assert layers == front + down + residual(128, 128) + up + back


def test_small_volumes_are_as_large_as_told():
    net = V2V(16, 5, **SMALL)
    assert net(noise(1, 16, 32, 32, 32)).shape == (1, 5, 32, 32, 32)


def test_what_passes_beside_is_added():
    """If nothing comes up from the smaller volumes, the hourglass is its residual block."""
    net, volume = tiny().eval(), noise(1, 4, 8, 8, 8)
    before = net.hourglass(volume)
    nn.init.zeros_(net.hourglass.up[2].weight)
    assert torch.equal(net.hourglass(volume), net.hourglass.skip(volume))
    assert not torch.equal(before, net.hourglass.skip(volume))


def test_one_corner_is_seen_from_the_opposite_one():
    net, volume = tiny().double().eval(), noise(1, 3, 8, 8, 8).double()
    volume.requires_grad_()
    net(volume)[0, 0, 0, 0, 0].backward()
    assert volume.grad[0, :, -1, -1, -1].abs().max() > 0


def test_rows_of_a_batch_are_independent():
    net, volume = tiny().eval(), noise(3, 3, 8, 4, 8)
    assert torch.allclose(net(volume)[1:2], net(volume[1:2]), atol=1e-5)


def test_gradients_reach_every_parameter():
    net = tiny()
    net(noise(2, 3, 8, 8, 8)).square().sum().backward()
    assert [name for name, weights in net.named_parameters() if weights.grad is None or not weights.grad.any()] == []


def test_a_volume_that_cannot_be_halved_is_refused():
    with pytest.raises(InputError, match="volume has 8 x 8 x 6 voxels, but all sides must be multiples of 4"):
        tiny()(noise(1, 3, 8, 8, 6))
