import cv2
import numpy as np
import pytest

from viewsync.signals import motion
from viewsync.signals.flow import FlowReader, small_field
from viewsync.types import Frame


def film(frames=6, shape=(90, 160), step=2.0):
    """A texture that slides to the right."""
    noise = np.random.default_rng(0).uniform(0, 255, (shape[0], shape[1] + 60)).astype(np.float32)
    texture = cv2.GaussianBlur(noise, (0, 0), 2)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX)
    for index in range(frames):
        slide = np.float32([[1, 0, step * index - 30], [0, 1, 0]])
        gray = cv2.warpAffine(texture, slide, shape[::-1])
        yield Frame(index, index / 30, gray.astype(np.uint8))


def test_flow_goes_where_things_go():
    reader = FlowReader()
    first, *others = [reader.flow(frame) for frame in film()]
    assert first is None
    for flow in others:
        np.testing.assert_allclose(np.median(flow, axis=(0, 1)), [2, 0], atol=0.1)


def test_asked_again_for_a_frame_it_answers_the_same():
    once, twice = FlowReader(), FlowReader()
    for frame in film():
        plain, again = once.flow(frame), (twice.flow(frame), twice.flow(frame))
        assert again[0] is again[1]
        assert plain is None if again[0] is None else np.array_equal(plain, again[0])


def test_shared_flow_leaves_the_motion_cue_as_it_is():
    shared, own = FlowReader(), motion.Extractor()
    sharing = motion.Extractor(shared)
    for frame in film():
        shared.flow(frame)
        sharing.push(frame)
        own.push(frame)
    assert own.moved.any()
    np.testing.assert_array_equal(sharing.moved, own.moved)
    np.testing.assert_array_equal(sharing.times_seconds, own.times_seconds)


def test_pictures_of_a_few_pixels_show_nothing():
    reader = FlowReader()
    flows = [reader.flow(Frame(index, index / 30, np.full((9, 200), 40 * index, np.uint8))) for index in range(3)]
    assert not np.any(flows[2])
    assert small_field(flows[2], 1 / 30).shape == (2, 24, 32)


@pytest.mark.parametrize(
    ("height", "width", "pixels", "fps"),
    [
        (90, 160, 3.0, 30),
        (45, 80, 1.5, 30),
        (90, 160, 1.5, 60),
        (160, 90, 3.0, 30),
        (120, 120, 2.25, 30),
        (16, 20, 0.375, 30),
    ],
)
def test_fields_depend_neither_on_size_nor_on_rate(height, width, pixels, fps):
    flow = np.broadcast_to(np.float32([pixels, -pixels / 3]), (height, width, 2)).copy()
    expected = np.broadcast_to(np.float32([3, -1])[:, None, None], (2, 24, 32))
    np.testing.assert_allclose(small_field(flow, 1 / fps), expected, rtol=1e-5)


def test_fields_keep_places():
    flow = np.zeros((96, 128, 2), np.float32)
    flow[:48, 64:] = 1
    field = small_field(flow, 1 / 30)
    assert (field[:, :12, 16:] > 0).all()
    assert not field[:, 12:].any()
    assert not field[:, :, :16].any()
