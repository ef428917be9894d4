import base64
from dataclasses import replace

import cv2
import numpy as np
import pytest
from synthetic_timeline import four_cameras, recording

from viewsync.outputs import stills
from viewsync.types import CameraClock, InputError, SoundTrack, Verdict


class Asked:
    """A decoder that gives plain colours and remembers what it was asked for."""

    def __init__(self):
        self.calls = []

    def __call__(self, wanted, seconds, long_side):
        self.calls.append((wanted.id, seconds, long_side))
        return np.full((30, 40, 3), (200, 30, 60), np.uint8)


def tied(name: str, offset: float, seconds: float, rate: float | None = None) -> CameraClock:
    return CameraClock(recording(name, seconds), Verdict.TIED, (), offset, 0.001, rate)


def placed(timeline):
    return [camera for camera in timeline.cameras if camera.offset_seconds is not None]


def test_the_common_stretch_is_what_all_saw():
    stretch = stills.common_stretch(placed(four_cameras()))
    # cam2 starts last at 1.2334; cam3 ends first at 13.4 (1 + 12e-6) − 2.5.
    assert stretch.start_seconds == pytest.approx(1.2334)
    assert stretch.end_seconds == pytest.approx(10.9 + 13.4 * 12e-6)
    assert [camera.id for camera in stretch.cameras] == ["cam1", "cam2", "cam3"]


def test_of_a_chain_without_a_common_moment_the_longest_shared_stretch_is_taken():
    cameras = [tied("a", 0, 10), tied("b", 8, 10), tied("c", 14, 20)]
    stretch = stills.common_stretch(cameras)
    assert (stretch.start_seconds, stretch.end_seconds) == pytest.approx((14, 18))
    assert [camera.id for camera in stretch.cameras] == ["b", "c"]


def test_cameras_that_never_meet_share_nothing():
    assert stills.common_stretch([tied("a", 0, 10), tied("b", 11, 10)]) is None
    assert stills.common_stretch([tied("a", 0, 10)]) is None


def test_after_is_one_instant_and_before_one_file_time():
    cameras = placed(four_cameras())
    stretch = stills.common_stretch(cameras)
    asked = Asked()
    moments = stills.instants(stretch, asked)
    assert len(moments) == len(stills.FRACTIONS)
    for moment in moments:
        assert stretch.start_seconds < moment.seconds < stretch.end_seconds
        # All are 25 Hz cameras: the frame that is nearest to an instant is at most 20 ms off it.
        assert np.ptp([picture.file_seconds for picture in moment.before]) <= 0.02 + 1e-9
        for camera, picture in zip(cameras, moment.after, strict=True):
            seconds = picture.file_seconds + camera.recording.first_pts_seconds
            assert seconds * (1 + (camera.rate or 0)) + camera.offset_seconds == pytest.approx(moment.seconds, abs=0.0201)


def test_telling_instants_are_taken_where_they_lie_in_the_stretch():
    stretch = stills.common_stretch(placed(four_cameras()))
    moments = stills.instants(stretch, Asked(), (0.5, 3.0, 4.5, 12.0))
    assert [moment.seconds for moment in moments] == [3.0, 4.5]
    assert len(stills.instants(stretch, Asked(), (0.5,))) == len(stills.FRACTIONS)


def test_only_what_is_shown_is_decoded_and_nothing_twice():
    asked = Asked()
    stills.instants(stills.common_stretch(placed(four_cameras())), asked)
    assert len(asked.calls) == len(set(asked.calls)) == len(stills.FRACTIONS) * (3 + 2)


def test_pictures_keep_their_colours():
    moment = stills.instants(stills.common_stretch(placed(four_cameras())), Asked())[0]
    kind, data = moment.after[0].uri.split(",")
    assert kind == "data:image/jpeg;base64"
    bgr = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_allclose(bgr.reshape(-1, 3).mean(axis=0), (60, 30, 200), atol=4)


def test_a_file_that_has_ended_and_a_frame_that_cannot_be_decoded_are_said():
    def broken(wanted, seconds, long_side):
        raise InputError("cam.mp4: no picture can be decoded.")

    # b's file ends (3 s) before a's file time comes to the shared stretch (from 8 s).
    moment = stills.instants(stills.common_stretch([tied("a", 0, 12), tied("b", 8, 3)]), broken)[0]
    assert moment.before[1].missing == "This file has no picture there."
    assert moment.after[1].missing == "cam.mp4: no picture can be decoded."
    assert moment.after[1].uri is None


def test_sound_recorders_have_no_pictures():
    sound = SoundTrack(stream_index=0, rate_hz=48000, channels=1, start_seconds=0.0, duration_seconds=12.0)
    one, two = tied("a", 0, 12), tied("b", 1, 12)
    deaf = replace(two, recording=replace(two.recording, video=None, sound=sound))
    assert stills.instants(stills.common_stretch([one, deaf]), Asked()) == ()
