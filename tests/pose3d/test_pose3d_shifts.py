"""Shifts of clocks found by how well joints triangulate, and honest error bars."""

from dataclasses import replace

import numpy as np
import pytest
from unsynchronized import CAMERAS, views

from viewsync.pose3d.shifts import REFERENCE, residual_shifts
from viewsync.pose3d.tracks import JointTracks, View
from viewsync.types import InputError


@pytest.mark.parametrize("shifts", [(0.0, 0.25, 0.0), (0.0, -0.137, 0.0), (0.0, 0.2, -0.2), (0.0, 0.0, 0.0), (0.0, 0.151)])
def test_shifts_come_back(shifts):
    found = residual_shifts(views(shifts, noise_pixels=2.0, rate_hz=30.0), 0.3)
    assert found[0] == REFERENCE
    for one, true in zip(found[1:], shifts[1:], strict=True):
        assert one is not None
        assert abs(one.seconds - true) < 0.003
        assert abs(one.seconds - true) < 4 * one.std_seconds + 1e-4


def test_the_error_bar_is_about_the_error():
    ratios = []
    for seed in range(6):
        some = views((0.0, 0.1), rate_hz=30.0)
        rng = np.random.default_rng(seed)
        noisy = [
            View(one.camera, replace(one.tracks, pixels=one.tracks.pixels + rng.normal(0, 6.0, one.tracks.pixels.shape)))
            for one in some
        ]
        shift = residual_shifts(noisy, 0.2)[1]
        ratios.append((shift.seconds - 0.1) / shift.std_seconds)
    assert 0.2 < np.sqrt(np.mean(np.square(ratios))) < 2.5


def test_moving_all_clocks_by_the_same_changes_nothing():
    some = views((0.0, 0.1, -0.05), noise_pixels=2.0, rate_hz=30.0)
    later = [View(one.camera, one.tracks.moved(100.0)) for one in some]
    for one, other in zip(residual_shifts(some, 0.2), residual_shifts(later, 0.2), strict=True):
        assert other.seconds == pytest.approx(one.seconds, abs=2e-4)


def test_swapping_two_cameras_changes_the_sign():
    one, other = views((0.0, 0.1), noise_pixels=1.0, rate_hz=30.0)
    there, back = residual_shifts([one, other], 0.2)[1], residual_shifts([other, one], 0.2)[1]
    assert there.seconds == pytest.approx(-back.seconds, abs=1e-3)


def test_joints_that_lie_a_little_elsewhere_in_each_view_draw_no_shift():
    beside = np.random.default_rng(3).normal(0, 8.0, (3, 17, 2))
    some = [
        View(one.camera, replace(one.tracks, pixels=one.tracks.pixels + off))
        for one, off in zip(views((0.0, 0.1, 0.0), noise_pixels=1.0, rate_hz=30.0), beside, strict=True)
    ]
    found = residual_shifts(some, 0.2)
    assert found[1].seconds == pytest.approx(0.1, abs=0.006)
    assert found[2].seconds == pytest.approx(0.0, abs=0.006)


def test_nothing_that_moves_tells_no_shift():
    rng = np.random.default_rng(0)
    still = [
        View(one.camera, replace(one.tracks, pixels=one.tracks.pixels[:1] + rng.normal(0, 2.0, one.tracks.pixels.shape)))
        for one in views((0.0, 0.0), rate_hz=30.0)
    ]
    assert residual_shifts(still, 0.2)[1] is None


def test_a_camera_with_nothing_in_common_is_unknown_and_the_others_are_found():
    one, two, three = views((0.0, 0.1, 0.0), noise_pixels=1.0, rate_hz=30.0)
    alone = View(three.camera, three.tracks.moved(50.0))
    found = residual_shifts([one, two, alone], 0.2)
    assert found[1].seconds == pytest.approx(0.1, abs=0.003)
    assert found[2] is None


def test_what_is_asked_for_must_make_sense():
    with pytest.raises(InputError, match="two cameras or more, got 1"):
        residual_shifts(views((0.0,)), 0.2)
    with pytest.raises(InputError, match="--max-shift must be a positive number of seconds, got -1"):
        residual_shifts(views((0.0, 0.0)), -1.0)


def test_cameras_whose_joints_are_never_seen_are_unknown():
    one, two = views((0.0, 0.0), rate_hz=30.0)
    blind = JointTracks(two.tracks.seconds, np.full_like(two.tracks.pixels, np.nan), np.zeros_like(two.tracks.confidence))
    assert residual_shifts([one, View(CAMERAS[1], blind)], 0.2) == (REFERENCE, None)
