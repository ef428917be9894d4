"""Which network is nearer, and how sure that is."""

from dataclasses import dataclass

import numpy as np
import pytest

from viewsync.footage.desynchronizer import Sample
from viewsync.footage.lead import Lead, stretches


@dataclass(frozen=True)
class Clip:
    """All that is asked of footage."""

    name: str
    fps: float = 4.0
    pictures: tuple = ()

    def __len__(self):
        return 30


def test_a_lead_is_sure_only_where_many_stretches_agree():
    rng, stretches = np.random.default_rng(0), np.arange(200) // 10
    theirs = rng.uniform(1, 3, 200)
    lead = Lead.of(0.8 * theirs, theirs, stretches, seed=0)
    assert lead.percent == pytest.approx(20, abs=0.01)
    assert lead.low_percent == pytest.approx(20, abs=0.01)
    assert lead.apart == pytest.approx(0.2 * theirs.mean(), abs=1e-3)
    assert lead == Lead.of(0.8 * theirs, theirs, stretches, seed=0)
    # A lead that comes from one of 20 stretches alone isn't sure.
    lucky = theirs.copy()
    lucky[:10] = 0
    assert Lead.of(lucky, theirs, stretches, seed=0).low_percent <= 0.01
    opposite = Lead.of(theirs, 0.8 * theirs, stretches, seed=0)
    assert opposite.percent == pytest.approx(-25, abs=0.01)
    assert opposite.high_percent < 0


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng, stretches = np.random.default_rng(1), np.arange(300) // 10
    leads = [Lead.of(rng.exponential(1.6, 300), rng.exponential(2.0, 300), stretches, seed=0) for _ in range(60)]
    assert 0.85 <= np.mean([lead.low_percent <= 20 <= lead.high_percent for lead in leads]) <= 1


def test_stretches_are_of_one_clip_each():
    shown = [Sample(clip, at, np.array([at])) for clip in (Clip("one"), Clip("two")) for at in (0, 7, 8, 20)]
    assert stretches(shown, 2.0).tolist() == [0, 0, 1, 2, 3, 3, 4, 5]
