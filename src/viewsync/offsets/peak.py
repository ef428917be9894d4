"""A fused belief becomes a verdict and, where it deserves one, an offset with its error bar."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from viewsync.match.fuse import SAME_PIXELS, SPEAKS, Pair, Posterior, normalised
from viewsync.match.hints import Hint
from viewsync.match.settle import HILL_SECONDS
from viewsync.offsets.calibrate import CALIBRATIONS, TIED_PROBABILITY, UNSURE_STD_FACTOR
from viewsync.offsets.drift import LARGEST_CLOCK_RATE, ClockFit, fit_clock
from viewsync.types import CueOffset, LocalOffset, OffsetBelief, PairOffset, Verdict

_REPEAT = 0.7
"""Evidence per second of overlap at another offset, relative to the best: above it the footage repeats itself."""


@dataclass(frozen=True)
class Peak:
    """The best offset of a posterior, and its rivals."""

    offset_seconds: float
    probability: float
    """Of the offset, give or take what the pair's own measurement then decides."""
    verdict: Verdict
    reasons: tuple[str, ...]
    std_factor: float = 1.0
    """Above 1 where the pair alone isn't sure of the offset: its measurement then is worse than it says, too."""


def find_peak(posterior: Posterior, beliefs: Sequence[OffsetBelief], direct: Posterior, hint: Hint | None = None) -> Peak:
    """Choose the most probable offset and judge it against all others.

    Args:
        posterior: Of the pair, with what other pairs and hints say of it.
        beliefs: The pair's own, one per cue.
        direct: The pair's own posterior; tells whether other pairs were needed.
        hint: What is said of the pair without the footage.
    """
    if not beliefs:
        return Peak(0.0, 0.0, Verdict.NO_EVIDENCE, ("They share no cue: nothing that could be compared is in both.",))
    if not len(posterior.probability):
        return Peak(0.0, 0.0, Verdict.NO_OVERLAP, ("No offset leaves enough common time (--min-overlap).",))
    offsets, probability = posterior.offsets_seconds, posterior.probability
    best = float(offsets[np.argmax(probability)])
    hill, summit = posterior.near_best(HILL_SECONDS), posterior.near_best(_SUMMIT_SECONDS)
    mass = float(probability[hill].sum())

    def peak(verdict: Verdict, *reasons: str, std_factor: float = 1.0) -> Peak:
        return Peak(best, mass, verdict, reasons, std_factor)

    if all(not belief.log_likelihood_ratio.any() for belief in beliefs):
        return peak(Verdict.NO_EVIDENCE, "Nothing moves, sounds or flashes, and nobody is seen, in at least one of the two.")
    alike = "At no offset are the two more alike than chance; they may not overlap, or share too little."
    if posterior.unrelated >= 0.5:
        return peak(Verdict.NO_EVIDENCE, alike)
    if summit[0] or summit[-1]:
        return peak(Verdict.AMBIGUOUS, f"The best offset ({best:+.2f} s) lies on the edge of the search.")
    repeats = _repeats(beliefs, best)
    if hint is not None and repeats and (chosen := _singled_out(hint, [best, *repeats], posterior)) is not None:
        return chosen
    if mass < TIED_PROBABILITY:
        if all(belief.log_likelihood_ratio.max(initial=0.0) < SPEAKS for belief in beliefs):
            return peak(Verdict.NO_EVIDENCE, alike)
        second = float(offsets[np.argmax(np.where(hill, 0.0, probability))])
        rival = f"The best offset, {best:+.2f} s, is only {mass:.0%} probable; the next is {second:+.2f} s."
        return peak(Verdict.AMBIGUOUS, rival)
    if repeats:
        return peak(Verdict.AMBIGUOUS, f"The footage repeats itself: {repeats[0]:+.2f} s explains it about as well.")
    told = () if hint is None else _told(hint, posterior, best)
    if float(direct.probability[summit].sum()) >= TIED_PROBABILITY:
        return peak(Verdict.TIED, *told)
    alone = float(direct.probability[hill].sum())
    helped = (f"Alone {alone:.0%} sure; the other recordings settle it.",) if alone < TIED_PROBABILITY else ()
    return peak(Verdict.TIED, *(told or helped), std_factor=UNSURE_STD_FACTOR)


_SUMMIT_SECONDS = 0.05
"""A pair that is this sure of its own offset is measured as well as it says."""


def _told(hint: Hint, posterior: Posterior, best: float) -> tuple[str, ...]:
    """Whether the hint decided on the best offset, or is contradicted by it."""
    gap = best - hint.offset_seconds
    if abs(gap) > 4 * math.hypot(hint.std_seconds, posterior.resolution_seconds):
        return (f"The footage contradicts the {hint.source} by {gap:+.1f} s.",)
    ratio, resolution = posterior.log_likelihood_ratio, posterior.resolution_seconds
    footage = normalised(posterior.step_seconds, posterior.first_step, ratio, resolution)
    here = posterior.near_best(HILL_SECONDS)
    if float(footage.probability[here].sum()) >= TIED_PROBABILITY:
        return ()
    rival = float(posterior.offsets_seconds[np.argmax(np.where(here, 0.0, footage.probability))])
    return (_decided(hint, best, rival),)


def _decided(hint: Hint, chosen: float, rival: float) -> str:
    return f"The {hint.source} decides between {chosen:+.2f} s and {rival:+.2f} s."


def _singled_out(hint: Hint, repeats: Sequence[float], posterior: Posterior) -> Peak | None:
    """The one of several repeats that the hint makes certain, if it does.

    Which of them has the most overlap, and so the most evidence, is chance.
    """
    weights = hint.weight(np.array(repeats), posterior.resolution_seconds)
    chosen, rival = np.argsort(-weights)[:2]
    share = float(weights[chosen] / weights.sum())
    if share < TIED_PROBABILITY:
        return None
    reason = _decided(hint, repeats[chosen], repeats[rival])
    return Peak(repeats[chosen], share, Verdict.TIED, (reason,), UNSURE_STD_FACTOR)


def _repeats(beliefs: Sequence[OffsetBelief], best: float) -> list[float]:
    """Other offsets that explain the footage about as well per second of overlap as the best one, surest first.

    A periodic scene is most alike at the offset with the most overlap, whatever the true one; evidence per second
    doesn't fall for that.
    """
    for belief in beliefs:
        if not belief.offsets_seconds.size:
            continue
        ratio, here = belief.log_likelihood_ratio, int(np.argmin(np.abs(belief.offsets_seconds - best)))
        here = max(range(max(here - 2, 0), min(here + 3, len(ratio))), key=ratio.__getitem__)
        if ratio[here] < SPEAKS:
            continue
        low = np.flatnonzero(ratio < 0.5 * ratio[here])
        before, after = low[low < here], low[low > here]
        other = np.ones(len(ratio), dtype=bool)
        other[before[-1] if before.size else 0 : after[0] + 1 if after.size else len(ratio)] = False
        # Of so many offsets, chance alone brings some this far; and a period of which half the overlap shows less than
        # one isn't one.
        comparable = (ratio > np.log(len(ratio))) & (belief.overlap_seconds > 0.5 * belief.overlap_seconds[here])
        density = np.where(other & comparable, ratio / belief.overlap_seconds.clip(1e-3), 0.0)
        found: list[float] = []
        while density.max() > _REPEAT * ratio[here] / belief.overlap_seconds[here]:
            found.append(float(belief.offsets_seconds[np.argmax(density)]))
            density[np.abs(belief.offsets_seconds - found[-1]) <= HILL_SECONDS] = 0.0
        if found:
            return found
    return []


def measure(
    pair: Pair,
    peak: Peak,
    beliefs: Sequence[OffsetBelief],
    stretches: Mapping[str, Sequence[LocalOffset]],
    interval_seconds: float,
    rates: Mapping[str, float] | None = None,
) -> PairOffset:
    """The pair's measurement: cues weighted by their information, drift where it shows, or the reasons for none.

    Args:
        pair: Ids of the two recordings.
        peak: Chosen offset and verdict.
        beliefs: One per cue.
        stretches: Local offsets near the peak, per cue, with measurement errors as the cue states them.
        interval_seconds: Frame interval of the slower recording.
        rates: Per cue the rate under which it was compared, where that isn't 0.
    """
    rates = rates or {}
    ratios = {belief.cue: _at(belief.log_likelihood_ratio, belief, peak.offset_seconds) for belief in beliefs}
    overlap = max((_at(belief.overlap_seconds, belief, peak.offset_seconds) for belief in beliefs), default=0.0)
    honest = {cue: tuple(map(CALIBRATIONS[cue].honest, found)) for cue, found in stretches.items() if found}
    fits = {
        cue: _with_bias(fit_clock(found, overlap, rates.get(cue, 0.0)), cue, interval_seconds)
        for cue, found in honest.items()
    }
    kept, reasons = _agreeing(fits, ratios)
    information = {cue: fit.offset_std_seconds**-2 for cue, fit in kept.items()}
    weights = {cue: value / sum(information.values()) for cue, value in information.items()}
    cues = tuple(_cue_offset(belief.cue, fits.get(belief.cue), weights, ratios) for belief in beliefs)
    found = PairOffset(
        *pair,
        verdict=Verdict.AMBIGUOUS if peak.verdict is Verdict.TIED else peak.verdict,
        reasons=peak.reasons + reasons,
        overlap_seconds=overlap,
        cues=cues,
        probability=peak.probability,
        beliefs=tuple(beliefs),
        stretches=tuple(honest.items()),
    )
    if peak.verdict is not Verdict.TIED:
        return found
    if not kept:
        lost = f"An offset near {peak.offset_seconds:+.2f} s is likely, but nothing fixes it to a fraction of a frame."
        return replace(found, reasons=(*found.reasons, lost))
    fit = _combined(kept, weights)
    at_zero = fit.offset_seconds - (fit.rate or 0.0) * fit.middle_seconds
    lever = 0.0 if fit.rate is None else fit.middle_seconds * fit.rate_std
    return replace(
        found,
        verdict=Verdict.TIED,
        offset_seconds=at_zero,
        offset_std_seconds=math.hypot(peak.std_factor * fit.offset_std_seconds, lever),
        rate=fit.rate,
        rate_std=None if fit.rate is None else fit.rate_std,
        offset_rate_covariance=None if fit.rate is None else -fit.middle_seconds * fit.rate_std**2,
        rate_bound=fit.rate_bound,
        middle_seconds=fit.middle_seconds,
    )


def _with_bias(fit: ClockFit, cue: str, interval_seconds: float) -> ClockFit:
    bias = CALIBRATIONS[cue].bias_std_seconds(interval_seconds)
    return replace(fit, offset_std_seconds=math.hypot(fit.offset_std_seconds, bias))


def _combined(fits: Mapping[str, ClockFit], weights: Mapping[str, float]) -> ClockFit:
    middle = sum(weights[cue] * fit.middle_seconds for cue, fit in fits.items())
    # The cue that knows the rate best decides on it: cues of one pair share the clocks, not the errors.
    clock = min(fits.values(), key=lambda fit: fit.rate_std)
    offset = sum(
        weights[cue] * (fit.offset_seconds + (clock.rate or 0.0) * (middle - fit.middle_seconds))
        for cue, fit in fits.items()
    )
    std = sum(fit.offset_std_seconds**-2 for fit in fits.values()) ** -0.5
    return replace(clock, middle_seconds=middle, offset_seconds=offset, offset_std_seconds=std)


def _cue_offset(cue: str, fit: ClockFit | None, weights: Mapping[str, float], ratios: Mapping[str, float]) -> CueOffset:
    return CueOffset(
        name=cue,
        weight=weights.get(cue, 0.0),
        offset_seconds=None if fit is None else fit.offset_seconds - (fit.rate or 0.0) * fit.middle_seconds,
        offset_std_seconds=None if fit is None else fit.offset_std_seconds,
        log_likelihood_ratio=ratios[cue],
    )


def _agreeing(fits: Mapping[str, ClockFit], ratios: Mapping[str, float]) -> tuple[dict[str, ClockFit], tuple[str, ...]]:
    """The cues that speak and agree with the one that has the most evidence; those overruled are named."""
    fits, reasons = _without_foreign_sound(fits, ratios)
    kept: dict[str, ClockFit] = {}
    for cue in sorted(fits, key=lambda name: -ratios[name]):
        if kept and ratios[cue] < SPEAKS:
            continue
        lead_cue, lead = next(iter(kept.items()), (cue, fits[cue]))
        gap = fits[cue].offset_seconds - lead.offset_at(fits[cue].middle_seconds)
        if abs(gap) > 3 * math.hypot(fits[cue].offset_std_seconds, lead.offset_std_seconds):
            reasons.append(f"{cue} disagrees with {lead_cue} by {gap * 1e3:+.0f} ms and was overruled.")
        else:
            kept[cue] = fits[cue]
    # Cues that look at the same pixels err together: the more exact one speaks.
    alike = sorted(SAME_PIXELS & kept.keys(), key=lambda cue: kept[cue].offset_std_seconds)
    return {cue: fit for cue, fit in kept.items() if cue not in alike[1:]}, tuple(reasons)


def _without_foreign_sound(
    fits: Mapping[str, ClockFit], ratios: Mapping[str, float]
) -> tuple[dict[str, ClockFit], list[str]]:
    """Leave out sound that runs at another rate than its pictures: frames are what is to be placed.

    It happens to pictures that were tagged with a wrong frame rate.
    """
    sound, pictures = fits.get("audio"), fits.get("motion")
    if sound is None or pictures is None or min(ratios["audio"], ratios["motion"]) < SPEAKS:
        return dict(fits), []
    says, shows = (fit.rate or 0.0 for fit in (sound, pictures))
    if abs(says - shows) <= max(LARGEST_CLOCK_RATE, 5 * math.hypot(sound.rate_std, pictures.rate_std)):
        return dict(fits), []
    reason = f"Sound runs {says * 1e6:+.0f} ppm, pictures {shows * 1e6:+.0f} ppm; the clock is that of the pictures."
    return {cue: fit for cue, fit in fits.items() if cue != "audio"}, [reason]


def _at(values: np.ndarray, belief: OffsetBelief, offset_seconds: float) -> float:
    if not belief.offsets_seconds.size:
        return 0.0
    nearest = np.argmin(np.abs(belief.offsets_seconds - offset_seconds))
    around = slice(max(int(nearest) - 1, 0), int(nearest) + 2)
    return float(values[around].max())
