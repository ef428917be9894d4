"""Jobs and what is kept of them: on words whose letters are counted, and for all suites that train."""

import json
import os
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
import torch

import viewsync
from viewsync.association.training import Schedule as AssociationSchedule
from viewsync.benchmarks import (
    association_runs,
    association_stage,
    counting_runs,
    counting_stage,
    jobs,
    stereo_runs,
    stereo_stage,
    synnet_runs,
    synnet_stage,
)
from viewsync.benchmarks.jobs import Work, each, fingerprint, follow
from viewsync.counting.training import Schedule as CountingSchedule
from viewsync.stereo.training import Schedule as StereoSchedule
from viewsync.synnet.training import Schedule as SynnetSchedule


@dataclass(frozen=True)
class Length:
    letters: int


class Desk:
    """Where words are counted."""

    def __init__(self, folder):
        self.folder, self.counted, self.prepared, self.heard = folder, [], [], []

    def lengths(self, *words):
        return [length.letters for length in follow(words, self, self.heard.append, cores=1)]


@dataclass(frozen=True)
class Word(Work[Desk, Length]):
    said: str
    base: "Word | None" = None

    def outcome(self, stage):
        stage.counted.append(self.said)
        return Length(len(self.said))

    def name(self, stage):
        return None if self.said == "unheard-of" else self.said

    @staticmethod
    def read(said):
        return Length(**said)

    def told(self, found):
        return f"{self.said} has {found.letters}"

    @classmethod
    def prepare(cls, new, stage, cores, tell):
        stage.prepared.append((new, cores))


ONE, TWO, THREE = map(Word, ("one", "two", "three"))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_equal_jobs_are_done_once_and_kept_for_the_next_time(desk):
    assert desk.lengths(TWO, THREE, Word("two")) == [3, 5, 3]
    assert desk.counted == ["two", "three"]
    assert desk.prepared == [([TWO, THREE], 1)]
    assert desk.heard[0] == f"2 runs, of which 0 are kept in {desk.folder}"
    assert desk.heard[2] == "2 of 2 done, 0.0 min: three has 5"

    again = Desk(desk.folder)
    assert again.lengths(THREE, TWO) == [5, 3]
    assert again.heard == [f"2 runs, of which 2 are kept in {desk.folder}"]
    assert again.lengths(ONE, TWO) == [3, 3]
    assert again.counted == ["one"]
    assert again.prepared == [([], 1), ([ONE], 1)]


def test_a_file_of_results_says_what_was_done(desk):
    desk.lengths(TWO)
    (path,) = (desk.folder / "runs").glob("*.json")
    said = json.loads(path.read_text())
    assert (said["job"], said["found"]) == (repr(TWO), {"letters": 3})
    assert said["cpu_minutes"] >= 0


def test_what_has_no_name_is_not_kept(desk):
    for _ in range(2):
        assert desk.lengths(Word("unheard-of")) == [10]
    assert desk.counted == ["unheard-of"] * 2
    assert not (desk.folder / "runs").exists()


def test_what_others_go_on_from_is_done_first(desk):
    assert desk.lengths(Word("eleven", base=THREE), ONE, THREE, Word("twelve", base=TWO)) == [6, 3, 5, 6]
    assert desk.counted == ["three", "eleven", "one", "twelve"]
    assert [said.split()[:3] for said in desk.heard[1:]] == [[f"{number}", "of", "4"] for number in (1, 2, 3, 4)]


def test_processes_have_a_thread_each(monkeypatch):
    monkeypatch.delenv("LP_NUM_THREADS", raising=False)
    threads = {"network's": torch.get_num_threads, "renderer's": partial(os.getenv, "LP_NUM_THREADS")}
    assert dict(each(threads, cores=2)) == {"network's": 1, "renderer's": "1"}


@pytest.mark.slow
def test_nobody_waits_for_the_others_of_one_that_fails():
    began = time.monotonic()
    with pytest.raises(ValueError, match="nonsense"):
        dict(each({"fails": partial(int, "nonsense"), "takes long": partial(time.sleep, 600)}, cores=2))
    assert time.monotonic() - began < 300


def test_words_are_no_part_of_the_code_that_results_depend_on(tmp_path, monkeypatch):
    monkeypatch.setattr(viewsync, "__file__", str(tmp_path / "__init__.py"))

    def code(text, file="some.py"):
        (tmp_path / file).write_text(text)
        return jobs.code.__wrapped__(("*.py",))

    first = code('def f():\n    """One."""\n    return 1  # one\n')
    assert code('def f():\n    """Two."""\n    return 1\n') == first
    assert code("def f():\n    return 2\n") != first
    assert code("def f():\n    return 1\n") == first
    assert code("x = 1\n", "other.py") != first


def test_other_code_or_settings_are_told_apart(monkeypatch):
    monkeypatch.setattr(jobs, "code", str)
    assert (
        len({fingerprint(("a.py",), 1), fingerprint(("b.py",), 1), fingerprint(("a.py",), 2), fingerprint(("a.py",))}) == 4
    )


@pytest.mark.parametrize(
    "job",
    [
        association_runs.Job("plaza", AssociationSchedule(steps=1), 0),
        counting_runs.Job(None, "street", "random", 1.0, CountingSchedule(steps=1), 0),
        stereo_runs.Job("triplet-euc", "flow", "zed_p", 0, StereoSchedule(steps=1), 1),
        synnet_runs.Job(synnet_runs.Recipe(), 0, SynnetSchedule(steps=1), 1),
    ],
    ids=lambda job: type(job).__module__.rpartition(".")[2],
)
def test_another_seed_or_schedule_is_another_job(job, monkeypatch):
    monkeypatch.setattr(jobs, "code", str)  # Reading all of it takes seconds.
    others = [replace(job, seed=1), replace(job, schedule=replace(job.schedule, steps=job.schedule.steps + 1))]
    assert fingerprint((), job) == fingerprint((), replace(job))
    assert len({fingerprint((), one) for one in (job, *others)}) == 3


@pytest.mark.parametrize(
    "patterns",
    [
        association_stage._FILMS_DEPEND_ON,
        association_runs._TRAINED_BY,
        association_runs._MEASURED_BY,
        *(stage._FILMS_DEPEND_ON for stage in (counting_stage, stereo_stage, synnet_stage)),
        *(runs._RUNS_DEPEND_ON for runs in (counting_runs, stereo_runs, synnet_runs)),
    ],
    ids=lambda patterns: patterns[-1],
)
def test_all_code_that_results_depend_on_is_found(patterns):
    for pattern in patterns:
        assert list(Path(viewsync.__file__).parent.glob(pattern)), pattern
