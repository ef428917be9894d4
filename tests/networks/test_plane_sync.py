"""What the reference shows of planes, against cameras' own geometry; and blobs that walk, which have to be found again."""

import numpy as np
import pytest
import torch
from made_views import PICTURE, camera

from viewsync.geometry.triangulation import projection_matrices
from viewsync.networks.plane_sync import HEIGHTS_METRES, PlaneSync, through_plane
from viewsync.networks.synchronized_views import synchronize
from viewsync.networks.view_losses import guiding_loss
from viewsync.types import InputError

CAMERAS = [camera("a", 10), camera("b", 80), camera("c", 150)]
PROJECTIONS = torch.from_numpy(projection_matrices(CAMERAS)).float()
SIZES = ((8, 10), (15, 20))


@pytest.mark.parametrize("height", [0.0, 0.9, 1.6])
@pytest.mark.parametrize("size", SIZES)
def test_what_is_on_a_plane_is_where_the_cameras_project_it(height, size):
    found = through_plane(PROJECTIONS[None, :2], height, PICTURE, size)[0].numpy()
    rows, columns = np.mgrid[: size[0], : size[1]] + 0.5
    pixels = np.stack([columns / size[1], rows / size[0]], axis=-1) * PICTURE[::-1] - 0.5
    ground = CAMERAS[1].on_plane(pixels, height)
    there = CAMERAS[0].project(np.concatenate([ground, np.full((*size, 1), height)], axis=-1))
    expected = (there + 0.5) / PICTURE[::-1] * 2 - 1
    shown = (np.abs(expected) < 1).all(axis=-1)
    assert shown.sum() > 10
    assert found[shown] == pytest.approx(expected[shown], abs=1e-3)
    assert (np.abs(found[~shown]).max(axis=-1) >= 1).all()


def test_above_the_horizon_there_is_no_plane():
    """Nor behind the reference: two cameras that look the same way, one before the other."""
    near, far = camera("near", 0, away=4.0, height=1.0), camera("far", 0, away=14.0, height=1.0)
    matrices = torch.from_numpy(projection_matrices([near, far]))[None]
    found = through_plane(matrices, 0.0, PICTURE, PICTURE)[0]
    horizon = far.project(np.array([-1e6, 0.0, 1.0]))[1]
    assert (found[: int(horizon)] > 1).all()
    between = far.project(np.array([9.0, 0.0, 0.0])).round().astype(int)
    assert (found[between[1], between[0]] > 1).all()


def blobs(places):
    """People before all cameras, "batch view 1 row column" per scale."""
    found = []
    for rows, columns in SIZES:
        y, x = np.mgrid[:rows, :columns]
        views = []
        for one in CAMERAS:
            seen = np.zeros((len(places), rows, columns))
            for height in (0.3, 0.8, 1.3):
                pixels = one.project(np.concatenate([places, np.full((len(places), 1), height)], axis=-1))
                across, down = ((pixels + 0.5) / PICTURE[::-1] * (columns, rows) - 0.5).T[..., None, None]
                seen += np.exp(-((x - across) ** 2 + (y - down) ** 2) / 1.5)
            views.append(seen)
        found.append(torch.from_numpy(np.stack(views, axis=1)[:, :, None]).float())
    return found


def drawn(count, rng, latency):
    """Maps of each view's own instant, those of the first one's, and everybody's way in cells of the last scale."""
    here = rng.uniform(-2, 2, (count, 2))
    steps = latency * rng.uniform(-1, 1, (count, 2))
    now, then = blobs(here), blobs(here + steps)
    for one, other in zip(then, now, strict=True):
        one[:, 0] = other[:, 0]
    return then, now, here, here + steps


def projected(places):
    return np.stack([one.project(np.column_stack([places, np.full(len(places), 0.8)])) for one in CAMERAS], axis=1)


def test_people_are_found_again():
    """By one network for all pairs of cameras, on places that weren't trained on."""
    torch.manual_seed(0)
    rng, sync = np.random.default_rng(0), PlaneSync(1, 2, PICTURE, widths=(16, 16, 8))
    adam = torch.optim.Adam(sync.parameters(), 4e-3)
    for _ in range(150):
        before, wanted, *_ = drawn(16, rng, 1.0)
        found = synchronize(sync, before, projections=PROJECTIONS.expand(16, 3, 3, 4))
        adam.zero_grad()
        guiding_loss(wanted, before, found.flows_cells, sigmas_cells=(0.5, 1.5)).backward()
        adam.step()
    assert all(one.grad.abs().sum() > 0 for one in sync.parameters())
    before, _, here, there = drawn(64, rng, 1.0)
    with torch.inference_mode():
        flow = synchronize(sync, before, projections=PROJECTIONS.expand(64, 3, 3, 4)).flows_cells[-1].numpy()
    stride, now, then = PICTURE[1] / SIZES[-1][1], projected(here), projected(there)
    columns, rows = np.floor((now + 0.5) / stride).astype(int).T
    inside = (columns >= 0) & (columns < SIZES[-1][1]) & (rows >= 0) & (rows < SIZES[-1][0])
    ways, told = [], []
    for view in (1, 2):
        for scene in np.flatnonzero(inside[view]):
            ways.append((then - now)[scene, view])
            told.append(stride * flow[scene, view, :, rows[view, scene], columns[view, scene]])
    errors, far = (np.linalg.norm(one, axis=-1).mean() for one in (np.subtract(told, ways), ways))
    assert errors < 0.6 * far


def test_it_begins_without_flow_and_needs_cameras():
    sync, (before, *_) = PlaneSync(1, 2, PICTURE, widths=(4,)), drawn(2, np.random.default_rng(1), 1.0)
    found = synchronize(sync, before, projections=PROJECTIONS.expand(2, 3, 3, 4))
    assert all(not flow.any() for flow in found.flows_cells)
    assert [motion.first.in_channels for motion in sync.motions] == [1 + len(HEIGHTS_METRES)] * 2
    with pytest.raises(InputError, match=r"needs the projection matrix of each view\. Calibrate"):
        synchronize(sync, before)
    with pytest.raises(InputError, match="maps of 1 scales, but CLS-planes was made for 2"):
        synchronize(sync, before[:1], projections=PROJECTIONS.expand(2, 3, 3, 4))
