import numpy as np
import pytest
import torch

from viewsync.networks.checkpoints import load_network, shipped
from viewsync.networks.pose_embedding import PoseEmbedding
from viewsync.pose_embedding import embed as module
from viewsync.pose_embedding.embed import embed, with_confidence


@pytest.fixture(scope="module")
def network():
    return load_network(shipped("pose-embedding"), PoseEmbedding)


def tracks(frames):
    rng = np.random.default_rng(0)
    points = 300 + 50 * rng.normal(size=(1, 17, 2)) + np.cumsum(rng.normal(size=(frames, 17, 2)), axis=0)
    points[rng.uniform(size=(frames, 17)) < 0.1] = np.nan
    return with_confidence(points)


def test_unseen_joints_have_confidence_zero():
    points = np.array([[[1.0, 2.0], [np.nan, 3.0]]])
    assert with_confidence(points).tolist() == [[[1, 2, 1], [0, 0, 0]]]


@pytest.mark.parametrize("frames", [1, 200, 500, 501])
def test_in_chunks_is_as_in_one_go(network, monkeypatch, frames):
    given = tracks(frames)
    with torch.inference_mode():
        whole = network(torch.from_numpy(given)[None])[0].numpy()
    monkeypatch.setattr(module, "CHUNK_FRAMES", 100)
    np.testing.assert_allclose(embed(given, network), whole, atol=1e-5)


def test_nothing_gives_nothing(network):
    assert embed(tracks(1)[:0], network).shape == (0, network.direction.out_features)


def test_standing_still_tells_less_than_moving(network):
    rng = np.random.default_rng(1)
    moving = tracks(300)
    still = np.repeat(moving[150:151], 300, axis=0)
    still[..., :2] += 0.2 * rng.normal(size=(300, 17, 2))
    assert np.linalg.norm(embed(still, network), axis=1).mean() < np.linalg.norm(embed(moving, network), axis=1).mean()
