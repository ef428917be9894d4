"""Wrong rates: found where the evidence is, shared out among cameras, paid for."""

import numpy as np
import pytest

from viewsync.offsets.tempo import PRICE, Tempo, camera_rates, likeliest_rate, priced
from viewsync.types import OffsetBelief


def evidence_of(true_rate, overlap_seconds, height=100.0):
    """Falls to a half where the rate leaves 0.1 s of drift, as that of real footage does."""
    return lambda rate: height / (1 + ((rate - true_rate) * overlap_seconds / 0.1) ** 2)


@pytest.mark.parametrize("overlap", [30.0, 100.0, 600.0])
@pytest.mark.parametrize("rate", [1e-3, -1 / 1001, 2.2e-3, -5.7e-3, 6.9e-3])
def test_a_wrong_rate_is_found_to_a_fraction_of_what_it_blurs(rate, overlap):
    found = likeliest_rate(evidence_of(rate, overlap, height=1e4), overlap, thorough=True)
    assert abs(found - rate) * overlap < 0.01


def test_a_right_rate_is_left_alone_after_two_looks():
    looks = []

    def evidence(rate):
        looks.append(rate)
        return evidence_of(0.0, 60.0)(rate)

    assert likeliest_rate(evidence, 60.0, thorough=False) == 0
    assert set(looks) == {0.0, 1e-3, -1e-3}


def test_noise_is_not_followed():
    rng = np.random.default_rng(0)
    values = {}
    assert likeliest_rate(lambda rate: values.setdefault(rate, rng.uniform(2, 5)), 60.0, thorough=True) == 0
    assert len(values) == 7


def test_the_camera_that_differs_is_the_one_that_is_retimed():
    right = Tempo(0.0, 50.0)
    for odd in "abc":
        tempos = {}
        for a, b in (("a", "b"), ("a", "c"), ("b", "c")):
            rate = 1e-3 if b == odd else 1 / 1.001 - 1 if a == odd else 0.0
            tempos[a, b] = Tempo(rate, 40.0) if rate else right
        assert camera_rates(tempos, "abc") == {odd: pytest.approx(1e-3)}


def test_of_two_the_first_keeps_its_clock():
    assert camera_rates({("a", "b"): Tempo(2e-3, 9.0)}, "ab") == {"b": pytest.approx(2e-3)}
    assert camera_rates({("a", "b"): Tempo(0.0, 9.0)}, "abc") == {}
    assert camera_rates({}, "ab") == {}


def test_the_surest_pairs_decide():
    tempos = {("a", "b"): Tempo(0.0, 90.0), ("b", "c"): Tempo(0.0, 80.0), ("a", "c"): Tempo(5e-3, 10.0)}
    assert camera_rates(tempos, "abc") == {}


def test_a_rate_has_its_price():
    belief = OffsetBelief("motion", np.arange(3.0), np.array([0.0, 20.0, 0.0]), np.ones(3))
    assert priced(belief, 0.0) is belief
    assert priced(belief, 1e-3).log_likelihood_ratio[1] == pytest.approx(20 - PRICE)
