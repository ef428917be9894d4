"""The training-free rival, and what makes the lag exact: two views of one posture share a line of the joints' space."""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import gaussian_filter1d

_LEAST_JOINTS = 5
"""Four points always fit."""
_FLOOR = 0.08
"""In body sizes: misfits well below count by their square, those above by their logarithm, as they are wild ones."""
_REACH_FRAMES = 10

Track = Float[np.ndarray, "time joint 3"]


def affine_misfit(
    a: Track,
    b: Track,
    lags: Int[np.ndarray, " lag"],
    *,
    smooth_frames: float = 2.0,
    geometry_frames: float = 10.0,
) -> Float[np.ndarray, " lag"]:
    """How badly two tracks fit views of one moving body, per instant in common, for each lag.

    The joints that an affine camera sees are its 2 × 3 matrix times their places. So the centred joints of both views
    together have rank 3, whatever the cameras (Tomasi and Kanade, "Shape and motion from image streams under
    orthography", 1992): some direction in one picture has the same coordinates, up to scale, as some direction in the
    other. That pair of directions is found from the instants around each one; what counts is how badly the instant's own
    joints agree along it. With `geometry_frames` 0 it is found for each instant from its own joints.

    Args:
        a: x, y and confidence.
        b: The same joints of another camera, at the same rate.
        lags: Frame t + lag of a is held against frame t of b.
        smooth_frames: Standard deviation by which tracks are smoothed beforehand; 0 leaves them as they are.
        geometry_frames: Standard deviation of the time over which cameras hardly turn as seen from the body.

    Returns:
        Mean log of the squared misfit in body sizes; nan where no instant of both shows five joints.
    """
    a, b = (_in_body_sizes(_smoothed(track, smooth_frames)) for track in (a, b))
    means = np.full(len(lags), np.nan)
    for place, lag in enumerate(lags):
        first, last = max(0, -lag), min(len(b), len(a) - lag)
        if last > first:
            misfit = _misfit(a[first + lag : last + lag], b[first:last], geometry_frames)
            means[place] = np.log(misfit + _FLOOR**2).mean() if misfit.size else np.nan
    return means


def refined(a: Track, b: Track, lag_frames: float, reach_frames: int = _REACH_FRAMES) -> float:
    """The lag of the smallest misfit near a lag known roughly, between frames too; the rough one where nothing fits.

    Args:
        a: x, y and confidence.
        b: The same joints of another camera, at the same rate.
        lag_frames: About where: frame t + lag of a is frame t of b.
        reach_frames: How far off that may be.
    """
    lags = round(lag_frames) + np.arange(-reach_frames, reach_frames + 1)
    misfits = np.nan_to_num(affine_misfit(a, b, lags), nan=np.inf)
    best = int(np.argmin(misfits[1:-1])) + 1
    before, here, after = misfits[best - 1 : best + 2]
    if not np.isfinite(here):
        return lag_frames
    bend = before - 2 * here + after
    return float(lags[best] + (np.clip((before - after) / (2 * bend), -1, 1) if 0 < bend < np.inf else 0.0))


def _misfit(a: Track, b: Track, geometry_frames: float) -> Float[np.ndarray, " known"]:
    """Mean squared misfit per joint, of the instants at which both show enough joints."""
    both = (a[..., 2] > 0) & (b[..., 2] > 0)
    count = both.sum(axis=1)
    known = count >= _LEAST_JOINTS
    joints = np.concatenate([_centred(track[..., :2], both & known[:, None]) for track in (a, b)], axis=2)
    moments = np.einsum("tjp,tjq->tpq", joints, joints)
    around = gaussian_filter1d(moments, geometry_frames, axis=0, mode="constant") if geometry_frames else moments
    _, directions = np.linalg.eigh(around[known])
    least = directions[:, :, 0]
    return np.asarray(np.einsum("tp,tpq,tq->t", least, moments[known], least) / (count[known] - 2))


def _centred(
    places: Float[np.ndarray, "time joint 2"], seen: Bool[np.ndarray, "time joint"]
) -> Float[np.ndarray, "time joint 2"]:
    """Seen from the middle of those that count; the others 0."""
    share = seen / np.maximum(seen.sum(axis=1, keepdims=True), 1)
    middle = np.einsum("tj,tja->ta", share, places)
    return np.asarray(seen[..., None] * (places - middle[:, None]))


def _in_body_sizes(track: Track) -> Track:
    """Both views weigh the same, however large their pictures are."""
    seen = track[..., 2] > 0
    distances = np.linalg.norm(_centred(track[..., :2], seen), axis=2)[seen]
    size = float(np.median(distances)) if distances.size else 1.0
    return track * [1 / (size or 1.0), 1 / (size or 1.0), 1]


def _smoothed(track: Track, frames: float) -> Track:
    """Each joint over the instants at which it was seen."""
    if frames == 0:
        return track
    seen = (track[..., 2:] > 0).astype(np.float64)
    total = gaussian_filter1d(seen * track[..., :2], frames, axis=0, mode="constant")
    weight = gaussian_filter1d(seen, frames, axis=0, mode="constant")
    return np.concatenate([seen * total / np.maximum(weight, 1e-9), track[..., 2:]], axis=2)
