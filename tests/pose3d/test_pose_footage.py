"""Clips of poses: crops and their cameras, what is missing, and what is refused."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_person import FPS, HEIGHT, SIDE, WIDTH, camera, cameras, drawn_footage, moving, picture, spot

from viewsync.geometry.camera import CalibratedCamera
from viewsync.pose3d.crops import boxes_around, cropped, cropped_camera, crops, squared
from viewsync.pose3d.footage import JOINTS, PELVIS, Footage
from viewsync.types import InputError

ANKLE = JOINTS.index("right_ankle")
"""The joint that is drawn."""


@pytest.fixture(scope="module")
def footage():
    return drawn_footage(missing=((0, 0, 4), (1, 18, 20)))


@pytest.mark.parametrize("crop", ["clip", "frame"])
def test_joints_are_where_the_cropped_pictures_show_them(crop):
    footage = drawn_footage(crop=crop)
    for instant in range(0, len(footage), 3):
        for view, one in enumerate(footage.cameras_at(np.full(3, instant))):
            shown = spot(footage.pictures[view][instant])
            assert one.project(footage.joints_metres[instant, ANKLE]) == pytest.approx(shown, abs=0.1)


def test_without_undistortion_joints_would_be_elsewhere():
    """What the test above proves."""
    joints, footage = moving(20)[:, ANKLE], drawn_footage()
    for one, at in zip(cameras(), footage.cameras_at(np.full(3, 10)), strict=True):
        straight = CalibratedCamera(one.name, replace(one.lens, distortion=(0.0,) * 5), one.rotation, one.translation_metres)
        scale = at.lens.focal_pixels[0] / one.lens.focal_pixels[0]
        assert scale * np.linalg.norm(one.project(joints) - straight.project(joints), axis=1).max() > 0.4


def test_a_crop_by_hand():
    one = camera("cam", 0, distortion=(0.0,) * 5)
    small = cropped_camera(one, np.array([10.0, 20.0, 50.0, 60.0]), 10)
    # Pixel 10 is the first of forty that become ten: its left edge, at 9.5, is that of pixel 0, at −0.5.
    assert small.lens.center_pixels == pytest.approx(((122 + 0.5 - 10) / 4 - 0.5, (97 + 0.5 - 20) / 4 - 0.5))
    assert small.lens.focal_pixels == (330 / 4, 340 / 4)
    assert (small.lens.width, small.lens.height) == (10, 10)
    ramp = np.tile(np.arange(WIDTH, dtype=np.uint8), (HEIGHT, 1))
    (shown,) = cropped(one, np.array([[10.0, 20.0, 50.0, 60.0]]), 10, [ramp])
    shown = cv2.resize(shown, (10, 10), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(shown[0], 4 * np.arange(10) + 11.5, atol=0.51)


def test_whatever_lies_beyond_the_picture_is_black():
    one, white = camera("cam", 0, distortion=(0.0,) * 5), np.full((HEIGHT, WIDTH), 255, np.uint8)
    (shown,) = cropped(one, np.array([[-20.0, 0.0, 20.0, 40.0]]), 40, [white])
    assert (shown[:, :19] == 0).all()
    assert (shown[1:, 21:] == 255).all()


def test_one_crop_holds_the_whole_way_and_a_crop_per_frame_follows():
    whole, each = drawn_footage(speed=1.0), drawn_footage(speed=1.0, crop="frame")
    assert whole.crops_stay
    assert not each.crops_stay
    for view in range(3):
        first = each.cameras_at(np.zeros(3, int))[view]
        stays = whole.cameras_at(np.zeros(3, int))[view]
        there = stays.project(whole.joints_metres)
        assert ((there > 0) & (there < SIDE - 1)).all()
        at_first = first.project(each.joints_metres[0])
        assert ((at_first > 0) & (at_first < SIDE - 1)).all()
        sides = each.boxes[:, view, 2:] - each.boxes[:, view, :2]
        np.testing.assert_allclose(sides[:, 0], sides[:, 1])
    # From some side, who has walked on is out of the square of the first frame.
    gone = [one.project(each.joints_metres[-1]) for one in each.cameras_at(np.zeros(3, int))]
    assert any(((there < 0) | (there > SIDE - 1)).any() for there in gone)
    assert each.pixels_per_metre > whole.pixels_per_metre


def test_a_metre_is_as_many_pixels_as_told():
    footage = drawn_footage()
    one, two = footage.joints_metres[10, PELVIS], footage.joints_metres[10, PELVIS] + [0, 0, 0.2]
    seen = [np.linalg.norm(view.project(two) - view.project(one)) for view in footage.cameras_at(np.full(3, 10))]
    assert footage.pixels_per_metre == pytest.approx(np.mean(seen) / 0.2, rel=0.1)


def test_boxes_leave_out_what_isnt_known():
    one, joints = camera("cam", 0), moving(3)
    joints[0] = np.nan
    joints[1, 1:] = np.nan
    joints[2, :, 0] += 100  # Behind the camera.
    boxes = boxes_around(one, joints)
    assert np.isnan(boxes[[0, 2]]).all()
    assert np.isfinite(boxes[1]).all()
    assert squared(np.array([0.0, 10.0, 10.0, 40.0])).tolist() == [-10.0, 10.0, 20.0, 40.0]
    # Where no joint is known, the boxes that are told are all there is.
    told = np.array([[0.0, 0, 10, 10], [np.nan] * 4, [20.0, 0, 40, 10]])
    assert crops("clip", one, np.full((3, 17, 3), np.nan), told)[[0, 2]].tolist() == [[0.0, -15.0, 40.0, 25.0]] * 2


def test_a_missing_view_is_black_and_the_next_one_is_the_reference(footage):
    assert footage.present[:, 0].tolist() == [False] * 4 + [True] * 16
    assert footage.references.tolist() == [1] * 4 + [0] * 16
    assert footage.pictures[0][:4].max() == 0
    assert footage.pictures[0][4:].max() > 100
    whole = footage.cameras_at(np.array([0, 0, 0]))
    assert whole[0] is footage.cameras[0]
    assert whole[1].lens.width == SIDE


def test_what_isnt_known_isnt_valid():
    footage = drawn_footage(unknown=("head_top",))
    assert not footage.valid[:, JOINTS.index("head_top")].any()
    assert footage.valid.sum() == len(footage) * 16
    one = footage.joints_metres.copy()
    one[3, 0, 2] = np.inf
    assert not replace(footage, joints_metres=one).valid[3, 0]


def changed(footage, **parts):
    return lambda: replace(footage, **parts)


def test_what_cant_be_used_is_refused(footage):
    one = drawn_footage()
    millimetres, kilometres = (
        tuple(CalibratedCamera(each.name, each.lens, each.rotation, scale * each.translation_metres) for each in one.cameras)
        for scale in (1000, 0.001)
    )
    collapsed = one.joints_metres.copy()
    collapsed[7] = 0.0
    empty, nowhere = one.boxes.copy(), one.boxes.copy()
    empty[5, 1] = 30.0
    nowhere[:, 1:] = np.nan
    for make, words in (
        (lambda: drawn_footage(views=1), "there is 1 view, but"),
        (changed(one, joints_metres=1000 * one.joints_metres), r"joints would extend over 1\.\d+e\+03 m"),
        (changed(one, joints_metres=0.001 * one.joints_metres), r"joints would extend over 0\.001\d+ m"),
        (changed(one, cameras=millimetres), r"cam1 would be 4\.\d+e\+03 m from S1: .* different units"),
        (changed(one, cameras=kilometres), r"all cameras would be within 0\.\d+ m: .* different units"),
        (changed(one, joints_metres=collapsed), "at instant 7 all joints are at one place. Write nan where none is known"),
        (changed(one, joints_metres=np.full((20, 17, 3), np.nan)), "no joint is ever known"),
        (changed(one, pictures=one.pictures[:2]), r"pictures of 2 views \(cam1 20, cam2 20\)"),
        (changed(one, actions=()), "actions of 0"),
        (changed(one, joints_metres=np.zeros((20, 16, 3))), "20 instants of 16 joints, but one at least of 17"),
        (changed(one, fps=0.0), r"0\.0 instants per second"),
        (changed(one, boxes=empty), "at instant 5, left, top, right and bottom of cam2's picture are"),
        (changed(one, boxes=nowhere), "no two views show the person"),
        (changed(one, cameras=(one.cameras[0],) * 3), "stand at the same place"),
    ):
        with pytest.raises(InputError, match=words):
            make()


def test_pictures_of_another_size_than_calibrated_are_refused():
    one = camera("cam", 0)
    with pytest.raises(InputError, match="cam is calibrated for 240 × 200 pixels, but a picture of its is 100 × 50"):
        list(cropped(one, np.array([[0.0, 0, 10, 10]]), 10, [np.zeros((50, 100), np.uint8)]))


def test_a_clip_is_one_of_footage_in_general():
    from viewsync.footage.clip import Clip

    footage = drawn_footage(instants=4)
    assert isinstance(footage, Clip)
    assert isinstance(footage, Footage)
    assert (len(footage), footage.fps, len(footage.pictures)) == (4, FPS, 3)


def test_drawn_people_are_seen_whole():
    """What the other tests rely on."""
    joints = moving(20)
    assert all(one.sees(joints).all() for one in cameras())
    assert picture(cameras()[0], joints[0]).max() > 150
