"""Rendered worlds: a scene with its boxes in Self-MVA's format."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from viewsync.association.frames import Picture
from viewsync.association.readers.rows import Stage, nearest_frames
from viewsync.calibration import read_moving
from viewsync.media.keypoints.json_file import read_json
from viewsync.types import InputError
from viewsync.worlds.clock import TICKS_PER_SECOND
from viewsync.worlds.truth.clocks import NAME as CLOCKS
from viewsync.worlds.truth.clocks import CameraClocks, read_clocks

MANIFEST, BOXES = "manifest.json", Path("self-mva", "detections.json")


def scene_of(folder: Path) -> Path:
    """The folder of the only scene.

    Raises:
        InputError: There are several, or the manifest isn't of rendered worlds.
    """
    content = read_json(folder / MANIFEST)
    try:
        scenes = [str(scene["name"]) for scene in content["scenes"]] if "scenes" in content else ["."]
    except (TypeError, KeyError) as error:
        raise InputError(f"{folder / MANIFEST} isn't of rendered worlds ({error!r}). Render them again.") from error
    if len(scenes) != 1:
        raise InputError(
            f"{folder} holds {len(scenes)} scenes ({', '.join(scenes)}), whose cameras stand in different places. Name one: "
            f"{folder / scenes[0] if scenes else folder}."
        )
    return folder / scenes[0]


def detections_of(scene: Path) -> Path:
    """The file of true boxes.

    Raises:
        InputError: It is missing.
    """
    path = scene / BOXES
    if not path.is_file():
        raise InputError(f"{scene} has no {BOXES}. Render it with --truth self-mva.")
    return path


def stage_of_scene(scene: Path) -> Stage:
    """Its cameras and films. Frames are the first camera's, in seconds of the world; of others the nearest in time is taken.

    Args:
        scene: With clocks.json.

    Raises:
        InputError: A file is missing or can't be read.
    """
    clocks = read_clocks(scene / CLOCKS)
    seconds = {name: _world_seconds(clock) for name, clock in clocks.items()}
    first = next(iter(seconds.values()))
    pictures = {
        (number, view): Picture(scene / clock.file, frame)
        for view, (name, clock) in enumerate(clocks.items())
        for number, frame in enumerate(nearest_frames(seconds[name], first).tolist())
        if frame >= 0
    }
    sizes = _sizes(scene, clocks)
    return Stage(scene.resolve().name, scene, tuple(clocks), sizes, dict(enumerate(first.tolist())), pictures)


def _world_seconds(clock: CameraClocks) -> Float[np.ndarray, " frame"]:
    return np.asarray((1 + 1e-6 * clock.rate_ppm) * clock.ticks / TICKS_PER_SECOND + clock.offset_seconds)


def _sizes(scene: Path, clocks: dict[str, CameraClocks]) -> tuple[tuple[int, int], ...]:
    """As calibrated, or as filmed."""
    calibrated = scene / "calibration" / "cameras.json"
    if calibrated.is_file():
        lenses = {camera.name: camera.lens for camera in read_moving(calibrated)}
        if missing := [name for name in clocks if name not in lenses]:
            raise InputError(f"{calibrated} has no {', '.join(missing)}, which {CLOCKS} names. Render the scene again.")
        return tuple((lenses[name].width, lenses[name].height) for name in clocks)
    from viewsync.media.pictures import video_of
    from viewsync.media.probe import probe

    videos = [video_of(probe(scene / clock.file)) for clock in clocks.values()]
    return tuple((video.width, video.height) for video in videos)
