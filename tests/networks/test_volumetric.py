"""The volumetric network: laws of missing, permuted and moved views, with and without synchronization."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from torch import nn

from seen_bodies import camera_at
from viewsync.geometry.epipolar import fundamental_matrices
from viewsync.geometry.lens import Lens
from viewsync.geometry.triangulation import projection_matrices
from viewsync.networks.pose_backbone import PoseBackbone
from viewsync.networks.synchronized_views import synchronize
from viewsync.networks.v2v import V2V
from viewsync.networks.view_sync import CameraSync
from viewsync.networks.volumetric import VolumetricNetwork
from viewsync.types import InputError

PIXELS, VIEWS = (32, 48), 4
RIG = [camera_at(degrees, f"cam{degrees}", Lens(48, 32, (60.0, 60.0), (23.5, 15.5))) for degrees in (0, 80, 170, 265)]
CAMERAS = torch.from_numpy(projection_matrices(RIG))[None].expand(2, -1, -1, -1)
PAIRS = torch.from_numpy(fundamental_matrices(RIG))[None].expand(2, -1, -1, -1, -1)
MISSING = torch.tensor([[True, False, True, True], [True, True, True, True]])
HOWS = ["sum", "max", "conf", "conf_norm", "softmax"]


def noise(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def pictures(seed=0):
    return noise(2, VIEWS, 1, *PIXELS, seed=seed)


def sync(matching):
    """With flow that isn't zero, as after some training."""
    epi = {"picture_pixels": PIXELS, "sigma_cells": (1.0, 2.0)} if matching == "epi" else {}
    found = CameraSync(((4, 6), (8, 12)), 5, matching, centered=True, widths=(4, 4), **epi)
    for motion in found.motions:
        nn.init.normal_(motion.rest[-1].weight, std=0.5)
    return found


def tiny(aggregation="softmax", matching=None):
    """In float64, and with heat-maps that aren't flat."""
    torch.manual_seed(0)
    backbone = PoseBackbone(
        3, 1, width=4, blocks=(1, 1), features=5, confidence_widths=(6, 4), joint_confidences=True, channel_confidences=4
    )
    nn.init.normal_(backbone.to_heatmaps.weight, std=0.05)
    net = VolumetricNetwork(
        backbone, V2V(4, 3, widths=(4, 6, 8), first_kernel=3, front_blocks=1), channels=4, picture_pixels=PIXELS,
        pelvis_joints=[0], voxels=8, aggregation=aggregation,
    )  # fmt: skip
    # Last, so that all others begin alike.
    net.sync = None if matching is None else sync(matching)
    return net.double()


# ── views ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("how", "matching"), [*((how, None) for how in HOWS), ("softmax", "cor"), ("softmax", "epi")])
def test_a_missing_view_has_no_effect(how, matching, training):
    """Whatever is given for it; and in training, where a batch is normalized together."""
    net, anything = tiny(how, matching).train(training), [pictures(), CAMERAS.clone(), PAIRS.clone()]
    before = net(*anything, MISSING)
    anything[0][0, 1], anything[1][0, 1], anything[2][0, 1], anything[2][0, :, 1] = 4 * [torch.nan]
    after = net(*anything, MISSING)
    assert torch.equal(before.joints_metres, after.joints_metres)
    assert torch.equal(before.guess.joints_metres, after.guess.joints_metres)
    assert not torch.equal(before.joints_metres, net(pictures(), CAMERAS, PAIRS).joints_metres)


@torch.inference_mode()
@pytest.mark.parametrize("matching", [None, "cor", "epi"])
def test_a_missing_view_is_as_if_it_had_never_been(matching):
    net, others = tiny(matching=matching).eval(), [0, 2, 3]
    missing = net(pictures(), CAMERAS, PAIRS, MISSING)
    without = net(pictures()[:1, others], CAMERAS[:1, others], PAIRS[:1, others][:, :, others])
    torch.testing.assert_close(missing.joints_metres[:1], without.joints_metres)


@torch.inference_mode()
@pytest.mark.parametrize(
    ("how", "matching", "order"),
    [*((how, None, [2, 0, 3, 1]) for how in HOWS), ("softmax", "cor", [0, 2, 3, 1]), ("softmax", "epi", [0, 3, 1, 2])],
)
def test_views_may_come_in_any_order(how, matching, order):
    """Of a network that synchronizes, all but the reference."""
    net = tiny(how, matching).eval()
    before = net(pictures(), CAMERAS, PAIRS, MISSING)
    after = net(pictures()[:, order], CAMERAS[:, order], PAIRS[:, order][:, :, order], MISSING[:, order])
    torch.testing.assert_close(before.joints_metres, after.joints_metres)


@torch.inference_mode()
def test_instants_of_a_batch_are_independent():
    net = tiny(matching="epi").eval()
    both = net(pictures(), CAMERAS, PAIRS, MISSING)
    alone = net(pictures()[1:], CAMERAS[1:], PAIRS[1:])
    torch.testing.assert_close(both.joints_metres[1:], alone.joints_metres)


# ── space ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@torch.inference_mode()
@pytest.mark.parametrize("given", [False, True])
def test_joints_move_with_the_world(given):
    """Cameras, and the cuboid in it, turned and shifted alike see the same."""
    net, angle, shift = tiny().eval(), 0.7, torch.tensor([3.0, -2.0, 0.5]).double()
    turn = torch.from_numpy(Rotation.from_rotvec([0, 0, angle]).as_matrix())
    pelvis = noise(2, 3) - 0.5 if given else None
    before = net(pictures(), CAMERAS, pelvis_metres=pelvis, turn_radians=torch.tensor([0.2, 0.3]).double())
    back = torch.eye(4).double()
    back[:3, :3], back[:3, 3] = turn.T, -turn.T @ shift
    moved = None if pelvis is None else pelvis @ turn.T + shift
    after = net(pictures(), CAMERAS @ back, pelvis_metres=moved, turn_radians=torch.tensor([0.2, 0.3]).double() + angle)
    assert torch.allclose(before.joints_metres @ turn.T + shift, after.joints_metres, atol=1e-8)
    assert torch.allclose(before.guess.joints_metres @ turn.T + shift, after.guess.joints_metres, atol=1e-8)


def test_the_cuboid_is_around_the_pelvis_found_or_told():
    net, told = tiny().eval(), noise(2, 3)
    found = net(pictures(), CAMERAS)
    assert torch.equal(found.cuboid.center_metres, found.guess.joints_metres[:, 0])
    assert not found.cuboid.center_metres.requires_grad
    assert torch.equal(net(pictures(), CAMERAS, pelvis_metres=told).cuboid.center_metres, told)
    net.pelvis_joints = [1, 2]
    assert torch.equal(net(pictures(), CAMERAS).cuboid.center_metres, found.guess.joints_metres[:, 1:].mean(dim=1))


def test_a_turned_cuboid_sees_what_is_there():
    """A quarter about the vertical: the same places, the same features, by other numbers."""
    net, pelvis = tiny().eval(), noise(2, 3)
    straight, turned = (
        net(pictures(), CAMERAS, pelvis_metres=pelvis, turn_radians=torch.full((2,), angle).double()).space.maps
        for angle in (0.0, np.pi / 2)
    )
    # Turned voxel (x, y) is where straight voxel (-y, x) is.
    assert torch.allclose(turned, straight.flip(3).transpose(3, 4), atol=1e-8)


def test_probabilities_add_up_to_one_and_joints_are_within():
    found = tiny().eval()(pictures(), CAMERAS)
    assert torch.allclose(found.probabilities.flatten(2).sum(dim=2), torch.ones(2, 3).double())
    assert (found.joints_metres - found.cuboid.center_metres[:, None]).abs().max() < 1.25


# ── synchronization ───────────────────────────────────────────────────────────────────────────────────────────────


@torch.inference_mode()
@pytest.mark.parametrize("matching", ["cor", "epi"])
def test_without_flow_nothing_changes(matching):
    """As all begin."""
    net = tiny(matching=matching).eval()
    for motion in net.sync.motions:
        nn.init.zeros_(motion.rest[-1].weight)
    plain = tiny().eval()(pictures(), CAMERAS)
    found = net(pictures(), CAMERAS, PAIRS)
    torch.testing.assert_close(found.joints_metres, plain.joints_metres)
    assert plain.synchronized is None
    assert found.synchronized.reference.tolist() == [0, 0]


@torch.inference_mode()
def test_all_is_made_of_synchronized_features():
    net = tiny(matching="cor").eval()
    found = net(pictures(), CAMERAS)
    features = net.see(pictures(), torch.ones(2, VIEWS).bool())
    by_hand = synchronize(net.sync, features.scales)
    torch.testing.assert_close(found.synchronized.maps, by_hand.maps)
    torch.testing.assert_close(found.guess.heatmaps, net.backbone.heatmaps(by_hand.maps[-1]))
    plain = tiny().eval()(pictures(), CAMERAS, pelvis_metres=found.cuboid.center_metres)
    assert torch.allclose(found.space.maps[:, 0], plain.space.maps[:, 0])
    assert not torch.allclose(found.space.maps[:, 1], plain.space.maps[:, 1])


@torch.inference_mode()
def test_coarser_scales_are_means_of_finer_ones():
    features = tiny(matching="cor").see(pictures(), torch.ones(2, VIEWS).bool())
    coarse, fine = features.scales
    assert coarse[1, 2, 3, 1, 4].item() == pytest.approx(fine[1, 2, 3, 2:4, 8:10].mean().item())


@torch.inference_mode()
def test_the_next_view_is_the_reference_where_the_first_is_missing():
    net, present = tiny(matching="cor").eval(), torch.tensor([[False, True, True, True], [True, True, False, True]])
    assert net(pictures(), CAMERAS, None, present).synchronized.reference.tolist() == [1, 0]


# ── training ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("how", "matching"), [("softmax", None), ("conf", "cor"), ("conf_norm", "epi")])
def test_gradients_reach_every_parameter(how, matching):
    net = tiny(how, matching)
    adam = torch.optim.AdamW(net.parameters())
    # In the first step, the residual blocks are the identity.
    for _ in range(2):
        adam.zero_grad()
        found = net(pictures(), CAMERAS, PAIRS)
        (found.joints_metres.square().sum() + found.guess.joints_metres.square().sum()).backward()
        adam.step()
    silent = [name for name, weights in net.named_parameters() if weights.grad is None or not weights.grad.any()]
    assert [name for name in silent if how.startswith("conf") or "channel_head" not in name] == []
    assert all(torch.isfinite(weights.grad).all() for weights in net.parameters() if weights.grad is not None)


# ── what can't be used ────────────────────────────────────────────────────────────────────────────────────────────


def test_fewer_than_two_views_are_refused():
    present = torch.tensor([[True] * VIEWS, [False, True, False, False]])
    with pytest.raises(InputError, match="instant 1 of the batch has 1 views, but joints in space take two or more"):
        tiny()(pictures(), CAMERAS, None, present)


def test_pictures_of_another_size_are_refused():
    with pytest.raises(InputError, match="pictures are 32 x 32, but the network is for 48 x 32"):
        tiny()(pictures()[..., :32], CAMERAS)


def test_confidences_need_a_head():
    backbone = PoseBackbone(3, 1, width=4, blocks=(1, 1), features=5, confidence_widths=(6, 4))
    volume = V2V(4, 3, widths=(4, 6))
    with pytest.raises(InputError, match="'conf' needs a backbone with channel_confidences=4"):
        VolumetricNetwork(
            backbone, volume, channels=4, picture_pixels=PIXELS, pelvis_joints=[0], voxels=8, aggregation="conf"
        )


def test_epipolar_matching_needs_the_cameras():
    with pytest.raises(InputError, match="'epi' needs the fundamental matrix"):
        tiny(matching="epi")(pictures(), CAMERAS)
