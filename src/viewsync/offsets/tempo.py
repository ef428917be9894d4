"""Clocks that run at a wrong rate: pictures tagged with another frame rate than they were taken at, sound pulled up.

Beliefs are on offsets at one rate. A clock that is a part in a thousand off spreads the evidence of ten minutes over
0.6 s. So where nothing shows that it isn't so, one of the two signals is retimed, and evidence tells which rate is right:
it falls steeply beside it. Such a rate has a price, because more hypotheses are more chances to err.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from viewsync.match.fuse import OUTLIER_FLOOR, SPEAKS, Pair
from viewsync.offsets.drift import LARGEST_CLOCK_RATE, LEAST_STRETCHES, fit_clock
from viewsync.types import LocalOffset, OffsetBelief, PairOffset, Verdict

PRICE = -OUTLIER_FLOOR
"""Evidence that a rate unlike a clock's must have to its advantage: one pair in a thousand has one."""

_LEAST_OVERLAP_SECONDS = 20.0
"""In less time even the largest rate moves an offset by little."""
_NEAR, _FAR = (1e-3, -1e-3), (3.5e-3, -3.5e-3, 6e-3, -6e-3)
"""Rates to begin with. Evidence is felt 1.2e-3 beside the right one, whatever the overlap."""
_FINEST_SECONDS = 0.02
"""What the rate may leave of drift over the overlap: a fraction of what evidence is sharp to."""


@dataclass(frozen=True)
class Tempo:
    """How much faster b's clock must run to go with a's: t_a = (1 + rate) · t_b + offset."""

    rate: float
    evidence: float
    """Log-likelihood ratio of the best offset against "unrelated"."""


def pair_tempo(
    pair: PairOffset, cue: str, duration_seconds: float, belief_at: Callable[[float], OffsetBelief]
) -> Tempo | None:
    """The rate at which a cue's evidence for a pair is strongest; None where the cue says nothing about it.

    Most pairs have it settled already, by local offsets that lie on a line; then nothing is tried.

    Args:
        pair: As measured at rate 0.
        cue: Name of the cue.
        duration_seconds: Of the shorter signal.
        belief_at: The cue's belief with b retimed by a rate.
    """
    at_rest = next(belief for belief in pair.beliefs if belief.cue == cue)
    if not at_rest.log_likelihood_ratio.any():
        return None
    tied = pair.verdict is Verdict.TIED
    said = next(one.log_likelihood_ratio for one in pair.cues if one.name == cue)
    if tied and said < SPEAKS:
        return None
    still = Tempo(0.0, float(at_rest.log_likelihood_ratio.max()))
    overlap = pair.overlap_seconds if tied else duration_seconds
    fitted = _fitted_rate(pair, cue) if tied else None
    if overlap < _LEAST_OVERLAP_SECONDS or (fitted is not None and abs(fitted) < LARGEST_CLOCK_RATE):
        return still if tied else None

    @cache
    def evidence(rate: float) -> float:
        return float(belief_at(rate).log_likelihood_ratio.max(initial=-math.inf))

    # A tied pair that one cue can't follow over minutes may be tied by a corner of its evidence.
    thorough = not tied or overlap > _LONG_SECONDS
    rate = likeliest_rate(evidence, overlap, thorough)
    if evidence(rate) - PRICE > max(still.evidence, -math.inf if tied else _enough(at_rest)):
        return Tempo(rate, evidence(rate))
    # The evidence of sound is bounded: a rate that was measured needn't win, only be sure.
    if fitted is not None and evidence(fitted) - PRICE > _enough(at_rest):
        return Tempo(fitted, evidence(fitted))
    return still if tied else None


_LONG_SECONDS = 120.0


def _fitted_rate(pair: PairOffset, cue: str) -> float | None:
    """Slope of the cue's local offsets, if there are enough of them to tell it from a wrong frame rate's."""
    stretches = dict(pair.stretches).get(cue, ())
    if len(stretches) < LEAST_STRETCHES:
        return None
    fit = fit_clock(stretches, pair.overlap_seconds)
    return (fit.rate or 0.0) if 2 * fit.rate_std < LARGEST_CLOCK_RATE else None


def _enough(belief: OffsetBelief) -> float:
    """Evidence at which one of so many offsets is tied."""
    return math.log(20 * belief.offsets_seconds.size)


def likeliest_rate(evidence: Callable[[float], float], overlap_seconds: float, thorough: bool) -> float:
    """The rate with the most evidence, found by ever smaller steps from a few starting points.

    Args:
        evidence: Of a rate.
        overlap_seconds: Common time; tells how small the steps must become.
        thorough: Begin everywhere, even if 0 looks better than where most wrong frame rates are.
    """
    best = max((0.0, *_NEAR), key=evidence)
    if thorough or best != 0:
        best = max((best, *_FAR), key=evidence)
    if evidence(best) < evidence(0.0) + 0.5 * PRICE:
        return 0.0
    step = 1e-3
    while step > _FINEST_SECONDS / overlap_seconds:
        best = max((best, best - step, best + step), key=evidence)
        step /= 2
    return _vertex(evidence, best, 2 * step)


def _vertex(evidence: Callable[[float], float], best: float, step: float) -> float:
    before, top, after = (evidence(best + way * step) for way in (-1, 0, 1))
    bend = 2 * top - before - after
    return best + 0.5 * step * (after - before) / bend if min(top - before, top - after) >= 0 and bend > 0 else best


def refined(tempo: Tempo, stretches: Sequence[LocalOffset], overlap_seconds: float) -> Tempo:
    """The rate that local offsets show, which were measured at one near it; the same rate where there are few."""
    if not stretches:
        return tempo
    return replace(tempo, rate=fit_clock(stretches, overlap_seconds, tempo.rate).rate or tempo.rate)


def priced(belief: OffsetBelief, rate: float) -> OffsetBelief:
    """A belief at another rate than 0, at its price."""
    return belief if rate == 0 else replace(belief, log_likelihood_ratio=belief.log_likelihood_ratio - PRICE)


def camera_rates(tempos: Mapping[Pair, Tempo], names: Sequence[str]) -> dict[str, float]:
    """The rate by which to retime each camera so that all are in step; most cameras keep their own clock.

    Pairs with more evidence come first; where they go round in a circle, the weakest isn't needed.

    Args:
        tempos: Of pairs.
        names: Ids of the cameras.

    Returns:
        Only cameras that need it.
    """
    groups = {name: {name: 1.0} for name in names}
    for (a, b), tempo in sorted(tempos.items(), key=lambda item: -item[1].evidence):
        if groups[a] is not groups[b]:
            scale = groups[a][a] * (1 + tempo.rate) / groups[b][b]
            merged = groups[a] | {name: scale * own for name, own in groups[b].items()}
            groups |= dict.fromkeys(merged, merged)
    # Cameras that nothing sets apart have exactly the same tempo.
    usual = {name: Counter(group.values()).most_common(1)[0][0] for name, group in groups.items()}
    return {name: groups[name][name] / usual[name] - 1 for name in names if groups[name][name] != usual[name]}
