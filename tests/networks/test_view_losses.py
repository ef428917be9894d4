import pytest
import torch

from viewsync.networks.view_losses import similarity_loss, warping_loss
from viewsync.networks.view_warp import warp


def maps(*views):
    """A scene of one column and two channels: for each view, (channel 0, channel 1) of each row."""
    return torch.tensor(views, dtype=torch.float64)[None].transpose(2, 3)[..., None]


FIRST = torch.tensor([0])
VIEWS = maps([(1, 0), (3, 4)], [(2, 0), (-4, 3)], [(-1, 0), (3, 4)])


def test_the_warping_loss_by_hand():
    """Two scales of two views: means over a map, sums over views and scales, the mean over scenes."""
    zeros = [torch.zeros(2, 2, 1, 1, 2), torch.zeros(2, 2, 1, 2, 2)]
    warped = [each.clone() for each in zeros]
    warped[0][0, 1] = 3
    warped[1][1, 1, 0, 0, 0] = 4
    warped[1][1, 0] = 1
    assert float(warping_loss(zeros, warped)) == (9 + 4 + 1) / 2
    present = torch.tensor([[True, True], [False, True]])
    assert float(warping_loss(zeros, warped, present)) == (9 + 4) / 2


def test_the_similarity_loss_by_hand():
    assert float(similarity_loss(VIEWS, FIRST)) == pytest.approx((0 + 1) / 2 + (2 + 0) / 2, abs=0.01)
    assert float(similarity_loss(VIEWS, FIRST + 1)) == pytest.approx((0 + 1) / 2 + (2 + 1) / 2, abs=0.01)


def test_only_what_both_see_is_compared():
    seen = torch.tensor([[[1, 1], [0, 1], [1, 0]]], dtype=torch.bool)[..., None]
    assert float(similarity_loss(VIEWS, FIRST, seen)) == pytest.approx(1 + 2, abs=0.01)


@pytest.mark.parametrize("per", ["position", "channel"])
@pytest.mark.parametrize("seen", [True, False])
def test_where_nothing_is_to_be_compared_nothing_is_learned(per, seen):
    empty = (torch.zeros_like(VIEWS) if seen else VIEWS).float().requires_grad_()
    loss = similarity_loss(empty, FIRST, torch.full_like(VIEWS[:, :, 0], seen, dtype=torch.bool), per)
    loss.backward()
    assert float(loss.detach()) == (2 if seen else 0)
    assert not empty.grad.any()


def test_a_cosine_for_each_channel_by_hand():
    """Channel 0 of the views is (1, 3), (2, −4), (−1, 3); channel 1 is (0, 4), (0, 3), (0, 4)."""
    expected = (1 + 10 / (10 * 20) ** 0.5 + 0) / 2 + (1 - 8 / 10 + 0) / 2
    assert float(similarity_loss(VIEWS, FIRST, per="channel")) == pytest.approx(expected, abs=0.01)


def test_brightness_does_not_count():
    assert float(similarity_loss(VIEWS * 1000, FIRST)) == pytest.approx(float(similarity_loss(VIEWS, FIRST)))


def test_empty_cells_beside_full_ones_have_bounded_gradients():
    """At zero flow, an empty cell's direction would turn from nowhere to its neighbour's."""
    reference = torch.rand(1, 3, 4, 4)
    other = torch.rand(1, 3, 4, 4)
    other[..., 2] = 0
    flow = torch.zeros(1, 2, 4, 4, requires_grad=True)
    similarity_loss(torch.stack([reference, warp(other, flow)], 1), FIRST).backward()
    assert 0 < float(flow.grad.abs().max()) < 100
