"""Costs that know nothing, a little, or the calibration."""

from pathlib import Path

import numpy as np
import pytest
from made_session import nobody

from viewsync.association.baselines import AppearanceCost, GroundCost, PositionCost, RandomCost
from viewsync.association.frames import MultiViewFrame, View
from viewsync.association.readers import cameras_of_wildtrack, read_session
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.types import InputError

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def frame(*views, seconds=0.0, embeddings=(None, None)):
    boxes = [np.array(view, dtype=np.float64).reshape(-1, 4) for view in views]
    return MultiViewFrame(
        seconds,
        tuple(View(b, np.arange(len(b)), embeddings=e) for b, e in zip(boxes, embeddings, strict=True)),
    )


def test_chance_is_uniform_and_repeats_itself():
    boxes = [[0, 0, 1, 1]] * 300
    cost = RandomCost(3)(frame(boxes, boxes), 0, 1)
    np.testing.assert_array_equal(RandomCost(3)(frame(boxes, boxes), 0, 1), cost)
    assert (RandomCost(4)(frame(boxes, boxes), 0, 1) != cost).all()
    assert (RandomCost(3)(frame(boxes, boxes, seconds=0.1), 0, 1) != cost).all()
    assert np.quantile(cost, [0.0, 0.25, 0.5, 0.75, 1.0]) == pytest.approx([0, 0.25, 0.5, 0.75, 1], abs=0.01)


def test_positions_are_shares_of_each_picture():
    # Middles at (0.5, 0.5) and (0.5, 0.0); and at (0.5, 0.5) and (0.1, 0.8) of a picture twice as large.
    seen = frame([[40, 40, 60, 60], [40, -10, 60, 10]], [[90, 90, 110, 110], [0, 150, 40, 170]])
    cost = PositionCost([(100, 100), (200, 200)])(seen, 0, 1)
    distances = np.array([[0.0, 0.5], [0.5, np.hypot(0.4, 0.8)]])
    assert cost == pytest.approx(distances / distances.max(), abs=1e-5)
    np.testing.assert_array_equal(PositionCost([(100, 100), (200, 200)])(seen, 1, 0)[1, 1], cost[1, 1])


def test_appearance_needs_embeddings():
    vectors = np.eye(2)
    boxes = [[0, 0, 1, 1], [0, 0, 2, 2]]
    assert AppearanceCost()(frame(boxes, boxes, embeddings=(vectors, vectors)), 0, 1) == pytest.approx(
        1 - np.eye(2), abs=1e-5
    )
    with pytest.raises(InputError, match=r"at 0 s have no embeddings"):
        AppearanceCost()(frame(boxes, boxes), 0, 1)


def test_a_view_without_people_costs_nothing():
    seen = MultiViewFrame(0.0, (nobody(), frame([[0, 0, 1, 1]], []).views[0]))
    for cost in (RandomCost(0), PositionCost([(9, 9), (9, 9)]), GroundCost(cameras())):
        assert cost(seen, 0, 1).shape == (0, 1)


def cameras():
    """Two that look at each other's ground from 4 m up, 45° down, along y and back."""
    lens, s = Lens(640, 480, (500.0, 500.0), (319.5, 239.5), (0.0,) * 5), np.sqrt(0.5)
    forth = np.array([[1, 0, 0], [0, -s, -s], [0, s, -s]])
    turn = np.diag([-1.0, -1.0, 1.0])
    return (
        CalibratedCamera.at("south", lens, forth, np.array([0.0, -4.0, 4.0])),
        CalibratedCamera.at("north", lens, forth @ turn, np.array([0.0, 4.0, 4.0])),
    )


def standing(camera, places):
    feet = camera.project(np.column_stack([places, np.zeros(len(places))]))
    return [[x - 20, y - 90, x + 20, y] for x, y in feet]


def test_calibration_tells_how_far_apart_people_stand():
    south, north = cameras()
    places = np.array([[0.0, 0.0], [1.0, 0.5], [-1.0, -0.25]])
    seen = frame(standing(south, places), standing(north, places))
    cost = GroundCost((south, north), reach_metres=2.0)(seen, 0, 1)
    expected = np.minimum(np.linalg.norm(places[:, None] - places, axis=-1) / 2.0, 1.0)
    assert cost == pytest.approx(expected, abs=1e-9)


def test_who_is_above_the_horizon_is_nobody_s_match():
    cost = GroundCost(cameras())(frame([[0, -900, 9, -800]], standing(cameras()[1], np.zeros((1, 2)))), 0, 1)
    assert cost.tolist() == [[1.0]]


@pytest.mark.skipif(not (DATA / "multiviewx_sample").is_dir(), reason="MultiviewX isn't there")
def test_real_calibrations_tell_who_is_who():
    session = read_session(DATA / "multiviewx_sample")
    oracle = GroundCost(cameras_of_wildtrack(DATA / "multiviewx_sample"))
    first = session.frames[0]
    cost = oracle(first, 0, 1)
    same = first.views[0].identities[:, None] == first.views[1].identities
    assert np.quantile(cost[same], 0.9) < 0.1
    assert np.median(cost[~same]) == 1.0
