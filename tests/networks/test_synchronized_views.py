import pytest
import torch
from made_views import textures
from torch import nn

from viewsync.networks.synchronized_views import choose_reference, synchronize
from viewsync.networks.view_sync import CameraSync, SceneSync
from viewsync.networks.view_warp import warp
from viewsync.types import InputError

SIZES = ((6, 8), (12, 16))
VIEWS = 4


def scene_maps(batch=3):
    rng = torch.Generator().manual_seed(0)
    return [textures(batch * VIEWS, size, rng).unflatten(0, (batch, VIEWS)) for size in SIZES]


def camera_sync(seed=0):
    torch.manual_seed(seed)
    sync = CameraSync(SIZES, 4, "cor", widths=(6, 5), centered=True)
    for motion in sync.motions:
        nn.init.normal_(motion.rest[-1].weight, std=0.3)
    return sync


@torch.inference_mode()
def test_each_other_view_is_moved_to_the_references_instant():
    sync, maps = camera_sync(), scene_maps()
    found = synchronize(sync, maps)
    assert found.reference.tolist() == [0, 0, 0]
    for view in range(1, VIEWS):
        warped, flows = sync([each[:, 0] for each in maps], [each[:, view] for each in maps])
        torch.testing.assert_close([each[:, view] for each in found.maps], warped)
        torch.testing.assert_close([each[:, view] for each in found.flows_cells], flows)
    for scale, each in enumerate(maps):
        assert torch.equal(found.maps[scale][:, 0], each[:, 0])
        assert not found.flows_cells[scale][:, 0].any()


@torch.inference_mode()
def test_permuted_views_have_permuted_outputs():
    maps, order = scene_maps(), [0, 3, 1, 2]
    found, permuted = synchronize(camera_sync(), maps), synchronize(camera_sync(), [each[:, order] for each in maps])
    torch.testing.assert_close([each[:, order] for each in found.maps], permuted.maps)


@torch.inference_mode()
def test_the_next_view_takes_a_missing_references_place():
    present = torch.tensor([[True, True, True, True], [False, False, True, True], [False, False, False, True]])
    maps = scene_maps()
    found = synchronize(camera_sync(), maps, present)
    assert found.reference.tolist() == [0, 2, 3]
    for scale, each in enumerate(maps):
        moved = found.flows_cells[scale].flatten(2).any(dim=2)
        assert moved.tolist() == [[False, True, True, True], [False, False, False, True], [False] * 4]
        assert torch.equal(found.maps[scale][~moved], each[~moved])
    alone = synchronize(camera_sync(), [each[1:2, 2:] for each in maps])
    torch.testing.assert_close([each[1:2, 2:] for each in found.maps], alone.maps)


def test_any_view_can_be_the_reference():
    present = torch.tensor([[True, True, True], [True, True, False], [False, True, False]])
    assert choose_reference(present, 2).tolist() == [2, 0, 1]


@torch.inference_mode()
def test_each_view_may_have_weights_of_its_own():
    syncs = nn.ModuleList(camera_sync(seed) for seed in range(VIEWS))
    maps, found = scene_maps(), synchronize(syncs, scene_maps(), reference_view=1)
    for view in (0, 2, 3):
        warped, _ = syncs[view]([each[:, 1] for each in maps], [each[:, view] for each in maps])
        torch.testing.assert_close([each[:, view] for each in found.maps], warped)


@torch.inference_mode()
def test_other_features_may_be_matched():
    sync, maps = camera_sync(), scene_maps()
    other = [each.flip(1) for each in maps]
    found = synchronize(sync, maps, matching_maps=other)
    flows = synchronize(sync, other).flows_cells
    torch.testing.assert_close(found.flows_cells, flows)
    torch.testing.assert_close(found.maps[1][:, 2], warp(maps[1][:, 2], flows[1][:, 2]))


@torch.inference_mode()
def test_each_pair_has_its_cameras():
    """Epipolar lines far from one view's picture leave it no match, and so another flow."""
    sync = CameraSync(SIZES, 4, "epi", widths=(6, 5), picture_pixels=(24, 32), sigma_cells=(1.0, 2.0))
    for motion in sync.motions:
        nn.init.normal_(motion.rest[-1].weight, std=0.3)
    rows = torch.tensor([[0.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    fundamental = rows.expand(3, VIEWS, VIEWS, 3, 3).clone()
    before = synchronize(sync, scene_maps(), fundamental=fundamental)
    fundamental[1, 0, 2, 2, 2] = 500
    after = synchronize(sync, scene_maps(), fundamental=fundamental)
    changed = (before.flows_cells[0] != after.flows_cells[0]).flatten(2).any(dim=2)
    assert changed.nonzero().tolist() == [[1, 2]]


def test_gradients_reach_all_views():
    maps = [each.requires_grad_() for each in scene_maps()]
    found = synchronize(camera_sync(), maps)
    sum(each.square().sum() for each in found.maps).backward()
    assert all(bool(each.grad.flatten(2).any(dim=2).all()) for each in maps)


def test_the_ground_is_one_scale():
    torch.manual_seed(0)
    sync = SceneSync(4, widths=(6, 5))
    nn.init.normal_(sync.motion.rest[-1].weight)
    found = synchronize(sync, scene_maps()[:1])
    assert bool(found.flows_cells[0][:, 1:].flatten(2).any(dim=2).all())


def test_a_scene_without_views_is_refused():
    present = torch.tensor([[True] * VIEWS, [False] * VIEWS, [True] * VIEWS])
    with pytest.raises(InputError, match="scene 1 of the batch has no view at all"):
        synchronize(camera_sync(), scene_maps(), present)
