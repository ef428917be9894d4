"""The suite `counting` in miniature: what is done and kept, and what the rows say."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from viewsync.benchmarks import counting_tables, suites, view_matching
from viewsync.benchmarks.counting_runs import Job, Outcome
from viewsync.benchmarks.counting_stage import Sizes, Stage, stage_for
from viewsync.benchmarks.jobs import follow
from viewsync.benchmarks.paper_tables import counting
from viewsync.benchmarks.row import measured
from viewsync.counting.evaluate import Scores
from viewsync.counting.flows import FlowScore
from viewsync.counting.training import Recipe, Schedule

sys.path.append(str(Path(__file__).parents[1] / "counting"))
from drawn_scene import drawn_footage

TINY = Schedule(steps=1, batch=1)
"""Teaches nothing, takes no time."""
BOTH, ONLY = "synced and unsynced", "unsynced only"
SIZES = (("street", Sizes(training=1, tests=1, seconds=4, people=2, pictures=(96, 64))),)


def job(method, setting=ONLY, **options):
    return Job(Recipe(method, setting), "street", "random", 1.0, TINY, 0, **options)


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """Drawn people in place of rendered ones."""
    some = [drawn_footage(seed, people=2, instants=20) for seed in (0, 1)]
    ways = {footage.name: tracks for footage, tracks in some}
    monkeypatch.setattr(Stage, "film", lambda *_: None)
    monkeypatch.setattr(Stage, "training", lambda *_: [some[0][0]])
    monkeypatch.setattr(Stage, "tests", lambda *_: [some[1][0]])
    monkeypatch.setattr(Stage, "ways", lambda _, footage: ways[footage.name])
    return Stage(SIZES, 0, tmp_path)


def test_runs_are_kept_and_go_on_from_one_another(stage):
    told, jobs = [], [job("BaseSU", BOTH), job("BaseS", BOTH), job("CLS-cat"), replace(job("BaseU"), recipe=None)]
    found = follow(jobs, stage, told.append, cores=1)
    assert "4 runs, of which 0 are kept" in told[0]
    assert "BaseS," in told[2]  # First what others go on from.
    assert [one.flow is None for one in found] == [True, True, False, True]
    assert [one.true_flow is None for one in found] == [True, False, True, True]
    assert {one.scores["random"].frames for one in found} == {2}
    assert all(len(one.errors) == len(one.stretches) == 2 for one in found)
    assert len([*(stage.folder / "networks").glob("*.safetensors")]) == 3
    told.clear()
    assert follow(jobs, stage, told.append, cores=1) == found
    assert told == [f"4 runs, of which 4 are kept in {stage.folder}"]
    said = [json.loads(path.read_text()) for path in (stage.folder / "runs").glob("*.json")]
    assert sum("cpu_minutes" in one for one in said) == 4


def test_what_has_synchronized_pictures_goes_on_from_base_s():
    assert job("CLS-epi", BOTH).base == job("BaseS", BOTH) == job("BaseSU", BOTH).base
    assert job("BaseS", BOTH).base is job("CLS-epi").base is None


def test_scenes_to_train_on_are_others_than_those_to_test_on(tmp_path, monkeypatch):
    monkeypatch.setattr("viewsync.benchmarks.jobs.code", lambda _: "")  # Reading all of it takes seconds.
    sizes = Sizes(training=2, tests=1, seconds=4, people=2, pictures=(96, 64))
    stage = Stage((("street", sizes), ("walker", sizes)), 5, tmp_path)
    names = [path.name for *_, path in stage.scenes()]
    assert names == [f"{world}-000{number}" for world in ("street", "walker") for number in range(3)]
    assert stage_for(stage.sizes, 5).folder != stage_for(stage.sizes, 6).folder


def test_all_lines_of_both_tables_are_trained_and_those_asked_for_several_times():
    jobs = [*counting_tables.jobs_of(counting_tables.FULL, 7)]
    assert len(jobs) == len(set(jobs)) == 2 * 22 + 2 * 13 + 4
    assert {one.seed for one in jobs if one.latency == "constant"} == {7}
    several = [one for one in jobs if one.recipe == Recipe("CLS-epi", ONLY) and one.latency == "random"]
    assert [one.seed for one in several] == [7, 8, 9]


def outcome(mae, synchronized=1.0, flow=None):
    errors = mae * np.linspace(0.5, 1.5, 40)
    scores = {kind: Scores(value, 0.1, 2 * value, 40, 1) for kind, value in (("random", mae), ("none", synchronized))}
    return Outcome(scores, tuple(errors), tuple(range(40)), flow)


def test_rows_hold_methods_against_the_same_network_without_synchronization():
    found = {recipe: [outcome(2.0)] for recipe in (None, *counting_tables._RECIPES)}
    found[None] = [outcome(4.0)]
    found[Recipe("CLS-epi", ONLY)] = [outcome(1.6), outcome(1.8)]
    rows = {(row.scene, row.metric): row for row in counting_tables._lead_rows("random", found, 0, held=True)}
    won = rows["Table III, random latency: CLS-epi against BaseU", "MAE lower by"]
    assert (round(won.value, 6), won.passed, won.n) == (15, True, 40)
    lost = rows["Table II, random latency: CLS-cor against BaseSU", "MAE lower by"]
    assert (lost.value, lost.bar, lost.passed) == (0, "≥ 5", False)
    assert not any("BaseS " in scene or ": BaseU" in scene for scene, _ in rows)
    assert {row.passed for (scene, _), row in rows.items() if "SLS" in scene or "ℓp only" in scene} == {None}

    lines = list(counting_tables._rows(Recipe("CLS-epi", ONLY), "random", found, held=True))
    assert [(row.metric, row.value) for row in lines] == [
        ("MAE", pytest.approx(1.7)), ("NAE", pytest.approx(0.1)), ("grid error", pytest.approx(3.4)),
    ]  # fmt: skip
    assert (lines[0].bar, lines[0].passed, lines[0].note) == ("≤ 2.8", True, "2 seeds, standard deviation 0.14")
    assert "1 empty frames left out" in lines[1].note


def test_rows_tell_what_expecting_latency_costs():
    found = {recipe: [outcome(2.0)] for recipe in (None, *counting_tables._RECIPES)}
    cor = next(one for one in counting_tables._RECIPES if (one.method, one.setting) == ("CLS-cor", BOTH))
    found[cor] = [outcome(2.0, synchronized=1.05)]
    rows = {
        row.scene: row for row in counting_tables._synchronized_rows("random", found, held=True) if "above" in row.metric
    }
    assert [rows[f"no latency, learned with random: {name}"].passed for name in ("CLS-cor", "CLS-epi", "SLS")] == [
        False, True, None,
    ]  # fmt: skip


def test_flow_of_a_walker_is_held_against_none_at_all():
    walker, street = replace(job("CLS-epi"), world="walker"), job("CLS-epi")
    results = {one: outcome(1.0, flow=FlowScore(2.0, 5.0, 300)) for one in (walker, street)}
    rows = list(counting_tables._flow_rows(results, {walker: results[walker]}, held=True))
    assert [(row.value, row.passed) for row in rows] == [(60, True), (60, None)]


def test_published_rows_are_marked():
    rows = list(counting_tables._published_rows())
    assert len(rows) == 60
    assert all("published" in row.metric and row.passed is None for row in rows)
    best = {row.scene: row.value for row in rows if row.metric == "MAE, published"}
    assert best["CityStreet, Table III, random latency: CLS-epi"] == 7.70
    assert best["CityStreet, Table II, constant latency: BaseS"] == 9.07


def test_tables_of_the_page_are_those_of_the_paper():
    def row(scene, metric, value, note=""):
        return measured("counting", scene, metric, value, "", 3, note=note)

    rows = [
        row("random latency: mean of the training footage", "MAE", 8.25),
        row("Table II, random latency: BaseS", "MAE", 4.7, "3 seeds, standard deviation 0.86"),
        row("Table II, random latency: BaseS", "NAE", 0.21),
        row("Table II, random latency: BaseS", "grid error", 12.84),
        row("Table II, random latency: BaseS", "MAE, told the flow", 2.5),
        row("Table II, random latency: BaseS", "grid error, told the flow", None),
        row("Table III, random latency: CLS-epi, ℓp only against BaseU", "MAE lower by", 11.04, "95 %: 2.0 to 15.1"),
        row("no latency, learned with random: CLS-epi", "MAE", 1.3),
        row("no latency, learned with random: CLS-epi", "MAE above BaseS", 2.04),
        row("flow in walker within 3 s, Table II, random latency: CLS-epi, seed 0", "error under zero flow's", 51.2),
        row("flow in walker within 3 s, Table II, random latency: CLS-epi, seed 1", "error under zero flow's", -43000.0),
        row("CityStreet, Table III, random latency: CLS-epi, ℓp only", "MAE, published", 7.86),
        row("CityStreet, Table III, random latency: CLS-epi, ℓp only", "NAE, published", 0.096),
    ]
    assert [line for line in counting(rows).splitlines() if line and "---" not in line] == [
        "|  | random latency |",
        "| mean of the training footage | 8.25 |",
        "| Table II | random latency | random latency, told the flow |",
        "| BaseS | 4.70 ± 0.86 / 0.210 / 12.8 | 2.50 |",
        "| Table III | random latency, MAE under BaseU's | random latency, published |",
        "| CLS-epi, ℓp only | 11.0 % (95 %: 2.0 to 15.1) | 7.86 / 0.096 |",
        "| no latency | learned with random | learned with random, above BaseS |",
        "| CLS-epi | 1.30 | 2.0 % |",
        "| flow's error on people, under that of no flow; by seed | flow in walker within 3 s, random latency |",
        "| Table II: CLS-epi | 51 % / < -999 % |",
    ]


def test_both_suites_are_known():
    assert {"counting", "view-matching"} <= set(suites.SUITES)
    assert "counting" in suites.ONLY_BY_NAME


def test_growth_is_that_of_the_larger_sizes():
    assert view_matching.growth([10, 20, 40], [3.0, 12.0, 48.0]) == pytest.approx(2)
    assert view_matching.growth([1, 2, 100, 200, 400], [9.0, 9.0, 1.0, 2.0, 4.0]) == pytest.approx(1)


def test_all_ways_cost_something():
    costs = {way: view_matching._measured(way, (9, 12), 0) for way in view_matching.WAYS}
    assert all(cost.seconds > 0 for cost in costs.values())
    assert all(cost.mebibytes >= 0 for cost in costs.values())
