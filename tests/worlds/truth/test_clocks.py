from dataclasses import replace

import numpy as np
import pytest
from made_scene import HEIGHT, camera

from viewsync.types import InputError
from viewsync.worlds.cameras.camera import Shutter
from viewsync.worlds.clock import TICKS_PER_SECOND
from viewsync.worlds.truth.clocks import read_clocks, write_clocks


@pytest.fixture
def cameras():
    rolling = replace(
        camera("a", offset_seconds=1.25, rate_ppm=80.0, jitter_share=0.3, dropped_share=0.2, duration_seconds=5.0),
        shutter=Shutter(exposure_seconds=0.01, readout_seconds=0.02),
    )
    return rolling, camera("b", offset_seconds=-0.5, rate_ppm=-40.0)


def test_what_is_read_is_what_was_written(cameras, tmp_path):
    write_clocks(cameras, tmp_path / "clocks.json")
    clocks = read_clocks(tmp_path / "clocks.json")
    assert list(clocks) == ["a", "b"]
    for filming in cameras:
        read = clocks[filming.name]
        assert np.array_equal(read.ticks, filming.clock.ticks())
        assert (read.offset_seconds, read.rate_ppm) == (filming.clock.offset_seconds, filming.clock.rate_ppm)
        rows = filming.row_seconds(read.ticks / TICKS_PER_SECOND)
        for frame in (0, 5):
            assert read.row_world_seconds(frame) == pytest.approx(rows[frame], abs=1e-12)


def test_rows_of_a_rolling_shutter_are_exposed_one_after_another(cameras, tmp_path):
    write_clocks(cameras, tmp_path / "clocks.json")
    clocks = read_clocks(tmp_path / "clocks.json")["a"]
    rows = clocks.row_world_seconds(3)
    assert rows.shape == (HEIGHT,)
    assert np.diff(rows) == pytest.approx(0.02 / HEIGHT * (1 + 80e-6), rel=1e-9)
    middle = (1 + 80e-6) * clocks.ticks[3] / TICKS_PER_SECOND + 1.25
    assert rows.mean() == pytest.approx(middle, abs=1e-12)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": "viewsync.timeline/1"}', '{"schema": "viewsync.clocks/1"}'])
def test_what_is_no_clocks_json_is_refused_by_name(content, tmp_path):
    path = tmp_path / "clocks.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"clocks\.json can't be read as clocks"):
        read_clocks(path)
