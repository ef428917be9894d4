"""One cue follows a pair's offset through time: where it stays, creeps and jumps, each with its error bar."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import uniform_filter1d

from viewsync.audit.jumps import clear_jumps, place
from viewsync.audit.markov import Chain, robust
from viewsync.match.fuse import fuse
from viewsync.match.pose_track import part
from viewsync.match.track import Evidence, Path, Tracker
from viewsync.offsets.calibrate import CALIBRATIONS
from viewsync.offsets.drift import fit_clock
from viewsync.offsets.peak import find_peak
from viewsync.signals import TrackingCue
from viewsync.types import AudioSignal, LocalOffset, MotionSignal, PoseSignal, Search, Signal, Verdict

STEP_SECONDS = 1 / 120
REACH_SECONDS = 0.6
"""Around each offset that the recordings are known to have somewhere."""
_TYPICAL_RATE = 50e-6
"""Of clocks whose rate the footage doesn't fix."""
_LEAST_JUMP_SECONDS, _LEAST_JUMP_INTERVALS = 0.02, 0.5
_WINDOW_SECONDS = 5.0
_CONTRADICTED, _SUPPORTED = -7.0, 3.0
"""Log-likelihood ratio of a window against "unrelated": a thousand to one against; or enough to be worth a word for."""


@dataclass(frozen=True)
class Stretch:
    """A stretch between jumps, and the offset t_a − t_b over it: a constant, or a line where that shows."""

    start_seconds: float
    """On b's clock, like all times here."""
    stop_seconds: float
    middle_seconds: float
    offset_seconds: float
    """At `middle_seconds`."""
    std_seconds: float
    """Of the measurement; the cue's bias, which all stretches share, comes on top."""
    rate: float | None
    """None where a constant explains the stretch as well."""
    rate_std: float
    """Of the rate, or of what it may be where none was fitted."""

    def at(self, seconds: float) -> tuple[float, float]:
        """Offset at a time, and its standard error without the shared bias."""
        away = seconds - self.middle_seconds
        return self.offset_seconds + (self.rate or 0.0) * away, math.hypot(self.std_seconds, self.rate_std * away)


@dataclass(frozen=True)
class Jump:
    """A sudden change of the offset."""

    seconds: float
    std_seconds: float
    size_seconds: float
    size_std_seconds: float
    log_odds: float
    """Of this jump against none there (natural log)."""


@dataclass(frozen=True)
class Track:
    """What one cue makes of a pair over time."""

    cue: str
    seconds: Float[np.ndarray, " piece"]
    offset_seconds: Float[np.ndarray, " piece"]
    """Mean of the posterior."""
    std_seconds: Float[np.ndarray, " piece"]
    """Of the posterior, the cue's bias included."""
    support: Float[np.ndarray, " piece"]
    """Log-likelihood ratio of the offset against "unrelated", over 5 s around."""
    stretches: tuple[Stretch, ...]
    jumps: tuple[Jump, ...]
    bias_std_seconds: float

    @property
    def supported(self) -> Bool[np.ndarray, " piece"]:
        """Where the footage shows the offset at all."""
        return self.support > _SUPPORTED

    @property
    def contradicted(self) -> Bool[np.ndarray, " piece"]:
        """Where the footage speaks against every offset that was considered."""
        return self.support < _CONTRADICTED


def follow(cue: TrackingCue, a: Signal, b: Signal, offset_seconds: float, interval_seconds: float) -> Track | None:
    """Follow the offset of two recordings from one that they have at least somewhere.

    Where nothing supports the offsets near the known ones, the cue looks at that stretch alone; what it is sure of
    there, at whatever distance, joins the known ones.

    Args:
        cue: The cue that made the signals.
        a: Signal of the first recording.
        b: Of the second.
        offset_seconds: Where to start from.
        interval_seconds: Frame interval of the slower recording.

    Returns:
        The track, or None where the two have too little in common.
    """
    known = [offset_seconds]
    while (track := _trace(cue, a, b, known, interval_seconds)) is not None and len(known) < _MOST_KNOWN:
        found = [_own_offset(cue, a, cut(b, *span)) for span in _doubtful(track)]
        new = [own for own in found if own is not None and np.abs(grid(known) - own).min() > STEP_SECONDS]
        if not new:
            break
        known.append(new[0])
    return track


_MOST_KNOWN = 4


def _doubtful(track: Track) -> list[tuple[float, float]]:
    """From when to when the offset may lie beyond the grid: where nothing supports it, and on both sides of jumps."""
    half = 0.5 * float(track.seconds[1] - track.seconds[0])
    dark = [track.seconds[run] for run in runs(~track.supported)]
    spans = [(float(seconds[0]) - half, float(seconds[-1]) + half) for seconds in dark]
    if track.jumps:
        spans += [(stretch.start_seconds, stretch.stop_seconds) for stretch in track.stretches]
    return [(start, stop) for start, stop in spans if stop - start >= _WINDOW_SECONDS]


def _own_offset(cue: TrackingCue, a: Signal, b: Signal) -> float | None:
    """The offset that a stretch of b has by itself, if it is sure of one."""
    belief = cue.belief(a, b, Search(min_overlap_seconds=_WINDOW_SECONDS / 2))
    if belief.offsets_seconds.size < 2:
        return None
    posterior = fuse([belief], {cue.NAME: STEP_SECONDS}, belief.step_seconds)
    peak = find_peak(posterior, [belief], posterior)
    return peak.offset_seconds if peak.verdict is Verdict.TIED else None


def _trace(cue: TrackingCue, a: Signal, b: Signal, known: Sequence[float], interval_seconds: float) -> Track | None:
    """The track over a grid around the known offsets."""
    offsets = grid(known)
    bias = CALIBRATIONS[cue.NAME].bias_std_seconds(interval_seconds)
    learnt = [_learn(cue.tracker(a, b, offsets), offsets, start, bias) for start in _starts(cue, a, b, known[0])]
    fits = [fit for fit in learnt if fit is not None]
    if not fits:
        return None
    chain, seconds, ratio = max(fits, key=lambda fit: fit[0].log_evidence(fit[2], np.ones(len(fit[2]) - 1, dtype=bool)))
    least = max(_LEAST_JUMP_SECONDS, _LEAST_JUMP_INTERVALS * interval_seconds)
    clear = clear_jumps(chain, ratio, offsets, least)
    probability, jumped = chain.probability(ratio, clear.may_jump)
    away = offsets - offsets[0]  # Squares of large offsets would leave nothing of their small differences.
    mean = probability @ away
    std = np.sqrt(probability @ away**2 - mean**2 + STEP_SECONDS**2 / 12 + bias**2)
    window = max(1, round(_WINDOW_SECONDS / chain.piece_seconds))
    support = uniform_filter1d(ratio[np.arange(len(ratio)), clear.states], window, mode="nearest") * window
    places = [place(seconds, jumped, clear.window(gap), chain.piece_seconds) for gap in clear.gaps]
    stretches = _stretches(cue, a, b, seconds, offsets[clear.states], std, clear.gaps, places)
    jumps = tuple(
        Jump(*when, after.at(when[0])[0] - before.at(when[0])[0], math.hypot(before.std_seconds, after.std_seconds), odds)
        for when, (before, after), odds in zip(places, pairwise(stretches), clear.log_odds, strict=True)
    )
    return Track(cue.NAME, seconds, offsets[0] + mean, std, support, stretches, jumps, bias)


def _starts(cue: TrackingCue, a: Signal, b: Signal, offset_seconds: float) -> list[Path]:
    """Paths to start from: one offset throughout, and one for each half of b.

    A jump in the middle leaves the offset of the whole between the two true ones, where nothing can be learnt.
    """
    edges = b.start_seconds + np.linspace(0, b.duration_seconds, 3)
    found = [cue.local_offsets(a, cut(b, start, stop), offset_seconds) for start, stop in pairwise(edges.tolist())]
    halves = np.array([local[len(local) // 2].offset_seconds if local else offset_seconds for local in found])
    return [partial(np.full_like, fill_value=offset_seconds), partial(_nearest, 0.5 * (edges[1:] + edges[:-1]), halves)]


def _learn(
    tracker: Tracker, offsets: Float[np.ndarray, " lag"], path: Path, bias_std_seconds: float
) -> tuple[Chain, Float[np.ndarray, " piece"], Float[np.ndarray, "piece lag"]] | None:
    """Evidence of the pieces, after what the two have in common was learnt along better and better paths."""
    for astray in _ASTRAY_BY_ROUND:
        evidence = _seen(tracker(path))
        if len(evidence.seconds) < 2:
            return None
        ratio = robust(evidence.log_likelihood_ratio, _SPREAD_BIASES * bias_std_seconds / STEP_SECONDS, astray)
        chain = Chain(np.diff(offsets) < 1.5 * STEP_SECONDS, float(evidence.seconds[1] - evidence.seconds[0]))
        states = chain.best_path(ratio, np.ones(len(ratio) - 1, dtype=bool))
        path = partial(_nearest, evidence.seconds, offsets[states])
    return chain, evidence.seconds, ratio


_ASTRAY_BY_ROUND = (1e-4, 1e-4, 0.3, 0.3)
"""What the two have in common is learnt along a path, and the path found by what they have in common. At first every
piece is taken at its word, or the path would never leave an offset that it was wrongly learnt at."""
_SPREAD_BIASES = 1.4
"""Spread of what single pieces show, relative to the error that all of them share."""


def grid(known: Sequence[float]) -> Float[np.ndarray, " lag"]:
    """All offsets within reach of the known ones, in steps counted from the first."""
    reach = round(REACH_SECONDS / STEP_SECONDS)
    centres = [round((offset - known[0]) / STEP_SECONDS) for offset in known]
    steps = np.unique(np.concatenate([centre + np.arange(-reach, reach + 1) for centre in centres]))
    return np.asarray(known[0] + steps * STEP_SECONDS)


def _seen(evidence: Evidence) -> Evidence:
    """Without the pieces before and after all that both recordings show."""
    seen = np.flatnonzero(evidence.log_likelihood_ratio.any(axis=1))
    common = slice(seen[0], seen[-1] + 1) if len(seen) else slice(0, 0)
    return Evidence(evidence.seconds[common], evidence.log_likelihood_ratio[common])


def _nearest(
    at: Float[np.ndarray, " piece"], values: Float[np.ndarray, " piece"], seconds: Float[np.ndarray, " time"]
) -> Float[np.ndarray, " time"]:
    """The value of the piece that a time lies in."""
    return np.asarray(values[np.searchsorted((at[1:] + at[:-1]) / 2, seconds)])


def runs(mask: Bool[np.ndarray, " piece"]) -> list[slice]:
    """Stretches over which a mask holds."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    return [slice(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


# ── stretches ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _stretches(
    cue: TrackingCue,
    a: Signal,
    b: Signal,
    seconds: Float[np.ndarray, " piece"],
    path: Float[np.ndarray, " piece"],
    std: Float[np.ndarray, " piece"],
    gaps: Sequence[int],
    places: Sequence[tuple[float, float]],
) -> tuple[Stretch, ...]:
    """Each stretch between jumps, located by the cue to a fraction of a frame."""
    half = 0.5 * float(seconds[1] - seconds[0])
    found = []
    for first, last in pairwise([0, *(gap + 1 for gap in gaps), len(seconds)]):
        start = seconds[0] - half if first == 0 else places[gaps.index(first - 1)][0]
        stop = seconds[-1] + half if last == len(seconds) else places[gaps.index(last - 1)][0]
        coarse = float(np.median(path[first:last]))
        # The pieces at its ends may hold some of what lies beyond a jump.
        inner = cut(b, float(start) + half * (first > 0), float(stop) - half * (last < len(seconds)))
        local = [CALIBRATIONS[cue.NAME].honest(found) for found in cue.local_offsets(a, inner, coarse)]
        if not local:
            middle = 0.5 * float(start + stop)
            local = [LocalOffset(middle, coarse, float(std[first:last].mean()))]
        fit = fit_clock(local, float(stop - start))
        # Where the path stays, the clocks are like any others, however little a short stretch can say of their rate.
        steady = fit.rate is None and np.ptp(path[first:last]) < 2.5 * STEP_SECONDS
        rate_std = min(fit.rate_std, _TYPICAL_RATE) if steady else fit.rate_std
        numbers = (fit.middle_seconds, fit.offset_seconds, fit.offset_std_seconds, fit.rate, rate_std)
        found.append(Stretch(float(start), float(stop), *numbers))
    return tuple(found)


def cut(signal: Signal, start_seconds: float, stop_seconds: float) -> Signal:
    """A stretch of a signal, and of the sound or the tracks that belong to it."""
    samples = _between(signal.start_seconds, signal.rate_hz, len(signal.values), start_seconds, stop_seconds)
    if isinstance(signal, PoseSignal):
        return part(signal, samples)
    own: dict[str, Any] = {"activity": signal.activity[samples]} if isinstance(signal, MotionSignal) else {}
    start = signal.start_seconds + samples.start / signal.rate_hz
    shorter = replace(signal, values=signal.values[samples], valid=signal.valid[samples], start_seconds=start, **own)
    if not isinstance(shorter, AudioSignal):
        return shorter
    sound = shorter.sound
    samples = _between(sound.start_seconds, sound.rate_hz, len(sound.samples), start_seconds, stop_seconds)
    heard = replace(sound, samples=sound.samples[samples], start_seconds=sound.start_seconds + samples.start / sound.rate_hz)
    return replace(shorter, sound=heard)


def _between(first_seconds: float, rate_hz: float, count: int, start_seconds: float, stop_seconds: float) -> slice:
    start, stop = (round((seconds - first_seconds) * rate_hz) for seconds in (start_seconds, stop_seconds))
    return slice(min(max(start, 0), count), min(max(stop, 0), count))
