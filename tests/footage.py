"""Small video files made for the tests: one drawn scene seen by three cameras with known clocks."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from viewsync.signals import USUAL_CUES, pose
from viewsync.types import Sound
from viewsync.worlds.drawn import Scene, SketchCamera, hear, sound_track, write_video

NOT_POSES = tuple(name for name in USUAL_CUES if name != pose.NAME)
"""The network takes drawn figures for people. Where it isn't them that is tested, finding them takes too long."""

SCENE = Scene(seed=3, bodies=2)
CAMERAS = {
    "front": SketchCamera(seed=1, azimuth_degrees=10, duration_seconds=10),
    "side": SketchCamera(seed=2, azimuth_degrees=85, elevation_degrees=25, duration_seconds=10, offset_seconds=1.2345),
    "back": SketchCamera(seed=3, azimuth_degrees=200, duration_seconds=10, offset_seconds=-0.777, fps=25),
}


@cache
def three_cameras() -> tuple[Path, ...]:
    """Files front.mp4, side.mp4 and back.mp4, without sound; made once."""
    folder = Path(mkdtemp(prefix="viewsync-test-"))
    for name, camera in CAMERAS.items():
        write_video(SCENE, camera, folder / f"{name}.mp4")
    return tuple(folder / f"{name}.mp4" for name in CAMERAS)


@cache
def two_with_sound() -> tuple[Path, Path]:
    """Two cameras that also hear the scene."""
    folder = Path(mkdtemp(prefix="viewsync-test-"))
    world = sound_track(5, 20.0)
    for name in ("front", "side"):
        camera = CAMERAS[name]
        # World time starts before the cameras do.
        earlier = Sound(world.samples, world.rate_hz, world.start_seconds - 2.0)
        write_video(SCENE, camera, folder / f"{name}.mp4", sound=hear(earlier, camera))
    return folder / "front.mp4", folder / "side.mp4"


def write_wav(path: Path, samples: np.ndarray, rate_hz: int = 16000) -> Path:
    """A 16-bit mono file."""
    from scipy.io import wavfile

    wavfile.write(path, rate_hz, samples.astype(np.int16))
    return path
