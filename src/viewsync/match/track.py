"""Evidence for an offset piece by piece of the common time: what an offset that changes is followed by."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy.signal import resample

from viewsync.match.correlate import independent_share
from viewsync.match.variates import canonical_variates
from viewsync.types import Signal

Path = Callable[[Float[np.ndarray, " time"]], Float[np.ndarray, " time"]]
"""Where an offset is thought to be: t_a − t_b, in seconds, at times of b's clock."""


@dataclass(frozen=True)
class Evidence:
    """How well each of some offsets explains each piece of the common time."""

    seconds: Float[np.ndarray, " piece"]
    """Middles of the pieces on b's clock, evenly spaced."""
    log_likelihood_ratio: Float[np.ndarray, "piece lag"]
    """Against "here the two are unrelated"; 0 where nothing can be told."""


Tracker = Callable[[Path], Evidence]
"""Evidence for offsets settled beforehand, with what has to be learnt about the pair learnt along a path."""

_PIECE_SECONDS = 0.5
_UPSAMPLED = 4
_LEAST_SAMPLES = 32


class VariateTracker:
    """A `Tracker` for two many-channel signals of one rate.

    What the two have in common is learnt along the path as canonical variates; these then say of every other offset
    how likely the two sides belong together, sample by sample.
    """

    def __init__(self, a: Signal, b: Signal, offsets_seconds: Float[np.ndarray, " lag"]) -> None:
        self._a, self._b, self._offsets_seconds = a, b, offsets_seconds
        self._share = independent_share(a.values[:, :4], b.values[:, :4])
        self._seconds = b.start_seconds + np.arange(len(b.values)) / b.rate_hz
        reach = min(len(a.values) - 1, 32)
        # Mirrored ends, so that no step rings into the middle.
        padded = np.pad(a.values, ((reach, reach), (0, 0)), mode="reflect")
        fine = resample(padded, _UPSAMPLED * len(padded))
        self._fine = fine[_UPSAMPLED * reach : _UPSAMPLED * (reach + len(a.values))]

    def __call__(self, path: Path) -> Evidence:
        """Evidence of every half second, with the variates of this path."""
        first = np.arange(0, len(self._seconds), max(1, round(_PIECE_SECONDS * self._b.rate_hz)))
        middles = self._seconds[first] + 0.5 * (first[1] if len(first) > 1 else len(self._seconds)) / self._b.rate_hz
        total = np.zeros((len(first), len(self._offsets_seconds)))
        place, known = self._beside(path(self._seconds))
        if known.sum() < _LEAST_SAMPLES:
            return Evidence(middles, total)
        side_a, side_b = _between(self._fine, place[known]), self._b.values[known]
        variates = canonical_variates(side_a, side_b, known.sum() * self._share)
        of_a, of_b = variates.of_a(self._fine), variates.of_b(self._b.values)
        for lag, offset in enumerate(self._offsets_seconds):
            place, known = self._beside(np.full(len(self._seconds), offset))
            ratio = np.where(known, variates.log_likelihood_ratio(_between(of_a, place), of_b), 0.0)
            total[:, lag] = np.add.reduceat(ratio, first)
        # Successive samples are alike, but less so in what tells one offset from the next: between all and the share.
        return Evidence(middles, np.sqrt(self._share) * total)

    def _beside(
        self, offsets_seconds: Float[np.ndarray, " time"]
    ) -> tuple[Float[np.ndarray, " time"], Bool[np.ndarray, " time"]]:
        """Place in a's fine values beside each sample of b, and whether both sides are known there."""
        place = (self._seconds + offsets_seconds - self._a.start_seconds) * self._a.rate_hz
        nearest, last = np.round(place).astype(int), len(self._a.values) - 1
        known = (nearest >= 0) & (nearest <= last) & self._b.valid & self._a.valid[np.clip(nearest, 0, last)]
        return np.clip(place, 0, last) * _UPSAMPLED, known


def _between(values: Float[np.ndarray, "time k"], place: Float[np.ndarray, " sample"]) -> Float[np.ndarray, "sample k"]:
    """Values at fractional places, by linear interpolation."""
    whole = place.astype(int)
    part = (place - whole)[:, None]
    return np.asarray((1 - part) * values[whole] + part * values[np.minimum(whole + 1, len(values) - 1)])
