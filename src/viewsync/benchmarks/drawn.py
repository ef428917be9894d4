"""Drawn scenes seen by cameras drawn at random: what calibration learns from, and what coverage is judged on."""

import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float

from viewsync.signals import motion
from viewsync.types import Frame, Recording, Signal, VideoTrack
from viewsync.worlds.clock import TICKS_PER_SECOND
from viewsync.worlds.drawn.sketch import Scene, SketchCamera, render

SCENE_SECONDS = 20.0


@dataclass(frozen=True)
class DrawnTake:
    """One camera's motion in one drawn scene, ready to be cut anywhere."""

    camera: SketchCamera
    times_seconds: Float[np.ndarray, " frame"]
    moved: Float[np.ndarray, "interval channel"]

    def cut(self, start_seconds: float, duration_seconds: float) -> Signal:
        """The motion signal of a stretch, on the camera's clock."""
        first, last = np.searchsorted(self.times_seconds, [start_seconds, start_seconds + duration_seconds])
        return motion.motion_signal(self.times_seconds[first:last], self.moved[first : last - 1])


def shoot(kind: str, seed: int, cameras: int, seconds: float = SCENE_SECONDS) -> list[DrawnTake]:
    """Draw a random scene from random viewpoints, hand-held or not, at mixed frame rates."""
    rng = np.random.default_rng([seed, len(kind)])
    scene = Scene(seed, kind, bodies=int(rng.integers(1, 5)), activity=float(rng.uniform(0.4, 1.2)))  # type: ignore[arg-type]
    return [_take(scene, _random_camera(rng, 100 * seed + i, seconds)) for i in range(cameras)]


def _random_camera(rng: np.random.Generator, seed: int, seconds: float) -> SketchCamera:
    fps = float(rng.choice([6, 15, 25, 30, 30, 60]))
    return SketchCamera(
        seed=seed,
        azimuth_degrees=float(rng.uniform(0, 360)),
        elevation_degrees=float(rng.uniform(0, 50)),
        distance_metres=float(np.exp(rng.uniform(*np.log([2.5, 8])))),
        roll_degrees=float(rng.normal(0, 10)),
        fps=fps,
        # Phones and action cameras take 18 to 42 ms to read a picture, less than a frame.
        readout_seconds=float(rng.uniform(0.2, 1.0)) * min(0.042, 1 / fps),
        # Up to half the interval, as film cameras do: time stamps know nothing of it.
        exposure_seconds=float(rng.uniform(0, 0.5)) / fps,
        duration_seconds=seconds,
        offset_seconds=float(rng.uniform(0, 0.5)),
        shake_degrees=float(rng.choice([0, 0, 0.5, 1.5])),
        noise=float(rng.uniform(1, 5)),
    )


def _take(scene: Scene, camera: SketchCamera) -> DrawnTake:
    extractor = motion.Extractor()
    for index, (seconds, picture) in enumerate(render(scene, camera)):
        gray = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (160, 90), interpolation=cv2.INTER_AREA)
        extractor.push(Frame(index, seconds, gray))
    return DrawnTake(camera, extractor.times_seconds, extractor.moved)


def as_recording(id: str, take: DrawnTake, start_seconds: float, length_seconds: float) -> Recording:
    """The recording that a cut of a take would be, were it a file."""
    first, last = np.searchsorted(take.times_seconds, [start_seconds, start_seconds + length_seconds])
    ticks = np.round(take.times_seconds[first:last] * TICKS_PER_SECOND).astype(np.int64)
    video = VideoTrack(0, take.camera.width, take.camera.height, 0, Fraction(1, TICKS_PER_SECOND), ticks)
    return Recording(id, Path(tempfile.gettempdir()) / id, "", video, None)
