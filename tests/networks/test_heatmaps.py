import math

import numpy as np
import pytest
import torch

from viewsync.media.keypoints.joints import COCO17, OPENPOSE18
from viewsync.networks.heatmaps import framed, heatmaps, openpose18, rendered, subset
from viewsync.types import InputError


def keypoints(seed=0, clips=2, frames=5, joints=17):
    rng = torch.Generator().manual_seed(seed)
    places = 500 + 100 * torch.randn(clips, frames, joints, 2, generator=rng, dtype=torch.float64)
    return torch.cat([places, torch.rand(clips, frames, joints, 1, generator=rng, dtype=torch.float64)], dim=3)


def test_a_hill_by_hand():
    made = heatmaps(torch.tensor([[[2.5, 1.0, 0.5]]]), 5, sigma_pixels=2.0)
    assert made.shape == (1, 1, 5, 5)
    # Row 3, column 4: 1.5 to the right, 2 below.
    assert made[0, 0, 3, 4].item() == pytest.approx(0.5 * math.exp(-(1.5**2 + 2**2) / 8))
    assert made.argmax().item() in (1 * 5 + 2, 1 * 5 + 3)


def test_hills_are_where_the_joints_are():
    given = torch.cat([4 + 8 * torch.rand(3, 18, 2), torch.ones(3, 18, 1)], dim=2)
    made, pixel = heatmaps(given, 16), torch.arange(16.0)
    share = made / made.sum((2, 3), keepdim=True)
    torch.testing.assert_close((share.sum(2) * pixel).sum(2), given[..., 0], atol=0.1, rtol=0)
    torch.testing.assert_close((share.sum(3) * pixel).sum(2), given[..., 1], atol=0.1, rtol=0)


def test_unseen_joints_make_no_hill_wherever_they_are():
    given = keypoints(joints=18)
    given[0, 0, 3] = torch.tensor([math.nan, math.nan, 0.0])
    made = heatmaps(framed(given, 16), 16)
    assert bool((made[0, 0, 3] == 0).all())
    assert bool(torch.isfinite(made).all())


@pytest.mark.parametrize("zoom", [1e-3, 7.0])
def test_place_and_zoom_in_the_picture_drop_out(zoom):
    given = keypoints(joints=18)
    moved = given.clone()
    moved[..., :2] = zoom * moved[..., :2] + 300 * torch.randn(2, 5, 1, 2, dtype=torch.float64)
    torch.testing.assert_close(framed(moved, 32), framed(given, 32))


def test_somebody_upright_fills_most_of_the_map():
    heights = {"nose": 1.6, "eye": 1.65, "ear": 1.62, "shoulder": 1.45, "elbow": 1.15, "wrist": 0.95, "hip": 0.9,
               "knee": 0.5, "ankle": 0.1}  # fmt: skip
    y = [-100 * heights[name.split("_")[-1]] for name in COCO17]
    x = [15 * (name.startswith("left") - name.startswith("right")) for name in COCO17]
    given = torch.tensor(np.stack([x, y, np.ones(17)], axis=1))[None]
    places = framed(openpose18(given), 32)[..., :2]
    assert 2 < places.min() < 5
    assert 27 < places.max() < 30


def test_the_neck_is_midway_between_the_shoulders_and_the_others_keep_their_names():
    given = keypoints()
    made = openpose18(given)
    for place, name in enumerate(OPENPOSE18):
        if name != "neck":
            assert torch.equal(made[..., place, :], given[..., COCO17.index(name), :])
    left, right = (given[..., COCO17.index(f"{side}_shoulder"), :] for side in ("left", "right"))
    neck = made[..., OPENPOSE18.index("neck"), :]
    torch.testing.assert_close(neck[..., :2], (left + right)[..., :2] / 2)
    assert torch.equal(neck[..., 2], torch.minimum(left[..., 2], right[..., 2]))


@pytest.mark.parametrize("count", [5, 9, 13, 18])
def test_fewer_joints_are_drawn_where_they_are_among_all(count):
    given = keypoints()
    chosen = subset(count)
    assert len(set(chosen.tolist())) == count
    assert torch.equal(rendered(given, 16, count), rendered(given, 16)[:, :, chosen])


def test_what_cant_be_drawn_is_refused():
    given = keypoints()
    given[1, ..., 2] = 0
    with pytest.raises(InputError, match="nobody is seen in a clip"):
        rendered(given, 16)
    with pytest.raises(InputError, match="made of 5, 9, 13, 18 joints, got 7"):
        rendered(keypoints(), 16, 7)
