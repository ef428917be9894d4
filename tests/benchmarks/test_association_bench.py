"""The suite `association` in miniature: who is looked for, what is done and kept, and what the rows say."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from viewsync.association.frames import UNKNOWN, split
from viewsync.association.metrics import Metrics
from viewsync.association.training import Schedule
from viewsync.benchmarks import association_runs, association_speed, association_tables, suites
from viewsync.benchmarks.association_runs import AS_PUBLISHED, JOINTLY, LOOKED_AT, SINGLY, Job, Outcome
from viewsync.benchmarks.association_stage import Stage, stage_for
from viewsync.benchmarks.association_tables import FULL, QUICK
from viewsync.benchmarks.jobs import follow
from viewsync.benchmarks.paper_tables import association
from viewsync.benchmarks.row import measured
from viewsync.networks.self_mva import SelfMVA

sys.path.append(str(Path(__file__).parents[1] / "association"))
from made_session import cameras, walkers

TINY = Schedule(steps=1, batch=2, width=8)
"""Teaches nothing, takes no time."""
SIZES = QUICK.sizes


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """Walkers of a drawing board in place of rendered ones."""
    whole = walkers(instants=60, people=4)
    monkeypatch.setattr(Stage, "film", lambda *_: None)
    monkeypatch.setattr(Stage, "parts", lambda *_: split(whole))
    monkeypatch.setattr(Stage, "many_frames", lambda *_: whole)
    monkeypatch.setattr(Stage, "cameras", lambda *_: cameras())
    return Stage(SIZES, 0, None, tmp_path)


def metrics(f1, **others):
    return Metrics(**{"pairs": 10, "accuracy": f1, "ipaa": (f1, f1, f1), "precision": f1, "recall": f1, "f1": f1} | others
                   | {"average_precision": f1, "false_positive_rate": 1 - f1})  # fmt: skip


def outcome(f1, looked_at=None, published=0.5):
    ways = {JOINTLY: metrics(f1), SINGLY: metrics(f1), AS_PUBLISHED: metrics(published)}
    return Outcome(ways | ({} if looked_at is None else {LOOKED_AT: metrics(looked_at)}), 2.0, 40)


def by_name(rows):
    return {(row.scene, row.metric): row for row in rows}


def test_runs_are_kept_with_their_weights(stage):
    told, jobs = [], [Job("theatre", TINY, 0), Job("theatre", TINY, 1), Job("theatre", replace(TINY, loss="supervised"), 0)]
    found = follow(jobs, stage, told.append, cores=1)
    assert "3 runs, of which 0 are kept" in told[0]
    assert len(found) == 3
    assert {one.instants for one in found} == {len(stage.parts("theatre")["training"].frames)}
    assert all({*one.ways} == {JOINTLY, SINGLY, AS_PUBLISHED} for one in found)
    assert len([*(stage.folder / "networks").glob("*.safetensors")]) == 3
    told.clear()
    assert follow(jobs, stage, told.append, cores=1) == found
    assert told == [f"3 runs, of which 3 are kept in {stage.folder}"]
    assert all(json.loads(path.read_text())["job"] for path in (stage.folder / "runs").glob("*.json"))


def test_weights_outlast_another_way_to_measure(stage, monkeypatch):
    job = Job("theatre", TINY, 0)
    weights = {name: tensor.clone() for name, tensor in job.network(stage).state_dict().items()}
    monkeypatch.setattr(association_runs, "_MEASURED_BY", ("measured/otherwise.py",))
    monkeypatch.setattr(association_runs, "trained", lambda *_, **__: pytest.fail("trained again"))
    job.outcome(stage)
    assert all((tensor == weights[name]).all() for name, tensor in job.network(stage).state_dict().items())


def test_stages_differ_by_seed_and_sizes(monkeypatch):
    monkeypatch.setattr("viewsync.benchmarks.jobs.code", lambda _: "")  # Reading all of it takes seconds.
    other = tuple((name, replace(sizes, people=2)) for name, sizes in SIZES)
    assert len({stage_for(*order, None).folder for order in ((SIZES, 5), (SIZES, 6), (other, 5))}) == 3


def test_real_sets_are_looked_at_where_they_are(tmp_path):
    (tmp_path / "mvor").mkdir()
    stage = Stage(SIZES, 0, tmp_path, tmp_path)
    known = [name for name in association_tables._METHODS if stage.has(name)]
    worlds = ["plaza", "theatre", "plaza, detected boxes", "theatre, detected boxes"]
    assert {*known} == {*worlds, "MVOR", "MVOR, leaky", "MVOR, annotated boxes"}
    assert {name for name in association_tables._METHODS if replace(stage, data=None).has(name)} == {*worlds}


def test_what_learns_from_whom(stage):
    jobs = association_tables.jobs_of(FULL, stage, 7)
    assert {name for name, _ in jobs} == {"plaza", "theatre", "plaza, detected boxes", "theatre, detected boxes"}
    assert [method for _, method in jobs][:4] == ["ours"] * 4
    assert all([job.seed for job in some] == [7, 8, 9] for some in jobs.values())
    how = {method: some[0].schedule for (name, method), some in jobs.items() if name == "plaza"}
    assert len({*how.values()}) == len(how)
    assert (how["ours"].loss, how["ours"].reprojection, how["ours, no re-projection"].reprojection) == ("contrast", 1, 0)
    assert [how[f"published loss{more}"].edges for more in ("", ", no edges")] == [True, False]
    assert {how[method].loss for method in how if method.startswith("published")} == {"synchronization"}


def test_the_original_is_trained_in_its_own_settings(stage):
    how = association_tables._schedule("the original", "MVOR", FULL, stage)
    assert how == Schedule.released(80, len(stage.parts("MVOR")["training"].frames))


def test_rows_are_means_over_seeds_with_their_spread():
    found = [metrics(0.8), metrics(0.9, ipaa=(None, 0.9, 0.9)), metrics(1.0)]
    rows = {row.metric: row for row in association_tables._rows("here: ours", found)}
    assert [*rows] == ["ACC", "IPAA-100", "IPAA-90", "IPAA-80", "F1", "precision", "recall", "AP", "FPR-95"]
    assert (rows["F1"].value, rows["F1"].n, rows["F1"].note) == (pytest.approx(0.9), 10, "± 0.100 over 3 seeds")
    assert (rows["IPAA-100"].value, rows["IPAA-100"].note) == (pytest.approx(0.9), "± 0.141 over 2 seeds")
    assert rows["FPR-95"].value == pytest.approx(0.1)
    alone = next(iter(association_tables._rows("here: ours", [metrics(0.8, accuracy=None)])))
    assert (alone.value, alone.note) == (None, "")


def test_ours_must_lead_the_original_as_it_judges_itself():
    found = {("MVOR", "ours"): [outcome(0.8), outcome(0.7)], ("MVOR", "the original"): [outcome(0.9, published=0.7)]}
    rows = {row.metric: row for row in association_tables._lead_rows(found, held=True)}
    assert (rows["F1"].value, rows["F1"].bar, rows["F1"].passed) == (pytest.approx(0.05), "≥ 0", True)
    assert [metric for metric, row in rows.items() if row.bar] == ["IPAA-80", "F1"]
    found["MVOR", "the original"] = [outcome(0.5, published=0.8)]
    assert [row.passed for row in association_tables._lead_rows(found, held=True) if row.bar] == [False, False]
    assert not any(row.bar for row in association_tables._lead_rows(found, held=False))


def test_what_terms_and_appearance_add():
    found = {("plaza", method): [outcome(0.8), outcome(0.9)] for method in association_tables._ABLATED}
    found["plaza", "published loss, no edges"] = [outcome(0.7), outcome(0.7)]
    rows = by_name(association_tables._term_rows("plaza", found))
    assert rows["plaza: published loss", "F1, more by edges"].value == pytest.approx(0.15)
    assert rows["plaza: published loss", "F1, more by edges"].note == "± 0.071 over 2 seeds"
    assert rows["plaza: ours", "F1, more by re-projection"].value == 0
    for looked_at, passed in ((0.95, True), (0.7, False)):
        row = association_tables._appearance_row("theatre", [outcome(0.9, looked_at)], held=True)
        assert (row.value, row.passed) == (pytest.approx(looked_at - 0.9), passed)
    assert association_tables._appearance_row("MultiviewX", [outcome(0.9, 0.8)], held=True).bar == ""


def test_worlds_have_bars_of_f1_and_baselines_beside_them(stage):
    found = {("theatre", method): [outcome(0.9, 0.92)] for method in association_tables._ABLATED}
    rows = by_name(association_tables._of_set("theatre", found, stage, 0, held=True))
    f1 = {scene: row for (scene, metric), row in rows.items() if metric == "F1"}
    assert [scene for scene, row in f1.items() if row.bar] == ["theatre: ours"]
    assert (f1["theatre: ours"].bar, f1["theatre: ours"].passed) == ("≥ 0.85", True)
    assert f1["theatre: random"].value < 0.5 < 0.95 < f1["theatre: calibrated"].value
    assert "theatre: appearance" not in f1  # There are no pictures.
    assert {"theatre: ours, with appearance", "theatre: ours, view by view", "theatre: published loss, as published"} <= {
        *f1
    }
    assert rows["theatre: ours", "training"].value == 2


def test_late_cameras_are_compared_with_the_others_only(stage):
    rows = by_name(association_tables._late_rows([Job("plaza", TINY, 0)], stage))
    scenes = [*dict.fromkeys(scene for scene, _ in rows)]
    assert scenes[0] == "plaza, frames apart: ours, 0 s"
    assert scenes[-1] == "plaza, frames apart: calibrated, 1 s, compensated"
    assert len(scenes) == 20
    # Of three cameras, the second is late: two of the three pairs, at every second instant.
    assert {rows[scene, "F1"].n for scene in scenes} == {60}
    for who in ("ours", "calibrated"):
        at_once, moved = (rows[f"plaza, frames apart: {who}, 0 s{way}", "F1"].value for way in ("", ", compensated"))
        assert at_once == moved
    whole = rows["plaza, frames apart: calibrated, 0 s", "F1"].value
    assert rows["plaza, frames apart: calibrated, 1 s", "F1"].value < whole - 0.05


def test_crowds_are_of_as_many_people_as_are_asked_for():
    session = walkers(instants=20, people=4)
    frames = [*association_speed.crowded(session, 25, 3)]
    assert [len(view) for frame in frames for view in frame.views] == [25] * 9
    assert {*np.concatenate([view.identities for frame in frames for view in frame.views])} == {UNKNOWN}
    assert not np.array_equal(frames[0].views[0].boxes, frames[1].views[0].boxes)


@pytest.mark.slow
def test_speed_and_memory_are_of_a_process_of_its_own(monkeypatch):
    monkeypatch.setattr(association_speed, "QUICK_FRAMES", (2, 4))
    session = walkers(instants=20, people=4)
    rows = association_speed.speed_rows("association", SelfMVA(session.cameras, width=8), session, quick=True)
    assert [row.metric for row in rows] == ["multi-view frames per second", "more peak memory"]
    assert rows[0].scene == "3 views × 25 people"
    assert rows[0].value > 0
    assert rows[1].value >= 0
    assert "after 2, " in rows[1].note
    assert "after 4 instants" in rows[1].note


def test_tables_of_the_page():
    rows = [
        measured("association", "MVOR: ours", "ACC", 0.9126, "", 10, note="± 0.012 over 3 seeds"),
        measured("association", "MVOR: ours", "F1", 0.8, "", 10),
        measured("association", "MVOR: ours", "training", 0.5, "min", 3),
        measured("association", "plaza: ours", "F1, more by edges", 0.0312, "", 3, note="± 0.004 over 3 seeds"),
        measured("association", "7 views × 25 people", "multi-view frames per second", 99.0, "", 3, note="one process"),
    ]
    assert [line for line in association(rows).splitlines() if line and "---" not in line] == [
        "| MVOR | ACC | IPAA-100 | IPAA-90 | IPAA-80 | F1 | AP | FPR-95 |",
        "| ours | 0.913 ± 0.012 |  |  |  | 0.800 |  |  |",
        "| F1, more by | edges |",
        "| plaza: ours | +0.031 ± 0.004 |",
    ]


def test_the_suite_is_run_only_by_its_name():
    assert "association" in suites.SUITES
    assert "association" in suites.ONLY_BY_NAME


DATA = Path(__file__).parents[2].parent / "shared" / "data"


@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "mvor").is_dir(), reason="MVOR isn't there")
def test_no_instant_of_mvor_s_test_is_learned_from(tmp_path):
    stage = Stage(SIZES, 0, DATA, tmp_path)
    honest, leaky, annotated = (stage.parts(f"MVOR{kind}") for kind in ("", ", leaky", ", annotated boxes"))
    tested, validated = ({*honest[part].seconds} for part in ("test", "validation"))
    assert len(honest["training"].frames) == 368
    assert not {*honest["training"].seconds} & (tested | validated)
    assert len({*leaky["training"].seconds} & tested) == 55
    assert [len(one["test"].frames) for one in (honest, leaky, annotated)] == [71] * 3
