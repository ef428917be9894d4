"""Where the pose cue looks: at what was given, or at those stretches of the videos that are worth the time."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from viewsync.calibration.files import fitted, fitted_lens
from viewsync.evidence import Signals, workers
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.signals import KEYPOINT_CUES, pose
from viewsync.store import Store
from viewsync.stretches import worth_a_look
from viewsync.types import InputError, PairOffset, Poses, Recording

_ENOUGH_HZ = 59.0
"""Of frames that come several times as fast, some are left out: bodies don't move so fast."""
_REST_SECONDS = 0.5
_LONGEST_SECONDS = 24 * 3600.0
"""Of keypoints: beyond, a frame's number is wrong."""


def keypoint_recordings(poses: Mapping[str, Poses], paths: Sequence[Path | str]) -> list[Recording]:
    """Recordings of which only keypoints are at hand.

    Raises:
        InputError: there is no frame in one of them, or one is another one's copy.
    """
    filmed = {path.resolve().name if path.is_dir() else path.stem for path in map(Path, paths)}
    recordings: list[Recording] = []
    for name, seen in poses.items():
        if name in filmed:
            continue
        if not len(seen.pts_seconds):
            raise InputError(f"the keypoints of {name} hold no frames. Leave them out, or make them again.")
        digest = hashlib.sha256(seen.pts_seconds.tobytes() + seen.pixels.tobytes()).hexdigest()
        twin = next((one.id for one in recordings if one.sha256 == digest and len(seen)), None)
        if twin is not None:
            raise InputError(f"the keypoints of {twin} and {name} are the same. Name each recording once.")
        recordings.append(Recording(name, Path(name), digest, None, None, keypoint_seconds=seen.pts_seconds))
    return recordings


def with_poses(
    signals: Mapping[str, Signals],
    recordings: Sequence[Recording],
    poses: Mapping[str, Poses],
    calibration: Mapping[str, CalibratedCamera | Lens],
    cues: Sequence[str] = (pose.NAME,),
) -> dict[str, Signals]:
    """The signals, and those of some cues that go by keypoints.

    Raises:
        InputError: poses or a calibration don't fit the pictures, or a recording's joints are none that others have.
    """
    _require_common_joints(poses)
    by_id = {recording.id: recording for recording in recordings}

    def of(id: str) -> Signals:
        seen, video = poses[id], by_id[id].video
        span = seen.pts_seconds[-1] - seen.pts_seconds[0] if len(seen.pts_seconds) else 0.0
        if span > _LONGEST_SECONDS:
            raise InputError(
                f"{id}: its keypoints are of {span / 3600:.0f} hours, more than {_LONGEST_SECONDS / 3600:.0f}. Look for a "
                "frame number or time that can't be right, or give the frame rate with --fps."
            )
        size = seen.size or (None if video is None else (video.width, video.height))
        if video is not None and size is not None and size != (video.width, video.height):
            raise InputError(
                f"{id}: its keypoints are of pictures of {size[0]} × {size[1]}, its video has {video.width} × "
                f"{video.height}. Name the video that they were made from."
            )
        camera = _fitted(id, calibration.get(id), size)
        return {cue: KEYPOINT_CUES[cue].signal(seen, camera) for cue in cues}

    with workers(os.cpu_count()) as pool:
        made = dict(zip(poses, pool.map(of, poses), strict=True))
    return {id: {**own, **made.get(id, {})} for id, own in signals.items()}


def _require_common_joints(poses: Mapping[str, Poses]) -> None:
    telling = {id: seen for id, seen in poses.items() if len(seen)}
    for id, seen in telling.items():
        others = {name for other, one in telling.items() if other != id for name in one.joints}
        if len(telling) > 1 and others.isdisjoint(seen.joints):
            raise InputError(
                f"the joints of {id} ({_named(seen.joints)}) are none of those that the other keypoints have "
                f"({_named(sorted(others))}), so nothing can be compared. Use one set of joints, or rename them."
            )


def _named(joints: Sequence[str]) -> str:
    return f"{', '.join(joints[:3])}, … {len(joints)} in all" if len(joints) > 4 else ", ".join(joints)


def _fitted(id: str, camera: CalibratedCamera | Lens | None, size: tuple[int, int] | None) -> CalibratedCamera | Lens | None:
    if camera is None or size is None:
        return camera
    return fitted(camera, *size) if isinstance(camera, CalibratedCamera) else fitted_lens(camera, *size, id)


def look(
    recordings: Sequence[Recording],
    pairs: Sequence[PairOffset],
    signals: Mapping[str, Signals],
    store: Store,
    progress: Callable[[str, int, int], None],
) -> dict[str, Poses]:
    """Find people in videos whose poses nobody gave, in those stretches that are worth the time.

    While nobody is seen, only a frame now and then is looked at.

    Args:
        recordings: All of them.
        pairs: What a first pass found without poses.
        signals: What it went by.
        store: Where poses are kept.
        progress: Told how far the work is.

    Returns:
        Poses of those recordings that show anybody; none where there would be nothing to compare them with.
    """
    spans = {id: own for id, own in worth_a_look(recordings, pairs, signals).items() if own}
    if not spans:
        return {}
    from viewsync.estimation.thunder import WEIGHTS
    from viewsync.estimation.videos import estimate_all

    def told(id: str, done: int, whole: int) -> None:
        progress(f"{id}: people", done, whole)

    blind = [one for one in recordings if one.id in spans]
    found = estimate_all(
        blind,
        spans=spans,
        every={one.id: max(1, int(1 / (_ENOUGH_HZ * one.interval_seconds))) for one in blind},
        rest_seconds=_REST_SECONDS,
        refine=WEIGHTS,
        progress=told,
        store=store,
    )
    peopled = {id: poses for id, poses in found.items() if len(poses)}
    given = any(own.keys() & KEYPOINT_CUES.keys() for own in signals.values())
    return peopled if len(peopled) > 1 or given else {}
