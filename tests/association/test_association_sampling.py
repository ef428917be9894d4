"""Batches for training: what a negative may be, and what padding must not change."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch
from made_session import nobody, walkers

from viewsync.association.frames import MultiViewFrame, Session
from viewsync.association.sampling import Moments, Triplets, Views, jittered, padded, usual_gap
from viewsync.types import InputError


@pytest.fixture(scope="module")
def session():
    return walkers(instants=40, people=4, seed=1)


def emptied(session, instant, camera):
    frames = list(session.frames)
    views = list(frames[instant].views)
    views[camera] = nobody()
    frames[instant] = replace(frames[instant], views=tuple(views))
    return session.with_frames(frames)


def at(session, seconds):
    """The same views at other times."""
    return session.with_frames([MultiViewFrame(t, frame.views) for t, frame in zip(seconds, session.frames, strict=True)])


def instants(session, views):
    """When each of some views was taken: boxes tell."""
    boxes = padded(session).boxes
    return [
        int(next(number for number in range(len(boxes)) if torch.equal(boxes[number, camera], one)))
        for one, camera in zip(views.boxes, views.camera, strict=True)
    ]


def same(one, other):
    flat = [
        [part for views in batch if isinstance(views, Views) for part in views if part is not None] for batch in (one, other)
    ]
    return all(torch.equal(mine, theirs) for mine, theirs in zip(*flat, strict=True))


@pytest.mark.parametrize("kind", [Triplets, Moments])
def test_a_seed_is_a_row_of_batches(session, kind):
    again = [[*islice(kind(session, 8, seed), 3)] for seed in (4, 4, 5)]
    assert all(same(mine, theirs) for mine, theirs in zip(*again[:2], strict=True))
    assert not same(again[0][0], again[2][0])


def test_padding_keeps_everybody(session):
    views = padded(session)
    for number, frame in enumerate(session.frames):
        for camera, view in enumerate(frame.views):
            present = views.present[number, camera]
            assert present.sum() == len(view)
            np.testing.assert_allclose(views.boxes[number, camera][present], view.boxes, rtol=1e-6)
            np.testing.assert_array_equal(views.identities[number, camera][present], view.identities)
    assert views.appearance is None


def test_positives_are_of_the_same_instant_and_negatives_are_apart(session):
    # Two films, an hour apart, so that neighbours in the list may be far apart in time.
    seconds = np.r_[np.arange(20) * 2.0, 3600 + np.arange(20) * 2.0]
    film = at(session, seconds)
    gaps = []
    for batch in islice(Triplets(film, 16, 0), 12):
        anchor, positive, negative = (instants(film, views) for views in batch)
        assert anchor == positive
        assert (batch.anchor.camera != batch.positive.camera).all()
        assert torch.equal(batch.positive.camera, batch.negative.camera)
        gaps.append(np.abs(seconds[anchor] - seconds[negative]))
    gaps = np.concatenate(gaps)
    assert gaps.min() >= 10.0
    # The first instant that isn't nearer: at most a spacing farther than drawn, or in the other film.
    assert ((gaps <= 40.0) | (gaps > 3000)).all()


def test_as_released_a_gap_counts_frames(session):
    steps = []
    for batch in islice(Triplets(at(session, np.cumsum(np.r_[1:41]) * 1.0), 16, 0, by_index=True), 12):
        anchor, _, negative = (instants(session, views) for views in batch)
        steps += [abs(one - other) for one, other in zip(anchor, negative, strict=True)]
    assert {*steps} == {*range(5, 20)}


def test_usual_gap_is_of_the_median_spacing(session):
    assert usual_gap(at(session, np.arange(40) * 0.5)) == (2.5, 9.5)


def test_empty_views_are_never_drawn(session):
    film = emptied(emptied(session, 3, 0), 7, 2)
    for batch in islice(Triplets(film, 16, 0), 10):
        assert all(views.present.any(-1).all() for views in batch)
    for moments in islice(Moments(film, 16, 0), 10):
        assert (moments.views.present.any(-1).sum(1) >= 2).all()


def test_pseudo_negatives_are_the_positives_shifted(session):
    batch = next(iter(Triplets(session, 16, 0, pseudo_negatives=True)))
    torch.testing.assert_close(
        batch.positive.boxes[..., 2:] - batch.positive.boxes[..., :2],
        batch.negative.boxes[..., 2:] - batch.negative.boxes[..., :2],
    )
    moved = (batch.positive.boxes - batch.negative.boxes)[batch.positive.present]
    assert (moved.abs().amax(1) > 0).all()


def test_moments_are_synchronized_and_tell_which_are_apart(session):
    for batch in islice(Moments(session, 12, 0), 6):
        rows = torch.arange(len(batch.apart))
        when, *others = (instants(session, batch.views.at(rows, torch.full_like(rows, camera))) for camera in range(3))
        assert others == [when, when]
        assert len({*when}) == len(when)
        seconds = session.seconds[when]
        np.testing.assert_array_equal(batch.apart, np.abs(seconds[:, None] - seconds) >= 5.0)
        assert batch.apart.any(1).all()


def test_jitter_is_a_share_of_the_box(session):
    views = padded(session)
    shifts = (jittered(views, np.random.default_rng(0), 0.1).boxes - views.boxes)[views.present]
    extents = (views.boxes[..., 2:] - views.boxes[..., :2])[views.present]
    torch.testing.assert_close(shifts[:, :2], shifts[:, 2:], atol=1e-3, rtol=0)
    assert 0.08 < (shifts[:, :2] / extents).std() < 0.12
    torch.testing.assert_close(jittered(views, np.random.default_rng(0), 0.0).boxes, views.boxes)


def test_what_cannot_be_drawn_from_is_refused(session):
    alone = Session("alone", session.cameras, session.sizes, session.frames[:1])
    with pytest.raises(InputError, match="1 instants are too few"):
        Triplets(alone, 4, 0)
    few = session.with_frames(session.frames[:4])
    with pytest.raises(InputError, match="at no instant do two cameras see anybody, and one of them 5 s earlier or later"):
        Triplets(few, 4, 0)
    with pytest.raises(InputError, match=r"don't see anybody at two instants that are apart by 5 s\. Give more instants"):
        Moments(few, 4, 0)
    with pytest.raises(InputError, match="no instant to learn from"):
        padded(session.with_frames([]))


def test_appearance_is_everybodys_or_nobodys(session):
    views = [replace(view, embeddings=np.eye(4)[: len(view)]) for view in session.frames[0].views]
    frames = [replace(session.frames[0], views=tuple(views)), *session.frames[1:]]
    assert padded(session.with_frames(frames[:1])).appearance.shape == (1, 3, 4, 4)
    with pytest.raises(InputError, match="appearance has \\[0, 4\\] numbers"):
        padded(session.with_frames(frames))
