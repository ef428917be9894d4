"""The constants of the pose cue, fitted to worlds that the benchmark doesn't judge: how kinds of evidence add up.

python -m viewsync.benchmarks.pose_calibration --motions DIR --seed 7101
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import tyro
from jaxtyping import Float
from rich.console import Console
from rich.progress import track
from scipy.optimize import minimize

from viewsync.benchmarks.pose_scenes import PoseTake, pair_takes, still_takes
from viewsync.benchmarks.takes import KnownClip, Take, true_offset
from viewsync.calibration import fitted
from viewsync.geometry.camera import CalibratedCamera
from viewsync.match.contest import contest
from viewsync.match.correlate import candidate_lags
from viewsync.match.fuse import PRIOR_UNRELATED
from viewsync.match.people import People
from viewsync.offsets.calibrate import TIED_PROBABILITY
from viewsync.pose_embedding.performances import recorded
from viewsync.signals import pose
from viewsync.types import Poses, PoseSignal, Search
from viewsync.worlds.motions.library import UNNAMED_ACTION, MotionLibrary

_CUTS_SECONDS = (1.0, 2.0, 4.0)
_NEAR_SAMPLES, _HILL_SAMPLES = 4, 6


@dataclass(frozen=True)
class Case:
    """Two cameras' evidence, and where the truth lies."""

    kinds: Float[np.ndarray, "track_a track_b kind lag"]
    gain: Float[np.ndarray, " lag"]
    """By which the likeliest lags explain the joints better than others."""
    true_sample: float | None
    """Among the lags; None: the two have nothing in common."""

    def posterior(self, constants: Float[np.ndarray, " constant"]) -> tuple[Float[np.ndarray, " lag"], float]:
        """Of each lag, and of "unrelated"."""
        total, lags = pose.log_likelihood_ratio(self.kinds, self.gain, constants), len(self.gain)
        top = max(float(total.max(initial=0.0)), 0.0)
        weight = (1 - PRIOR_UNRELATED) / lags * np.exp(total - top)
        whole = float(weight.sum()) + PRIOR_UNRELATED * np.exp(-top)
        return weight / whole, PRIOR_UNRELATED * float(np.exp(-top)) / whole


def fit(cases: Sequence[Case]) -> Float[np.ndarray, " constant"]:
    """The constants under which the truth is most probable."""

    def loss(constants: np.ndarray) -> float:
        total = 1e-3 * float(np.sum((constants - pose.CONSTANTS) ** 2))
        for case in cases:
            probability, unrelated = case.posterior(np.abs(constants))
            here = unrelated
            if case.true_sample is not None:
                here = float(probability[np.abs(np.arange(len(probability)) - case.true_sample) <= _NEAR_SAMPLES].sum())
            total -= np.log(here + 1e-6) / len(cases)
        return total

    return np.asarray(np.abs(minimize(loss, pose.CONSTANTS, method="Nelder-Mead", options={"maxiter": 1500}).x))


def judged(case: Case, constants: Float[np.ndarray, " constant"]) -> str:
    """One of "right", "wrong" and "refused"."""
    probability, _ = case.posterior(constants)
    best = int(np.argmax(probability))
    hill = np.abs(np.arange(len(probability)) - best) <= _HILL_SAMPLES
    if probability[hill].sum() < TIED_PROBABILITY:
        return "refused"
    return "right" if case.true_sample is not None and abs(best - case.true_sample) <= _NEAR_SAMPLES else "wrong"


# ── cases ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def cases_of(takes: Sequence[PoseTake]) -> Iterator[tuple[str, Case]]:
    """All pairs of takes, of shorter cuts of them, and of cameras of different takes."""
    rng = np.random.default_rng(len(takes))
    for seconds in (None, *_CUTS_SECONDS):
        cuts = list(takes) if seconds is None else [cut for take in takes if (cut := shortened(take, seconds, rng))]
        length = "whole" if seconds is None else f"{seconds:g} s"
        signals = [signals_of(cut) for cut in track(cuts, length, console=Console(stderr=True))]
        for cut, own in zip(cuts, signals, strict=True):
            for (name_a, a), (name_b, b) in combinations(own.items(), 2):
                truth = true_offset(cut.take.clip(name_a), cut.take.clip(name_b))
                if truth is not None:
                    yield length, case_of(a, b, truth.offset_seconds)
        for one, other in pairwise(signals):
            yield f"{length}, unrelated", case_of(next(iter(one.values())), list(other.values())[-1], None)


def signals_of(taken: PoseTake) -> dict[str, PoseSignal]:
    """As `sync` makes them."""
    cameras: Mapping[str, object] = taken.calibration
    found = {}
    for name, poses in taken.poses.items():
        camera = cameras.get(name)
        known = fitted(camera, *poses.size) if isinstance(camera, CalibratedCamera) and poses.size else None
        found[name] = pose.signal(poses, known)
    return found


def case_of(a: PoseSignal, b: PoseSignal, offset_seconds: float | None) -> Case:
    """The evidence of two signals, and where among the lags the offset lies."""
    lags = candidate_lags(a, b, Search())
    people = People(a, b)
    kinds = people.evidence(lags)
    gain = contest(people, lags, pose.worth(kinds))
    if offset_seconds is None:
        return Case(kinds, gain, None)
    return Case(kinds, gain, (offset_seconds - (a.start_seconds - b.start_seconds)) * a.rate_hz - float(lags[0]))


def shortened(taken: PoseTake, seconds: float, rng: np.random.Generator) -> PoseTake | None:
    """Equally long clips of which any two share at least half; None where the take is too short."""
    clips = taken.take.clips
    first, last = max(clip.world_seconds[0] for clip in clips), min(clip.world_seconds[-1] for clip in clips)
    if last - first < 1.5 * seconds:
        return None
    start, poses, cuts = rng.uniform(first, last - 1.5 * seconds), {}, []
    for clip in clips:
        begin = start + rng.uniform(0, seconds / 2)
        kept = (clip.world_seconds >= begin) & (clip.world_seconds < begin + seconds)
        poses[clip.id] = _kept(taken.poses[clip.id], kept)
        pts = clip.pts_seconds[kept]
        cuts.append(KnownClip(clip.path, pts - pts[0], clip.world_seconds[kept], clip.frame_seconds))
    return replace(taken, take=Take(taken.take.scene, tuple(cuts)), poses=poses)


def _kept(poses: Poses, kept: np.ndarray) -> Poses:
    rows, first = kept[poses.frames], int(np.argmax(kept))
    return replace(
        poses,
        pts_seconds=poses.pts_seconds[kept] - poses.pts_seconds[first],
        frames=poses.frames[rows] - first,
        tracks=poses.tracks[rows],
        pixels=poses.pixels[rows],
        confidence=poses.confidence[rows],
    )


def main(motions: Path, seed: int = 7101, pairs: int = 30) -> None:
    """Fit the constants and say how well they do.

    Args:
        motions: Folder of recorded motions; those that the benchmark uses aren't touched.
        seed: Of the scenes; the benchmark's is another.
        pairs: How many scenes of world `pair` of each kind of motion.
    """
    clips = recorded((motions,)).training
    library = MotionLibrary(
        tuple(replace(clip, action=UNNAMED_ACTION) if clip.action == "terrain" else clip for clip in clips)
    )
    still = [*still_takes("group", seed, pairs // 4), *still_takes("lab", seed, max(pairs // 15, 1))]
    sets = {
        "pair, own motions": list(pair_takes(seed, pairs)),
        "pair, recorded motions": list(pair_takes(seed, pairs, library)),
        "still": still,
        "still, not calibrated": [taken.uncalibrated() for taken in still],
    }
    cases = [(f"{name}: {length}", case) for name, takes in sets.items() for length, case in cases_of(takes)]
    constants = fit([case for _, case in cases])
    console = Console()
    console.print("constants:", constants.round(2).tolist())
    for name in dict.fromkeys(name for name, _ in cases):
        verdicts = [judged(case, constants) for label, case in cases if label == name]
        shares = ", ".join(f"{verdicts.count(word)} {word}" for word in ("right", "wrong", "refused"))
        console.print(f"{name}: {len(verdicts)} pairs, {shares}")


if __name__ == "__main__":
    tyro.cli(main)
