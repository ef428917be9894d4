"""What two tracks of one body say of every lag, whatever the cameras do."""

import numpy as np
import pytest

from seen_bodies import Body, camera_at, panned, view
from viewsync.geometry.epipolar import fundamental_matrix
from viewsync.match import posture
from viewsync.match.posture import WEIGHTS, Pairing, centred, standardized

A, B = camera_at(0), camera_at(80)
LAG = 31
LAGS = np.arange(-120, 121)


def pairing(seed=0, camera_b=B, joints=17, samples=180, stranger=False, fundamental=None, lags=LAGS):
    body = Body(seed, joints=joints)
    other = Body((seed, 1), joints=joints) if stranger else body
    a = view(A, body, samples, seed=(seed, 2))
    b = view(camera_b, other, samples, LAG, seed=(seed, 3))
    return Pairing(a, b, lags, 30.0, fundamental)


def evidence(pair):
    """All kinds, as the cue weighs them."""
    return WEIGHTS @ pair.kinds()


def stands_out(found, lag=LAG):
    """Nothing beats the right lag, and what is a third of a second off is far behind."""
    far = np.abs(LAGS - lag) > 10
    return found[lag == LAGS] > found.max() - 1e-6 and found.max() > 2 * found[far].max()


def turning(seconds):
    return panned(B, 0.4 * np.sin(1.5 * seconds))


@pytest.mark.parametrize("fundamental", [None, fundamental_matrix(A, B)], ids=["free", "known"])
def test_the_right_lag_stands_out_before_cameras_that_stand_still(fundamental):
    pair = pairing(fundamental=fundamental)
    for raw in (pair.whole(), np.nansum(pair.windows(1.0), axis=0), pair.agreement()):
        assert LAGS[raw.argmax()] == LAG
        assert raw.max() > 3 * raw[np.abs(LAGS - LAG) > 10].max()
    for kind in pair.kinds()[:2]:
        assert stands_out(kind)


def test_the_right_lag_stands_out_before_a_camera_that_turns():
    found = evidence(pairing(camera_b=turning))
    assert abs(LAGS[found.argmax()] - LAG) <= 1
    assert found.max() > 1.5 * found[np.abs(LAGS - LAG) > 10].max()


def test_strangers_have_no_lag():
    related, unrelated = evidence(pairing()), [evidence(pairing(seed, stranger=True)).max() for seed in range(3)]
    assert max(unrelated) < 0.5 * related.max()


def test_later_footage_has_a_later_lag():
    pair = pairing()
    cut = Pairing(pair.a, pair.b[7:], LAGS, pair.rate_hz)
    # Sample t of the rest is sample t + 7 of all.
    assert stands_out(evidence(cut), LAG + 7)


@pytest.mark.parametrize("lag", [31, 33], ids=["between", "on"])
def test_many_lags_are_compared_coarsely_and_say_the_same(lag, monkeypatch):
    body, lags = Body(0), np.arange(-1600, 1601)
    pair = Pairing(view(A, body, 1700, seed=2), view(B, body, 1700, lag, seed=3), lags, 30.0)
    coarse = pair.kinds()
    monkeypatch.setattr(posture, "_MANY_LAGS", len(lags))
    fine = pair.kinds()
    for some, every in zip(coarse[:2], fine[:2], strict=True):
        assert abs(lags[some.argmax()] - lag) <= 1
        # Only so many windows are looked at, so that there is less of that.
        assert 0.2 < some.max() / every.max() < 1.2
        assert some.max() > 2 * some[np.abs(lags - lag) > 10].max()


@pytest.mark.parametrize("fundamental", [None, fundamental_matrix(A, B)], ids=["free", "known"])
def test_swapping_negates_the_lag(fundamental):
    pair = pairing(fundamental=fundamental)
    swapped = Pairing(pair.b, pair.a, -LAGS, pair.rate_hz, None if fundamental is None else fundamental.T)
    assert swapped.whole() == pytest.approx(pair.whole(), rel=1e-6)
    forward, backward = evidence(pair), evidence(swapped)
    # Windows are of one of the two.
    assert stands_out(forward)
    assert stands_out(backward)
    assert np.corrcoef(forward, backward)[0, 1] > 0.8


def test_a_few_points_tell_by_moving_on():
    pair = pairing(joints=2, samples=600)
    assert stands_out(evidence(pair))


def test_missing_joints_are_gone_without():
    pair = pairing()
    rng = np.random.default_rng(0)
    for side in (pair.a, pair.b):
        side[:, rng.integers(17)] = np.nan
        side[rng.uniform(size=side.shape[:2]) < 0.3] = np.nan
    assert stands_out(evidence(pair))


def test_standardized_points_come_back_by_the_matrix():
    points = pairing().a
    points[3, 4] = np.nan
    found, back = standardized(points)
    seen = np.isfinite(found).all(axis=2)
    assert found[seen].mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert np.sqrt(np.mean(found[seen] ** 2)) == pytest.approx(1, rel=0.5)
    assert (np.insert(found[seen], 2, 1.0, axis=1) @ back.T)[:, :2] == pytest.approx(points[seen])
    assert seen.sum() == points[..., 0].size - 1
    unseen, frame = standardized(np.full((5, 2, 2), np.nan))
    assert np.isnan(unseen).all()
    assert np.isfinite(frame).all()


def test_centred_points_do_not_know_where_the_camera_looks():
    points = pairing().a
    moves = np.random.default_rng(0).normal(0, 50, (len(points), 1, 2))
    assert centred(points + moves) == pytest.approx(centred(points))
    assert centred(points).mean(axis=1) == pytest.approx(np.zeros((len(points), 2)), abs=1e-9)


def test_the_middle_does_not_leap_when_a_joint_is_lost():
    points = np.repeat(pairing().a[:1], 60, axis=0)
    points[20:30, 5] = np.nan
    points[::2, 6] = np.nan
    found = centred(points)
    assert np.isnan(found[20:30, 5]).all()
    assert np.nanmax(np.nanstd(found, axis=0)) < 1e-9


@pytest.mark.parametrize("joints", [0, 1, 17])
def test_nothing_seen_says_nothing(joints):
    pair = pairing(joints=max(joints, 1))
    nothing = np.full((180, joints, 2), np.nan)
    for one, other in ((pair.a[:, :joints], nothing), (nothing, nothing), (nothing, pair.b[:, :joints])):
        nobody = Pairing(one, other, LAGS, 30.0)
        assert np.all(evidence(nobody) == 0)
        assert np.all(nobody.agreement() == 0)


def test_who_does_not_move_says_nothing():
    pair = pairing()
    still = Pairing(np.repeat(pair.a[:1], 180, axis=0), np.repeat(pair.b[:1], 180, axis=0), LAGS, 30.0)
    assert still.agreement() == pytest.approx(np.zeros(len(LAGS)), abs=0.1)
