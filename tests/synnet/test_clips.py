from itertools import islice

import numpy as np
import pytest
import torch

from viewsync.synnet.clips import ClipPairs, Sampling, class_of, fixed_clips
from viewsync.synnet.scenes import FPS, Scene, filmed, filmed_worlds
from viewsync.types import InputError


def clock(cameras=3, frames=150, speed=1.0, name=0):
    """x is the number of the frame, y tells scene and camera."""
    views = np.ones((cameras, frames, 17, 3), np.float32)
    views[..., 0] = np.arange(frames)[None, :, None]
    views[..., 1] = (10 * name + np.arange(cameras))[:, None, None]
    return Scene(views, np.full(frames, speed, np.float32))


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(stride=1), Sampling(clip_frames=5, largest_shift=2, stride=3)])
def test_classes_are_true_and_all_as_frequent(sampling):
    pairs = ClipPairs([clock(name=0), clock(name=1)], sampling, windows=4, seed=0, pairs_per_shift=2)
    for batch in islice(pairs, 3):
        assert batch.a.shape == batch.b.shape == (4, sampling.clip_frames + 2 * sampling.largest_shift - 1, 17, 3)
        # Windows show the same instants, by two cameras of one scene.
        assert torch.equal(batch.a[..., 0], batch.b[..., 0])
        assert bool((batch.a[:, 1:, 0, 0] - batch.a[:, :-1, 0, 0] == sampling.stride).all())
        assert bool((batch.a[:, 0, 0, 1] != batch.b[:, 0, 0, 1]).all())
        assert bool((batch.a[:, 0, 0, 1] // 10 == batch.b[:, 0, 0, 1] // 10).all())
        classes = batch.starts_b - batch.starts_a + sampling.largest_shift
        each = torch.arange(2 * sampling.largest_shift).repeat_interleave(2)
        assert all(torch.equal(row.sort().values, each) for row in classes)
        for starts in (batch.starts_a, batch.starts_b):
            assert starts.min() >= 0
            assert starts.max() < 2 * sampling.largest_shift


@pytest.mark.parametrize("stride", [1, 4, 5])
def test_frame_t_of_b_shows_what_frame_t_plus_m_of_a_shows(stride):
    sampling = Sampling(stride=stride)
    clips = fixed_clips([clock()], sampling, per_shift=3, seed=0)
    assert clips.classes.bincount().tolist() == [3] * 8
    shifts = clips.classes - sampling.largest_shift
    assert torch.equal(clips.b[:, 0, 0, 0], clips.a[:, 0, 0, 0] + stride * shifts)
    assert clips.a.shape == (24, 8, 17, 3)


def test_batches_and_tests_depend_on_the_seed_alone():
    scenes = [clock(name=name) for name in range(3)]
    (one,), (same,), (other,) = (islice(ClipPairs(scenes, Sampling(), 4, seed), 1) for seed in (0, 0, 1))
    assert torch.equal(one.a, same.a)
    assert not torch.equal(one.a, other.a)
    assert torch.equal(fixed_clips(scenes, Sampling(), 2, 0).a, fixed_clips(scenes, Sampling(), 2, 0).a)


def test_training_can_go_on_at_any_batch():
    whole = list(islice(ClipPairs([clock()], Sampling(), 4, 0), 5))
    rest = list(islice(ClipPairs([clock()], Sampling(), 4, 0, first_batch=3), 2))
    for one, other in zip(whole[3:], rest, strict=True):
        assert all(torch.equal(x, y) for x, y in zip(one, other, strict=True))


def test_who_stands_still_or_is_hardly_seen_isnt_shown():
    unseen = clock(name=2)
    unseen.views[..., :9, 2] = 0
    clips = fixed_clips([clock(speed=0.1, name=1), unseen, clock(name=3)], Sampling(), 4, 0)
    assert set(clips.scenes.tolist()) == {2}
    assert set((clips.a[..., 1] // 10).unique().tolist()) == {3}


@pytest.mark.parametrize("scenes", [[clock(speed=0.1)], [clock(cameras=1)], [clock(frames=20)], []])
def test_no_clips_at_all_are_told(scenes):
    with pytest.raises(InputError, match=r"hardly anybody moves by 0\.25 m/s for"):
        fixed_clips(scenes, Sampling(), 1, 0)


def test_classes_begin_with_the_earliest_shift_and_there_are_no_others():
    assert [class_of(shift, 4) for shift in range(-4, 4)] == [*range(8)]
    for outside in (-5, 4):
        with pytest.raises(InputError, match=f"a shift of {outside} frames has no class: they go from -4 to 3"):
            class_of(outside, 4)


def walking(seconds=8.0):
    """Joints 0.6 m around a middle that goes along; the arms and legs swing once a second."""
    rng = np.random.default_rng(0)
    time = np.arange(0, seconds, 1 / 120)
    still = np.array([0.0, 0.0, 1.0]) + 0.3 * rng.standard_normal((17, 3))
    swing = 0.2 * np.sin(2 * np.pi * time)[:, None, None] * rng.standard_normal((17, 3))
    return (still + swing + time[:, None, None] * [0.5, 0, 0]).astype(np.float32)


def test_all_cameras_film_the_same_instants():
    (one, two) = filmed([walking()], 3, 0)
    for scene in (one, two):
        assert scene.views.shape == (3, len(scene.speed), 17, 3)
        # 4 s at a tempo of 0.75 to 1.3.
        assert 4 / 1.3 - 0.1 < len(scene.speed) / FPS < 4 / 0.75
        # Seen from the hips, the joints go at the pace of their swing.
        assert 0.3 < scene.speed.mean() < 3
    again = next(iter(filmed([walking()], 3, 0)))
    assert np.array_equal(one.views, again.views)


@pytest.mark.slow
def test_people_of_worlds_are_seen_by_moving_cameras_at_the_same_instants():
    (people,) = filmed_worlds("group", 1, seed=0, seconds=2.0)
    assert len(people) >= 2
    for scene in people:
        assert len(scene.views) >= 2
        assert scene.views.shape[1:] == (60, 17, 3)
        assert scene.speed.shape == (60,)
        assert np.isfinite(scene.views).all()
