"""What places look like: laws that hold for every scenery."""

from functools import cache

import numpy as np
import pytest
from rays import directions, first_hits, triangles

from viewsync.worlds.places.build import scenery_of
from viewsync.worlds.places.furniture import furniture
from viewsync.worlds.places.indoors import ceiling_metres, room
from viewsync.worlds.places.light import daylight, room_light
from viewsync.worlds.places.make import make_place
from viewsync.worlds.places.outdoors import surroundings
from viewsync.worlds.places.place import Obstacle, Place

OUTDOORS, INDOORS = ["street", "lawn", "plaza"], ["room", "lab", "theatre"]
KINDS = OUTDOORS + INDOORS
GROUND = {"street": (-12.0, 16.0, -10.0, 10.0), "lawn": (-9.0, 9.0, -12.0, 8.0), "plaza": (-10.0, 5.0, -15.0, 15.0)} | {
    kind: (-3.0, 5.0, -4.0, 3.0) for kind in INDOORS
}


@cache
def place_of(kind, seed=1):
    return make_place(kind, seed, GROUND[kind])


@cache
def scenery(kind, seed=1):
    return scenery_of(place_of(kind, seed))


def corners_of(pieces):
    """Corners of all triangles, before they are painted."""
    return np.concatenate([piece.mesh.vertices[piece.mesh.faces] for piece in pieces])


def beyond(kind, points):
    """How far outside of the walkable ground points are."""
    x0, x1, y0, y1 = GROUND[kind]
    return np.linalg.norm(np.maximum(0, np.maximum((x0, y0) - points[..., :2], points[..., :2] - (x1, y1))), axis=-1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_scenery_to_the_bit(kind):
    one, again = scenery(kind), scenery_of(make_place(kind, 1, GROUND[kind]))
    assert (one.ambient, one.sky, len(one.surfaces)) == (again.ambient, again.sky, len(again.surfaces))
    for a, b in zip(one.surfaces, again.surfaces, strict=True):
        assert np.array_equal(a.vertices_metres, b.vertices_metres)
        assert np.array_equal(a.texture, b.texture)
    for a, b in zip(one.lamps, again.lamps, strict=True):
        assert np.array_equal(a.toward, b.toward)
        assert (a.color, a.intensity) == (b.color, b.intensity)


@pytest.mark.parametrize("kind", KINDS)
def test_other_seeds_give_other_colours_and_other_light(kind):
    one, other = scenery(kind), scenery(kind, 2)
    tones = [[surface.texture.mean(axis=(0, 1)) for surface in seen.surfaces if surface.ground] for seen in (one, other)]
    assert np.abs(tones[0][-1] - tones[1][-1]).max() > 2
    lights = [[(*lamp.toward, *lamp.color, lamp.intensity) for lamp in seen.lamps] for seen in (one, other)]
    assert lights[0] != lights[1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", [1, 2])
def test_normals_are_of_length_one_and_agree_with_the_winding(kind, seed):
    for surface in scenery(kind, seed).surfaces:
        np.testing.assert_allclose(np.linalg.norm(surface.normals, axis=1), 1, atol=1e-9)
        corners = surface.vertices_metres[surface.faces]
        winding = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        assert np.all(np.einsum("fa,fca->fc", winding, surface.normals[surface.faces]).max(axis=1) > 0)
        assert np.all(np.einsum("fa,fa->f", winding, surface.normals[surface.faces].sum(axis=1)) > 0)


@pytest.mark.parametrize("kind", KINDS)
def test_counts_and_sizes_are_bounded(kind):
    surfaces = scenery(kind).surfaces
    assert len(surfaces) <= 16
    assert sum(len(surface.faces) for surface in surfaces) <= 20_000
    assert len(scenery(kind).lamps) <= 4
    for surface in surfaces:
        assert surface.texture.shape == (512, 512, 3)
        assert surface.texture_coordinates.shape == (len(surface.vertices_metres), 2)
        assert surface.faces.max() == len(surface.vertices_metres) - 1


@pytest.mark.parametrize("kind", KINDS)
def test_triangles_are_small_where_people_walk_and_larger_only_far_away(kind):
    corners = triangles(scenery(kind))
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=-1).max(axis=1)
    distances = beyond(kind, corners).min(axis=1)
    assert np.all(edges <= np.where(distances < 3, 1.2, 1.2 + 0.9 * distances))


@pytest.mark.parametrize("kind", KINDS)
def test_the_ground_lies_at_zero_without_holes_or_overlaps(kind):
    ground = [surface for surface in scenery(kind).surfaces if surface.ground]
    corners = np.concatenate([surface.vertices_metres[surface.faces] for surface in ground])
    assert np.all(corners[..., 2] == 0)
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] / 2
    low, high = corners[..., :2].min(axis=(0, 1)), corners[..., :2].max(axis=(0, 1))
    assert areas.sum() == pytest.approx(np.prod(high - low))
    x0, x1, y0, y1 = GROUND[kind]
    reach = 60 if kind in OUTDOORS else 6
    assert np.all(low <= np.array([x0, y0]) - reach)
    assert np.all(high >= np.array([x1, y1]) + reach)
    rng = np.random.default_rng(1)
    points = np.column_stack([rng.uniform(x0, x1, 40), rng.uniform(y0, y1, 40), np.full(40, 1.0)])
    for point in points:
        distances, cosines = first_hits(corners, point, np.array([[0.0, 0.0, -1.0]]))
        assert (distances[0], cosines[0]) == pytest.approx((1, -1))


@pytest.mark.parametrize("kind", OUTDOORS)
def test_the_ground_shows_several_textures_where_people_walk(kind):
    near = [s for s in scenery(kind).surfaces if s.ground and np.any(beyond(kind, s.vertices_metres) == 0)]
    assert len(near) >= 4


@pytest.mark.parametrize("kind", INDOORS)
@pytest.mark.parametrize("margin_metres", [1.5, 6.0])
def test_a_room_encloses_cameras_and_shows_them_its_inside(kind, margin_metres):
    bare = room(Place(kind, 3, GROUND[kind], margin_metres=margin_metres), (), None)
    corners, (x0, x1, y0, y1) = corners_of(bare), GROUND[kind]
    far = margin_metres - 1
    for number, spot in enumerate([(x0 - far, y0 - far, 2.0), (x1 + far, y1 + far, 3.0), (x0, y1 + far, 1.0)]):
        distances, cosines = first_hits(corners, np.array(spot), directions(np.random.default_rng(number), 60))
        assert np.all(np.isfinite(distances))
        assert np.all(cosines < 0)


@pytest.mark.parametrize("kind", OUTDOORS)
def test_whatever_is_seen_outdoors_is_seen_from_its_front(kind):
    corners = triangles(scenery(kind))
    for number, spot in enumerate([(0.0, 0.0, 1.6), (30.0, 20.0, 3.0), (-35.0, 5.0, 12.0)]):
        arrows = directions(np.random.default_rng(number), 60) * (1, 1, 0.3)
        arrows /= np.linalg.norm(arrows, axis=1, keepdims=True)
        _, cosines = first_hits(corners, np.array(spot), arrows)
        assert np.all(cosines <= 0)
        # No gap between the ground and what stands behind it.
        assert np.all(cosines[arrows[:, 2] < 0] < 0)


@pytest.mark.parametrize("kind", OUTDOORS)
def test_nothing_but_obstacles_stands_between_cameras_and_the_ground(kind):
    corners, (x0, x1, y0, y1) = corners_of(surroundings(Place(kind, 1, GROUND[kind]))), GROUND[kind]
    rng = np.random.default_rng(1)
    for _ in range(12):
        turn, height = rng.uniform(0, 2 * np.pi), rng.uniform(2, 15)
        start = np.array([(x0 + x1) / 2 + 38 * np.cos(turn), (y0 + y1) / 2 + 38 * np.sin(turn), height])
        targets = np.column_stack([rng.uniform(x0, x1, 5), rng.uniform(y0, y1, 5), np.zeros(5)])
        away = np.linalg.norm(targets - start, axis=1)
        distances, _ = first_hits(corners, start, (targets - start) / away[:, None])
        np.testing.assert_allclose(distances, away, rtol=1e-6)


SIZES = [
    (0.4, 0.4, 2.8), (0.2, 0.2, 5.0), (0.3, 0.3, 0.9), (4.4, 1.8, 1.5), (1.8, 0.5, 0.85), (1.8, 0.5, 0.45), (1.3, 1.2, 0.9),
    (1.0, 0.5, 1.9), (1.7, 0.1, 1.6), (0.6, 0.5, 1.3), (2.0, 0.6, 0.95), (0.9, 0.5, 0.9), (1.6, 0.8, 0.74), (1.8, 0.9, 0.84),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["plaza", "room", "theatre"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_an_obstacle_is_drawn_within_its_box_from_the_ground_to_its_top(kind, size):
    obstacle = Obstacle((1.0, -0.5), size, 0.7)
    pieces = furniture(Place(kind, 1, GROUND[kind]), obstacle, np.random.default_rng(1))
    added = np.concatenate([piece.mesh.vertices for piece in pieces])
    away = added[:, :2] - obstacle.center_metres
    cos, sin = np.cos(0.7), np.sin(0.7)
    local = np.abs(away @ np.array([[cos, -sin], [sin, cos]]))
    below = added[:, 2] <= min(size[2], 2.0) + 1e-9
    assert np.all(local[below] <= np.array(size[:2]) / 2 + 0.011)
    assert added[:, 2].min() == pytest.approx(0, abs=1e-9)
    assert added[:, 2].max() >= 0.9 * size[2]


def test_a_lamp_hangs_over_the_operating_table_and_is_the_strongest():
    place = make_place("theatre", 2, GROUND["theatre"])
    table, lamps = place.obstacles[0], scenery_of(place).lamps
    strongest = max(lamps, key=lambda lamp: lamp.intensity)
    assert strongest.near
    assert strongest.shadows
    np.testing.assert_allclose(strongest.toward[:2], table.center_metres)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(8))
def test_light_neither_washes_out_nor_leaves_in_the_dark(kind, seed):
    place = place_of(kind, seed)
    light = room_light(place, ceiling_metres(place), None) if place.indoors else daylight(seed)
    assert sum(lamp.shadows for lamp in light.lamps) <= 1
    x0, x1, y0, y1 = GROUND[kind]
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2, 0.0])
    up = np.array([0.0, 0.0, 1.0])
    on_ground = np.array(light.ambient)
    for lamp in light.lamps:
        toward = lamp.toward - middle if lamp.near else lamp.toward
        cosine = max(0.0, float(up @ toward / np.linalg.norm(toward)))
        on_ground = on_ground + lamp.intensity * cosine * np.array(lamp.color)
    assert 0.5 < on_ground.mean() < 1.15
    assert min(light.ambient) > 0.25
