"""Every frame of a retimed file is the nearest one of its source, and the file is like its source in all else."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from numbered import TICKS, clip, nearest_by_search, numbers, open_files, picture, plan, write_numbered

from viewsync import sync
from viewsync.apply.cadence import frame_times
from viewsync.apply.plan import common_rate
from viewsync.apply.retime import retime, retimed_suffix
from viewsync.media import probe
from viewsync.types import InputError
from viewsync.worlds.drawn import Scene, SketchCamera, truth, write_video

FPS = Fraction(30)


def unheeded(done: int, total: int) -> None:
    assert 0 <= done <= total


def steady(fps: float, count: int = 60) -> np.ndarray:
    return np.round(np.arange(count) * TICKS / fps)


def varying(seed: int) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).integers(1500, 5500, 60))


SOURCES = {
    "constant": steady(30),
    "variable": varying(1),
    "dropped": np.delete(steady(30), [7, 8, 20, 31, 32, 33, 34, 35]),
    "25": steady(25),
    "60": steady(60, 120),
    "ntsc": np.arange(60) * 3003,
}


@pytest.mark.parametrize("rate", [0.0, 500e-6, -500e-6])
@pytest.mark.parametrize("source", SOURCES)
def test_every_frame_is_the_nearest_one(tmp_path, source, rate):
    made = clip(write_numbered(tmp_path / "a.mp4", SOURCES[source]), 5.0123, rate)
    span = plan(5.3, 6.7, made)
    retime(made, span, FPS, made.out, unheeded)
    assert numbers(made.out) == nearest_by_search(made, span, FPS, 42)


@pytest.mark.parametrize("fps", [Fraction(50), Fraction(30000, 1001), Fraction(12)])
def test_the_rate_is_constant_from_time_zero(tmp_path, fps):
    made = clip(write_numbered(tmp_path / "a.mp4", varying(2)))
    span = plan(0.2, 1.6, made)
    retime(made, span, fps, made.out, unheeded)
    video = probe(made.out).video
    assert [tick * video.time_base for tick in video.pts.tolist()] == [k / fps for k in range(len(video.pts))]
    assert len(video.pts) == frame_times(span, fps).size
    assert numbers(made.out) == nearest_by_search(made, span, fps, len(video.pts))


def test_of_two_frames_equally_near_the_earlier_is_shown(tmp_path):
    made = clip(write_numbered(tmp_path / "a.mp4", steady(30, 20)), 100.0)
    retime(made, plan(100.0, 100.4, made), Fraction(60), made.out, unheeded)
    assert numbers(made.out) == [k // 2 for k in range(24)]


def test_drift_over_a_long_time_is_followed(tmp_path):
    # One frame a second: 500 ppm are three quarters of a frame of 30 after 50 s.
    made = clip(write_numbered(tmp_path / "a.mp4", np.arange(60) * TICKS), 0.0, 500e-6)
    span = plan(48.0, 55.0, made)
    retime(made, span, FPS, made.out, unheeded)
    assert numbers(made.out) == nearest_by_search(made, span, FPS, 210)


def test_all_files_of_a_plan_have_equally_many_frames(tmp_path):
    cameras = [
        clip(write_numbered(tmp_path / "a.mp4", steady(30))),
        clip(write_numbered(tmp_path / "b.mp4", steady(23.976)), 0.31, 80e-6),
        clip(write_numbered(tmp_path / "c.mkv", varying(4)), -0.123, -40e-6),
    ]
    span = plan(0.41, 1.63, *cameras)
    for made in cameras:
        retime(made, span, Fraction(25), made.out, unheeded)
    assert {len(numbers(made.out)) for made in cameras} == {31}


def test_the_last_frame_is_the_last_that_begins_before_the_end():
    assert frame_times(plan(1.0, 2.0), Fraction(10)).tolist() == pytest.approx([1 + k / 10 for k in range(10)])
    assert frame_times(plan(1.0, 2.01), Fraction(10)).size == 11
    assert frame_times(plan(1.0, 1.0 + 3e-9), Fraction(10)).size == 1


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.avi"])
def test_a_start_late_in_the_file_is_found(tmp_path, name):
    ticks = steady(30, 150) if name == "a.avi" else steady(30, 150) + 4500
    made = clip(write_numbered(tmp_path / name, ticks))
    span = plan(3.9, 4.5, made)
    retime(made, span, FPS, tmp_path / "out.mp4", unheeded)
    assert numbers(tmp_path / "out.mp4") == nearest_by_search(made, span, FPS, 18)


@pytest.mark.parametrize(
    ("sources", "fps"),
    [
        (("60", "25", "25"), 25),
        (("25", "60"), 25),
        (("variable", "ntsc"), Fraction(30_000, 1001)),
        ((), 30),
    ],
)
def test_the_common_rate_is_the_most_frequent_one_and_rather_a_usual_one(tmp_path, sources, fps):
    made = [clip(write_numbered(tmp_path / f"{number}.mp4", SOURCES[name])) for number, name in enumerate(sources)]
    assert common_rate(plan(0.0, 1.0, *made)) == fps


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_picture_stays_upright(tmp_path, rotation):
    made = clip(write_numbered(tmp_path / "a.mp4", steady(30, 12), rotation=rotation))
    retime(made, plan(0.0, 0.4, made), FPS, made.out, unheeded)
    assert numbers(made.out) == list(range(12))
    before, after = made.recording.video, probe(made.out).video
    assert (after.width, after.height) == (before.width, before.height) == (192, 112)


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "kept"),
    [
        ("libx264", "yuv420p", ("h264", "yuv420p")),
        ("libx264", "yuv422p10le", ("h264", "yuv422p10le")),
        ("libx265", "yuv420p", ("hevc", "yuv420p")),
        ("libx265", "yuv420p10le", ("hevc", "yuv420p10le")),
        ("mjpeg", "yuvj422p", ("h264", "yuvj422p")),
        ("prores_ks", "yuv422p10le", ("hevc", "yuv422p10le")),
    ],
)
def test_codec_family_and_depth_are_kept(tmp_path, codec, pix_fmt, kept):
    made = clip(write_numbered(tmp_path / "a.mov", steady(30, 12), codec=codec, pix_fmt=pix_fmt))
    retime(made, plan(0.0, 0.4, made), FPS, made.out, unheeded)
    assert numbers(made.out) == list(range(12))
    with av.open(str(made.out)) as copy:
        assert (copy.streams.video[0].codec_context.name, copy.streams.video[0].format.name) == kept


def test_colours_pixel_aspect_and_metadata_are_kept(tmp_path):
    tags = {"color_range": 1, "colorspace": 9, "color_primaries": 9, "color_trc": 18, "sample_aspect_ratio": Fraction(4, 3)}
    said = {"title": "Ball 7", "com.apple.quicktime.model": "Phone", "creation_time": "2024-05-06T07:08:09Z"}
    path = write_numbered(tmp_path / "a.mov", steady(30), tags=tags, metadata=said | {"timecode": "01:02:03:04"})
    made = clip(path, 10.0)
    retime(made, plan(11.0, 11.5, made), FPS, made.out, unheeded)
    with av.open(str(made.out)) as copy:
        context = copy.streams.video[0].codec_context
        assert {name: getattr(context, name) for name in tags} == tags
        assert (copy.metadata["title"], copy.metadata["com.apple.quicktime.model"]) == ("Ball 7", "Phone")
        # The copy begins one second into the recording.
        assert copy.metadata["creation_time"].startswith("2024-05-06T07:08:10")
        assert "timecode" not in copy.metadata


def test_rgb_pictures_keep_their_colours(tmp_path):
    colors = np.zeros((64, 96, 3), np.uint8)
    colors[:, :32], colors[:, 32:64], colors[:, 64:] = (200, 30, 40), (20, 180, 60), (250, 250, 250)
    path = tmp_path / "a.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=30)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "rgb24"
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(colors)))
        container.mux(stream.encode())
    made = clip(path)
    retime(made, plan(0.0, 0.1, made), FPS, tmp_path / "b.mp4", unheeded)
    with av.open(str(tmp_path / "b.mp4")) as copy:
        shown = next(copy.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    assert np.abs(shown - colors)[:, 8::32].max() <= 4


def test_an_odd_width_loses_one_column(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=30)
        stream.width, stream.height, stream.pix_fmt = 99, 65, "yuvj444p"
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame(99, 65, "yuvj444p")))
        container.mux(stream.encode())
    made = clip(path)
    retime(made, plan(0.0, 0.1, made), FPS, tmp_path / "b.mp4", unheeded)
    video = probe(tmp_path / "b.mp4").video
    assert (video.width, video.height, len(video.pts)) == (98, 64, 3)


def test_names_that_end_as_their_content(tmp_path):
    tone = 0.1 * np.ones((1, 4800))
    for encoder, name, suffix in (("aac", "a.mov", ".mp4"), ("pcm_s16le", "b.mov", ".mov")):
        path = write_numbered(tmp_path / name, steady(30, 3), sound=(tone, 48_000, encoder))
        assert retimed_suffix(probe(path)) == suffix


def test_progress_goes_up_to_the_number_of_frames(tmp_path):
    made = clip(write_numbered(tmp_path / "a.mp4", steady(30)))
    seen = []
    retime(made, plan(0.0, 2.0, made), FPS, made.out, lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (60, 60)
    assert {total for _, total in seen} == {60}


@pytest.mark.parametrize("after", [0, 20])
def test_nothing_stays_open_when_interrupted(tmp_path, after):
    tone = 0.1 * np.ones((1, 96_000))
    made = clip(write_numbered(tmp_path / "a.mp4", steady(30), sound=(tone, 48_000, "aac")))

    def interrupt(done: int, total: int) -> None:
        if done >= after:
            raise KeyboardInterrupt

    before = open_files()
    with pytest.raises(KeyboardInterrupt) as caught:
        retime(made, plan(0.0, 2.0, made), FPS, made.out, interrupt)
    assert open_files() == before, caught


def test_a_folder_of_pictures_is_retimed_as_any_recording(tmp_path):
    folder = tmp_path / "cam"
    folder.mkdir()
    for index in range(20):
        cv2.imwrite(str(folder / f"{index:04}.png"), picture(index))
    (folder / "timestamps.csv").write_text("".join(f"{seconds:.6f}\n" for seconds in np.arange(20) ** 1.1 / 30))
    made = clip(folder)
    span = plan(0.1, 0.7, made)
    retime(made, span, FPS, tmp_path / f"out{retimed_suffix(made.recording)}", unheeded)
    assert numbers(tmp_path / "out.mp4") == nearest_by_search(made, span, FPS, 18)


def test_a_damaged_file_is_refused(tmp_path):
    path = write_numbered(tmp_path / "a.mkv", steady(30, 200))
    made = clip(path)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = np.random.default_rng(0).bytes(3000)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.mkv is damaged or cut short: it can be read only up to \d\.\d+ s"):
        retime(made, plan(0.5, 6.0, made), FPS, tmp_path / "out.mp4", unheeded)


def test_retimed_cameras_are_in_sync(tmp_path):
    scene = Scene(seed=3, bodies=2)
    cameras = [
        SketchCamera(seed=1, azimuth_degrees=10, duration_seconds=11),
        SketchCamera(seed=2, azimuth_degrees=85, duration_seconds=11, offset_seconds=0.8567, rate_ppm=300, fps=25),
    ]
    clips = []
    for camera, name in zip(cameras, "ab", strict=True):
        write_video(scene, camera, tmp_path / f"{name}.mp4")
        clips.append(clip(tmp_path / f"{name}.mp4", *truth(cameras[0], camera)))
    span = plan(0.9, 10.9, *clips)
    for made in clips:
        retime(made, span, FPS, made.out, unheeded)
    (pair,) = sync([made.out for made in clips], cues=("motion",)).pairs
    assert pair.offset_seconds == pytest.approx(0, abs=0.5 / 30)
