"""The motion cue on drawn scenes: laws first, then offsets far below a frame, then refusals."""

from functools import cache

import cv2
import numpy as np
import pytest

from viewsync.signals import motion
from viewsync.types import Frame, Search, Signal
from viewsync.worlds.clock import truth
from viewsync.worlds.drawn.sketch import Scene, SketchCamera, render

SCENE = Scene(seed=3, bodies=2)
FRONT = SketchCamera(seed=1, azimuth_degrees=10, duration_seconds=14)
SIDE = SketchCamera(seed=2, azimuth_degrees=85, elevation_degrees=25, duration_seconds=14, offset_seconds=1.2345)
HAND_HELD = SketchCamera(seed=3, azimuth_degrees=200, duration_seconds=14, offset_seconds=-0.777, shake_degrees=1.0, fps=25)


@cache
def seen(camera: SketchCamera, scene: Scene = SCENE, mirror: bool = False, turn: int = 0) -> Signal:
    extractor = motion.Extractor()
    for index, (seconds, picture) in enumerate(render(scene, camera)):
        gray = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (160, 90), interpolation=cv2.INTER_AREA)
        gray = np.rot90(gray[:, ::-1] if mirror else gray, turn)
        extractor.push(Frame(index, seconds, np.ascontiguousarray(gray)))
    return extractor.signal()


def best_offset(a: Signal, b: Signal) -> float:
    belief = motion.belief(a, b, Search())
    return float(belief.offsets_seconds[np.argmax(belief.log_likelihood_ratio)])


def moved_by(signal: Signal, seconds: float) -> Signal:
    return Signal(signal.cue, signal.values, signal.valid, signal.rate_hz, signal.start_seconds + seconds)


def test_swapping_mirrors_the_belief():
    forward, backward = (motion.belief(x, y, Search()) for x, y in ((seen(FRONT), seen(SIDE)), (seen(SIDE), seen(FRONT))))
    np.testing.assert_allclose(backward.offsets_seconds, -forward.offsets_seconds[::-1], atol=1e-9)
    # The null distribution is measured on the second signal reversed or on the first: not quite the same sample.
    np.testing.assert_allclose(backward.log_likelihood_ratio[::-1], forward.log_likelihood_ratio, rtol=0.15, atol=0.5)


def test_moving_a_clock_moves_the_belief():
    here, there = (
        motion.belief(seen(FRONT), seen(SIDE), Search()),
        motion.belief(moved_by(seen(FRONT), 100.25), seen(SIDE), Search()),
    )
    np.testing.assert_allclose(there.offsets_seconds, here.offsets_seconds + 100.25)
    np.testing.assert_allclose(there.log_likelihood_ratio, here.log_likelihood_ratio)


@pytest.mark.parametrize("other", [SIDE, HAND_HELD], ids=["side", "hand-held at 25 fps"])
def test_offsets_far_below_a_frame(other):
    a, b = seen(FRONT), seen(other)
    true_offset, _ = truth(FRONT, other)
    coarse = best_offset(a, b)
    assert coarse == pytest.approx(true_offset, abs=0.05)
    (local,) = motion.local_offsets(a, b, coarse)
    assert local.offset_seconds == pytest.approx(true_offset, abs=max(4 * local.std_seconds, 0.012))
    assert local.std_seconds < 0.02


def test_offsets_close_around_three_cameras():
    a, b, c = seen(FRONT), seen(SIDE), seen(HAND_HELD)
    ab, bc, ac = (motion.local_offsets(x, y, best_offset(x, y))[0] for x, y in ((a, b), (b, c), (a, c)))
    error = np.sqrt(sum(local.std_seconds**2 for local in (ab, bc, ac)))
    assert abs(ab.offset_seconds + bc.offset_seconds - ac.offset_seconds) < 4 * error + 0.005


@pytest.mark.parametrize(("mirror", "turn"), [(True, 0), (False, 1), (True, 2)])
def test_turned_and_mirrored_pictures_cost_nothing(mirror, turn):
    true_offset, _ = truth(FRONT, SIDE)
    assert best_offset(seen(FRONT), seen(SIDE, mirror=mirror, turn=turn)) == pytest.approx(true_offset, abs=0.05)


def test_unrelated_scenes_have_no_confident_offset():
    other = seen(SIDE, Scene(seed=44, bodies=2))
    belief = motion.belief(seen(FRONT), other, Search())
    assert belief.log_likelihood_ratio.max() < np.log(len(belief.offsets_seconds)) + 3


def test_a_still_scene_says_nothing_at_all():
    still = seen(FRONT, Scene(seed=3, activity=0.0))
    assert not still.valid.any()
    belief = motion.belief(still, seen(SIDE), Search())
    np.testing.assert_array_equal(belief.log_likelihood_ratio, 0.0)
    assert motion.local_offsets(still, seen(SIDE), 0.0) == []


@pytest.mark.parametrize("noise", [0.0, 1.0, 5.0])
def test_stillness_does_not_depend_on_the_noise(noise):
    camera = SketchCamera(seed=9, duration_seconds=3, noise=noise)
    assert not seen(camera, Scene(seed=3, activity=0.0)).valid.any()


def test_motion_that_never_changes_is_a_signal_without_evidence():
    unchanging = motion.motion_signal(np.arange(50) / 30, np.full((49, 32), 0.25, dtype=np.float32))
    assert not unchanging.valid.any()
    assert np.isfinite(unchanging.values).all()


def test_one_frame_is_a_signal_without_evidence():
    extractor = motion.Extractor()
    extractor.push(Frame(0, 0.5, np.zeros((90, 160), np.uint8)))
    assert not extractor.signal().valid.any()


def test_the_cameras_own_motion_is_removed():
    # A pan, a zoom and a roll of the whole picture are affine flows; a patch moves on top of them.
    rows, columns = np.mgrid[-45:45, -80:80].astype(np.float32)
    flow = np.stack([1.5 + 0.01 * columns - 0.02 * rows, -0.8 + 0.02 * columns + 0.01 * rows], axis=-1)
    np.testing.assert_allclose(motion.foreground_motion(flow), 0.0, atol=0.02)
    flow[:22, :40] += (0.0, 2.0)
    moved = motion.foreground_motion(flow)
    assert moved[0, 0, 1] == pytest.approx(2.0, abs=0.25)
    assert np.abs(np.delete(moved.reshape(16, 2), 0, axis=0)).max() < 0.25


def test_no_candidates_where_the_overlap_is_too_short():
    belief = motion.belief(seen(FRONT), seen(SIDE), Search(min_overlap_seconds=60.0))
    assert belief.offsets_seconds.size == 0


@pytest.mark.parametrize("shape", [(1, 1), (2, 200), (9, 9)])
def test_pictures_of_a_few_pixels_show_nothing(shape):
    extractor = motion.Extractor()
    for index in range(5):
        extractor.push(Frame(index, index / 30, np.full(shape, 40 * index, dtype=np.uint8)))
    assert not extractor.signal().valid.any()
