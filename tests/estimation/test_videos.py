"""Poses of whole recordings."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_people import gray_video, recording, video

from viewsync.estimation import videos
from viewsync.estimation.drawing import contact_sheet
from viewsync.estimation.movenet import MoveNet
from viewsync.estimation.videos import estimate, estimate_all
from viewsync.media.keypoints.joints import COCO17
from viewsync.media.pictures import excerpt
from viewsync.media.probe import probe
from viewsync.store import Store
from viewsync.types import InputError


def same(one, other):
    for name in ("pts_seconds", "frames", "tracks", "pixels", "confidence"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (one.joints, one.size) == (other.joints, other.size)


@pytest.fixture(scope="module")
def whole():
    return estimate(recording(), size=256)


def turned(quarters):
    """As if the camera had been held so: the stored pictures are the same."""
    video = recording().video
    size = (video.width, video.height)[:: 1 if quarters % 2 == 0 else -1]
    return replace(recording(), video=replace(video, rotation_degrees=90 * quarters, width=size[0], height=size[1]))


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_each_frame_is_what_the_network_sees_in_it(quarters):
    camera = turned(quarters)
    poses = estimate(camera, size=256, spans=[(0.2, 0.5)])
    find, pictures = MoveNet(256), list(excerpt(camera, 0.2, 0.5, 256))
    assert poses.size == (camera.video.width, camera.video.height)
    assert poses.joints == COCO17
    np.testing.assert_array_equal(poses.pts_seconds, [picture.pts_seconds for picture in pictures])
    scale = poses.size[0] / pictures[0].rgb.shape[1]
    found = [find(picture.rgb).scaled((scale, scale)) for picture in pictures]
    np.testing.assert_allclose(poses.pixels, np.concatenate([people.pixels for people in found]))
    np.testing.assert_array_equal(poses.frames, np.repeat(np.arange(len(found)), [len(people) for people in found]))


def test_a_figure_is_one_track(whole):
    assert len(whole.pts_seconds) == 16
    assert set(whole.tracks.tolist()) == {0}
    assert len(whole) >= 15


@pytest.mark.parametrize("worth_a_seek_frames", [100, 1])
def test_spans_are_parts_of_the_whole(worth_a_seek_frames, whole, monkeypatch):
    monkeypatch.setattr(videos, "_WORTH_A_SEEK_FRAMES", worth_a_seek_frames)
    part = estimate(recording(), size=256, spans=[(1.2, 1.4), (0.5, 0.8), (0.7, 0.9)])
    within = np.flatnonzero(
        (whole.pts_seconds >= 0.5) & (whole.pts_seconds <= 0.9) | (whole.pts_seconds >= 1.2) & (whole.pts_seconds <= 1.4)
    )
    np.testing.assert_array_equal(part.pts_seconds, whole.pts_seconds[within])
    rows = np.isin(whole.frames, within)
    np.testing.assert_array_equal(part.pixels, whole.pixels[rows])


def test_every_third_frame(whole):
    part = estimate(recording(), size=256, every=3)
    np.testing.assert_array_equal(part.pts_seconds, whole.pts_seconds[::3])
    np.testing.assert_array_equal(part.pixels, whole.pixels[whole.frames % 3 == 0])


def test_while_nobody_is_seen_frames_are_left_out(whole):
    nobody = probe(gray_video())
    assert len(nobody.video.pts) == 8  # of 1/15 s
    rested = estimate(nobody, size=256, rest_seconds=0.2)
    np.testing.assert_allclose(rested.pts_seconds, [0, 0.2, 0.4])
    same(estimate(recording(), size=256, rest_seconds=0.5), whole)


def test_each_recording_may_have_its_own_pace(whole):
    second = probe(video(2), id="second")
    both = estimate_all([recording(), second], size=256, every={recording().id: 1, "second": 4})
    same(both[recording().id], whole)
    assert len(both["second"].pts_seconds) == 4


def test_what_was_kept_is_not_estimated_again(whole, tmp_path):
    told = []

    def again(**changes):
        told.clear()
        arguments = {"size": 256, "store": Store(tmp_path), "progress": lambda *step: told.append(step), **changes}
        return estimate_all([recording()], **arguments)[recording().id]

    same(again(), whole)
    assert len(told) == 16
    same(again(), whole)
    assert not told
    for changes in ({"every": 2}, {"spans": {recording().id: [(0.0, 0.5)]}}, {"size": 320}, {"rest_seconds": 0.1}):
        again(**changes)
        assert told


def test_several_at_a_time_are_the_same_as_one_by_one(whole):
    second = probe(video(2), id="second")
    told = []
    both = estimate_all([recording(), second], size=256, progress=lambda *step: told.append(step))
    assert list(both) == [recording().id, "second"]
    same(both[recording().id], whole)
    same(both["second"], estimate(second, size=256))
    assert [step for step in told if step[0] == "second"] == [("second", i, 16) for i in range(1, 17)]


def test_an_error_in_one_ends_the_others():
    told = []
    # Its clock is so early that there is nothing at that time.
    early = replace(recording(), id="early", video=replace(recording().video, pts=recording().video.pts - 10**9))
    spans = {id: [(0.0, 9.0)] for id in (recording().id, "early")}
    with pytest.raises(InputError, match="there is no frame to look at"):
        estimate_all([recording(), early], size=256, spans=spans, progress=lambda *step: told.append(step))
    assert len(told) < 16


def test_a_video_of_nobody():
    poses = estimate(probe(gray_video()), size=256)
    assert (len(poses), len(poses.pts_seconds), poses.pixels.shape) == (0, 8, (0, 17, 2))
    assert contact_sheet(probe(gray_video()), poses).shape == (180, 640, 3)


def test_a_contact_sheet_shows_skeletons(whole):
    sheet = contact_sheet(recording(), whole, count=3, long_side=160)
    plain = contact_sheet(recording(), estimate(recording(), size=256, spans=[(0.0, 0.0)]), count=1, long_side=160)
    assert sheet.shape == (90, 480, 3)
    assert plain.shape == (90, 160, 3)
    drawn = (sheet == sheet.max(axis=2, keepdims=True)) & (sheet > 230)
    assert drawn.any(axis=2).sum() > 30


def test_bad_arguments():
    with pytest.raises(InputError, match="--every must be at least 1, got 0"):
        estimate(recording(), every=0)
    with pytest.raises(InputError, match=r"no frame to look at .* it lasts from 0\.000 to 1\.500 s"):
        estimate(recording(), spans=[(5.0, 6.0)])
    with pytest.raises(InputError, match="has no video track, only sound"):
        estimate(replace(recording(), video=None, sound=_sound()))


def _sound():
    from viewsync.types import SoundTrack

    return SoundTrack(0, 48_000, 1, 0.0, 1.0)
