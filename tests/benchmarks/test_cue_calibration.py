"""What fits a cue's constants: cases of known truth, by hand."""

import numpy as np
import pytest
from rich.console import Console

from viewsync.benchmarks.cue_calibration import Case, report
from viewsync.match.fuse import PRIOR_UNRELATED
from viewsync.offsets.calibrate import CALIBRATIONS, Calibration
from viewsync.signals import CUES
from viewsync.types import LocalOffset, OffsetBelief

LAGS = np.linspace(-1, 1, 5)


class Told:
    """A cue that always says the same."""

    NAME = "told"

    def __init__(self, ratio, local=()):
        self.ratio, self.local = np.array(ratio, float), local

    def belief(self, a, b, search):
        lags = LAGS[: len(self.ratio)]
        return OffsetBelief(self.NAME, lags, self.ratio, np.full(len(lags), 5.0))

    def local_offsets(self, a, b, offset_seconds):
        return self.local


def case(monkeypatch, truth, ratio, local=()):
    monkeypatch.setitem(CUES, "told", Told(ratio, local))
    return Case.of("told", None, None, truth, 0.1)


def test_evidence_that_says_nothing_leaves_the_prior(monkeypatch):
    share = np.log((1 - PRIOR_UNRELATED) / 5)
    assert case(monkeypatch, 0.5, np.zeros(5)).score(1.0) == pytest.approx(share)
    assert case(monkeypatch, None, np.zeros(5)).score(1.0) == pytest.approx(np.log(PRIOR_UNRELATED))


def test_the_truth_is_the_more_probable_the_more_right_evidence_counts(monkeypatch):
    right, wrong = case(monkeypatch, 0.5, [0, 0, 0, 9, 0]), case(monkeypatch, -0.5, [0, 0, 0, 9, 0])
    assert right.right
    assert not wrong.right
    assert right.score(0.5) < right.score(1.0) < right.score(2.0) < 0
    assert wrong.score(0.5) > wrong.score(1.0) > wrong.score(2.0)


def test_no_lag_is_no_case(monkeypatch):
    assert case(monkeypatch, 0.5, []) is None


def test_the_report(monkeypatch):
    local = (LocalOffset(0.0, 0.503, 0.002), LocalOffset(1.0, 0.501, 0.002))
    monkeypatch.setitem(CALIBRATIONS, "told", Calibration(std_factor=1.0, bias_seconds=0.0, bias_intervals=0.0))
    console = Console(record=True, width=200)
    report("told", [case(monkeypatch, 0.5, [0, 0, 0, 9, 0], local)], "CREDIT", 0.5, console)
    said = console.export_text()
    assert "evidence x 0.5 (CREDIT = 0.25)" in said
    assert "1 pairs: 100% have the right offset on top" in said
    assert "2 local offsets: median error 2.0 ms; median |error| / std over that of a normal 1.48" in said
