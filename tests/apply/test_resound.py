"""The sound of a retimed file follows the reference clock to the sample, and is otherwise the sound of its source."""

from fractions import Fraction

import av
import numpy as np
import pytest
from numbered import clip, heard, plan, write_numbered, write_sound

from viewsync.apply.resound import resound
from viewsync.apply.retime import retime, retimed_suffix
from viewsync.media import probe

FPS = Fraction(25)
RATE_HZ = 48_000
CLOCKS = [(0.0, 0.0), (3.21987, 0.0), (3.21987, 200e-6), (-0.77, -200e-6)]


def unheeded(done: int, total: int) -> None:
    assert 0 <= done <= total


def write_wav(path, samples, encoder="pcm_s16le", rate_hz=RATE_HZ, start=0):
    with av.open(str(path), "w") as container:
        write_sound(container, samples, rate_hz, encoder, start)
    return path


def retimed(made, start: float, end: float):
    retime(made, plan(start, end, made), FPS, made.out, unheeded)
    return heard(made.out)


def clicks(at_seconds: list[float], duration_seconds: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Short bell curves, whose middles can be measured far below a sample."""
    seconds = np.arange(round(duration_seconds * rate_hz)) / rate_hz
    return sum(0.5 * np.exp(-0.5 * ((seconds - at) * rate_hz / 6) ** 2) for at in at_seconds)[None]


def middle(samples: np.ndarray, near: int, reach: int = 100) -> float:
    """Place of the bell curve near a sample."""
    part = np.abs(samples[near - reach : near + reach])
    part = np.where(part > 0.1 * part.max(), part, 0)
    return near - reach + float((part * np.arange(2 * reach)).sum() / part.sum())


@pytest.mark.parametrize(("offset", "rate"), CLOCKS)
@pytest.mark.parametrize(("encoder", "name", "samples_off"), [("pcm_s16le", "a.mov", 1), ("aac", "a.mp4", 48)])
def test_a_click_is_heard_when_it_happened(tmp_path, encoder, name, samples_off, offset, rate):
    at = [0.5, 1.7, 7.9]
    sound = (clicks(at, 9.0), RATE_HZ, encoder)
    made = clip(write_numbered(tmp_path / name, np.arange(270) * 3000, sound=sound), offset, rate)
    samples, rate_hz, first = retimed(made, offset + 0.3, offset + 8.5)
    assert (rate_hz, first) == (RATE_HZ, 0)
    for seconds in at:
        true = (made.clock(seconds) - (offset + 0.3)) * RATE_HZ
        assert middle(samples[0], round(true)) == pytest.approx(true, abs=samples_off)


def test_sound_that_needs_no_resampling_is_copied_bit_by_bit(tmp_path):
    noise = np.random.default_rng(0).uniform(-1, 1, (2, RATE_HZ))
    made = clip(write_wav(tmp_path / "a.wav", noise), 12.0)
    before, _, _ = heard(tmp_path / "a.wav")
    after, _, _ = retimed(made, 12.25, 12.65)
    np.testing.assert_array_equal(after, before[:, 12_000:31_200])


@pytest.mark.parametrize("rate", [0.0, 200e-6, -500e-6])
def test_a_sine_stays_a_sine(tmp_path, rate):
    hz = 997.0
    sine = 0.5 * np.sin(2 * np.pi * hz * np.arange(6 * RATE_HZ) / RATE_HZ)[None]
    made = clip(write_wav(tmp_path / "a.wav", sine), 1.0, rate)
    samples = retimed(made, 1.5, 6.5)[0][0].astype(np.float64)
    # Least squares with the frequency that the reference clock measures: what is left over are noise and clicks.
    phase = 2 * np.pi * hz / (1 + rate) * np.arange(samples.size) / RATE_HZ
    waves = np.stack([np.sin(phase), np.cos(phase)], axis=1)
    factors, *_ = np.linalg.lstsq(waves, samples, rcond=None)
    assert np.hypot(*factors) == pytest.approx(0.5, rel=1e-3)
    assert np.abs(samples - waves @ factors).max() < 1e-4  # 16 bits are steps of 3e-5.


def test_blocks_make_no_difference(tmp_path):
    made = clip(write_wav(tmp_path / "a.wav", clicks([1.0], 3.0)), 0.0, 100e-6)
    whole = np.concatenate(list(resound(made, RATE_HZ, 0.5, 96_000)))
    later = np.concatenate(list(resound(made, RATE_HZ, 0.5 + 1 / 3, 80_000)))
    assert middle(whole[:, 0], 24_005) - middle(later[:, 0], 8_005) == pytest.approx(16_000, abs=1)
    assert (len(whole), len(later)) == (96_000, 80_000)


@pytest.mark.parametrize("rate", [0.0, 50e-6])
@pytest.mark.parametrize("channels", [1, 2, 4, 10])
def test_all_channels_are_kept_in_order(tmp_path, channels, rate):
    levels = np.arange(1, channels + 1)[:, None] / 20 * np.ones((channels, RATE_HZ))
    made = clip(write_wav(tmp_path / "a.wav", levels, "pcm_s24le"), 0.0, rate)
    samples, _, _ = retimed(made, 0.2, 0.8)
    assert samples.shape == (channels, 28_800)
    np.testing.assert_allclose(samples.mean(axis=1, dtype=np.float64), np.arange(1, channels + 1) / 20, atol=1e-4)


@pytest.mark.parametrize("rate", [0.0, 100e-6])
def test_before_after_and_in_gaps_there_is_silence(tmp_path, rate):
    ones = 0.25 * np.ones((1, RATE_HZ))
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE_HZ)
        stream.layout = "mono"
        for start in (0, 3 * RATE_HZ):
            frame = av.AudioFrame.from_ndarray(ones.astype(np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    made = clip(path, 10.0, rate)
    samples = np.concatenate(list(resound(made, RATE_HZ, 9.0, 6 * RATE_HZ)))[:, 0]
    heard_seconds = [(1.01, 1.99), (4.01, 4.99)]
    silent_seconds = [(0, 0.99), (2.01, 3.99), (5.01, 6.0)]
    for begin, end in heard_seconds:
        np.testing.assert_allclose(samples[round(begin * RATE_HZ) : round(end * RATE_HZ)], 0.25, atol=1e-3)
    for begin, end in silent_seconds:
        np.testing.assert_allclose(samples[round(begin * RATE_HZ) : round(end * RATE_HZ)], 0, atol=1e-3)


def test_a_stretch_without_any_sound_is_silent(tmp_path):
    made = clip(write_wav(tmp_path / "a.wav", clicks([0.5], 1.0)))
    for start in (-5.0, 5.0):
        blocks = np.concatenate(list(resound(made, RATE_HZ, start, 60_000)))
        assert blocks.shape == (60_000, 1)
        assert not blocks.any()


def test_sound_lasts_as_long_as_the_pictures(tmp_path):
    sound = (clicks([0.5], 2.0, 44_100), 44_100, "pcm_s16le")
    made = clip(write_numbered(tmp_path / "a.mov", np.arange(60) * 3000, sound=sound), 0.0, 30e-6)
    samples, rate_hz, first = retimed(made, 0.1, 1.63)
    frames = len(probe(made.out).video.pts)
    assert (samples.shape[1], rate_hz, first) == (round(frames / FPS * 44_100), 44_100, 0)


@pytest.mark.parametrize(
    ("encoder", "name", "suffix", "codec"),
    [
        ("pcm_s24le", "a.wav", ".wav", "pcm_s24le"),
        ("pcm_s16be", "a.aiff", ".wav", "pcm_s16le"),
        ("pcm_f32le", "a.wav", ".wav", "pcm_f32le"),
        ("pcm_alaw", "a.wav", ".wav", "pcm_s16le"),
        ("aac", "a.m4a", ".m4a", "aac"),
        ("libmp3lame", "a.mp3", ".m4a", "aac"),
        ("flac", "a.flac", ".m4a", "aac"),
    ],
)
def test_a_sound_recorders_file(tmp_path, encoder, name, suffix, codec):
    made = clip(write_wav(tmp_path / name, clicks([1.0], 2.0), encoder), 5.0, 100e-6)
    assert retimed_suffix(made.recording) == suffix
    out = tmp_path / f"out{suffix}"
    retime(made, plan(5.25, 6.75, made), FPS, out, unheeded)
    samples, rate_hz, first = heard(out)
    with av.open(str(out)) as copy:
        assert copy.streams.audio[0].codec_context.name == codec
    assert (rate_hz, first, samples.shape[0]) == (RATE_HZ, 0, 1)
    # FFmpeg lets MP3 begin where the delay of its encoder ends.
    true = (made.clock(1.0 + made.recording.sound.start_seconds) - 5.25) * RATE_HZ
    assert middle(samples[0], round(true)) == pytest.approx(true, abs=48)


def test_a_rate_that_aac_has_not_becomes_the_nearest(tmp_path):
    made = clip(write_wav(tmp_path / "a.flac", clicks([1.0], 2.0, 192_000), "flac", 192_000))
    out = tmp_path / "out.m4a"
    retime(made, plan(0.5, 1.5, made), FPS, out, unheeded)
    samples, rate_hz, _ = heard(out)
    assert rate_hz == 96_000
    assert middle(samples[0], RATE_HZ) == pytest.approx(RATE_HZ, abs=96)
