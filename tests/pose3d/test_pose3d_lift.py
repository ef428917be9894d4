"""From views on clocks of their own to joints in space."""

from dataclasses import replace

import numpy as np
import pytest
from unsynchronized import CAMERAS, truth, views

from viewsync.geometry.camera import CalibratedCamera
from viewsync.media.keypoints.joints import COCO17
from viewsync.pose3d.lift import lift, shifted
from viewsync.pose3d.shifts import Shift, residual_shifts
from viewsync.pose3d.tracks import View
from viewsync.types import InputError

AT = np.arange(0.5, 3.5, 0.02)
SHIFTS = (0.0, 0.2, -0.13)


def error_mm(found):
    return 1000 * float(np.nanmean(np.linalg.norm(found.points_metres - truth(found.seconds), axis=2)))


def test_in_sync_it_is_the_truth():
    found = lift(views((0, 0, 0)), COCO17, AT)
    assert error_mm(found) < 1e-3
    assert (found.views == 3).all()
    assert found.error_pixels.max() < 1e-3
    assert found.never_seen == ()


def test_known_shifts_undo_what_clocks_did():
    apart = views(SHIFTS, rate_hz=60.0)
    right = shifted(apart, [Shift(seconds, 0.001) for seconds in SHIFTS])
    assert error_mm(lift(right, COCO17, AT)) < 2
    assert error_mm(lift(apart, COCO17, AT)) > 50


def test_shifts_that_are_found_undo_it_nearly_as_well():
    apart = views(SHIFTS, noise_pixels=2.0, rate_hz=60.0)
    in_sync = error_mm(lift(views((0, 0, 0), noise_pixels=2.0, rate_hz=60.0), COCO17, AT))
    found = error_mm(lift(shifted(apart, residual_shifts(apart, 0.3)), COCO17, AT))
    as_if = error_mm(lift(apart, COCO17, AT))
    assert found - in_sync < 0.1 * (as_if - in_sync)


def test_cameras_of_different_rates_need_no_common_instants():
    fast, slow = views((0, 0), rate_hz=100.0)[0], views((0, 0), rate_hz=60.0)[1]
    assert error_mm(lift([fast, slow], COCO17, AT + 0.0033)) < 2


def test_a_joint_that_one_camera_alone_sees_is_missing_not_zero():
    some = views((0, 0, 0))
    for view in some[1:]:
        view.tracks.confidence[:, 4] = 0
        view.tracks.confidence[:60, 7] = 0
        view.tracks.pixels[view.tracks.confidence == 0] = np.nan
    found = lift(some, COCO17, AT)
    assert found.never_seen == (COCO17[4],)
    missing = np.isnan(found.points_metres).any(axis=2)
    assert np.array_equal(missing[:, 7], AT < 60 / 50 - 0.021)
    assert np.array_equal(missing, found.views == 0)
    assert np.array_equal(missing, np.isnan(found.error_pixels))
    assert not missing[:, [0, 1, 2, 3, 5, 6]].any()


def test_a_view_that_is_wrong_is_left_out():
    some = views((0, 0, 0))
    some[2].tracks.pixels[:, 3] += 300.0
    found = lift(some, COCO17, AT)
    assert error_mm(found) < 1
    assert (found.views[:, 3] == 2).all()


def test_late_frames_are_predicted_and_later_ones_not_looked_at():
    some = views((0, 0, 0), tempo=0.3)
    cut = [some[0], *(View(one.camera, replace(one.tracks, pixels=one.tracks.pixels.copy())) for one in some[1:])]
    for view in cut[1:]:
        view.tracks.pixels[100:] = 0.0
    at = np.array([1.0, 1.5, 2.0])
    ahead, same = lift(some, COCO17, at, late_seconds=0.1), lift(cut, COCO17, at, late_seconds=0.1)
    assert np.array_equal(ahead.points_metres, same.points_metres)


def test_fewer_than_two_views_are_refused():
    with pytest.raises(InputError, match="two calibrated cameras or more, got 1"):
        lift(views((0,)), COCO17, AT)


def test_one_camera_in_millimetres_is_refused():
    one, two, three = views((0, 0, 0))
    far = replace(three.camera, translation_metres=1000 * three.camera.translation_metres)
    with pytest.raises(InputError, match=r"camera cam3 stands 5099 m .* units are mixed. Write all translations in metres"):
        lift([one, two, View(far, three.tracks)], COCO17, AT)


def test_a_calibration_in_millimetres_is_refused():
    some = [
        View(
            CalibratedCamera(camera.name, camera.lens, camera.rotation, 1000 * camera.translation_metres), view.tracks
        )
        for camera, view in zip(CAMERAS, views((0, 0, 0)), strict=True)
    ]  # fmt: skip
    with pytest.raises(InputError, match="m across: the calibration seems to be in millimetres"):
        lift(some, COCO17, AT)
