"""The `stereo` cue: what a network makes of how the whole picture moves, the camera's own motion with the rest.

It is trained on cameras side by side on one rig: what moves one moves the other. The network (`networks.stereo_delay`) sees
flow, embeds each instant with what is around it, and weighs lags by all instants together. See docs/cues/stereo.md.
"""

import hashlib
from array import array
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from scipy.fft import irfft, next_fast_len, rfft

from viewsync.match.correlate import candidate_lags
from viewsync.signals.flow import FlowReader, small_field
from viewsync.signals.resample import at_common_rate, average_onto_grid
from viewsync.types import Frame, LocalOffset, OffsetBelief, Search, Signal

if TYPE_CHECKING:
    from viewsync.networks.stereo_delay import DelayNetwork
    from viewsync.signals.delays import Told

NAME = "stereo"

RATE_HZ = 30.0
EVIDENCE = 0.3
"""How much of what the network says is to be believed. On rigs like those it learned from, 0.5 to 0.7 fits best
(`python -m viewsync.benchmarks.stereo_calibration`); of cameras that move unlike any of them it is too sure."""
_AT_ONCE = 32
"""Fields of flow that are seen together."""
_MOST_CELLS = 1_500_000
"""Instants times lags that the network weighs, of one pair of recordings: it takes a few seconds."""
_BANDS, _BAND_LAGS = 64, 9
"""Of more, it weighs the lags around those at which the embeddings are most alike on the whole."""
_PIECE_SECONDS = 10.0
"""And of long recordings so long pieces, spread evenly."""
_STRETCH_SECONDS, _STRETCH_REACH_SECONDS = 30.0, 0.5


@cache
def network() -> "DelayNetwork":
    """The one that comes with the package."""
    from viewsync.networks.checkpoints import load_network, shipped
    from viewsync.networks.stereo_delay import DelayNetwork

    return load_network(shipped(NAME), DelayNetwork)


def fingerprint() -> str:
    """What all signals and beliefs depend on besides the recordings and the code, as a hash: the weights."""
    digest = hashlib.sha256()
    for weights in network().state_dict().values():
        digest.update(weights.numpy().tobytes())
    return digest.hexdigest()


class Extractor:
    """Takes the small gray frames of one recording, one by one, and keeps the features of each.

    Args:
        flow: Shared with other cues that are given the same frames.
    """

    def __init__(self, flow: FlowReader | None = None) -> None:
        self._flow = flow or FlowReader()
        self._times = array("d")
        self._fields: list[Float32[np.ndarray, "2 24 32"]] = []
        self._features = array("f")

    def push(self, frame: Frame) -> None:
        """Take the next frame."""
        flow = self._flow.flow(frame)
        self._times.append(frame.pts_seconds)
        if flow is None:
            return
        self._fields.append(small_field(flow, self._times[-1] - self._times[-2]))
        if len(self._fields) == _AT_ONCE:
            self._see()

    def _see(self) -> None:
        from viewsync.signals.delays import seen

        if self._fields:
            self._features.frombytes(seen(self._fields, network()).tobytes())
        self._fields.clear()

    def signal(self) -> Signal:
        """Embeddings of everything pushed so far."""
        self._see()
        return stereo_signal(np.array(self._times), np.array(self._features).reshape(-1, network().features))


def stereo_signal(times_seconds: Float[np.ndarray, " frame"], features: Float32[np.ndarray, "interval feature"]) -> Signal:
    """Embeddings on a uniform grid, from features of the intervals between frames at any times.

    Args:
        times_seconds: Presentation times of the frames.
        features: One row fewer than there are frames.
    """
    from viewsync.signals.delays import embedded

    if len(times_seconds) < 2:
        return Signal(NAME, np.zeros((1, network().dimensions), np.float32), np.zeros(1, bool), RATE_HZ, times_seconds[0])
    totals = features * np.diff(times_seconds)[:, None].astype(np.float32)
    uniform, _ = average_onto_grid(times_seconds, totals, RATE_HZ)  # Zeros in gaps, as the network expects.
    values = embedded(uniform, network())
    return Signal(NAME, values, np.any(values, axis=1), RATE_HZ, float(times_seconds[0]) + 0.5 / RATE_HZ)


def belief(a: Signal, b: Signal, search: Search) -> OffsetBelief:
    """Evidence for every offset at which the recordings overlap enough (`viewsync.signals.Cue`)."""
    a, b = at_common_rate(a, b)
    lags = candidate_lags(a, b, search)
    offsets = a.start_seconds - b.start_seconds + lags / a.rate_hz
    overlap = np.minimum(len(a.values), len(b.values) + lags) - np.maximum(0, lags)
    ratio = np.zeros(len(lags))
    if len(lags) and a.valid.any() and b.valid.any():
        weighed = _worth_weighing(a, b, lags, overlap)
        edges = np.flatnonzero(np.diff(weighed, prepend=False, append=False))
        for first, stop in edges.reshape(-1, 2).tolist():
            ratio[first:stop] = _weighed(a, b, range(int(lags[first]), int(lags[stop - 1]) + 1), int(weighed.sum()))
        # The others looked less likely still.
        ratio[~weighed] = np.median(ratio[weighed])
    return OffsetBelief(NAME, offsets, EVIDENCE * ratio, overlap / a.rate_hz)


def _worth_weighing(
    a: Signal, b: Signal, lags: Int[np.ndarray, " lag"], overlap: Int[np.ndarray, " lag"]
) -> Bool[np.ndarray, " lag"]:
    """All lags, or of very many those around which the embeddings are most alike."""
    if overlap.sum() <= _MOST_CELLS:
        return np.full(len(lags), True)
    alike = _alike(a, b, lags)
    chosen = np.full(len(lags), False)
    for _ in range(_BANDS):
        best = int(alike.argmax())
        around = slice(max(best - _BAND_LAGS // 2, 0), best + _BAND_LAGS // 2 + 1)
        chosen[around], alike[around] = True, -np.inf
    return chosen


def _alike(a: Signal, b: Signal, lags: Int[np.ndarray, " lag"]) -> Float[np.ndarray, " lag"]:
    """Correlation of the embeddings by FFT, in units of what chance does."""
    size = next_fast_len(len(a.values) + len(b.values), real=True)

    def spectra(signal: Signal) -> tuple[np.ndarray, np.ndarray]:
        centred = (signal.values - signal.values[signal.valid].mean(axis=0)) * signal.valid[:, None]
        return rfft(centred.astype(np.float32), size, axis=0), rfft(signal.valid.astype(np.float32), size)

    (values_a, valid_a), (values_b, valid_b) = spectra(a), spectra(b)
    products = np.einsum("fd,fd->f", values_a, values_b.conj())
    sums, count = (irfft(product, size)[lags % size] for product in (products, valid_a * valid_b.conj()))
    return np.asarray(sums / np.sqrt(np.maximum(count, 1.0)), dtype=np.float64)


def _weighed(a: Signal, b: Signal, lags: range, weighed: int) -> Float[np.ndarray, " lag"]:
    """The network's evidence for successive lags, of all of b or, where `weighed` lags are too many, of pieces of it."""
    first, last = max(0, -lags[-1]), min(len(b.values), len(a.values) - lags[0])
    length = round(_PIECE_SECONDS * a.rate_hz)
    pieces = max(1, min(_MOST_CELLS // weighed, last - first) // length)
    if last - first <= max(_MOST_CELLS // weighed, length):
        return _told(a, b, slice(first, last), lags).log_likelihood
    starts = np.linspace(first, last - length, pieces + 2)[1:-1].round().astype(int).tolist()
    return np.asarray(sum(_told(a, b, slice(start, start + length), lags).log_likelihood for start in starts))


def _told(a: Signal, b: Signal, stretch: slice, lags: range) -> "Told":
    """What the network says of lags by a stretch of b."""
    from viewsync.signals.delays import told

    margin = network().head.reach
    first = max(stretch.start + lags[0] - margin, 0)
    beside = a.values[first : stretch.stop + lags[-1] + margin].astype(np.float32, copy=False)
    shift = first - stretch.start
    own = range(lags[0] - shift, lags[-1] + 1 - shift)
    return told(beside, b.values[stretch].astype(np.float32, copy=False), own, network())


def local_offsets(a: Signal, b: Signal, offset_seconds: float) -> list[LocalOffset]:
    """Sub-frame offsets of stretches of 30 s (`viewsync.signals.Cue`).

    A stretch is left out that tells nothing, or whose best offset lies on the edge of the half second that it looks at.
    """
    a, b = at_common_rate(a, b)
    if not (a.valid.any() and b.valid.any()):
        return []
    lead = round((offset_seconds - (a.start_seconds - b.start_seconds)) * a.rate_hz)
    first, last = max(0, -lead), min(len(b.values), len(a.values) - lead)
    if last <= first:
        return []
    reach = round(_STRETCH_REACH_SECONDS * a.rate_hz)
    count = max(1, int((last - first) / a.rate_hz / _STRETCH_SECONDS))
    found = []
    for start, stop in pairwise(np.linspace(first, last, count + 1).round().astype(int).tolist()):
        told = _told(a, b, slice(start, stop), range(lead - reach, lead + reach + 1))
        best = int(told.log_likelihood.argmax())
        if told.log_likelihood[best] > 0 and 0 < best < 2 * reach:
            lag = lead - reach + best + told.correction[best]
            offset = a.start_seconds - b.start_seconds + float(lag) / a.rate_hz
            middle = b.start_seconds + (start + stop - 1) / 2 / a.rate_hz
            found.append(LocalOffset(middle, offset, float(told.std[best]) / a.rate_hz))
    return found
