"""Encoders that are given equal time."""

import sys
from pathlib import Path

import pytest

from viewsync.benchmarks import stereo_encoders
from viewsync.stereo.training import Schedule
from viewsync.types import InputError

sys.path.append(str(Path(__file__).parents[1] / "stereo"))
from eyes import write_eyes


@pytest.fixture(autouse=True)
def tiny(tmp_path, monkeypatch):
    monkeypatch.setenv("VIEWSYNC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(stereo_encoders, "SMALL_SIZE", 48)
    monkeypatch.setattr(stereo_encoders, "_TIMED", Schedule(steps=2, frames=6, delay_steps=1, sequences=20))
    monkeypatch.setattr(stereo_encoders, "_TIMED_STEPS", 2)


def test_both_are_trained_for_about_as_long_and_tested_on_what_they_have_not_seen(tmp_path, capsys):
    for number, name in enumerate(("zed_p-0000", "zed_p2-0000", "zed_m-0000")):
        write_eyes(tmp_path / "rigs" / name, number)
    stereo_encoders.main(tmp_path / "rigs", minutes=0.002, seeds=(0,))
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in capsys.readouterr().out.splitlines()]
    steps = {cells[0]: int(cells[2]) for cells in rows if cells and cells[0] in ("paper", "efficient")}
    assert {*steps} == {"paper", "efficient"}
    assert min(steps.values()) >= 1


def test_a_folder_without_other_sets_is_refused(tmp_path):
    write_eyes(tmp_path / "rigs" / "zed_p-0000")
    with pytest.raises(InputError, match="needs recordings of zed_p- and zed_p2-, and of other sets"):
        stereo_encoders.main(tmp_path / "rigs")
