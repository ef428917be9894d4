"""Clothes: what people wear, and how it sits."""

import functools
import pickle
from dataclasses import replace

import numpy as np
import pytest
from sampled_bodies import anyhow, at_rest, some_bodies

from viewsync.worlds.people import garments
from viewsync.worlds.people.chart import SIZE_TEXELS
from viewsync.worlds.people.clothes import Clothes
from viewsync.worlds.people.fabrics import PATTERNS, Fabric
from viewsync.worlds.people.shapes import average_body, shapes
from viewsync.worlds.people.wardrobe import dress, uniform

pytest.importorskip("anny", reason="bodies come from anny: pip install 'viewsync[worlds]'")


@functools.cache
def dressed(seed: int):
    return dress(some_bodies()[seed], np.random.default_rng(seed))


def shown(clothes: Clothes, level: int = 0) -> np.ndarray:
    """Texture where the vertices of a level of detail are."""
    across, down = (SIZE_TEXELS * clothes.coats[level].texture_coordinates.T).astype(int)
    return clothes.texture[down, across].astype(float)


@pytest.mark.parametrize("seed", range(4))
def test_clothes_fit_the_body_they_come_with(seed):
    body, (clad, clothes) = some_bodies()[seed], dressed(seed)
    assert len(clothes.coats) == len(clad.details)
    for coat, detail in zip(clothes.coats, clad.details, strict=True):
        assert len(coat.colors) == len(coat.texture_coordinates) == len(detail.rest_metres)
        assert coat.texture_coordinates.min() >= 0
        assert coat.texture_coordinates.max() < 1
        np.testing.assert_allclose(detail.weights.sum(1), 1, atol=1e-5)
        np.testing.assert_allclose(np.linalg.norm(detail.rest_normals, axis=1), 1, atol=1e-5)
        assert detail.rest_metres[:, 2].min() >= 0
        assert np.isfinite(detail.rest_metres).all()
        corners = np.moveaxis(detail.rest_metres[detail.faces], 1, 0)
        outward = np.cross(corners[1] - corners[0], corners[2] - corners[0])
        assert (corners[0] * outward).sum() > 0
    poses = anyhow(seed)
    np.testing.assert_array_equal(clad.joints(poses), body.joints(poses))
    assert clad.height_metres == body.height_metres


@pytest.mark.parametrize("seed", range(4))
def test_clothed_people_are_thicker_but_not_by_much(seed):
    naked, (clad, _) = some_bodies()[seed].details[0].rest_metres, dressed(seed)
    moved = np.linalg.norm(clad.details[0].rest_metres[: len(naked)] - naked, axis=1)
    assert np.median(moved[_on_the_chest()]) > 0.004
    assert np.quantile(moved, 0.99) < 0.06


def test_the_same_seed_gives_the_same_clothes_and_another_one_others():
    body = some_bodies()[0]
    (clad, first), (again, same), (_, other) = (dress(body, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.texture, same.texture)
    np.testing.assert_array_equal(clad.details[0].rest_metres, again.details[0].rest_metres)
    assert np.abs(first.texture.astype(float) - other.texture).mean() > 10


def test_colours_and_brightness_span_a_wide_range():
    chests = np.array([np.median(shown(dressed(seed)[1])[_on_the_chest()], axis=0) for seed in range(12)])
    spread = chests.max(1) - chests.min(1)
    assert chests.mean(1).std() > 25
    assert spread.min() < 30
    assert spread.max() > 90


def _on_the_chest() -> np.ndarray:
    spots = shapes().spots[0]
    x, _, z = spots.points_metres.T
    return np.flatnonzero((np.abs(x) < 0.12) & (np.abs(z - 1.22) < 0.08) & (spots.arm < 0))


@pytest.mark.parametrize("kind", ["scrubs", "platoon"])
def test_a_uniform_is_the_same_on_everybody(kind):
    rng = np.random.default_rng(0)
    looks = [uniform(body, rng, kind)[1] for body in some_bodies()[:4]]
    spots = shapes().chart.spots
    z = spots.points_metres[:, 2]
    trunk = np.isin(shapes().chart.nearest, np.flatnonzero((z < 1.15) & (z > 0.3) & (spots.arm < 0.7)))
    for look in looks[1:]:
        np.testing.assert_array_equal(look.texture[trunk], looks[0].texture[trunk])
    assert looks[0].texture[~trunk].tobytes() != looks[1].texture[~trunk].tobytes()


def test_scrubs_are_green_and_cover_hair_and_hands():
    _, clothes = uniform(some_bodies()[0], np.random.default_rng(0))
    spots, colors = shapes().spots[0], shown(clothes)
    crown = spots.points_metres[:, 2] > 1.6
    for part in (_on_the_chest(), crown):
        red, green, blue = np.median(colors[part], axis=0)
        assert green > red + 40
        assert green > blue
    hands = np.median(colors[spots.arm > 2.2], axis=0)
    assert hands[2] > hands[0] + 20
    assert clothes.texture.shape == (SIZE_TEXELS, SIZE_TEXELS, 3)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_shows_on_the_shirt(pattern):
    spots = shapes().chart.spots
    colors = np.array([(0.9, 0.9, 0.9), (0.1, 0.2, 0.6), (0.7, 0.1, 0.1)])
    painted = Fabric(colors, pattern, 0.06, 4).paint(spots)
    chest = (np.abs(spots.points_metres[:, 0]) < 0.16) & (np.abs(spots.points_metres[:, 2] - 1.18) < 0.12)
    share = np.mean(painted[chest, 0] < 0.6)
    assert share == 0 if pattern == "plain" else 0.02 < share < 0.98


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_meet_behind(pattern):
    spots = shapes().chart.spots
    colors = np.array([(1.0, 1.0, 1.0), (0.0, 0.0, 0.0), (0.5, 0.0, 0.0)])
    once_more = replace(spots, around_metres=spots.around_metres + spots.girth_metres)
    here, there = (Fabric(colors, pattern, 0.05, 3).paint(each) for each in (spots, once_more))
    assert np.mean(np.abs(here - there).max(1) > 0.01) < 1e-3


def test_a_garment_ends_where_it_should():
    spots = shapes().chart.spots
    short = garments.top(0.6, 0.9)(spots) > 0
    assert not short[spots.arm > 0.7].any()
    assert short[(spots.arm > 0.1) & (spots.arm < 0.5)].all()
    assert not short[(spots.points_metres[:, 2] < 0.88) & (spots.arm < 0)].any()
    assert not short[spots.points_metres[:, 2] > 1.42].any()
    trousers = garments.bottom(1.9, 0.98)(spots) > 0
    assert not trousers[spots.leg > 2].any()
    assert not trousers[spots.arm > 0.5].any()
    assert trousers[(spots.leg > 0.1) & (spots.leg < 1.8) & (spots.points_metres[:, 2] < 0.9)].all()


def test_a_skirt_hangs_around_both_legs_and_swings_with_them():
    body = next(body for body in some_bodies() if body.gender > 0.5 and body.age_years > 20)
    seed = next(seed for seed in range(40) if len(_dress(body, seed).details[0].faces) > len(body.details[0].faces))
    clad = _dress(body, seed)
    for detail, naked in zip(clad.details, body.details, strict=True):
        skirt = detail.rest_metres[len(naked.rest_metres) :]
        faces = detail.faces[len(naked.faces) :]
        a, b, c = np.moveaxis(detail.rest_metres[faces], 1, 0)
        outward = np.cross(b - a, c - a)
        assert ((outward * detail.rest_normals[faces[:, 0]]).sum(1) > 0).all()
        middle = naked.rest_metres[np.abs(naked.rest_metres[:, 2] - skirt[:, 2].mean()) < 0.03]
        legs = middle[np.abs(middle[:, 0]) < 0.3 * body.height_metres / 1.7]
        assert skirt[:, 0].max() > legs[:, 0].max()
        assert skirt[:, 1].min() < legs[:, 1].min()
    still = clad.surface(at_rest(body), 0)[0][0]
    np.testing.assert_allclose(still, clad.details[0].rest_metres, atol=1e-6)


def _dress(body, seed):
    return dress(body, np.random.default_rng(seed))[0]


def test_clothes_travel_light():
    assert len(pickle.dumps(dressed(0)[1])) < 1_200_000


def test_the_map_covers_the_average_body():
    chart, level = shapes().chart, average_body().details[0]
    assert chart.nearest.shape == (SIZE_TEXELS, SIZE_TEXELS)
    points = chart.spots.points_metres
    np.testing.assert_allclose(points.min(0), level.rest_metres.min(0), atol=0.01)
    np.testing.assert_allclose(points.max(0), level.rest_metres.max(0), atol=0.01)
    assert (chart.spots.arm > 1).mean() > 0.05
    assert (chart.spots.leg > 1).mean() > 0.05
    np.testing.assert_array_equal(chart.spots.arm > 1, (chart.spots.arm > 1) & (np.abs(points[:, 0]) > 0.25))
