"""The proof clip shows the right frame of every camera at every instant, and says which one it is."""

import itertools
from fractions import Fraction

import av
import numpy as np
import pytest
from numbered import clip, heard, nearest_by_search, number, open_files, plan, write_numbered
from test_resound import RATE_HZ, clicks, middle, write_wav

from viewsync.apply.cadence import missing
from viewsync.apply.grid import HEADER_HEIGHT, _shape, grid
from viewsync.media import probe
from viewsync.types import InputError

FPS = Fraction(25)
WIDE, TALL = (640, 360), (360, 640)


def unheeded(done: int, total: int) -> None:
    assert 0 <= done <= total


def sheets(path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


def tile(sheet: np.ndarray, row: int, column: int, size=WIDE) -> np.ndarray:
    width, height = size
    return sheet[HEADER_HEIGHT:][row * height : (row + 1) * height, column * width : (column + 1) * width]


def inside(picture: np.ndarray, aspect: float) -> np.ndarray:
    """A letterboxed tile without its bars."""
    height, width = picture.shape
    wide, high = min(width, round(height * aspect)), min(height, round(width / aspect))
    top, left = (height - high) // 2, (width - wide) // 2
    assert picture[: max(0, top - 4)].max(initial=0) < 40
    return picture[top : top + high, left : left + wide]


def test_every_tile_shows_the_nearest_frame(tmp_path):
    cameras = [
        clip(write_numbered(tmp_path / "a.mp4", np.arange(60) * 3000)),
        clip(write_numbered(tmp_path / "b.mp4", np.arange(60) * 3600, rotation=90), 0.217, 300e-6),
        clip(write_numbered(tmp_path / "c.mkv", np.delete(np.arange(60) * 3000, range(20, 30))), -0.1),
    ]
    span = plan(0.25, 1.53, *cameras)
    grid(span, tmp_path / "grid.mp4", FPS, unheeded)
    made = sheets(tmp_path / "grid.mp4")
    assert len(made) == 32
    assert made[0].shape == (HEADER_HEIGHT + 2 * 360, 2 * 640)
    at = span.start_seconds + np.arange(32) / 25
    for place, camera in enumerate(cameras):
        video = camera.recording.video
        gone = missing(camera.clock(video.pts_seconds), at, video.interval_seconds)
        assert gone.any() == (place == 2)
        tiles = [inside(tile(sheet, *divmod(place, 2)), 192 / 112) for sheet in made]
        shown = [None if none else number(each) for each, none in zip(tiles, gone, strict=True)]
        expected = nearest_by_search(camera, span, FPS, 32)
        assert shown == [None if none else index for index, none in zip(expected, gone, strict=True)]
        for each, none in zip(tiles, gone, strict=True):
            if none:
                # Nothing of a picture, but words.
                assert each[: 360 // 2].max() < 40
                assert each[-60:].max() > 200


def test_the_time_is_written_above_and_changes(tmp_path):
    made = clip(write_numbered(tmp_path / "a.mp4", np.arange(30) * 3000), 100.0)
    grid(plan(100.1, 100.5, made), tmp_path / "grid.mp4", FPS, unheeded)
    headers = [sheet[:HEADER_HEIGHT] for sheet in sheets(tmp_path / "grid.mp4")]
    assert all(header.max() > 200 and 0.01 < (header > 150).mean() < 0.3 for header in headers)
    assert all(np.abs(a.astype(int) - b).max() > 100 for a, b in itertools.pairwise(headers))


def test_labels_are_legible_on_white_and_black_and_survive_any_name(tmp_path):
    path = write_numbered(tmp_path / f"{'Kamera – läuft ' * 8}.mp4", np.arange(6) * 3000)
    grid(plan(0.0, 0.2, clip(path)), tmp_path / "grid.mp4", FPS, unheeded)
    labels = tile(sheets(tmp_path / "grid.mp4")[0], 0, 0)[-70:]
    # The ground there is white on the left: letters must have dark rims.
    left = labels[:, 20:300]
    assert left.min() < 60
    assert left.max() > 220


def test_upright_cameras_get_upright_tiles(tmp_path):
    paths = [
        write_numbered(tmp_path / f"{name}.mp4", np.arange(6) * 3000, rotation=rotation)
        for name, rotation in (("a", 0), ("b", 180))
    ]
    for path in paths:
        turn(path)
    grid(plan(0.0, 0.2, *map(clip, paths)), tmp_path / "grid.mp4", FPS, unheeded)
    assert sheets(tmp_path / "grid.mp4")[0].shape == (HEADER_HEIGHT + 640, 2 * 360)


def turn(path) -> None:
    """Tag a file as one that stands on end."""
    turned = path.with_name(f"turned-{path.name}")
    with av.open(str(path)) as source, av.open(str(turned), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.set_display_rotation(90)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    turned.replace(path)


def test_it_sounds_like_the_first_clip_that_sounds(tmp_path):
    silent = clip(write_numbered(tmp_path / "a.mp4", np.arange(90) * 3000))
    recorder = clip(write_wav(tmp_path / "b.wav", clicks([1.5], 3.0)), 0.4, 100e-6)
    span = plan(0.5, 2.9, silent, recorder)
    grid(span, tmp_path / "grid.mp4", FPS, unheeded)
    samples, rate_hz, first = heard(tmp_path / "grid.mp4")
    true = (recorder.clock(1.5) - 0.5) * RATE_HZ
    assert (rate_hz, first) == (RATE_HZ, 0)
    assert middle(samples[0], round(true)) == pytest.approx(true, abs=48)
    assert len(probe(tmp_path / "grid.mp4").video.pts) == 60


SHAPES = {1: (1, 1), 2: (1, 2), 3: (2, 2), 4: (2, 2), 5: (2, 3), 6: (2, 3), 7: (3, 3), 9: (3, 3), 12: (3, 4), 16: (4, 4)}


def test_shapes():
    assert {count: _shape(count, WIDE) for count in SHAPES} == SHAPES
    assert [_shape(count, TALL) for count in (1, 2, 4, 8)] == [(1, 1), (1, 2), (1, 4), (2, 4)]


def test_without_video_there_is_nothing_to_show(tmp_path):
    recorder = clip(write_wav(tmp_path / "b.wav", clicks([1.5], 3.0)))
    with pytest.raises(InputError, match="none of the recordings has video"):
        grid(plan(0.0, 1.0, recorder), tmp_path / "grid.mp4", FPS, unheeded)
    assert not (tmp_path / "grid.mp4").exists()


def test_nothing_stays_open_when_interrupted(tmp_path):
    tone = (clicks([0.5], 2.0), RATE_HZ, "aac")
    cameras = [clip(write_numbered(tmp_path / f"{name}.mp4", np.arange(60) * 3000, sound=tone)) for name in "ab"]

    def interrupt(done: int, total: int) -> None:
        if done > 5:
            raise KeyboardInterrupt

    before = open_files()
    with pytest.raises(KeyboardInterrupt) as caught:
        grid(plan(0.0, 2.0, *cameras), tmp_path / "grid.mp4", FPS, interrupt)
    assert open_files() == before, caught
