import numpy as np
import pytest
import torch

from viewsync.networks.checkpoints import load_network, shipped
from viewsync.networks.pose_embedding import RATE_HZ, PoseEmbedding
from viewsync.pose_embedding.correlation import correlations, lags, peak
from viewsync.signals import embedding as module
from viewsync.signals.embedding import embed, with_confidence
from viewsync.worlds.motions import moves
from viewsync.worlds.motions.figure import poses
from viewsync.worlds.motions.posture import RATE_HZ as POSTURES_HZ
from viewsync.worlds.motions.skeleton import AVERAGE, JOINTS, Poses
from viewsync.worlds.people.joints import COCO17


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


BONES = {
    "Arm": ("left_shoulder", "right_shoulder"),
    "ForeArm": ("left_elbow", "right_elbow"),
    "Hand": ("left_wrist", "right_wrist"),
    "UpLeg": ("left_hip", "right_hip"),
    "Leg": ("left_knee", "right_knee"),
    "Foot": ("left_ankle", "right_ankle"),
}


def from_afar(move, azimuth, first=0.0, seconds=8.0, noise=0.0):
    """Limbs of somebody who does one of the package's own moves, from a side, by a lens of infinite length; no face."""
    clip = poses(move(np.random.default_rng([5, 2_000_000])))
    heads, _ = Poses(clip.hips_metres, clip.rotations).joints(AVERAGE)
    times = (first + np.arange(int(seconds * RATE_HZ)) / RATE_HZ) * POSTURES_HZ
    points = np.full((len(times), 17, 2), np.nan)
    for bone, names in BONES.items():
        for side, name in zip(("Left", "Right"), names, strict=True):
            places = heads[:, JOINTS.index(side + bone)]
            x, y, z = (np.interp(times, np.arange(len(places)), places[:, axis]) for axis in range(3))
            across = np.cos(azimuth) * x + np.sin(azimuth) * y
            points[:, COCO17.index(name)] = 200 * np.stack([across, -z], axis=1)
    return with_confidence(points + noise * np.random.default_rng(int(10 * azimuth)).normal(size=points.shape))


@pytest.mark.parametrize("azimuth", [0.5, 1.5, 2.6])
@pytest.mark.parametrize("move", [moves.punch, moves.squat])
def test_shipped_weights_find_a_move_again_from_another_side(network, move, azimuth):
    a = embed(from_afar(move, 0.2, noise=2), network)
    b = embed(from_afar(move, azimuth, first=1.51, noise=2), network)
    likeness = correlations(torch.from_numpy(a)[None], torch.from_numpy(b)[None])[0, 0]
    assert lags(len(a), len(b))[0] + peak(likeness) == pytest.approx(1.51 * RATE_HZ, abs=1.0)


def test_standing_tells_less_than_dancing(network):
    standing, dancing = (embed(from_afar(move, 0.4), network) for move in (moves.stand, moves.dance))
    assert 1.5 * np.linalg.norm(standing, axis=1).mean() < np.linalg.norm(dancing, axis=1).mean()
