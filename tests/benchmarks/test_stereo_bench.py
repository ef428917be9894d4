"""The suite `stereo` in miniature: which scenes, what is done and kept, and what the rows say."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import viewsync
from viewsync.benchmarks import stereo_runs, stereo_stage, stereo_tables, suites
from viewsync.benchmarks.jobs import follow
from viewsync.benchmarks.stereo_runs import Job
from viewsync.benchmarks.stereo_stage import SETS, TRAINED_ON, Sizes, Stage
from viewsync.benchmarks.stereo_tables import System
from viewsync.stereo.evaluate import Score, Scores
from viewsync.stereo.training import Schedule
from viewsync.worlds.truth.scene import MANIFEST

sys.path.append(str(Path(__file__).parents[1] / "stereo"))
from eyes import write_eyes

TINY = Schedule(steps=1, frames=6, delay_steps=1, sequences=20)
"""Teaches nothing, takes no time."""
JOB = Job("triplet-euc", "image", "zed_p", 0, TINY, sequences=120)


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """Two sets of one scene each to test on, and one to train on: filmed already."""
    monkeypatch.setenv("VIEWSYNC_CACHE", str(tmp_path / "cache"))
    for module in (stereo_stage, stereo_runs):
        monkeypatch.setattr(module, "SETS", ("zed_p", "zed_p2"))
    stage = Stage(Sizes(training=1, tests=1, seconds=1.5, pixels=48), 0, None, tmp_path / "bench")
    for number, (name, index) in enumerate([("zed_p", 0), ("zed_p", 1), ("zed_p2", 0), ("zed_p2", 1)]):
        folder = write_eyes(stage._path(name, index), number)
        (folder / MANIFEST).write_text("{}")
    return stage


def of(f1, mae=1.0):
    """Scores where more is known where more is shared."""
    return Scores(Score(100, f1, f1, f1, mae), Score(75, f1 + 0.1, f1 + 0.1, f1 + 0.1, mae / 2))


def test_scenes_to_train_on_are_others_than_those_to_test_on():
    stage = Stage(Sizes(training=3, tests=2, seconds=2, pixels=64), 5, None, Path("nowhere"))
    numbers, names = zip(*((number, path.name) for number, path in stage.scenes()), strict=True)
    assert len(set(numbers)) == len(set(names)) == len(names) == 2 * 3 + len(SETS) * 2
    assert [name for name in names if name.startswith("zed_p-")] == [f"zed_p-000{index}" for index in range(5)]
    assert [name for name in names if name.startswith("oak_m-")] == ["oak_m-0003", "oak_m-0004"]


def test_runs_are_held_against_other_sets_and_kept(stage):
    told = []
    (found,) = follow([JOB], stage, told.append, cores=1)
    assert set(found) == {"dense", "dense-printed", "cnn", "heat-map", "heat-map-corrected"}
    assert [*found["dense"]] == ["zed_p2"]
    assert found["dense"]["zed_p2"].every.sequences == 120
    assert "1 runs, of which 0 are kept" in told[0]
    (path,) = (stage.folder / "runs").glob("*.json")
    assert json.loads(path.read_text())["cpu_minutes"] > 0

    told.clear()
    assert follow([JOB], stage, told.append, cores=1) == [found]
    assert len(told) == 1
    assert "1 runs, of which 1 are kept" in told[0]


def test_with_a_real_recording_it_is_another_run(stage):
    names = {JOB.name(one) for one in (stage, replace(stage, data=Path("data")))}
    assert len(names) == 2
    assert replace(JOB, who="cue").name(stage) is None


def test_means_are_over_unseen_rendered_sets():
    system = System("triplet-euc", "flow", "zed_p", "dense")
    rows = {
        row.metric: row
        for row in stereo_tables._rows(system, {"zed_p2": of(0.9), "zed_m": of(0.6, 3.0), "handpose3d": of(0.1)}, held=True)
    }
    assert system.scene == "zed_p, flow: TripletEuc + DenseDelay"
    assert rows["F1 macro, zed_m"].value == 0.6
    assert (rows["F1 macro, mean"].value, rows["F1 macro, mean"].passed, rows["F1 macro, mean"].n) == (0.75, False, 200)
    assert rows["MAE, mean"].value == 2.0
    assert rows["F1 weighted, mean, where 5 frames are shared"].value == pytest.approx(0.85)
    assert rows["exact, mean"].value == pytest.approx(75)
    assert "handpose3d" in "".join(rows)
    other = stereo_tables._rows(replace(system, modality="image"), {"zed_p2": of(0.9)}, held=True)
    assert {row.passed for row in other} == {None}


def test_leads_compare_what_differs_in_one_thing():
    def at(f1):
        return {"zed_p2": of(f1), "zed_m": of(f1 - 0.1), "handpose3d": of(f1 / 2)}

    ours = System("triplet-euc", "flow", "zed_p", "dense")
    found = {
        ours: at(0.8),
        replace(ours, head="heat-map"): at(0.7),
        replace(ours, modality="image"): at(0.85),
        System("peer", "flow", "", "dense-printed"): at(0.4) | {"zed_p": of(0.99)},
    }
    rows = {(row.scene, row.metric): row for row in stereo_tables._lead_rows(found, held=True)}
    assert {metric: (round(row.value, 6), row.passed) for (_, metric), row in rows.items()} == {
        "lead in F1 over HeatMap, mean": (0.1, True),
        "lead in F1 over raw images, mean": (-0.05, False),
        "lead in F1 over the authors' weights, mean": (0.4, True),
        "lead in F1 over the authors' weights, handpose3d": (0.2, True),
    }
    assert {scene for scene, _ in rows} == {ours.scene}


def test_the_papers_figures_are_drawn(tmp_path):
    found = {
        System("siamese", "image", "zed_p", "heat-map"): {"zed_p2": of(0.5)},
        System("triplet-euc", "flow", "zed_p2", "dense"): {"zed_p": of(0.7), "zed_m": of(0.8)},
    }
    paths = stereo_tables.draw(found, tmp_path)
    assert [path.name for path in paths] == ["stereo-figure-3.png", "stereo-figure-4.png"]
    assert all(path.stat().st_size > 5000 for path in paths)


def test_all_combinations_are_trained_and_each_by_the_same_budget(monkeypatch, tmp_path):
    asked = []

    def done(jobs, stage, tell, cores):
        asked.extend(jobs)
        return [{"dense": {name: of(0.5) for name in SETS if name != job.trained_on}} for job in jobs]

    monkeypatch.setattr(stereo_tables, "follow", done)
    monkeypatch.setattr(stereo_tables, "draw", lambda *_: [])
    monkeypatch.setattr(stereo_tables, "shipped", lambda _: (_ for _ in ()).throw(viewsync.types.InputError("none")))
    rows = stereo_tables.rows(0, False, tmp_path, lambda _: None)
    assert len({(job.who, job.modality, job.trained_on) for job in asked}) == len(asked) == 3 * 2 * len(TRAINED_ON)
    assert len({(job.schedule, job.sequences) for job in asked}) == 1
    skipped = {row.scene for row in rows if row.metric == "not run"}
    assert skipped == {"handpose3d", "the authors' weights", "the cue's network"}


def test_the_suite_runs_only_if_named(monkeypatch):
    ran = []
    for name in suites.SUITES:
        monkeypatch.setitem(suites.SUITES, name, lambda *_, name=name: ran.append(name) or [])
    suites.run_suites([], seed=0, quick=True, data=None, out=None)
    assert "stereo" not in ran
    suites.run_suites(["stereo"], seed=0, quick=True, data=None, out=None)
    assert ran[-1] == "stereo"
