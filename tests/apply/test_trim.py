"""Trimmed files against their sources: every pts, every picture, every sample, and nothing that wasn't asked for."""

import json
import subprocess
from fractions import Fraction

import av
import numpy as np
import pytest
from numbered import TICKS, clip, heard, number, plan, write_numbered

from viewsync.apply.cut import cut_of
from viewsync.apply.trim import trim, trimmed_suffix
from viewsync.media import probe
from viewsync.media.container import opened_recording
from viewsync.types import InputError

STEADY = 3003 * np.arange(90)
RNG = np.random.default_rng(5)
VARIABLE = np.delete(45_000 + np.cumsum(RNG.integers(1500, 6000, 100)), [30, 31, 52])


def shown(path) -> list[tuple[Fraction, np.ndarray]]:
    """Presentation time and picture of each frame that a player shows."""
    with av.open(str(path)) as container:
        return [(frame.pts * frame.time_base, frame.to_ndarray()) for frame in container.decode(video=0)]


def trimmed(source, *, offset=0.0, rate=0.0, start=0.71, end=2.2, exact=False):
    """The trimmed file, what was said of it, and the cut."""
    one = clip(source, offset, rate)
    what = plan(start, end, one)
    out = source.with_name(f"{source.stem}-trimmed{trimmed_suffix(one.recording)}")
    said = trim(one, what, exact, out, lambda done, whole: None)
    return out, said, cut_of(one, what)


def expected(source, cut) -> list[tuple[Fraction, np.ndarray]]:
    """By looking at every frame of the source."""
    start, end = cut.start * cut.tick, cut.end * cut.tick
    return [(at - start, picture) for at, picture in shown(source) if start <= at < end]


def assert_same_times(out, wanted) -> list[np.ndarray]:
    got = shown(out)
    assert [at for at, _ in got] == [at for at, _ in wanted]
    video = probe(out).video
    assert [int(tick) * video.time_base for tick in video.pts] == [at for at, _ in wanted]
    return [picture for _, picture in got]


HEVC = {"x265-params": "log-level=none:keyint=24:min-keyint=24:open-gop=0:bframes=0"}
SOURCES = {
    "steady": ("steady.mp4", STEADY, {}),
    "variable": ("variable.mp4", VARIABLE, {}),
    "quicktime": ("quicktime.mov", STEADY + 7, {}),
    "matroska": ("matroska.mkv", STEADY + 9000, {}),
    "transport": ("transport.ts", STEADY, {}),
    "hevc": ("hevc.mp4", STEADY, {"codec": "libx265", "options": HEVC}),
    "vp9": ("vp9.mp4", STEADY, {"codec": "libvpx-vp9"}),
    "prores": ("prores.mov", STEADY, {"codec": "prores_ks", "pix_fmt": "yuv422p10le"}),
    "ten bits": ("deep.mp4", STEADY, {"pix_fmt": "yuv420p10le"}),
}


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize(("offset", "rate"), [(0.0, 0.0), (-0.123456, 3e-4)])
def test_a_copy_shows_the_source_frames_of_the_stretch_at_their_times_less_the_cut(tmp_path, kind, offset, rate):
    name, ticks, how = SOURCES[kind]
    source = write_numbered(tmp_path / name, ticks, **how)
    out, said, cut = trimmed(source, offset=offset, rate=rate)
    assert abs(cut.start * cut.tick - Fraction((0.71 - offset) / (1 + rate))) <= cut.tick / 2
    wanted = expected(source, cut)
    pictures = assert_same_times(out, wanted)
    assert all(np.array_equal(a, b) for a, (_, b) in zip(pictures, wanted, strict=True))
    assert (said.frames_copied, said.frames_encoded, said.remark) == (len(wanted), 0, "")
    assert said.first_frame_seconds == float(wanted[0][0])
    assert 0 <= wanted[0][0] < Fraction(6000, TICKS)


@pytest.mark.parametrize("kind", ["steady", "variable", "quicktime", "matroska", "transport", "hevc", "prores", "ten bits"])
def test_exact_hides_nothing_and_copies_what_it_can_to_the_last_bit(tmp_path, kind):
    name, ticks, how = SOURCES[kind]
    source = write_numbered(tmp_path / name, ticks, **how)
    out, said, cut = trimmed(source, exact=True)
    wanted = expected(source, cut)
    pictures = assert_same_times(out, wanted)
    same = np.array([np.array_equal(a, b) for a, (_, b) in zip(pictures, wanted, strict=True)])
    assert said.frames_copied + said.frames_encoded == len(wanted)
    assert said.frames_copied >= 15
    assert np.count_nonzero(same) >= said.frames_copied
    # What was copied lies together; before and after it, encoding made little difference.
    assert max(np.abs(a.astype(float) - b).mean() / b.max() for a, (_, b) in zip(pictures, wanted, strict=True)) < 0.02
    with av.open(str(out)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert len(packets) == len(wanted)
    assert not any(packet.is_discard for packet in packets)


def test_exact_encodes_the_whole_where_parts_cannot_be_joined_and_says_so(tmp_path):
    source = write_numbered(tmp_path / "vp9.mp4", STEADY, codec="libvpx-vp9")
    out, said, cut = trimmed(source, exact=True)
    wanted = expected(source, cut)
    assert_same_times(out, wanted)
    assert (said.frames_copied, said.frames_encoded) == (0, len(wanted))
    assert said.remark.startswith("encoded as a whole")


def test_exact_on_a_key_frame_encodes_nothing(tmp_path):
    with_keys = write_numbered(tmp_path / "keys.avi", STEADY)
    times = [float(at) for at, _ in shown(with_keys)]
    out, said, cut = trimmed(with_keys, start=times[24], end=times[-1], exact=True)
    assert (said.frames_encoded, said.first_frame_seconds) == (0, 0.0)
    assert_same_times(out, expected(with_keys, cut))


def test_moving_the_cut_by_whole_frames_moves_the_first_frame_and_nothing_else(tmp_path):
    source = write_numbered(tmp_path / "steady.mp4", STEADY)
    first = {}
    for frames in (0, 1, 7):
        out, said, _ = trimmed(source, start=0.71 + frames * 3003 / TICKS)
        with av.open(str(out)) as container:
            picture = next(container.decode(video=0)).to_ndarray(format="gray")
        first[frames] = number(picture), said.first_frame_seconds
    assert [first[frames][0] - first[0][0] for frames in first] == [0, 1, 7]
    assert max(abs(first[frames][1] - first[0][1]) for frames in first) <= 1.1 / TICKS


def test_a_trimmed_file_can_be_trimmed_again(tmp_path):
    source = write_numbered(tmp_path / "steady.mp4", STEADY)
    once, _, first = trimmed(source)
    for exact in (False, True):
        twice, _, second = trimmed(once, start=0.3, end=1.1, exact=exact)
        start = first.start * first.tick + second.start * second.tick
        length = (second.end - second.start) * second.tick
        assert_same_times(twice, [(at - start, None) for at, _ in shown(source) if 0 <= at - start < length])


def test_other_programs_show_the_same_frames(tmp_path):
    source = write_numbered(tmp_path / "steady.mp4", STEADY)
    out, _, cut = trimmed(source)
    asked = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "frame=pts:format=duration", "-of", "json"]
    try:
        answer = subprocess.run([*asked, str(out)], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("ffprobe isn't installed")
    said = json.loads(answer.stdout)
    wanted = expected(source, cut)
    assert [Fraction(frame["pts"], cut.scale) for frame in said["frames"]] == [at for at, _ in wanted]
    assert float(said["format"]["duration"]) == pytest.approx(2.2 - 0.71, abs=1e-3)


@pytest.mark.parametrize("exact", [False, True])
def test_chapters_become_one_file(tmp_path, exact):
    folder = tmp_path / "camera"
    folder.mkdir()
    for chapter in (1, 2):
        noise = RNG.uniform(-0.5, 0.5, (1, 96_000)).astype(np.float32)
        write_numbered(folder / f"GX0{chapter}0001.MP4", STEADY[:60], sound=(noise, 48_000, "aac"))
    out, said, cut = trimmed(folder, start=0.6, end=3.3, exact=exact)
    with opened_recording(probe(folder)) as container:
        all_shown = [(frame.pts * frame.time_base, frame.to_ndarray()) for frame in container.decode(video=0)]
    start, end = cut.start * cut.tick, cut.end * cut.tick
    wanted = [(at - start, picture) for at, picture in all_shown if start <= at < end]
    pictures = assert_same_times(out, wanted)
    same = [np.array_equal(a, b) for a, (_, b) in zip(pictures, wanted, strict=True)]
    assert sum(same) >= said.frames_copied >= 40
    assert probe(out).sound.duration_seconds == pytest.approx(2.7, abs=0.05)


# ── sound ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def clicks(rate_hz: int, seconds: float, channels: int = 1) -> np.ndarray:
    """One click a tenth of a second, each with a sign of its own pattern."""
    samples = np.zeros((channels, round(seconds * rate_hz)), np.float32)
    for k in range(int(seconds * 10)):
        at = round((k / 10 + 0.003) * rate_hz)
        samples[:, at : at + 24] = (0.9 if k % 3 else -0.9) * np.hanning(24)
    return samples


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize(
    ("name", "rate_hz", "encoder"),
    [
        ("aac.mp4", 48_000, "aac"),
        ("aac.mov", 44_100, "aac"),
        ("pcm.mov", 48_000, "pcm_s16le"),
        ("mp3.mkv", 44_100, "libmp3lame"),
        ("opus.mkv", 48_000, "libopus"),
        ("aac.ts", 48_000, "aac"),
    ],
)
def test_sound_stays_with_its_picture_to_the_sample(tmp_path, name, rate_hz, encoder, exact):
    source = write_numbered(tmp_path / name, STEADY, sound=(clicks(rate_hz, 3.0), rate_hz, encoder))
    out, _, cut = trimmed(source, exact=exact)
    before, _, before_start = heard(source)
    after, after_hz, after_start = heard(out)
    assert after_hz == rate_hz
    # Where a sample of the copy lies in the source, by what the two files' own clocks say.
    shift = (after_start + float(cut.start * cut.tick) - before_start) * rate_hz
    # Time stamps in Matroska have whole milliseconds, and those in a transport stream whole ticks of 1/90 000 s.
    assert abs(shift - round(shift)) <= 0.5 or name.endswith("mkv")
    best = best_shift(before[0], after[0], round(shift))
    assert abs(best - shift) <= (0.0011 * rate_hz if name.endswith("mkv") else 1.0)
    common = after[0, rate_hz // 4 : rate_hz]
    np.testing.assert_allclose(common, before[0, best + rate_hz // 4 : best + rate_hz], atol=2e-2)
    assert 0 <= after_start <= 1 / rate_hz
    assert probe(out).sound.duration_seconds == pytest.approx(2.2 - 0.71, abs=0.03)


def best_shift(before: np.ndarray, after: np.ndarray, near: int) -> int:
    length = after.size // 2
    shifts = range(max(0, near - 200), near + 200)
    return min(shifts, key=lambda shift: float(np.abs(before[shift : shift + length] - after[:length]).sum()))


def test_uncompressed_sound_is_copied_bit_by_bit(tmp_path):
    samples = RNG.uniform(-0.9, 0.9, (2, 150_000)).astype(np.float32)
    source = write_numbered(tmp_path / "pcm.mov", STEADY, sound=(samples, 48_000, "pcm_s16le"))
    out, _, cut = trimmed(source)
    before, after = heard(source)[0], heard(out)[0]
    first = -(-cut.start * 48_000 // cut.scale)
    np.testing.assert_array_equal(after, before[:, first : first + after.shape[1]])
    assert after.shape[1] == pytest.approx((2.2 - 0.71) * 48_000, abs=1)


def test_sound_alone_that_is_not_compressed_stays_wav(tmp_path):
    samples = RNG.uniform(-0.9, 0.9, (1, 150_000)).astype(np.float32)
    source = tmp_path / "recorder.wav"
    with av.open(str(source), "w") as container:
        from numbered import write_sound

        write_sound(container, samples, 48_000, "pcm_s24le")
    out, said, cut = trimmed(source)
    assert out.suffix == ".wav"
    assert (said.frames_copied, said.frames_encoded, said.first_frame_seconds) == (0, 0, None)
    first = -(-cut.start * 48_000 // cut.scale)
    after = heard(out)[0]
    np.testing.assert_array_equal(after, heard(source)[0][:, first : first + after.shape[1]])
    assert after.shape[1] == pytest.approx((2.2 - 0.71) * 48_000, abs=1)


@pytest.mark.parametrize(("name", "encoder"), [("voice.m4a", "aac"), ("voice.mp3", "libmp3lame"), ("voice.flac", "flac")])
def test_compressed_sound_alone_starts_at_the_sample(tmp_path, name, encoder):
    source = tmp_path / name
    with av.open(str(source), "w") as container:
        from numbered import write_sound

        write_sound(container, clicks(44_100, 3.0), 44_100, encoder)
    out, _, cut = trimmed(source)
    before, _, before_start = heard(source)
    after, _, after_start = heard(out)
    shift = (after_start + float(cut.start * cut.tick) - before_start) * 44_100
    assert abs(best_shift(before[0], after[0], round(shift)) - shift) <= 1


def test_all_sound_streams_are_kept(tmp_path):
    source = tmp_path / "two.mov"
    with av.open(str(source), "w") as container:
        video = container.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sounds = [container.add_stream("aac", rate=48_000), container.add_stream("pcm_s16le", rate=32_000)]
        for stream in sounds:
            stream.layout = "mono"
        for k in range(90):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64), 2 * k, np.uint8), format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = k, Fraction(1, 30)
            container.mux(video.encode(frame))
            for stream in sounds:
                count = stream.rate // 30
                block = av.AudioFrame.from_ndarray(np.zeros((1, count), np.float32), format="flt", layout="mono")
                block.sample_rate, block.pts, block.time_base = stream.rate, k * count, Fraction(1, stream.rate)
                container.mux(stream.encode(block))
        for stream in (video, *sounds):
            container.mux(stream.encode(None))
    out, _, _ = trimmed(source)
    with av.open(str(out)) as container:
        kept = [(stream.codec_context.name, stream.rate) for stream in container.streams.audio]
        seconds = [float(stream.duration * stream.time_base) for stream in container.streams.audio]
    assert kept == [("aac", 48_000), ("pcm_s16le", 32_000)]
    assert seconds == pytest.approx([1.49, 1.49], abs=0.15)


# ── what else a file says ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("exact", [False, True])
def test_rotation_colours_and_metadata_are_kept(tmp_path, exact):
    source = write_numbered(
        tmp_path / "phone.mp4",
        STEADY,
        rotation=90,
        tags={"color_primaries": 9, "color_trc": 18, "colorspace": 9, "color_range": 1},
        metadata={
            "title": "stage left",
            "com.apple.quicktime.model": "Phone 7",
            "creation_time": "2024-05-06T07:08:09Z",
            "com.apple.quicktime.creationdate": "2024-05-06T09:08:09+0200",
        },
    )
    out, _, _ = trimmed(source, start=1.0, exact=exact)
    a, b = probe(source).video, probe(out).video
    assert (a.rotation_degrees, a.width, a.height) == (b.rotation_degrees, b.width, b.height)
    assert b.rotation_degrees == 90
    with av.open(str(out)) as container:
        context = container.streams.video[0].codec_context
        tags = (context.color_primaries, context.color_trc, context.colorspace, context.color_range)
        metadata = dict(container.metadata)
    assert tags == (9, 18, 9, 1)
    assert (metadata["title"], metadata["com.apple.quicktime.model"]) == ("stage left", "Phone 7")
    # It still says when what it shows first was recorded.
    assert metadata["creation_time"].startswith("2024-05-06T07:08:10")
    assert metadata["com.apple.quicktime.creationdate"] == "2024-05-06T09:08:10+02:00"


def test_the_time_code_is_that_of_the_new_first_frame(tmp_path):
    from viewsync.apply.metadata import advanced

    source = write_numbered(tmp_path / "plain.mov", STEADY)
    coded = tmp_path / "coded.mov"
    with av.open(str(source)) as reader, av.open(str(coded), "w") as container:
        stream = container.add_stream_from_template(reader.streams.video[0])
        stream.codec_context.framerate = Fraction(30_000, 1001)
        stream.metadata["timecode"] = "01:02:03:04"
        for packet in reader.demux(video=0):
            if packet.size:
                packet.stream = stream
                container.mux(packet)
    out, _, cut = trimmed(coded, start=30 * 1001 / 30_000)
    with av.open(str(out)) as container:
        assert container.streams.video[0].metadata["timecode"] == "01:02:04:04"
    assert_same_times(out, expected(coded, cut))
    # Drop-frame codes leave out the first two numbers of each minute but every tenth.
    interval = 1001 / 30_000
    for code, frames, later in [
        ("00:00:59;28", 2, "00:01:00;02"),
        ("00:00:00;00", 1798, "00:00:59;28"),
        ("00:00:00;00", 1800, "00:01:00;02"),
        ("00:09:59;29", 1, "00:10:00;00"),
        ("00:00:00;00", 17_982, "00:10:00;00"),
        ("23:59:59;29", 1, "00:00:00;00"),
        ("10:00:00:00", 31, "10:00:01:01"),
    ]:
        assert advanced({"timecode": code}, frames * interval, interval) == {"timecode": later}
    # A picture every five seconds: its code counts seconds at least.
    assert advanced({"timecode": "10:00:00:00"}, 10.0, 5.0) == {"timecode": "10:00:02:00"}


# ── refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_codec_that_no_such_container_takes_is_refused_unless_it_may_be_encoded(tmp_path):
    source = write_numbered(tmp_path / "old.webm", STEADY, codec="libvpx")
    with pytest.raises(InputError, match=r"old\.webm: MP4 and MOV.* don't take its .*vp8 as it is\. Add --exact"):
        trimmed(source)
    out, said, cut = trimmed(source, exact=True)
    assert said.frames_copied == 0
    assert_same_times(out, expected(source, cut))


def test_a_stretch_without_frames_is_refused(tmp_path):
    source = write_numbered(tmp_path / "gap.mp4", [0, 3000, 6000, 180_000, 183_000])
    with pytest.raises(InputError, match=r"gap\.mp4 took no frame in the stretch that all recordings share"):
        trimmed(source, start=0.5, end=1.5)
