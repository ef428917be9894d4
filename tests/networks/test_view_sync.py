import pytest
import torch
from made_views import PICTURE, RECTIFIED, camera, shifted, textures

from viewsync.geometry.epipolar import fundamental_matrix
from viewsync.networks.synchronized_views import synchronize
from viewsync.networks.view_losses import similarity_loss, warping_loss
from viewsync.networks.view_matching import correlate, difference_factors, enlarged_correlation
from viewsync.networks.view_sync import CameraSync, SceneSync
from viewsync.networks.view_warp import enlarge_flow, warp
from viewsync.types import InputError

SIZES = ((6, 8), (12, 16))
SMALL = {"channels": 4, "widths": (6, 5)}
EPI = {"picture_pixels": PICTURE, "sigma_cells": (1.0, 2.0)}
FUNDAMENTAL = torch.tensor(fundamental_matrix(camera("a", 0), camera("b", 70)))[None].expand(3, 3, 3)


def pyramid(seed, sizes=SIZES):
    rng = torch.Generator().manual_seed(seed)
    return [textures(3, size, rng).requires_grad_() for size in sizes]


def moving(sync):
    """With flow other than zero."""
    for motion in sync.motions:
        torch.nn.init.normal_(motion.rest[-1].weight, std=0.3)
    return sync


def camera_sync(matching="cor", seed=0, **arguments):
    torch.manual_seed(seed)
    return moving(CameraSync(SIZES, matching=matching, **SMALL, **(EPI if matching == "epi" else {}), **arguments))


VARIANTS = {
    "cat": ("cat", {}),
    "cor": ("cor", {}),
    "centered": ("cor", {"centered": True}),
    "epi": ("epi", {}),
    "band": ("epi", {"evaluation": "band"}),
    "released": ("epi", {"falloff": "laplacian", "cut_sigmas": float("inf"), "normalized": True, "border": "border"}),
    "one scale matched": ("cor", {"matched_scales": 1, "activation": "relu"}),
}


@pytest.mark.parametrize(("matching", "arguments"), VARIANTS.values(), ids=VARIANTS.keys())
def test_gradients_reach_every_parameter_and_what_is_matched(matching, arguments):
    sync, reference, other = camera_sync(matching, **arguments), pyramid(1), pyramid(2)
    warped, flows = sync(reference, other, FUNDAMENTAL)
    assert [each.shape for each in warped] == [each.shape for each in other]
    assert [tuple(each.shape) for each in flows] == [(3, 2, *size) for size in SIZES]
    sum(each.square().sum() for each in flows).backward()
    assert all(bool(weights.grad.any()) for weights in sync.parameters())
    for maps in (reference, other):
        assert all(bool(each.grad.any()) for each in maps[: len(sync.motions)])
    for maps, flow, expected in zip(other, flows, warped, strict=True):
        torch.testing.assert_close(warp(maps, flow, sync.border), expected)


@torch.inference_mode()
def test_it_begins_with_no_flow():
    other = pyramid(2)
    warped, flows = CameraSync(SIZES, matching="cor", **SMALL)(pyramid(1), other)
    assert not any(flow.any() for flow in flows)
    torch.testing.assert_close(warped, other)


@torch.inference_mode()
def test_finer_scales_add_to_the_enlarged_flow():
    sync, reference, other = camera_sync(), pyramid(1), pyramid(2)
    coarse, fine = sync.flows(reference, other)
    torch.testing.assert_close(coarse, sync.motions[0](correlate(reference[0], other[0])))
    residual = sync.motions[1](correlate(*difference_factors(reference, other)))
    torch.testing.assert_close(fine, enlarge_flow(coarse, SIZES[1]) + residual, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_of_released_correlations_each_scale_is_normalized_by_itself():
    arguments = VARIANTS["released"][1]
    sync, reference, other = camera_sync("epi", **arguments), pyramid(1), pyramid(2)
    coarse, fine = sync.flows(reference, other, FUNDAMENTAL)
    before, now = (correlate(reference[j], other[j], sync._mask(j, FUNDAMENTAL, like=other[j])) for j in (0, 1))
    residual = sync.motions[1](now - enlarged_correlation(before, *SIZES))
    torch.testing.assert_close(fine, enlarge_flow(coarse, SIZES[1]) + residual, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_a_scale_that_is_not_matched_has_the_enlarged_flow():
    coarse, fine = camera_sync(matched_scales=1).flows(pyramid(1), pyramid(2))
    torch.testing.assert_close(fine, enlarge_flow(coarse, SIZES[1]))


@pytest.mark.parametrize(("matching", "ways"), [("cor", ["factored", "blocked"]), ("epi", ["blocked", "band"])])
@torch.inference_mode()
def test_however_it_is_computed_the_flow_is_the_same(matching, ways):
    expected = camera_sync(matching, evaluation="dense").flows(pyramid(1), pyramid(2), FUNDAMENTAL)
    for way in ways:
        found = camera_sync(matching, evaluation=way).flows(pyramid(1), pyramid(2), FUNDAMENTAL)
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_what_is_centered_does_not_know_of_brightness():
    sync, reference, other = camera_sync(centered=True), pyramid(1), pyramid(2)
    brighter = [each + 3 for each in reference]
    torch.testing.assert_close(sync.flows(brighter, other), sync.flows(reference, other), atol=1e-4, rtol=1e-4)


def test_the_ground_is_matched_by_its_channels():
    torch.manual_seed(0)
    sync, (reference,), (other,) = SceneSync(**SMALL), pyramid(1, SIZES[:1]), pyramid(2, SIZES[:1])
    torch.nn.init.normal_(sync.motion.rest[-1].weight)
    (warped,), (flow,) = sync([reference], [other])
    torch.testing.assert_close(flow, sync.motion(torch.cat([reference, other], dim=1)))
    torch.testing.assert_close(warped, warp(other, flow))
    warped.square().sum().backward()
    assert all(bool(weights.grad.any()) for weights in sync.parameters())


TOY = (8, 10)


def learned_error(sync, loss_of, draw_shifts, steps):
    """The mean end-point error on textures that weren't trained on, over that of zero flow."""
    rng = torch.Generator().manual_seed(1)
    optimizer = torch.optim.Adam(sync.parameters(), 3e-3)
    for _ in range(steps):
        reference, other, _ = shifted(16, TOY, draw_shifts(16, rng), rng)
        found = synchronize(sync, [torch.stack([reference, other], 1)], fundamental=RECTIFIED.expand(16, 2, 2, 3, 3))
        optimizer.zero_grad()
        loss_of(found, reference).backward()
        optimizer.step()
    reference, other, flow = shifted(64, TOY, draw_shifts(64, rng), rng)
    with torch.inference_mode():
        (found,) = sync.flows([reference], [other], RECTIFIED.expand(64, 3, 3))
    errors = (found - flow[:, :, None, None])[..., 2:-2, 2:-2].norm(dim=1).mean()
    return float(errors / flow.norm(dim=1).mean())


def same_shift(count, _rng):
    return torch.tensor([2, -1]).expand(count, 2)


def any_shift(count, rng):
    return torch.randint(-2, 3, (count, 2), generator=rng)


def unsupervised(found, _reference):
    return similarity_loss(found.maps[0], found.reference)


def supervised(found, reference):
    return warping_loss([torch.stack([reference, reference], 1)], found.maps)


LEARNERS = {
    "scene, one shift": (lambda: SceneSync(4, widths=(16, 16, 8)), unsupervised, same_shift, 30),
    "cat, one shift": (lambda: CameraSync([TOY], 4, "cat", widths=(16, 16, 8)), unsupervised, same_shift, 30),
    "cor, any shift": (
        lambda: CameraSync([TOY], 4, "cor", widths=(16, 16, 8), centered=True),
        supervised,
        any_shift,
        100,
    ),
    "epi, any shift": (
        lambda: CameraSync([TOY], 4, "epi", widths=(16, 16, 8), centered=True, picture_pixels=TOY, sigma_cells=(2.0,)),
        supervised,
        any_shift,
        100,
    ),
}


@pytest.mark.parametrize(("make", "loss_of", "shifts", "steps"), LEARNERS.values(), ids=LEARNERS.keys())
def test_it_learns_by_how_much_textures_are_shifted(make, loss_of, shifts, steps):
    torch.manual_seed(0)
    assert learned_error(make(), loss_of, shifts, steps) < 0.5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"matching": "epi"}, "needs picture_pixels and a sigma_cells for each of 2 scales; got None and"),
        ({"matching": "epi", "picture_pixels": PICTURE, "sigma_cells": (1.0,)}, r"got \(120, 160\) and \[1.0\]"),
        ({"matching": "cor", "evaluation": "band"}, "evaluation 'band' can't be had here"),
        ({"matching": "epi", "evaluation": "factored", **EPI}, "evaluation 'factored' can't be had here"),
        ({"matching": "epi", "evaluation": "band", "cut_sigmas": float("inf"), **EPI}, "'band' is for a cut 'epi'"),
        ({"matching": "epi", "evaluation": "blocked", "normalized": True, **EPI}, "normalized is always 'dense'"),
        ({"matching": "cor", "matched_scales": 0}, "matched_scales must be from 1 to 2; got 0"),
    ],
)
def test_arguments_that_do_not_belong_together_are_refused(arguments, said):
    with pytest.raises(InputError, match=said):
        CameraSync(SIZES, **SMALL, **arguments)


def test_other_maps_and_unknown_cameras_are_refused():
    with pytest.raises(InputError, match=r"maps are of \(\(6, 8\),\) rows and columns, but .* for \(\(6, 8\), \(12, 16\)\)"):
        camera_sync()(pyramid(1)[:1], pyramid(2))
    with pytest.raises(InputError, match="needs the fundamental matrix of each pair"):
        camera_sync("epi")(pyramid(1), pyramid(2))
