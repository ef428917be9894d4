"""The `pose` cue: what bodies do, seen from any two sides.

The joints of a person, side by side in two views at the right offset, are views of the same moving points. That is so for
any cameras and any body, and it fixes the offset to a fraction of a frame. Coarsely, every lag is judged by how much better
some two-view geometry (or the known one) explains the joints in time than in random order; finely, offset and geometry are
found together. See docs/cues/pose.md.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import logsumexp

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.match.contest import contest
from viewsync.match.correlate import candidate_lags
from viewsync.match.interpolate import between
from viewsync.match.people import People
from viewsync.match.pose_track import PoseTracker
from viewsync.match.posture import WEIGHTS
from viewsync.match.views import Kind, Views, rows_apart
from viewsync.media.keypoints.joints import COCO17
from viewsync.signals.tracks import RATE_HZ, Grid, smooth_tracks
from viewsync.types import LocalOffset, OffsetBelief, Poses, PoseSignal, Search, Signal, Track

if TYPE_CHECKING:
    from viewsync.networks.pose_embedding import PoseEmbedding

NAME = "pose"

CONSTANTS = np.array([*WEIGHTS, -0.3, 1.4, 0.05])
"""How evidence adds up (`log_likelihood_ratio`), fitted to worlds by `viewsync.benchmarks.pose_calibration`."""
_WINDOW_SECONDS = 30.0
_LEAST_EMBEDDED_JOINTS = 8
_READ_OUT_SECONDS = 0.015
"""Of rolling shutters, from none to twice this."""
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
    height = None if poses.size is None else poses.size[1]
    tracks = tuple(replace(track, embedding=_embedding(track, poses.joints)) for track in tracks)
    return PoseSignal(NAME, seen[:, None], seen > 0, RATE_HZ, grid.start_seconds, poses.joints, tracks, still, height)


def _embedding(track: Track, joints: tuple[str, ...]) -> Float[np.ndarray, "time dimension"] | None:
    """What the network makes of a person's track; None where too few of the joints that it knows were looked for."""
    known = [(place, joints.index(name)) for place, name in enumerate(COCO17) if name in joints]
    if len(known) < _LEAST_EMBEDDED_JOINTS:
        return None
    from viewsync.signals.embedding import embed

    points = np.zeros((len(track), len(COCO17), 3), dtype=np.float32)
    for place, joint in known:
        seen = np.isfinite(track.points[:, joint, 0])
        points[seen, place, :2] = track.points[seen, joint]
        points[seen, place, 2] = 1.0
    return embed(points, _network())


@cache
def _network() -> "PoseEmbedding":
    from viewsync.networks.checkpoints import load_network, shipped
    from viewsync.networks.pose_embedding import PoseEmbedding

    return load_network(shipped("pose-embedding"), PoseEmbedding)


def fingerprint(signals: Mapping[str, Signal]) -> str:
    """What a recording's evidence depends on, as a hash."""
    signal = signals[NAME]
    assert isinstance(signal, PoseSignal)
    said = (signal.joints, signal.rate_hz, signal.start_seconds, signal.camera, signal.height_pixels)
    digest = hashlib.sha256(repr(said).encode())
    for track in signal.tracks:
        digest.update(repr((track.first, track.person)).encode() + track.points.tobytes())
        digest.update(b"" if track.embedding is None else track.embedding.tobytes())
    return digest.hexdigest()


def belief(a: PoseSignal, b: PoseSignal, search: Search) -> OffsetBelief:
    """Evidence for every offset at which the recordings overlap enough (`viewsync.signals.Cue`)."""
    a, b = _on_one_grid(a), _on_one_grid(b)
    lags = candidate_lags(a, b, search)
    offsets = a.start_seconds - b.start_seconds + lags / a.rate_hz
    overlap = np.minimum(len(a.values), len(b.values) + lags) - np.maximum(0, lags)
    return OffsetBelief(NAME, offsets, _evidence(People(a, b), lags), overlap / a.rate_hz)


def _evidence(people: People, lags: Int[np.ndarray, " lag"]) -> Float[np.ndarray, " lag"]:
    kinds = people.evidence(lags)
    if not kinds.any():
        return np.zeros(len(lags))
    return log_likelihood_ratio(kinds, contest(people, lags, worth(kinds)), CONSTANTS, people.possible)


def worth(kinds: Float[np.ndarray, "track_a track_b kind lag"]) -> Float[np.ndarray, " lag"]:
    """What makes a lag worth a full fit: the evidence of the tracks that suit it best."""
    return np.asarray(np.tensordot(CONSTANTS[:3], kinds, (0, 2)).max(axis=(0, 1)))


def log_likelihood_ratio(
    kinds: Float[np.ndarray, "track_a track_b kind lag"],
    gain: Float[np.ndarray, " lag"],
    constants: Float[np.ndarray, " constant"],
    possible: Bool[np.ndarray, "track_a track_b"] | None = None,
) -> Float[np.ndarray, " lag"]:
    """The evidence added up: each person of a is one of b's who it may be, nobody knows which, or isn't seen by b.

    Args:
        kinds: Of any two tracks.
        gain: Of the lags that were fitted.
        constants: Three weights of the kinds, a shift, a shift per logarithm of the number of comparisons, and the weight of
            the gain.
        possible: Which two tracks may be one person; any two, if None.
    """
    possible = np.ones(kinds.shape[:2], dtype=bool) if possible is None else possible
    # The more that is compared, the more looks good by chance.
    shift = constants[3] + constants[4] * math.log(possible.sum() * len(gain))
    ratio = np.where(possible[..., None], np.tensordot(constants[:3], kinds, (0, 2)) - shift, -np.inf)
    # Neither side comes first. Who can't be anybody of the other side says nothing.
    choices = [np.log(np.maximum(possible.sum(axis=1 - side), 1))[:, None] for side in (0, 1)]
    sides = [np.logaddexp(0.0, logsumexp(ratio, axis=1 - side) - choices[side]).sum(axis=0) for side in (0, 1)]
    return np.asarray(0.5 * (sides[0] + sides[1]) + constants[5] * gain)


def local_offsets(a: PoseSignal, b: PoseSignal, offset_seconds: float) -> list[LocalOffset]:
    """Sub-frame offsets of stretches of 30 s (`viewsync.signals.Cue`)."""
    a, b = _on_one_grid(a), _on_one_grid(b)
    people, rate_hz = People(a, b), a.rate_hz
    lead = (offset_seconds - (a.start_seconds - b.start_seconds)) * rate_hz
    first, last = max(0, math.ceil(-lead)), min(len(b.values), math.floor(len(a.values) - lead))
    if last - first < 2 or not people.joints:
        return []
    edges = np.linspace(first, last, max(1, int((last - first) / rate_hz / _WINDOW_SECONDS)) + 1).round().astype(int)
    points_a, points_b = people.matched(round(lead))
    views, heights, found = Views(len(people.joints), rate_hz, people.fundamental), (a.height_pixels, b.height_pixels), []
    kinds, expected = tuple(Kind), lead
    for start, stop in pairwise(edges.tolist()):
        begin = max(round(start + lead) - _MARGIN, 0)
        beside, own = points_a[begin : max(round(stop + lead) + _MARGIN, 0)], points_b[start:stop]
        best = views.located(beside, own, expected + start - begin, kinds)
        if best is None:
            continue
        refined, kind = best
        # The cameras of the next stretch are the same, and its lag is near.
        kinds, expected = (kind,), refined.lag + begin - start
        middle = b.start_seconds + 0.5 * (start + stop - 1) / rate_hz
        offset = a.start_seconds - b.start_seconds + (refined.lag + begin - start) / rate_hz
        rolled = _READ_OUT_SECONDS * rows_apart(beside, own, refined.lag, heights)
        found.append(LocalOffset(middle, offset, math.hypot(refined.std / rate_hz, rolled)))
    return found


def tracker(a: PoseSignal, b: PoseSignal, offsets_seconds: Float[np.ndarray, " lag"]) -> PoseTracker:
    """Evidence of every half second for each of some offsets (`viewsync.signals.TrackingCue`)."""
    return PoseTracker(_on_one_grid(a), _on_one_grid(b), offsets_seconds)


def _on_one_grid(signal: PoseSignal) -> PoseSignal:
    """The signal at `RATE_HZ`, from which a clock that was set right takes it a little away."""
    if signal.rate_hz == RATE_HZ:
        return signal
    step, tracks = signal.rate_hz / RATE_HZ, []
    count = int((len(signal.values) - 1) / step) + 1
    for track in signal.tracks:
        first = math.ceil(track.first / step)
        places = np.arange(first, int((track.first + len(track) - 1) / step) + 1) * step - track.first
        nearest = np.minimum(np.round(places).astype(int), len(track) - 1)
        embedding = None if track.embedding is None else track.embedding[nearest]
        tracks.append(replace(track, first=first, points=between(track.points, places)[0], embedding=embedding))
    nearest = np.minimum(np.round(np.arange(count) * step).astype(int), len(signal.values) - 1)
    grid = {"values": signal.values[nearest], "valid": signal.valid[nearest], "rate_hz": RATE_HZ}
    return replace(signal, tracks=tuple(tracks), **grid)
