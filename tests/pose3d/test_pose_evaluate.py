"""How far off poses are, over frames and actions."""

import numpy as np
import pytest
import torch
from drawn_person import drawn_footage

from viewsync.footage.desynchronizer import Latency
from viewsync.footage.lead import Lead, stretches
from viewsync.pose3d.evaluate import found_joints, relative_errors_mm, scores, truths
from viewsync.pose3d.footage import JOINTS, PELVIS
from viewsync.pose3d.samples import batch_of, samples
from viewsync.types import InputError

LATE = Latency.at_random(3, 0.4)
WRIST = JOINTS.index("left_wrist")


@pytest.fixture(scope="module")
def shown():
    return samples([drawn_footage(), drawn_footage(speed=0.2, name="slow")], LATE, 0)


def off_by(metres, joint=slice(None)):
    """Finds the joints, but for an error along x."""

    def find(batch):
        joints = batch.joints.clone()
        joints[:, joint, 0] += metres
        return joints

    return find


def test_errors_by_hand(shown):
    everywhere = scores(found_joints(off_by(0.05), shown), shown)
    assert everywhere.per_frame.absolute_mm == pytest.approx(50, abs=1e-3)
    assert everywhere.per_frame.relative_mm == pytest.approx(0, abs=1e-3)
    wrist = scores(found_joints(off_by(0.17, WRIST), shown), shown)
    assert wrist.per_frame.relative_mm == pytest.approx(10, abs=1e-3)
    assert (wrist.per_frame.frames, wrist.per_frame.missing_share) == (len(shown), 0)
    rooted = scores(found_joints(off_by(0.17, PELVIS), shown), shown)
    # Relative to a pelvis that is wrong, the sixteen others are.
    assert rooted.per_frame.relative_mm == pytest.approx(160, abs=1e-3)
    assert rooted.per_frame.absolute_mm == pytest.approx(10, abs=1e-3)


def test_both_averages_are_named(shown):
    waving = [one.instant < 8 for one in shown]
    found = truths(shown)
    found[waving, WRIST, 2] += 0.17
    told = scores(found, shown)
    by_action = {action: round(errors.relative_mm, 3) for action, errors in told.by_action.items()}
    assert by_action == {"waving": 10, "walking": 0}
    assert told.per_frame.relative_mm == pytest.approx(10 * np.mean(waving))
    assert told.per_action_relative_mm == pytest.approx(5)
    assert np.mean(waving) == pytest.approx(1 / 3)


def test_samples_are_found_one_by_one_whatever_they_are_shown_with(shown):
    asked = []

    def find(batch):
        asked.append(len(batch.joints))
        return batch.pictures[:, 1, 0, 40:41, 40, None].expand(-1, 17, 3)

    told = []
    found = found_joints(find, shown[:7], lambda *report: told.append(report))
    assert asked == [4, 3]
    assert told == [("finding poses", 1, 2), ("finding poses", 2, 2)]
    assert found[:, 0, 0] == pytest.approx([float(batch_of([one]).pictures[0, 1, 0, 40, 40]) for one in shown[:7]])
    assert len(np.unique(found)) > 1


def test_what_wasnt_found_is_missing(shown):
    def find(batch):
        joints = batch.joints.clone()
        joints[0, PELVIS] = torch.nan
        joints[:, WRIST] = torch.nan
        return joints

    found = found_joints(find, shown[:8])
    told, errors = scores(found, shown[:8]), relative_errors_mm(found, shown[:8])
    assert np.flatnonzero(np.isnan(errors)).tolist() == [0, 4]
    assert told.per_frame.frames == 6
    assert told.per_frame.missing_share == pytest.approx((8 + 2) / (8 * 17))


def test_joints_that_arent_known_count_for_nothing():
    some = samples([drawn_footage(unknown=("head_top",))], LATE, 0)
    assert np.isnan(truths(some)[:, JOINTS.index("head_top")]).all()
    told = scores(found_joints(off_by(5.0, JOINTS.index("head_top")), some), some)
    assert (told.per_frame.relative_mm, told.per_frame.missing_share) == (pytest.approx(0, abs=1e-3), 0)


def test_frame_errors_say_who_leads(shown):
    ours, theirs = (relative_errors_mm(found_joints(off_by(each, WRIST), shown), shown) for each in (0.068, 0.085))
    assert ours.mean() == pytest.approx(scores(found_joints(off_by(0.068, WRIST), shown), shown).per_frame.relative_mm)
    pieces = stretches(shown, 0.5)
    assert len(set(pieces.tolist())) > 4
    lead = Lead.of(ours, theirs, pieces, seed=0)
    assert (lead.percent, lead.low_percent) == (pytest.approx(20, abs=1e-3), pytest.approx(20, abs=1e-3))
    assert lead.apart == pytest.approx(1, abs=1e-3)


def test_a_network_that_hasnt_learned_is_far_off_and_no_more(shown):
    found = np.zeros((len(shown), 17, 3))
    told = scores(found, shown)
    assert told.per_frame.absolute_mm == pytest.approx(1000 * np.linalg.norm(truths(shown), axis=2).mean())
    assert scores(1000 * truths(shown), shown).per_frame.relative_mm > 1e5


def test_errors_of_nothing_are_refused(shown):
    with pytest.raises(InputError, match="no instants to find poses at"):
        found_joints(off_by(0.0), [])
    with pytest.raises(InputError, match="action 'waving': no frame has a joint"):
        scores(np.full((len(shown), 17, 3), np.nan), shown)
