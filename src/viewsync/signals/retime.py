"""Clocks that run at a wrong rate, set right: the same signal on a clock that runs faster or slower."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

import numpy as np
from scipy.signal import resample_poly

from viewsync.signals import audio
from viewsync.types import AudioSignal, FlashSignal, LocalOffset, Signal, Sound

Seconds = TypeVar("Seconds", float, np.ndarray)


@dataclass(frozen=True)
class Retiming:
    """A clock set right: what was at t is then at t + rate · (t − start)."""

    rate: float = 0.0
    """Dimensionless, above −1."""
    start_seconds: float = 0.0
    """The time that stays as it is."""

    def __call__(self, seconds: Seconds) -> Seconds:
        """Times on the retimed clock."""
        return seconds + self.rate * (seconds - self.start_seconds)

    def undone(self, seconds: float) -> float:
        """The time on the recording's own clock."""
        return (seconds + self.rate * self.start_seconds) / (1 + self.rate)


def retimed(signal: Signal, retiming: Retiming) -> Signal:
    """The signal, of any built-in cue, on the retimed clock."""
    if retiming.rate == 0:
        return signal
    if isinstance(signal, AudioSignal):
        sound = _stretched(signal.sound, retiming.rate)
        return audio.signal(replace(sound, start_seconds=retiming(sound.start_seconds)))
    rate_hz = signal.rate_hz / (1 + retiming.rate)
    slower = replace(signal, rate_hz=rate_hz, start_seconds=retiming(signal.start_seconds))
    if isinstance(slower, FlashSignal):
        return replace(slower, edges=replace(slower.edges, pts_seconds=retiming(slower.edges.pts_seconds)))
    return slower


def on_own_clocks(local: LocalOffset, a: Retiming, b: Retiming) -> LocalOffset:
    """A local offset that was measured between retimed clocks as one between the recordings' own."""
    if a.rate == b.rate == 0:
        return local
    at_a, at_b = a.undone(local.seconds + local.offset_seconds), b.undone(local.seconds)
    return replace(local, seconds=at_b, offset_seconds=at_a - at_b)


_BLOCKS = 64


def _stretched(sound: Sound, rate: float) -> Sound:
    """Sound resampled to last (1 + rate) times as long, at the same sampling rate."""
    # To a hundredth of a part in a million.
    tempo = Fraction(1 + rate).limit_denominator(10_000)
    up, down = tempo.numerator, tempo.denominator
    pieces = []
    # Block by block, with neighbours on both sides: an hour at once would fill the memory.
    for first in range(0, len(sound.samples), _BLOCKS * down):
        before = min(first, down)
        block = np.asarray(sound.samples[first - before : first + (_BLOCKS + 1) * down], dtype=np.float32)
        slow = resample_poly(block, up, down)[before // down * up :][: _BLOCKS * up]
        pieces.append(slow.round().clip(-32768, 32767).astype(np.int16))
    return replace(sound, samples=np.concatenate(pieces))
