from dataclasses import replace

import numpy as np
import pytest
from made_scene import camera, sightings, world, write_sightings

from viewsync.worlds.people.joints import COCO17, JOINTS
from viewsync.worlds.sightings_file import SightingsWriter, read_sightings
from viewsync.worlds.truth.instants import NONE, matching_frames
from viewsync.worlds.truth.observations import HIDDEN, NOBODY, VISIBLE, detected, observations


@pytest.fixture
def truth(tmp_path):
    scene = world()
    write_sightings(scene, tmp_path)
    return [seen for _, seen in observations(scene.cameras[0], tmp_path)]


def test_sightings_come_back_frame_by_frame(tmp_path):
    path, written = (
        tmp_path / "s.h5",
        [sightings(frame, ids) for frame, ids in [(0, (1, 2)), (1, ()), (4, (3,)), (5, (1, 2, 3))]],
    )
    with SightingsWriter(path) as writer:
        for rows in written:
            writer.append(rows)
    read = dict(read_sightings(path))
    assert list(read) == [0, 4, 5]
    for rows in written:
        if len(rows):
            again = read[int(rows.frames[0])]
            for name, column in vars(rows).items():
                assert np.allclose(getattr(again, name), column, atol=1e-5, equal_nan=True), name


def test_many_frames_are_read_block_by_block(tmp_path):
    path = tmp_path / "s.h5"
    with SightingsWriter(path) as writer:
        for frame in range(2500):
            writer.append(sightings(frame, (1,)))
    numbers = [(number, int(rows.frames[0]), len(rows)) for number, rows in read_sightings(path)]
    assert numbers == [(frame, frame, 1) for frame in range(2500)]


def test_nobody_at_all_is_a_file_without_frames(tmp_path):
    with SightingsWriter(tmp_path / "s.h5") as writer:
        writer.append(sightings(0, ()))
    assert list(read_sightings(tmp_path / "s.h5")) == []


def test_boxes_are_cut_at_the_picture_and_those_behind_the_camera_left_out(truth):
    first = truth[0]
    assert first.ids.tolist() == [1, 2]
    assert first.boxes.tolist() == [[60, 20, 80, 80], [-0.5, 20, 10, 80]]


def test_joints_are_visible_hidden_or_out_of_the_picture(truth):
    flags, joints = truth[0].joint_flags, truth[0].joints
    assert flags[0, 9] == HIDDEN
    assert flags[0, 0] == VISIBLE
    outside = flags[1] == 0
    assert outside.any()
    assert (joints[1, outside] == 0).all()
    assert (joints[flags > 0] > -0.5).all()


def test_a_detector_is_the_same_with_the_same_seed_only(truth):
    lens = camera()
    one, same, other = (detected(truth[0], lens, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.boxes, same.boxes)
    assert not np.array_equal(one.boxes, other.boxes)


def test_a_detector_errs_as_it_says(truth):
    """Over many draws: unbiased boxes, few misses of those in full view, more of those hardly seen, 1 % swaps."""
    lens, whole = camera(), truth[0].of(np.array([0]))
    found = [detected(whole, lens, seed) for seed in range(4000)]
    real = [people.of(people.joint_flags.any(axis=1)) for people in found]
    assert np.mean([len(people.ids) for people in real]) == pytest.approx(0.98, abs=0.01)
    assert {id for people in found for id in people.ids.tolist()} == {NOBODY}
    boxes = np.concatenate([people.boxes for people in real])
    assert boxes.mean(axis=0) == pytest.approx(whole.boxes[0], abs=0.1)
    assert boxes.std() > 0
    left, right = JOINTS.index("left_hip"), JOINTS.index("right_hip")
    both = [people for people in real if len(people.ids) and people.joint_flags[0, [left, right]].all()]
    swapped = [
        np.linalg.norm(people.joints[0, left] - whole.joints[0, right]) < 3
        and np.linalg.norm(people.joints[0, right] - whole.joints[0, left]) < 3
        for people in both
    ]
    assert 0.003 < np.mean(swapped) < 0.02
    hidden = [people.joint_flags[0, 9] > 0 for people in real if len(people.ids)]
    assert np.mean(hidden) == pytest.approx(0.25, abs=0.04)
    hardly_seen = replace(whole, scores=np.array([0.1]))
    assert np.mean([len(detected(hardly_seen, lens, seed).ids) for seed in range(500)]) < 0.2


def test_phantoms_are_rare_and_have_no_joints(truth):
    counts = [len(detected(truth[0], camera(), seed).ids) for seed in range(2000)]
    assert 0 < np.mean(np.array(counts) > 2) < 0.06


def test_swaps_pair_left_with_right():
    from viewsync.worlds.truth.observations import _PAIRS

    assert len(_PAIRS) == 8
    for left, right in _PAIRS:
        assert COCO17[left].replace("left", "right") == COCO17[right]


def test_frames_match_by_world_time():
    a, b = camera("a"), camera("b", offset_seconds=0.23)
    frames = matching_frames((a, b))
    assert frames[:, 0].tolist() == list(range(10))
    # b's frame k is at 0.23 + k / 10: the nearest to 0.2 is frame 0, to 0.9 frame 7.
    assert frames[:, 1].tolist() == [NONE, NONE, *range(8)]


def test_frames_match_as_a_slow_search_says():
    a = camera("a", fps=25.0, duration_seconds=4.0, jitter_share=0.4)
    b = camera("b", fps=7.0, duration_seconds=3.0, offset_seconds=0.61, rate_ppm=300.0, dropped_share=0.3)
    theirs = b.clock.world_seconds(b.clock.ticks() / 90_000)
    for row, moment in zip(matching_frames((a, b)), a.clock.world_seconds(a.clock.ticks() / 90_000), strict=True):
        gaps = np.abs(theirs - moment)
        assert row[1] == (gaps.argmin() if gaps.min() <= 0.5 / 7 else NONE)
