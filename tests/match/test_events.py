"""Events of light: quick ways held against slow twins."""

import numpy as np

from viewsync.match.events import EventTimes


def test_density_counts_events_of_the_same_kind_within_two_seconds():
    rng = np.random.default_rng(0)
    seconds, kind = np.sort(rng.uniform(0, 60, 80)), rng.choice([-1, 1, 2], 80)
    events = EventTimes(seconds, np.full(80, 0.01), kind, 0.0, 60.0)
    near = (np.abs(seconds[:, None] - seconds) <= 2.0) & (kind[:, None] == kind)
    np.testing.assert_array_equal(events.density(), near.sum(axis=1) / 4.0)
