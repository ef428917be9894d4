"""The suite's judgement, on verdicts written by hand."""

import pathlib

import numpy as np
import pytest

from viewsync.benchmarks.judge import Judged
from viewsync.benchmarks.pose import Bars, accuracy_rows, deviation_frames
from viewsync.benchmarks.row import Bar
from viewsync.benchmarks.takes import KnownClip, Take
from viewsync.types import PairOffset, Verdict


def judged(error_ms=None, std_ms=1.0, *, can_overlap=True, tied=True):
    error, std = (None, None) if error_ms is None else (error_ms / 1000, std_ms / 1000)
    return Judged("s", "a", "b", can_overlap, Verdict.TIED if tied else Verdict.NO_EVIDENCE, 1 / 30, error, std)


def by_metric(rows):
    return {row.metric: row for row in rows}


def test_accuracy_by_hand():
    pairs = [judged(error) for error in (-1.0, 1.5, 4.0, 8.0, 150.0)] + [judged(tied=False)] * 3
    bars = Bars(median_ms=Bar(at_most=5), p95_ms=Bar(at_most=33), tied=Bar(at_least=60), covers=Bar(30, 50))
    rows = by_metric(accuracy_rows("s", pairs, bars))
    assert (rows["pairs tied"].value, rows["pairs tied"].n, rows["pairs tied"].passed) == (62.5, 8, True)
    assert (rows["|error| median"].value, rows["|error| median"].passed) == (pytest.approx(4), True)
    assert (rows["|error| P95"].value, rows["|error| P95"].passed) == (pytest.approx(121.6), False)
    assert [rows[f"pairs within {ms} ms"].value for ms in (5, 10, 33, 100)] == [37.5, 50, 50, 50]
    gross = rows["tied, but over 100 ms and a frame off"]
    assert (gross.value, gross.passed) == (1, False)
    assert (rows["95 % intervals that hold"].value, rows["95 % intervals that hold"].passed) == (40, True)
    assert "pairs without overlap refused" not in rows


def test_pairs_without_overlap_count_apart():
    apart = [judged(can_overlap=False, tied=False), judged(can_overlap=False, tied=True)]
    rows = by_metric(accuracy_rows("s", [judged(1.0), *apart], Bars()))
    assert rows["pairs tied"].n == 1
    assert (rows["pairs without overlap refused"].value, rows["pairs without overlap refused"].passed) == (50, False)


def test_nothing_tied_gives_no_figures():
    rows = by_metric(accuracy_rows("s", [judged(tied=False)], Bars(median_ms=Bar(at_most=5), tied=Bar(at_least=95))))
    assert rows["|error| median"].value is None
    assert rows["|error| median"].passed is None
    assert rows["pairs tied"].passed is False


def test_the_farthest_from_the_truth_may_be_at_an_end():
    pts = np.arange(0, 100, 0.04)
    clips = (
        KnownClip(pathlib.Path("a"), pts, pts, 0.04),
        KnownClip(pathlib.Path("b"), pts, 1.0001 * pts + 20, 0.02),
    )
    middle = 40.0

    def found(rate, offset):
        return PairOffset("a", "b", Verdict.TIED, (), 80.0, (), 1.0, offset, 0.001, rate, 0.0, 0.0, None, middle)

    assert deviation_frames(found(1e-4, 20.0), Take("s", clips)) == pytest.approx(0, abs=1e-6)
    assert deviation_frames(found(1e-4, 20.02), Take("s", clips)) == pytest.approx(0.5)
    # Right in the middle only: 40 s from it, a rate of 100 ppm makes 4 ms.
    assert deviation_frames(found(None, 20.0 + 1e-4 * middle), Take("s", clips)) == pytest.approx(0.1, rel=0.01)
