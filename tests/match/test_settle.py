"""What pairs say of one another: neutrality, laws of swap and shift, and cases worked by hand."""

import numpy as np

from viewsync.match.fuse import fuse
from viewsync.match.settle import settled, with_detours
from viewsync.types import OffsetBelief

SPREAD = {"motion": 1e-4}
STEP = 0.1


def posterior(*bumps):
    """Evidence of the given heights at the given offsets (seconds), slightly against all others."""
    offsets = np.arange(-50, 51) * STEP
    ratio = sum((height * np.exp(-0.5 * ((offsets - center) / 0.1) ** 2) for center, height in bumps), np.zeros(101)) - 1.0
    return fuse([OffsetBelief("motion", offsets, ratio, np.full(101, 10.0))], SPREAD, STEP)


def mass_near(found, center):
    return found.probability[np.abs(found.offsets_seconds - center) < 0.35].sum()


def test_a_detour_settles_an_ambiguous_pair():
    direct = {
        ("a", "b"): posterior((1.0, 9.0), (-2.0, 9.0)),
        ("a", "c"): posterior((0.4, 14.0)),
        ("b", "c"): posterior((-0.6, 14.0)),
    }
    assert mass_near(direct["a", "b"], 1.0) < 0.6
    # offset_ab = offset_ac − offset_bc (at rate 0) = 0.4 + 0.6.
    assert mass_near(with_detours(direct)["a", "b"], 1.0) > 0.98


def test_detours_through_unrelated_recordings_say_nothing():
    direct = {("a", "b"): posterior((1.0, 9.0)), ("a", "c"): posterior(), ("b", "c"): posterior((0.0, 14.0))}
    direct["a", "c"] = fuse(
        [OffsetBelief("motion", np.arange(-50, 51) * STEP, np.full(101, -6.0), np.ones(101))], SPREAD, STEP
    )
    np.testing.assert_allclose(with_detours(direct)["a", "b"].probability, direct["a", "b"].probability, atol=0.02)


def test_two_recordings_only_have_themselves():
    direct = {("a", "b"): posterior((1.0, 9.0))}
    for result in (with_detours(direct), settled(direct, 0.95)):
        np.testing.assert_allclose(result["a", "b"].probability, direct["a", "b"].probability)


def four_cameras(weak):
    """Two pairs that are sure, and four weak ones between them: at the truth, and each at a place of its own."""
    zeros = {"a": 0.0, "b": 0.7, "c": -1.1, "d": 0.4}
    sure, lures = {("a", "b"), ("c", "d")}, iter((2.5, -2.9, 3.4, -3.8))
    return zeros, {
        (x, y): posterior((zeros[x] - zeros[y], 14.0))
        if (x, y) in sure
        else posterior((zeros[x] - zeros[y], weak), (next(lures), weak))
        for x, y in [("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")]
    }


def test_groups_add_up_what_each_of_their_pairs_knows():
    zeros, direct = four_cameras(weak=5.0)
    result = settled(direct, 0.95)
    for (x, y), found in result.items():
        assert mass_near(found, zeros[x] - zeros[y]) > 0.95
        assert found.first_step == direct[x, y].first_step
        assert len(found.probability) == len(direct[x, y].probability)
    assert max(mass_near(direct[pair], 0) for pair in [("a", "c"), ("b", "d")]) < 0.6


def test_the_order_of_recordings_makes_no_difference():
    _, direct = four_cameras(weak=5.0)
    swapped = {(y, x): found.swapped() for (x, y), found in direct.items()}
    forth, back = settled(direct, 0.95), settled(swapped, 0.95)
    for (x, y), found in forth.items():
        np.testing.assert_allclose(back[y, x].probability[::-1], found.probability, atol=1e-9)


def test_nothing_is_tied_that_is_not_certain():
    _, direct = four_cameras(weak=0.0)
    result = settled(direct, 0.95)
    assert max(found.probability.max() for (x, y), found in result.items() if (x, y) not in {("a", "b"), ("c", "d")}) < 0.5


def test_a_best_offset_on_the_edge_of_the_search_ties_nothing():
    zeros, direct = four_cameras(weak=5.0)
    direct["a", "b"] = posterior((5.0, 14.0))
    assert mass_near(settled(direct, 0.95)["a", "c"], zeros["a"] - zeros["c"]) < 0.95


def test_pairs_without_candidates_say_nothing_to_the_others():
    zeros, direct = four_cameras(weak=5.0)
    direct["a", "c"] = fuse([], SPREAD, STEP)
    result = settled(direct, 0.95)
    assert len(result["a", "c"].probability) == 0
    assert mass_near(result["b", "d"], zeros["b"] - zeros["d"]) > 0.95
