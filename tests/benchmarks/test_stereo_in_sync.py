"""How the stereo cue is judged inside `sync`: which scenes are cut how, and what the rows say."""

import sys
from pathlib import Path

import numpy as np
import pytest

from viewsync.benchmarks import stereo_cue
from viewsync.benchmarks.judge import Judged
from viewsync.benchmarks.stereo_stage import Sizes, Stage
from viewsync.types import Verdict
from viewsync.worlds.truth.scene import MANIFEST

sys.path.append(str(Path(__file__).parents[1] / "stereo"))
from eyes import write_eyes


def judged(error_ms, std_ms=1.0, fps=30.0, overlap=True):
    """A pair that is off by so much; None: refused."""
    verdict = Verdict.NO_EVIDENCE if error_ms is None else Verdict.TIED
    error, std = (None, None) if error_ms is None else (error_ms / 1000, std_ms / 1000)
    return Judged("zed_p", "left", "right", overlap, verdict, 1 / fps, error if overlap else None, std)


def test_rendered_scenes_are_cut_whole_and_half_a_frame_apart(monkeypatch, tmp_path):
    monkeypatch.setattr(stereo_cue, "SETS", ("zed_p",))
    monkeypatch.setattr(stereo_cue, "_CLIP_SECONDS", 1)
    stage = Stage(Sizes(training=0, tests=1, seconds=1.5, pixels=48), 0, None, tmp_path)
    (write_eyes(stage._path("zed_p", 0)) / MANIFEST).write_text("{}")
    whole, half, *motion = stereo_cue._questions(stage)
    assert [one.cue for one in (whole, half, *motion)] == ["stereo", "stereo", "motion", "motion"]
    (scene,), (thinned,) = whole.scenes, half.scenes
    assert (scene.fps, thinned.fps, scene.step, thinned.step) == (30, 15, 1, 2)
    np.testing.assert_array_equal(scene.world_seconds[0], scene.world_seconds[1])
    np.testing.assert_allclose(thinned.world_seconds[1] - thinned.world_seconds[0], 1 / 30)


def test_rows_by_hand():
    pairs = [judged(1.0), judged(-3.0, 2.0), judged(40.0, 1.0), judged(None), judged(None, overlap=False)]
    rows = {row.metric: row for row in stereo_cue._rows("stereo", stereo_cue._ALL, "stereo", pairs)}
    assert {name: (row.value, row.passed, row.n) for name, row in rows.items()} == {
        "tied": (75.0, False, 4),
        "|error| median": (pytest.approx(3.0), True, 3),
        "|error| P95": (pytest.approx(36.3), None, 3),
        "95 % intervals that hold": (pytest.approx(200 / 3), False, 3),
        "wrong by more than 3 σ + 1 frame": (1.0, None, 5),
        "pairs without overlap refused": (100.0, None, 1),
    }


@pytest.mark.parametrize(
    ("name", "cue", "bars"), [("zed_p", "stereo", 0), ("handpose3d", "stereo", 2), ("handpose3d", "motion", 0)]
)
def test_bars_are_for_the_stereo_cue(name, cue, bars):
    rows = stereo_cue._rows("stereo", name, cue, [judged(1.0), judged(20.0)])
    assert sum(bool(row.bar) for row in rows) == bars
    assert all(row.passed for row in rows if row.bar)
