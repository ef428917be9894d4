import numpy as np
import pytest
import torch

from clock_reader import ClockReader
from viewsync.synnet.clips import Sampling, fixed_clips
from viewsync.synnet.evaluate import Score, mean_shift, score
from viewsync.synnet.scenes import Scene
from viewsync.types import InputError


def test_scores_by_hand():
    found, classes = torch.tensor([0, 1, 3, 3, 2]), torch.tensor([0, 1, 3, 1, 3])
    measured = Score.of(found, classes, count=4, stride=4, fps=30.0)
    assert (measured.pairs, measured.accuracy) == (5, 0.6)
    # 2 and 1 classes off, of 4/30 s.
    assert measured.syn_error_seconds == pytest.approx(3 / 5 * 4 / 30)
    assert measured.confusion == [[1, 0, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0], [0, 0, 1, 1]]


def test_no_clips_have_no_score():
    nothing = torch.zeros(0, dtype=torch.long)
    with pytest.raises(InputError, match="no clips to test on"):
        Score.of(nothing, nothing, 8, 4, 30.0)


def test_several_looks_are_averaged_and_those_that_saw_nothing_left_out():
    shifts = np.array([[1.0, -2.0, np.nan], [2.0, np.nan, np.nan], [3.0, -4.0, np.nan]])
    np.testing.assert_equal(mean_shift(shifts), [2.0, -3.0, np.nan])


def test_a_network_that_knows_scores_fully():
    views = np.ones((2, 150, 17, 3), np.float32)
    views[..., 0] = np.arange(150)[None, :, None]
    clips = fixed_clips([Scene(views, np.ones(150, np.float32))], Sampling(), 20, 0)
    measured = score(ClockReader(), clips, lambda keypoints: keypoints[..., :1, :1, None])
    assert (measured.accuracy, measured.syn_error_seconds, measured.pairs) == (1.0, 0.0, 160)
    assert measured.confusion == (20 * torch.eye(8, dtype=torch.long)).tolist()
