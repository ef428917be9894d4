"""The stereo cue with a network of random weights: what must hold whatever it has learned.

What looks the same has the same embedding, so such a network knows two films of one sight, taken at different instants.
"""

from functools import cache

import numpy as np
import pytest
import torch
from shaken import film

from viewsync.networks import stereo_delay
from viewsync.networks.stereo_delay import DelayNetwork
from viewsync.signals import motion, stereo
from viewsync.signals.flow import FlowReader
from viewsync.types import Frame, Search

OFFSET = 0.74
"""t_a − t_b of all that follows: 22.2 samples."""
SECONDS = 5.0


@cache
@torch.no_grad()
def network():
    torch.manual_seed(0)
    made = DelayNetwork(16, 16, 16, (1, 2, 4), 4, (1,))
    for block in made.blocks:
        torch.nn.init.normal_(block.over_channels.weight, std=0.3)
    # To such a network, all moments are much alike. Here, little makes a great difference.
    torch.nn.init.constant_(made.head.log_gain, 2.0)
    torch.nn.init.constant_(made.head.leave.bias[0], -0.95)
    return made.eval()


@pytest.fixture(autouse=True)
def _network(monkeypatch):
    monkeypatch.setattr(stereo, "network", network)


def seen(*args, **kwargs):
    extractor = stereo.Extractor()
    for frame in film(*args, **kwargs):
        extractor.push(frame)
    return extractor.signal()


@cache
def plain():
    """Two signals of which b begins OFFSET after a."""
    stereo.network = network
    return seen(1.0), seen(1.0 + OFFSET)


def best(belief):
    return float(belief.offsets_seconds[belief.log_likelihood_ratio.argmax()])


def test_the_offset_is_found():
    a, b = plain()
    found = stereo.belief(a, b, Search())
    assert found.cue == "stereo"
    assert best(found) == pytest.approx(OFFSET, abs=1 / 30)
    assert found.log_likelihood_ratio.max() > 5
    (local,) = stereo.local_offsets(a, b, best(found))
    assert local.offset_seconds == pytest.approx(OFFSET, abs=1.2 / 30)
    assert 0 < local.std_seconds <= 1 / 30
    assert local.seconds == pytest.approx((SECONDS - OFFSET) / 2, abs=0.1)


def test_exchanging_recordings_mirrors_everything():
    a, b = plain()
    there, back = stereo.belief(a, b, Search()), stereo.belief(b, a, Search())
    np.testing.assert_allclose(back.offsets_seconds, -there.offsets_seconds[::-1], atol=1e-9)
    np.testing.assert_allclose(back.log_likelihood_ratio[::-1], there.log_likelihood_ratio, atol=1e-4)
    (local,), (mirrored,) = stereo.local_offsets(a, b, OFFSET), stereo.local_offsets(b, a, -OFFSET)
    assert mirrored.offset_seconds == pytest.approx(-local.offset_seconds, abs=1e-3)


def test_moving_a_clock_moves_the_belief():
    a, b = plain()
    moved = seen(1.0 + OFFSET, first_pts=100.0)
    here, there = stereo.belief(a, b, Search()), stereo.belief(a, moved, Search())
    np.testing.assert_allclose(there.offsets_seconds, here.offsets_seconds - 100)
    np.testing.assert_allclose(there.log_likelihood_ratio, here.log_likelihood_ratio, atol=1e-4)


@pytest.mark.parametrize("fps", [25.0, 50.0])
def test_other_frame_rates_are_brought_to_one(fps):
    signal = seen(1.0 + OFFSET, fps=fps)
    assert signal.rate_hz == 30
    assert len(signal.values) == pytest.approx(30 * SECONDS, abs=2)
    assert best(stereo.belief(plain()[0], signal, Search())) == pytest.approx(OFFSET, abs=1.5 / 30)


def test_of_very_many_lags_only_likely_ones_are_weighed(monkeypatch):
    a, b = plain()
    all_of_them = stereo.belief(a, b, Search())
    monkeypatch.setattr(stereo, "_MOST_CELLS", 20_000)
    monkeypatch.setattr(stereo, "_BANDS", 3)
    monkeypatch.setattr(stereo, "_PIECE_SECONDS", 1.0)
    some = stereo.belief(a, b, Search())
    assert best(some) == best(all_of_them)
    weighed = some.log_likelihood_ratio != np.median(some.log_likelihood_ratio)
    assert 0 < weighed.sum() <= 27
    # These are few enough to be weighed by all of the recordings.
    np.testing.assert_allclose(some.log_likelihood_ratio[weighed], all_of_them.log_likelihood_ratio[weighed], atol=1e-3)
    monkeypatch.setattr(stereo, "_MOST_CELLS", 1_000)
    assert best(stereo.belief(a, b, Search())) == best(all_of_them)
    assert stereo.belief(a, b, Search()).log_likelihood_ratio.max() < 0.7 * some.log_likelihood_ratio.max()


def test_long_recordings_have_an_offset_per_stretch(monkeypatch):
    monkeypatch.setattr(stereo, "_STRETCH_SECONDS", 1.5)
    found = stereo.local_offsets(*plain(), OFFSET)
    assert [local.offset_seconds for local in found] == pytest.approx([OFFSET] * 2, abs=1.2 / 30)
    assert found[0].seconds < 1.5 < found[1].seconds


def test_a_still_picture_says_nothing():
    extractor = stereo.Extractor()
    frame = next(film(1.0, 1 / 30))
    for index in range(60):
        extractor.push(Frame(index, index / 30, frame.gray))
    still = extractor.signal()
    assert not still.valid.any()
    found = stereo.belief(plain()[0], still, Search())
    assert not found.log_likelihood_ratio.any()
    assert stereo.local_offsets(plain()[0], still, 0.0) == []


def test_gaps_show_nothing():
    extractor = stereo.Extractor()
    for frame in film(1.0, 3.0):
        if not 30 <= frame.index < 60:
            extractor.push(frame)
    signal = extractor.signal()
    assert not signal.valid[32:57].any()
    assert not signal.values[32:57].any()
    assert signal.valid[:28].all()
    assert signal.valid[61:].all()


def test_one_frame_is_a_signal_without_evidence():
    signal = seen(1.0, 1 / 30, first_pts=0.5)
    assert (signal.valid.any(), signal.start_seconds) == (False, 0.5)
    assert not stereo.belief(plain()[0], signal, Search(min_overlap_seconds=0.01)).log_likelihood_ratio.any()


def test_no_candidates_where_the_overlap_is_too_short():
    assert stereo.belief(*plain(), Search(min_overlap_seconds=60.0)).offsets_seconds.size == 0


def test_shared_flow_and_any_number_of_frames_give_the_same_features():
    shared = FlowReader()
    cue, other, own = stereo.Extractor(shared), motion.Extractor(shared), stereo.Extractor()
    for frame in film(1.0, 77 / 30):
        other.push(frame)
        cue.push(frame)
        own.push(frame)
    np.testing.assert_array_equal(cue.signal().values, own.signal().values)
    assert len(cue.signal().values) == 76


def test_the_cue_knows_the_networks_rate_and_the_weights_have_a_name():
    assert stereo.RATE_HZ == stereo_delay.RATE_HZ
    before = stereo.fingerprint()
    assert stereo.fingerprint() == before
    with torch.no_grad():
        network().head.log_gain.add_(1e-3)
    changed = stereo.fingerprint()
    with torch.no_grad():
        network().head.log_gain.sub_(1e-3)
    assert changed != before
