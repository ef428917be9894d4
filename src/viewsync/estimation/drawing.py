"""Poses drawn into a few of their pictures, for a person to look at."""

import colorsys
import math

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from viewsync.media.keypoints.joints import BONES
from viewsync.media.pictures import still
from viewsync.types import Poses, Recording

_COLUMNS = 4
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)


def contact_sheet(
    recording: Recording, poses: Poses, count: int = 8, long_side: int = 480
) -> UInt8[np.ndarray, "height width 3"]:
    """A few frames with everybody's skeleton and number, and the time. Frames that show somebody are preferred.

    Args:
        recording: one with video.
        poses: what was seen in it.
        count: how many frames at most, evenly chosen.
        long_side: pixels of a picture's longer side; pictures are never enlarged.

    Returns:
        RGB.

    Raises:
        InputError: the recording can't be decoded there.
    """
    frames = np.unique(poses.frames) if len(poses) else np.arange(len(poses.pts_seconds))
    chosen = frames[np.unique(np.linspace(0, len(frames) - 1, min(count, len(frames))).round().astype(int))]
    pictures = [_drawn(recording, poses, int(frame), long_side) for frame in chosen]
    blank = np.zeros_like(pictures[0])
    pictures += [blank] * (-len(pictures) % _COLUMNS if len(pictures) > _COLUMNS else 0)
    return np.vstack([np.hstack(pictures[i : i + _COLUMNS]) for i in range(0, len(pictures), _COLUMNS)])


def _drawn(recording: Recording, poses: Poses, frame: int, long_side: int) -> UInt8[np.ndarray, "height width 3"]:
    seconds = float(poses.pts_seconds[frame])
    picture = still(recording, seconds, long_side)
    height, width = picture.shape[:2]
    whole = (width, height) if poses.size is None else poses.size
    scale = np.array([width, height]) / whole
    for row in np.flatnonzero(poses.frames == frame):
        _draw_person(picture, poses.joints, (poses.pixels[row] + 0.5) * scale - 0.5, int(poses.tracks[row]))
    _write(picture, f"{seconds:.3f} s", (6, 16))
    return picture


def _draw_person(
    picture: UInt8[np.ndarray, "height width 3"], joints: tuple[str, ...], pixels: Float[np.ndarray, "joint 2"], track: int
) -> None:
    # Neighbouring numbers get colours that lie far apart.
    color = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(track * 0.381966 % 1, 0.8, 1))
    places = {
        name: (round(x), round(y)) for name, (x, y) in zip(joints, pixels.tolist(), strict=True) if not math.isnan(x + y)
    }
    for one, other in BONES:
        if one in places and other in places:
            cv2.line(picture, places[one], places[other], color, 1, cv2.LINE_AA)
    for place in places.values():
        cv2.circle(picture, place, 2, color, cv2.FILLED, cv2.LINE_AA)
    if places:
        left, top = np.min(list(places.values()), axis=0)
        _write(picture, str(track), (int(left), int(top) - 6))


def _write(picture: UInt8[np.ndarray, "height width 3"], text: str, place: tuple[int, int]) -> None:
    for color, thickness in ((_BLACK, 3), (_WHITE, 1)):
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, color, thickness, cv2.LINE_AA)
