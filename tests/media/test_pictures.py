"""Folders of pictures with a time-stamp file: exact times, many ways to write them, and sentences for what's wrong."""

from pathlib import Path

import cv2
import numpy as np
import pytest

import viewsync
from footage import CAMERAS, NOT_POSES, SCENE, three_cameras
from viewsync.media import frames, probe, still
from viewsync.types import InputError
from viewsync.worlds.drawn import render

SECONDS = ("0.5", "0.533333", "0.6", "0.6334")
TICKS = [0, 33_333, 100_000, 133_400]


def pictures(folder: Path, count: int = 4, suffix: str = "png", size: tuple[int, int] = (64, 48)) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        level = np.full((size[1], size[0], 3), 8 * number, np.uint8)
        assert cv2.imwrite(str(folder / f"it's {number} %03d.{suffix}"), level)
    return folder


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "bmp"])
def test_times_are_exact_to_a_microsecond(tmp_path, suffix):
    rng = np.random.default_rng(0)
    microseconds = 1_700_000_000_000_000 + np.cumsum(rng.integers(15_000, 50_000, 30))
    folder = pictures(tmp_path / "ca'm", 30, suffix)
    (folder / "timestamps.txt").write_text("\n".join(f"{time // 10**6}.{time % 10**6:06d}" for time in microseconds))
    cam = probe(folder)
    assert cam.id == "ca'm"
    np.testing.assert_array_equal(cam.video.pts, microseconds - microseconds[0])
    assert cam.video.time_base.denominator == 1_000_000
    assert [round(frame.gray.mean() / 8) for frame in frames(cam)] == list(range(30))
    for number in (0, 7, 29):
        assert round(still(cam, float(cam.video.pts_seconds[number]) + 1e-3).mean() / 8) == number
    # Times since 1970 are a wall clock, too.
    (clock,) = cam.wall_clocks
    assert clock.seconds == pytest.approx(microseconds[0] / 1e6, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "0.5\n0.533333\n0.6\n0.6334\n",
        "\ufefftime\r\n0.5\r\n0.533333\r\n0.6\r\n0.6334\r\n",
        "timestamp_ns\n500000000\n533333000\n600000000\n633400000\n",
        "frame;Time (ms)\n0;500\n1;533.333\n2;600\n3;633.4\n",
        "#timestamp [ns],filename\n"
        + "".join(f"{t},it's {k} %03d.png\n" for k, t in enumerate((5e8, 533333000, 6e8, 633400000))),
        "file,time_s\n" + "".join(f"some/where/it's {k} %03d.png,{SECONDS[k]}\n" for k in (2, 0, 3, 1)),
        "sync_index,cam_id,frame_index,frame_time\n" + "".join(f"{k},0,{k},{SECONDS[k]}\n" for k in range(4)),
    ],
)
def test_ways_to_write_time_stamps(tmp_path, text):
    folder = pictures(tmp_path / "cam")
    (folder / "timestamps.csv").write_bytes(text.encode())
    assert probe(folder).video.pts.tolist() == TICKS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no time stamps"),
        ("", "is empty"),
        ("0\n1\n2\n", "3 times for 4 pictures"),
        ("0\n1\n1\n2\n", "must increase"),
        ("0\nnan\n1\n2\n", "line 2: 'nan' isn't a time"),
        ("0\n1/30\n1\n2\n", "line 2: '1/30' isn't a time"),
        ("1,0\n2,1\n3,2\n4,3\n", "doesn't name them"),
        ("when\n0\n1\n2\n3\n", "names no columns of times"),
        ("time,timestamp\n0,0\n1,1\n2,2\n3,3\n", "several columns of times"),
        ("file,time\na.png,0\nb.png,1\nc.png,2\nd.png,3\n", "no time for it's 0"),
        ("file,time\na.png,0\nb.png\n", "line 3: expected 2 columns, found 1"),
        ("cam_id,frame_time\n0,0\n1,0.01\n0,1\n1,1.01\n", "times of 2 cameras"),
        ("500000000\n533333000\n600000000\n633400000\n", "timestamp_ns"),
        ("\x00\xff", "can't be read as text"),
    ],
)
def test_what_is_wrong_with_time_stamps_is_said(tmp_path, text, said):
    folder = pictures(tmp_path / "cam")
    if text is not None:
        (folder / "timestamps.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError) as caught:
        probe(folder)
    assert said in str(caught.value)


def test_a_damaged_picture_is_named(tmp_path):
    folder = pictures(tmp_path / "cam", suffix="jpg", size=(256, 256))
    (folder / "timestamps.csv").write_text("0\n1\n2\n3\n")
    third = sorted(folder.glob("*.jpg"))[2]
    third.write_bytes(b"these are letters")
    with pytest.raises(InputError, match=r"it's 2 %03d\.jpg"):
        list(frames(probe(folder)))


def test_pictures_of_different_size_are_refused(tmp_path):
    folder = pictures(tmp_path / "cam")
    cv2.imwrite(str(folder / "it's 2 %03d.png"), np.zeros((10, 20), np.uint8))
    (folder / "timestamps.csv").write_text("0\n1\n2\n3\n")
    with pytest.raises(InputError, match="differ in picture size"):
        probe(folder)


def test_pictures_of_a_scene_tie_as_its_video_does(tmp_path):
    front, side, _ = three_cameras()
    folder = tmp_path / "side"
    folder.mkdir()
    lines = ["file,timestamp_us"]
    for number, (seconds, picture) in enumerate(render(SCENE, CAMERAS["side"])):
        cv2.imwrite(str(folder / f"{number:04d}.jpg"), picture)
        lines.append(f"{number:04d}.jpg,{1e6 * seconds:.0f}")
    (folder / "timestamps.csv").write_text("\n".join(lines))
    as_video, as_pictures = (viewsync.sync([front, given], cues=NOT_POSES).by_id["side"] for given in (side, folder))
    assert as_pictures.offset_seconds == pytest.approx(as_video.offset_seconds, abs=0.003)
