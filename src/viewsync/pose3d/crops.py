"""Squares cut out of pictures around somebody, and the cameras that would have taken them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import ceil
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.geometry.triangulation import projected, projection_matrices
from viewsync.types import InputError

Crop = Literal["clip", "frame"]
"""Of a view. ``clip``: one for all of its pictures. ``frame``: each picture's own, which follows the person."""
Boxes = Float[np.ndarray, "instant 4"]
"""Left, top, right and bottom edge; pixel 0 lies between 0 and 1. nan where there is none."""
_MARGIN_METRES = 0.2
"""From joints to where hands, feet and hair end."""
_NEAREST_METRES = 0.1


def boxes_around(camera: CalibratedCamera, joints_metres: Float[np.ndarray, "instant joint 3"]) -> Boxes:
    """Boxes around joints, in pixels as without distortion; nan where none is known, or one is behind the camera.

    Args:
        camera: Whose pictures they are of.
        joints_metres: nan where a joint isn't known.
    """
    depths = (joints_metres @ camera.rotation.T + camera.translation_metres)[..., 2]
    (pixels,) = projected(projection_matrices([camera]), joints_metres)
    with np.errstate(invalid="ignore", divide="ignore"):
        margins = _MARGIN_METRES * np.array(camera.lens.focal_pixels) / depths[..., None]
        # fmin and fmax leave nan out.
        low = np.fmin.reduce(pixels + 0.5 - margins, axis=1)
        high = np.fmax.reduce(pixels + 0.5 + margins, axis=1)
        behind = np.fmin.reduce(depths, axis=1) < _NEAREST_METRES
    return np.where(behind[:, None], np.nan, np.concatenate([low, high], axis=1))


def squared(boxes: Float[np.ndarray, "*batch 4"]) -> Float[np.ndarray, "*batch 4"]:
    """The squares about boxes' middles that hold them."""
    low, high = boxes[..., :2], boxes[..., 2:]
    middle, half = (low + high) / 2, (high - low).max(axis=-1, keepdims=True) / 2
    return np.concatenate([middle - half, middle + half], axis=-1)


def crops(crop: Crop, camera: CalibratedCamera, joints_metres: Float[np.ndarray, "instant joint 3"], boxes: Boxes) -> Boxes:
    """What is cut out of each picture of a view.

    Args:
        crop: How.
        camera: The view's.
        joints_metres: The person's; nan where a joint isn't known.
        boxes: Those that the data tell, or `boxes_around`; nan where the view doesn't show the person.

    Returns:
        Squares; nan where boxes are.
    """
    missing = np.isnan(boxes).any(axis=1)
    if crop == "frame" or missing.all():
        return squared(boxes)
    # Closer than squares of a detector: who stands is high, and walks to the sides.
    around = boxes_around(camera, joints_metres)[~missing]
    around = around[np.isfinite(around).all(axis=1)]
    taken = around if len(around) else boxes[~missing]
    one = squared(np.concatenate([taken[:, :2].min(axis=0), taken[:, 2:].max(axis=0)]))
    return np.where(missing[:, None], np.nan, one)


def cropped_camera(camera: CalibratedCamera, box: Float[np.ndarray, " 4"], side_pixels: int) -> CalibratedCamera:
    """The camera, without distortion, that shows a box of its pictures in pictures of another size.

    Args:
        camera: Of the whole pictures.
        box: Part of them, or more than that.
        side_pixels: Of the cut-out picture.
    """
    left, top, right, bottom = box.tolist()
    across, down = side_pixels / (right - left), side_pixels / (bottom - top)
    (fx, fy), (cx, cy) = camera.lens.focal_pixels, camera.lens.center_pixels
    center = ((cx + 0.5 - left) * across - 0.5, (cy + 0.5 - top) * down - 0.5)
    return replace(camera, lens=Lens(side_pixels, side_pixels, (fx * across, fy * down), center))


def cropped(
    camera: CalibratedCamera, boxes: Boxes, side_pixels: int, pictures: Iterable[UInt8[np.ndarray, "_ _"] | None]
) -> Iterator[UInt8[np.ndarray, "_ _"]]:
    """Cut-out pictures without the lens' distortion, black where the camera shows nothing.

    Args:
        camera: Of the whole pictures.
        boxes: Of each.
        side_pixels: That they are made for: sides are the least multiple of it at which no pixel of the whole is left out.
        pictures: Whole and gray; None where there is none.

    Raises:
        InputError: A picture isn't of the size that the camera is calibrated for.
    """
    lens, last, maps = camera.lens, np.zeros(4), None
    for box, picture in zip(boxes, pictures, strict=True):
        if picture is None or np.isnan(box).any():
            yield np.zeros((side_pixels, side_pixels), np.uint8)
            continue
        if picture.shape != (lens.height, lens.width):
            raise InputError(
                f"camera {camera.name} is calibrated for {lens.width} × {lens.height} pixels, but a picture of its is "
                f"{picture.shape[1]} × {picture.shape[0]}. Give pictures of one size, and the calibration for them."
            )
        if maps is None or not np.array_equal(box, last):
            side = side_pixels * max(1, ceil((box[2:] - box[:2]).max() / side_pixels))
            matrix, last = cropped_camera(camera, box, side).lens.matrix, box
            bent = np.array(lens.distortion)
            maps = cv2.initUndistortRectifyMap(lens.matrix, bent, None, matrix, (side, side), cv2.CV_32FC1)
        yield np.asarray(cv2.remap(picture, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0))
