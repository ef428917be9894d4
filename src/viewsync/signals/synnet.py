"""The `synnet` cue: what SynNet, the network of Wu et al., makes of people's keypoints. Only used when it is asked for.

The network tells which of some shifts lies between two clips of a second. Here, clips slide over both recordings: two that
lie a candidate offset apart, give or take what the network covers, speak for or against it.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from scipy.special import logsumexp

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.match.correlate import candidate_lags
from viewsync.media.keypoints.joints import COCO17
from viewsync.signals.tracks import RATE_HZ, Grid, smooth_tracks
from viewsync.types import LocalOffset, OffsetBelief, Poses, Search, Signal

if TYPE_CHECKING:
    from viewsync.networks.synnet import OffsetNetwork

NAME = "synnet"

STRIDE = 4
"""Samples from one frame of a clip to the next, as the network was trained."""
DISTRUST = 0.1
"""Share of clips that tell nothing, whatever the network says."""
_LEAST_SEEN, _LEAST_SPEED = 0.5, 0.1
"""Share of the joints that a clip needs, and how many body sizes per second they must move on the mean."""
TIMES_ASKED = 2.0
"""Each lag is asked for by two sets of clips. They tell different things: with this, offsets are as probable as they say, on
60 pairs of the worlds that the pose cue's constants are fitted to."""
_MOST_TRACKS = 4
_FEWEST_CLIPS, _MOST_CLIPS, _MOST_MATCHES = 8, 64, 40_000
"""Of pairs of clips a given time apart; and of pairs at all, which is what takes the time."""
_STRETCH_SECONDS, _STRETCH_CLIPS = 30.0, 24
"""How long the stretches are that tell of drift, and by how many clips of each of b's people each is judged."""


@dataclass(frozen=True)
class Person:
    """One person's track, and what the network makes of clips of it."""

    first: int
    """Sample of the signal at which the track begins."""
    points: Float32[np.ndarray, "time 17 3"]
    """x, y and confidence of COCO-17."""

    @cached_property
    def starts(self) -> Int[np.ndarray, " clip"]:
        """Samples of the signal, all multiples of `_reach`, at which clips begin that tell something."""
        return self.telling(
            _reach() * np.arange(-(-self.first // _reach()), (self.first + len(self.points)) // _reach() + 1)
        )

    @cached_property
    def features(self) -> Float32[np.ndarray, "clip frame feature"]:
        """Of the clips that begin at `starts`."""
        return self.embedded(self.starts)

    def telling(self, starts: Int[np.ndarray, " clip"]) -> Int[np.ndarray, " telling"]:
        """Those of the clips that begin there which show somebody who moves: who stands still shows no shift."""
        span = STRIDE * (network().clip_frames - 1) + 1
        starts = starts[(starts >= self.first) & (starts <= self.first + len(self.points) - span)]
        clips = self.points[starts[:, None] - self.first + STRIDE * np.arange(network().clip_frames)]
        seen = clips[..., 2] > 0
        places = np.where(seen[..., None], clips[..., :2], 0.0)
        places -= places.sum(axis=2, keepdims=True) / np.maximum(seen.sum(axis=2), 1)[..., None, None]
        sizes = _mean(np.linalg.norm(places, axis=3), seen)
        moved = _mean(np.linalg.norm(np.diff(places, axis=1), axis=3), seen[:, 1:] & seen[:, :-1])
        lively = (seen.mean(axis=(1, 2)) >= _LEAST_SEEN) & (moved > _LEAST_SPEED * STRIDE / RATE_HZ * sizes)
        return np.asarray(starts[lively])

    def embedded(self, starts: Int[np.ndarray, " clip"]) -> Float32[np.ndarray, "clip frame feature"]:
        """Features of the clips that begin there."""
        from viewsync.signals.sliding import embedded

        return embedded(self.points, starts - self.first, STRIDE, network())


def _mean(
    values: Float[np.ndarray, "clip frame joint"], where: Bool[np.ndarray, "clip frame joint"]
) -> Float[np.ndarray, " clip"]:
    return np.asarray((values * where).sum(axis=(1, 2)) / np.maximum(where.sum(axis=(1, 2)), 1))


@dataclass(frozen=True)
class SynNetSignal(Signal):
    """How many joints are seen, together with the people."""

    people: tuple[Person, ...]


@cache
def network() -> "OffsetNetwork":
    """The one that comes with the package."""
    from viewsync.networks.checkpoints import load_network, shipped
    from viewsync.networks.synnet import SynNet

    return load_network(shipped(NAME), SynNet)


def _reach() -> int:
    """How many samples the largest shift is: clips so far apart, held against each other, leave no lag out."""
    return STRIDE * network().largest_shift


def signal(poses: Poses, camera: CalibratedCamera | Lens | None = None) -> SynNetSignal:
    """Smooth tracks on a uniform grid.

    Args:
        poses: Of one recording.
        camera: Its calibration, or at least its lens, whose distortion is taken off.
    """
    grid = Grid.over(poses.pts_seconds) if len(poses.pts_seconds) else Grid(0.0, 1)
    tracks = smooth_tracks(poses, camera, grid)[:_MOST_TRACKS]
    people = tuple(Person(track.first, _coco17(track.points, poses.joints)) for track in tracks)
    seen = np.zeros(grid.count)
    for person in people:
        seen[person.first : person.first + len(person.points)] += (person.points[..., 2] > 0).sum(axis=1)
    return SynNetSignal(NAME, seen[:, None], seen > 0, RATE_HZ, grid.start_seconds, people)


def _coco17(points: Float[np.ndarray, "time joint 2"], joints: tuple[str, ...]) -> Float32[np.ndarray, "time 17 3"]:
    found = np.zeros((len(points), len(COCO17), 3), dtype=np.float32)
    for place, name in enumerate(COCO17):
        if name in joints:
            own = points[:, joints.index(name)]
            found[:, place, :2], found[:, place, 2] = np.nan_to_num(own), np.isfinite(own).all(axis=1)
    return found


def fingerprint(signals: Mapping[str, Signal]) -> str:
    """What a recording's evidence depends on, as a hash."""
    signal = signals[NAME]
    assert isinstance(signal, SynNetSignal)
    digest = hashlib.sha256(repr((signal.start_seconds, len(signal.values))).encode())
    for person in signal.people:
        digest.update(str(person.first).encode() + person.points.tobytes())
    for weights in network().state_dict().values():
        digest.update(weights.numpy().tobytes())
    return digest.hexdigest()


def belief(a: SynNetSignal, b: SynNetSignal, search: Search) -> OffsetBelief:
    """Evidence for every offset at which the recordings overlap enough (`viewsync.signals.Cue`)."""
    lags = candidate_lags(a, b, search)
    offsets = a.start_seconds - b.start_seconds + lags / RATE_HZ
    overlap = np.minimum(len(a.values), len(b.values) + lags) - np.maximum(0, lags)
    ratio = np.zeros(len(lags))
    if a.people and b.people and len(lags):
        # Shifts are whole strides. Between them, evidence changes little.
        nodes = STRIDE * np.arange(lags[0] // STRIDE, -(-lags[-1] // STRIDE) + 1)
        most = _MOST_MATCHES * _reach() // (STRIDE * len(nodes) * len(a.people) * len(b.people))
        most = min(max(most, _FEWEST_CLIPS), _MOST_CLIPS)
        people = np.array([[_evidence(one, other, nodes, most) for other in b.people] for one in a.people])
        ratio = np.interp(lags, nodes, _anybody(people))
    return OffsetBelief(NAME, offsets, ratio, overlap / RATE_HZ)


def _anybody(ratio: Float[np.ndarray, "track_a track_b lag"]) -> Float[np.ndarray, " lag"]:
    """The evidence added up: each person of a is one of b's, nobody knows which, or just as likely isn't seen by b."""
    # Neither side comes first.
    sides = [logsumexp(ratio, axis=1 - side) - math.log(ratio.shape[1 - side]) for side in (0, 1)]
    return np.asarray(0.5 * sum((np.logaddexp(0.0, side) - math.log(2)).sum(axis=0) for side in sides))


def _evidence(a: Person, b: Person, nodes: Int[np.ndarray, " lag"], most: int) -> Float[np.ndarray, " lag"]:
    """The log-likelihood ratio of lags, multiples of the stride, for two tracks being of one person.

    Clips `reach` apart are held against each other for all multiples of that: each lag is asked for twice, by other clips.
    """
    reach = _reach()
    shifts = np.arange(-network().largest_shift, network().largest_shift + 1)
    apart = reach * np.arange(-(-nodes[0] // reach) - 1, nodes[-1] // reach + 2)
    pairs, weights = [], []
    for lag in apart.tolist():
        _, ours, theirs = np.intersect1d(a.starts - lag, b.starts, assume_unique=True, return_indices=True)
        every = max(1, -(-len(ours) // most))
        pairs.append(np.stack([ours, theirs], axis=1)[::every])
        weights.append(_independent(every * reach))
    ours, theirs = np.concatenate(pairs).T
    if not len(ours):
        return np.zeros(len(nodes))
    sums = np.zeros((len(apart), len(shifts)))
    np.add.at(
        sums, np.repeat(np.arange(len(apart)), [len(own) for own in pairs]), _told(a.features[ours], b.features[theirs])
    )
    # A shift is judged by the frames that it leaves to compare.
    overlap = np.broadcast_to(network().clip_frames - np.abs(shifts), sums.shape)
    places = (apart[:, None] + STRIDE * shifts - nodes[0]) // STRIDE
    inside = (places >= 0) & (places < len(nodes))
    ratio, asked = np.zeros(len(nodes)), np.zeros(len(nodes))
    np.add.at(ratio, places[inside], (overlap * sums * np.array(weights)[:, None])[inside])
    np.add.at(asked, places[inside], overlap[inside])
    return TIMES_ASKED * ratio / asked


def _independent(apart: int) -> float:
    """What each of a row of clips, so many samples apart, counts: those that overlap tell partly the same."""
    return min(1.0, apart / (STRIDE * network().clip_frames))


def _told(
    a: Float32[np.ndarray, "clip frame feature"], b: Float32[np.ndarray, "clip frame feature"]
) -> Float[np.ndarray, "clip shift"]:
    """Log-likelihood ratio of each shift from −M to M, by single pairs of clips."""
    from viewsync.signals.sliding import shift_log_probabilities

    likelihood = 2 * network().largest_shift * np.exp(shift_log_probabilities(a, b, network()).astype(np.float64))
    return np.log(DISTRUST + (1 - DISTRUST) * likelihood)


def local_offsets(a: SynNetSignal, b: SynNetSignal, offset_seconds: float) -> list[LocalOffset]:
    """Sub-frame offsets of stretches of 30 s (`viewsync.signals.Cue`)."""
    lead = round((offset_seconds - (a.start_seconds - b.start_seconds)) * RATE_HZ)
    first, last = max(0, -lead), min(len(b.values), len(a.values) - lead)
    if last - first < 2 or not (a.people and b.people):
        return []
    count = max(1, int((last - first) / RATE_HZ / _STRETCH_SECONDS))
    found = []
    for start, stop in pairwise(np.linspace(first, last, count + 1).round().astype(int).tolist()):
        apart = max(1, (stop - start) // _STRETCH_CLIPS)
        curves = [_curve(one, other, lead, slice(start, stop), apart) for one in a.people for other in b.people]
        # Other people's clips speak against all lags, but for chance.
        speaking = [curve for curve in curves if curve.sum(axis=0).max() * _independent(apart) > math.log(curve.shape[1])]
        peak = _peak(np.concatenate(speaking), _independent(apart)) if speaking else None
        if peak is not None:
            lag, std = peak
            offset = a.start_seconds - b.start_seconds + (lead - STRIDE // 2 - _reach() + lag) / RATE_HZ
            found.append(LocalOffset(b.start_seconds + (start + stop - 1) / 2 / RATE_HZ, offset, std / RATE_HZ))
    return found


def _curve(a: Person, b: Person, lead: int, stretch: slice, apart: int) -> Float[np.ndarray, "clip lag"]:
    """Evidence for each lag, in samples, by each of b's clips in a stretch: half a stride and `_reach` to both sides."""
    starts = b.telling(np.arange(stretch.start, stretch.stop, apart))
    phases = lead - STRIDE // 2 + np.arange(STRIDE)
    for phase in phases:
        starts = a.telling(starts + phase) - phase
    if not len(starts):
        return np.zeros((0, STRIDE * (2 * network().largest_shift + 1)))
    theirs = b.embedded(starts)
    told = [_told(a.embedded(starts + phase), theirs) for phase in phases]
    return np.stack(told, axis=2).reshape(len(starts), -1)


def _peak(curves: Float[np.ndarray, "clip lag"], share: float) -> tuple[float, float] | None:
    """Where the clips' evidence is highest, between lags too, and its standard error; None where it has no top.

    Args:
        curves: Of each clip.
        share: Of each clip that is independent of the others.
    """
    top = int(curves.sum(axis=0).argmax())
    if not STRIDE <= top < curves.shape[1] - STRIDE:
        return None
    near = np.arange(-STRIDE, STRIDE + 1)
    bends, slopes, _ = np.polyfit(near, curves[:, top + near].T, 2)
    bend, slope = 2 * bends.sum(), slopes.sum()
    if bend >= 0 or abs(slope / bend) > STRIDE:
        return None
    place = -slope / bend
    # The clips' own scatter, or what the curve promises if that is worse: there may be few clips.
    scatter = np.square(2 * bends * place + slopes).sum() / bend**2
    return float(top + place), math.sqrt(max(scatter, -1 / bend) / share)
