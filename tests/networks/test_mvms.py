"""The counting network against its description, worked by hand and by slow twins."""

import cv2
import numpy as np
import pytest
import torch

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.ground_maps import GroundMap, depth_map, sampling_map
from viewsync.geometry.lens import Lens
from viewsync.networks.mvms import MVMS, Geometry, feature_sizes
from viewsync.networks.mvms_layers import LocalResponseNorm, project
from viewsync.networks.synchronized_views import synchronize
from viewsync.networks.view_sync import CameraSync, SceneSync
from viewsync.types import InputError

CITY, CITY_GROUND = (380, 676), (192, 160)
PETS, PETS_GROUND = (288, 384), (177, 152)


def tiny(views=2, **arguments):
    torch.manual_seed(0)
    return MVMS(views, channels=(4, 4, 6, 6), decoder=(5, 3), **arguments)


def noise(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def geometry(batch=2, views=2, ground=(7, 9), depth=(8, 6), seed=0):
    # A third of the cells is out of sight.
    return Geometry(3 * noise(batch, views, *ground, 2, seed=seed) - 1.5, 5 + 20 * noise(batch, views, *depth, seed=seed))


# ── local response normalization ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("channels", [1, 6, 16, 32])
def test_normalization_is_tensorflows(channels):
    """`sqr_sum[c] = sum(input[c − radius : c + radius + 1] ** 2); input / (bias + alpha · sqr_sum) ** beta`."""
    maps = 20 * noise(2, channels, 3, 4) - 10
    expected = np.empty(maps.shape)
    for place in np.ndindex(maps.shape):
        batch, channel, row, column = place
        window = maps[batch, max(0, channel - 5) : channel + 6, row, column].double().numpy()
        expected[place] = maps[place].item() / (1 + 0.01 * np.sum(window**2)) ** 0.75
    assert LocalResponseNorm(channels)(maps).numpy() == pytest.approx(expected, rel=1e-5)


def test_normalization_by_hand():
    maps = torch.zeros(1, 7, 1, 1)
    maps[0, 0], maps[0, 6] = 30.0, 10.0
    # Each is out of the other's reach: 30 / (1 + 9)^0.75 and 10 / 2^0.75.
    found = LocalResponseNorm(7)(maps).flatten()
    assert found[[0, 6]].tolist() == pytest.approx([30 / 10**0.75, 10 / 2**0.75])


def test_normalization_is_pytorchs_with_another_alpha():
    maps = 5 * noise(1, 16, 4, 5)
    torchs = torch.nn.LocalResponseNorm(size=11, alpha=0.11, beta=0.75, k=1.0)
    assert torch.allclose(LocalResponseNorm(16)(maps), torchs(maps), rtol=1e-5)


# ── what is seen ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("size", "cells"),
    [(CITY, [(24, 43), (48, 85), (95, 169)]), (PETS, [(18, 24), (36, 48), (72, 96)])],
    ids=["CityStreet", "PETS2009"],
)
@pytest.mark.parametrize(("make", "channels"), [(MVMS.paper, 32), (MVMS.small, 16)])
def test_maps_are_as_large_as_those_that_were_matched(size, cells, make, channels):
    """The released code's correlations have 1032 and 4080 channels for CityStreet, 432, 1728 and 6912 for PETS2009."""
    with torch.device("meta"):
        scales = make().see(torch.empty(1, 3, 1, *size))
    assert [tuple(maps.shape) for maps in scales] == [(1, 3, channels, *each) for each in cells]
    assert list(feature_sizes(size)) == cells


@pytest.mark.parametrize(("size", "ground"), [(CITY, CITY_GROUND), (PETS, PETS_GROUND)])
@pytest.mark.parametrize("make", [MVMS.paper, MVMS.small])
def test_the_density_is_as_large_as_the_ground(size, ground, make):
    with torch.device("meta"):
        places = Geometry(torch.empty(1, 3, *ground, 2), torch.empty(1, 3, *size))
        assert make()(torch.empty(1, 3, 1, *size), places).density.shape == (1, 1, *ground)


def test_layers_are_as_released():
    net = MVMS.paper()
    shapes = [(m.in_channels, m.out_channels, *m.kernel_size) for m in net.eyes[0][0] if isinstance(m, torch.nn.Conv2d)]
    assert shapes == [(1, 16, 5, 5), (16, 16, 5, 5), (16, 32, 5, 5), (32, 32, 5, 5)]
    shapes = [(m.in_channels, m.out_channels, *m.kernel_size) for m in net.decoder if isinstance(m, torch.nn.Conv2d)]
    assert shapes == [(96, 96, 1, 1), (96, 64, 5, 5), (64, 32, 5, 5), (32, 1, 5, 5)]
    # Nine copies: nothing is shared.
    seeing = 416 + 6416 + 12832 + 25632
    assert sum(weights.numel() for weights in net.eyes.parameters()) == 9 * seeing
    assert sum(weights.numel() for weights in net.fusions.parameters()) == 9 * 25632 + 3 * 2


def test_the_last_relu_can_be_left_out():
    pictures, places = noise(2, 2, 1, 16, 24), geometry()
    rectified, free = (tiny(rectified=last)(pictures, places).density for last in (True, False))
    assert torch.equal(rectified, free.relu())
    assert free.min() < 0


def test_small_pictures_are_halves_as_opencv_makes_them():
    net, seen = tiny(1), []
    for eye in net.eyes[0]:
        eye.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    pictures = noise(1, 1, 1, 24, 32)
    net.see(pictures)
    halved = cv2.resize(pictures[0, 0, 0].numpy(), (16, 12))
    assert seen[1][0, 0].numpy() == pytest.approx(halved, abs=1e-6)
    assert seen[2][0, 0].numpy() == pytest.approx(cv2.resize(halved, (8, 6)), abs=1e-6)


def test_views_and_scales_see_alike_if_they_share_weights():
    one, two = noise(1, 1, 1, 16, 16), noise(1, 1, 1, 16, 16, seed=1)
    net = tiny(share_views=True, share_scales=True)
    seen, swapped = net.see(torch.cat([one, two], 1)), net.see(torch.cat([two, one], 1))
    for maps, others in zip(seen, swapped, strict=True):
        assert torch.allclose(maps, others.flip(1))
    assert not torch.allclose(tiny().see(torch.cat([one, two], 1))[0], tiny().see(torch.cat([two, one], 1))[0].flip(1))
    assert len(list(net.eyes.parameters())) == 8
    assert len(list(tiny(share_scales=True).eyes.parameters())) == 2 * 8
    assert len(list(tiny().eyes.parameters())) == 2 * 3 * 8


# ── scales, joined by depth ───────────────────────────────────────────────────────────────────────────────────────


def test_scales_are_chosen_by_depth_by_hand():
    # Coarsest first; wanted scales are 0, 1 and 2, and the weights softmax(−(wanted − number)²).
    depth = torch.tensor([[[2.0, 1.0, 0.5]]])
    weights = tiny(1).fusions[0].weights(depth)[0, :, 0]
    middle, side = np.array([np.exp(-4), np.exp(-1), 1]), np.array([np.exp(-1), 1, np.exp(-1)])
    expected = np.column_stack([middle / middle.sum(), side / side.sum(), middle[::-1] / middle.sum()])
    assert weights.detach().numpy() == pytest.approx(expected, rel=1e-6)


def test_the_farthest_and_the_nearest_are_seen_at_one_scale():
    weights = tiny(1).fusions[0].weights(torch.tensor([[[1e9, 1e-9]]]))[0, :, 0]
    assert weights.detach().numpy() == pytest.approx(np.array([[0, 1], [0, 0], [1, 0]]))


def test_depth_is_relative_to_the_first_views_middle():
    """So its unit doesn't matter, that of a single view does."""
    net, places = tiny(), geometry()
    scales = net.see(noise(2, 2, 1, 16, 24))
    maps = net.on_ground(scales, places).maps
    assert torch.allclose(net.on_ground(scales, places._replace(depths=1000 * places.depths)).maps, maps, atol=1e-5)
    nearer = net.on_ground(scales, places._replace(depths=places.depths * torch.tensor([1.0, 0.3])[:, None, None])).maps
    assert torch.equal(nearer[:, 0], maps[:, 0])
    assert not torch.allclose(nearer[:, 1], maps[:, 1])


# ── on the ground ─────────────────────────────────────────────────────────────────────────────────────────────────


def looking_down(lens):
    return CalibratedCamera.at("above", lens, np.diag([1.0, -1, -1]), np.array([0, 0, 11.75]))


def test_a_bright_pixel_is_found_in_the_right_cell():
    """A camera ten metres above the heads: a pixel is a metre; cell (row 1, column 2) is 2.5 m, −0.5 m."""
    above = CalibratedCamera.at(
        "above", Lens(32, 24, (10.0, 10.0), (15.5, 11.5)), np.diag([1.0, -1, -1]), np.array([0, 0, 11.75])
    )
    ground = GroundMap(0.0, -2.0, 1.0, 5, 4)
    picture = torch.zeros(1, 1, 24, 32)
    picture[0, 0, 12, 18] = 1.0
    found = project(picture, torch.from_numpy(sampling_map(above, ground))[None])
    assert np.argwhere(found[0, 0].numpy() > 1e-5).tolist() == [[1, 2]]
    assert found.max() == pytest.approx(1)


def test_a_bright_place_is_found_through_all_of_the_network():
    """With weights that copy: what lights up below a camera lights up in the cell where it is."""
    above = CalibratedCamera.at(
        "above", Lens(64, 48, (40.0, 40.0), (31.5, 23.5)), np.diag([1.0, -1, -1]), np.array([0, 0, 11.75])
    )
    ground = GroundMap(-8.0, -6.0, 1.0, 16, 12)
    net = tiny(1, scales=1)
    for module in net.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.zeros_(module.weight)
            module.weight.data[:, 0, module.kernel_size[0] // 2, module.kernel_size[1] // 2] = 1.0
    picture = torch.zeros(1, 1, 1, 48, 64)
    # A head at x = 3.5 m, y = −2.5 m, four pixels a metre.
    picture[..., 32:36, 44:48] = 1.0
    places = Geometry(
        torch.from_numpy(sampling_map(above, ground))[None, None], torch.from_numpy(depth_map(above, 16, 12))[None, None]
    )
    density = net(picture, places).density[0, 0].detach().numpy()
    assert np.unravel_index(density.argmax(), density.shape) == (3, 11)
    assert (density > 0.01 * density.max()).sum() == 1


def test_cells_out_of_sight_and_missing_views_are_zero():
    net, places = tiny(), geometry()
    scales = net.see(noise(2, 2, 1, 16, 24))
    present = torch.tensor([[True, True], [True, False]])
    ground = net.on_ground(scales, places, present)
    inside = (places.sampling.abs() <= 1).all(-1)
    assert 0 < inside.float().mean() < 1
    assert torch.equal(ground.seen, inside & present[..., None, None])
    shown = (ground.maps != 0).any(2)
    assert not (shown & ~ground.seen).any()
    assert (shown & ground.seen).any()


def test_a_missing_views_picture_does_not_matter():
    net, places, pictures = tiny(), geometry(), noise(2, 2, 1, 16, 24)
    present = torch.tensor([[True, True], [True, False]])
    other = pictures.clone()
    other[1, 1] = 7.0
    assert torch.equal(net(pictures, places, present).density, net(other, places, present).density)
    assert not torch.equal(net(pictures, places).density, net(other, places).density)


def test_rows_of_a_batch_are_independent():
    net, places, pictures = tiny(), geometry(), noise(2, 2, 1, 16, 24)
    alone = net(pictures[1:], Geometry(places.sampling[1:], places.depths[1:]))
    assert torch.allclose(net(pictures, places).density[1:], alone.density, atol=1e-6)


@pytest.mark.parametrize("shared", [False, True])
def test_gradients_reach_every_parameter(shared):
    net = tiny(share_views=shared, share_scales=shared, view_heads=True)
    pictures = noise(2, 2, 1, 16, 24)
    loss = net(pictures, geometry()).density.sum() + net.view_densities(net.see(pictures)).sum()
    assert without_gradient(net, loss) == []


def without_gradient(net, loss):
    loss.backward()
    return [name for name, weights in net.named_parameters() if weights.grad is None or not weights.grad.any()]


def test_densities_of_views_are_of_their_finest_maps():
    net, pictures = tiny(view_heads=True), noise(2, 2, 1, 16, 24)
    scales = net.see(pictures)
    densities = net.view_densities(scales)
    assert densities.shape == (2, 2, 1, 4, 6)
    assert torch.equal(densities, net.view_densities(tuple(scales[-1:])))


# ── synchronized ──────────────────────────────────────────────────────────────────────────────────────────────────

SIZES = feature_sizes((16, 24))
SMALL_FLOW = {"widths": (4, 4)}


def camera_sync(matching="cat", **arguments):
    return CameraSync(SIZES, 6, matching, **SMALL_FLOW, **arguments)


def set_flowing(net):
    """Flow that isn't zero, as after some training."""
    for name, weights in net.sync.named_parameters():
        if weights.shape[0] == 2:
            torch.nn.init.normal_(weights, std=0.05 if "weight" in name else 0.2)


SYNCS = {
    "scene": lambda: SceneSync(6, **SMALL_FLOW),
    "cat": camera_sync,
    "cor": lambda: camera_sync("cor"),
    "epi": lambda: camera_sync("epi", picture_pixels=(16, 24), sigma_cells=(1.0, 1.0, 2.0)),
}


@pytest.mark.parametrize("sync", SYNCS.values(), ids=SYNCS)
def test_without_flow_nothing_changes(sync):
    """As all begin; so what is synchronized already is counted as without."""
    pictures, places = noise(2, 2, 1, 16, 24), geometry()._replace(fundamental=noise(2, 2, 2, 3, 3))
    plain, synced = tiny()(pictures, places), tiny(sync=sync())(pictures, places)
    assert torch.allclose(synced.density, plain.density, atol=1e-5)
    assert torch.allclose(synced.ground.maps, plain.ground.maps, atol=1e-5)
    assert plain.synchronized is None
    assert synced.synchronized.reference.tolist() == [0, 0]


@pytest.mark.parametrize("sync", SYNCS.values(), ids=SYNCS)
def test_gradients_reach_every_parameter_of_the_synchronization(sync):
    net = tiny(sync=sync())
    set_flowing(net)
    found = net(noise(2, 2, 1, 16, 24), geometry()._replace(fundamental=noise(2, 2, 2, 3, 3)))
    assert without_gradient(net, found.density.sum() + sum(maps.square().sum() for maps in found.synchronized.maps)) == []


def test_pictures_are_synchronized_before_they_are_looked_up():
    net, pictures, places = tiny(sync=camera_sync()), noise(2, 2, 1, 16, 24), geometry()
    set_flowing(net)
    found = net(pictures, places)
    by_hand = synchronize(net.sync, net.see(pictures))
    assert torch.equal(found.density, net.count(net.on_ground(by_hand.maps, places)))
    assert [tuple(maps.shape[-2:]) for maps in found.synchronized.maps] == [(1, 2), (2, 3), (4, 6)]
    plain = net.on_ground(net.see(pictures), places)
    assert torch.equal(found.ground.maps[:, 0], plain.maps[:, 0])
    assert not torch.allclose(found.ground.maps[:, 1], plain.maps[:, 1])


def test_on_the_ground_nothing_is_moved_out_of_sight():
    net, pictures, places = tiny(sync=SceneSync(6, **SMALL_FLOW)), noise(2, 2, 1, 16, 24), geometry()
    set_flowing(net)
    found = net(pictures, places)
    plain = net.on_ground(net.see(pictures), places)
    assert torch.equal(found.ground.maps[:, 0], plain.maps[:, 0])
    assert not torch.allclose(found.ground.maps[:, 1], plain.maps[:, 1])
    assert not ((found.ground.maps != 0).any(2) & ~plain.seen).any()
    assert found.synchronized.maps[0] is found.ground.maps


@pytest.mark.parametrize("sync", [SYNCS["scene"], SYNCS["cat"]])
def test_the_next_view_is_the_reference_where_the_first_is_missing(sync):
    net, pictures, places = tiny(3, sync=sync()), noise(1, 3, 1, 16, 24), geometry(1, 3)
    set_flowing(net)
    found = net(pictures, places, torch.tensor([[False, True, True]]))
    assert found.synchronized.reference.tolist() == [1]
    assert torch.equal(found.ground.maps[:, 1], net.on_ground(net.see(pictures), places).maps[:, 1])
    assert not found.ground.maps[:, 0].any()


def test_matching_by_features_of_their_own():
    net = tiny(sync=camera_sync(), own_matching=True, share_scales=True)
    set_flowing(net)
    assert len(list(net.matching_eyes.parameters())) == 2 * 8
    found = net(noise(2, 2, 1, 16, 24), geometry())
    assert without_gradient(net, found.density.sum() + sum(maps.square().sum() for maps in found.synchronized.maps)) == []


def test_a_network_for_each_view():
    net = tiny(3, sync=torch.nn.ModuleList(camera_sync() for _ in range(3)))
    set_flowing(net)
    found = net(noise(1, 3, 1, 16, 24), geometry(1, 3))
    missed = without_gradient(net, found.density.sum() + sum(maps.square().sum() for maps in found.synchronized.maps))
    # The reference has none to follow.
    assert {name.split(".")[1] for name in missed} == {"0"}
    assert all(name.startswith("sync.0.") for name in missed)


# ── what doesn't fit ──────────────────────────────────────────────────────────────────────────────────────────────


def test_another_number_of_views_is_refused():
    with pytest.raises(InputError, match="pictures are of 3 views, but the network is for 2"):
        tiny()(noise(1, 3, 1, 16, 16), geometry(1))
    with pytest.raises(InputError, match="geometry are of 3 views, but the network is for 2"):
        tiny()(noise(1, 2, 1, 16, 16), geometry(1, 3))


def test_single_views_need_heads():
    with pytest.raises(ValueError, match="view_heads=True"):
        tiny().view_densities(tiny().see(noise(1, 2, 1, 16, 16)))


def test_pictures_that_do_not_divide_are_refused():
    with pytest.raises(InputError, match="24 x 18, but both sides must be multiples of 4"):
        tiny()(noise(1, 2, 1, 18, 24), geometry(1))
