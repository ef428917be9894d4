"""Frames that are apart, and boxes moved back to where they were."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from viewsync.association.frames import UNKNOWN, MultiViewFrame, Session, View
from viewsync.association.latency import apart, compensated
from viewsync.types import InputError

sys.path.append(str(Path(__file__).parent))
from made_session import walkers

LATE = (1,)


def boxes(session, camera):
    return [frame.views[camera].boxes for frame in session.frames]


def gliding(instants=20, spacing=0.1, known=True):
    """Three people before each of two cameras, each side of each box at a speed of its own."""
    rng = np.random.default_rng(3)
    start = np.concatenate([rng.uniform(0, 90, (2, 3, 2)), rng.uniform(110, 200, (2, 3, 2))], axis=-1)
    speed = rng.uniform(-4, 4, start.shape)
    people = np.arange(3) if known else np.full(3, UNKNOWN)
    frames = tuple(
        MultiViewFrame(spacing * n, tuple(View(start[c] + speed[c] * spacing * n, people) for c in range(2)))
        for n in range(instants)
    )
    return Session("gliding", ("a", "b"), ((640, 480),) * 2, frames)


def test_nothing_is_apart_by_nothing():
    session = walkers(instants=10)
    for make in (apart, compensated):
        same = make(session, 0.0, (0, 2))
        assert same.seconds.tolist() == session.seconds.tolist()
        for camera in range(3):
            for one, two in zip(boxes(same, camera), boxes(session, camera), strict=True):
                assert one == pytest.approx(two)


def test_late_cameras_show_later_frames_and_the_others_don_t():
    session = walkers(instants=12, spacing_seconds=0.5)
    late = apart(session, 1.5, (0, 2))
    assert late.seconds.tolist() == session.seconds[:-3].tolist()
    for number, frame in enumerate(late.frames):
        assert frame.views[0] is session.frames[number + 3].views[0]
        assert frame.views[1] is session.frames[number].views[1]
        assert frame.views[2] is session.frames[number + 3].views[2]


def test_the_nearest_frame_is_taken_where_frames_are_missing():
    session = gliding()
    session = session.with_frames([frame for number, frame in enumerate(session.frames) if number not in (5, 6, 7)])
    late = apart(session, 0.1, LATE)
    # 0.4 s has nothing 0.1 s later.
    assert late.seconds == pytest.approx([0.0, 0.1, 0.2, 0.3, *np.arange(0.8, 1.85, 0.1)])


@pytest.mark.parametrize("seconds", [0.1, 0.5])
def test_who_goes_straight_on_is_moved_to_where_they_were(seconds):
    session = gliding()
    moved, late = compensated(session, seconds, LATE), apart(session, seconds, LATE)
    assert moved.seconds.tolist() == late.seconds.tolist()
    # In the last frame nothing follows, so that nothing tells how fast anybody is.
    for number in range(len(moved.frames) - 1):
        assert moved.frames[number].views[1].boxes == pytest.approx(session.frames[number].views[1].boxes)
        assert moved.frames[number].views[0] is session.frames[number].views[0]
    assert boxes(moved, 1)[-1] == pytest.approx(boxes(late, 1)[-1])
    assert np.abs(boxes(late, 1)[0] - boxes(session, 1)[0]).max() > 0.2


def test_a_slow_twin_finds_the_same_velocities():
    session, seconds, window = walkers(instants=30, spacing_seconds=0.1, noise_pixels=2.0), 0.3, 0.4
    moved, compared = compensated(session, seconds, (2,), window), 0
    for number, frame in enumerate(moved.frames):
        start = session.frames[number + 3]
        following = [one for one in session.frames if -1e-6 < one.seconds - start.seconds < window + 1e-6]
        for identity, box, found in zip(*vars_of(start.views[2]), frame.views[2].boxes, strict=True):
            track = [(one.seconds, side) for one in following if (side := box_of(one.views[2], identity)) is not None]
            slope = np.polyfit(*map(np.array, zip(*track, strict=True)), 1)[0] if len(track) > 1 else np.zeros(4)
            assert found == pytest.approx(box - seconds * slope, abs=1e-6)
            compared += 1
    assert compared > 50


def vars_of(view):
    return view.identities, view.boxes


def box_of(view, identity):
    found = np.flatnonzero(view.identities == identity)
    return view.boxes[found[0]] if len(found) else None


def test_whoever_has_no_track_isn_t_moved():
    session = gliding(known=False)
    for one, two in zip(boxes(compensated(session, 0.3, LATE), 1), boxes(apart(session, 0.3, LATE), 1), strict=True):
        assert one == pytest.approx(two)


def test_a_box_is_never_turned_inside_out():
    session = gliding()
    growing = [
        replace(frame, views=(frame.views[0], View(np.array([[100.0, 50, 101 + 200 * frame.seconds, 90]]), np.array([1]))))
        for frame in session.frames
    ]
    moved = compensated(session.with_frames(growing), 0.5, LATE)
    assert boxes(moved, 1)[0] == pytest.approx(np.array([[100, 50, 101, 90]]))
    quicker = [
        replace(
            frame, views=(frame.views[0], View(np.array([[100.0, 50, 101 + 900 * frame.seconds**2, 90]]), np.array([1])))
        )
        for frame in session.frames
    ]
    moved = compensated(session.with_frames(quicker), 0.5, LATE)
    assert boxes(moved, 1)[0] == pytest.approx(growing_box(quicker[5]))


def growing_box(frame):
    return frame.views[1].boxes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.1, ()), r"late cameras must be some of 0 to 1, got \(\)"),
        ((0.1, (2,)), r"late cameras must be some of 0 to 1, got \(2,\)"),
        ((-0.1, LATE), "frames can be 0 s or more apart, got -0.1 s"),
        ((np.nan, LATE), "got nan s"),
        ((60.0, LATE), "gliding: it doesn't last 60 s"),
    ],
)
def test_what_can_t_be_is_told(arguments, message):
    for make in (apart, compensated):
        with pytest.raises(InputError, match=message):
            make(gliding(), *arguments)


def test_a_window_must_last():
    with pytest.raises(InputError, match="window of velocities must be positive, got 0 s"):
        compensated(gliding(), 0.1, LATE, 0.0)
