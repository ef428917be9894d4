"""Whatever is named instead of a recording: one sentence that names it, never a traceback and never a wait."""

import os
from pathlib import Path

import av
import numpy as np
import pytest
from chaptered import film

from viewsync.media import frames, probe, probe_all, still
from viewsync.types import InputError


def said(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        probe_all([path])
    assert path.name in str(caught.value)
    return str(caught.value)


def test_what_is_not_a_file(tmp_path):
    assert "no such file" in said(tmp_path / "absent.mp4")
    assert "no such file" in said(tmp_path / ("long" * 100 + ".mp4"))
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "a pipe or a device" in said(tmp_path / "pipe.mp4")
    (tmp_path / "broken.mp4").symlink_to("gone.mp4")
    assert "a link to a file that isn't there" in said(tmp_path / "broken.mp4")
    (tmp_path / "circle.mp4").symlink_to("circle.mp4")
    assert "a link to a file that isn't there" in said(tmp_path / "circle.mp4")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty (0 bytes)"),
        (b"Dear diary,\n" * 100, "not a media file"),
        (bytes(10_000), "not a media file"),
        (b"ffconcat version 1.0\nfile 'clip.mp4'\n", "a playlist"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(1000), "index (moov) is missing"),
    ],
)
def test_what_is_not_media(tmp_path, content, expected):
    film(tmp_path / "clip.mp4")
    (tmp_path / "bad.mp4").write_bytes(content)
    assert expected in said(tmp_path / "bad.mp4")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_what_may_not_be_read(tmp_path):
    path = film(tmp_path / "secret.mp4")
    path.chmod(0)
    assert "no permission" in said(path)
    (tmp_path / "closed").mkdir(mode=0)
    assert "can't be read" in said(tmp_path / "closed")


def test_links_and_copies_are_the_same_recording(tmp_path):
    path = film(tmp_path / "cam.mp4")
    os.link(path, tmp_path / "hard.mp4")
    (tmp_path / "soft.mp4").symlink_to(path)
    for other in ("hard.mp4", "soft.mp4"):
        with pytest.raises(InputError, match="same recording"):
            probe_all([path, tmp_path / other])


@pytest.mark.parametrize("name", ["two\nlines", "😀", "co:lon", "100%03d", "-dash", "it's \"$(x)`", " "])
def test_any_name_will_do(tmp_path, name):
    path = film(tmp_path / f"{name}.mp4", sound=None)
    assert probe(path).id == name


@pytest.mark.parametrize(
    "pixels",
    ["yuv422p10le", "yuv444p12le", "yuva420p", "gray", "gray16le", "gbrp10le", "rgb24", "rgba", "rgb48le", "ya8"],
)
@pytest.mark.parametrize("size", [(96, 64), (95, 63), (1, 1)])
def test_any_kind_of_pixel_and_size(tmp_path, pixels, size):
    path = tmp_path / "raw.nut"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        for level in (0, 100, 200):
            frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), level, np.uint8), format="rgb24")
            container.mux(stream.encode(frame.reformat(format=pixels)))
        container.mux(stream.encode(None))
    recording = probe(path)
    assert (recording.video.width, recording.video.height) == size
    levels = [frame.gray.mean() for frame in frames(recording)]
    assert levels == pytest.approx([0, 100, 200], abs=4)
    assert still(recording, 0.04).mean() == pytest.approx(levels[1], abs=4)


def test_one_frame_is_enough_and_none_is_not(tmp_path):
    path = film(tmp_path / "whole.mp4", sound=None)
    with av.open(str(path)) as source, av.open(str(tmp_path / "one.mp4"), "w") as target:
        copy = target.add_stream_from_template(source.streams.video[0])
        packet = next(source.demux(video=0))
        packet.stream = copy
        target.mux(packet)
    one = probe(tmp_path / "one.mp4")
    assert len(list(frames(one))) == one.video.pts.size == 1
    with av.open(str(tmp_path / "none.mp4"), "w") as target, av.open(str(path)) as source:
        target.add_stream_from_template(source.streams.video[0])
        target.start_encoding()
    assert "none.mp4" in said(tmp_path / "none.mp4")
