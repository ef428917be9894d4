"""Rendered scenes of cameras that stand still, read: which frames show the same instants, and the films."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from viewsync import media
from viewsync.calibration import read_cameras
from viewsync.footage.clip import Split
from viewsync.geometry.camera import CalibratedCamera
from viewsync.types import InputError, usual_interval_seconds
from viewsync.worlds.truth.clocks import NAME as CLOCKS
from viewsync.worlds.truth.clocks import CameraClocks, read_clocks
from viewsync.worlds.truth.instants import in_frames

MANIFEST = "manifest.json"
_SPLITS: Mapping[str, Split] = {"train": "training", "val": "validation", "test": "test"}
_CALIBRATION = "calibration/cameras.json"


@dataclass(frozen=True)
class RenderedScene:
    """What all readers of a scene ask for."""

    folder: Path
    split: Split
    fingerprint: str
    """Changes when any of its files does."""
    clocks: Mapping[str, CameraClocks]
    """By the name of the camera, as the cameras."""
    cameras: Mapping[str, CalibratedCamera]
    """For the films' pixels."""
    frames: Int[np.ndarray, "instant view"]
    """Those of the first camera for which all others have one, and these: numbers of each camera's frames."""

    @property
    def name(self) -> str:
        """That of its folder."""
        return self.folder.resolve().name

    @property
    def fps(self) -> float:
        """Of the first camera."""
        return 1 / usual_interval_seconds(_seconds(next(iter(self.clocks.values()))))

    def film(self, view: str, pixels: int) -> Iterator[UInt8[np.ndarray, "height width"]]:
        """Gray pictures of one camera, instant by instant.

        Args:
            view: Its name.
            pixels: About how many a picture has; it is never enlarged.

        Raises:
            InputError: A frame can't be decoded.
        """
        path, shown = self.folder / self.clocks[view].file, self.frames[:, list(self.clocks).index(view)]
        decoded = ((frame.index, frame.gray) for frame in media.frames(media.probe(path), pixels=pixels))
        for frame, gray in zip(shown, in_frames(shown, decoded), strict=True):
            if gray is None:
                raise InputError(f"{path}: its frame {frame} can't be decoded. Copy it again.")
            yield gray


def read_scenes(folder: Path) -> Iterator[RenderedScene]:
    """The scenes of a folder that ``viewsync render`` made, or the one whose folder it is, which then is for training.

    Args:
        folder: With manifest.json. Scenes need the format ``calibration``.

    Raises:
        InputError: A file is missing or can't be read, a camera moved, or there is no instant that all cameras filmed.
    """
    for scene in _manifest(folder).get("scenes", [{"name": ".", "split": "train"}]):
        yield _scene(folder / scene["name"], _SPLITS[scene["split"]])


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_bytes())
        if "scenes" not in content and "cameras" not in content:
            raise ValueError("it tells of neither scenes nor cameras")
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{path} can't be read as that of rendered worlds: {error}. Render them again.") from error
    assert isinstance(content, dict)
    return content


def _scene(folder: Path, split: Split) -> RenderedScene:
    fingerprint = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    clocks, cameras = read_clocks(folder / CLOCKS), _cameras(folder)
    missing = [view for view in clocks if view not in cameras or not (folder / clocks[view].file).is_file()]
    if missing:
        raise InputError(f"{folder} lacks the film or the calibration of {', '.join(missing)}. Render it again.")
    frames = _matching(list(clocks.values()))
    if not len(frames):
        raise InputError(f"{folder}: there is no instant of which all of {', '.join(clocks)} have a frame. Leave it out.")
    return RenderedScene(folder, split, fingerprint, clocks, {view: cameras[view] for view in clocks}, frames)


def _cameras(folder: Path) -> dict[str, CalibratedCamera]:
    path = folder / _CALIBRATION
    if not path.is_file():
        raise InputError(f"{folder} has no {_CALIBRATION}. Render it with --truth calibration.")
    return read_cameras(path)


def _seconds(clock: CameraClocks) -> Float[np.ndarray, " frame"]:
    """World time of every frame."""
    return np.array([clock.row_world_seconds(frame).mean() for frame in range(len(clock.ticks))])


def _matching(clocks: Sequence[CameraClocks]) -> Int[np.ndarray, "instant view"]:
    """Of every view the frame nearest to each of the first's, where all are within half a frame."""
    times = [_seconds(clock) for clock in clocks]
    gaps = [np.abs(theirs[:, None] - times[0]) for theirs in times]
    near = [gap.min(axis=0) <= 0.5 * usual_interval_seconds(theirs) for gap, theirs in zip(gaps, times, strict=True)]
    found = np.stack([gap.argmin(axis=0) for gap in gaps], axis=1)
    return np.asarray(found[np.all(near, axis=0)])
