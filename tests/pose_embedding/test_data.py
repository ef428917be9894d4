from itertools import islice

import numpy as np
import pytest
import torch
from test_virtual_cameras import somebody

from viewsync.networks.pose_embedding import RATE_HZ
from viewsync.pose_embedding.data import Pairs, View, filmed, track_of


def clock_view(start_seconds, frames=600):
    """Every coordinate is the time."""
    track = np.ones((frames, 17, 3), np.float32)
    track[..., :2] = (start_seconds + np.arange(frames) / RATE_HZ)[:, None, None]
    return View(start_seconds, track)


def test_lags_are_true():
    pairs = Pairs([(clock_view(0.0), clock_view(0.0123), clock_view(0.03))], 16, 0)
    for batch in islice(pairs, 3):
        apart = (batch.b[:, 0, 0, 0] - batch.a[:, 0, 0, 0]) * RATE_HZ
        torch.testing.assert_close(apart, batch.lag_frames, atol=1e-3, rtol=0)
        assert (batch.lag_frames % 1 > 0.01).any()
        assert batch.a.shape == (16, 192, 17, 3)


def test_nobody_is_never_shown():
    empty = View(0.0, np.zeros((600, 17, 3), np.float32))
    (batch,) = islice(Pairs([(empty, empty), (clock_view(0.0), clock_view(0.01))], 8, 0), 1)
    assert (batch.a[..., 2].mean((1, 2)) > 0.5).all()


def test_the_same_seed_gives_the_same_batches():
    views = list(filmed([somebody(seconds=30)], 3, 0))
    (one,), (same,), (other,) = (islice(Pairs(views, 4, seed), 1) for seed in (0, 0, 1))
    assert torch.equal(one.a, same.a)
    assert not torch.equal(one.a, other.a)


def test_both_halves_of_a_performance_are_filmed_by_all_cameras():
    halves = list(filmed([somebody(seconds=30)], 3, 0))
    assert [len(views) for views in halves] == [3, 3]
    # 15 s at a tempo of 0.75 to 1.3
    assert all(15 / 1.3 - 1 < len(view.track) / RATE_HZ < 15 / 0.75 for views in halves for view in views)


@pytest.mark.parametrize("fps", [24.0, 30.0, 59.94])
def test_steady_motion_is_told_at_its_time_whatever_the_rate(fps):
    seconds = 0.02 + np.arange(90) / fps
    pixels = np.repeat((400 + 90 * seconds)[:, None, None], 17, axis=1) * [1, 0.5]
    track = track_of(seconds, pixels, np.ones((90, 17)))
    times = 0.02 + np.arange(len(track)) / RATE_HZ
    np.testing.assert_allclose(track[5:-5, 3, 0], (400 + 90 * times)[5:-5], atol=0.01)
    assert (track[..., 2] == 1).all()


def test_a_joint_that_is_lost_for_long_is_unseen_meanwhile():
    seconds = np.arange(90) / 30
    confidence = np.ones((90, 17))
    confidence[30:60, 4] = 0
    track = track_of(seconds, np.full((90, 17, 2), 5.0), confidence)
    assert (track[33:57, 4, 2] == 0).all()
    assert (track[:, 5, 2] == 1).all()
