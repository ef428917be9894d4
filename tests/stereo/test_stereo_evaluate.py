"""The paper's measures, by hand; and clips that are cut out of what was seen once."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import multiclass_f1_score

from viewsync.networks.stereo_delay import DelayNetwork
from viewsync.stereo.clips import StereoFields
from viewsync.stereo.embedding import Embedded, embedded, matrices
from viewsync.stereo.evaluate import Score, Scores, delays_believed, delays_found, shares_enough
from viewsync.stereo.frames import PreparedRecording
from viewsync.stereo.sampling import Sequences, sequences
from viewsync.stereo.system import delay_network, matching_network
from viewsync.types import InputError


def prepared(seed, frames=60):
    rng = np.random.default_rng(seed)
    left, right = (rng.integers(0, 256, (frames, 1, 48, 48), np.uint8) for _ in range(2))
    return PreparedRecording(f"noise {seed}", 30.0, left, right)


def test_a_score_by_hand():
    # Of delay 1: 2 of 3 found, and once in vain: 2·2 / (3 + 3). Of 4: 1 of 1, twice said: 2/3. Of −2: never.
    truth, found = np.array([1, 1, 1, 4, -2]), np.array([1, 1, 4, 4, 1])
    assert Score.of(found, truth) == Score(5, round(4 / 9, 4), round((3 * 2 / 3 + 2 / 3) / 5, 4), 0.6, round(6 / 5, 4))


def test_delays_that_never_occur_have_no_part_in_the_mean():
    truth = np.arange(-15, 16)
    found = np.where(truth == 0, 20, truth)
    assert Score.of(found, truth).f1_macro == round(30 / 31, 4)


def test_f1_as_others_work_it_out():
    rng = np.random.default_rng(0)
    truth = rng.permutation(np.repeat(np.arange(-19, 21), 5))
    found = np.where(rng.uniform(size=200) < 0.7, truth, rng.integers(-19, 21, 200))
    score = Score.of(found, truth)
    for average, ours in (("macro", score.f1_macro), ("weighted", score.f1_weighted)):
        given = torch.from_numpy(found + 19), torch.from_numpy(truth + 19)
        theirs = multiclass_f1_score(*given, num_classes=40, average=average)
        assert ours == pytest.approx(float(theirs), abs=1e-4)


def test_five_shared_frames_are_enough():
    delays = np.array([-19, -16, -15, 0, 15, 16, 20])
    assert shares_enough(delays).tolist() == [False, False, True, True, True, False, False]
    scores = Scores.of(np.array([0, 0, -15, 0, 15, 0, 0]), delays)
    assert (scores.shared.sequences, scores.shared.exact, scores.every.exact) == (3, 1.0, round(3 / 7, 4))


def test_nothing_to_test_on_is_told():
    with pytest.raises(InputError, match="no clips to test on"):
        Score.of(np.array([], int), np.array([], int))


@pytest.mark.parametrize("kind", ["siamese", "triplet-euc", "triplet-sim"])
def test_matrices_of_frames_seen_once_are_those_of_the_clips(kind):
    torch.manual_seed(0)
    matcher, recordings = matching_network(kind, 1).eval(), [prepared(0), prepared(1, 70)]
    seen = [embedded(matcher, one) for one in recordings]
    clips = sequences(recordings, 6, seed=0)
    together = matrices(matcher, seen, clips)
    for number, (one, left, right, _) in enumerate(zip(*clips, strict=True)):
        sides = (recordings[one].left[left : left + 20], recordings[one].right[right : right + 20])
        alone = matcher(*(torch.from_numpy(side).float() / 255 for side in sides))
        torch.testing.assert_close(together[number], alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("delay", [-19, -7, 0, 12, 19])
def test_what_both_saw_at_one_instant_tells_the_delay(delay):
    vectors = torch.from_numpy(np.random.default_rng(0).standard_normal((80, 4)).astype(np.float32))
    seen = Embedded(prepared(0, 80), vectors, vectors)
    matcher = matching_network("triplet-euc", 1)
    clips = Sequences(*(np.array([value]) for value in (0, 25, 25 + delay, delay)))
    for head in ("heat-map", "heat-map-corrected"):
        (found,) = delays_found(matcher, delay_network(head, matcher), [seen], clips)
        assert found == delay or abs(delay) == 19


def test_the_cues_network_is_shown_nothing_but_the_clips():
    torch.manual_seed(0)
    network = DelayNetwork(
        features=8, channels=8, dimensions=8, dilations=(1, 2), head_channels=4, head_dilations=(1,)
    ).eval()
    rng = np.random.default_rng(0)
    left, right = (rng.standard_normal((60, 2, 24, 32)).astype(np.float16) for _ in range(2))
    # One second more of something else before it changes nothing.
    other = rng.standard_normal((30, 2, 24, 32)).astype(np.float16)
    later = StereoFields("later", 30.0, np.concatenate([other, left]), np.concatenate([other, right]))
    clips = Sequences(np.zeros(3, int), np.array([0, 5, 30]), np.array([10, 0, 30]), np.array([10, -5, 0]))
    moved = Sequences(clips.recording, clips.left_start + 30, clips.right_start + 30, clips.delay)
    found = delays_believed(network, [StereoFields("now", 30.0, left, right)], clips)
    np.testing.assert_array_equal(found, delays_believed(network, [later], moved))
    assert set(found) <= set(range(-19, 21))
    # A clip beside itself: exchanging the eyes mirrors the answer.
    same = StereoFields("same", 30.0, left, left)
    one = Sequences(np.zeros(1, int), np.array([3]), np.array([13]), np.array([10]))
    back = Sequences(one.recording, one.right_start, one.left_start, -one.delay)
    assert delays_believed(network, [same], one) == -delays_believed(network, [same], back)
