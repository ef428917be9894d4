"""The system of Table IV: it is made of plain arguments, learns, and keeps what it learned."""

import json

import numpy as np
import pytest
import torch

from seen_bodies import camera_at
from viewsync.geometry.epipolar import fundamental_matrices
from viewsync.geometry.lens import Lens
from viewsync.geometry.triangulation import projection_matrices
from viewsync.networks.algebraic_pose import SHARPNESS, algebraic_pose
from viewsync.networks.checkpoints import ModelCard, load_network, save_network
from viewsync.networks.view_losses import similarity_loss, warping_loss
from viewsync.pose3d.losses import pose_loss, smooth_squared_error
from viewsync.pose3d.system import METHODS, SCALES, PoseNetwork, robust_joints_metres, sigma_cells
from viewsync.types import InputError

JOINTS, SIDE = ("pelvis", "left_hip", "head"), 64
RIG = [camera_at(degrees, f"cam{degrees}", Lens(SIDE, SIDE, (110.0, 110.0), (31.5, 31.5))) for degrees in (0, 75, 160, 250)]
MATRICES, PAIRS = projection_matrices(RIG), fundamental_matrices(RIG)


def made(method="BaseS", **arguments):
    sigmas = sigma_cells(0.5, 20.0) if method == "CLS-epi" else ()
    torch.manual_seed(0)
    return PoseNetwork(method, JOINTS, [SIDE, SIDE], voxels=16, sigma_cells=sigmas, **arguments)


def scene(instants=2, seed=0):
    """Joints, and pictures with a blob of its own brightness at each of them."""
    rng = np.random.default_rng(seed)
    joints = rng.uniform(-0.7, 0.7, (instants, len(JOINTS), 3))
    pixels = np.array([camera.project(joints) for camera in RIG]).swapaxes(0, 1)
    y, x = np.mgrid[:SIDE, :SIDE]
    far = (x - pixels[..., 0, None, None]) ** 2 + (y - pixels[..., 1, None, None]) ** 2
    drawn = (np.exp(-far / 18) * np.array([1.0, -1.0, 2.0])[:, None, None]).sum(axis=2)
    cameras = torch.tensor(MATRICES, dtype=torch.float32).expand(instants, -1, -1, -1)
    return torch.tensor(drawn, dtype=torch.float32)[:, :, None], cameras, torch.tensor(joints, dtype=torch.float32)


def pairs(instants=2):
    return torch.tensor(PAIRS, dtype=torch.float32).expand(instants, -1, -1, -1, -1)


def test_it_learns():
    """One batch by heart: from most of a metre to some centimetres."""
    net, (pictures, cameras, joints) = made(), scene()
    known, adam, errors = torch.ones(joints.shape[:2]).bool(), torch.optim.AdamW(net.parameters(), lr=8e-3), []
    for _ in range(26):
        pose = net(pictures, cameras, pelvis_metres=joints[:, 0])
        loss = pose_loss(pose, joints, known) + 0.01 * smooth_squared_error(pose.guess.joints_metres, joints, known)
        errors.append((pose.joints_metres - joints).detach().norm(dim=2).mean().item())
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert errors[0] > 0.7
    assert errors[-1] < 0.15


@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_with_all_its_weights(method):
    net, (pictures, cameras, joints) = made(method), scene()
    known, adam = torch.ones(joints.shape[:2]).bool(), torch.optim.AdamW(net.parameters(), lr=2e-3)
    # In the first step there is no flow, nor a gradient of what comes before it.
    for _ in range(3):
        pose = net(pictures, cameras, pairs())
        loss = pose_loss(pose, joints, known) + smooth_squared_error(pose.guess.joints_metres, joints, known)
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert (pose.synchronized is None) == method.startswith("Base")
    silent = [name for name, one in net.named_parameters() if one.grad is None or not one.grad.abs().sum() > 0]
    assert not silent


def test_losses_of_synchronization_take_what_it_gives():
    net, (pictures, cameras, _) = made("CLS-cor"), scene()
    pose, present = net(pictures, cameras), torch.ones(2, 4).bool()
    # Views of one instant, by another instant's pictures: as far apart as they are.
    wanted = net.network.see(pictures.flip(0), present).scales
    assert warping_loss(wanted, pose.synchronized.maps).item() > 0
    space = pose.space
    apart = similarity_loss(space.maps.flatten(4), pose.synchronized.reference, space.seen.flatten(3))
    assert 0 < apart.item() < 2 * 3


def test_it_is_made_again_from_its_card(tmp_path):
    arguments = {
        "method": "CLS-epi", "joints": list(JOINTS), "picture_pixels": [SIDE, SIDE], "voxels": 16,
        "sigma_cells": list(sigma_cells(0.5, 20.0)), "aggregation": "conf", "channels": 1, "preset": "small",
    }  # fmt: skip
    net, (pictures, cameras, _) = PoseNetwork(**arguments).eval(), scene()
    card = ModelCard("joints", json.loads(json.dumps(arguments)), "made", "ours", "test", 0, None)
    save_network(tmp_path / "pose.safetensors", net, card)
    again = load_network(tmp_path / "pose.safetensors", PoseNetwork)
    assert again.joints == JOINTS
    with torch.inference_mode():
        found, expected = (one(pictures, cameras, pairs()).joints_metres for one in (again, net))
    assert torch.equal(found, expected)


def test_it_begins_from_one_without_synchronization():
    """And then sees just the same, as there is no flow yet."""
    other, (pictures, cameras, _) = made(), scene()
    other(pictures, cameras)
    net = PoseNetwork("CLS-cor", JOINTS, [SIDE, SIDE], voxels=16)
    net.begin_from(other)
    with torch.inference_mode():
        found, expected = (one.eval()(pictures, cameras).joints_metres for one in (net, other))
    torch.testing.assert_close(found, expected)


def test_how_another_synchronizes_is_not_taken_over():
    other, net = made("CLS-cor"), made("CLS-cor")
    for weights in other.parameters():
        torch.nn.init.ones_(weights)
    before = {name: one.clone() for name, one in net.network.sync.state_dict().items()}
    net.begin_from(other)
    assert all(torch.equal(one, before[name]) for name, one in net.network.sync.state_dict().items())
    assert bool((net.network.to_volume.weight == 1).all())


def test_colour_is_three_channels():
    pictures, cameras, _ = scene()
    assert made(channels=3)(pictures.expand(-1, -1, 3, -1, -1), cameras).joints_metres.shape == (2, 3, 3)


def test_presets_are_of_their_sizes():
    with torch.device("meta"):
        paper, small = (
            PoseNetwork("CLS-cor", ["pelvis"] * 17, [384, 384], preset=preset, channels=3).network
            for preset in ("paper", "small")
        )
    assert [paper.voxels, small.voxels] == [64, 32]
    assert paper.sync.sizes == small.sync.sizes == ((24, 24), (48, 48), (96, 96))
    assert [paper.sync.matched_scales, small.sync.matched_scales] == [3, 2]
    assert [paper.backbone.features, paper.to_volume.out_channels] == [256, 32]


def test_without_a_pelvis_the_cuboid_is_around_the_middle_of_the_hips():
    net, (pictures, cameras, _) = PoseNetwork("BaseS", ["right_hip", "nose", "left_hip"], [64, 64], voxels=16), scene()
    found = net(pictures, cameras)
    assert torch.equal(found.cuboid.center_metres, found.guess.joints_metres[:, [2, 0]].mean(dim=1))


def test_sigma_is_larger_for_finer_scales_and_longer_latencies():
    # A second at 1.4 m/s and 60 pixels per metre is 84 pixels; a third of it in cells of 16, 8 and 4.
    assert sigma_cells(1.0, 60.0) == pytest.approx((84 / 48, 84 / 24, 84 / 12))
    assert len(sigma_cells(0.0, 60.0)) == SCALES


def test_views_that_agree_are_believed():
    """One view's heat-maps are wrong; RANSAC leaves it out, and another instant's missing view."""
    _, cameras, joints = scene()
    pixels = torch.tensor(np.array([camera.project(joints.double().numpy()) for camera in RIG]).swapaxes(0, 1))
    pixels[0, 2] += torch.tensor([12.0, -9.0])
    middle = 4 * torch.arange(16) + 1.5
    y, x = torch.meshgrid(middle, middle, indexing="ij")
    far = (x - pixels[..., 0, None, None]) ** 2 + (y - pixels[..., 1, None, None]) ** 2
    present = torch.tensor([[True] * 4, [True, False, True, True]])
    guess = algebraic_pose(-far / (72 * SHARPNESS), cameras.double(), (SIDE, SIDE), present)
    plain, found = guess.joints_metres.numpy(), robust_joints_metres(guess, cameras.double(), (SIDE, SIDE))
    assert np.abs(plain[0] - joints[0].numpy()).max() > 0.05
    assert np.abs(found - joints.numpy()).max() < 0.02


def test_a_body_without_pelvis_or_hips_is_refused():
    with pytest.raises(InputError, match="middle of both hips; among nose, left_hip is neither"):
        PoseNetwork("BaseS", ["nose", "left_hip"], [64, 64])


def test_epipolar_matching_needs_sigma():
    with pytest.raises(InputError, match="'epi' needs picture_pixels and a sigma_cells for each of 3 scales"):
        PoseNetwork("CLS-epi", JOINTS, [64, 64])
