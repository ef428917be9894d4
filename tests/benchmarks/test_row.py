import json

import pytest

from viewsync.benchmarks.row import Bar, Results, all_passed, measured, read_results, skipped, write_results
from viewsync.machine import this_machine
from viewsync.types import InputError


def row(value, bar=None):
    return measured("suite", "scene", "metric", value, "ms", 3, bar)


@pytest.mark.parametrize(("value", "passed"), [(91.9, False), (92.0, True), (98.0, True), (98.1, False)])
def test_a_bar_is_a_closed_range(value, passed):
    assert row(value, Bar(92, 98)).passed is passed


def test_a_bar_is_written_out():
    assert row(1.0, Bar(at_most=2)).bar == "≤ 2"
    assert row(1.0, Bar(92, 98)).bar == "≥ 92 and ≤ 98"
    assert row(1.0).bar == ""


def test_nothing_measured_is_neither_passed_nor_failed():
    assert row(None, Bar(at_most=2)).passed is None
    assert row(5.0).passed is None
    assert all_passed([row(None, Bar(at_most=2)), row(5.0), skipped("suite", "scene", "no data")])
    assert not all_passed([row(1.0, Bar(at_most=2)), row(3.0, Bar(at_most=2))])


def test_results_survive_the_file(tmp_path):
    results = Results("suite", 7, True, 1.5, this_machine(), (row(1.0, Bar(at_most=2)), skipped("suite", "x", "why")))
    assert read_results(write_results(results, tmp_path / "new")) == results


def test_a_foreign_file_is_refused(tmp_path):
    path = tmp_path / "x.json"
    for text in ("{", "[]", json.dumps({"schema": "other/1"})):
        path.write_text(text)
        with pytest.raises(InputError, match=r"x\.json can't be read as benchmark results: .*Run `viewsync bench`"):
            read_results(path)


def test_the_machine_is_described():
    machine = this_machine()
    assert machine.cores >= 1
    assert machine.processor
    assert {"av", "numpy", "scipy"} <= machine.libraries.keys()
