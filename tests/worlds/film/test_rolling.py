import numpy as np
import pytest
from dolls import camera
from scipy.optimize import brentq

from viewsync.worlds.cameras.camera import Shutter
from viewsync.worlds.film.optics import Optics
from viewsync.worlds.film.rolling import Glance, instants


def test_instants_of_a_frame():
    filming = camera(shutter=Shutter(0.01, 0.02, blur_samples=2), offset_seconds=5.0)
    assert instants(filming, np.array([1.0])) == pytest.approx(np.array([[[5.9875, 6.0075], [5.9925, 6.0125]]]))


def test_all_rows_at_once_have_one_instant():
    assert instants(camera(), np.array([1.0, 2.0])).ravel().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("distortion", [(0.0,) * 5, (-0.2, 0.05, 0.001, -0.001, 0.0)], ids=["pinhole", "bent"])
def test_each_point_is_seen_when_its_row_is_exposed(distortion):
    """The slow way: for each point, search the time at which the row that shows it is exposed."""
    rng = np.random.default_rng(2)
    filming = camera(distortion=distortion, shutter=Shutter(readout_seconds=0.03))
    optics, (first, last) = Optics(filming.lens), instants(filming, np.zeros(1))[0, 0]
    starts, speeds = rng.uniform((-2, -1, -0.5), (2, 3, 2.2), (40, 3)), rng.uniform(-8, 8, (40, 3))

    def view(seconds):
        rotations, positions = filming.mount.view(seconds)
        angle = 1.5 * seconds
        one, zero = np.ones_like(angle), np.zeros_like(angle)
        nod = np.stack([one, zero, zero, zero, np.cos(angle), -np.sin(angle), zero, np.sin(angle), np.cos(angle)], -1)
        return nod.reshape(-1, 3, 3) @ rotations, positions + seconds[:, None] * (1.0, 0.5, 0.2)

    def pixels(seconds):
        (rotation,), (position,) = view(np.array([seconds]))
        return filming.lens.project((starts + seconds * speeds - position) @ rotation.T)

    ends = np.array([first, last])
    seen = Glance(*view(ends), optics).see(starts + ends[:, None, None] * speeds)
    inside = 0
    for point in range(len(starts)):

        def late(seconds, point=point):
            return seconds - (first + (last - first) * (pixels(seconds)[point, 1] + 0.5) / filming.lens.height)

        if late(first) < 0 < late(last):
            exposed = brentq(late, first, last)
            assert optics.pixels(seen.metres)[point] == pytest.approx(pixels(exposed)[point], abs=0.1)
            assert seen.shares[point] == pytest.approx((exposed - first) / (last - first), abs=0.005)
            inside += 1
    assert inside > 15
