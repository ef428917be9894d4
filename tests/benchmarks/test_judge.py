from pathlib import Path

import numpy as np
import pytest

from viewsync.benchmarks.judge import errors, judge_pairs, middle_value, share, std_at
from viewsync.benchmarks.takes import KnownClip, Take
from viewsync.types import PairOffset, Timeline, Verdict

FPS = 30


def known(name: str, start_seconds: float) -> KnownClip:
    times = np.arange(10 * FPS) / FPS
    return KnownClip(Path(f"{name}.mp4"), times, times + start_seconds, 1 / FPS)


TAKE = Take("scene", (known("a", 0.0), known("b", 2.0), known("far", 50.0)))


def pair(b: str, offset: float | None, std: float | None = 0.01, **more) -> PairOffset:
    verdict = Verdict.NO_EVIDENCE if offset is None else Verdict.TIED
    return PairOffset("a", b, verdict, (), 8.0, (), 0.99, offset, None if offset is None else std, **more)


def judged(found: PairOffset):
    timeline = Timeline("a", (), (found,), (), (("a",),), np.zeros((1, 1)))
    return judge_pairs(TAKE, timeline)[0]


def test_a_right_offset():
    judgement = judged(pair("b", 2.005))
    assert judgement.error_seconds == pytest.approx(0.005)
    assert (judgement.tied, judgement.wrong, judgement.covered) == (True, False, True)


def test_wrong_means_beyond_three_sigma_and_a_frame():
    assert not judged(pair("b", 2.0 + 0.03 + 0.99 / FPS)).wrong
    assert judged(pair("b", 2.0 + 0.03 + 1.01 / FPS)).wrong


def test_a_wide_error_bar_is_a_claim_but_not_tied():
    judgement = judged(pair("b", 2.0, std=0.51 / FPS))
    assert judgement.claimed
    assert not judgement.tied


def test_a_refusal_is_neither_tied_nor_wrong():
    judgement = judged(pair("b", None))
    assert (judgement.tied, judgement.wrong, judgement.covered) == (False, False, None)


def test_tying_what_does_not_overlap_is_wrong():
    judgement = judged(pair("far", 3.0))
    assert not judgement.can_overlap
    assert judgement.wrong


def test_a_fitted_rate_counts_in_the_middle_of_the_overlap():
    """At the middle, b's 4 s, 100 ppm add 0.4 ms."""
    middle = (10 * FPS - 1 - 2 * FPS) / FPS / 2
    judgement = judged(pair("b", 2.0, rate=1e-4, rate_std=0.0, offset_rate_covariance=0.0))
    assert judgement.error_seconds == pytest.approx(1e-4 * middle)


def test_std_at_another_time_follows_the_covariance():
    found = pair("b", 2.0, std=0.3, rate=0.0, rate_std=0.1, offset_rate_covariance=-0.02)
    assert std_at(found, 0.0) == pytest.approx(0.3)
    assert std_at(found, 2.0) == pytest.approx((0.09 - 0.08 + 0.04) ** 0.5)


def test_summaries_of_nothing_are_none():
    assert share([]) is None
    assert middle_value(errors([])) is None
    assert share([True, False, True, True]) == 75.0
