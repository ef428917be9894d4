import numpy as np
import pytest
from clocked_cameras import random_world, recordings, tied, untied

from viewsync.timeline.solve import solve_timeline
from viewsync.types import Verdict

PLACES = {"a": 0.0, "b": 1.0, "c": -2.0, "d": 4.5, "e": 7.25}


def pairs_of(*names: str, wrong: dict[str, float] | None = None, std: float = 0.01):
    """Pairs such as "ab" that are right to a millisecond or so, but for the wrong ones, off by some seconds."""
    wrong = wrong or {}
    return [
        tied(a, b, PLACES[b] - PLACES[a] + 0.001 * (-1) ** number + wrong.get(a + b, 0.0), std)
        for number, (a, b) in enumerate(names)
    ]


def set_aside(timeline):
    return {pair.a + pair.b: pair.reasons for pair in timeline.pairs if pair.reasons}


def assert_placed(timeline, names: str):
    origin = PLACES[timeline.reference]
    for camera in timeline.cameras:
        if camera.id in names:
            assert camera.verdict is Verdict.TIED
            assert camera.offset_seconds == pytest.approx(PLACES[camera.id] - origin, abs=0.005)
        else:
            assert camera.offset_seconds is None


def test_one_wrong_pair_of_four_cameras_is_named_and_does_not_pull():
    pairs = pairs_of("ab", "ac", "ad", "bc", "bd", "cd", wrong={"bd": 3.0})
    timeline = solve_timeline(recordings("abcd"), pairs)
    assert_placed(timeline, "abcd")
    assert list(set_aside(timeline)) == ["bd"]
    (reason,) = set_aside(timeline)["bd"]
    assert reason.startswith("Disagrees with the other pairs by +3.00")
    assert reason.endswith(" σ); left out.")
    outlier = next(pair for pair in timeline.pairs if pair.reasons)
    assert (outlier.verdict, outlier.offset_seconds) == (Verdict.TIED, pairs[4].offset_seconds)


def test_a_wrong_pair_loses_however_sure_it_is():
    pairs = pairs_of("ac", "ad", "bc", "bd", "cd") + pairs_of("ab", wrong={"ab": 1.0}, std=1e-4)
    timeline = solve_timeline(recordings("abcd"), pairs)
    assert_placed(timeline, "abcd")
    assert list(set_aside(timeline)) == ["ab"]


def test_two_wrong_pairs_that_share_no_camera_are_both_named():
    pairs = pairs_of("ab", "ac", "ad", "bc", "bd", "cd", wrong={"ab": -5.0, "cd": 2.0})
    timeline = solve_timeline(recordings("abcd"), pairs)
    assert_placed(timeline, "abcd")
    assert list(set_aside(timeline)) == ["ab", "cd"]


def test_a_triangle_that_does_not_close_ties_nobody():
    timeline = solve_timeline(recordings("abc"), pairs_of("ab", "bc", "ac", wrong={"bc": 5.0}), "a")
    assert_placed(timeline, "a")
    assert [camera.verdict for camera in timeline.cameras] == [Verdict.TIED, Verdict.AMBIGUOUS, Verdict.AMBIGUOUS]
    for camera in timeline.cameras[1:]:
        assert "don't add up" in camera.reasons[0]
        assert all(name in camera.reasons[0].split(":")[0] for name in "abc")
    assert sorted(set_aside(timeline)) == ["ab", "ac", "bc"]
    assert timeline.components == (("a",), ("b",), ("c",))
    assert abs(timeline.cycles[0].residual_seconds) == pytest.approx(5.0, abs=0.01)


def test_a_square_that_does_not_close_ties_nobody():
    timeline = solve_timeline(recordings("abcd"), pairs_of("ab", "bc", "cd", "ad", wrong={"cd": -1.0}), "b")
    assert_placed(timeline, "b")


def test_a_conflict_leaves_the_other_cameras_in_place():
    """d is tied to a, b and c by three pairs that all contradict one another; a, b and c agree."""
    pairs = pairs_of("ab", "ac", "bc", "ad", "bd", "cd", wrong={"ad": 2.0, "bd": -6.0})
    timeline = solve_timeline(recordings("abcd"), pairs)
    assert_placed(timeline, "abc")
    assert timeline.by_id["d"].verdict is Verdict.AMBIGUOUS
    assert timeline.components == (("a", "b", "c"), ("d",))


def test_two_against_two_is_undecided():
    """e by a and b is at one place, by c and d at another."""
    names = ["ab", "ac", "ad", "bc", "bd", "cd", "ae", "be", "ce", "de"]
    timeline = solve_timeline(recordings("abcde"), pairs_of(*names, wrong={"ae": 3.0, "be": 3.0}))
    assert_placed(timeline, "abcd")
    assert timeline.by_id["e"].verdict is Verdict.AMBIGUOUS


def test_a_group_behind_a_conflict_keeps_its_own_clock():
    """a, b, c don't close; d and e hang on c."""
    pairs = pairs_of("ab", "bc", "ac", "cd", "de", wrong={"ab": 9.0})
    timeline = solve_timeline(recordings("abcde"), pairs, "a")
    assert timeline.components == (("a",), ("c", "d", "e"), ("b",))
    assert timeline.by_id["d"].verdict is Verdict.AMBIGUOUS
    assert timeline.by_id["d"].reasons[0] == "Tied to c and e, but not to a."
    assert_placed(solve_timeline(recordings("abcde"), pairs), "cde")


@pytest.mark.parametrize("wrong", [{"ac": -1.4, "ad": -7.3, "cd": -6.7}, {"ad": 1.7, "bc": 3.4, "bd": 5.8}])
def test_one_conflict_does_not_hide_the_suspects_of_another(wrong):
    """Three of six pairs are wrong, each in its own way: no two ways round agree, so no pair can be believed."""
    timeline = solve_timeline(recordings("abcd"), pairs_of("ab", "ac", "ad", "bc", "bd", "cd", wrong=wrong))
    assert_placed(timeline, "a")


def test_a_lone_pair_is_believed():
    timeline = solve_timeline(recordings("ab"), pairs_of("ab"))
    assert_placed(timeline, "ab")
    assert timeline.by_id["b"].offset_std_seconds == pytest.approx(0.01)


def test_a_wrong_rate_does_not_bend_the_others():
    """b–d matched by mistake: its offset and its rate are both off."""
    world = random_world(4, 0.0, np.random.default_rng(0))
    pairs = world.pairs_with_rates(np.random.default_rng(1))
    pairs[4] = tied("b", "d", 40.0, 0.01, rate=3e-3, rate_std=1e-6, offset_rate_covariance=0.0)
    timeline = solve_timeline(recordings("abcd"), pairs, "a", 0.0)
    assert list(set_aside(timeline)) == ["bd"]
    for camera in timeline.cameras[1:]:
        assert camera.rate == pytest.approx(world.truth("a", camera.id).rate, abs=1e-5)


@pytest.mark.parametrize("seed", range(10))
def test_several_wrong_pairs_among_eight_cameras_are_exactly_those_named(seed):
    rng = np.random.default_rng([7, seed])
    world = random_world(8, 0.5, rng)
    pairs = world.pairs(rng)
    wrong = rng.choice(len(pairs), 4, replace=False).tolist()
    for row in wrong:
        off = float(rng.choice([-1, 1]) * rng.uniform(0.5, 8))
        pairs[row] = tied(pairs[row].a, pairs[row].b, pairs[row].offset_seconds + off, pairs[row].offset_std_seconds)
    timeline = solve_timeline(recordings("abcdefgh"), pairs)
    assert timeline.all_tied
    assert [row for row, pair in enumerate(timeline.pairs) if pair.reasons] == sorted(wrong)


def test_verdicts_of_cameras_without_a_tie_come_from_their_pairs():
    pairs = [
        tied("a", "b", 1.0),
        untied("a", "c", Verdict.NO_EVIDENCE, "Nothing moves in c."),
        untied("b", "c", Verdict.AMBIGUOUS, "The footage repeats itself."),
        untied("a", "d", Verdict.NO_OVERLAP),
        untied("b", "d", Verdict.NO_OVERLAP),
        untied("a", "e", Verdict.NO_OVERLAP),
        untied("b", "e", Verdict.NO_EVIDENCE, "Nothing moves in e."),
    ]
    timeline = solve_timeline(recordings("abcdef"), pairs)
    said = {camera.id: (camera.verdict, camera.reasons) for camera in timeline.cameras}
    assert said["c"] == (Verdict.AMBIGUOUS, ("b–c: The footage repeats itself.",))
    assert said["d"] == (Verdict.NO_OVERLAP, tuple(f"{x}–d: {Verdict.NO_OVERLAP.sentence}" for x in "ab"))
    assert said["e"] == (Verdict.NO_EVIDENCE, ("b–e: Nothing moves in e.",))
    assert said["f"] == (Verdict.NO_EVIDENCE, ("It wasn't compared with any placed camera.",))
