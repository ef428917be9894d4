"""Frames of one instant that aren't: some cameras took theirs later, by as much as is known."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Int

from viewsync.association.frames import UNKNOWN, Session, View
from viewsync.association.readers.rows import nearest_frames
from viewsync.types import InputError

WINDOW_SECONDS = 0.5
"""Over how long a velocity is measured."""
_ROUNDING_SECONDS = 1e-6


def apart(session: Session, seconds: float, late: Sequence[int]) -> Session:
    """The session as it is when some cameras take their pictures later.

    Args:
        session: Of frames close enough together: each late view is that of the nearest frame, at most half a frame off.
        seconds: How much later.
        late: Indices of those cameras.

    Returns:
        The instants of the cameras that are on time. The last ones, to which there is nothing later, are left out.

    Raises:
        InputError: There are no such cameras, or nothing is so much later.
    """
    frames, source = _frames_apart(session, seconds, late)
    return _with_views(session, frames, late, [[session.frames[other].views[one] for one in late] for other in source])


def compensated(session: Session, seconds: float, late: Sequence[int], window_seconds: float = WINDOW_SECONDS) -> Session:
    """The same, but boxes of late cameras are moved back to where they were, as far as their tracks tell.

    Of each track of a late camera, a line is fitted to each of its boxes' sides over the frames from the late one on, as
    long as the window is: those before it aren't there, or else nothing would be late. It is followed back for `seconds`,
    and the late box moved by what that makes. Whoever isn't in two frames of the window, or is of no track, isn't moved; nor
    is a box that would be turned inside out. Identities are tracks of one camera each: nothing is asked of the others' ones.

    Args:
        session: See `apart`; identities are the tracks.
        seconds: How much later.
        late: Indices of those cameras.
        window_seconds: Over how long velocities are measured.

    Raises:
        InputError: There are no such cameras, nothing is so much later, or the window isn't positive.
    """
    if not 0 < window_seconds < np.inf:
        raise InputError(f"the window of velocities must be positive, got {window_seconds:g} s.")
    frames, source = _frames_apart(session, seconds, late)
    velocities = {one: _velocities(session, one, source, window_seconds) for one in late}
    moved = [
        [_moved(session.frames[other].views[one], velocities[one][row], -seconds) for one in late]
        for row, other in enumerate(source.tolist())
    ]
    return _with_views(session, frames, late, moved)


def _frames_apart(
    session: Session, seconds: float, late: Sequence[int]
) -> tuple[Int[np.ndarray, " instant"], Int[np.ndarray, " instant"]]:
    """Frames of the cameras on time, and of the others."""
    if not late or not all(0 <= one < len(session.cameras) for one in late):
        raise InputError(f"late cameras must be some of 0 to {len(session.cameras) - 1}, got {tuple(late)}.")
    if not 0 <= seconds < np.inf:
        raise InputError(f"frames can be 0 s or more apart, got {seconds:g} s.")
    source = nearest_frames(session.seconds, session.seconds + seconds)
    frames = np.flatnonzero(source >= 0)
    if not len(frames):
        raise InputError(f"{session.name}: it doesn't last {seconds:g} s. Give more of it.")
    return frames, source[frames]


def _with_views(
    session: Session, frames: Int[np.ndarray, " instant"], late: Sequence[int], views: Sequence[Sequence[View]]
) -> Session:
    """Some instants, with other views of the late cameras."""
    changed = []
    for number, others in zip(frames.tolist(), views, strict=True):
        frame, by_camera = session.frames[number], dict(zip(late, others, strict=True))
        changed.append(replace(frame, views=tuple(by_camera.get(one, view) for one, view in enumerate(frame.views))))
    return session.with_frames(changed)


def _velocities(
    session: Session, camera: int, source: Int[np.ndarray, " instant"], window_seconds: float
) -> list[Float[np.ndarray, "person 4"]]:
    """Of each box of a camera in some frames, pixels per second of its sides; 0 where its track is too short."""
    seconds = session.seconds
    ends = np.searchsorted(seconds, seconds[source] + window_seconds + _ROUNDING_SECONDS)
    found = []
    for start, end in zip(source.tolist(), ends.tolist(), strict=True):
        view = session.frames[start].views[camera]
        places = np.full((end - start, len(view), 4), np.nan)
        for row, frame in enumerate(session.frames[start:end]):
            one, other = np.nonzero(_same(view.identities, frame.views[camera].identities))
            places[row, one] = frame.views[camera].boxes[other]
        found.append(_slopes(seconds[start:end], places))
    return found


def _same(a: Int[np.ndarray, " a"], b: Int[np.ndarray, " b"]) -> Bool[np.ndarray, "a b"]:
    return np.asarray((a[:, None] == b) & (b != UNKNOWN))


def _slopes(
    seconds: Float[np.ndarray, " frame"], places: Float[np.ndarray, "frame person 4"]
) -> Float[np.ndarray, "person 4"]:
    """Of least squares over the frames in which somebody is; 0 where these are fewer than two."""
    there = np.isfinite(places)
    times = np.where(there, seconds[:, None, None], 0.0)
    count = np.maximum(there.sum(axis=0), 1)
    centred = np.where(there, seconds[:, None, None] - times.sum(axis=0) / count, 0.0)
    spread = np.square(centred).sum(axis=0)
    rise = (centred * np.where(there, places, 0.0)).sum(axis=0)
    return np.asarray(np.divide(rise, spread, out=np.zeros_like(rise), where=spread > 0))


def _moved(view: View, velocities: Float[np.ndarray, "person 4"], seconds: float) -> View:
    boxes = view.boxes + seconds * velocities
    upright = (boxes[:, 2:] > boxes[:, :2]).all(axis=1, keepdims=True)
    return replace(view, boxes=np.where(upright, boxes, view.boxes))
