"""Tracks of keypoints named after boxes that are one person."""

import numpy as np
import pytest
from made_session import nobody, walkers

from viewsync.association.frames import MultiViewFrame
from viewsync.association.identities import track_identities
from viewsync.media.keypoints.identities import identified
from viewsync.types import InputError, Poses

JOINTS = ("head", "left_foot", "right_foot")


def poses_in(session, camera, numbers, shift_seconds=0.0, noise_pixels=0.0, seed=0):
    """Three joints inside each box, of tracks that `numbers` makes of instants and people."""
    view, rng = session.cameras.index(camera), np.random.default_rng(seed)
    rows = [
        (instant, numbers(instant, int(who)), box)
        for instant, frame in enumerate(session.frames)
        for who, box in zip(frame.views[view].identities, frame.views[view].boxes, strict=True)
    ]
    frames, tracks = (np.array([row[column] for row in rows], dtype=int) for column in (0, 1))
    boxes = np.array([row[2] for row in rows])
    x1, y1, x2, y2 = boxes.T + rng.normal(0, 1, boxes.T.shape) * noise_pixels
    inset = 0.1 * (y2 - y1)
    pixels = np.stack([[(x1 + x2) / 2, y1 + inset], [x1, y2 - inset], [x2, y2 - inset]]).transpose(2, 0, 1)
    return Poses(JOINTS, session.seconds + shift_seconds, frames, tracks, pixels, np.ones(pixels.shape[:2]))


def shuffled(session, seed=0):
    """Who is who at each instant, with numbers of no meaning beyond it."""
    rng = np.random.default_rng(seed)
    for frame in session.frames:
        names = rng.permutation(50)
        yield [names[view.identities] for view in frame.views]


def people_of(told, camera, numbers):
    """Which name each of the people got there."""
    return {who: told[camera].get(number) for who, number in numbers.items()}


@pytest.fixture(scope="module")
def session():
    return walkers(instants=12, people=4, seed=2)


def test_right_boxes_name_tracks_alike(session):
    poses = {
        "cam1": poses_in(session, "cam1", lambda instant, who: who),
        "cam2": poses_in(session, "cam2", lambda instant, who: 30 - who),
        "cam3": poses_in(session, "cam3", lambda instant, who: 7 * who),
    }
    told = track_identities(session, shuffled(session), poses)
    one = people_of(told, "cam1", {who: who for who in range(4)})
    assert len(set(one.values())) == 4
    assert one == people_of(told, "cam2", {who: 30 - who for who in range(4)})
    assert one == people_of(told, "cam3", {who: 7 * who for who in range(4)})


def test_the_majority_of_instants_counts(session):
    """At a third of the instants, two people are taken for each other."""

    def found():
        for instant, clusters in enumerate(shuffled(session)):
            if instant % 3 == 0:
                one, two = (np.flatnonzero(session.frames[instant].views[1].identities == who) for who in (0, 1))
                if one.size and two.size:
                    clusters[1][[one[0], two[0]]] = clusters[1][[two[0], one[0]]]
            yield clusters

    poses = {camera: poses_in(session, camera, lambda instant, who: who) for camera in ("cam1", "cam2")}
    told = track_identities(session, found(), poses)
    assert told["cam1"] == told["cam2"]
    assert len({*told["cam1"].values()}) == 4


def test_a_person_lost_for_a_while_is_one_person(session):
    poses = {
        "cam1": poses_in(session, "cam1", lambda instant, who: who),
        "cam2": poses_in(session, "cam2", lambda instant, who: who + 10 * (instant > 5)),
    }
    told = track_identities(session, shuffled(session), poses)
    assert all(told["cam2"][who] == told["cam2"][who + 10] == told["cam1"][who] for who in range(4))
    assert identified(poses, told)["cam2"].people  # Nobody is there twice.


def test_clocks_may_differ(session):
    late = poses_in(session, "cam2", lambda instant, who: who, shift_seconds=100.0)
    poses = {"cam1": poses_in(session, "cam1", lambda instant, who: who), "cam2": late}
    seconds = {"cam1": session.seconds, "cam2": session.seconds + 100.2}
    assert len(track_identities(session, shuffled(session), poses, seconds)["cam2"]) == 4
    # No frame of the second camera is of these times.
    assert track_identities(session, shuffled(session), poses) == {"cam1": {}, "cam2": {}}


def test_who_is_seen_by_one_camera_alone_isn_t_named(session):
    hidden = session.with_frames(
        [MultiViewFrame(one.seconds, (one.views[0], nobody(), one.views[2])) for one in session.frames]
    )
    poses = {camera: poses_in(session, camera, lambda instant, who: who) for camera in ("cam1", "cam2")}
    assert track_identities(hidden, shuffled(hidden), poses) == {"cam1": {}, "cam2": {}}


def test_nobody_was_seen_at_all(session):
    empty = Poses(JOINTS, np.zeros(0), np.zeros(0, int), np.zeros(0, int), np.zeros((0, 3, 2)), np.zeros((0, 3)))
    assert track_identities(session, shuffled(session), {"cam1": empty, "cam3": empty}) == {"cam1": {}, "cam3": {}}


def test_what_doesn_t_fit_is_refused(session):
    poses = poses_in(session, "cam1", lambda instant, who: who)
    with pytest.raises(InputError, match="walkers has no camera 'phone', only cam1, cam2, cam3"):
        track_identities(session, shuffled(session), {"phone": poses})
    with pytest.raises(InputError, match="cam1 needs a time for each of the 12 instants of walkers"):
        track_identities(session, shuffled(session), {"cam1": poses}, {"cam1": session.seconds[:3]})
