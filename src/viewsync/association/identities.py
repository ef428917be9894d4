"""Who is who, handed on: from boxes of some instants to the tracks of keypoints, for the pose cue of `sync`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import linear_sum_assignment

from viewsync.association.frames import Session
from viewsync.association.readers.assignment import overlaps
from viewsync.types import InputError, Poses, usual_interval_seconds

LEAST_OVERLAP = 0.3
"""Of a person's box and that of the joints, which is smaller."""


class _Track(NamedTuple):
    camera: str
    number: int


def track_identities(
    session: Session,
    found: Iterable[Sequence[Int[np.ndarray, " person"]]],
    poses: Mapping[str, Poses],
    pts_seconds: Mapping[str, Float[np.ndarray, " frame"]] | None = None,
) -> dict[str, dict[int, str]]:
    """Which tracks of all cameras are one person, by the boxes that their joints lie in.

    At each instant, a camera's tracks and boxes are matched one to one with the greatest sum of overlaps (intersection over
    union with the box around the joints). Two tracks of different cameras that are seen at one instant gain by boxes that
    are one person, and lose as much by boxes that aren't. Those that gain most are joined until nobody gains; never two
    that share a frame of one camera. So numbers of people needn't go on from one instant to the next.

    Args:
        session: Boxes of instants; its cameras are called as the poses'.
        found: Of each instant, equal numbers for one person, as `matching.identities` gives them.
        poses: By camera; of some of the session's cameras.
        pts_seconds: When each camera took its pictures of the instants, on its own clock; the session's times, if None.

    Returns:
        For `viewsync.sync.sync`: "1", "2", … for people whom two cameras show or more. Of other tracks nothing is told.

    Raises:
        InputError: There are poses of a camera that the session hasn't, or times aren't those of its instants.
    """
    of_camera = {camera: session.seconds for camera in poses} if pts_seconds is None else pts_seconds
    for camera in poses:
        if camera not in session.cameras:
            raise InputError(f"{session.name} has no camera {camera!r}, only {', '.join(session.cameras)}. Rename it.")
        if camera not in of_camera or of_camera[camera].shape != session.seconds.shape:
            raise InputError(f"{camera} needs a time for each of the {len(session.frames)} instants of {session.name}.")
    tracks = [_Track(camera, number) for camera, seen in poses.items() for number in np.unique(seen.tracks).tolist()]
    place = {track: number for number, track in enumerate(tracks)}
    gains = np.zeros((len(tracks), len(tracks)))
    for instant, (frame, clusters) in enumerate(zip(session.frames, found, strict=True)):
        there, person = [], []
        for camera, seen in poses.items():
            view = session.cameras.index(camera)
            for number, box in _in_boxes(seen, float(of_camera[camera][instant]), frame.views[view].boxes):
                there.append(place[_Track(camera, number)])
                person.append(int(clusters[view][box]))
        one = np.array(person)
        gains[np.ix_(there, there)] += np.where(one[:, None] == one, 1, -1)
    return {camera: {} for camera in poses} | _told(tracks, _joined(gains, _clashes(tracks, poses)))


def _in_boxes(poses: Poses, seconds: float, boxes: Float[np.ndarray, "person 4"]) -> list[tuple[int, int]]:
    """Tracks at a time, each with the box that it lies in."""
    if not len(poses.pts_seconds):
        return []
    frame = int(np.abs(poses.pts_seconds - seconds).argmin())
    if abs(poses.pts_seconds[frame] - seconds) > usual_interval_seconds(poses.pts_seconds) / 2 + 1e-6:
        return []
    rows = np.flatnonzero(poses.frames == frame)
    # A single joint has no area.
    rows = rows[(poses.confidence[rows] > 0).sum(axis=1) > 1]
    around = np.concatenate([np.nanmin(poses.pixels[rows], axis=1), np.nanmax(poses.pixels[rows], axis=1)], axis=1)
    shared = overlaps(around, boxes)
    track, box = linear_sum_assignment(shared, maximize=True)
    enough = shared[track, box] >= LEAST_OVERLAP
    return [*zip(poses.tracks[rows[track[enough]]].tolist(), box[enough].tolist(), strict=True)]


def _clashes(tracks: Sequence[_Track], poses: Mapping[str, Poses]) -> Bool[np.ndarray, "track track"]:
    """Which share a frame of one camera."""
    frames = [{*poses[camera].frames[poses[camera].tracks == number].tolist()} for camera, number in tracks]
    return np.array(
        [
            [one.camera == other.camera and not here.isdisjoint(there) for other, there in zip(tracks, frames, strict=True)]
            for one, here in zip(tracks, frames, strict=True)
        ],
        dtype=bool,
    ).reshape(len(tracks), len(tracks))


def _joined(gains: Float[np.ndarray, "track track"], clashes: Bool[np.ndarray, "track track"]) -> Int[np.ndarray, " track"]:
    """Groups of tracks, each by the number of its first one."""
    group, gains = np.arange(len(gains)), np.where(clashes, -np.inf, gains)
    while len(gains):
        kept, other = sorted(divmod(int(gains.argmax()), len(gains)))
        if not gains[kept, other] > 0:
            break
        group[group == other] = kept
        gains[kept] += gains[other]
        gains[:, kept] = gains[kept]
        gains[other] = gains[:, other] = gains[kept, kept] = -np.inf
    return group


def _told(tracks: Sequence[_Track], group: Int[np.ndarray, " track"]) -> dict[str, dict[int, str]]:
    told: dict[str, dict[int, str]] = {track.camera: {} for track in tracks}
    person = 0
    for number in np.unique(group):
        members = [track for track, own in zip(tracks, group, strict=True) if own == number]
        if len({track.camera for track in members}) > 1:
            person += 1
            for track in members:
                told[track.camera][track.number] = str(person)
    return told
