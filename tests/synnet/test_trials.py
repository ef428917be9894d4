import numpy as np
import pytest
import torch

from clock_reader import ClockReader
from viewsync.synnet import trials
from viewsync.synnet.clips import Sampling
from viewsync.synnet.scenes import Scene
from viewsync.synnet.trials import Figures, crowd_clips, crowd_figures, long_recordings, mean_lag, slide
from viewsync.types import InputError

SAMPLING = Sampling()


def clock_scene(person, frames=150, moving=True):
    """Joints that lie where the clock says: x is the frame, y the person, seen by three cameras."""
    views = np.ones((3, frames, 17, 3), np.float32)
    views[..., 0] = np.arange(frames)[:, None]
    views[..., 1] = person
    return Scene(views, np.full(frames, float(moving), np.float32))


def test_figures_by_hand():
    figures = Figures.of(np.array([0.4, 1.0, 2.5, 6.0]), np.array([0, 1, 3, 3]), stride=4)
    # 2.5 is rounded to the even 2.
    assert (figures.pairs, figures.accuracy) == (4, 0.5)
    assert figures.syn_error_seconds == pytest.approx((0.4 + 0.0 + 0.5 + 3.0) / 4 * 4 / 30)


def test_people_of_a_moment_share_shift_and_instants():
    worlds = [[clock_scene(person) for person in range(3)], [clock_scene(0), clock_scene(1, moving=False), clock_scene(2)]]
    crowd = crowd_clips(worlds, SAMPLING, per_shift=5, seed=0)
    shown = (crowd.clips.b - crowd.clips.a)[:, :, 0, 0]
    # Frame t of b shows what frame t + m of a shows: later by m strides.
    assert torch.equal(shown, 4.0 * (crowd.clips.classes[:, None] - 4).expand(-1, 8))
    for moment in range(40):
        here = crowd.clips.scenes == moment
        people = crowd.clips.a[here][:, 0, 0, 1].tolist()
        assert len(set(people)) == len(people) >= 2
        assert len(set(crowd.clips.a[here][:, 0, 0, 0].tolist())) == 1
        assert crowd.people[here.numpy()].tolist() == list(range(len(people)))
    assert set(crowd.clips.scenes.bincount().tolist()) == {2, 3}


def test_people_together_tell_their_mean_shift():
    crowd = crowd_clips([[clock_scene(person) for person in range(3)]], SAMPLING, per_shift=2, seed=0)
    truth = crowd.clips.classes.numpy().astype(float)
    # The first is always two too high, the others one too low.
    figures = crowd_figures(truth + np.where(crowd.people == 0, 2, -1), crowd, stride=4)
    errors = {way: round(each.syn_error_seconds * 30 / 4, 6) for way, each in figures.items()}
    assert errors == {"person 1": 2.0, "person 2": 1.0, "both combined": 0.5, "all combined": 0.0}
    assert (figures["all combined"].accuracy, figures["person 1"].accuracy) == (1.0, 0.0)
    assert {each.pairs for each in figures.values()} == {16}


def test_where_hardly_anybody_moves_there_is_no_crowd(monkeypatch):
    monkeypatch.setattr(trials, "_TRIES", 20)
    with pytest.raises(InputError, match="in 1 worlds hardly ever 2 people move"):
        crowd_clips([[clock_scene(0), clock_scene(1, moving=False)]], SAMPLING, per_shift=1, seed=0)


@pytest.fixture
def shown(monkeypatch):
    """Networks are given the places of joints, not heat-maps."""
    monkeypatch.setattr(trials, "logits", lambda network, clips: network(*(side[..., :1, :1, None] for side in clips[:2])))


@pytest.mark.usefixtures("shown")
def test_windows_slide_over_a_recording_and_tell_its_lag(monkeypatch):
    for recording in long_recordings([clock_scene(0) for _ in range(12)], SAMPLING, seed=1):
        assert -16 <= recording.lag <= 12
        np.testing.assert_array_equal(recording.b[:, 0, 0] - recording.a[:, 0, 0], recording.lag)
        first_frames, probabilities = slide(ClockReader(), recording, stride=4)
        np.testing.assert_array_equal(first_frames, np.arange(len(recording.a) - 28))
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
        assert abs(mean_lag(probabilities, stride=4) - recording.lag) <= 2


@pytest.mark.usefixtures("shown")
def test_windows_in_which_a_camera_sees_nobody_are_left_out():
    (recording,) = long_recordings([clock_scene(0)], SAMPLING, seed=1)
    recording.b[60:] = 0
    first_frames, _ = slide(ClockReader(), recording, stride=4)
    # Half of the eight frames must be seen: the fourth one is 12 frames after the first.
    assert first_frames.max() == 60 - 12 - 1
    recording.b[:] = 0
    with pytest.raises(InputError, match="nowhere both cameras see the person"):
        slide(ClockReader(), recording, stride=4)
