import colorsys

import cv2
import numpy as np
import pytest
from eyes import sliding, texture

from viewsync.stereo.flow import flow_field, flow_image


def moved(right, down, size=112):
    """A texture before and after it moved."""
    wide = texture(4, size + 40, size + 40)
    return wide[20 : 20 + size, 20 : 20 + size], wide[20 - down : 20 - down + size, 20 - right : 20 - right + size]


@pytest.mark.parametrize(
    ("right", "down", "colour"),
    # Hue goes round from red by yellow, green, blue, as the direction does from right by down, left, up.
    [(2, 0, (255, 0, 0)), (0, 2, (128, 255, 0)), (-2, 0, (0, 255, 255)), (0, -2, (128, 0, 255)), (2, 2, (255, 191, 0))],
)
def test_hue_is_direction(right, down, colour):
    before, after = moved(right, down)
    np.testing.assert_allclose(np.median(flow_field(before, after), axis=(0, 1)), (right, down), atol=0.05)
    for encoding in ("printed", "absolute"):
        pixel = np.median(flow_image(before, after, encoding), axis=(0, 1))
        np.testing.assert_allclose(pixel / pixel.max(), np.array(colour) / 255, atol=0.06)


def test_absolute_brightness_is_speed_in_any_size():
    # By hand: v / (v + 1) of 255, v in pixels of a picture 224 wide.
    for speed, size, level in ((1, 224, 127.5), (2, 224, 170), (4, 224, 204), (1, 112, 170), (2, 112, 204)):
        brightness = flow_image(*moved(speed, 0, size), "absolute").max(axis=2)
        assert np.median(brightness) == pytest.approx(level, abs=3)


def test_printed_brightness_is_relative_to_the_fastest_pixel():
    for speed in (1, 2, 4):
        brightness = flow_image(*moved(speed, 0), "printed").max(axis=2)
        assert brightness.max() == 255
        assert brightness.min() == 0


def test_pixel_by_pixel_it_is_the_same():
    """As the paper's authors colour flow, without OpenCV."""
    before, after = sliding(frames=12, size=(40, 30))[-2:]
    x, y = np.moveaxis(flow_field(before, after).astype(float), 2, 0)
    speed, degrees = np.hypot(x, y), np.degrees(np.arctan2(y, x)) % 360
    brightness = np.floor(255 * (speed - speed.min()) / np.ptp(speed))
    hues = np.floor(degrees / 2) * 2 / 360
    slow = [
        [colorsys.hsv_to_rgb(hue, 1, value) for hue, value in zip(*row, strict=True)]
        for row in zip(hues, brightness, strict=True)
    ]
    difference = np.abs(flow_image(before, after, "printed") - np.array(slow))
    assert np.quantile(difference, 0.99) <= 1
    assert difference.mean() < 0.5


@pytest.mark.parametrize("encoding", ["printed", "absolute"])
@pytest.mark.parametrize("level", [0, 90])
def test_where_nothing_moves_all_is_black(encoding, level):
    still = np.full((48, 64), level, np.uint8)
    assert not flow_image(still, still, encoding).any()
    # Along the right and the lower edge Farnebäck's flow is off by tenths of a pixel.
    textured = cv2.resize(texture(1), (64, 48))
    assert flow_image(textured, textured, "absolute")[:24, :40].max() <= 1
