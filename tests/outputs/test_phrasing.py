from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_timeline import four_cameras, tied_pair, untied_pair

from viewsync.outputs import phrasing
from viewsync.types import Cycle, Verdict


@pytest.mark.parametrize(
    ("value", "std", "text"),
    [
        (1.23344, 0.00212, "+1.2334 ± 0.0021"),
        (-1.23344, 0.00212, "-1.2334 ± 0.0021"),
        (1.23344, 0.00999, "+1.233 ± 0.010"),  # 0.00999 rounds to two digits as 0.010, a place further left
        (1.23344, 0.0995, "+1.23 ± 0.10"),
        (-0.00001, 0.0021, "0.0000 ± 0.0021"),  # never "-0.0000"
        (45.3, 12.3, "+45 ± 12"),
        (4567.0, 123.0, "+4570 ± 120"),
        (1.2334, 0.0, "+1.2334"),
        (0.0, 0.0, "0.0000"),
        (1.2334, None, "+1.2334 ± ?"),
        (1.2334, float("inf"), "+1.2334 ± ?"),
    ],
)
def test_numbers_end_where_their_error_bar_does(value, std, text):
    assert phrasing.with_error(value, std) == text


@given(st.floats(-1e4, 1e4), st.floats(1e-6, 1e3))
def test_printed_numbers_are_true_to_their_error_bar(value, std):
    shown, shown_std = (float(part) for part in phrasing.with_error(value, std).split(" ± "))
    assert abs(shown - value) <= 0.06 * std
    assert abs(shown_std - std) <= 0.06 * std


@pytest.mark.parametrize(
    ("rate", "std", "bound", "text"),
    [
        (12e-6, 4e-6, 20e-6, "+12.0 ± 4.0"),
        (None, None, 50e-6, "within ±50"),
        (None, None, 51.01e-6, "within ±52"),  # a bound is rounded up
        (None, None, 1234e-6, "within ±1300"),
        (None, None, None, "–"),
        (None, None, float("inf"), "–"),
    ],
)
def test_rates(rate, std, bound, text):
    assert phrasing.rate_ppm(rate, std, bound) == text


@pytest.mark.parametrize(("seconds", "text"), [(8.44, "8.4 s"), (59.97, "1 min 00 s"), (725.2, "12 min 05 s")])
def test_durations(seconds, text):
    assert phrasing.duration(seconds) == text


@pytest.mark.parametrize(("value", "text"), [(0.97, "97.0%"), (0.9991, "over 99.9%"), (1.0, "over 99.9%")])
def test_probabilities_are_never_certain(value, text):
    assert phrasing.probability(value) == text


def test_the_deciding_cue_is_the_heaviest_and_a_silent_one_decides_nothing():
    assert phrasing.decided_by(tied_pair("a", "b", 1.0, 0.01)) == "motion"
    assert phrasing.cue_shares(tied_pair("a", "b", 1.0, 0.01)) == "motion 70%, audio 30%"
    assert phrasing.decided_by(untied_pair("a", "b")) is None
    assert phrasing.cue_shares(untied_pair("a", "b")) == "–"


def test_a_camera_is_placed_by_its_pair_with_the_reference():
    timeline = four_cameras()
    pair = phrasing.deciding_pair(timeline, "cam3")
    assert pair is timeline.pairs[1]
    assert phrasing.deciding_pair(timeline, "cam4") is None


def test_triangles_that_do_not_close_are_named():
    good, bad = Cycle(("a", "b", "c"), 0.02, 0.01), Cycle(("a", "b", "d"), -0.05, 0.01)
    assert phrasing.cycle_lines([good, bad]) == (
        "Cross-check: the offsets add up around 1 of 2 camera triangles (within 3 σ).",
        "They don't add up around a, b, d: -0.050 ± 0.010 s (5.0 σ)",
    )
    assert phrasing.cycle_lines([]) == ()


def test_of_many_open_triangles_the_worst_are_named():
    cycles = [Cycle(("a", "b", f"c{n}"), 0.04 + 0.001 * n, 0.01) for n in range(8)]
    lines = phrasing.cycle_lines(cycles)
    assert lines[1] == "They don't add up around a, b, c7: +0.047 ± 0.010 s (4.7 σ)"
    assert lines[-1] == "… and around 3 more."
    assert len(lines) == 7


def test_cameras_tied_among_themselves_only_are_named():
    timeline = replace(four_cameras(), components=(("cam1", "cam2"), ("cam3", "cam4")))
    assert phrasing.remarks(timeline)[0] == "cam3 and cam4 are tied to one another, but not to cam1."


@pytest.mark.parametrize(
    ("seconds", "std", "text"),
    [
        (0.00123, 0.004, "+1.2 ms · 0.3 σ"),
        (-0.0301, 0.01, "-30 ms · 3.0 σ"),
        (0.0000123, 0.00002, "+0.012 ms · 0.6 σ"),
        (0.00123, 0.0, "+1.2 ms"),
    ],
)
def test_residuals_of_pairs(seconds, std, text):
    assert phrasing.pair_residual(seconds, std) == text


@pytest.mark.parametrize(
    ("rate", "std", "bound", "text"),
    [
        # t_a = (1 + rate) t_b: with 12 ppm, b shows 43.2 ms less than a after an hour.
        (12e-6, 4e-6, 20e-6, "b's clock loses 43 ms an hour against a's (+12.0 ± 4.0 ppm)."),
        (-500e-6, 1e-6, 5e-4, "b's clock gains 1.8 s an hour against a's (-500.0 ± 1.0 ppm)."),
        (None, None, 50e-6, "No drift was found; 50 ppm, 180 ms an hour, can't be excluded."),
        (None, None, None, "No drift was found."),
    ],
)
def test_drift_in_words(rate, std, bound, text):
    assert phrasing.drift_sentence("a", "b", rate, std, bound) == text


def test_headline_counts_and_names():
    timeline = four_cameras()
    assert phrasing.headline(timeline) == "3 of 4 cameras are on the clock of cam1; not cam4."
    three, two, alone = (replace(timeline, cameras=timeline.cameras[part]) for part in (slice(3), slice(2), slice(0, 4, 3)))
    assert phrasing.headline(three) == "All 3 cameras are on the clock of cam1."
    assert phrasing.headline(two) == "Both cameras are on the clock of cam1."
    assert phrasing.headline(alone) == "No camera could be tied to cam1."


def test_every_verdict_has_a_next_step_and_each_is_said_once():
    assert len(phrasing.next_steps([*Verdict, *Verdict])) == len(Verdict)
