"""Costs that calibration tells, by themselves and mixed with what was learned."""

from itertools import combinations

import numpy as np
import pytest
from made_session import SIZE, camera, cameras, nobody, walkers

from viewsync.association.baselines import GroundCost, PositionCost
from viewsync.association.calibrated import EpipolarCost, MixedCost
from viewsync.association.frames import MultiViewFrame, View
from viewsync.association.matching import pairwise_outcomes
from viewsync.association.metrics import measure
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.types import InputError

PAIRS = [*combinations(range(3), 2)]


def bent(one):
    """The same camera behind a lens that bends lines."""
    lens = Lens(*SIZE, one.lens.focal_pixels, one.lens.center_pixels, (-0.2, 0.05, 0.001, 0.0, 0.0))
    return CalibratedCamera(one.name, lens, one.rotation, one.translation_metres)


def boxes_of(one, feet, heads, widths):
    """Boxes whose lower and upper edges have their middles at people's feet and heads."""
    (x, foot), (_, head) = one.project(feet).T, one.project(heads).T
    return View(np.stack([x - widths, head, x + widths, foot], axis=-1), np.arange(len(feet)))


def level(name, position):
    """A camera that looks straight ahead, so that verticals stay verticals in its picture."""
    x, y, z = position
    ahead = -np.array([x, y, 0.0]) / np.hypot(x, y)
    rotation = np.stack([np.cross(ahead, [0.0, 0.0, 1.0]), [0.0, 0.0, -1.0], ahead])
    return CalibratedCamera.at(name, camera("any", (1.0, 1.0, 1.0)).lens, rotation, np.array([x, y, z]))


def verticals(rng, count=6):
    """Two cameras' views of upright people of any height, with boxes of any width."""
    rig = level("a", (-7.0, -5.0, 1.5)), level("b", (6.0, -6.0, 2.0))
    feet = np.column_stack([rng.uniform(-3, 3, (count, 2)), np.zeros(count)])
    heads = feet + np.array([0, 0, 1.0]) * rng.uniform(1.4, 2.0, count)[:, None]
    views = tuple(boxes_of(one, feet, heads, rng.uniform(5, 40, count)) for one in rig)
    return rig, MultiViewFrame(0.0, views), feet


def test_points_on_one_vertical_are_on_each_other_s_lines():
    rig, frame, _ = verticals(np.random.default_rng(0))
    distances = EpipolarCost(rig).heights(frame, 0, 1)
    assert np.diagonal(distances) == pytest.approx(0, abs=1e-6)
    assert distances[~np.eye(6, dtype=bool)].min() > 1e-3
    assert np.diagonal(EpipolarCost(rig)(frame, 0, 1)) == pytest.approx(0, abs=1e-5)


def test_people_in_a_plane_with_both_cameras_are_alike():
    """Their heads and feet are on each other's lines wherever they stand; the ground tells them apart."""
    rig, frame, feet = verticals(np.random.default_rng(1))
    a, b = (one.position_metres[:2] for one in rig)
    feet[:2, :2] = a + 0.4 * (b - a), a + 0.6 * (b - a)
    views = tuple(boxes_of(one, feet, feet + np.array([0, 0, 1.7]), np.full(6, 9.0)) for one in rig)
    frame = MultiViewFrame(0.0, views)
    assert EpipolarCost(rig).heights(frame, 0, 1)[:2, :2].max() < 0.35
    assert GroundCost(rig, reach_metres=1.0)(frame, 0, 1)[0, 1] == 1


@pytest.mark.parametrize("change", [lambda one: one, bent], ids=["straight", "bent"])
@pytest.mark.parametrize("pair", PAIRS)
def test_views_can_be_exchanged(pair, change):
    rig = [change(one) for one in cameras()]
    a, b = pair
    for frame in walkers(instants=5).frames:
        for cost in (EpipolarCost(rig), GroundCost(rig), MixedCost(EpipolarCost(rig), PositionCost([SIZE] * 3), 0.3)):
            forth, back = (cost(frame, *order) for order in ((a, b), (b, a)))
            np.testing.assert_allclose(back.T, forth, atol=1e-9)


def slow_heights(rig, frame, a, b):
    """Each two boxes by themselves: a line is drawn through where two far-apart points of the ray are seen."""

    def straight(one, x, y):
        ray = one.lens.unproject(np.array([[x, y]]))[0]
        return (one.lens.matrix @ (ray / ray[2]))[:2]

    def seen(one, point):
        image = one.lens.matrix @ (one.rotation @ point + one.translation_metres)
        return image[:2] / image[2]

    def off(here, there, pixels, other):
        """How far what one camera sees at some pixels is from the ray of another one's."""
        ray = np.append(other, 1.0) @ np.linalg.inv(there.lens.matrix).T @ there.rotation
        one, two = (seen(here, there.position_metres + metres * ray) for metres in (2.0, 9.0))
        normal = np.array([two[1] - one[1], one[0] - two[0]])
        return abs((pixels - one) @ normal) / np.hypot(*normal)

    found = np.empty((len(frame.views[a]), len(frame.views[b])))
    for (row, column), _ in np.ndenumerate(found):
        ends = []
        for number, person in ((a, row), (b, column)):
            x1, y1, x2, y2 = frame.views[number].boxes[person]
            ends.append([straight(rig[number], (x1 + x2) / 2, y) for y in (y1, y2)])
        tall = [np.hypot(*(one[1] - one[0])) for one in ends]
        there = np.mean([off(rig[a], rig[b], ends[0][end], ends[1][end]) for end in (0, 1)]) / tall[0]
        back = np.mean([off(rig[b], rig[a], ends[1][end], ends[0][end]) for end in (0, 1)]) / tall[1]
        found[row, column] = (there + back) / 2
    return found


@pytest.mark.parametrize("change", [lambda one: one, bent], ids=["straight", "bent"])
@pytest.mark.parametrize("pair", PAIRS)
def test_a_slow_twin_finds_the_same(pair, change):
    rig = [change(one) for one in cameras()]
    frame = walkers(instants=1, people=4).frames[0]
    assert EpipolarCost(rig).heights(frame, *pair) == pytest.approx(slow_heights(rig, frame, *pair), rel=1e-6, abs=1e-6)


def test_distances_are_in_heights():
    """Pictures twice as large, of the same scene: the same costs."""
    frame = walkers(instants=1).frames[0]
    larger = [CalibratedCamera(o.name, o.lens.scaled(1280, 960), o.rotation, o.translation_metres) for o in cameras()]
    views = tuple(View((view.boxes + 0.5) * 2 - 0.5, view.identities) for view in frame.views)
    scaled = MultiViewFrame(0.0, views)
    for a, b in PAIRS:
        assert EpipolarCost(larger)(scaled, a, b) == pytest.approx(EpipolarCost(cameras())(frame, a, b), abs=1e-6)


def test_halfway_costs_a_half():
    frame = walkers(instants=1).frames[0]
    heights = EpipolarCost(cameras()).heights(frame, 0, 1)
    cost = EpipolarCost(cameras(), halfway_heights=float(heights[0, 1]))(frame, 0, 1)
    assert cost[0, 1] == pytest.approx(0.5)
    assert ((cost < 0.5) == (heights < heights[0, 1])).all()


def test_a_mixture_of_halves_is_a_half():
    frame = walkers(instants=1).frames[0]

    def constant(value):
        return lambda frame, a, b: np.full((len(frame.views[a]), len(frame.views[b])), value)

    for share, expected in ((0.0, 0.2), (0.25, 0.3), (1.0, 0.6)):
        assert MixedCost(constant(0.2), constant(0.6), share)(frame, 0, 1) == pytest.approx(expected)
    assert MixedCost(constant(0.5), constant(0.5), 0.3)(frame, 0, 1) == pytest.approx(0.5)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_shares_are_shares(share):
    with pytest.raises(InputError, match="must be from 0 to 1, got"):
        MixedCost(PositionCost([SIZE] * 3), GroundCost(cameras()), share)


def partly_seen(session, seed):
    """Everybody is overlooked by each camera now and then."""
    rng = np.random.default_rng(seed)
    frames = [
        MultiViewFrame(frame.seconds, tuple(view.of(rng.uniform(size=len(view)) < 0.7) for view in frame.views))
        for frame in session.frames
    ]
    return session.with_frames(frames)


@pytest.mark.parametrize("cost", [EpipolarCost(cameras()), MixedCost(EpipolarCost(cameras()), GroundCost(cameras()))])
def test_a_half_is_where_people_are_told_apart(cost):
    """Thresholds well below and above a half are both worse, where many are seen by one camera alone."""
    session = partly_seen(walkers(instants=25, noise_pixels=2.0, seed=4), 4)
    frames = session.frames
    at_half, strict, lax = (measure(pairwise_outcomes(cost, frames, threshold)).f1 for threshold in (0.5, 0.95, 0.05))
    assert at_half > 0.8
    assert at_half > max(strict, lax)


def test_a_view_without_people_costs_nothing():
    frame = MultiViewFrame(0.0, (nobody(), *walkers(instants=1).frames[0].views[1:]))
    assert EpipolarCost(cameras())(frame, 0, 1).shape == (0, len(frame.views[1]))


def test_cameras_at_one_place_are_refused():
    one, two, _ = cameras()
    twin = CalibratedCamera.at("twin", two.lens, two.rotation, one.position_metres)
    with pytest.raises(InputError, match="cam1 and twin stand at the same place: from there, anybody may be anybody"):
        EpipolarCost((one, twin))(walkers(instants=1).frames[0], 0, 1)
