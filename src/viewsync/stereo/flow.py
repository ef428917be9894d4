"""Optical flow between two frames, drawn as a picture."""

from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

Encoding = Literal["printed", "absolute"]
FLOW = {"pyr_scale": 0.5, "levels": 3, "winsize": 15, "iterations": 3, "poly_n": 5, "poly_sigma": 1.2, "flags": 0}
"""The paper's arguments of `cv2.calcOpticalFlowFarneback`, in pixels of whatever size the frames are."""
HALF_SPEED = 1.0
"""Pixels per frame of a picture 224 wide that are drawn half as brightly as can be.

Speed v gets v / (v + half): hands are ten times as fast as a pushed camera's picture, and both are to be told from rest.
"""
_HALF_SPEED_WIDTH = 224


def flow_field(
    before: UInt8[np.ndarray, "height width"], after: UInt8[np.ndarray, "height width"]
) -> Float32[np.ndarray, "height width 2"]:
    """Farnebäck's flow, in pixels right and down from one gray frame to the next."""
    field = cv2.calcOpticalFlowFarneback(before, after, None, **FLOW)  # type: ignore[call-overload]
    return np.asarray(field, np.float32)


def flow_image(
    before: UInt8[np.ndarray, "height width"], after: UInt8[np.ndarray, "height width"], encoding: Encoding
) -> UInt8[np.ndarray, "height width 3"]:
    """The flow between two gray frames as an RGB picture: hue is its direction, brightness its speed.

    Where nothing moves at all, the picture is black.

    Args:
        before: The earlier frame.
        after: The later one, of the same size.
        encoding: ``printed``: each picture's slowest pixel is black and its fastest as bright as can be, so how fast that is
            gets lost. ``absolute``: brightness is speed, on one scale for all (see `HALF_SPEED`).
    """
    field = flow_field(before, after)
    speed, angle = (np.asarray(part) for part in cv2.cartToPolar(field[..., 0], field[..., 1]))
    if encoding == "printed":
        brightness = cv2.normalize(speed, None, 0, 255, cv2.NORM_MINMAX)  # type: ignore[call-overload]
    else:
        brightness = 255 * speed / (speed + HALF_SPEED * speed.shape[1] / _HALF_SPEED_WIDTH)
    hsv = np.empty((*speed.shape, 3), np.uint8)
    hsv[..., 0] = angle * (90 / np.pi)  # OpenCV counts hues in steps of 2°.
    hsv[..., 1] = 255
    hsv[..., 2] = brightness
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), np.uint8)
