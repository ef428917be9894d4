import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from viewsync.networks.view_losses import blurred, guiding_loss, similarity_loss, warping_loss
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


def blob(column):
    """On a map of 9 x 24, of two views the second."""
    x, y = torch.arange(24.0), torch.arange(9.0)[:, None]
    seen = torch.exp(-((x - column) ** 2 + (y - 4) ** 2) / 2)
    return torch.stack([torch.zeros_like(seen), seen])[None, :, None]


def slopes(loss_of, flow):
    """Of a loss at the place where somebody is to come from elsewhere."""
    flow = flow.clone().requires_grad_()
    loss_of(flow).backward()
    return flow.grad[0, 1, 0, 4, 10]


def test_blurred_maps_tell_the_way_where_the_others_tell_nothing():
    """Somebody has gone 7 cells to the right: at his old place, the flow has to point there."""
    wanted, before, zero = blob(10), blob(17), torch.zeros(1, 2, 2, 9, 24)
    near = slopes(lambda flow: warping_loss([wanted], [warp(before[0], flow[0])[None]]), zero)
    far = slopes(lambda flow: guiding_loss([wanted], [before], [flow], sigmas_cells=(3.0,)), zero)
    assert abs(near) < 1e-6
    assert far < -1e-4


def test_nothing_guides_to_wipe_out():
    """Somebody has gone: at his old place, far from where he is wanted, ℓ_W wants anything but him; what guides, hardly."""
    wanted, before = blob(4), blob(20)
    away = torch.zeros(1, 2, 2, 9, 24)
    away[:, :, 1, :, 15:] = 9.0
    zero = torch.zeros_like(away)
    of_all = [float(warping_loss([wanted], [warp(before[0], flow[0])[None]])) for flow in (away, zero)]
    guiding = [float(guiding_loss([wanted], [before], [flow])) for flow in (away, zero)]
    assert of_all[0] == pytest.approx(of_all[1] / 2, rel=0.01)
    assert guiding[0] > 0.85 * guiding[1]


def test_what_guides_is_a_share_of_what_is_without_flow():
    wanted, before = blob(10), blob(14).requires_grad_()
    zero, right = torch.zeros(1, 2, 2, 9, 24, requires_grad=True), torch.zeros(1, 2, 2, 9, 24)
    right[:, :, 0] = 4.0
    none = guiding_loss([wanted] * 2, [before] * 2, [zero] * 2)
    assert float(none.detach()) == pytest.approx(2 * 3)
    none.backward()
    assert before.grad is None
    assert float(guiding_loss([wanted], [before.detach()], [right])) < 0.05
    absent = torch.tensor([[True, False]])
    assert float(guiding_loss([wanted], [before.detach()], [zero.detach()], absent)) == 0
    both, seen = torch.cat([wanted, 1000 * wanted.flip(-1)], dim=1), torch.tensor([[True, True, False, False]])
    late = before.detach().repeat(1, 2, 1, 1, 1)
    alone = guiding_loss([wanted], [before.detach()], [right], torch.tensor([[True, True]]))
    # What stands in for absent views doesn't matter, but for the least weight being of the mean over all.
    assert float(guiding_loss([both], [late], [right.repeat(1, 2, 1, 1, 1)], seen)) == pytest.approx(float(alone), rel=0.2)
    still = guiding_loss([wanted], [wanted], [right])
    assert 1 < float(still) < 1e5


@pytest.mark.parametrize("sigma", [0.7, 2.0])
def test_blurs_are_as_scipys(sigma):
    rough = torch.rand(2, 3, 9, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    radius = int(np.ceil(3 * sigma))
    expected = gaussian_filter(rough.numpy(), (0, 0, sigma, sigma), mode="constant", radius=(0, 0, radius, radius))
    assert blurred(rough, sigma).numpy() == pytest.approx(expected, abs=1e-9)


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
