"""The stereo cue with the weights that come with the package, before a camera that shakes as none did in its training."""

from functools import cache

import pytest
from shaken import film

from viewsync.networks.checkpoints import shipped
from viewsync.offsets.calibrate import CALIBRATIONS
from viewsync.signals import CUES, USUAL_CUES, stereo
from viewsync.types import Search

OFFSET = 0.737
"""Not a whole number of frames."""


@cache
def seen(starts, seed=1):
    extractor = stereo.Extractor()
    for frame in film(starts, seed=seed):
        extractor.push(frame)
    return extractor.signal()


def test_the_offset_is_found_between_frames():
    a, b = seen(1.0), seen(1.0 + OFFSET)
    belief = stereo.belief(a, b, Search())
    best = float(belief.offsets_seconds[belief.log_likelihood_ratio.argmax()])
    assert best == pytest.approx(OFFSET, abs=1.01 / 30)
    assert belief.log_likelihood_ratio.max() > 10
    (local,) = stereo.local_offsets(a, b, best)
    assert local.offset_seconds == pytest.approx(OFFSET, abs=0.01)
    assert 0 < CALIBRATIONS["stereo"].honest(local).std_seconds < 0.02


def test_other_shakes_say_far_less():
    related = stereo.belief(seen(1.0), seen(1.0 + OFFSET), Search()).log_likelihood_ratio.max()
    for seed in (2, 3, 4):
        assert stereo.belief(seen(1.0), seen(1.0, seed), Search()).log_likelihood_ratio.max() < related / 3


def test_it_is_a_cue_for_those_who_ask_and_its_weights_are_small():
    assert CUES["stereo"] is stereo
    assert "stereo" not in USUAL_CUES
    assert shipped("stereo").stat().st_size < 3_000_000
