import numpy as np
import pytest

from viewsync.benchmarks import drift, refusal, run_suites, speed
from viewsync.benchmarks.row import read_results
from viewsync.types import InputError, PairOffset, Verdict
from viewsync.worlds.drawn import Scene


def test_an_unknown_suite_is_named_with_the_choices():
    with pytest.raises(InputError, match=r"no such suite: vidoe\. Choose from video, audio, drift, "):
        run_suites(["vidoe"], seed=0, quick=True, data=None, out=None)


def test_missing_data_is_a_line_of_its_own_and_no_failure(tmp_path, capsys):
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    assert run_suites(["audio"], seed=4, quick=True, data=data, out=out) == 0
    results = read_results(out / "audio.json")
    assert (results.seed, results.quick) == (4, True)
    assert [row.scene for row in results.rows] == ["nara_wpe", "bbc_audio", "opensoundscape"]
    assert all(row.metric == "not run" and row.passed is None for row in results.rows)
    assert "is missing" in capsys.readouterr().out


def found(rate: float | None) -> PairOffset:
    std = None if rate is None else 1e-6
    bound = 1e-3 if rate is None else None
    numbers = {"rate": rate, "rate_std": std, "rate_bound": bound}
    return PairOffset("a", "b", Verdict.TIED, (), 500.0, (), 0.99, 0.1, 0.001, **numbers)


def test_the_worst_rate_counts():
    rows = drift._rows("sound", drift.LONG_SECONDS, [(found(81e-6), 80e-6), (found(74e-6), 80e-6)], at_most_ppm=5)
    assert rows[1].value == pytest.approx(6.0)
    assert [row.passed for row in rows] == [True, False, None]


def test_a_rate_that_was_not_fitted_fails_long_footage_and_passes_short():
    long = drift._rows("sound", drift.LONG_SECONDS, [(found(None), 80e-6)], at_most_ppm=5)
    assert [row.passed for row in long] == [False, None, None]
    short = drift._rows("sound", drift.SHORT_SECONDS, [(found(None), 80e-6)], at_most_ppm=5)
    assert [row.passed for row in short] == [None, True, True]
    fitted = drift._rows("sound", drift.SHORT_SECONDS, [(found(8e-5), 80e-6)], at_most_ppm=5)
    assert [row.passed for row in fitted] == [None, False, False]


def test_a_static_scene_is_refused_on_the_command_line(tmp_path):
    footage = next(refusal.drawn(np.random.default_rng(0), tmp_path, None))
    assert refusal.command_line(footage, tmp_path / "out") == refusal.Outcome("static scene", 3, refused=True)


def test_the_bare_loop_decodes_every_picture(tmp_path):
    path = tmp_path / "a.mp4"
    speed.write_1080p(Scene(0), speed._camera(0, 0.3, 640, 360), path)
    assert speed.bare_loop([path, path]) == 18
