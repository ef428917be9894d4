"""Takes of keypoints that real cameras saw, cut at random as those of `scenes` are, with the truth beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int

from viewsync.benchmarks.takes import (
    KnownClip,
    Take,
    data_folder,
    draw_starts,
    draw_starts_apart,
    draw_starts_in_sync,
)
from viewsync.media.keypoints import frames_per_second, read_poses, write_openpose
from viewsync.types import InputError, Poses

_EXACT_SECONDS = 1e-6
"""Instants nearer than this are one."""


@dataclass(frozen=True)
class KeypointScene:
    """What several cameras saw of the same joints, all on one clock."""

    name: str
    cameras: Mapping[str, Poses]
    """`pts_seconds` are capture times on the common clock."""
    rate_hz: int
    """Of the source: starts are multiples of 1/rate apart."""
    every: int
    """Of the source's frames one in so many is kept, from the first of a clip on: each clip has its own phase."""
    clip_seconds: float
    apart_seconds: float | None = None
    """Length of clips of which two fit into the source with nothing in common; None where that is too short."""


@dataclass(frozen=True)
class KeypointTake:
    """Clips of one scene, all equally long, to be synchronised in one call."""

    take: Take
    """The truth. Its paths are the cameras' names: there are no files."""
    poses: Mapping[str, Poses]
    """By name of the camera; times count from each clip's own first frame."""

    def write_openpose(self, folder: Path) -> dict[str, Path]:
        """Write each camera's OpenPose JSON; where to, by name of the camera.

        Raises:
            InputError: Its joints are none of OpenPose's, or files can't be written.
        """
        for name, poses in self.poses.items():
            write_openpose(poses, folder, name)
        return {name: folder / f"{name}_json" for name in self.poses}


def overlapping_keypoints(scene: KeypointScene, seed: int, rounds: int) -> list[KeypointTake]:
    """Takes of all cameras in which every two clips share at least half; every sixth is in sync."""
    takes = []
    for number in range(rounds):
        rng = np.random.default_rng([seed, 0, number])
        draw = draw_starts_in_sync if number % 6 == 0 else draw_starts
        starts = draw(rng, len(scene.cameras), _source_length(scene), round(scene.clip_seconds * scene.rate_hz))
        takes.append(_take(scene, dict(zip(scene.cameras, starts, strict=True)), scene.clip_seconds))
    return takes


def apart_keypoints(scene: KeypointScene, seed: int, rounds: int) -> list[KeypointTake]:
    """Takes of two cameras that have no instant in common; none where the scene is too short for that."""
    if scene.apart_seconds is None:
        return []
    takes = []
    for number in range(rounds):
        rng = np.random.default_rng([seed, 1, number])
        names = [str(name) for name in rng.choice(list(scene.cameras), 2, replace=False)]
        starts = draw_starts_apart(rng, _source_length(scene), round(scene.apart_seconds * scene.rate_hz))
        takes.append(_take(scene, dict(zip(names, starts, strict=True)), scene.apart_seconds))
    return takes


def _source_length(scene: KeypointScene) -> int:
    """What all cameras saw, in frames of the source."""
    first = max(poses.pts_seconds[0] for poses in scene.cameras.values())
    last = min(poses.pts_seconds[-1] for poses in scene.cameras.values())
    return int((last - first) * scene.rate_hz + _EXACT_SECONDS) + 1


def _take(scene: KeypointScene, starts: Mapping[str, int], seconds: float) -> KeypointTake:
    origin = max(poses.pts_seconds[0] for poses in scene.cameras.values()) - _EXACT_SECONDS
    clips, cut = [], {}
    for name, start in starts.items():
        source = scene.cameras[name]
        begin, end = np.searchsorted(source.pts_seconds, origin + start / scene.rate_hz + np.array([0, seconds])).tolist()
        kept = np.arange(begin, end, scene.every)
        world = source.pts_seconds[kept]
        cut[name] = _keep(source, kept)
        clips.append(KnownClip(Path(name), cut[name].pts_seconds, world, scene.every / scene.rate_hz))
    return KeypointTake(Take(scene.name, tuple(clips)), cut)


def _keep(poses: Poses, kept: Int[np.ndarray, " frame"]) -> Poses:
    """Some of the frames, timed from the first of them."""
    rows = np.isin(poses.frames, kept)
    return Poses(
        poses.joints,
        poses.pts_seconds[kept] - poses.pts_seconds[kept[0]],
        np.searchsorted(kept, poses.frames[rows]),
        poses.tracks[rows],
        poses.pixels[rows],
        poses.confidence[rows],
        poses.size,
    )


# ── the scenes ────────────────────────────────────────────────────────────────────────────────────────────────────


def pose2sim(data: Path | None) -> KeypointScene:
    """A person balancing, seen by OpenPose in the three cameras that are in sync: 100 frames at 60 fps.

    Clips have 30 frames at 30 fps, so that half of the true offsets fall between frames.
    """
    folder = _existing(data_folder(data) / "pose2sim_openpose/balancing_trial_pose")
    cameras = {name: poses for name, poses in read_poses(folder, frames_per_second(60)).items() if name != "cam03"}
    return KeypointScene("pose2sim keypoints, cameras 1, 2, 4", cameras, rate_hz=60, every=2, clip_seconds=1.0)


def caliscope(data: Path | None) -> KeypointScene:
    """Corners of a board in four cameras, 48 frames each at 6 fps, each with its capture time.

    The last camera saw the board half of the time. Clips have two thirds of it.
    """
    path = data_folder(data) / "caliscope/tests/sessions/4_cam_recording/calibration/extrinsic/xy.csv"
    return KeypointScene("caliscope board corners", read_poses(_existing(path)), rate_hz=6, every=1, clip_seconds=5.0)


def pyxy3d(data: Path | None) -> KeypointScene:
    """MediaPipe's body and hands in four cameras, about 265 frames each at 30 fps, each with its capture time."""
    path = data_folder(data) / "pyxy3d/tests/sessions/4_cam_recording/recording_1/HOLISTIC/xy_HOLISTIC.csv"
    cameras = read_poses(_existing(path))
    return KeypointScene("pyxy3d body and hands", cameras, rate_hz=30, every=1, clip_seconds=5.0, apart_seconds=4.0)


def _existing(path: Path) -> Path:
    if not path.exists():
        raise InputError(f"{path} is missing: benchmarks/README.md says where this data set comes from.")
    return path
