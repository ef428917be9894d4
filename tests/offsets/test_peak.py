"""From posterior to verdict: every verdict has a case, and no number leaves without being tied."""

import numpy as np
import pytest

from viewsync.match.fuse import fuse
from viewsync.offsets.calibrate import UNSURE_STD_FACTOR
from viewsync.offsets.peak import find_peak, measure
from viewsync.types import LocalOffset, OffsetBelief, Verdict

SPREAD = {"audio": 0.002, "motion": 0.002}
STEP = 0.05


def belief(peaks, cue="motion", reach=8.0, background=-2.5):
    offsets = np.arange(round(-reach / STEP), round(reach / STEP) + 1) * STEP
    ratio = np.full(len(offsets), background)
    for center, height in peaks:
        ratio += (height - background) * np.exp(-0.5 * ((offsets - center) / 0.06) ** 2)
    return OffsetBelief(cue, offsets, ratio, 12.0 - np.abs(offsets))


def judged(*beliefs):
    posterior = fuse(beliefs, SPREAD, STEP)
    return find_peak(posterior, beliefs, posterior)


def test_one_clear_peak_is_tied():
    peak = judged(belief([(1.5, 16.0)]))
    assert peak.verdict is Verdict.TIED
    assert peak.offset_seconds == pytest.approx(1.5)
    assert peak.probability > 0.99


def test_two_peaks_are_ambiguous_and_both_are_named():
    peak = judged(belief([(1.5, 12.0), (-2.0, 11.5)]))
    assert peak.verdict is Verdict.AMBIGUOUS
    assert "+1.50 s" in peak.reasons[0]
    assert "-2.00 s" in peak.reasons[0]


def test_neighbouring_offsets_are_one_answer_with_a_wider_error_bar():
    beliefs = [belief([(1.50, 9.5), (1.65, 9.3)])]
    peak = judged(*beliefs)
    assert peak.verdict is Verdict.TIED
    assert not peak.reasons
    wide = measure(("a", "b"), peak, beliefs, {"motion": local(1.52)}, 1 / 30)
    narrow = measure(("a", "b"), judged(belief([(1.5, 16.0)])), beliefs, {"motion": local(1.52)}, 1 / 30)
    assert wide.offset_std_seconds == pytest.approx(UNSURE_STD_FACTOR * narrow.offset_std_seconds)


def test_a_repeating_scene_is_ambiguous_though_one_peak_has_the_most_overlap():
    # Evidence in proportion to the overlap, every 2 s: the posterior alone would be sure of 0.
    peak = judged(belief([(k, 4.0 * (12.0 - abs(k))) for k in (-4.0, -2.0, 0.0, 2.0, 4.0)]))
    assert peak.verdict is Verdict.AMBIGUOUS
    assert "repeats itself" in peak.reasons[0]


def test_nothing_alike_is_no_evidence():
    assert judged(belief([])).verdict is Verdict.NO_EVIDENCE


def test_silent_cues_are_no_evidence():
    offsets = np.arange(-10, 11) * STEP
    silent = OffsetBelief("motion", offsets, np.zeros(21), np.ones(21))
    peak = judged(silent)
    assert peak.verdict is Verdict.NO_EVIDENCE
    assert "Nothing moves, sounds or flashes" in peak.reasons[0]


def test_pictures_and_sound_share_no_cue():
    peak = judged()
    assert peak.verdict is Verdict.NO_EVIDENCE
    assert "share no cue" in peak.reasons[0]


def test_no_candidates_is_no_overlap():
    empty = OffsetBelief("motion", np.zeros(0), np.zeros(0), np.zeros(0))
    assert judged(empty).verdict is Verdict.NO_OVERLAP


def test_a_peak_on_the_edge_of_the_search_is_not_trusted():
    peak = judged(belief([(8.0, 16.0)]))
    assert peak.verdict is Verdict.AMBIGUOUS
    assert "edge of the search" in peak.reasons[0]


def local(offset, std=0.004, seconds=5.0):
    return [LocalOffset(seconds, offset, std)]


def test_cues_are_weighted_by_what_they_know():
    beliefs = [belief([(1.5, 16.0)], "audio"), belief([(1.5, 16.0)], "motion")]
    stretches = {"audio": local(1.500, 0.0005), "motion": local(1.510, 0.02)}
    pair = measure(("a", "b"), judged(*beliefs), beliefs, stretches, 1 / 30)
    weights = {cue.name: cue.weight for cue in pair.cues}
    assert weights["audio"] > 0.9
    assert sum(weights.values()) == pytest.approx(1.0)
    assert pair.offset_seconds == pytest.approx(1.5, abs=0.002)
    assert pair.rate is None
    assert pair.rate_bound > 0


def test_a_cue_that_contradicts_the_stronger_one_is_overruled_by_name():
    beliefs = [belief([(1.5, 9.0)], "audio"), belief([(1.5, 16.0)], "motion")]
    stretches = {"audio": local(1.62, 0.0005), "motion": local(1.5, 0.005)}
    pair = measure(("a", "b"), judged(*beliefs), beliefs, stretches, 1 / 30)
    assert pair.offset_seconds == pytest.approx(1.5, abs=0.001)
    assert any("audio disagrees with motion" in reason for reason in pair.reasons)


def test_without_a_fine_location_there_is_no_number():
    beliefs = [belief([(1.5, 16.0)])]
    pair = measure(("a", "b"), judged(*beliefs), beliefs, {"motion": []}, 1 / 30)
    assert pair.verdict is Verdict.AMBIGUOUS
    assert pair.offset_seconds is None


def test_swapped_stretches_give_the_swapped_pair():
    forward, backward = [belief([(1.5, 16.0)])], [belief([(-1.5, 16.0)])]
    ab = measure(("a", "b"), judged(*forward), forward, {"motion": local(1.503)}, 1 / 30)
    ba = measure(("b", "a"), judged(*backward), backward, {"motion": local(-1.503)}, 1 / 30)
    assert ab.offset_seconds == -ba.offset_seconds
    assert ab.offset_std_seconds == ba.offset_std_seconds


def line(rate, std, seconds=(15.0, 35.0, 55.0, 75.0, 95.0)):
    """Local offsets that drift."""
    return [LocalOffset(at, 1.5 + rate * at, std) for at in seconds]


def test_cues_are_compared_at_the_same_instant():
    beliefs = [belief([(1.5, 9.0)], "audio"), belief([(1.5, 16.0)], "motion")]
    stretches = {"audio": line(2e-4, 1e-5, (5.0, 10.0, 15.0, 20.0)), "motion": line(2e-4, 1e-4)}
    pair = measure(("a", "b"), judged(*beliefs), beliefs, stretches, 1 / 30)
    assert pair.reasons == ()
    assert all(cue.weight > 0 for cue in pair.cues)


def test_sound_that_runs_at_another_rate_than_its_pictures_is_left_out():
    beliefs = [belief([(1.5, 16.0)], "audio"), belief([(1.5, 9.0)], "motion")]
    pair = measure(("a", "b"), judged(*beliefs), beliefs, {"audio": line(0.0, 1e-4), "motion": line(1e-3, 1e-3)}, 1 / 30)
    assert pair.rate == pytest.approx(1e-3, abs=1e-9)
    assert pair.reasons == ("Sound runs +0 ppm, pictures +1000 ppm; the clock is that of the pictures.",)
