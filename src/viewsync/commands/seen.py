"""What `--poses`, `--fps` and `--calibration` name, put beside the recordings that it belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from viewsync.calibration import cameras_for, read_cameras, read_lenses
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.media.keypoints import frames_per_second, of_videos, read_poses
from viewsync.signals import KEYPOINT_CUES
from viewsync.types import InputError, Poses, Recording


@dataclass(frozen=True)
class Seen:
    """What was seen in recordings and by which cameras, by the recordings' ids."""

    poses: Mapping[str, Poses] = field(default_factory=dict)
    cameras: Mapping[str, CalibratedCamera | Lens] = field(default_factory=dict)
    sources: Mapping[str, Path] = field(default_factory=dict)
    """Where the poses come from."""

    def placed(self, recording: Recording) -> Recording:
        """The recording, at the path of its keypoints where there is nothing else of it."""
        return recording if recording.keypoint_seconds is None else replace(recording, path=self.sources[recording.id])


def read_seen(
    poses: Sequence[Path],
    fps: float | None,
    calibration: Path | None,
    cues: Sequence[str],
    recordings: Sequence[Recording],
) -> Seen:
    """Read poses and calibration.

    Args:
        poses: Files and folders, each of one camera or of several. A camera that is called like a video is that video's:
            its frames are shown when those of the video are.
        fps: Frame rate of all other cameras; None: their files tell times.
        calibration: File or folder; None: nobody calibrated anything.
        cues: What to go by.
        recordings: Those that have files of their own.

    Raises:
        InputError: Something can't be read, two things are of one camera, or it doesn't fit the recordings.
    """
    if (poses or calibration) and not KEYPOINT_CUES.keys() & set(cues):
        raise InputError(f"--poses and --calibration are for the cue pose. Add it to --cue {','.join(cues)}.")
    if fps is not None:
        frames_per_second(fps)  # Which says what is the matter with it.
        if not poses:
            raise InputError("--fps is the frame rate of keypoints. Name these with --poses.")
    videos = {one.id: one.video.pts_seconds for one in recordings if one.video is not None}
    deaf = {one.id for one in recordings if one.video is None}
    seen: dict[str, Poses] = {}
    sources: dict[str, Path] = {}
    for path in poses:
        for camera, found in _read(path, videos, fps).items():
            if camera in seen:
                raise InputError(f"there are poses of {camera!r} twice: in {sources[camera]} and {path}. Name one of them.")
            if camera in deaf:
                raise InputError(
                    f"{path} has poses of {camera!r}, and the recording of that name has no pictures. Rename it."
                )
            seen[camera], sources[camera] = found, path
    sizes = {one.id: (one.video.width, one.video.height) for one in recordings if one.video is not None}
    sizes = {camera: found.size for camera, found in seen.items() if found.size is not None} | sizes
    ids = [*videos, *(camera for camera in seen if camera not in videos)]
    return Seen(seen, {} if calibration is None else _cameras(calibration, ids, sizes), sources)


def _read(path: Path, videos: Mapping[str, Float[np.ndarray, " frame"]], fps: float | None) -> dict[str, Poses]:
    """The poses of a file or folder, each camera on the clock that is known of it."""
    of_video = of_videos(videos)
    at_fps = None if fps is None else frames_per_second(fps)
    untimed: set[str] = set()

    def clock(camera: str, frames: Int[np.ndarray, " frame"]) -> Float[np.ndarray, " frame"]:
        if camera in videos:
            return of_video(camera, frames)
        if at_fps is not None:
            return at_fps(camera, frames)
        untimed.add(camera)
        return frames.astype(float)

    seen = read_poses(path, clock)
    # Its own times, where nothing else tells any.
    return seen | {camera: found for camera, found in read_poses(path).items() if camera in untimed} if untimed else seen


def _cameras(path: Path, ids: Sequence[str], sizes: Mapping[str, tuple[int, int]]) -> Mapping[str, CalibratedCamera | Lens]:
    """The calibration of recordings; their lenses, where it tells of nothing else."""
    # For formats that don't tell it.
    size = next(iter(sizes.values())) if len({*sizes.values()}) == 1 else None
    try:
        cameras = read_cameras(path, size)
    except InputError as error:
        try:
            lenses = read_lenses(path, size)
        except InputError:
            raise error from None
        # Matched by name as cameras are, wherever these may stand.
        named = {name: CalibratedCamera(name, lens, np.eye(3), np.zeros(3)) for name, lens in lenses.items()}
        return {id: camera.lens for id, camera in cameras_for(named, ids).items()}
    for a, b in combinations(cameras.values(), 2):
        if np.array_equal(a.position_metres, b.position_metres):
            raise InputError(
                f"{path}: {a.name} and {b.name} stand at the same place. Calibrate where they stand, or give a "
                f"file of their lenses alone."
            )
    return cameras_for(cameras, ids)
