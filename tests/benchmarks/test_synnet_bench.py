"""The suite `synnet` in miniature, on joints that wander about: what is done, kept and told."""

from dataclasses import replace

import numpy as np
import pytest

from viewsync.benchmarks import suites, synnet_stage, synnet_tables
from viewsync.benchmarks.jobs import follow
from viewsync.benchmarks.synnet_cue import told_by_pose_cue
from viewsync.benchmarks.synnet_runs import Job, Recipe
from viewsync.benchmarks.synnet_stage import Sizes, Stage
from viewsync.networks.synnet import SynNet
from viewsync.synnet.clips import Clips, Sampling, fixed_clips
from viewsync.synnet.scenes import Scene
from viewsync.synnet.training import Schedule
from viewsync.synnet.trials import Figures

NOBODY = Sizes(performances=0, held_out=0, cameras=0, worlds=0, reels=0, held_out_reels=0, reel_scenes=0)
TINY = Schedule(steps=2, windows=1)
"""Teaches nothing, takes no time."""


def people(seed, count):
    """Alike from all sides."""
    rng = np.random.default_rng(seed)
    scenes = []
    for _ in range(count):
        places = 500 + 60 * rng.standard_normal((1, 17, 2)) + 12 * rng.standard_normal((120, 17, 2)).cumsum(0)
        view = np.concatenate([places, np.ones((120, 17, 1))], axis=2).astype(np.float32)
        scenes.append(Scene(np.stack([view, view]), np.ones(120, np.float32)))
    return tuple(scenes)


@pytest.fixture
def stage(tmp_path):
    """Filmed already."""
    for material, together in (("training", 1), ("random cameras", 1), ("world pair", 1), ("world group", 3)):
        synnet_stage._write(tmp_path / f"{material.replace(' ', '-')}.npz", [people(seed, together) for seed in range(2)])
    return Stage(NOBODY, 0, None, tmp_path)


def test_people_are_kept_as_they_were_filmed(stage):
    kept = stage.people("world group")
    assert [len(together) for together in kept] == [3, 3]
    for seed, together in enumerate(kept):
        for was, one in zip(people(seed, 3), together, strict=True):
            np.testing.assert_array_equal(was.views, one.views)
            np.testing.assert_array_equal(was.speed, one.speed)
    assert len(stage.scenes("world group")) == 6


def test_equal_jobs_are_done_once_and_kept_for_the_next_time(stage):
    told = []
    job = Job(Recipe(arguments={"width": 4, "features": 8, "hidden": 16}), 0, TINY, per_shift=1)
    other = replace(job, recipe=Recipe("Wieschollek", {"map_pixels": 16, "width": 4, "features": 8}))
    first = follow([job, other, job], stage, told.append, cores=1)
    assert first[0] is first[2]
    assert set(first[1]) == {"random cameras", "world pair", "person 1", "person 2", "both combined", "all combined"}
    assert {each.pairs for each in first[0].values()} == {8}
    assert "2 runs, of which 0 are kept" in told[0]
    assert len(list((stage.folder / "runs").glob("*.json"))) == 2

    told.clear()
    assert follow([job, other], stage, told.append, cores=1) == first[:2]
    assert len(told) == 1
    assert "2 runs, of which 2 are kept" in told[0]


def test_only_what_is_trained_is_kept(stage):
    names = [Job(Recipe(who), 0, TINY, per_shift=1).name(stage) for who in ("SynNet", "shipped weights", "pose cue")]
    assert [name is None for name in names] == [False, True, True]


def test_the_pose_cue_tells_the_shifts_of_bodies_seen_alike_and_their_opposites():
    # A shift of -M has no opposite.
    a, b, classes, scenes = (side[1:] for side in fixed_clips(people(3, 2), Sampling(), 1, 0))
    found = told_by_pose_cue(Clips(a, b, classes, scenes), Sampling())
    assert (found == classes.numpy()).mean() >= 0.75
    back = told_by_pose_cue(Clips(b, a, 8 - classes, scenes), Sampling())
    assert (back == 8 - found).mean() >= 0.75


def test_rows_tell_mean_spread_and_what_was_published():
    line = synnet_tables.Line("Table 9: x", Recipe(), {"SYN": (92.63, 0.022)}, 3)
    found = [{"world pair": Figures(100, accuracy, 0.1)} for accuracy in (0.5, 0.6, 0.7)]
    rows = {row.metric: row for row in synnet_tables._rows(line, found, None)}
    assert rows["accuracy, world pair"].value == pytest.approx(60)
    assert rows["accuracy, world pair: std of seeds"].value == pytest.approx(10)
    assert rows["SynError, world pair"].value == pytest.approx(0.1)
    assert rows["accuracy, SYN, published"].value == 92.63
    assert rows["SynError, SYN, published"].value == 0.022


def test_leads_are_held_against_their_bars():
    def at(accuracy):
        return [{"world pair": Figures(100, accuracy, 0.1)}]

    found = {"Table 5: SynNet": at(0.9), "Table 5: Wieschollek et al.": at(0.75), "Table 5: Korbar et al.": at(0.5)}
    first, second = synnet_tables._lead_rows(found, held=True)
    assert (first.metric, first.value, first.passed) == (
        "lead over Wieschollek et al., world pair",
        pytest.approx(15),
        False,
    )
    assert second.passed
    assert [row.passed for row in synnet_tables._lead_rows(found, held=False)] == [None, None]


def test_every_line_has_a_name_of_its_own_and_those_held_against_others_exist():
    names = [line.name for line in synnet_tables.LINES]
    assert len(set(names)) == len(names)
    assert {name for lead in synnet_tables._LEADS for name in lead[:2]} <= set(names)


def test_baselines_are_given_the_same_maps_as_synnet():
    assert SynNet().map_pixels == synnet_tables._BASELINE["map_pixels"]


def test_the_suite_runs_only_if_named(monkeypatch, capsys):
    ran = []
    for name in suites.SUITES:
        monkeypatch.setitem(suites.SUITES, name, lambda *_, name=name: ran.append(name) or [])
    suites.run_suites([], seed=0, quick=True, data=None, out=None)
    assert "pose" in ran
    assert "synnet" not in ran
    suites.run_suites(["synnet"], seed=0, quick=True, data=None, out=None)
    assert ran[-1] == "synnet"
