"""The pose cue where it is told who is who: nobody is compared with others, and right names tell more."""

from functools import cache

import numpy as np
import pytest

from seen_bodies import Body, camera_at, pixels_of, poses_of
from viewsync.match.people import People
from viewsync.match.pose_track import part
from viewsync.media.keypoints.identities import identified
from viewsync.signals import pose
from viewsync.signals.retime import Retiming, retimed
from viewsync.sync import sync
from viewsync.types import InputError, Search

OFFSET = 0.4
"""t_a − t_b of all that follows."""
SEARCH = Search(max_offset_seconds=1.0)
RIGHT = {"a": {0: "anna", 1: "ben", 2: "cleo"}, "b": {0: "cleo", 1: "anna", 2: "ben"}}
WRONG = {"a": RIGHT["a"], "b": {0: "anna", 1: "ben", 2: "cleo"}}


def seen(degrees, people, starts, seconds=1.5, breaks=None):
    """People as tracks 0, 1, …; with `breaks`, the first one is lost for some frames and is another track afterwards."""
    times = np.arange(0.0, seconds, 1 / 30)
    tracks = [
        (
            np.arange(len(times)),
            pixels_of(Body(who, 9, position=(0.8 * who, 0, 0)), camera_at(degrees), starts + times, 3.0, who),
        )
        for who in people
    ]
    if breaks is not None:
        frames, pixels = tracks[0]
        tracks[0] = (frames[: breaks.start], pixels[: breaks.start])
        tracks.append((frames[breaks.stop :], pixels[breaks.stop :]))
    return poses_of(tracks, times)


@cache
def three():
    return {"a": seen(0, (0, 1, 2), 1.0), "b": seen(75, (2, 0, 1), 1.0 + OFFSET)}


@cache
def signals(which):
    names = {"nobody": {}, "right": RIGHT, "wrong": WRONG, "some": {"a": {0: "anna"}, "b": {1: "anna"}}}[which]
    return tuple(pose.signal(poses) for poses in identified(three(), names).values())


@cache
def belief(which):
    return pose.belief(*signals(which), SEARCH)


def test_only_tracks_of_the_same_person_are_compared():
    a, b = signals("right")
    assert [track.person for track in b.tracks] == ["cleo", "anna", "ben"]
    people = People(a, b)
    np.testing.assert_array_equal(people.possible, [[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    compared = people.evidence(np.arange(-5, 20)).any(axis=(2, 3))
    np.testing.assert_array_equal(compared, people.possible)
    assert People(*signals("nobody")).possible.all()


def test_who_is_unknown_may_be_anybody_but_those_who_are_known():
    people = People(*signals("some"))
    np.testing.assert_array_equal(people.possible, [[1, 1, 1], [1, 1, 1], [1, 1, 1]])
    named = identified(three(), {"a": {0: "anna"}, "b": {0: "cleo", 1: "anna"}})
    people = People(*(pose.signal(poses) for poses in named.values()))
    np.testing.assert_array_equal(people.possible, [[0, 1, 1], [1, 1, 1], [1, 1, 1]])


def test_right_names_raise_the_evidence_for_the_right_offset():
    told, alone = belief("right"), belief("nobody")
    best = int(told.log_likelihood_ratio.argmax())
    assert told.offsets_seconds[best] == pytest.approx(OFFSET, abs=0.05)
    assert told.log_likelihood_ratio[best] > alone.log_likelihood_ratio.max() + 3


def test_wrong_names_are_no_evidence():
    near = np.abs(belief("wrong").offsets_seconds - OFFSET) < 0.05
    assert belief("wrong").log_likelihood_ratio[near].max() < belief("nobody").log_likelihood_ratio[near].max() / 2


def test_swapping_views_changes_nothing():
    a, b = signals("right")
    forth, back = belief("right"), pose.belief(b, a, SEARCH)
    assert back.offsets_seconds == pytest.approx(-forth.offsets_seconds[::-1])
    assert back.log_likelihood_ratio.max() == pytest.approx(forth.log_likelihood_ratio.max(), rel=0.3)


def columns(signal, points):
    """The people whose points stand side by side."""
    blocks = np.split(points, points.shape[1] // len(signal.joints), axis=1)
    return [
        next(
            track.person
            for track in signal.tracks
            if np.array_equal(block[track.first : track.first + len(track)], track.points, equal_nan=True)
        )
        for block in blocks
    ]


def test_known_people_are_matched_at_any_lag():
    a, b = signals("right")
    for lag in (round(30 * OFFSET), 0):
        matched_a, matched_b = People(a, b).matched(lag)
        found = columns(a, matched_a)
        assert sorted(found) == ["anna", "ben", "cleo"]
        assert columns(b, matched_b) == found


def test_a_person_s_tracks_are_one():
    poses = {"a": seen(0, (0, 1), 1.0, breaks=slice(15, 20)), "b": seen(75, (1, 0), 1.0 + OFFSET)}
    named = identified(poses, {"a": {0: "anna", 2: "anna"}, "b": {1: "anna"}})
    assert named["a"].people == ((0, "anna"),)
    assert set(named["a"].tracks) == {0, 1}
    signal = pose.signal(named["a"])
    assert sorted((track.person or "", len(track)) for track in signal.tracks) == [("", 45), ("anna", 45)]


def test_names_stay_with_tracks_that_are_cut_or_retimed():
    a, _ = signals("right")
    slow = pose._on_one_grid(retimed(a, Retiming(1e-3, a.start_seconds)))
    for changed in (slow, part(a, slice(5, 30))):
        assert [track.person for track in changed.tracks] == [track.person for track in a.tracks]


def test_names_change_the_fingerprint():
    prints = {pose.fingerprint({pose.NAME: signals(which)[1]}) for which in ("nobody", "right", "wrong", "some")}
    assert len(prints) == 4


def test_sync_takes_names():
    (pair,) = sync(poses=three(), cues=("pose",), search=SEARCH, identities=RIGHT).pairs
    assert pair.offset_seconds == pytest.approx(OFFSET, abs=5e-3)
    assert pair.cues[0].log_likelihood_ratio == pytest.approx(belief("right").log_likelihood_ratio.max(), abs=0.5)
    with pytest.raises(InputError, match="there are no poses of camera 'c', only of a, b"):
        sync(poses=three(), identities={"c": {0: "anna"}})
