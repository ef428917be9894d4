"""The network of heat-maps: its sizes as released, and what training needs of it."""

import pytest
import torch

from viewsync.networks.algebraic_pose import soft_argmax_pixels
from viewsync.networks.pose_backbone import PoseBackbone
from viewsync.types import InputError

TINY = {"width": 4, "blocks": (1, 1), "features": 5, "confidence_widths": (6, 4)}
HEADS = {"joint_confidences": True, "channel_confidences": 7}


def tiny(**arguments):
    torch.manual_seed(0)
    return PoseBackbone(3, 1, **{**TINY, **arguments})


def noise(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def count(module):
    return sum(weights.numel() for weights in module.parameters())


# ── sizes ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_sizes_are_as_released():
    with torch.device("meta"):
        net = PoseBackbone.paper(**HEADS)
        found = net(torch.empty(2, 3, 384, 384))
        assert found.maps.shape == (2, 256, 96, 96)
        assert net.heatmaps(found.maps).shape == (2, 17, 96, 96)
        assert found.joint_confidences.shape == (2, 17)
        assert found.channel_confidences.shape == (2, 7)


def test_the_papers_is_on_a_resnet_152():
    """Of whose 60,192,808 weights (torchvision's) 2,049,000 are the classifier's."""
    with torch.device("meta"):
        net = PoseBackbone.paper(joint_confidences=True)
    assert count(net.resnet) == 60_192_808 - 2_049_000
    shapes = [tuple(m.weight.shape) for m in net.enlarge.modules() if isinstance(m, torch.nn.ConvTranspose2d)]
    assert shapes == [(2048, 256, 4, 4), (256, 256, 4, 4), (256, 256, 4, 4)]
    head = [m for m in net.joint_head if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]
    assert [tuple(m.weight.shape) for m in head] == [
        (512, 2048, 3, 3), (256, 512, 3, 3), (512, 256), (256, 512), (17, 256)
    ]  # fmt: skip


@pytest.mark.parametrize("pixels", [(96, 96), (64, 160)])
def test_small_ones_are_as_large_as_told(pixels):
    net = PoseBackbone.small(**HEADS)
    found = net(noise(2, 1, *pixels))
    assert found.maps.shape == (2, 32, pixels[0] // 4, pixels[1] // 4)
    assert net.map_sizes(pixels) == (tuple(found.maps.shape[2:]),)


def test_sizes_of_scales_are_halves():
    assert PoseBackbone.small().map_sizes((96, 128), 3) == ((6, 8), (12, 16), (24, 32))


# ── what comes out ────────────────────────────────────────────────────────────────────────────────────────────────


def test_pictures_are_independent():
    net = tiny(**HEADS).eval()
    pictures = noise(3, 1, 16, 24)
    torch.testing.assert_close([part[1:2] for part in net(pictures)], list(net(pictures[1:2])))


def test_heatmaps_of_many_views_are_those_of_each():
    net, maps = tiny(), noise(2, 4, 5, 3, 6)
    assert torch.allclose(net.heatmaps(maps)[1, 2], net.heatmaps(maps[1, 2][None])[0], atol=1e-6)


def test_at_first_a_joint_may_be_anywhere():
    """So each place has a gradient."""
    net = tiny()
    pixels = soft_argmax_pixels(net.heatmaps(net(noise(2, 1, 16, 24)).maps), (16, 24))
    assert (pixels - torch.tensor([11.5, 7.5])).abs().max() < 3


def test_confidences_are_shares_of_one():
    net = tiny(**HEADS)
    found = net(20 * noise(4, 1, 8, 24) - 10)
    for confidences in (found.joint_confidences, found.channel_confidences):
        assert bool(((confidences > 0) & (confidences < 1)).all())
        assert confidences.std(dim=0).min() > 0


def test_there_are_no_confidences_without_heads():
    assert tiny()(noise(2, 1, 16, 16))[1:] == (None, None)


def test_gradients_reach_every_parameter():
    net = tiny(**HEADS)
    adam = torch.optim.AdamW(net.parameters())
    # In the first step, the residual blocks are the identity.
    for _ in range(2):
        adam.zero_grad()
        found = net(noise(4, 1, 16, 24))
        sum(part.square().mean() for part in (net.heatmaps(found.maps), *found[1:])).backward()
        adam.step()
    assert [name for name, weights in net.named_parameters() if weights.grad is None or not weights.grad.any()] == []


# ── what can't be used ────────────────────────────────────────────────────────────────────────────────────────────


def test_pictures_that_cannot_be_halved_are_refused():
    with pytest.raises(InputError, match="pictures are 100 x 96, but both sides must be multiples of 32"):
        PoseBackbone.small()(noise(1, 1, 96, 100))
    with pytest.raises(InputError, match="multiples of 16"):
        tiny().map_sizes((24, 32), 3)
