"""The suite `pose3d` in miniature: what is done and kept, and what the rows say."""

import json
import runpy
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from viewsync.benchmarks import pose3d, pose3d_stage, pose3d_tables, suites
from viewsync.benchmarks.jobs import follow
from viewsync.benchmarks.paper_tables import PAPERS
from viewsync.benchmarks.pose3d_runs import Job, Learning, Outcome
from viewsync.benchmarks.pose3d_stage import Sizes, Stage, stage_for
from viewsync.benchmarks.row import Results, write_results
from viewsync.machine import Machine
from viewsync.pose3d.samples import HUMAN36M_SECONDS
from viewsync.pose3d.training import Recipe, Schedule
from viewsync.types import InputError

sys.path.append(str(Path(__file__).parents[1] / "pose3d"))
from drawn_person import drawn_footage

TINY = Schedule(steps=1, every=1)
"""Teaches nothing, takes no time."""
LEARNING = Learning(TINY, TINY, TINY)
SIZES = Sizes(training=2, tests=1, seconds=4, side_pixels=64)
DATA = Path(__file__).parents[3] / "shared" / "data"


def job(method, seconds, **options):
    return Job(Recipe(method), seconds, LEARNING, 0, **options)


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """A drawn person in place of rendered ones."""
    some = [drawn_footage(instants=34, name=name) for name in ("one", "two")]
    monkeypatch.setattr(Stage, "film", lambda *_: None)
    monkeypatch.setattr(Stage, "training", lambda *_: some[:1])
    monkeypatch.setattr(Stage, "tests", lambda *_: some[1:])
    return Stage(SIZES, 0, None, tmp_path)


def test_runs_are_kept_and_go_on_from_one_another(stage):
    told, jobs = [], [job("CLS-epi", 0.16), job("BaseS", None), job("BaseS", None, further=False)]
    found = follow(jobs, stage, told.append, cores=1)
    assert "3 runs, of which 0 are kept" in told[0]
    assert "first" in told[2]  # What others go on from.
    assert [set(one.figures) for one in found] == [{"0", "0.16"}, *[{"0", "0.16", "0.64", "1.28"}] * 2]
    assert all(len(one.errors[test]) == len(one.stretches[test]) for one in found for test in one.errors)
    assert len([*(stage.folder / "networks").glob("*.safetensors")]) == 3
    told.clear()
    again = follow(jobs, stage, told.append, cores=1)
    assert [one.errors for one in again] == [one.errors for one in found]
    assert told == [f"3 runs, of which 3 are kept in {stage.folder}"]
    said = [json.loads(path.read_text()) for path in (stage.folder / "runs").glob("*.json")]
    assert sum("cpu_minutes" in one for one in said) == 3


def test_all_go_on_from_base_s():
    base = job("BaseS", None, further=False)
    assert job("CLS-epi", 0.64).base == job("BaseS", None).base == job("BaseU", 0.16).base == base
    assert base.base is None
    strong = replace(job("CLS-epi", 0.64), recipe=Recipe("CLS-epi", warping_weight=9.0, volumetric_weight=2.0))
    assert strong.base.recipe == Recipe("BaseS", volumetric_weight=2.0)
    assert {one.base for one in pose3d_tables.jobs_of(LEARNING, 0)} == {None, next(pose3d_tables.jobs_of(LEARNING, 0))}


def test_all_lines_are_trained_and_those_of_table_viii():
    jobs = [*pose3d_tables.jobs_of(LEARNING, 7)]
    assert len(jobs) == len(set(jobs)) == 2 + 3 * 4 + len(pose3d_tables.GAMMAS)
    assert {one.seed for one in jobs} == {7}
    assert {one.latency_seconds for one in jobs} == {None, *HUMAN36M_SECONDS}


def test_scenes_of_other_sizes_and_seeds_lie_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr("viewsync.benchmarks.jobs.code", lambda _: "")  # Reading all of it takes seconds.
    one = stage_for(SIZES, 5, None)
    assert one.path(2).name == "lab-0002"
    assert len({stage_for(sizes, seed, None).folder for sizes in (SIZES, replace(SIZES, fps=5.0)) for seed in (5, 6)}) == 4


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "mocap").is_dir(), reason="needs motion capture in ../shared/data")
def test_motions_of_tests_are_never_trained_on():
    seen, unseen = (pose3d_stage._motions(DATA, held_out).clips for held_out in (False, True))
    assert not {clip.name for clip in seen} & {clip.name for clip in unseen}
    assert {"cmu/02_08 from 3 s", "deepmimic/humanoid3d_kick from 0 s"} <= {clip.name for clip in unseen}
    assert len({clip.name for clip in (*seen, *unseen)}) == len(seen) + len(unseen)
    assert max(len(clip.hips_metres) / clip.rate_hz for clip in (*seen, *unseen) if clip.action != "walk") < 3.1
    assert not any(clip.action in ("stealthy", *pose3d_stage._ACROBATICS) for clip in (*seen, *unseen))


def test_without_motion_capture_people_do_what_the_package_makes_up():
    stage = Stage(SIZES, 0, None, Path())
    assert pose3d_stage._motions(None, held_out=False) is None
    assert "own motions" in stage.described
    assert stage.licence == pose3d_stage.OWN_LICENCE


def test_data_sets_without_motion_capture_are_named(tmp_path):
    with pytest.raises(InputError, match="mocap is missing: people do what the package makes up"):
        pose3d_tables._mocap(tmp_path)


def outcome(error, still=50.0, tests=HUMAN36M_SECONDS):
    """Errors of 40 frames, in ten stretches, with each latency and with none."""
    means = {"0": still, **{f"{seconds:g}": error for seconds in tests}}
    told = {
        test: {
            "relative_mm": mean, "absolute_mm": mean + 5, "frames": 40, "missing_share": 0.25,
            "per_action_relative_mm": mean - 1, "per_action_absolute_mm": mean - 2,
            "by_action": {"kick": {"relative_mm": mean + 9, "absolute_mm": mean, "frames": 3, "missing_share": 0.0}},
        }
        for test, mean in means.items()
    }  # fmt: skip
    figures = {test: dict.fromkeys(("volumetric", "algebraic", "RANSAC"), one) for test, one in told.items()}
    errors = {test: tuple((mean * np.linspace(0.5, 1.5, 40)).tolist()) for test, mean in means.items()}
    return Outcome(figures, errors, {test: tuple(number // 4 for number in range(40)) for test in means})


def lines(epi, **others):
    return {line: outcome(80.0) for line in pose3d_tables.LINES} | {"CLS-epi": epi} | others


def rows_of(seconds, found, held=True):
    return {(row.scene, row.metric): row for row in pose3d_tables.latency_rows(seconds, found, 0, held=held)}


def test_rows_hold_epi_against_both_baselines_at_long_latencies():
    found = lines(outcome(68.0), BaseS=outcome(120.0))
    rows = rows_of(0.64, found)
    against = "random latency 32/50 s: CLS-epi against "
    under, over = (rows[against + base, "relative lower by"] for base in ("BaseU", "BaseS"))
    assert (round(under.value, 6), under.bar, under.passed, under.n) == (15, "≥ 15", True, 40)
    assert (round(over.value, 1), over.bar, over.passed) == (43.3, "≥ 40", True)
    assert rows["random latency 32/50 s: CLS-cor against BaseU", "relative lower by"].passed is None
    assert rows["random latency 32/50 s: CLS-epi", "absolute"].value == 73
    assert rows["random latency 32/50 s: CLS-epi", "relative, over actions"].value == 67
    assert rows["random latency 32/50 s, by action: BaseS", "relative, kick"].value == 129
    assert rows["random latency 32/50 s: CLS-epi", "relative, RANSAC"].note == "25.0% of joints missing"
    worse = rows_of(0.64, lines(outcome(70.0)))
    assert worse["random latency 32/50 s: CLS-epi against BaseU", "relative lower by"].passed is False
    assert {row.passed for row in rows_of(0.64, found, held=False).values()} == {None}


def test_rows_tell_what_expecting_latency_costs():
    found = lines(outcome(82.0, still=52.0), BaseU=outcome(80.0, still=50.0), BaseS=outcome(90.0, still=51.0))
    rows = rows_of(0.16, found)
    name = "relative above the better baseline"
    late, still = (rows[f"{when}, learned with 8/50 s: CLS-epi", name] for when in ("random latency 8/50 s", "no latency"))
    assert (round(late.value, 2), late.passed, late.note) == (2.5, True, "that is BaseU")
    assert (round(still.value, 2), still.passed) == (4.0, False)
    assert rows["no latency, learned with 8/50 s: CLS-cor", name].passed is None
    assert rows_of(0.64, found)["no latency, learned with 32/50 s: CLS-epi", name].passed is None


def test_the_gap_is_to_grow_with_latency():
    found = {seconds: lines(outcome(epi)) for seconds, epi in zip(HUMAN36M_SECONDS, (79.0, 70.0, 75.0), strict=True)}
    grown = [*pose3d_tables.growth_rows(found, held=True)]
    assert [(round(row.value, 6), row.passed) for row in grown] == [(9, True), (-5, False)]


def test_lines_of_one_latency_have_its_networks_and_base_s():
    results = {one: outcome(float(number)) for number, one in enumerate(pose3d_tables.jobs_of(LEARNING, 0))}
    found = pose3d_tables.found_at(results, 0.64)
    assert [*found] == [*pose3d_tables.LINES]
    assert found["BaseS"] is [*results.values()][1]
    assert found["CLS-epi"] is results[Job(pose3d_tables.LINES["CLS-epi"], 0.64, LEARNING, 0)]
    told = [*pose3d_tables.gamma_rows(results)]
    assert sorted(float(row.scene.rpartition(" ")[2]) for row in told) == sorted(
        {*pose3d_tables.GAMMAS, pose3d_tables.GAMMA}
    )


def test_published_rows_are_marked():
    rows = [*pose3d_tables.published_rows()]
    assert len(rows) == 3 * 5 * 2 + 9
    assert all("published" in row.metric and row.passed is None for row in rows)
    told = {(row.scene, row.metric): row.value for row in rows}
    assert told["Human3.6M, random latency 64/50 s: CLS-epi", "relative, published"] == 45.7
    assert told["Human3.6M, γ, random latency 64/50 s: 0.005", "relative, published"] == 51.7


def test_the_suite_is_run_by_name_only():
    assert suites.SUITES["pose3d"] is pose3d.run
    assert "pose3d" in suites.ONLY_BY_NAME


def test_tables_set_what_was_measured_beside_what_was_published():
    rows = [
        row
        for seconds in HUMAN36M_SECONDS
        for row in pose3d_tables.latency_rows(seconds, lines(outcome(70.0)), 0, held=True)
    ]
    results = {one: outcome(60.0) for one in pose3d_tables.jobs_of(LEARNING, 0)}
    page = PAPERS["pose3d"]([*rows, *pose3d_tables.gamma_rows(results), *pose3d_tables.published_rows()])
    first, ways, *actions, gammas = page.split("\n\n")
    head, _, *body = [[cell.strip() for cell in line.split("|")[1:-1]] for line in first.splitlines()]
    assert head[:3] == ["MPJPE in mm", "8/50 s: relative / absolute", "32/50 s: relative / absolute"]
    told = {line: cells for line, *cells in body}
    assert told["CLS-epi"] == ["70.0 / 75.0"] * 3 + ["50.0"] * 3
    assert told["*BaseS, published*"] == ["62.8 / 59.2", "78.6 / 78.2", "151.1 / 151.5", "", "", ""]
    assert len(body) == 10
    assert "| CLS-cor, 64/50 s | 80.0 | 80.0 | 80.0 |" in ways
    assert len(actions) == 3
    assert "| CLS-epi | 79.0 |" in actions[0]
    assert "| γ = 1 | 60.0 |" in gammas


def test_the_readme_has_the_table_by_latency_where_it_is_asked_for(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    both = "<!-- bench:start -->\n<!-- bench:end -->\n"
    (tmp_path / "docs" / "pose3d.md").write_text(both)
    (tmp_path / "README.md").write_text(f"{both}\n<!-- bench:pose3d:start -->\nold\n<!-- bench:pose3d:end -->\n")
    rows = (*pose3d_tables.latency_rows(0.64, lines(outcome(70.0)), 0, held=True), *pose3d_tables.published_rows())
    machine = Machine("Some CPU", 2, "Linux", "3.11", {}, "abc")
    write_results(Results("pose3d", 0, False, 1.0, machine, rows), tmp_path / "results")
    script = Path(__file__).parents[2] / "benchmarks" / "tables.py"
    monkeypatch.setattr(sys, "argv", [str(script), "--root", str(tmp_path), "--results", str(tmp_path / "results")])
    with pytest.raises(SystemExit) as left:
        runpy.run_path(str(script), run_name="__main__")
    assert left.value.code == 0
    told = (tmp_path / "README.md").read_text()
    assert "| CLS-epi |  | 70.0 / 75.0 |  |  | 50.0 |  |" in told
    assert "old" not in told
    assert "by action" not in told.partition("bench:pose3d")[2]
    assert "those that agree" in (tmp_path / "docs" / "pose3d.md").read_text()
