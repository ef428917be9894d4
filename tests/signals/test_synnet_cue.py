"""The SynNet cue with a network of random weights: what must hold whatever the network has learned.

Frames look alike to such a network where they are the same. So it knows the shift between two clips of one film, and cameras
at one place, each with its own noise, stand in for those that a trained network can compare.
"""

from functools import cache

import numpy as np
import pytest
import torch

from seen_bodies import Body, camera_at, pixels_of, poses_of
from viewsync.media.keypoints.joints import COCO17
from viewsync.networks.offset_baselines import Wieschollek
from viewsync.networks.synnet import SynNet
from viewsync.signals import synnet
from viewsync.types import Search

A = camera_at(0)
OFFSET = 0.737
"""t_a − t_b of all that follows; 22 samples and a bit, no whole number of strides."""
SEARCH = Search(max_offset_seconds=2.0)


class Surer(Wieschollek):
    """With random weights, all frames are much alike. Here, little makes a great difference."""

    def match(self, a, b):
        return 3000 * super().match(a, b)


@cache
def made(kind, **arguments):
    """A network of random weights, with the statistics of some maps."""
    torch.manual_seed(0)
    network = kind((18,), 32, blocks=(1, 1), **arguments)
    for _ in range(3):
        network(*(torch.rand(4, network.clip_frames, 18, 32, 32) for _ in range(2)))
    return network.eval()


@pytest.fixture(autouse=True)
def _sure_network(monkeypatch):
    monkeypatch.setattr(synnet, "network", lambda: made(Surer, width=8))


@cache
def film(who, seconds, starts, unseen):
    """Keypoints of a body from some world time on."""
    times = np.arange(0.0, seconds, 1 / 30)
    rng = np.random.default_rng([int(1000 * starts), who])
    pixels = pixels_of(Body(who, 24.0, position=(0.8 * who, 0, 0)), A, starts + times, 1.0, int(1000 * starts))
    pixels[rng.uniform(size=pixels.shape[:2]) < unseen] = np.nan
    return pixels


def seen(people=(0,), seconds=5.0, starts=1.0, first_pts=0.0, joints=COCO17, unseen=0.05):
    tracks = [(np.arange(round(30 * seconds)), film(who, seconds, starts, unseen)) for who in people]
    return poses_of(tracks, first_pts + np.arange(0.0, seconds, 1 / 30), joints)


@cache
def plain():
    """Two signals of which b begins OFFSET after a, and what they say."""
    a, b = synnet.signal(seen()), synnet.signal(seen(starts=1.0 + OFFSET))
    return a, b, synnet.belief(a, b, SEARCH)


def best(belief):
    return float(belief.offsets_seconds[belief.log_likelihood_ratio.argmax()])


def test_the_offset_is_found_to_a_stride_and_then_to_a_fraction_of_a_frame():
    a, b, found = plain()
    assert best(found) == pytest.approx(OFFSET, abs=synnet.STRIDE / 30)
    assert found.log_likelihood_ratio.max() > 3
    (local,) = synnet.local_offsets(a, b, best(found))
    assert local.std_seconds < 1 / 30
    assert local.offset_seconds == pytest.approx(OFFSET, abs=min(2 * local.std_seconds, 0.3 / 30))


def test_swapping_negates_offsets():
    a, b, forward = plain()
    backward = synnet.belief(b, a, SEARCH)
    assert backward.offsets_seconds == pytest.approx(-forward.offsets_seconds[::-1])
    assert backward.overlap_seconds == pytest.approx(forward.overlap_seconds[::-1])
    assert backward.log_likelihood_ratio == pytest.approx(forward.log_likelihood_ratio[::-1], abs=1e-4)
    (there,), (back,) = synnet.local_offsets(a, b, OFFSET), synnet.local_offsets(b, a, -OFFSET)
    assert back.offset_seconds == pytest.approx(-there.offset_seconds, abs=there.std_seconds)


def test_swapping_negates_offsets_whatever_the_network_says(monkeypatch):
    """SynNet itself doesn't know of swapping."""
    monkeypatch.setattr(synnet, "network", lambda: made(SynNet, width=4, features=16, hidden=16))
    a, b = synnet.signal(seen()), synnet.signal(seen(starts=1.0 + OFFSET))
    forward, backward = synnet.belief(a, b, SEARCH), synnet.belief(b, a, SEARCH)
    assert np.ptp(forward.log_likelihood_ratio) > 1e-3
    assert backward.log_likelihood_ratio == pytest.approx(forward.log_likelihood_ratio[::-1], abs=1e-5)


def test_presentation_times_shift_the_offset():
    a, b, unshifted = plain()
    late_a, late_b = synnet.signal(seen(first_pts=10.0)), synnet.signal(seen(starts=1.0 + OFFSET, first_pts=200.0))
    found = synnet.belief(late_a, late_b, SEARCH)
    assert found.offsets_seconds == pytest.approx(unshifted.offsets_seconds - 190)
    assert found.log_likelihood_ratio == pytest.approx(unshifted.log_likelihood_ratio, rel=1e-3, abs=1e-3)
    (local,), (before,) = synnet.local_offsets(late_a, late_b, OFFSET - 190), synnet.local_offsets(a, b, OFFSET)
    assert local.offset_seconds == pytest.approx(before.offset_seconds - 190, abs=1e-3)
    assert local.seconds == pytest.approx(before.seconds + 200)


def test_a_later_start_is_a_larger_offset():
    for offset in (-1.5, -0.4, 0.2, 1.6):
        later = synnet.signal(seen(starts=3.0 + offset))
        found = synnet.belief(synnet.signal(seen(starts=3.0)), later, SEARCH)
        assert best(found) == pytest.approx(offset, abs=synnet.STRIDE / 30)


def test_the_search_is_kept_to():
    a, b, _ = plain()
    found = synnet.belief(a, b, Search(max_offset_seconds=0.5, min_overlap_seconds=2.0))
    assert np.abs(found.offsets_seconds).max() <= 0.5
    assert found.overlap_seconds.min() >= 2.0
    assert not synnet.belief(a, b, Search(min_overlap_seconds=20.0)).offsets_seconds.size


def test_long_footage_is_looked_at_in_samples_and_told_in_stretches(monkeypatch):
    a, b = synnet.signal(seen(seconds=18.0)), synnet.signal(seen(seconds=18.0, starts=1.0 + OFFSET))
    monkeypatch.setattr(synnet, "_MOST_MATCHES", 100)
    assert best(synnet.belief(a, b, SEARCH)) == pytest.approx(OFFSET, abs=synnet.STRIDE / 30)
    monkeypatch.setattr(synnet, "_STRETCH_SECONDS", 8.0)
    early, late = synnet.local_offsets(a, b, OFFSET)
    assert late.seconds - early.seconds == pytest.approx((18.0 - OFFSET) / 2, abs=0.1)
    for local in (early, late):
        assert local.offset_seconds == pytest.approx(OFFSET, abs=3 * local.std_seconds)


def test_who_is_who_needs_not_be_known():
    a, b = synnet.signal(seen((0, 1))), synnet.signal(seen((1, 0), starts=1.0 + OFFSET))
    found = synnet.belief(a, b, SEARCH)
    assert best(found) == pytest.approx(OFFSET, abs=synnet.STRIDE / 30)
    # Two people tell more than one.
    assert found.log_likelihood_ratio.max() > 1.3 * plain()[2].log_likelihood_ratio.max()
    (local,) = synnet.local_offsets(a, b, best(found))
    assert local.offset_seconds == pytest.approx(OFFSET, abs=2 * local.std_seconds)


def test_joints_are_known_by_name():
    poses = seen(starts=1.0 + OFFSET)
    order = np.random.default_rng(0).permutation(17)
    mixed = type(poses)(
        tuple(COCO17[joint] for joint in order),
        poses.pts_seconds, poses.frames, poses.tracks, poses.pixels[:, order], poses.confidence[:, order],
    )  # fmt: skip
    a, _, expected = plain()
    found = synnet.belief(a, synnet.signal(mixed), SEARCH)
    assert found.log_likelihood_ratio == pytest.approx(expected.log_likelihood_ratio, abs=1e-4)


def test_the_signal_counts_joints():
    signal = synnet.signal(seen((0, 1), unseen=0.0))
    assert np.median(signal.values) == 34
    assert signal.valid.all()
    assert signal.rate_hz == 30


def test_what_evidence_depends_on_changes_the_fingerprint(monkeypatch):
    a, b, _ = plain()
    prints = [synnet.fingerprint({synnet.NAME: one}) for one in (a, b, synnet.signal(seen()))]
    assert prints[0] == prints[2] != prints[1]
    monkeypatch.setattr(synnet, "network", lambda: made(Surer, width=4))
    assert synnet.fingerprint({synnet.NAME: a}) != prints[0]


# ── nothing to tell by ────────────────────────────────────────────────────────────────────────────────────────────


def silent(a, b, least=0.0):
    found = synnet.belief(a, b, SEARCH)
    assert found.log_likelihood_ratio.max(initial=0.0) <= least
    assert synnet.local_offsets(a, b, OFFSET) == []


def nobody(frames):
    return poses_of([], np.arange(frames) / 30, COCO17)


@pytest.mark.parametrize("frames", [180, 1, 0])
def test_nobody_says_nothing(frames):
    somebody, empty = plain()[0], synnet.signal(nobody(frames))
    for a, b in ((somebody, empty), (empty, somebody), (empty, empty)):
        silent(a, b)


def test_fewer_frames_than_a_clip_say_nothing():
    silent(plain()[0], synnet.signal(seen(seconds=0.9)))


def test_who_stands_still_says_nothing():
    pixels = np.repeat(film(0, 5.0, 1.0, 0.0)[:1], 150, axis=0) + np.random.default_rng(0).normal(0, 1, (150, 17, 2))
    still = synnet.signal(poses_of([(np.arange(150), pixels)], np.arange(150) / 30, COCO17))
    silent(plain()[0], still)
    silent(still, still)


def test_other_joints_say_nothing():
    silent(plain()[0], synnet.signal(seen(starts=1.0 + OFFSET, joints=tuple(f"paw{number}" for number in range(17)))))


def test_strangers_say_little():
    a = plain()[0]
    for who in (3, 4):
        silent(a, synnet.signal(seen((who,))), least=2.0)
