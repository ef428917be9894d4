from itertools import islice

import numpy as np
import pytest
import torch

from viewsync.stereo.frames import PreparedRecording
from viewsync.stereo.sampling import Pairs, Triplets, sequences
from viewsync.types import InputError


def counting(number, frames):
    """Channel 0 tells the frame, channel 1 the recording, channel 2 the side."""
    sides = np.zeros((2, frames, 3, 2, 2), np.uint8)
    sides[:, :, 0] = np.arange(frames)[None, :, None, None]
    sides[:, :, 1] = number
    sides[1, :, 2] = 255
    return PreparedRecording(f"take {number}", 30.0, *sides)


TAKES = [counting(1, 90), counting(2, 45), counting(3, 250)]


def read(frames):
    """The frame, the recording and the side that each picture shows."""
    assert frames.dtype == torch.float32
    return (frames * 255).round().int()[:, :, 0, 0].T


@pytest.mark.parametrize("size", [1, 7, 32])
def test_half_of_the_pairs_match_and_the_others_are_up_to_ten_frames_apart(size):
    apart, taken = [], []
    for batch in islice(Pairs(TAKES, size, seed=0), 4096 // size):
        (left, take, side), (right, right_take, right_side) = read(batch.left), read(batch.right)
        assert torch.equal(take, right_take)
        assert (side.unique().tolist(), right_side.unique().tolist()) == ([0], [255])
        assert torch.equal(left == right, batch.alike)
        apart += (right - left)[~batch.alike].tolist()
        taken += take.tolist()
    assert len(apart) == pytest.approx(len(taken) / 2, abs=1)
    values, counts = np.unique(apart, return_counts=True)
    assert values.tolist() == [*range(-10, 0), *range(1, 11)]
    # A step that would leave the recording goes the other way, so long ones aren't rarer by much.
    assert counts.min() > 0.6 * counts.mean()
    shares = np.bincount(taken, minlength=4)[1:] / len(taken)
    np.testing.assert_allclose(shares, np.array([90, 45, 250]) / 385, atol=0.04)


def test_negatives_are_right_frames_near_the_positive():
    seen = []
    for batch in islice(Triplets(TAKES, 16, seed=5), 200):
        (anchor, take, side), (positive, *of_positive), (negative, *of_negative) = map(read, batch)
        assert torch.equal(anchor, positive)
        assert side.unique().tolist() == [0]
        for other_take, other_side in (of_positive, of_negative):
            assert torch.equal(take, other_take)
            assert other_side.unique().tolist() == [255]
        seen += (negative - positive).abs().tolist()
    assert sorted(set(seen)) == list(range(1, 11))


@pytest.mark.parametrize("kind", [Pairs, Triplets])
def test_batches_depend_on_the_seed_and_their_number_alone(kind):
    whole, again, other = (list(islice(kind(TAKES, 8, seed), 5)) for seed in (1, 1, 2))
    later = list(islice(kind(TAKES, 8, 1, first_batch=3), 2))
    for one, same in zip([*whole, *whole[3:]], [*again, *later], strict=True):
        assert all(torch.equal(x, y) for x, y in zip(one, same, strict=True))
    assert not torch.equal(whole[0][0], other[0][0])
    assert not torch.equal(whole[0][0], whole[1][0])


@pytest.mark.parametrize("frames", [20, 6])
def test_delays_are_true_and_all_as_frequent(frames):
    drawn = sequences(TAKES, 400 * frames, seed=3, frames=frames)
    np.testing.assert_array_equal(drawn.delay, drawn.right_start - drawn.left_start)
    values, counts = np.unique(drawn.delay, return_counts=True)
    assert values.tolist() == list(range(-frames + 1, frames + 1))
    # 200 of each, with a standard deviation of 14.
    assert counts.min() > 140
    assert counts.max() < 260
    lengths = np.array([len(one.left) for one in TAKES])[drawn.recording]
    for start in (drawn.left_start, drawn.right_start):
        assert start.min() == 0
        assert (start + frames <= lengths).all()
        assert (start + frames == lengths).any()
    # Frame t of the right clip shows what frame t + delay of the left clip shows.
    for take, left_start, right_start, delay in list(zip(*drawn, strict=True))[:200]:
        left = TAKES[take].left[left_start:, 0, 0, 0]
        right = TAKES[take].right[right_start:, 0, 0, 0][:frames]
        shown = [t for t in range(frames) if 0 <= t + delay < frames]
        assert len(shown) == max(frames - abs(delay), 0)
        assert [right[t] for t in shown] == [left[t + delay] for t in shown]


def test_sequences_depend_on_the_seed_alone():
    one, same, other = (sequences(TAKES, 50, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, same)
    assert (one.left_start != other.left_start).any()


def test_a_recording_of_two_clips_is_just_long_enough():
    drawn = sequences([counting(0, 40)], 500, seed=0)
    assert drawn.delay.max() == 20
    assert set(drawn.left_start[drawn.delay == 20]) == {0}
    with pytest.raises(InputError, match=r"take 4 has 39 frames, but at least 40 are needed"):
        sequences([*TAKES, counting(4, 39)], 10, seed=0)
    with pytest.raises(InputError, match=r"no stereo recordings to draw from"):
        sequences([], 10, seed=0)
    for kind in (Pairs, Triplets):
        with pytest.raises(InputError, match=r"take 4 has 19 frames, but at least 20 are needed"):
            kind([counting(4, 19)], 4, seed=0)
