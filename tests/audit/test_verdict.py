"""Verdicts worked by hand."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from viewsync.audit.follow import Jump, Stretch, Track
from viewsync.audit.table import curve
from viewsync.audit.verdict import PairAudit, SyncVerdict, amount, judge
from viewsync.types import Verdict

FRAME = 1 / 30
SECONDS = np.arange(0.5, 100.0)


def stretch(start: float, stop: float, offset: float, std: float = 0.003, rate: float | None = None) -> Stretch:
    return Stretch(start, stop, (start + stop) / 2, offset, std, rate, 1e-6)


def track(*stretches: Stretch, support: float = 10.0) -> Track:
    jumps = tuple(
        Jump(after.start_seconds, 0.2, after.offset_seconds - before.offset_seconds, 0.004, 12.0)
        for before, after in pairwise(stretches)
    )
    offset = np.select([s.stop_seconds > SECONDS for s in stretches], [s.offset_seconds for s in stretches])
    return Track("motion", SECONDS, offset, np.full(100, 0.005), np.full(100, support), stretches, jumps, 0.004)


@pytest.mark.parametrize(
    ("offset", "verdict"),
    # σ = 5 ms in all, so the borders lie 8.2 ms to either side of a tolerance of 33.3 ms.
    [(0.0, "in sync"), (0.0249, "in sync"), (0.026, "can't tell"), (-0.0412, "can't tell"), (-0.042, "out of sync")],
)
def test_ninety_five_percent_decide(offset, verdict):
    assert judge(track(stretch(0, 100, offset)), "cam2", FRAME, FRAME).verdict == verdict


@pytest.mark.parametrize("tolerance", [0.0, 0.0001, 0.005])
def test_an_error_above_the_tolerance_tells_nothing_of_an_offset_near_zero(tolerance):
    finding = judge(track(stretch(0, 100, 0.0005)), "cam2", tolerance, FRAME)
    assert finding.verdict is SyncVerdict.CANT_TELL
    assert finding.sentence == "not known closely enough (+0.5 ± 5.0 ms) throughout"


def test_a_jump_is_told_with_its_time_and_direction():
    finding = judge(track(stretch(0, 83.2, 0.0), stretch(83.2, 100, -2 * FRAME)), "cam2", FRAME, FRAME)
    assert finding.verdict is SyncVerdict.OUT_OF_SYNC
    assert finding.sentence == ("in sync (0.0 ± 5.0 ms) until 1 min 23 s, then cam2 is 66.7 ms (2.0 frames) late (± 5.0 ms)")


def test_drift_counts_by_what_it_makes_of_the_offset():
    slow, fast = (stretch(0, 100, 0.0, 0.001, rate) for rate in (200e-6, 2000e-6))
    assert judge(track(slow), "cam2", FRAME, FRAME).verdict is SyncVerdict.IN_SYNC
    finding = judge(track(fast), "cam2", FRAME, FRAME)
    assert finding.verdict is SyncVerdict.OUT_OF_SYNC
    assert "drifts from 100.0 ms (3.0 frames) late to 100.0 ms (3.0 frames) early (+2000 ppm)" in finding.sentence


def test_footage_that_contradicts_every_offset_is_not_in_sync():
    whole = track(stretch(0, 100, 0.0))
    support = np.where(SECONDS > 80, -20.0, 10.0)
    finding = judge(replace(whole, support=support), "cam2", FRAME, FRAME)
    assert finding.verdict is SyncVerdict.CANT_TELL
    assert finding.sentence.endswith("nothing fits from 1 min 20 s to 1 min 40 s")
    quiet = judge(replace(whole, support=np.where(SECONDS > 80, 0.0, 10.0)), "cam2", FRAME, FRAME)
    assert quiet.verdict is SyncVerdict.IN_SYNC
    assert quiet.sentence.endswith("nothing shows it from 1 min 20 s to 1 min 40 s")


def test_one_cue_that_objects_outweighs_one_that_agrees():
    well, badly = (judge(track(stretch(0, 100, offset)), "b", FRAME, FRAME) for offset in (0.0, 0.2))

    def verdict(*findings):
        return PairAudit("a", "b", Verdict.TIED, (), findings, FRAME).verdict

    assert verdict(well) is SyncVerdict.IN_SYNC
    assert verdict(well, badly) is SyncVerdict.OUT_OF_SYNC
    assert verdict() is SyncVerdict.CANT_TELL


def test_early_and_late():
    assert amount(2 * FRAME, FRAME) == "66.7 ms (2.0 frames) early"
    assert amount(-0.01, 0.0) == "10.0 ms late"


def test_the_curve_shows_the_step():
    lines = curve(track(stretch(0, 50, 0.0), stretch(50, 100, 0.1)), FRAME)
    top, middle = (lines[row].split("│")[1] for row in (0, 2))
    assert top.strip() == "●" * top.count("●")
    assert middle == "●" * (60 - top.count("●")) + "─" * top.count("●")
    assert 28 <= top.count("●") <= 36
    assert lines[0].startswith("   +120 ms")
