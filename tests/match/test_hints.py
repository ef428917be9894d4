"""Anchors and wall clocks as priors: read, mirrored, bounded, counted once, and never enough alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from filmed import error_seconds, filmed, small, synced
from footage import write_wav
from viewsync.cli import main
from viewsync.match.fuse import OUTLIER_FLOOR, fuse
from viewsync.match.hints import Anchor, Hint, hinted, pair_hints
from viewsync.match.settle import settled
from viewsync.types import InputError, OffsetBelief, Recording, SoundTrack, Verdict, WallClock
from viewsync.worlds.drawn import Scene

SPREAD, STEP = {"motion": 1e-4}, 0.1


def posterior(*bumps, background=-1.0):
    offsets = np.arange(-50, 51) * STEP
    ratio = sum((height * np.exp(-0.5 * ((offsets - center) / 0.1) ** 2) for center, height in bumps), np.zeros(101))
    return fuse([OffsetBelief("motion", offsets, ratio + background, np.full(101, 10.0))], SPREAD, STEP)


def mass_near(found, center):
    return found.probability[np.abs(found.offsets_seconds - center) < 0.35].sum()


def recording(name, **clocks):
    wall = tuple(WallClock(seconds, source.replace("_", " ")) for source, seconds in clocks.items())
    return Recording(name, Path(f"{name}.wav"), "", None, SoundTrack(0, 16000, 1, 0.0, 9.0), wall)


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["cam2=12.3±0.1", "cam2=12.3+-0.1", "cam2 = 12.3 +/- 0.1"])
def test_an_anchor_is_read_as_it_is_written(text):
    assert Anchor.parse(text) == Anchor("cam2", 12.3, 0.1)


def test_negative_offsets_and_names_with_equals_signs():
    assert Anchor.parse("a=b=-4e-1±2") == Anchor("a=b", -0.4, 2.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cam2=12.3", "doesn't say how sure it is"),
        ("cam2=soon±0.1", "can't be read"),
        ("cam2=1±0", "must be above 0"),
        ("cam2=1±inf", "must be above 0"),
        ("cam2=nan±1", "must be a number"),
    ],
)
def test_what_is_wrong_with_an_anchor_is_said(text, said):
    with pytest.raises(InputError, match=said):
        Anchor.parse(text)


@pytest.mark.parametrize(
    ("reference", "anchors", "said"),
    [
        (None, [Anchor("b", 1, 1)], "say with --ref"),
        ("a", [Anchor("x", 1, 1)], "no such recording. It must be one of: a, b, c"),
        ("a", [Anchor("a", 1, 1)], "this is the reference"),
        ("a", [Anchor("b", 1, 1), Anchor("b", 2, 1)], "given twice"),
    ],
)
def test_anchors_that_fit_no_recording_are_refused(reference, anchors, said):
    with pytest.raises(InputError, match=said):
        pair_hints([recording(name) for name in "abc"], reference, anchors)


@pytest.mark.parametrize("std", [0.0, -1.0, np.inf, np.nan])
def test_the_error_of_wall_clocks_must_be_a_positive_number(std):
    with pytest.raises(InputError, match="--clock-std must be a positive number"):
        pair_hints([recording("a"), recording("b")], clock_std_seconds=std)


# ── from cameras to pairs ─────────────────────────────────────────────────────────────────────────────────────────


def test_two_anchors_speak_of_their_pair_too():
    hints = pair_hints([recording(name) for name in "abcd"], "a", [Anchor("b", 12.0, 3.0), Anchor("c", 10.0, 4.0)])
    assert hints == {
        ("a", "b"): Hint(12.0, 3.0, "anchor"),
        ("a", "c"): Hint(10.0, 4.0, "anchor"),
        ("b", "c"): Hint(-2.0, 5.0, "anchor"),
    }


def test_the_order_of_recordings_only_changes_the_sign():
    recordings, anchors = [recording(name) for name in "abc"], [Anchor("b", 12.0, 3.0), Anchor("c", 10.0, 4.0)]
    forth, back = pair_hints(recordings, "a", anchors), pair_hints(recordings[::-1], "a", anchors)
    assert {(b, a): hint.swapped() for (a, b), hint in back.items()} == forth


def test_wall_clocks_are_asked_only_when_trusted_and_never_across_kinds():
    clocks = [recording("a", time_code=86_390.0), recording("b", time_code=20.0, creation_time=7.0)]
    clocks += [recording("c", creation_time=9.0), recording("d")]
    assert pair_hints(clocks) == {}
    hints = pair_hints(clocks, clock_std_seconds=2.0)
    # Half a minute past midnight: b's zero is 30 s later than a's.
    assert hints["a", "b"] == Hint(30.0, float(np.sqrt(2) * 2), "time code")
    assert hints["b", "c"] == Hint(2.0, float(np.sqrt(2) * 2), "creation time")
    assert len(hints) == 2


# ── what a hint is worth ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_prior_of_a_swapped_pair_is_the_mirrored_one():
    one, hint = posterior((1.0, 5.0), (-2.0, 5.5)), Hint(0.9, 0.2, "anchor")
    swapped = hinted(one.swapped(), hint.swapped())
    np.testing.assert_allclose(swapped.probability[::-1], hinted(one, hint).probability, atol=1e-12)


def test_a_hint_chooses_among_peaks_and_leaves_the_evidence_alone():
    one = posterior((1.0, 8.0), (-2.0, 8.5))
    found = hinted(one, Hint(0.9, 0.2, "anchor"))
    assert mass_near(one, 1.0) < 0.5
    assert mass_near(found, 1.0) > 0.95
    np.testing.assert_array_equal(found.log_likelihood_ratio, one.log_likelihood_ratio)
    assert found.probability.sum() + found.unrelated == pytest.approx(1.0)


@pytest.mark.parametrize("std", [1e-6, 0.1, 1.0, 10.0])
def test_no_hint_counts_more_than_an_outlier(std):
    one = posterior((1.0, 6.0), (-2.0, 6.0))
    found = hinted(one, Hint(-2.0, std, "anchor"))
    here, there = (np.argmin(np.abs(one.offsets_seconds - offset)) for offset in (1.0, -2.0))
    assert found.probability[there] / found.probability[here] <= 1.001 * np.exp(-OUTLIER_FLOOR)


def test_a_hint_alone_decides_nothing():
    for one in (posterior(background=0.0), posterior((3.0, 4.0))):
        assert hinted(one, Hint(-1.0, 0.1, "anchor")) is one


def test_no_hint_changes_nothing():
    one = posterior((1.0, 8.0))
    assert hinted(one, None) is one
    empty = fuse([], SPREAD, STEP)
    assert hinted(empty, Hint(0.0, 1.0, "anchor")) is empty


def test_many_pairs_that_repeat_one_hint_count_it_once():
    # Two sure groups; four pairs between them, all of which know the same note. It says 2.0 where the footage says 0.
    zeros = {"a": 0.0, "b": 0.7, "c": -1.1, "d": 0.4}
    pairs = [("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "d")]
    sure = {("a", "b"), ("c", "d")}
    direct = {
        (x, y): posterior((zeros[x] - zeros[y], 14.0 if (x, y) in sure else 3.0), (zeros[x] - zeros[y] + 2.0, 1.0))
        for x, y in pairs
    }
    between = [pair for pair in pairs if pair not in sure]
    hints = {(x, y): Hint(zeros[x] - zeros[y] + 2.0, 0.1, "anchor") for x, y in between}
    # The footage's 4 · (3 − 1) = 8 nats against one hint's 7.
    once, unhinted = settled(direct, 0.95, hints), settled(direct, 0.95)
    for x, y in between:
        assert mass_near(unhinted[x, y], zeros[x] - zeros[y]) > 0.9
        assert mass_near(once[x, y], zeros[x] - zeros[y]) > mass_near(once[x, y], zeros[x] - zeros[y] + 2.0)
    one_pair = settled({("a", "c"): direct["a", "c"]}, 0.95, {("a", "c"): hints["a", "c"]})["a", "c"]
    assert mass_near(one_pair, zeros["a"] - zeros["c"]) < 0.5


# ── on footage ────────────────────────────────────────────────────────────────────────────────────────────────────


def both(scene, seconds, offset):
    """Two cameras, the second of which starts later."""
    return (
        filmed("a", scene, small(1, 10, duration_seconds=seconds)),
        filmed("b", scene, small(2, 70, duration_seconds=seconds, offset_seconds=offset)),
    )


def pair_of(made, *anchors):
    return synced(*made, reference="a", anchors=anchors).pairs[0]


def test_an_anchor_tells_one_period_from_another():
    made = both(Scene(seed=5, bodies=2, period_seconds=2.0), 10, 3.2)
    assert pair_of(made).verdict is Verdict.AMBIGUOUS
    right = pair_of(made, Anchor("b", 3.3, 0.2))
    assert right.offset_seconds == pytest.approx(3.2, abs=4 * right.offset_std_seconds)
    assert right.reasons[0] == "The anchor decides between +3.20 s and +1.20 s."
    assert pair_of(made, Anchor("b", 8.0, 0.2)).verdict is Verdict.AMBIGUOUS


def test_an_anchor_helps_a_clip_that_is_too_short_alone():
    made = both(Scene(seed=31, bodies=1), 5, 0.8)
    assert pair_of(made).verdict is Verdict.AMBIGUOUS
    helped = pair_of(made, Anchor("b", 0.9, 0.2))
    assert abs(error_seconds(helped, 0.8)) < 4 * helped.offset_std_seconds
    assert "The anchor decides" in helped.reasons[0]


def test_on_clear_footage_a_wrong_anchor_changes_nothing_but_a_reason():
    made = both(Scene(seed=3, bodies=2), 10, 1.2)
    alone, told, right = pair_of(made), pair_of(made, Anchor("b", 6.2, 0.1)), pair_of(made, Anchor("b", 1.2, 0.5))
    assert alone.verdict is Verdict.TIED
    assert told.reasons == ("The footage contradicts the anchor by -5.0 s.",)
    assert replace(told, beliefs=(), stretches=(), reasons=(), probability=0) == replace(
        alone, beliefs=(), stretches=(), reasons=(), probability=0
    )
    assert right.reasons == ()


def test_a_still_scene_stays_refused():
    pair = pair_of(both(Scene(seed=3, bodies=2, activity=0.0), 6, 1.0), Anchor("b", 1.0, 0.1))
    assert pair.verdict is Verdict.NO_EVIDENCE
    assert pair.offset_seconds is None


def test_trusted_time_codes_decide_like_anchors():
    made = both(Scene(seed=31, bodies=1), 5, 0.8)
    stamped = [
        (replace(one, wall_clocks=(WallClock(seconds, "time code"),)), signals)
        for (one, signals), seconds in zip(made, (100.0, 101.0), strict=True)
    ]
    assert synced(*stamped).pairs[0].verdict is Verdict.AMBIGUOUS
    pair = synced(*stamped, clock_std_seconds=0.3).pairs[0]
    assert pair.verdict is Verdict.TIED
    assert "The time code decides" in pair.reasons[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--anchor", "b=1"], "doesn't say how sure it is"), (["--anchor", "b=1±0.1"], "say with --ref")],
)
def test_the_command_line_refuses_what_it_cannot_use(tmp_path, capsys, options, said):
    files = [str(write_wav(tmp_path / f"{name}.wav", np.full(16_000, ord(name)))) for name in "ab"]
    with pytest.raises(SystemExit) as stopped:
        main(["sync", *files, "-o", str(tmp_path / "out"), *options])
    assert stopped.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())
