"""Small recordings of two eyes: a texture that slides to the right, in the right eye a little to the left of the left's."""

from pathlib import Path

import cv2
import numpy as np

from viewsync.worlds.clock import TICKS_PER_SECOND
from viewsync.worlds.movie import write_movie

SIZE = (96, 64)
FRAMES = 45


def texture(seed: int, width: int = 640, height: int = SIZE[1]) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(0, 255, (height, width)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return cv2.normalize(smooth, None, 20, 230, cv2.NORM_MINMAX).astype(np.uint8)


def sliding(frames: int = FRAMES, seed: int = 0, disparity: int = 0, size: tuple[int, int] = SIZE) -> list[np.ndarray]:
    """Gray pictures, moving faster and faster."""
    width, height = size
    wide = texture(seed, height=height)
    starts = 400 - (0.05 * np.arange(frames) ** 2 + np.arange(frames)).astype(int) + disparity
    return [wide[:, start : start + width] for start in starts]


def write_eye(path: Path, pictures: list[np.ndarray], fps: float = 30.0, ticks: list[int] | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ticks = ticks or [round(number * TICKS_PER_SECOND / fps) for number in range(len(pictures))]
    coloured = (cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR) for picture in pictures)
    height, width = pictures[0].shape
    write_movie(path, zip(ticks, coloured, strict=True), (width, height), fps, crf=12)


def write_eyes(folder: Path, seed: int = 0, frames: int = FRAMES) -> Path:
    """Videos left.mp4 and right.mp4."""
    for side, disparity in (("left", 0), ("right", 3)):
        write_eye(folder / f"{side}.mp4", sliding(frames, seed, disparity))
    return folder


def write_pictures(folder: Path, pictures: list[np.ndarray], suffix: str = "png") -> Path:
    """Numbered without leading zeros, as the paper's authors do."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(pictures):
        assert cv2.imwrite(str(folder / f"{number}.{suffix}"), picture)
    return folder
