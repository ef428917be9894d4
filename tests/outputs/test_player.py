import base64
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_timeline import four_cameras, recording

from viewsync.media.pictures import Picture
from viewsync.outputs import player
from viewsync.outputs.tape import NONE, Tape
from viewsync.types import CameraClock, InputError, SoundTrack, Timeline, Verdict


class Film:
    """A decoder of recordings that exist in name only: each frame's gray level tells when it was taken in the world."""

    def __init__(self, offsets: dict[str, float], lively_seconds: float = -1.0):
        self.offsets, self.lively, self.calls, self.told = offsets, lively_seconds, [], []

    def __call__(self, wanted, start, end, long_side):
        self.calls.append((wanted.id, start, end, long_side))
        seconds = wanted.video.pts_seconds
        for index in np.flatnonzero((seconds >= start) & (seconds <= end)).tolist():
            world = seconds[index] + self.offsets[wanted.id]
            level = 60 + 10 * world % 180 if self.lively < 0 or abs(world - self.lively) < 8 else 60
            yield Picture(index, float(seconds[index]), np.full((18, 32, 3), level, np.uint8))

    def progress(self, task, done, whole):
        self.told.append((task, done, whole))


def timeline_of(offsets: dict[str, float], seconds: float = 12.0, **more: float) -> Timeline:
    cameras = tuple(
        CameraClock(recording(id, more.get(id, seconds)), Verdict.TIED, (), offset, 0.001) for id, offset in offsets.items()
    )
    return Timeline(next(iter(offsets)), cameras, (), (), (tuple(offsets),), np.zeros((len(offsets),) * 2))


def pictures(reel):
    data, ends = np.frombuffer(base64.b64decode(reel.data), np.uint8), np.cumsum(reel.sizes)
    return [cv2.imdecode(data[end - size : end], cv2.IMREAD_GRAYSCALE) for end, size in zip(ends, reel.sizes, strict=True)]


def test_after_is_one_instant_and_before_one_file_time():
    offsets = {"a": 0.0, "b": 1.2, "c": -2.08}
    film = Film(offsets)
    made = player.record(timeline_of(offsets), film, film.progress)
    assert made.leader == "a"
    for reel in made.reels:
        levels = [picture.mean() for picture in pictures(reel)]
        for moment, seconds in enumerate(made.seconds):
            assert levels[reel.after[moment]] == pytest.approx(60 + 10 * seconds, abs=2)
            assert reel.file_seconds[reel.after[moment]] == pytest.approx(seconds - offsets[reel.id], abs=0.0201)
            assert reel.file_seconds[reel.before[moment]] == pytest.approx(seconds, abs=0.0201)
            assert reel.frames[reel.before[moment]] == round(25 * seconds)


def test_each_wanted_frame_is_packed_once_and_progress_ends_with_the_whole():
    offsets = {"a": 0.0, "b": 1.2, "c": -2.08}
    film = Film(offsets)
    made = player.record(timeline_of(offsets), film, film.progress)
    for reel in made.reels:
        assert sorted(set(reel.frames)) == list(reel.frames)
        assert set(reel.before) | set(reel.after) == set(range(len(reel.frames)))
    count = sum(len(reel.frames) for reel in made.reels)
    assert film.told == [("report", done, count) for done in range(1, count + 1)]


def test_a_camera_with_pts_that_begin_later_starts_with_the_others_before():
    offsets = {"a": 0.0, "b": 0.0}
    timeline = timeline_of(offsets)
    late = replace(timeline.cameras[1], recording=recording("b", 12.0, first_pts_seconds=4.0))
    made = player.record(replace(timeline, cameras=(timeline.cameras[0], late)), Film(offsets), lambda *_: None)
    before, after = made.reels[1].before, made.reels[1].after
    assert [made.reels[1].file_seconds[place] for place in before] == pytest.approx(made.seconds)
    assert [made.reels[1].file_seconds[place] + 4 for place in after] == pytest.approx(made.seconds)


def test_the_liveliest_part_of_long_footage_is_taken():
    offsets = {"a": 0.0, "b": 20.0}
    film = Film(offsets, lively_seconds=80.0)
    made = player.record(timeline_of(offsets, seconds=130.0), film, film.progress)
    assert made.seconds[0] < 80 < made.seconds[-1]
    assert made.seconds[-1] - made.seconds[0] <= player.LENGTHS_SECONDS[0]
    # All but the short looks at the leader are within what is played.
    assert sum(end - start for _, start, end, _ in film.calls) < 4 * player.LENGTHS_SECONDS[0]


def test_files_that_started_far_apart_are_decoded_in_two_parts():
    offsets = {"a": 0.0, "b": 100.0}
    film = Film(offsets)
    made = player.record(timeline_of(offsets, seconds=130.0), film, film.progress)
    assert len([call for call in film.calls if call[0] == "b"]) == 2
    assert NONE not in made.reels[1].after


def test_a_camera_that_ended_has_no_picture():
    offsets = {"a": 0.0, "b": 0.0, "c": 0.0, "d": -1.0}
    # d has ended, and by its file's time too, before the others are all there.
    made = player.record(timeline_of(offsets, b=12.0, c=12.0, d=0.5), Film(offsets), lambda *_: None)
    assert set(made.reels[3].after) == {NONE}


def test_frames_that_cannot_be_decoded_are_missing_and_the_rest_is_shown():
    offsets = {"a": 0.0, "b": 0.4}
    film = Film(offsets)

    def broken(wanted, start, end, long_side):
        for picture in film(wanted, start, end, long_side):
            if wanted.id == "b" and picture.index > 100:
                raise InputError("b.mp4 is damaged.")
            yield picture

    made = player.record(timeline_of(offsets), broken, lambda *_: None)
    assert NONE in made.reels[1].after
    assert max(made.reels[1].frames) == 100
    assert NONE not in made.reels[0].after


def test_high_speed_footage_is_thinned():
    timeline = timeline_of({"a": 0.0, "b": 0.5})
    fast = [
        replace(
            c, recording=replace(c.recording, video=replace(c.recording.video, time_base=c.recording.video.time_base / 10))
        )
        for c in timeline.cameras
    ]
    made = player.record(
        replace(timeline, cameras=(fast[0], replace(fast[1], offset_seconds=0.1))), Film({"a": 0, "b": 0.1}), lambda *_: None
    )
    assert np.median(np.diff(made.seconds)) == pytest.approx(1 / 60, rel=0.1)


def test_with_fewer_than_two_pictures_nothing_is_played():
    def never(*_):
        raise AssertionError

    one = timeline_of({"a": 0.0})
    sound = SoundTrack(stream_index=0, rate_hz=48000, channels=1, start_seconds=0.0, duration_seconds=12.0)
    two = timeline_of({"a": 0.0, "b": 1.0})
    deaf = replace(two.cameras[1], recording=replace(two.cameras[1].recording, video=None, sound=sound))
    untied = CameraClock(recording("b"), Verdict.NO_EVIDENCE, ())
    for timeline in (one, replace(two, cameras=(two.cameras[0], deaf)), replace(two, cameras=(two.cameras[0], untied))):
        assert player.record(timeline, never, never) is None


def test_where_the_reference_only_hears_the_first_camera_leads():
    timeline = four_cameras()
    sound = SoundTrack(stream_index=0, rate_hz=48000, channels=1, start_seconds=0.0, duration_seconds=12.0)
    deaf = replace(timeline.cameras[0], recording=replace(timeline.cameras[0].recording, video=None, sound=sound))
    offsets = {camera.id: camera.offset_seconds for camera in timeline.cameras}
    made = player.record(replace(timeline, cameras=(deaf, *timeline.cameras[1:])), Film(offsets), lambda *_: None)
    assert made.leader == "cam2"
    assert [reel.id for reel in made.reels] == ["cam2", "cam3"]
    assert np.subtract(made.seconds, 1.2334).tolist() == pytest.approx(
        [made.reels[0].file_seconds[p] for p in made.reels[0].after]
    )


@given(st.lists(st.floats(0, 100), max_size=80))
def test_telling_moments_are_the_highest_and_apart(scores):
    scores = np.array(scores)
    found = player.telling(scores)
    assert len(found) <= player.MOMENTS
    assert all(scores[place] > 0 for place in found)
    assert np.all(np.diff(found) > len(scores) // (2 * player.MOMENTS))
    assert (scores.max(initial=0) > 0) == (len(found) > 0)
    if found:
        assert scores[list(found)].max() == scores.max()


def test_pictures_keep_to_their_bytes():
    rng = np.random.default_rng(0)
    scenery = cv2.GaussianBlur(rng.integers(0, 255, (180, 320, 3), np.uint8), (0, 0), 2)
    tape = Tape(bytes_per_picture=2500)
    for index in range(60):
        noise = rng.normal(0, 6, scenery.shape)
        tape.add(Picture(index, index / 30, np.clip(scenery + noise, 0, 255).astype(np.uint8)))
    reel = tape.reel(recording("a"), np.arange(60), np.arange(60))
    assert sum(reel.sizes[30:]) <= 1.1 * 30 * 2500
    assert len(base64.b64decode(reel.data)) == sum(reel.sizes)


def test_even_noise_stays_below_15_megabytes():
    """The worst that can come: as many pictures as are ever taken, of which none can be packed well."""
    rng = np.random.default_rng(0)
    tape = Tape(player.TOTAL_BYTES / 1000)
    for index in range(30):
        tape.add(Picture(index, index / 30, rng.integers(0, 255, (320, 320, 3), np.uint8)))
    size = tape.reel(recording("a"), np.arange(30), np.arange(30)).sizes[-1]
    assert size * 1000 * 4 / 3 < 15e6
