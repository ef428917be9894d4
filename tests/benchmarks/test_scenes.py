"""Cuts show the frames and samples they claim to, at the times they claim."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from scipy.io import wavfile

from viewsync.benchmarks import scenes, sounds
from viewsync.benchmarks.scenes import RealScene
from viewsync.benchmarks.sounds import SoundScene
from viewsync.benchmarks.takes import true_offset
from viewsync.types import InputError

DATA = Path(__file__).parents[3] / "shared" / "data"
FRAMES = 60


@pytest.fixture
def source(tmp_path) -> Path:
    """A video whose frame k is evenly gray, at level 20 + 3 k."""
    path = tmp_path / "cam.mp4"
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "5"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for k in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64), 20 + 3 * k, np.uint8), format="gray")
            frame.pts, frame.time_base = k, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def shown(path: Path) -> tuple[list[float], list[int]]:
    with av.open(path) as container:
        frames = list(container.decode(video=0))
    levels = [frame.to_ndarray(format="gray").mean() for frame in frames]
    return [frame.time for frame in frames], [round((level - 20) / 3) for level in levels]


@pytest.mark.parametrize("start", [0, 1, 17, 40])
def test_a_cut_holds_the_frames_asked_for_with_times_from_zero(source, tmp_path, start):
    target = tmp_path / "cut.mp4"
    scenes.cut(source, start, 20, 30, target)
    times, numbers = shown(target)
    assert numbers == list(range(start, start + 20))
    assert times == pytest.approx(np.arange(20) / 30, abs=1e-4)


def test_cameras_that_keep_every_second_frame_are_half_a_frame_apart(source, tmp_path):
    other = tmp_path / "other.mp4"
    other.write_bytes(source.read_bytes())
    world = np.stack([np.arange(0, FRAMES, 2), np.arange(1, FRAMES, 2)]) / 30
    scene = RealScene("gray", (source, other), world, 15, (10, 10), step=2)
    for take in scenes.overlapping_takes(scene, seed=4, rounds=3):
        (a_times, a_shown), (b_times, b_shown) = (shown(path) for path in take.paths)
        assert {*np.diff(a_shown), *np.diff(b_shown)} == {2}
        assert a_times == b_times == pytest.approx(np.arange(10) / 15, abs=1e-4)
        assert (b_shown[0] - a_shown[0]) % 2 == 1
        assert true_offset(*take.clips).offset_seconds == pytest.approx((b_shown[0] - a_shown[0]) / 30)


def test_a_cut_beyond_the_end_is_refused(source, tmp_path):
    with pytest.raises(InputError, match=r"cam\.mp4 ends after 60 frames, but 70 are needed"):
        scenes.cut(source, 50, 20, 30, tmp_path / "cut.mp4")


def test_takes_are_true_and_repeatable(source, tmp_path):
    other = tmp_path / "other.mp4"
    other.write_bytes(source.read_bytes())
    world = np.tile(np.arange(FRAMES) / 30, (2, 1))
    scene = RealScene("gray", (source, other), world, 30, (30, 40), apart_frames=25)
    offsets = []
    for take in scenes.overlapping_takes(scene, seed=1, rounds=4):
        first_shown = [shown(path)[1][0] for path in take.paths]
        true = true_offset(*take.clips)
        assert true.offset_seconds == pytest.approx((first_shown[1] - first_shown[0]) / 30)
        assert len({len(clip.pts_seconds) for clip in take.clips}) == 1
        offsets.append(true.offset_seconds)
    assert offsets[0] == 0.0
    assert len(set(offsets)) > 1
    again = [true_offset(*take.clips).offset_seconds for take in scenes.overlapping_takes(scene, seed=1, rounds=4)]
    assert again == offsets
    assert all(true_offset(*take.clips) is None for take in scenes.apart_takes(scene, seed=1, rounds=3))
    assert list(scenes.apart_takes(RealScene("short", (source, other), world, 30, (30, 40)), 1, 3)) == []


def test_sound_takes_hold_the_samples_asked_for(tmp_path):
    tracks = np.arange(3 * 16_000, dtype=np.int16).reshape(3, 16_000)
    scene = SoundScene("ramp", tracks, 1000, per_take=2, clip_seconds=(5.0, 6.0), apart_seconds=7.0)
    for take in sounds.overlapping_takes(scene, seed=2, rounds=4):
        a, b = (wavfile.read(path)[1].astype(np.uint16).astype(int) % 16_000 for path in take.paths)
        assert true_offset(*take.clips).offset_seconds == pytest.approx((b[0] - a[0]) / 1000)
        assert len(a) == len(b)
    assert all(true_offset(*take.clips) is None for take in sounds.apart_takes(scene, seed=2, rounds=3))


@pytest.mark.skipif(not DATA.is_dir(), reason="the public data sets are not at ../shared/data")
class TestPublicData:
    @pytest.mark.parametrize("load", [scenes.handpose3d, scenes.caliscope_short, scenes.caliscope_long])
    def test_every_frame_has_a_capture_time(self, load):
        scene = load(DATA)
        for source, times in zip(scene.sources, scene.world_seconds, strict=True):
            with av.open(source) as container:
                assert sum(packet.pts is not None for packet in container.demux(video=0)) == len(times)
            assert np.all(np.diff(times) > 0)

    def test_the_speech_files_are_aligned_to_the_sample(self):
        """Second opinion on the alignment: the largest correlation of a stretch elsewhere in the files."""
        tracks = sounds.bbc_audio(DATA).tracks[:, 900_000:996_000].astype(float)
        for track in tracks[1:]:
            spectrum = np.fft.rfft(tracks[0]) * np.conj(np.fft.rfft(track))
            assert np.argmax(np.fft.irfft(spectrum)) == 0

    def test_the_late_recorder_is_a_cut_of_the_other(self):
        a, b = (sounds.read_sound(path)[0] for path in sounds.late_recorder(DATA).paths)
        np.testing.assert_array_equal(a[len(a) - len(b) :], b)
        assert (len(a) - len(b)) / 22_050 == pytest.approx(0.1, abs=5e-4)
