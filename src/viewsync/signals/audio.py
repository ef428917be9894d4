"""The `audio` cue: when sounds begin, band by band, and then the sound itself, sample by sample.

Onsets of log-energy in eight bands, a hundred times a second, are compared at all offsets at once. Around the offsets
that stand out, short stretches of the sound itself are compared by phase, which either confirms an offset or doesn't.
"""

import math
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.special import logsumexp

from viewsync.match.correlate import candidate_lags, lag_moments
from viewsync.match.gcc import Peak, PhaseCorrelation, phase_correlation
from viewsync.match.track import Evidence, Tracker
from viewsync.signals.onsets import BANDS, band_energies, onsets
from viewsync.types import AudioSignal, LocalOffset, OffsetBelief, Search, Sound

NAME = "audio"

# ── from sound to onsets ──────────────────────────────────────────────────────────────────────────────────────────

_HOP_SECONDS, _FRAME_SECONDS = 0.01, 0.032


def signal(sound: Sound) -> AudioSignal:
    """Onset strength per band, a hundred times a second. Reads the sound block by block.

    Stretches in which nothing changes at all (gaps, a muted microphone) are marked invalid.
    """
    hop, frame = round(_HOP_SECONDS * sound.rate_hz), round(_FRAME_SECONDS * sound.rate_hz)
    rate_hz, start_seconds = sound.rate_hz / hop, sound.start_seconds + 0.5 * frame / sound.rate_hz
    blocks = list(band_energies(sound, hop, frame))
    if not blocks:
        return AudioSignal(NAME, np.zeros((1, BANDS)), np.zeros(1, dtype=bool), rate_hz, start_seconds, sound)
    energies, valid = np.concatenate([block[0] for block in blocks]), np.concatenate([block[1] for block in blocks])
    return AudioSignal(NAME, onsets(energies, valid), valid, rate_hz, start_seconds, sound)


# ── from two sounds to a belief ───────────────────────────────────────────────────────────────────────────────────

_CANDIDATES = 10
_NEAR_SECONDS = 0.25
"""How far around a candidate the sound itself is compared; also what tells chance from agreement."""
_STRETCH_SECONDS = 4.0
"""Short enough that clocks 100 ppm apart move by less than half a millisecond."""
_CUT_SECONDS = 0.05
_LEAST_STRETCH_SECONDS = 1.0
_FEWEST_STRETCHES, _MOST_STRETCHES = 4, 8
"""One sound may agree with another because it is the same key of a keyboard. Only agreement at several times is
evidence, so that even a short overlap is cut into stretches, and each counts only so much."""
_LARGEST_RATE, _TYPICAL_RATE = 500e-6, 50e-6


def belief(a: AudioSignal, b: AudioSignal, search: Search) -> OffsetBelief:
    """Evidence for every offset at which the recordings overlap enough (`viewsync.signals.Cue`).

    Over a long overlap whose clocks drift apart, the offset is that in its middle.

    Raises:
        ValueError: The two sounds have different sampling rates.
    """
    if a.sound.rate_hz != b.sound.rate_hz:
        raise ValueError(f"sounds must have one sampling rate, got {a.sound.rate_hz} and {b.sound.rate_hz} Hz")
    lags = candidate_lags(a, b, Search(min_overlap_seconds=search.min_overlap_seconds))
    wanted = np.isin(lags, candidate_lags(a, b, search))
    offsets = a.start_seconds - b.start_seconds + lags / a.rate_hz
    overlap = (np.minimum(len(a.values), len(b.values) + lags) - np.maximum(0, lags)) / a.rate_hz
    ratio = np.zeros(len(lags))
    if wanted.any() and a.values.any() and b.values.any():
        stands_out = contrast(a, b, lags)
        ratio = _onset_evidence(stands_out)
        ratio += _confirmation(a, b, lags, _candidates(np.where(wanted, stands_out, -np.inf), a.rate_hz))
    return OffsetBelief(NAME, offsets[wanted], ratio[wanted], overlap[wanted])


_LARGEST_BY_CHANCE = 4.5
"""Of ten thousand to a million Gaussian values."""


def contrast(a: AudioSignal, b: AudioSignal, lags: Int[np.ndarray, " lag"]) -> Float[np.ndarray, " lag"]:
    """Agreement of the onsets at each lag, in standard deviations of what chance makes of this very pair.

    Chance is measured against the second recording played backwards, which has the same bursts and rests but can't be
    in time. Onsets are far from Gaussian, so no formula would do. Where a recording holds but one or two sounds, any of
    them can be laid beside any other: then the largest agreement by chance says more than the usual one.
    """
    forward = _agreement(a, b.values, b.valid, lags)
    backward = _agreement(a, b.values[::-1], b.valid[::-1], lags)
    return forward / max(1.0, float(np.sqrt(np.mean(backward**2))), float(backward.max()) / _LARGEST_BY_CHANCE)


def _agreement(
    a: AudioSignal,
    values: Float[np.ndarray, "time band"],
    valid: Bool[np.ndarray, " time"],
    lags: Int[np.ndarray, " lag"],
) -> Float[np.ndarray, " lag"]:
    """Correlation over the overlap, pooled over bands, times the root of the number of samples."""
    bands = values.shape[1]
    count, aa, bb, ab = np.zeros((4, len(lags)))
    for band in range(bands):  # One at a time: nothing here depends on two, and an hour has a million lags.
        one = slice(band, band + 1)
        moments = lag_moments(a.values[:, one], values[:, one], a.valid, valid, lags)
        count, aa, bb, ab = moments.count, aa + moments.aa[:, 0, 0], bb + moments.bb[:, 0, 0], ab + moments.ab[:, 0, 0]
    # A tenth of the recording's own variance: in an overlap in which little happens, little can agree.
    ridge = 0.1 * bands
    return np.asarray(ab * np.sqrt(count * bands / ((np.maximum(aa, 0) + ridge) * (np.maximum(bb, 0) + ridge))))


def _candidates(stands_out: Float[np.ndarray, " lag"], rate_hz: float) -> list[int]:
    """Places of the highest contrasts, none close to another."""
    found: list[int] = []
    left, apart = stands_out.copy(), round(_NEAR_SECONDS * rate_hz)
    while len(found) < _CANDIDATES and np.isfinite(left.max()):
        best = int(np.argmax(left))
        found.append(best)
        left[max(0, best - apart) : best + apart + 1] = -np.inf
    return found


def _confirmation(
    a: AudioSignal, b: AudioSignal, lags: Int[np.ndarray, " lag"], candidates: list[int]
) -> Float[np.ndarray, " lag"]:
    """What the sound itself says about the lags around each candidate; nothing about the others."""
    ratio = np.full(len(lags), -np.inf)
    for place in candidates:
        evidence = _sample_evidence(a, b, int(lags[place]))
        around = place + np.arange(len(evidence)) - len(evidence) // 2
        inside = (around >= 0) & (around < len(lags))
        ratio[around[inside]] = np.maximum(ratio[around[inside]], evidence[inside])
    return np.where(np.isfinite(ratio), ratio, 0.0)


def _sample_evidence(a: AudioSignal, b: AudioSignal, lag: int) -> Float[np.ndarray, " cell"]:
    """Log-likelihood ratio of the lags around one, added up over stretches along every drift that clocks may have."""
    hop = round(a.sound.rate_hz / a.rate_hz)
    starts, length = _stretches(a.sound, b.sound, lag * hop, _FEWEST_STRETCHES, _MOST_STRETCHES)
    middles = (np.array(starts) - (starts[0] + starts[-1]) / 2) / hop  # In cells, from the middle of the overlap.
    near, drift = round(_NEAR_SECONDS * a.rate_hz), math.ceil(_LARGEST_RATE * middles[-1])
    rows = [
        _stretch_evidence(
            _correlate(a.sound, b.sound, start, length, lag * hop, (near + drift) * hop + hop // 2).contrast(hop)
        )
        for start in starts
    ]
    rates = np.arange(-drift, drift + 1) / max(middles[-1], 1.0)
    weights = 1 / (1 + (rates / _TYPICAL_RATE) ** 2)
    cells = drift + np.arange(2 * near + 1)
    along = [sum(row[cells + round(rate * middle)] for row, middle in zip(rows, middles, strict=True)) for rate in rates]
    total = logsumexp(np.array(along), axis=0, b=(weights / weights.sum())[:, None])
    # Bounded as a whole, so that the best lag stays the best.
    excess = max(0.0, float(total.max()) - _MOST_SAMPLE_EVIDENCE)
    return _mixed(np.asarray(total) - excess, _SOUND_ARRIVES)


# ── evidence ──────────────────────────────────────────────────────────────────────────────────────────────────────
#
# Fitted to generated speech, music, impacts and crowds, each heard twice through rooms, filters and noise of 0 to 30 dB,
# and to pairs with nothing in common. In 60,000 cells of unrelated pairs the largest contrast of samples was 1.85 (here
# worth 6 nats), while related ones have 2 to 20; the largest contrast of onsets was 6 to 9 (worth 0 to 4), while related
# ones have 9 to 45. The mean of exp(evidence) over unrelated pairs is 0.1: it errs towards refusing.

_SOUND_ARRIVES, _STRETCH_SOUNDS = 0.9, 0.5
"""Probability that related recordings agree sample by sample at all, and that a stretch of them then does."""
_MOST_ONSET_EVIDENCE, _MOST_SAMPLE_EVIDENCE = 16.0, 30.0


def _onset_evidence(stands_out: Float[np.ndarray, " lag"]) -> Float[np.ndarray, " lag"]:
    return _mixed(np.minimum(1.2 * (stands_out - 6.0), _MOST_ONSET_EVIDENCE), 0.9)


def _stretch_evidence(stands_out: Float[np.ndarray, " cell"]) -> Float[np.ndarray, " cell"]:
    ratio = 3.5 * (np.maximum(stands_out, 0.0) ** 2 - 1) - 3
    return _mixed(np.minimum(ratio, 6.0 + stands_out), _STRETCH_SOUNDS)


def _mixed(ratio: Float[np.ndarray, " lag"], probability: float) -> Float[np.ndarray, " lag"]:
    """Log-likelihood ratio of what shows only with a probability even where the recordings are related."""
    return np.asarray(np.logaddexp(np.log1p(-probability), np.log(probability) + ratio))


# ── from an offset to local offsets ───────────────────────────────────────────────────────────────────────────────

_MOST_LOCAL_STRETCHES = 60
_COARSE_SECONDS, _FINE_SECONDS = 0.06, 0.01
"""How far the offset of a stretch may lie from a coarse one, and from that of its neighbour, drift apart."""
_LEAST_CONTRAST = 1.6
_STRETCH_ERROR_SECONDS = 5e-5
"""Rooms, phase responses of microphones and drift inside a stretch displace a peak by about as much, however sharp."""


def local_offsets(a: AudioSignal, b: AudioSignal, offset_seconds: float) -> list[LocalOffset]:
    """Sub-sample offsets of stretches of 4 to 8 s, followed from the middle of the overlap outwards.

    Each stretch looks near where its inner neighbour was found, and the farther off that is, the wider. A stretch that
    has no peak well above chance there is left out (`viewsync.signals.Cue`).
    """
    rate_hz = a.sound.rate_hz
    apart_seconds = a.sound.start_seconds - b.sound.start_seconds
    coarse = (offset_seconds - apart_seconds) * rate_hz
    starts, length = _stretches(a.sound, b.sound, round(coarse), 1, _MOST_LOCAL_STRETCHES)
    if length < 4 * _CUT_SECONDS * rate_hz:  # Or not even that: a negative overlap.
        return []
    half = len(starts) // 2
    found: list[LocalOffset] = []
    for outwards in (starts[half:], starts[:half][::-1]):
        near, at, tolerance = coarse, (starts[0] + starts[-1]) / 2, _COARSE_SECONDS
        for start in outwards:
            window = tolerance * rate_hz + _LARGEST_RATE * abs(start - at)
            peak = _local_peak(a.sound, b.sound, start, length, near, window)
            if peak is None:
                continue
            near, at, tolerance = peak.lag, start, _FINE_SECONDS
            middle = b.sound.start_seconds + (start + length / 2) / rate_hz
            std = math.hypot(peak.std / rate_hz, _STRETCH_ERROR_SECONDS)
            found.append(LocalOffset(middle, apart_seconds + peak.lag / rate_hz, std))
    return _smeared(sorted(found, key=lambda local: local.seconds), length / rate_hz)


_SMEARED = 0.22
"""Of what clocks drift apart within a stretch: loud moments count most, and they needn't be in its middle."""


def _smeared(found: list[LocalOffset], length_seconds: float) -> list[LocalOffset]:
    """The same with what drift within a stretch adds to the errors, once the drift is known roughly."""
    if len(found) < 2:
        return found
    first, last = found[0], found[-1]
    rate = (last.offset_seconds - first.offset_seconds) / (last.seconds - first.seconds)
    smear = _SMEARED * abs(rate) * length_seconds
    return [replace(local, std_seconds=math.hypot(local.std_seconds, smear)) for local in found]


_PIECE_SECONDS = 2.0


def tracker(a: AudioSignal, b: AudioSignal, offsets_seconds: Float[np.ndarray, " lag"]) -> Tracker:
    """Evidence of pieces of 2 s, one a second, for each of some offsets (`viewsync.signals.TrackingCue`).

    Pieces overlap by half, so each counts half. There is nothing to learn along a path: all is computed at once.
    """
    rate_hz, length = a.sound.rate_hz, round(_PIECE_SECONDS * a.sound.rate_hz)
    hop = round(_HOP_SECONDS * rate_hz)
    starts = np.arange(0, max(1, len(b.sound.samples) - length + 1), length // 2)
    lags = (offsets_seconds - (a.sound.start_seconds - b.sound.start_seconds)) * rate_hz
    total = np.zeros((len(starts), len(lags)))
    for near in np.split(np.arange(len(lags)), np.flatnonzero(np.diff(lags) > 4 * hop) + 1):
        centre = round((lags[near[0]] + lags[near[-1]]) / 2)
        reach = math.ceil((lags[near[-1]] - lags[near[0]]) / 2 + _NEAR_SECONDS * rate_hz)
        for piece in np.flatnonzero((starts + centre >= 0) & (starts + centre + length <= len(a.sound.samples))):
            contrast = _correlate(a.sound, b.sound, int(starts[piece]), length, centre, reach).contrast(hop)
            cells = centre + hop * (np.arange(len(contrast)) - len(contrast) // 2)
            total[piece, near] = 0.5 * np.interp(lags[near], cells, _stretch_evidence(contrast))
    evidence = Evidence(b.sound.start_seconds + (starts + length / 2) / rate_hz, total)
    return lambda path: evidence


def _local_peak(a: Sound, b: Sound, start: int, length: int, near: float, window: float) -> Peak | None:
    lag = min(max(round(near), -start), len(a.samples) - length - start)
    hop = round(_HOP_SECONDS * a.rate_hz)
    correlation = _correlate(a, b, start, length, lag, math.ceil(window + _NEAR_SECONDS * a.rate_hz))
    peak = correlation.peak(near - lag, window)
    if peak is None or peak.height < _LEAST_CONTRAST * correlation.chance_level(hop):
        return None
    return Peak(lag + peak.lag, peak.std, peak.height)


def _stretches(a: Sound, b: Sound, lag: int, fewest: int, most: int) -> tuple[list[int], int]:
    """First samples (of b) and common length of stretches spread evenly over the overlap at a lag."""
    first = max(0, -lag)
    overlap = min(len(b.samples), len(a.samples) - lag) - first
    shortest, usual = (round(seconds * b.rate_hz) for seconds in (_LEAST_STRETCH_SECONDS, _STRETCH_SECONDS))
    wanted = max(overlap // usual, min(fewest, overlap // shortest), 1)
    count = min(wanted, most)
    length = usual if wanted > most else overlap // wanted
    # Whole numbers throughout: seen from a's side, the stretches must be the same.
    return [first + i * (overlap - length) // max(1, count - 1) for i in range(count)], length


def _correlate(a: Sound, b: Sound, start: int, length: int, lag: int, reach: int) -> PhaseCorrelation:
    """Phase correlation of a stretch of b at the lags within reach of one: what two cuts of it agree on.

    Steady tones of the same frequencies in both recordings, such as mains hum, make a peak near the lag at which the
    stretches were cut, wherever that is. So it is done twice, with cuts 40 ms apart; real peaks stay where they are.
    """
    x, y = a.samples[start + lag : start + lag + length], b.samples[start : start + length]
    shift = min(round(_CUT_SECONDS * a.rate_hz), length // 4)
    late = phase_correlation(x[shift:], y[:-shift], a.rate_hz, reach + shift).values[: 2 * reach + 1]
    early = phase_correlation(x[:-shift], y[shift:], a.rate_hz, reach + shift).values[2 * shift :]
    return PhaseCorrelation(np.minimum(early, late))
