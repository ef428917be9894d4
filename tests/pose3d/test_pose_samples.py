"""What pose networks are shown."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from drawn_person import FPS, SIDE, drawn_footage, spot

from viewsync.footage import desynchronizer
from viewsync.footage.desynchronizer import Latency
from viewsync.pose3d.footage import JOINTS, Sample
from viewsync.pose3d.samples import (
    HUMAN36M_SECONDS,
    Batches,
    at_once,
    batch_of,
    instants,
    mirrored,
    present_views,
    samples,
)
from viewsync.types import InputError

LATE = Latency.at_random(3, 0.4)
ANKLE = JOINTS.index("right_ankle")
"""The joint that is drawn."""


@pytest.fixture(scope="module")
def footage():
    return drawn_footage()


@pytest.fixture(scope="module")
def gappy():
    """The first view is missing at first, the second for one instant."""
    return drawn_footage(missing=((0, 0, 8), (1, 13, 14)), name="gappy")


def first(batches):
    return next(iter(batches))


def same(one, other):
    return all(torch.equal(a, b) if a is not None else b is None for a, b in zip(one, other, strict=True))


def pixels(projections, points):
    """Of batch, view: where points are shown."""
    image = torch.einsum("bvij,bj->bvi", projections[..., :3], points) + projections[..., 3]
    return image[..., :2] / image[..., 2:]


def test_a_batch_shows_each_view_at_its_own_instant_and_the_joints_at_the_references(footage):
    sample = Sample(footage, 8, np.array([8, 12, 5]))
    batch = batch_of([sample], synchronized=True)
    assert batch.pictures.shape == (1, 3, 1, SIDE, SIDE)
    for view, frame in enumerate((8, 12, 5)):
        for shown, at in ((batch.pictures, frame), (batch.synchronized, 8)):
            gray = footage.pictures[view][at].astype(float)
            np.testing.assert_allclose(shown[0, view, 0], (gray - gray.mean()) / gray.std(ddof=1), atol=1e-5)
    assert batch.joints[0].numpy() == pytest.approx(footage.joints_metres[8], abs=1e-6)
    assert sample.latency_seconds.tolist() == [0.0, pytest.approx(0.4), pytest.approx(-0.3)]
    assert batch.present.all()
    assert batch.valid.all()
    assert batch_of([Sample(footage, 8, np.array([8, 8, 8]))]).synchronized is None


def test_without_latency_all_views_are_synchronized(footage):
    batch = first(Batches([footage], Latency.none(3), 4, seed=0, synchronized=True))
    assert torch.equal(batch.pictures, batch.synchronized)
    late = first(Batches([footage], LATE, 4, seed=0, synchronized=True))
    assert torch.equal(late.pictures[:, 0], late.synchronized[:, 0])
    assert not torch.equal(late.pictures, late.synchronized)
    shown = samples([footage], LATE, 0)
    assert torch.equal(batch_of([at_once(one) for one in shown]).pictures, batch_of(shown, synchronized=True).synchronized)


@pytest.mark.parametrize("crop", ["clip", "frame"])
def test_projections_are_those_of_the_pictures_that_are_shown(crop):
    footage = drawn_footage(crop=crop, speed=0.8)
    shown = samples([footage], LATE, 3)
    batch = batch_of(shown)
    for number, sample in enumerate(shown):
        for view, frame in enumerate(sample.frames.tolist()):
            then = torch.tensor(footage.joints_metres[frame, ANKLE], dtype=torch.float32)[None]
            there = pixels(batch.projections[number : number + 1], then)[0, view].numpy()
            # Where it was when the picture was taken, in that picture's own crop.
            assert there == pytest.approx(spot(footage.pictures[view][frame]), abs=0.1)


@pytest.mark.parametrize("crop", ["clip", "frame"])
def test_pixels_of_a_joint_lie_on_each_others_epipolar_lines(crop):
    footage = drawn_footage(crop=crop)
    batch = batch_of([Sample(footage, 8, np.array([8, 12, 5]))])
    for joint in batch.joints[0]:
        seen = pixels(batch.projections, joint[None])[0].double()
        seen = torch.cat([seen, torch.ones(3, 1, dtype=torch.float64)], dim=1)
        for a in range(3):
            for b in range(3):
                line = batch.fundamental[0, a, b].double() @ seen[b]
                apart = (seen[a] @ line).abs() / line[:2].norm().clamp_min(1e-12)
                assert apart < 1e-2 if a != b else not batch.fundamental[0, a, b].any()


def test_random_latency_is_within_kappa_and_in_frames(footage):
    for seconds in (0.2, 0.4):
        late = Latency.at_random(3, seconds)
        drawn = np.array([one.latency_seconds for seed in range(20) for one in samples([footage], late, seed)])
        assert (drawn[:, 0] == 0).all()
        assert np.abs(drawn).max() == pytest.approx(seconds)
        assert drawn[:, 1:] * FPS == pytest.approx(np.rint(drawn[:, 1:] * FPS))
        assert abs(drawn[:, 1:].mean()) < 0.05
    assert HUMAN36M_SECONDS == (0.16, 0.64, 1.28)


def test_batches_are_the_same_for_the_same_seed_and_can_be_skipped(footage, gappy):
    some = [footage, gappy]
    batches = iter(Batches(some, LATE, 2, seed=1, synchronized=True))
    drawn = [next(batches) for _ in range(3)]
    assert same(drawn[0], first(Batches(some, LATE, 2, seed=1, synchronized=True)))
    assert same(drawn[2], first(Batches(some, LATE, 2, seed=1, synchronized=True, first_batch=2)))
    assert not same(drawn[0], drawn[1])
    assert not same(drawn[0], first(Batches(some, LATE, 2, seed=2, synchronized=True)))


def test_the_next_view_is_the_reference_where_the_first_is_missing(gappy):
    shown = {one.instant: one for one in samples([gappy], LATE, 0)}
    for at, one in shown.items():
        reference = 1 if at < 8 else 0
        assert one.frames[reference] == at
        batch = batch_of([one])
        # The network takes the first that is there; the latency is that of the others.
        assert int(batch.present[0].int().argmax()) == reference
        assert one.latency_seconds[reference] == 0
        assert batch.present[0].sum() >= 2
    assert not batch_of([shown[4]]).present[0, 0]
    assert not present_views(Sample(gappy, 7, np.array([9, 7, 7])))[0]
    assert present_views(Sample(gappy, 9, np.array([9, 13, 9]))).tolist() == [True, False, True]
    # Synchronized views must be there at both instants.
    assert batch_of([Sample(gappy, 9, np.array([9, 9, 9]))], synchronized=True).present.all()
    assert not batch_of([Sample(gappy, 13, np.array([13, 12, 13]))], synchronized=True).present[0, 1]


def test_instants_are_those_at_which_two_views_are_there_whatever_is_drawn():
    rng = np.random.default_rng(0)
    whole, late = drawn_footage(instants=30, views=3), Latency.at_random(3, 0.2)
    for _ in range(20):
        boxes, joints = whole.boxes.copy(), whole.joints_metres.copy()
        boxes[rng.random((30, 3)) < 0.15] = np.nan
        joints[rng.random((30, 17)) < 0.1] = np.nan
        try:
            footage = replace(whole, boxes=boxes, joints_metres=joints)
            found = set(instants(late, footage).tolist())
        except InputError:
            continue
        for at in range(30):
            there, reference = footage.present, footage.references[at]
            window = there[max(at - 2, 0) : at + 3]
            others = [view for view in range(3) if view != reference and window[:, view].all()]
            usable = 2 <= at < 28 and bool(there[at].any() and others) and bool(footage.valid[at, JOINTS.index("pelvis")])
            assert (at in found) == usable


def test_tests_are_the_same_however_many_are_taken(footage):
    every = {one.instant: one.frames.tolist() for one in samples([footage], LATE, 7)}
    some = {one.instant: one.frames.tolist() for one in samples([footage], LATE, 7, every=5)}
    assert sorted(some) == [5, 10, 15]
    assert instants(LATE, footage, every=5).tolist() == [5, 10, 15]
    assert all(every[at] == frames for at, frames in some.items())
    drawn = desynchronizer.samples([footage], LATE, 7)
    assert [one.frames.tolist() for one in drawn] == list(every.values())


def test_a_joint_that_isnt_known_isnt_valid_and_never_a_place():
    batch = batch_of(samples([drawn_footage(unknown=("head_top", "nose"))], LATE, 0)[:2])
    unknown = [JOINTS.index("head_top"), JOINTS.index("nose")]
    assert not batch.valid[:, unknown].any()
    assert batch.valid.sum() == 2 * 15
    assert batch.joints.isfinite().all()
    assert not batch.joints[:, unknown].any()


def test_crops_that_follow_have_no_synchronized_pictures(footage):
    follows = drawn_footage(crop="frame", name="follows")
    with pytest.raises(InputError, match=r"follows: its crops follow the person, .* crop='clip'"):
        first(Batches([follows], LATE, 1, seed=0, synchronized=True))
    assert first(Batches([follows], LATE, 1, seed=0)).synchronized is None


def test_footage_that_cant_be_learned_from_is_refused(footage):
    with pytest.raises(InputError, match="no footage to learn from"):
        Batches([], LATE, 1, seed=0)
    two = drawn_footage(views=2, name="of two")
    with pytest.raises(InputError, match=r"drawn and of two can't .*: 3 views of 64 × 64 pixels, but 2 views of 64 × 64"):
        Batches([footage, two], LATE, 1, seed=0)
    with pytest.raises(InputError, match=r"drawn lasts 2 s, which is too short for latencies from -1\.5 to 1\.5 s"):
        Batches([footage], Latency.at_random(3, 1.5), 1, seed=0)
    with pytest.raises(InputError, match="drawn has 3 views, but latencies are given for 4"):
        Batches([footage], Latency.at_random(4, 0.4), 1, seed=0)
    headless = drawn_footage(unknown=("pelvis",), name="no pelvis")
    with pytest.raises(InputError, match=r"no pelvis: at no instant .* 0\.4 s from its ends, the pelvis is known"):
        Batches([headless], LATE, 1, seed=0)


def test_a_mirror_shows_the_same_person_the_other_way_round(footage):
    batch = batch_of(samples([footage], LATE, 0, every=4)[:3], synchronized=True)
    shown = mirrored(batch)
    for one, other in zip(mirrored(shown), batch, strict=True):
        assert torch.allclose(one.float(), other.float(), atol=1e-4)
    left, right = JOINTS.index("left_wrist"), JOINTS.index("right_wrist")
    here, there = pixels(batch.projections, batch.joints[:, right]), pixels(shown.projections, shown.joints[:, left])
    torch.testing.assert_close(there[..., 0], SIDE - 1 - here[..., 0], atol=1e-4, rtol=0)
    torch.testing.assert_close(there[..., 1], here[..., 1], atol=1e-4, rtol=0)
    assert torch.equal(shown.pictures[0, 1, 0, :, 3], batch.pictures[0, 1, 0, :, SIDE - 4])
    ends = [torch.nn.functional.pad(there[:, view], (0, 1), value=1.0) for view in (0, 1)]
    assert torch.einsum("bi,bik,bk->b", ends[0], shown.fundamental[:, 0, 1], ends[1]).abs().max() < 1e-3


def test_every_other_batch_is_mirrored_where_that_is_asked_for(footage):
    plain, both = (iter(Batches([footage], LATE, 2, seed=0, mirrored=asked)) for asked in (False, True))
    assert same(next(plain), next(both))
    assert same(mirrored(next(plain)), next(both))
