"""`look`: people are found in the stretches that are worth it, once."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_people import gray_video, video

from viewsync.look import look
from viewsync.media.keypoints.joints import COCO17
from viewsync.media.probe import probe
from viewsync.signals import pose
from viewsync.store import Store
from viewsync.types import Poses


@pytest.fixture(scope="module")
def two():
    return [probe(video(seed), id=f"cam{seed}") for seed in (1, 2)]


def looked(recordings, store=None, signals=None):
    told = []
    signals = {one.id: {} for one in recordings} | (signals or {})
    return look(recordings, [], signals, store or Store(), lambda *step: told.append(step)), told


def nobody(id):
    return probe(gray_video(), id=id)


def test_people_are_found_once(two, tmp_path):
    first, told = looked(two, Store(tmp_path))
    assert [(id, poses.joints, len(poses) > 9) for id, poses in first.items()] == [
        ("cam1", COCO17, True),
        ("cam2", COCO17, True),
    ]
    assert {task for task, _, _ in told} == {"cam1: people", "cam2: people"}
    assert all(max(done for task, done, _ in told if task == f"{one.id}: people") == 16 for one in two)
    second, told = looked(two, Store(tmp_path))
    assert not told
    for id, poses in first.items():
        np.testing.assert_array_equal(poses.pixels, second[id].pixels)


def test_who_is_seen_by_one_camera_alone_is_of_no_use(two):
    found, told = looked([two[0], nobody("empty")])
    assert found == {}
    assert len([task for task, _, _ in told if task == "cam1: people"]) == 16


def test_somebody_who_is_given_is_company_enough(two):
    poses = Poses(COCO17, np.array([0.0, 0.1]), *2 * [np.zeros(0, int)], np.zeros((0, 17, 2)), np.zeros((0, 17)))
    found, told = looked(two, signals={"cam2": {pose.NAME: pose.signal(poses)}})
    assert list(found) == ["cam1"]
    assert {task for task, _, _ in told} == {"cam1: people"}


def test_an_interruption_ends_all(two):
    def stop(task, done, whole):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look(two, [], {one.id: {} for one in two}, Store(), stop)


def test_faster_cameras_are_looked_at_60_times_a_second():
    slow = nobody("slow")  # 15 frames per second
    fast = replace(nobody("fast"), video=replace(slow.video, pts=slow.video.pts // 16))
    _, told = looked([slow, fast])
    assert {(task, whole) for task, _, whole in told} == {("slow: people", 8), ("fast: people", 2)}
