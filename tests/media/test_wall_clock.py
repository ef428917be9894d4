"""Time codes and creation times as containers hold them."""

from fractions import Fraction

import av
import numpy as np
import pytest
from chaptered import film

from viewsync.media import probe
from viewsync.types import WallClock


def coded(path, time_code, rate):
    """A MOV with a time code track."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuvj420p"
        stream.metadata["timecode"] = time_code
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32), np.uint8), format="gray").reformat(format="yuvj420p")
            frame.pts, frame.time_base = number, 1 / Fraction(rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("time_code", "rate", "seconds"),
    [
        ("10:00:00:05", Fraction(25), 36_000.2),
        ("01:00:00:12", Fraction(24), 3600.5),
        # 29.97 frames a second: without dropped numbers the code runs slow by 1000/1001 …
        ("01:00:00:00", Fraction(30_000, 1001), 3603.6),
        # … and with them it is right: 108 of 108 000 numbers an hour are left out.
        ("01:00:00;00", Fraction(30_000, 1001), 107_892 * 1001 / 30_000),
        ("00:01:00;02", Fraction(30_000, 1001), 1800 * 1001 / 30_000),
        ("00:10:00;00", Fraction(30_000, 1001), 17_982 * 1001 / 30_000),
        ("00:00:00:00", Fraction(25), None),
    ],
)
def test_time_code(tmp_path, time_code, rate, seconds):
    clocks = probe(coded(tmp_path / "coded.mov", time_code, rate)).wall_clocks
    assert [clock.source for clock in clocks] == ([] if seconds is None else ["time code"])
    assert [clock.seconds for clock in clocks] == pytest.approx([] if seconds is None else [seconds], abs=1e-6)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2024-05-01T10:00:00Z", 1_714_557_600),
        ("1904-01-01T00:00:00Z", None),
        ("1970-01-01T00:00:00Z", None),
    ],
)
def test_creation_time(tmp_path, written, seconds):
    clocks = probe(film(tmp_path / "a.mp4", sound=None, metadata={"creation_time": written})).wall_clocks
    assert clocks == (() if seconds is None else (WallClock(seconds, "creation time"),))


def test_a_wall_clock_is_that_of_pts_zero(tmp_path):
    path = tmp_path / "late.mkv"
    with av.open(str(path), "w") as container:
        container.metadata["creation_time"] = "2024-05-01T10:00:00Z"
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuvj420p"
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32), np.uint8), format="gray").reformat(format="yuvj420p")
            frame.pts, frame.time_base = number + 5, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    recording = probe(path)
    assert recording.first_pts_seconds == pytest.approx(0.5)
    (clock,) = recording.wall_clocks
    assert clock.seconds == pytest.approx(1_714_557_600 - 0.5, abs=1e-3)


def test_broadcast_wave_counts_samples_since_midnight(tmp_path):
    path = film(tmp_path / "plain.wav", None, "pcm_s16le")
    content = path.read_bytes()
    # description, originator, reference, date and time fill 338 bytes; then the count, and 256 bytes more.
    extension = bytes(338) + (36_000 * 48_000).to_bytes(8, "little") + bytes(256)
    chunk = b"bext" + len(extension).to_bytes(4, "little") + extension
    broadcast = tmp_path / "broadcast.wav"
    size = int.from_bytes(content[4:8], "little") + len(chunk)
    broadcast.write_bytes(b"RIFF" + size.to_bytes(4, "little") + b"WAVE" + chunk + content[12:])
    assert probe(broadcast).wall_clocks == (WallClock(36_000.0, "time code"),)
    assert probe(path).wall_clocks == ()
