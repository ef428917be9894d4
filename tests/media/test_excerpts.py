from dataclasses import replace
from fractions import Fraction

import av
import chaptered
import numpy as np
import pytest

from footage import three_cameras
from viewsync.media import probe
from viewsync.media.pictures import excerpt
from viewsync.types import InputError, SoundTrack


def film(path, count=90, codec="libx264", pts=None):
    """A video of noise: no frame is like another one."""
    rng = np.random.default_rng(0)
    ticks = 1000 if pts is not None else 30
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=30, options={} if codec == "mjpeg" else {"g": "12", "bf": "3"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.time_base = Fraction(1, ticks)
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(rng.integers(0, 255, (48, 64, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = (number if pts is None else pts[number]), Fraction(1, ticks)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return probe(path)


def whole(path):
    """All frames, read from the beginning."""
    with av.open(path) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def check(found, frames, first, last):
    assert [picture.index for picture in found] == list(range(first, last + 1))
    for picture in found:
        np.testing.assert_array_equal(picture.rgb, frames[picture.index])


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.mov", "mpeg4"), ("a.ts", "libx264"), ("a.avi", "mjpeg")],
)
def test_an_excerpt_is_the_same_part_of_the_whole(tmp_path, name, codec):
    recording, frames = film(tmp_path / name, codec=codec), whole(tmp_path / name)
    seconds = recording.video.pts_seconds
    assert len(seconds) == len(frames) == 90
    for first, last in ((0, 89), (0, 0), (40, 55), (89, 89), (11, 13)):
        found = list(excerpt(recording, seconds[first], seconds[last], 64))
        check(found, frames, first, last)
        assert [picture.pts_seconds for picture in found] == seconds[first : last + 1].tolist()


def test_frames_at_uneven_times_come_with_their_own(tmp_path):
    pts = np.cumsum(np.random.default_rng(0).integers(10, 90, 90)).tolist()
    recording = film(tmp_path / "vfr.mp4", pts=pts)
    found = list(excerpt(recording, pts[20] / 1000 - 0.001, pts[30] / 1000 + 0.001, 64))
    check(found, whole(tmp_path / "vfr.mp4"), 20, 30)
    np.testing.assert_allclose([picture.pts_seconds for picture in found], np.array(pts[20:31]) / 1000, atol=1e-4)


def test_between_two_frames_there_is_nothing(tmp_path):
    recording = film(tmp_path / "a.mp4", count=10)
    seconds = recording.video.pts_seconds
    assert list(excerpt(recording, seconds[3] + 0.001, seconds[4] - 0.001, 64)) == []
    assert list(excerpt(recording, seconds[-1] + 1, seconds[-1] + 2, 64)) == []


def test_only_what_is_near_is_decoded(tmp_path):
    recording = film(tmp_path / "a.mp4", count=100)
    seconds, frames = recording.video.pts_seconds, whole(tmp_path / "a.mp4")
    # What lies long before the excerpt may be destroyed: nobody looks at it.
    data = bytearray((tmp_path / "a.mp4").read_bytes())
    with av.open(tmp_path / "a.mp4") as container:
        packets = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    for position, size in packets[13:24]:
        data[position + 4 : position + size] = bytes(size - 4)
    (tmp_path / "a.mp4").write_bytes(data)
    check(list(excerpt(recording, seconds[60], seconds[70], 64)), frames, 60, 70)


def test_a_chaptered_recording_is_read_across_its_cuts(tmp_path):
    one = chaptered.film(tmp_path / "whole.mp4")
    frames = whole(one)
    folder = tmp_path / "cam"
    folder.mkdir()
    chaptered.cut(one, [folder / f"GX0{chapter}0001.MP4" for chapter in (1, 2, 3)])
    recording = probe(folder)
    seconds = recording.video.pts_seconds
    assert len(recording.parts) == 3
    for first, last in ((0, 119), (35, 50), (75, 76), (110, 119)):
        check(list(excerpt(recording, seconds[first], seconds[last], 96)), frames, first, last)


def test_pictures_are_small_upright_and_never_enlarged():
    recording = probe(three_cameras()[0])
    seconds = recording.video.pts_seconds
    assert next(excerpt(recording, seconds[5], seconds[5], 160)).rgb.shape == (90, 160, 3)
    assert next(excerpt(recording, seconds[5], seconds[5], 4000)).rgb.shape == (180, 320, 3)
    on_its_side = replace(recording, video=replace(recording.video, width=180, height=320, rotation_degrees=90))
    upright = next(excerpt(on_its_side, seconds[5], seconds[5], 320)).rgb
    np.testing.assert_array_equal(upright, np.rot90(next(excerpt(recording, seconds[5], seconds[5], 320)).rgb))


def test_damage_and_sound_are_named(tmp_path):
    recording = film(tmp_path / "a.mp4", count=100)
    seconds = recording.video.pts_seconds
    sound = SoundTrack(stream_index=0, rate_hz=48000, channels=1, start_seconds=0.0, duration_seconds=12.0)
    with pytest.raises(InputError, match=r"a\.mp4 has no video track, only sound"):
        next(excerpt(replace(recording, video=None, sound=sound), 0.0, 1.0, 64))
    data = bytearray((tmp_path / "a.mp4").read_bytes())
    with av.open(tmp_path / "a.mp4") as container:
        position, size = [(p.pos, p.size) for p in container.demux(video=0) if p.size][65]
    data[position : position + size] = b"\xff" * size
    (tmp_path / "a.mp4").write_bytes(data)
    with pytest.raises(InputError, match=r"a\.mp4 is damaged or cut short: it can be read only up to \d+\.\d{3} s"):
        list(excerpt(recording, seconds[55], seconds[90], 64))
