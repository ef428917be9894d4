"""How well offsets are found between views of people whom training never saw: by the network, without it, and by both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32
from numpy.random import Generator

from viewsync.networks.pose_embedding import RATE_HZ, PoseEmbedding
from viewsync.pose_embedding.affine import affine_misfit, refined
from viewsync.pose_embedding.correlation import correlations, lags, overlaps, peak
from viewsync.pose_embedding.data import track_of
from viewsync.pose_embedding.filming import MOVING, film
from viewsync.pose_embedding.performances import RATE_HZ as JOINTS_RATE_HZ
from viewsync.pose_embedding.performances import Joints
from viewsync.signals.embedding import embed

PICTURES = ((640, 360), (1280, 720))
NOISE_PIXELS, SECONDS, MAX_OFFSET_SECONDS, FPS = 4.0, 10.0, 5.0, 30.0
_LEAST_OVERLAP_SECONDS = 4.0
_MISFIT_WEIGHT = 0.2
"""Evidence per frame and per unit of log misfit, beside the network's own: errors of neighbouring frames are much alike."""
_FRAME_MS = 1000 / FPS

Track = Float32[np.ndarray, "time joint 3"]


@dataclass(frozen=True)
class Score:
    """Of a method on many pairs of clips."""

    median_ms: float
    p95_ms: float
    within_5_ms: float
    """Share of pairs."""
    within_frame: float
    beyond_100_ms: float

    @classmethod
    def of(cls, errors_ms: Float[np.ndarray, " pair"]) -> "Score":
        """Of signed errors."""
        size = np.abs(errors_ms)
        median, p95 = np.percentile(size, [50, 95])
        shares = ((size < 5).mean(), (size < _FRAME_MS).mean(), (size > 100).mean())
        return cls(*(round(float(figure), 3) for figure in (median, p95, *shares)))


def evaluate(
    network: PoseEmbedding,
    performances: Sequence[Joints],
    *,
    seed: int,
    pairs: int = 96,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> dict[str, dict[str, float]]:
    """Find offsets of ±5 s between clips of 10 s at 30 fps of one person, by moving cameras, with 4 px of noise.

    Args:
        network: The trained one.
        performances: What it has never seen.
        seed: Of cameras, noise and offsets.
        pairs: How many, for each size of picture.
        progress: Told how far it is.

    Returns:
        The fields of a `Score` by method and size of picture.
    """
    scores = {}
    for picture in PICTURES:
        rng = np.random.default_rng([seed, 24])
        errors: dict[str, list[float]] = {}
        for number in range(pairs):
            a, b, truth_frames = _pair(performances[number % len(performances)], picture, rng)
            for method, lag_frames in found(network, a, b).items():
                errors.setdefault(method, []).append((lag_frames - truth_frames) / RATE_HZ * 1000)
            progress(f"measuring at {picture[0]} x {picture[1]}", number + 1, pairs)
        for method, some in errors.items():
            scores[f"{method}, {picture[0]}x{picture[1]}"] = asdict(Score.of(np.array(some)))
    return scores


def found(network: PoseEmbedding, a: Track, b: Track) -> Mapping[str, float]:
    """The lag in frames by each method: frame t + lag of a is frame t of b."""
    rows = (torch.from_numpy(embed(track, network))[None] for track in (a, b))
    enough = overlaps(len(a), len(b)) >= _LEAST_OVERLAP_SECONDS * RATE_HZ
    lag, overlap = lags(len(a), len(b))[enough].numpy(), overlaps(len(a), len(b))[enough].numpy()
    likeness = correlations(*rows)[0, 0, enough]
    by_network = lag[0] + float(peak(likeness))
    at_instants = _evidence(affine_misfit(a, b, lag, smooth_frames=0, geometry_frames=0), overlap)
    smoothly = _evidence(affine_misfit(a, b, lag), overlap)
    together = likeness.numpy() + _MISFIT_WEIGHT * smoothly
    return {
        "embedding": by_network,
        "embedding, refined": refined(a, b, by_network),
        "misfit of single instants": lag[0] + float(peak(torch.from_numpy(at_instants))),
        "misfit, refined": refined(a, b, float(lag[smoothly.argmax()])),
        "embedding and misfit, refined": refined(a, b, float(lag[together.argmax()])),
    }


def _evidence(misfits: Float[np.ndarray, " lag"], overlap: np.ndarray) -> Float[np.ndarray, " lag"]:
    """How much smaller the misfit is than at most lags, over all instants; 0 where it isn't known."""
    return np.nan_to_num((np.nanmedian(misfits) - misfits) * overlap) if np.isfinite(misfits).any() else 0.0 * misfits


def _pair(joints: Joints, picture: tuple[int, int], rng: Generator) -> tuple[Track, Track, float]:
    offset = rng.uniform(-MAX_OFFSET_SECONDS, MAX_OFFSET_SECONDS)
    room = len(joints) / JOINTS_RATE_HZ - SECONDS - abs(offset) - 0.1
    start = rng.uniform(0, room) + max(-offset, 0)
    tracks = []
    for begin in (start, start + offset):
        frames = begin + np.arange(SECONDS * FPS) / FPS
        seen = film(joints, frames, rng, picture=picture, noise_pixels=NOISE_PIXELS, kinds=MOVING)
        tracks.append(track_of(frames, seen.pixels, seen.confidence))
    return tracks[0], tracks[1], offset * RATE_HZ
