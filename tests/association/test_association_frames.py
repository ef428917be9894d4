"""Views, sessions, and how they are split."""

from dataclasses import replace

import numpy as np
import pytest
from made_session import nobody

from viewsync.association.frames import UNKNOWN, MultiViewFrame, Session, View, leaks, split
from viewsync.types import InputError


def view(*boxes, ids=None):
    return View(
        np.array(boxes, dtype=np.float64).reshape(-1, 4), np.array(ids if ids else [UNKNOWN] * len(boxes), dtype=int)
    )


def session(count, step_seconds=1.0):
    frames = tuple(MultiViewFrame(step_seconds * number, (nobody(), nobody())) for number in range(count))
    return Session("hall", ("left", "right"), ((64, 48), (64, 48)), frames)


@pytest.mark.parametrize(
    ("boxes", "ids", "said"),
    [
        ([[1, 2, np.nan, 4]], [1], "isn't one"),
        ([[1, 2, np.inf, 4]], [1], "isn't one"),
        ([[3, 2, 3, 4]], [1], "x1 < x2"),
        ([[1, 5, 3, 4]], [1], "y1 < y2"),
        ([[1, 2, 3, 4], [5, 6, 7, 8]], [9, 9], "person 9 is there twice"),
    ],
)
def test_a_view_refuses_what_cannot_be(boxes, ids, said):
    with pytest.raises(InputError, match=said):
        view(*boxes, ids=ids)


def test_any_number_of_people_may_be_unknown():
    assert len(view([1, 2, 3, 4], [5, 6, 7, 8])) == 2


def test_boxes_wholly_outside_are_dropped_and_partly_outside_kept_whole():
    seen = view([-9, 0, 5, 9], [-9, 0, 0, 9], [63, 40, 80, 60], [64, 0, 70, 9], [0, 48, 5, 60], ids=[1, 2, 3, 4, 5])
    kept = seen.within((64, 48))
    assert kept.identities.tolist() == [1, 3]
    assert kept.boxes.tolist() == [[-9, 0, 5, 9], [63, 40, 80, 60]]


@pytest.mark.parametrize(("count", "parts"), [(400, (288, 72, 40)), (712, (513, 128, 71))])
def test_splits_are_chronological_and_as_large_as_the_original_s(count, parts):
    whole = session(count)
    cut = split(whole)
    assert tuple(len(part.frames) for part in cut.values()) == parts
    assert sum((part.frames for part in cut.values()), ()) == whole.frames
    assert not leaks(cut["training"], cut["test"])


def test_splits_refuse_what_leaves_a_part_empty():
    with pytest.raises(InputError, match="9 instants are too few"):
        split(session(9))
    for shares in ((0.5, 0.4, 0.2), (0.5, 0.5, float("nan")), (1.0, 0.5, -0.5)):
        with pytest.raises(InputError, match="sum 1"):
            split(session(90), shares)


def test_leaks_go_by_time_not_by_index():
    whole = session(10, step_seconds=0.1)
    later = whole.with_frames([replace(frame, seconds=frame.seconds + 0.7) for frame in whole.frames])
    assert leaks(whole, later) == pytest.approx((0.7, 0.8, 0.9))
    assert leaks(whole.with_frames([]), whole) == ()
    assert leaks(whole.with_frames(whole.frames[3:4]), whole) == (whole.frames[3].seconds,)


def test_sessions_refuse_one_camera_and_times_that_do_not_increase():
    whole = session(3)
    with pytest.raises(InputError, match="there is 1 camera"):
        Session("hall", ("left",), ((64, 48),), ())
    with pytest.raises(InputError, match=r"0\.000000 s follows 2\.000000 s"):
        whole.with_frames(whole.frames[::-2])
    with pytest.raises(InputError, match="1 views at"):
        whole.with_frames([MultiViewFrame(0.0, (nobody(),))])
