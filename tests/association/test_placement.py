"""Cameras placed by people's heights and by being in sync: laws, and made cameras whose places are known."""

import numpy as np
import pytest
from made_session import SEEN_FROM_METRES, walkers

from viewsync.association.frames import MultiViewFrame
from viewsync.association.matching import joint_outcomes
from viewsync.association.metrics import measure
from viewsync.association.placed import Placed, fitted
from viewsync.association.placement import PlacedCost, placed
from viewsync.association.upright import PERSON_METRES, Upright, upright

SIZE = (640, 480)


@pytest.fixture(scope="module")
def session():
    return walkers(instants=60, people=6, seed=3)


@pytest.fixture(scope="module")
def found(session):
    return placed(session)


def boxes(camera, right, ahead):
    """Of people of average height at places before a camera, by hand."""
    metres_high = PERSON_METRES / camera.slope
    column, below = camera.focal_pixels * right / ahead, camera.focal_pixels * metres_high / ahead
    foot = camera.horizon_pixels + camera.roll * column + below
    wide, tall = 0.3 * camera.slope * below, camera.slope * below
    middle = camera.middle_pixels + column
    return np.stack([middle - wide / 2, foot - tall, middle + wide / 2, foot], axis=-1)


def test_a_camera_that_sees_people_of_average_height_is_found():
    rng = np.random.default_rng(0)
    camera = Upright(0.6, 130.0, 0.02, 0.9 * SIZE[0], SIZE[0] / 2)
    right, ahead = rng.uniform(-3, 3, 400), rng.uniform(6, 20, 400)
    seen = boxes(camera, right, ahead)
    told = upright(seen, SIZE)
    assert (told.slope, told.roll) == (pytest.approx(0.6, abs=0.01), pytest.approx(0.02, abs=0.005))
    assert told.horizon_pixels == pytest.approx(130.0, abs=2)
    np.testing.assert_allclose(camera.places(seen), np.stack([right, ahead], axis=-1))
    np.testing.assert_allclose(told.places(seen), np.stack([right, ahead], axis=-1), rtol=0.05, atol=0.05)


def test_too_few_whole_people_tell_nothing():
    camera = Upright(0.6, 130.0, 0.0, 576.0, 320.0)
    whole = boxes(camera, np.zeros(29), np.linspace(6, 20, 29))
    assert upright(whole, SIZE) is None
    assert upright(np.concatenate([whole, [[300.0, 0, 340, 200]] * 40]), SIZE) is None


def test_turns_and_shifts_keep_distances():
    camera, places = Upright(0.6, 130.0, 0.0, 576.0, 320.0), np.array([[0.0, 5.0], [2.0, 9.0]])
    moved = Placed(camera, np.pi / 2, (10.0, 0.0)).moved(places)
    np.testing.assert_allclose(moved, [[5.0, 0.0], [1.0, 2.0]], atol=1e-12)


def test_cameras_are_placed_as_they_stand(found):
    assert all(camera is not None for camera in found)
    heights = [PERSON_METRES / camera.upright.slope for camera in found]
    np.testing.assert_allclose(heights, [position[2] for position in SEEN_FROM_METRES], rtol=0.2)
    stand, true = (np.array(places)[:, :2] for places in ([one.shift_metres for one in found], SEEN_FROM_METRES))
    apart, truly = (np.linalg.norm(places[:, None] - places, axis=-1) for places in (stand, true))
    np.testing.assert_allclose(apart, truly, atol=2.5)


def test_who_is_who_is_known_by_where_they_stand(session, found):
    assert measure(joint_outcomes(PlacedCost(found), session.frames)).accuracy > 0.9


def test_cameras_that_were_never_in_sync_are_not_placed(session):
    rng = np.random.default_rng(0)
    orders = [rng.permutation(len(session.frames)) for _ in session.cameras]
    mixed = [
        MultiViewFrame(
            frame.seconds, tuple(session.frames[order[number]].views[camera] for camera, order in enumerate(orders))
        )
        for number, frame in enumerate(session.frames)
    ]
    assert placed(session.with_frames(mixed)) == (None, None, None)


def test_without_instants_nobody_is_placed(session):
    assert placed(session.with_frames([])) == (None, None, None)


def test_who_meets_nobody_stays_where_he_is(session):
    camera = Upright(0.6, 130.0, 0.0, 576.0, 320.0)
    apart = {0: Placed(camera), 2: Placed(camera, 0.0, (500.0, 0.0))}
    assert fitted(apart, session.frames[:2]) == apart


def test_who_could_not_be_placed_is_like_nobody(session, found):
    frame = session.frames[0]
    cost = PlacedCost((found[0], None, found[2]))
    assert cost(frame, 0, 1).shape == (len(frame.views[0]), len(frame.views[1]))
    assert (cost(frame, 0, 1) == 1).all()
    np.testing.assert_array_equal(cost(frame, 0, 2), cost(frame, 2, 0).T)
    assert (cost(frame, 0, 2) < 1).all()
