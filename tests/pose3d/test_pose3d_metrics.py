"""MPJPE by hand: relative and absolute, averages over frames and over actions, and what is missing."""

import numpy as np
import pytest

from viewsync.pose3d.metrics import mpjpe, mpjpe_by_action, pelvis
from viewsync.types import InputError

JOINTS = ("pelvis", "nose")
TRUTH = np.array([[[0.0, 0, 1], [0, 0, 1.7]], [[1.0, 0, 1], [1, 0, 1.7]], [[2.0, 0, 1], [2, 0, 1.7]]])


def test_worked_by_hand():
    found = TRUTH.copy()
    found[0] += (0.03, 0.04, 0)  # The whole body by 50 mm.
    found[1, 1] += (0, 0, 0.02)  # The nose alone by 20 mm.
    errors = mpjpe(found, TRUTH, JOINTS)
    assert errors.absolute_mm == pytest.approx((50 + 10 + 0) / 3)
    assert errors.relative_mm == pytest.approx((0 + 10 + 0) / 3)
    assert (errors.frames, errors.missing_share) == (3, 0)


def test_moving_everything_moves_only_the_absolute_error():
    found = TRUTH + np.random.default_rng(0).normal(0, 0.02, TRUTH.shape)
    one, other = mpjpe(found, TRUTH, JOINTS), mpjpe(found + np.array([0.3, 0, 0]), TRUTH, JOINTS)
    assert other.relative_mm == pytest.approx(one.relative_mm)
    assert other.absolute_mm > one.absolute_mm


def test_what_is_missing_is_counted_and_in_no_mean():
    found = TRUTH.copy()
    found[0, 1] = found[2] = np.nan
    found[1] += (0.01, 0, 0)
    errors = mpjpe(found, TRUTH, JOINTS)
    assert errors.frames == 2
    assert errors.missing_share == pytest.approx(3 / 6)
    assert errors.absolute_mm == pytest.approx((0 + 10) / 2)


def test_joints_without_truth_are_not_asked_for():
    found, truth = TRUTH.copy(), TRUTH.copy()
    truth[:, 1] = np.nan
    found[:, 1] += 5
    errors = mpjpe(found, truth, JOINTS)
    assert (errors.absolute_mm, errors.missing_share) == (0, 0)


def test_without_a_pelvis_it_is_the_middle_of_the_hips():
    points = np.array([[[0.0, 0, 1], [2, 0, 1], [5, 5, 5]]])
    assert pelvis(points, ("left_hip", "right_hip", "nose")).tolist() == [[1, 0, 1]]
    with pytest.raises(InputError, match="needs pelvis or both hips, got left_hip, nose"):
        pelvis(points[:, :2], ("left_hip", "nose"))


def test_both_averages_over_actions():
    found = TRUTH.copy()
    found[0] += (0.09, 0, 0)
    errors = mpjpe_by_action(found, TRUTH, JOINTS, ["waving", "walking", "walking"])
    assert {name: round(one.absolute_mm) for name, one in errors.by_action.items()} == {"waving": 90, "walking": 0}
    assert errors.per_frame.absolute_mm == pytest.approx(30)
    assert errors.per_action_absolute_mm == pytest.approx(45)
    assert errors.per_action_relative_mm == pytest.approx(0, abs=1e-9)


def test_errors_name_what_is_wrong():
    with pytest.raises(InputError, match=r"joints found extend over 2e\+03, true ones over 2: units are mixed"):
        mpjpe(1000 * TRUTH, TRUTH, JOINTS)
    with pytest.raises(InputError, match=r"\(2 frames of 2\) and true ones \(3 of 2\) must be the same 2"):
        mpjpe(TRUTH[:2], TRUTH, JOINTS)
    with pytest.raises(InputError, match="no frame has a joint and a pelvis"):
        mpjpe(np.full_like(TRUTH, np.nan), TRUTH, JOINTS)
    with pytest.raises(InputError, match="action 'b': no frame"):
        mpjpe_by_action(np.where(np.arange(3)[:, None, None] == 2, np.nan, TRUTH), TRUTH, JOINTS, ["a", "a", "b"])
    with pytest.raises(InputError, match="each frame needs an action: got 1 for 3"):
        mpjpe_by_action(TRUTH, TRUTH, JOINTS, ["a"])
