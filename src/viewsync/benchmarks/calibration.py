"""Fits the constants of the motion cue and of its error bars, on drawn scenes of jointed figures.

    python -m viewsync.benchmarks.calibration --seed 0

prints them; they are then written into `viewsync.signals.motion` and `viewsync.offsets.calibrate` by hand. The drawn
scenes of the coverage benchmark are of another kind (`tumblers`), and the real recordings take no part.
"""

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize
from scipy.stats import norm
from scipy.stats import t as student_t

from viewsync.benchmarks.drawn import SCENE_SECONDS, DrawnTake, as_recording, shoot
from viewsync.match.correlate import candidate_lags
from viewsync.match.fuse import OUTLIER_FLOOR, PRIOR_UNRELATED
from viewsync.match.settle import HILL_SECONDS
from viewsync.signals import motion
from viewsync.signals.resample import at_common_rate
from viewsync.store import Store
from viewsync.sync import match_all
from viewsync.types import PairOffset, Search, Signal
from viewsync.worlds.clock import truth

# ── evidence: from contrast to a log-likelihood ratio ─────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Trial:
    """A pair of cuts: contrast per lag, and where the truth lies, if it is among the lags at all."""

    contrast: Float[np.ndarray, " lag"]
    right: np.ndarray | None
    """Which lags count as right; None for unrelated scenes and for cuts without enough overlap."""


def trials(scenes: Sequence[Sequence[DrawnTake]], rng: np.random.Generator, rounds: int) -> Iterator[Trial]:
    """Random cuts of 2 to 12 s of all pairs of each scene; some of them of two different scenes."""
    for _ in range(rounds):
        for number, takes in enumerate(scenes):
            for first, second in combinations(takes, 2):
                related = rng.uniform() > PRIOR_UNRELATED
                if not related:
                    second = scenes[(number + 1) % len(scenes)][0]
                yield _trial(first, second, related, rng)


def _trial(first: DrawnTake, second: DrawnTake, related: bool, rng: np.random.Generator) -> Trial:
    a, b = at_common_rate(*_cuts(first, second, rng, (2.0, 12.0), 0.6))
    lags = candidate_lags(a, b, Search())
    stands_out, _ = motion.contrast(a, b, lags)
    true_lag = (truth(first.camera, second.camera)[0] - (a.start_seconds - b.start_seconds)) * a.rate_hz
    right = np.abs(lags - true_lag) <= max(1.5, 0.05 * a.rate_hz)
    return Trial(stands_out, right if related and right.any() else None)


def _cuts(
    first: DrawnTake, second: DrawnTake, rng: np.random.Generator, lengths: tuple[float, float], reach: float
) -> tuple[Signal, Signal]:
    """Two cuts of one random length, the second moved by up to `reach` lengths."""
    length = float(np.exp(rng.uniform(*np.log(lengths))))
    start = float(rng.uniform(0, SCENE_SECONDS - length))
    moved = float(np.clip(start + rng.uniform(-reach, reach) * length, 0, SCENE_SECONDS - length))
    return first.cut(start, length), second.cut(moved, length)


def log_score(trial: Trial, scale: float, shift: float) -> float:
    """Log-probability that the posterior gives to what is true: a proper score, best when it is honest."""
    ratio = np.maximum(scale * np.maximum(trial.contrast, 0) - shift, OUTLIER_FLOOR)
    joint = ratio - np.log(len(ratio)) + np.log(1 - PRIOR_UNRELATED)
    whole = np.logaddexp(np.logaddexp.reduce(joint), np.log(PRIOR_UNRELATED))
    truth_mass = np.log(PRIOR_UNRELATED) if trial.right is None else np.logaddexp.reduce(joint[trial.right])
    return float(truth_mass - whole)


def fit_evidence(found: Sequence[Trial]) -> tuple[Float[np.ndarray, " constant"], float]:
    """Scale and shift of the evidence by maximum likelihood, and the mean log score they reach."""

    def loss(constants: np.ndarray) -> float:
        return -float(np.mean([log_score(trial, *constants) for trial in found]))

    fit = minimize(loss, [1.6, 0.5], method="Nelder-Mead")
    return fit.x, -fit.fun


# ── error bars ────────────────────────────────────────────────────────────────────────────────────────────────────


def errors(
    scenes: Sequence[Sequence[DrawnTake]], rng: np.random.Generator, rounds: int
) -> Float[np.ndarray, "measurement 3"]:
    """Error, stated σ and sample interval, in seconds, of pairs whose best offset stands out and is the right one.

    Wrong offsets are the business of the probability, not of the error bar.
    """
    rows: list[tuple[float, float, float]] = []
    for _ in range(rounds):
        for takes in scenes:
            for first, second in combinations(takes, 2):
                true_offset = truth(first.camera, second.camera)[0]
                a, b = _cuts(first, second, rng, (3.0, 14.0), 0.4)
                belief = motion.belief(a, b, Search())
                best = int(np.argmax(belief.log_likelihood_ratio))
                found = float(belief.offsets_seconds[best])
                interval = 1 / min(a.rate_hz, b.rate_hz)
                sure = belief.log_likelihood_ratio[best] - np.log(len(belief.offsets_seconds)) > 3
                if sure and abs(found - true_offset) < max(0.1, 2 * interval):
                    rows.extend(
                        (local.offset_seconds - true_offset, local.std_seconds, interval)
                        for local in motion.local_offsets(a, b, found)
                    )
    return np.array(rows)


def fit_error_bars(found: Float[np.ndarray, "measurement 3"]) -> Float[np.ndarray, " constant"]:
    """Factor on the stated σ, and bias in seconds and in intervals, by maximum likelihood of Student-t errors.

    Student's t lets the few grossly wrong ones be outliers instead of widening every error bar.
    """
    error, stated, interval = found.T

    def loss(logs: np.ndarray) -> float:
        factor, seconds, intervals = np.exp(logs)
        std = np.sqrt((factor * stated) ** 2 + seconds**2 + (intervals * interval) ** 2)
        return -float(np.mean(student_t.logpdf(error / std, df=5) - np.log(std)))

    return np.asarray(np.exp(minimize(loss, np.log([1.5, 0.002, 0.3]), method="Nelder-Mead").x))


# ── pairs among others ────────────────────────────────────────────────────────────────────────────────────────────


def tied_pairs(takes: Sequence[DrawnTake], rng: np.random.Generator) -> list[tuple[PairOffset, float]]:
    """Pairs of one timeline that are tied, after random cuts of one length, and their errors in seconds."""
    length = float(np.exp(rng.uniform(*np.log([2.0, 14.0]))))
    starts = rng.uniform(0, min(SCENE_SECONDS - length, 0.6 * length), len(takes)).tolist()
    recordings = [
        as_recording(f"cam{i}", take, start, length) for i, (take, start) in enumerate(zip(takes, starts, strict=True))
    ]
    signals = {
        recording.id: {motion.NAME: take.cut(start, length)}
        for recording, take, start in zip(recordings, takes, starts, strict=True)
    }
    cameras = {recording.id: take.camera for recording, take in zip(recordings, takes, strict=True)}
    pairs = match_all(recordings, signals, Search(), Store(), lambda task, done, whole: None)
    return [
        (pair, pair.offset_seconds + (pair.rate or 0.0) * pair.middle_seconds - truth(cameras[pair.a], cameras[pair.b])[0])
        for pair in pairs
        if pair.offset_seconds is not None and pair.middle_seconds is not None
    ]


def check_pairs(scenes: Sequence[Sequence[DrawnTake]], rng: np.random.Generator, rounds: int) -> dict[str, float]:
    """How the constants in force do among several cameras: what should be about 1, 1 and SHARED_FRACTION.

    The ratios are those of 95th percentiles to what they should be, of pairs tied alone and of those that needed help.
    Errors that belong to cameras cancel around a cycle: what is left over there is the edges' own.
    """
    alone: list[float] = []
    helped: list[float] = []
    closures: list[float] = []
    for takes in list(scenes) * rounds:
        found = {(pair.a, pair.b): (pair, error) for pair, error in tied_pairs(takes, rng) if abs(error) < HILL_SECONDS}
        for pair, error in found.values():
            (helped if pair.reasons else alone).append(error / (pair.offset_std_seconds or 1.0))
        for a, b, c in combinations([f"cam{i}" for i in range(len(takes))], 3):
            if {(a, b), (b, c), (a, c)} <= found.keys():
                (ab, e_ab), (bc, e_bc), (ac, e_ac) = found[a, b], found[b, c], found[a, c]
                variance = sum((pair.offset_std_seconds or 0.0) ** 2 for pair in (ab, bc, ac))
                closures.append((e_ab + e_bc - e_ac) / np.sqrt(variance))
    ratio = {name: _ratio(z) for name, z in {"alone": alone, "helped": helped, "closures": closures}.items()}
    return {"alone": ratio["alone"], "helped": ratio["helped"], "shared": 1 - ratio["closures"] ** 2}


def _ratio(deviations: Sequence[float]) -> float:
    return float(np.quantile(np.abs(deviations), 0.95) / norm.ppf(0.975))


def main() -> None:
    """Draw the scenes, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scenes", type=int, default=60)
    options = parser.parse_args()
    with ProcessPoolExecutor() as pool:
        scenes = list(pool.map(partial(shoot, "figures", cameras=4), range(options.seed, options.seed + options.scenes)))
    report(scenes, options.seed)


def report(scenes: Sequence[Sequence[DrawnTake]], seed: int) -> None:
    """Fit all constants and print them."""
    rng = np.random.default_rng(seed)
    constants, score = fit_evidence(list(trials(scenes, rng, rounds=4)))
    print(f"evidence: scale {constants[0]:.2f}, shift {constants[1]:.2f}; score {score:.3f}")
    factor, seconds, intervals = fit_error_bars(errors(scenes, rng, rounds=16))
    print(f"error bars: std_factor {factor:.2f}, bias_seconds {seconds:.4f}, bias_intervals {intervals:.3f}")
    ratios = check_pairs(scenes, rng, rounds=8)
    print("pairs, under the constants in force: " + ", ".join(f"{name} {value:.2f}" for name, value in ratios.items()))


if __name__ == "__main__":
    main()
