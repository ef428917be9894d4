"""The SynNet cue with the weights that come with the package, on people whom their training never saw."""

import numpy as np
import pytest

from seen_bodies import poses_of
from viewsync.offsets.calibrate import CALIBRATIONS
from viewsync.pose_embedding.filming import film
from viewsync.pose_embedding.performances import performances
from viewsync.signals import synnet
from viewsync.types import Search
from viewsync.worlds.people.joints import COCO17

OFFSET, SECONDS = 0.737, 15.0


@pytest.fixture(scope="module")
def people():
    return list(performances((), 2, 3, held_out=True))


def seen(joints, begins, seed):
    """Signal of a camera of its own that begins to film at some time."""
    frames = np.arange(0.0, SECONDS, 1 / 30)
    found = film(joints, begins + frames, np.random.default_rng(seed), noise_pixels=2.0, kinds=("static",))
    pixels = np.where(found.confidence[..., None] > 0, found.pixels, np.nan)
    return synnet.signal(poses_of([(np.arange(len(frames)), pixels)], frames, COCO17))


def test_two_cameras_of_one_person_are_tied(people):
    a, b = seen(people[0], 4.0, 1), seen(people[0], 4.0 + OFFSET, 2)
    belief = synnet.belief(a, b, Search(max_offset_seconds=4.0))
    best = int(belief.log_likelihood_ratio.argmax())
    assert belief.offsets_seconds[best] == pytest.approx(OFFSET, abs=0.134)
    assert belief.log_likelihood_ratio[best] > 3 + np.log(len(belief.offsets_seconds))
    (local,) = (
        CALIBRATIONS["synnet"].honest(one) for one in synnet.local_offsets(a, b, float(belief.offsets_seconds[best]))
    )
    assert local.offset_seconds == pytest.approx(OFFSET, abs=3 * local.std_seconds)
    assert local.std_seconds < 0.1


def test_two_people_say_nothing(people):
    belief = synnet.belief(seen(people[0], 4.0, 1), seen(people[1], 4.0, 2), Search(max_offset_seconds=4.0))
    assert belief.log_likelihood_ratio.max() < np.log(len(belief.offsets_seconds))
