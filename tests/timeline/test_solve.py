from itertools import combinations

import numpy as np
import pytest
from clocked_cameras import random_world, recording, recordings, swapped, tied, untied
from hypothesis import given, settings
from hypothesis import strategies as st

from viewsync.timeline.clock import ClockMap
from viewsync.timeline.solve import solve_timeline
from viewsync.types import InputError, Verdict

seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=20, deadline=None)


def drifting(seed: int, count: int = 4, start_seconds: float = 0.0):
    rng = np.random.default_rng(seed)
    world = random_world(count, 0.0, rng)
    return world, world.pairs_with_rates(rng, start_seconds)


def clock(camera) -> ClockMap:
    return ClockMap(camera.offset_seconds, camera.rate or 0.0)


def assert_same(timeline, other):
    """Within a thousandth of the error bar."""
    for camera in timeline.cameras:
        twin = other.by_id[camera.id]
        assert twin.offset_seconds == pytest.approx(camera.offset_seconds, abs=1e-3 * camera.offset_std_seconds + 1e-9)
        assert twin.offset_std_seconds == pytest.approx(camera.offset_std_seconds, rel=1e-3, abs=1e-9)
        assert (twin.rate is None) == (camera.rate is None)
        if camera.rate is not None:
            assert twin.rate == pytest.approx(camera.rate, abs=1e-9)
            assert twin.rate_std == pytest.approx(camera.rate_std, rel=1e-3, abs=1e-12)


# ── laws ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@few
@given(seeds, st.sampled_from([0.0, 0.5, 0.9]))
def test_order_of_files_and_pairs_does_not_matter(seed, shared_fraction):
    _, pairs = drifting(seed)
    timeline = solve_timeline(recordings("abcd"), pairs, "b", shared_fraction)
    assert_same(timeline, solve_timeline(recordings("dbac"), pairs[::-1], "b", shared_fraction))


@few
@given(seeds, st.lists(st.booleans(), min_size=6, max_size=6), st.booleans())
def test_direction_of_pairs_does_not_matter(seed, turned, with_rates):
    rng = np.random.default_rng(seed)
    world = random_world(4, 0.5, rng)
    pairs = world.pairs_with_rates(rng) if with_rates else world.pairs(rng)
    other = [swapped(pair) if turn else pair for pair, turn in zip(pairs, turned, strict=True)]
    first, second = (solve_timeline(recordings("abcd"), said, "a") for said in (pairs, other))
    assert_same(first, second)
    for cycle, twin in zip(first.cycles, second.cycles, strict=True):
        assert twin.residual_seconds == pytest.approx(cycle.residual_seconds, abs=1e-6)
        assert twin.residual_std_seconds == pytest.approx(cycle.residual_std_seconds, rel=1e-3)


@few
@given(seeds)
def test_another_reference_only_moves_the_origin(seed):
    _, pairs = drifting(seed)
    by_a, by_c = (solve_timeline(recordings("abcd"), pairs, reference) for reference in "ac")
    from_c_to_a = clock(by_a.by_id["c"])
    for name in "abcd":
        there = clock(by_c.by_id[name]).then(from_c_to_a)
        assert there(300.0) == pytest.approx(clock(by_a.by_id[name])(300.0), abs=1e-5)
        assert there.rate == pytest.approx(by_a.by_id[name].rate, abs=1e-9)
    error = by_a.by_id["c"].rate_std, by_c.by_id["a"].rate_std
    assert error[0] == pytest.approx(error[1], rel=1e-3)


@few
@given(seeds)
def test_exact_pairs_give_back_the_exact_clocks_and_closed_cycles(seed):
    world = random_world(5, 0.5, np.random.default_rng(seed))
    pairs = [
        tied(a, b, world.truth(a, b).offset_seconds, 0.01, rate=world.truth(a, b).rate, rate_std=1e-6)
        for a, b in combinations("abcde", 2)
    ]
    timeline = solve_timeline(recordings("abcde"), pairs, "c")
    for camera in timeline.cameras:
        truth = world.truth("c", camera.id)
        assert (camera.offset_seconds, camera.rate) == pytest.approx((truth.offset_seconds, truth.rate), abs=1e-9)
    assert len(timeline.cycles) == 10
    assert max(abs(cycle.residual_seconds) for cycle in timeline.cycles) < 1e-9


def test_pts_that_start_a_day_late_cost_no_precision():
    """What is known in the middle of the footage is the same wherever its pts begin."""
    stds, errors = [], []
    for start in (0.0, 86_400.0):
        world, pairs = drifting(5, start_seconds=start)
        timeline = solve_timeline(recordings("abcd"), pairs, "a", 0.0)
        camera, middle = timeline.by_id["d"], start + 300.0
        lever = np.array([1.0, middle])
        covariance = [
            [camera.offset_std_seconds**2, camera.offset_rate_covariance],
            [camera.offset_rate_covariance, camera.rate_std**2],
        ]
        stds.append(float(np.sqrt(lever @ covariance @ lever)))
        errors.append(clock(camera)(middle) - world.truth("a", "d")(middle))
    assert stds[1] == pytest.approx(stds[0], rel=1e-2)
    assert errors[1] == pytest.approx(errors[0], abs=1e-4)


# ── honesty of the error bars ─────────────────────────────────────────────────────────────────────────────────────


def coverage(count: int, shared_fraction: float, trials: int, seed: int) -> float:
    """Share of the cameras whose true offset lies in the 95 % interval, over random worlds from the stated model."""
    rng = np.random.default_rng([seed, count])
    inside = []
    for _ in range(trials):
        world = random_world(count, shared_fraction, rng)
        timeline = solve_timeline(recordings("abcdefgh"[:count]), world.pairs(rng), "a", shared_fraction)
        for camera in timeline.cameras[1:]:
            error = camera.offset_seconds - (world.truth("a", camera.id)(5.0) - 5.0)
            inside.append(abs(error) < 1.96 * camera.offset_std_seconds)
    return float(np.mean(inside))


@pytest.mark.parametrize(("count", "trials"), [(2, 250), (4, 150), (8, 100)])
@pytest.mark.parametrize("shared_fraction", [0.0, 0.5, 0.9])
def test_95_percent_intervals_cover(count, trials, shared_fraction):
    assert 0.92 <= coverage(count, shared_fraction, trials, seed=0) <= 0.98


def test_offset_and_rate_have_the_covariance_that_is_stated():
    """Squared distance to the truth, in terms of the covariance, has mean 2 where it is right."""
    distances = []
    for seed in range(100):
        world, pairs = drifting(seed)
        camera = solve_timeline(recordings("abcd"), pairs, "a", 0.0).by_id["d"]
        truth = world.truth("a", "d")
        error = np.array([camera.offset_seconds - truth.offset_seconds, camera.rate - truth.rate])
        covariance = [
            [camera.offset_std_seconds**2, camera.offset_rate_covariance],
            [camera.offset_rate_covariance, camera.rate_std**2],
        ]
        distances.append(error @ np.linalg.solve(covariance, error))
    assert 1.4 < np.mean(distances) < 2.4


def test_more_cameras_do_not_average_camera_noise_away():
    def std(count: int) -> float:
        pairs = [tied(a, b, 0.0, 0.01, rate_bound=1e-9) for a, b in combinations("abcdefgh"[:count], 2)]
        return solve_timeline(recordings("abcdefgh"[:count]), pairs, "a", 0.9).cameras[1].offset_std_seconds

    assert np.sqrt(0.9) * 0.01 < std(8) < 0.01


# ── rates ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rate_needs_a_way_of_pairs_with_rates():
    drift = {"rate_std": 2e-6, "offset_rate_covariance": 0.0, "rate_bound": 6e-5}
    pairs = [
        tied("a", "b", 1.0, rate=50e-6, **drift),
        tied("b", "c", 2.0, rate=-20e-6, **drift),
        tied("c", "d", 3.0, rate_bound=1e-4),
        tied("b", "d", 5.0, rate_bound=3e-4),
        tied("d", "e", 0.0),
    ]
    by_id = solve_timeline(recordings("abcde"), pairs, "a").by_id
    assert (by_id["a"].rate, by_id["a"].rate_std) == (0.0, 0.0)
    assert by_id["b"].rate == pytest.approx(50e-6, abs=1e-9)
    assert by_id["c"].rate == pytest.approx(30e-6, abs=1e-8)
    assert by_id["c"].rate_bound == pytest.approx(by_id["c"].rate + 1.96 * by_id["c"].rate_std)
    # 60 + 60 + 100 ppm is less than 60 + 300 ppm.
    assert (by_id["d"].rate, by_id["d"].rate_bound) == (None, pytest.approx(220e-6))
    assert (by_id["e"].rate, by_id["e"].rate_bound) == (None, None)


def test_errors_of_rates_add_up_along_a_chain():
    drift = {"rate": 30e-6, "rate_std": 2e-6, "offset_rate_covariance": 0.0}
    pairs = [tied("a", "b", 1.0, **drift), tied("b", "c", 2.0, **drift)]
    assert solve_timeline(recordings("abc"), pairs, "a", 0.0).by_id["c"].rate_std == pytest.approx(
        np.sqrt(8) * 1e-6, rel=1e-3
    )


def test_without_a_rate_the_offset_is_that_of_the_middle():
    """An hour of pts before the footage: a rate of zero that nobody measured must not be believed back to t = 0."""
    pairs = [tied("a", "b", 1.25, 0.004, middle_seconds=3600.0, rate_bound=1e-3)]
    camera = solve_timeline(recordings("ab"), pairs, "a").by_id["b"]
    assert (camera.offset_seconds, camera.offset_std_seconds) == pytest.approx((1.25, 0.004))
    assert (camera.rate, camera.rate_std, camera.offset_rate_covariance) == (None, None, None)
    assert camera.rate_bound == pytest.approx(1e-3)


def test_drift_between_the_middles_of_pairs_is_no_conflict():
    """Half an hour apart, 50 ppm make 90 ms: with fitted rates the triangle closes all the same."""
    maps = {"b": ClockMap(2.0, 50e-6), "c": ClockMap(-3.0, -20e-6)}
    truth = {"ab": maps["b"], "ac": maps["c"], "bc": maps["c"].then(maps["b"].inverse())}
    pairs = [
        tied(
            *ends,
            truth[ends].offset_seconds,
            float(np.hypot(0.001, middle * 1e-6)),
            rate=truth[ends].rate,
            rate_std=1e-6,
            offset_rate_covariance=-middle * 1e-12,
            middle_seconds=middle,
        )
        for ends, middle in (("ab", 100.0), ("bc", 1000.0), ("ac", 1900.0))
    ]
    timeline = solve_timeline(recordings("abc"), pairs, "a")
    assert timeline.all_tied
    assert clock(timeline.by_id["c"])(1000.0) == pytest.approx(maps["c"](1000.0), abs=1e-6)
    assert abs(timeline.cycles[0].residual_seconds) < 1e-9


# ── reference, components, errors ─────────────────────────────────────────────────────────────────────────────────


def test_two_components():
    pairs = [
        tied("b", "a", 1.0),
        tied("c", "d", 2.0),
        tied("d", "e", 0.5),
        untied("a", "c", Verdict.NO_OVERLAP),
        untied("b", "f", Verdict.NO_EVIDENCE, "Nothing moves in f."),
    ]
    largest = solve_timeline(recordings("abcdef"), pairs)
    assert largest.reference == "c"
    assert largest.components == (("c", "d", "e"), ("a", "b"), ("f",))
    assert largest.offset_covariance.shape == (3, 3)
    assert not largest.offset_covariance[0].any()
    assert largest.by_id["a"].verdict is Verdict.NO_OVERLAP
    assert largest.by_id["a"].reasons[0] == "Tied to b, but not to c."
    assert (largest.by_id["a"].offset_seconds, largest.by_id["a"].rate_bound) == (None, None)
    assert not largest.all_tied

    chosen = solve_timeline(recordings("abcdef"), pairs, "b")
    assert chosen.components == (("a", "b"), ("c", "d", "e"), ("f",))
    assert chosen.by_id["a"].offset_seconds == pytest.approx(1.0)
    assert not chosen.offset_covariance[1].any()
    assert chosen.by_id["f"].reasons == ("b–f: Nothing moves in f.",)


def test_the_first_file_is_the_reference_where_all_are_tied():
    pairs = [tied("b", "c", 2.0), tied("a", "c", 1.0), tied("c", "d", 0.0)]
    timeline = solve_timeline(recordings("abcd"), pairs)
    reference = timeline.by_id["a"]
    assert timeline.reference == "a"
    assert (reference.verdict, reference.offset_seconds, reference.offset_std_seconds) == (Verdict.TIED, 0.0, 0.0)


def test_nothing_tied():
    timeline = solve_timeline(recordings("ab"), [untied("a", "b", Verdict.NO_EVIDENCE)])
    assert (timeline.reference, timeline.components, timeline.cycles) == ("a", (("a",), ("b",)), ())
    assert timeline.offset_covariance.tolist() == [[0.0]]
    assert timeline.by_id["b"].verdict is Verdict.NO_EVIDENCE


def test_an_unknown_reference_is_answered_with_the_known_ones():
    with pytest.raises(InputError) as caught:
        solve_timeline([recording("left"), recording("right")], [tied("left", "right", 0.0)], "centre")
    assert str(caught.value) == "--ref centre: no such recording. It must be one of: left, right."


@pytest.mark.parametrize(
    ("names", "pairs", "shared_fraction", "text"),
    [
        ("", [], 0.5, "at least one recording"),
        ("ab", [], 1.0, "below 1, got 1.0"),
        ("ab", [tied("a", "z", 0.0)], 0.5, "pair a–z must name two of the recordings a, b"),
        ("ab", [tied("a", "b", 0.0), tied("b", "a", 0.0)], 0.5, "pair b–a is given twice"),
    ],
)
def test_what_a_caller_got_wrong_is_said(names, pairs, shared_fraction, text):
    with pytest.raises(ValueError, match=text):
        solve_timeline(recordings(names), pairs, None, shared_fraction)
