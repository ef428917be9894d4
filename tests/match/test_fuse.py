"""Beliefs added up: neutrality, agreement, disagreement within the bias."""

import numpy as np
import pytest

from viewsync.match.fuse import PRIOR_UNRELATED, fuse
from viewsync.types import OffsetBelief

SPREAD = {"audio": 1e-4, "motion": 1e-4}


def bump(center, height, cue="motion", reach=5.0, step=0.1):
    offsets = np.arange(round(-reach / step), round(reach / step) + 1) * step
    ratio = height * np.exp(-0.5 * ((offsets - center) / 0.1) ** 2) - 1.0
    return OffsetBelief(cue, offsets, ratio, np.full(len(offsets), 10.0))


def best(posterior):
    return float(posterior.offsets_seconds[np.argmax(posterior.probability)])


def test_probabilities_add_up_to_one():
    posterior = fuse([bump(1.0, 12.0)], SPREAD, 0.1)
    assert posterior.probability.sum() + posterior.unrelated == pytest.approx(1.0)
    assert best(posterior) == pytest.approx(1.0)


def test_silence_leaves_the_prior():
    flat = OffsetBelief("motion", np.linspace(-1, 1, 21), np.zeros(21), np.ones(21))
    posterior = fuse([flat], SPREAD, 0.1)
    assert posterior.unrelated == pytest.approx(PRIOR_UNRELATED)
    assert fuse([], SPREAD, 0.1).unrelated == 1.0


def test_two_cues_that_agree_are_surer_than_either():
    one, both = fuse([bump(1.0, 8.0)], SPREAD, 0.1), fuse([bump(1.0, 8.0), bump(1.0, 8.0, "audio")], SPREAD, 0.1)
    assert both.probability.max() > one.probability.max()
    assert both.unrelated < one.unrelated


def test_bias_spread_lets_two_right_cues_disagree_a_little():
    apart = [bump(1.0, 12.0), bump(1.4, 12.0, "audio")]
    narrow = fuse(apart, SPREAD, 0.1)
    wide = fuse(apart, {"audio": 0.2, "motion": 0.2}, 0.1)
    between = np.abs(wide.offsets_seconds - 1.2) < 0.05
    assert wide.probability[between].sum() > 3 * narrow.probability[between].sum()
