from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from viewsync.networks.view_warp import Activation, MotionNetwork, enlarge_flow, warp

BORDERS = ["zeros", "border"]


def blob(x, y, height=15, width=19):
    """A blob of a width for which linear interpolation hardly matters."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 18.0)[None, None]


def constant_flow(right, down, height=15, width=19):
    return torch.tensor([right, down]).float()[None, :, None, None].expand(1, 2, height, width)


@pytest.mark.parametrize("border", BORDERS)
def test_no_flow_moves_nothing(border):
    maps = torch.rand(2, 3, 5, 7, dtype=torch.float64)
    torch.testing.assert_close(warp(maps, torch.zeros(2, 2, 5, 7, dtype=torch.float64), border), maps)


@settings(deadline=None, max_examples=20)
@given(st.floats(-3, 3), st.floats(-3, 3))
def test_a_blob_is_found_where_the_flow_points_to(right, down):
    moved = warp(blob(9 + right, 7 + down), constant_flow(right, down))
    torch.testing.assert_close(moved[..., 4:-4, 4:-4], blob(9, 7)[..., 4:-4, 4:-4], atol=0.03, rtol=0)


def test_half_a_cell_is_the_mean_of_two():
    maps = torch.tensor([[[[0.0, 1.0, 5.0]]]])
    torch.testing.assert_close(warp(maps, constant_flow(0.5, 0, 1, 3))[0, 0, 0, :2], torch.tensor([0.5, 3.0]))


def test_what_comes_from_outside_is_nothing_or_the_border():
    flow = constant_flow(2.0, 0, 3, 5)
    maps = torch.arange(5.0).expand(1, 1, 3, 5)
    assert warp(maps, flow)[0, 0, 0].tolist() == pytest.approx([2, 3, 4, 0, 0], abs=1e-5)
    assert warp(maps, flow, "border")[0, 0, 0].tolist() == pytest.approx([2, 3, 4, 4, 4], abs=1e-5)


def test_enlarged_flow_is_in_smaller_cells():
    larger = enlarge_flow(constant_flow(1.0, -2.0, 4, 5), (9, 10))
    assert larger.shape == (1, 2, 9, 10)
    torch.testing.assert_close(larger, constant_flow(2.0, -4.5, 9, 10))


@pytest.mark.parametrize("activation", get_args(Activation))
def test_motion_begins_at_rest_and_every_parameter_learns(activation):
    torch.manual_seed(0)
    network, matched = MotionNetwork(6, activation, (5, 4)), torch.randn(2, 6, 8, 9)
    assert not network(matched).any()
    torch.nn.init.normal_(network.rest[-1].weight)
    flow = network(matched)
    assert flow.shape == (2, 2, 8, 9)
    flow.square().sum().backward()
    assert all(bool(weights.grad.any()) for weights in network.parameters())


def test_layers_are_as_printed():
    weights = [tuple(each.shape) for name, each in MotionNetwork(7).named_parameters() if name.endswith("weight")]
    channels = [(128, 7), (128, 128), (64, 128), (64, 64), (32, 64), (2, 32)]
    assert weights == [(*each, 5, 5) for each in channels]
