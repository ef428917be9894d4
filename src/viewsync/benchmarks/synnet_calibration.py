"""The constants of the SynNet cue, on the worlds that the pose cue's are fitted to, which no benchmark judges.

python -m viewsync.benchmarks.synnet_calibration --motions DIR --seed 7101
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro
from jaxtyping import Bool, Float
from rich.console import Console
from rich.progress import track
from scipy.special import logsumexp

from viewsync.benchmarks.pose_scenes import PoseTake, pair_takes
from viewsync.benchmarks.takes import true_offset
from viewsync.match.fuse import PRIOR_UNRELATED
from viewsync.offsets.calibrate import CALIBRATIONS
from viewsync.pose_embedding.performances import recorded
from viewsync.signals import synnet
from viewsync.types import Search
from viewsync.worlds.motions.library import MotionLibrary

_NEAR_SECONDS = 0.15
"""About one frame of a clip: what the network tells apart."""
_TRIED = (0.35, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5)


@dataclass(frozen=True)
class Case:
    """What the cue says of two recordings of 10 s, and what is true."""

    ratio: Float[np.ndarray, " lag"]
    """Log-likelihood ratios, with the constants as they are."""
    near: Bool[np.ndarray, " lag"] | None
    """Where the true offset is; None: the two have nothing in common."""
    errors: Float[np.ndarray, " stretch"]
    """Of local offsets, in their own standard errors."""
    errors_seconds: Float[np.ndarray, " stretch"]

    def score(self, factor: float) -> float:
        """Log-probability of the truth, if evidence counted so many times as much."""
        lags = np.log((1 - PRIOR_UNRELATED) / len(self.ratio)) + factor * self.ratio
        whole = np.logaddexp(logsumexp(lags), np.log(PRIOR_UNRELATED))
        if self.near is None:
            return float(np.log(PRIOR_UNRELATED) - whole)
        return float(logsumexp(lags[self.near]) - whole)


def cases_of(takes: Sequence[PoseTake]) -> Iterator[Case]:
    """The two cameras of each take, and cameras of successive ones."""
    before = None
    for taken in track(takes, "recordings", console=Console(stderr=True)):
        (name_a, a), (name_b, b) = ((name, synnet.signal(poses)) for name, poses in taken.poses.items())
        truth = true_offset(taken.take.clip(name_a), taken.take.clip(name_b))
        belief = synnet.belief(a, b, Search())
        if truth is not None and len(belief.offsets_seconds):
            local = synnet.local_offsets(a, b, truth.offset_seconds)
            errors = np.array([one.offset_seconds - truth.offset_seconds for one in local])
            stds = np.array([one.std_seconds for one in local])
            near = np.abs(belief.offsets_seconds - truth.offset_seconds) < _NEAR_SECONDS
            yield Case(belief.log_likelihood_ratio, near, errors / stds, errors)
        if before is not None:
            yield Case(synnet.belief(before, b, Search()).log_likelihood_ratio, None, np.zeros(0), np.zeros(0))
        before = a


def main(motions: Path, seed: int = 7101, pairs: int = 30) -> None:
    """Say which constants fit, and how good the cue is with them.

    Args:
        motions: Folder of recorded motions; those that the benchmark uses aren't touched.
        seed: Of the scenes; the benchmark's is another.
        pairs: How many scenes of world `pair` of each kind of motion.
    """
    library = MotionLibrary(recorded((motions,)).training)
    cases = [*cases_of([*pair_takes(seed, pairs), *pair_takes(seed, pairs, library)])]
    console = Console()
    for factor in _TRIED:
        score = np.mean([case.score(factor) for case in cases])
        console.print(f"evidence x {factor:g} (TIMES_ASKED = {factor * synnet.TIMES_ASKED:g}): log score {score:.3f}")
    related = [case for case in cases if case.near is not None]
    right = np.mean([case.near[case.ratio.argmax()] for case in related if case.near is not None])
    errors = np.concatenate([case.errors for case in related])
    seconds = np.abs(np.concatenate([case.errors_seconds for case in related]))
    console.print(f"{len(related)} pairs: {right:.0%} have the right offset on top")
    console.print(
        f"{len(errors)} local offsets: median error {1e3 * np.median(seconds):.1f} ms; median |error| / std over that of a "
        f"normal {np.median(np.abs(errors)) / 0.6745:.2f} (std_factor is {CALIBRATIONS[synnet.NAME].std_factor:g})"
    )


if __name__ == "__main__":
    tyro.cli(main)
