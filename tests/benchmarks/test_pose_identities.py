"""Takes of people whom the detector loses, and who of them is told."""

from itertools import pairwise

import numpy as np
import pytest

from viewsync.benchmarks.pose_identities import PEOPLE, _exchanged, _told, crowd_takes

pytestmark = pytest.mark.slow


def test_a_take_repeats_itself_and_loses_people():
    (one,), (again,) = (list(crowd_takes(3, 1, 1.0)) for _ in range(2))
    assert len(one.poses) == 2
    for camera, poses in one.poses.items():
        np.testing.assert_array_equal(poses.tracks, again.poses[camera].tracks)
        people = poses.tracks // 1000
        assert set(people) <= set(range(PEOPLE))
        assert len(np.unique(poses.tracks)) > len(np.unique(people))
        rows = [*zip(poses.frames.tolist(), people.tolist(), strict=True)]
        assert len(set(rows)) == len(rows)  # Nobody is twice in a frame.
        assert all(earlier <= later for (earlier, _), (later, _) in pairwise(rows))


def test_so_many_people_are_told():
    (taken,) = crowd_takes(3, 1, 1.0)
    for known in (0, 2, PEOPLE):
        for camera, people in _told(taken, known).identities.items():
            there = taken.poses[camera].tracks
            assert people == {track: str(track // 1000) for track in np.unique(there).tolist() if track // 1000 < known}


def test_unrelated_clips_keep_their_names():
    takes = [_told(taken, PEOPLE) for taken in crowd_takes(3, 2, 1.0)]
    first, second = takes[0].poses
    mixed = next(_exchanged(takes))
    assert mixed.poses[first] is takes[0].poses[first]
    assert mixed.poses[second] is takes[1].poses[second]
    assert mixed.identities[second] == takes[1].identities[second]
