"""The `pose` cue: what bodies do, seen from any two sides.

The joints of a person, side by side in two views at the right offset, are views of the same moving points. That is so for
any cameras and any body, and it fixes the offset to a fraction of a frame. Coarsely, every lag is judged by how much better
some two-view geometry (or the known one) explains the joints in time than in random order; finely, offset and geometry are
found together. See docs/cues/pose.md.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.epipolar import fundamental_matrix
from viewsync.geometry.lens import Lens
from viewsync.match.correlate import candidate_lags
from viewsync.match.epipolar import FreeGeometry, KnownGeometry, Refined, refine
from viewsync.match.interpolate import between
from viewsync.match.posture import FEW_JOINTS, Pairing, centred, standardized
from viewsync.signals.tracks import RATE_HZ, Grid, smooth_tracks
from viewsync.types import LocalOffset, OffsetBelief, Poses, PoseSignal, Search, Signal, Track

NAME = "pose"

_EVIDENCE_SCALE, _EVIDENCE_SHIFT = 0.6, 8.0
_WINDOW_SECONDS = 30.0
_KNOT_SECONDS = 1.0
_MARGIN = 8
"""Samples of a on both sides of a stretch, for the search."""


def signal(poses: Poses, camera: CalibratedCamera | Lens | None = None) -> PoseSignal:
    """Smooth tracks on a uniform grid.

    Args:
        poses: Of one recording.
        camera: Its calibration, or at least its lens, for pictures of the size of the poses'.
    """
    grid = Grid.over(poses.pts_seconds) if len(poses.pts_seconds) else Grid(0.0, 1)
    tracks = smooth_tracks(poses, camera, grid)
    seen = np.zeros(grid.count)
    for track in tracks:
        seen[track.first : track.first + len(track)] += np.isfinite(track.points[..., 0]).sum(axis=1)
    still = camera if isinstance(camera, CalibratedCamera) else None
    return PoseSignal(NAME, seen[:, None], seen > 0, RATE_HZ, grid.start_seconds, poses.joints, tracks, still)


def fingerprint(signals: Mapping[str, Signal]) -> str:
    """What a recording's evidence depends on, as a hash."""
    signal = signals[NAME]
    assert isinstance(signal, PoseSignal)
    digest = hashlib.sha256(f"{signal.joints} {signal.rate_hz!r} {signal.start_seconds!r} {signal.camera!r}".encode())
    for track in signal.tracks:
        digest.update(str(track.first).encode() + track.points.tobytes())
    return digest.hexdigest()


def belief(a: PoseSignal, b: PoseSignal, search: Search) -> OffsetBelief:
    """Evidence for every offset at which the recordings overlap enough (`viewsync.signals.Cue`)."""
    a, b = _on_one_grid(a), _on_one_grid(b)
    lags = candidate_lags(a, b, search)
    offsets = a.start_seconds - b.start_seconds + lags / a.rate_hz
    overlap = np.minimum(len(a.values), len(b.values) + lags) - np.maximum(0, lags)
    total = np.zeros(len(lags))
    for i in range(len(a.tracks)):
        likelihood = np.zeros(len(lags))
        for j in range(len(b.tracks)):
            ratio = _EVIDENCE_SCALE * _surprise(a, b, i, j, lags) - _EVIDENCE_SHIFT
            likelihood += np.exp(np.minimum(ratio, 500.0)) / len(b.tracks)
        total += np.log1p(likelihood)
    return OffsetBelief(NAME, offsets, total, overlap / a.rate_hz)


def _surprise(a: PoseSignal, b: PoseSignal, i: int, j: int, lags: Int[np.ndarray, " lag"]) -> Float[np.ndarray, " lag"]:
    """Of two tracks being one person, at every lag of the signals; 0 where they don't overlap."""
    one, other = a.tracks[i], b.tracks[j]
    own = lags - one.first + other.first
    possible = (own > -len(other)) & (own < len(one))
    total = np.zeros(len(lags))
    if possible.any():
        total[possible] = _pairing(a, b, i, j, own[possible]).surprise()
    return total


def _pairing(a: PoseSignal, b: PoseSignal, i: int, j: int, lags: Int[np.ndarray, " lag"]) -> Pairing:
    of_a, of_b = _common_joints(a, b)
    return Pairing(a.tracks[i].points[:, of_a], b.tracks[j].points[:, of_b], lags, a.rate_hz, _fundamental(a, b))


def _on_one_grid(signal: PoseSignal) -> PoseSignal:
    """The signal at `RATE_HZ`, from which a clock that was set right takes it a little away."""
    if signal.rate_hz == RATE_HZ:
        return signal
    step, tracks = signal.rate_hz / RATE_HZ, []
    count = int((len(signal.values) - 1) / step) + 1
    for track in signal.tracks:
        first = math.ceil(track.first / step)
        places = np.arange(first, int((track.first + len(track) - 1) / step) + 1) * step - track.first
        tracks.append(Track(first, between(track.points, places)[0], track.embedding))
    nearest = np.minimum(np.round(np.arange(count) * step).astype(int), len(signal.values) - 1)
    grid = {"values": signal.values[nearest], "valid": signal.valid[nearest], "rate_hz": RATE_HZ}
    return replace(signal, tracks=tuple(tracks), **grid)


def _common_joints(a: PoseSignal, b: PoseSignal) -> tuple[list[int], list[int]]:
    """Columns of the joints that both have, by name."""
    common = [name for name in a.joints if name in b.joints]
    return [a.joints.index(name) for name in common], [b.joints.index(name) for name in common]


def _fundamental(a: PoseSignal, b: PoseSignal) -> Float[np.ndarray, "3 3"] | None:
    if a.camera is None or b.camera is None:
        return None
    return fundamental_matrix(a.camera, b.camera)


def local_offsets(a: PoseSignal, b: PoseSignal, offset_seconds: float) -> list[LocalOffset]:
    """Sub-frame offsets of stretches of 30 s (`viewsync.signals.Cue`)."""
    a, b = _on_one_grid(a), _on_one_grid(b)
    rate_hz = a.rate_hz
    lead = (offset_seconds - (a.start_seconds - b.start_seconds)) * rate_hz
    first, last = max(0, math.ceil(-lead)), min(len(b.values), math.floor(len(a.values) - lead))
    if last - first < 2:
        return []
    count = max(1, int((last - first) / rate_hz / _WINDOW_SECONDS))
    edges = np.linspace(first, last, count + 1).round().astype(int)
    points_a, points_b = _matched(a, b, round(lead))
    found = []
    for start, stop in pairwise(edges.tolist()):
        begin = max(round(start + lead) - _MARGIN, 0)
        beside = points_a[begin : max(round(stop + lead) + _MARGIN, 0)]
        best = _located(beside, points_b[start:stop], lead + start - begin, _fundamental(a, b))
        if best is not None:
            lag = best.lag + begin - start
            middle = b.start_seconds + 0.5 * (start + stop - 1) / rate_hz
            found.append(LocalOffset(middle, a.start_seconds - b.start_seconds + lag / rate_hz, best.std / rate_hz))
    return found


def _matched(a: PoseSignal, b: PoseSignal, lag: int) -> tuple[np.ndarray, np.ndarray]:
    """The points of people whom both see, each person's in the same columns, on the signals' grids; nan where unseen.

    A person whom the detector lost for a while is several tracks: one track may meet several of the other side, one after
    the other.
    """
    of_a, of_b = _common_joints(a, b)
    gains = {(i, j): _gain(a, b, i, j, lag) for i in range(len(a.tracks)) for j in range(len(b.tracks))}
    taken_a, taken_b = (np.zeros((len(side.tracks), len(b.values)), dtype=bool) for side in (a, b))
    points_a, points_b = [np.zeros((len(a.values), 0, 2))], [np.zeros((len(b.values), 0, 2))]
    for i, j in sorted((pair for pair in gains if gains[pair] > 0), key=lambda pair: -gains[pair]):
        start, stop = _meeting(a.tracks[i], b.tracks[j], lag)
        if taken_a[i, start:stop].any() or taken_b[j, start:stop].any():
            continue
        taken_a[i, start:stop] = taken_b[j, start:stop] = True
        points_a.append(_dense(a.tracks[i], len(a.values))[:, of_a])
        points_b.append(_dense(b.tracks[j], len(b.values))[:, of_b])
    return np.concatenate(points_a, axis=1), np.concatenate(points_b, axis=1)


def _meeting(one: Track, other: Track, lag: int) -> tuple[int, int]:
    """Samples of b during which both are there."""
    return max(one.first - lag, other.first), min(one.first + len(one) - lag, other.first + len(other))


def _gain(a: PoseSignal, b: PoseSignal, i: int, j: int, lag: int) -> float:
    """How much better two tracks agree at a lag than around it."""
    start, stop = _meeting(a.tracks[i], b.tracks[j], lag)
    if stop - start < _LEAST_MEETING:
        return 0.0
    own = lag - a.tracks[i].first + b.tracks[j].first
    found = _pairing(a, b, i, j, own + np.arange(-_AROUND, _AROUND + 1)).agreement()
    near, far = found[_AROUND - 2 : _AROUND + 3].max(), np.quantile(np.delete(found, slice(_AROUND - 6, _AROUND + 7)), 0.9)
    return float(near - far)


_LEAST_MEETING, _AROUND = 15, 60


def _dense(track: Track, samples: int) -> Float[np.ndarray, "time joint 2"]:
    points = np.full((samples, *track.points.shape[1:]), np.nan)
    points[track.first : track.first + len(track)] = track.points
    return points


def _located(
    a: Float[np.ndarray, "time_a joint 2"],
    b: Float[np.ndarray, "time_b joint 2"],
    lag: float,
    fundamental: Float[np.ndarray, "3 3"] | None,
) -> Refined | None:
    """The lag under the geometry that describes the points most briefly."""
    found = [one for one in _attempts(a, b, lag, fundamental) if one is not None]
    return min(found, key=lambda one: one.description_length, default=None)


def _attempts(a: np.ndarray, b: np.ndarray, lag: float, fundamental: np.ndarray | None) -> Iterator[Refined | None]:
    if not (np.isfinite(a).any() and np.isfinite(b).any()):
        return
    bodies = a.shape[1] >= FEW_JOINTS
    for moving in (False, True):
        points_a, points_b = (centred(a), centred(b)) if moving and bodies else (a, b)
        (points_a, frame_a), (points_b, frame_b) = standardized(points_a), standardized(points_b)
        unit = math.sqrt(frame_a[0, 0] * frame_b[0, 0])
        if fundamental is not None and not moving:
            known = KnownGeometry(frame_a.T @ fundamental @ frame_b)
            yield _in_pixels(refine(points_a, points_b, lag, known), unit)
        spacing = (_KNOT_SECONDS if bodies else 10 * _KNOT_SECONDS) * RATE_HZ if moving else math.inf
        geometry = FreeGeometry.fitted(points_a, points_b, lag, spacing)
        if geometry is not None:
            yield _in_pixels(refine(points_a, points_b, lag, geometry), unit)


def _in_pixels(refined: Refined | None, unit: float) -> Refined | None:
    """With residuals in pixels, so that fits in different coordinates can be compared."""
    return None if refined is None else replace(refined, scale=refined.scale * unit)
