"""Frame times, pictures and sound of files made here: exact, and equal to what a full decode says."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from viewsync.media import frames, probe, probe_all, sound, still
from viewsync.types import InputError


def write(path: Path, pts, time_base=Fraction(1, 90_000), codec="libx264", size=(96, 64), options=None, level=None) -> Path:
    """A video with these presentation times; frame k is a gray of level 10 k mod 250 (or as given)."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=30, options=options or {})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.time_base = stream.codec_context.time_base = time_base
        for number, at in enumerate(pts):
            value = 10 * number % 250 if level is None else level
            frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0]), value, np.uint8), format="gray")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = int(at), time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def decoded_pts(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def exact(recording) -> list[Fraction]:
    return [int(tick) * recording.video.time_base for tick in recording.video.pts]


def test_ntsc_rate_is_exact(tmp_path):
    path = write(tmp_path / "ntsc.mp4", [1001 * k for k in range(60)], Fraction(1, 30_000))
    assert exact(probe(path)) == [Fraction(1001 * k, 30_000) for k in range(60)]


@pytest.mark.parametrize("seed", range(3))
def test_variable_rate_with_dropped_frames_and_b_frames(tmp_path, seed):
    rng = np.random.default_rng(seed)
    pts = np.cumsum(rng.integers(1500, 5000, 50))
    pts = np.delete(pts - pts[0], [7, 8, 30])
    path = write(tmp_path / "vfr.mp4", pts, options={"bf": "3", "b-adapt": "0"})
    recording = probe(path)
    np.testing.assert_array_equal(np.array(exact(recording)), np.array([Fraction(int(p), 90_000) for p in pts]))
    assert exact(recording) == decoded_pts(path)
    seen = list(frames(recording))
    assert [frame.pts_seconds for frame in seen] == recording.video.pts_seconds.tolist()
    # B-frames come out in the order of presentation: the grays rise by ten.
    assert np.abs(np.array([frame.gray.mean() for frame in seen[:20]]) - 10 * np.arange(20)).max() < 4


def test_a_late_start_is_kept_not_moved_to_zero(tmp_path):
    recording = probe(write(tmp_path / "late.mkv", [45_000 + 3000 * k for k in range(20)]))
    assert recording.first_pts_seconds == pytest.approx(0.5, abs=1e-3)


def test_an_edit_list_hides_frames_as_players_do(tmp_path):
    # An edit list that starts 0.4 s into the media: the packets before it are marked to be decoded but not shown.
    whole = write(tmp_path / "whole.mp4", [3000 * k for k in range(60)], options={"g": "60"})
    content = bytearray(whole.read_bytes())
    at = content.index(b"elst")
    media_time_at = at + 4 + 4 + 4 + 4  # version and flags, count, duration
    media_time = int.from_bytes(content[media_time_at : media_time_at + 4], "big")
    content[media_time_at : media_time_at + 4] = (media_time + 36_000).to_bytes(4, "big")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(content)
    recording = probe(cut)
    assert exact(recording) == decoded_pts(cut)
    assert len(recording.video.pts) == 48
    assert recording.first_pts_seconds == pytest.approx(0.0, abs=1e-3)


def test_rotation_is_applied_to_pictures_and_size(tmp_path):
    path = write(tmp_path / "upright.mp4", [3000 * k for k in range(5)])
    content = bytearray(path.read_bytes())
    # The matrix of the track header is 40 bytes into a version 0 box: turn the display by 90° clockwise.
    at = content.index(b"tkhd") + 4 + 40
    one = 0x10000
    matrix = (0, one, 0, -one, 0, 0, 96 * one, 0, 0x40000000)
    content[at : at + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in matrix)
    turned = tmp_path / "turned.mp4"
    turned.write_bytes(content)
    video = probe(turned).video
    assert (video.width, video.height) == (64, 96)
    assert video.rotation_degrees in (90, 270)
    assert next(iter(frames(probe(turned)))).gray.shape == (96, 64)
    assert still(probe(turned), 0.0, 96).shape == (96, 64, 3)


def test_a_still_is_the_frame_shown_at_that_time(tmp_path):
    recording = probe(write(tmp_path / "steps.mp4", [3000 * k for k in range(25)], options={"g": "8"}))
    for seconds, number in ((0.0, 0), (0.34, 10), (0.3666, 10), (0.3667, 11), (99.0, 24), (-5.0, 0)):
        level = still(recording, seconds).mean()
        assert level == pytest.approx(10 * number, abs=4), seconds


def test_pictures_are_small_gray_and_of_full_range(tmp_path):
    recording = probe(write(tmp_path / "white.mp4", [0, 3000], size=(640, 360), level=255))
    frame = next(iter(frames(recording, pixels=14_400)))
    assert frame.gray.shape == (90, 160)
    assert frame.gray.min() > 250


def click(path: Path, codec: str, rate: int, at_seconds: float, start_seconds: float = 0.0) -> Path:
    samples = np.zeros(2 * rate)
    place = round((at_seconds - start_seconds) * rate)
    tone = np.sin(2 * np.pi * 1500 * np.arange(rate // 50) / rate) * np.hanning(rate // 50)
    samples[place : place + len(tone)] = tone
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = "mono"
        whole = av.AudioFrame.from_ndarray((30_000 * samples).astype(np.int16)[None], format="s16", layout="mono")
        whole.sample_rate, whole.time_base = rate, Fraction(1, rate)
        whole.pts = round(start_seconds * rate)
        resampler = av.AudioResampler(stream.codec_context.format, "mono", rate, stream.codec_context.frame_size or 1024)
        for frame in [*resampler.resample(whole), *resampler.resample(None)]:
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec", "rate", "start"),
    [
        ("a.wav", "pcm_s16le", 16_000, 0.0),
        ("a.wav", "pcm_s16le", 44_100, 0.0),
        ("a.mp4", "aac", 48_000, 0.0),
        ("a.ogg", "libopus", 48_000, 0.0),
        ("a.mkv", "pcm_s16le", 48_000, 0.35),
    ],
)
def test_a_click_lands_on_its_sample(tmp_path, name, codec, rate, start):
    heard = sound(probe(click(tmp_path / name, codec, rate, 1.2345, start)))
    envelope = np.convolve(np.abs(heard.samples.astype(float)), np.hanning(320), "same")
    found = heard.start_seconds + float(np.argmax(envelope)) / heard.rate_hz
    assert found == pytest.approx(1.2345 + 0.01, abs=1.5e-3)
    assert heard.rate_hz == 16_000


def test_ids_are_unique_and_one_file_is_not_taken_twice(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = write(tmp_path / "a" / "cam.mp4", [0, 3000, 6000])
    second = write(tmp_path / "b" / "cam.mp4", [0, 3000, 6100])
    assert [recording.id for recording in probe_all([first, second])] == ["cam", "cam-2"]
    with pytest.raises(InputError, match=r"cam\.mp4"):
        probe_all([first, second, first])


def test_sound_that_a_decoder_holds_back_until_the_end_follows_the_rest(tmp_path):
    path, wave = tmp_path / "a.wma", (8000 * np.sin(np.arange(96_000) / 60)).astype(np.int16)
    with av.open(str(path), "w", format="asf") as container:
        stream = container.add_stream("wmav2", rate=48_000, layout="mono", options={"b": "128k"})
        frame = av.AudioFrame.from_ndarray(wave[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48_000, 0
        for piece in av.AudioResampler("fltp", "mono", 48_000, stream.codec_context.frame_size).resample(frame):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    with av.open(str(path)) as container:
        assert [frame.pts is None for frame in container.decode(audio=0)][-1]  # Or else nothing is tested.
    heard = sound(probe(path)).samples
    assert abs(heard.size - wave.size / 3) <= 700
    assert np.abs(heard[-2000:-1000].astype(float)).max() > 6000
