import numpy as np
import pytest
from dolls import camera, doll, scenery, world

from viewsync.worlds.film.shot import shoot
from viewsync.worlds.people.joints import JOINTS

pytestmark = pytest.mark.opengl


def sightings(people, **wishes):
    filming = camera(**{"position": (0, -6, 0.9)} | wishes)
    return next(shoot(world(people, filming), filming, scenery=scenery())).sightings


def test_where_somebody_is():
    seen = sightings([doll(7, (1, 0, 0), radius=0.2)])
    assert seen.frames.tolist() == [0]
    assert seen.people.tolist() == [7]
    assert seen.ground_metres[0] == pytest.approx([1, 0])
    assert seen.joints_metres[0, :, 2] == pytest.approx(np.linspace(0.05, 0.95, len(JOINTS)) * 1.7)
    assert seen.joints_pixels[0, :, 0] == pytest.approx(np.full(len(JOINTS), 250 / 6 + 159.5))
    left, top, right, bottom = seen.boxes_pixels[0]
    # The sides are where lines of sight touch the pillar, the ends on its near edge.
    middle, half = np.arctan2(1, 6), np.arcsin(0.2 / np.hypot(1, 6))
    assert (left, right) == pytest.approx(250 * np.tan([middle - half, middle + half]) + 159.5, abs=0.3)
    assert (top, bottom) == pytest.approx(250 * np.array([-0.8, 0.9]) / 5.8 + 89.5, abs=0.3)
    assert seen.visible_shares[0] == pytest.approx(1)
    assert seen.joints_visible[0, 4:-4].all()


def test_nobody():
    seen = sightings([])
    assert len(seen) == 0
    assert seen.boxes_pixels.shape == (0, 4)
    assert seen.joints_visible.shape == (0, len(JOINTS))


def test_somebody_behind_somebody_else():
    seen = sightings([doll(1, (0, 0, 0)), doll(2, (0, -1.5, 0), radius=0.3)])
    assert seen.visible_shares == pytest.approx([0, 1], abs=0.02)
    assert not seen.joints_visible[0].any()
    assert seen.joints_visible[1, 4:-4].all()
    assert np.isfinite(seen.boxes_pixels).all()


def test_somebody_half_behind_somebody_else():
    # The near one's edge is the line of sight to the far one's middle.
    seen = sightings([doll(1, (0, 0, 0), radius=0.3), doll(2, (0.3, -1.5, 0), radius=0.3)])
    assert seen.visible_shares[0] == pytest.approx(0.5, abs=0.08)


def test_half_out_of_the_picture():
    edge = 160 / 250 * 6
    seen = sightings([doll(1, (edge, 0, 0), radius=0.3)])
    assert seen.visible_shares[0] == pytest.approx(0.5, abs=0.08)
    assert seen.boxes_pixels[0, 2] > 320


def test_out_of_the_picture_and_behind_the_camera():
    seen = sightings([doll(1, (9, 0, 0)), doll(2, (0, -8, 0)), doll(3, (0.1, -6, 0))])
    assert seen.people.tolist() == [1, 2, 3]
    assert seen.visible_shares[:2].tolist() == [0, 0]
    assert not seen.joints_visible[:2].any()
    assert seen.boxes_pixels[0, 0] > 320
    assert np.isnan(seen.boxes_pixels[1:]).all()
    assert np.isnan(seen.joints_pixels[1]).all()


@pytest.mark.parametrize(("ahead", "visible"), [(0.25, True), (0.0, True), (-0.25, False)])
def test_the_own_body_hides_only_what_lies_clearly_behind(ahead, visible):
    seen = sightings([doll(1, (0, 0, 0), radius=0.3, joints_ahead=ahead)])
    # The lowest and the uppermost lie near the flat ends, as the joints of feet do near the soles.
    assert (seen.joints_visible[0, 4:-4] == visible).all()
