"""Voxels around a person: where they are, and what views show there, against slow twins."""

from math import pi

import numpy as np
import pytest
import torch

from seen_bodies import camera_at
from viewsync.geometry.lens import Lens
from viewsync.geometry.triangulation import projection_matrices
from viewsync.networks.cuboid import Cuboid, aggregate, unproject

WIDE = (24, 40)
"""Height and width of pictures: not square."""
LENS = Lens(WIDE[1], WIDE[0], (50.0, 45.0), (19.0, 12.5))
MATRICES = torch.from_numpy(projection_matrices([camera_at(degrees, f"cam{degrees}", LENS) for degrees in (0, 70, 160)]))


def noise(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def cuboid(turns=(0.3, -2.0), voxels=5, side=2.0):
    centers = noise(len(turns), 3) - 0.5
    return Cuboid(centers, torch.tensor(turns, dtype=torch.float64), voxels, side)


# ── places ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_voxels_are_side_by_side_from_corner_to_corner():
    places = Cuboid(torch.tensor([[1.0, 2.0, 3.0]]), torch.zeros(1), 64).places_metres()
    assert places[0, 0, 0, 0].tolist() == pytest.approx([1 - 1.25, 2 - 1.25, 3 - 1.25])
    assert places[0, -1, -1, -1].tolist() == pytest.approx([1 + 1.25, 2 + 1.25, 3 + 1.25])
    for axis in range(3):
        steps = places.diff(dim=1 + axis)
        assert torch.allclose(steps, 2.5 / 63 * torch.eye(3)[axis], atol=1e-6)


def test_turning_is_about_the_vertical_through_the_center():
    """A quarter from x towards y: what was along x is along y, and heights stay."""
    straight = Cuboid(torch.tensor([[1.0, 2.0, 3.0]]), torch.zeros(1), 4)
    turned = Cuboid(straight.center_metres, torch.tensor([pi / 2]), 4).places_metres() - straight.center_metres
    apart = straight.places_metres() - straight.center_metres
    assert torch.allclose(turned, torch.stack([-apart[..., 1], apart[..., 0], apart[..., 2]], dim=-1), atol=1e-6)


def test_the_middle_of_all_places_is_the_center():
    one = cuboid()
    assert torch.allclose(one.places_metres().flatten(1, 3).mean(dim=1), one.center_metres)


def test_each_place_is_nearest_to_its_own_voxel():
    one = cuboid(voxels=4)
    numbers = torch.stack(torch.meshgrid(*3 * [torch.arange(4)], indexing="ij"), dim=-1).flatten(0, 2)
    assert torch.equal(one.nearest(one.places_metres().flatten(1, 3)), numbers.expand(2, -1, -1))


def test_nearest_is_that_of_all_distances_also_outside():
    one, points = cuboid(voxels=4), 4 * noise(2, 50, 3, seed=3) - 2
    distances = torch.cdist(points, one.places_metres().flatten(1, 3))
    flat = distances.argmin(dim=2)
    assert torch.equal(one.nearest(points), torch.stack([flat // 16, flat // 4 % 4, flat % 4], dim=-1))
    assert (distances.amin(dim=2) > 1).any()


def test_a_joint_that_is_in_one_voxel_for_sure_is_there():
    one = cuboid()
    probabilities = torch.zeros(2, 1, 5, 5, 5, dtype=torch.float64)
    probabilities[:, 0, 1, 4, 2] = 1
    assert torch.allclose(one.expectation_metres(probabilities)[:, 0], one.places_metres()[:, 1, 4, 2])


def test_the_expectation_is_that_of_all_places():
    one = cuboid()
    probabilities = noise(2, 3, 5, 5, 5).flatten(2).softmax(dim=2).view(2, 3, 5, 5, 5)
    expected = torch.einsum("bjxyz,bxyzk->bjk", probabilities, one.places_metres())
    assert torch.allclose(one.expectation_metres(probabilities), expected)


# ── what views show there ─────────────────────────────────────────────────────────────────────────────────────────


def slow_twin(maps, matrices, places, pixels):
    """One place in one view at a time."""
    channels, rows, columns = maps.shape
    found = np.zeros((channels, *places.shape[:3]))
    for voxel in np.ndindex(places.shape[:3]):
        u, v, depth = matrices @ np.append(places[voxel], 1)
        if depth <= 0:
            continue
        column, row = (u / depth + 0.5) * columns / pixels[1] - 0.5, (v / depth + 0.5) * rows / pixels[0] - 0.5
        left, top = int(np.floor(column)), int(np.floor(row))
        for r, c in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
            if 0 <= r < rows and 0 <= c < columns:
                found[:, *voxel] += (1 - abs(row - r)) * (1 - abs(column - c)) * maps[:, r, c]
    return found


@pytest.mark.parametrize("size", [(6, 10), (12, 20), (5, 5)])
def test_unprojection_is_its_slow_twins(size):
    """With maps and pictures that aren't square, and places behind and beside the cameras."""
    places = cuboid(voxels=5, side=14.0).places_metres()
    maps = noise(2, 3, 2, *size, seed=1)
    there = torch.ones(2, 3, dtype=torch.bool)
    found = unproject(maps, MATRICES.expand(2, -1, -1, -1), places, WIDE, there)
    for batch, view in np.ndindex(2, 3):
        twin = slow_twin(maps[batch, view].numpy(), MATRICES[view].numpy(), places[batch].numpy(), WIDE)
        assert np.abs(found.maps[batch, view].numpy() - twin).max() < 1e-9
    assert 0.02 < found.seen.double().mean() < 0.5


def test_what_is_seen_is_in_the_picture_and_before_the_camera():
    places = cuboid(voxels=5, side=14.0).places_metres()
    image = torch.einsum("vij,bxyzj->bvxyzi", MATRICES[:, :, :3], places) + MATRICES[:, None, None, None, :, 3]
    x, y = (image[..., axis] / image[..., 2] + 0.5 for axis in (0, 1))
    inside = (image[..., 2] > 0) & (x >= 0) & (x <= WIDE[1]) & (y >= 0) & (y <= WIDE[0])
    maps, there = noise(2, 3, 1, 6, 10), torch.ones(2, 3, dtype=torch.bool)
    assert torch.equal(unproject(maps, MATRICES.expand(2, -1, -1, -1), places, WIDE, there).seen, inside)


def test_a_missing_view_shows_nothing():
    maps, present = noise(2, 3, 1, 6, 10) + 1, torch.tensor([[True, False, True], [True, True, True]])
    found = unproject(maps, MATRICES.expand(2, -1, -1, -1), cuboid().places_metres(), WIDE, present)
    assert found.maps.flatten(2).any(dim=2).tolist() == found.seen.flatten(2).any(dim=2).tolist() == present.tolist()


def test_places_very_far_off_are_not_seen():
    far = Cuboid(torch.tensor([[1e12, -1e12, 1e12]]), torch.zeros(1), 2)
    found = unproject(
        noise(1, 3, 1, 6, 10).float(), MATRICES.float()[None], far.places_metres(), WIDE, torch.ones(1, 3).bool()
    )
    assert not found.seen.any()
    assert not found.maps.any()


def test_a_voxel_lit_in_all_views_is_found():
    """Its place is drawn into fine maps of all views; it is where all of them are bright."""
    one = cuboid(turns=(0.4,), voxels=5, side=1.6)
    place = one.places_metres()[0, 1, 3, 2]
    image = MATRICES @ torch.cat([place, torch.ones(1)])
    y, x = torch.meshgrid(torch.arange(WIDE[0]), torch.arange(WIDE[1]), indexing="ij")
    far = (x - (image[:, 0] / image[:, 2])[:, None, None]) ** 2 + (y - (image[:, 1] / image[:, 2])[:, None, None]) ** 2
    maps = (-far / 8).exp()[None, :, None]
    space = unproject(maps, MATRICES[None], one.places_metres(), WIDE, torch.ones(1, 3).bool())
    volume = aggregate(space.maps, torch.ones(1, 3).bool(), "sum")
    sure = (30 * volume).flatten(2).softmax(dim=2).view_as(volume)
    assert one.expectation_metres(sure)[0, 0].tolist() == pytest.approx(place.tolist(), abs=0.01)


def test_gradients_reach_the_maps():
    maps = noise(1, 3, 2, 6, 10).requires_grad_()
    space = unproject(maps, MATRICES[None], cuboid((0.0,), 8).places_metres(), WIDE, torch.ones(1, 3).bool())
    space.maps.sum().backward()
    assert maps.grad.flatten(3).any(dim=3).all()


# ── views together ────────────────────────────────────────────────────────────────────────────────────────────────

HOWS = ["sum", "max", "conf", "conf_norm", "softmax"]


@pytest.mark.parametrize("how", HOWS)
def test_views_may_come_in_any_order(how):
    maps, confidences, order = noise(2, 4, 3, 2, 2, 2), noise(2, 4, 3), [2, 0, 3, 1]
    present = torch.tensor([[True, True, False, True], [True, True, True, True]])
    assert torch.allclose(
        aggregate(maps, present, how, confidences),
        aggregate(maps[:, order], present[:, order], how, confidences[:, order]),
    )


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_missing_view_does_not_count(how, sign):
    """Not as zero either: the others alone give the same."""
    maps, confidences = sign * (noise(1, 3, 2, 2, 2, 2) + 0.1), noise(1, 3, 2)
    present = torch.tensor([[True, False, True]])
    alone = aggregate(maps[:, ::2], torch.ones(1, 2).bool(), how, confidences[:, ::2])
    torch.testing.assert_close(aggregate(maps, present, how, confidences), alone)


def test_views_together_by_hand():
    maps = torch.tensor([1.0, 3.0]).view(1, 2, 1, 1, 1, 1)
    there, confidences = torch.ones(1, 2).bool(), torch.tensor([[[0.2], [0.6]]])
    found = {how: aggregate(maps, there, how, confidences).item() for how in HOWS}
    # Shares are a quarter and three quarters; the softmax's weights are as 1 to e².
    softmax = (1 + 3 * np.exp(2)) / (1 + np.exp(2))
    assert found == pytest.approx({"sum": 4, "max": 3, "conf": 2.0, "conf_norm": 2.5, "softmax": softmax})
