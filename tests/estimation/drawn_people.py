"""Pictures and small videos of drawn figures, which the network takes for people."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from viewsync.media.probe import probe
from viewsync.worlds.drawn import Scene, SketchCamera, render, write_video
from viewsync.worlds.movie import write_movie

SEEDS = (1, 2, 3)


@cache
def picture(seed: int = 1, width: int = 640, height: int = 384) -> np.ndarray:
    """One figure, RGB."""
    camera = SketchCamera(seed=seed, width=width, height=height, duration_seconds=0.1)
    _, bgr = next(iter(render(Scene(seed=seed, bodies=1), camera)))
    return np.ascontiguousarray(bgr[..., ::-1])


@cache
def video(seed: int) -> Path:
    """One figure for a while, at 10 frames per second."""
    path = Path(mkdtemp(prefix="viewsync-test-")) / f"cam{seed}.mp4"
    write_video(Scene(seed=seed, bodies=1), SketchCamera(seed=seed, duration_seconds=1.6, fps=10), path)
    return path


@cache
def recording(seed: int = 1):
    return probe(video(seed))


@cache
def gray_video() -> Path:
    """Nobody."""
    path = Path(mkdtemp(prefix="viewsync-test-")) / "empty.mp4"
    gray = np.full((90, 160, 3), 90, dtype=np.uint8)
    write_movie(path, ((6000 * i, gray) for i in range(8)), (160, 90), 15)
    return path
