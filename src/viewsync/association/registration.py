"""How two cameras' maps of the ground lie on one another, by people being at the same places at the same instants."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import scipy.fft
from jaxtyping import Complex64, Float
from scipy.ndimage import gaussian_filter

from viewsync.association.frames import MultiViewFrame
from viewsync.association.placed import Placed
from viewsync.association.upright import Upright
from viewsync.progress import Progress, told

_CELL_METRES, _CELLS = 0.5, 160
_BLUR_CELLS = 1.2
_FARTHEST_METRES = 35.0
"""From the camera: farther places are too uncertain."""
_TURNS_RADIANS = np.radians(np.arange(0, 360, 6))
_CHANCE_EVERY = 3
"""Of the turns, one in so many is enough to know what chance gives."""
_SMALLEST = 1e-9


class Registration(NamedTuple):
    """One camera's map of the ground on another one's."""

    over_chance: float
    """How many people more than usual are in the same cells at once, over as many where instants are mixed up: about 1 where
    cameras have nothing in common."""
    turn_radians: float
    shift_metres: tuple[float, float]


def registrations(
    cameras: Mapping[int, Upright], frames: Sequence[MultiViewFrame], progress: Progress = lambda *_: None
) -> dict[tuple[int, int], Registration]:
    """The best one of each two cameras (a, b), a < b: of b's map on a's.

    For each turn, all shifts are tried at once: the cross-correlation of how many people are in each cell, the mean over
    instants, less that of the means, which is what people at any other instants give.

    Args:
        cameras: By their numbers.
        frames: Instants.
        progress: Told after each camera.
    """
    known = sorted(cameras)
    still = {number: _spectra(Placed(cameras[number]), number, frames) for number in known}
    best: dict[tuple[int, int], _Shift] = {}
    chance: dict[tuple[int, int], float] = {}
    for b in told(known, "placing cameras", len(known), progress):
        for number, turn in enumerate(_TURNS_RADIANS if b != known[0] else ()):
            turned = _spectra(Placed(cameras[b], float(turn)), b, frames)
            mixed_up = np.roll(turned, len(frames) // 2, axis=0)
            for a in known[: known.index(b)]:
                best[a, b] = max(best.get((a, b), _NOWHERE), _best_shift(still[a], turned, float(turn)))
                if number % _CHANCE_EVERY == 0:
                    chance[a, b] = max(chance.get((a, b), 0.0), _best_shift(still[a], mixed_up, float(turn)).fit)
    return {
        pair: Registration(one.fit / max(chance[pair], _SMALLEST), one.turn_radians, one.shift_metres)
        for pair, one in best.items()
    }


class _Shift(NamedTuple):
    fit: float
    """How many people more than usual are in the same cells at once."""
    turn_radians: float
    shift_metres: tuple[float, float]


_NOWHERE = _Shift(0.0, 0.0, (0.0, 0.0))


def _spectra(camera: Placed, number: int, frames: Sequence[MultiViewFrame]) -> Complex64[np.ndarray, "instant row column"]:
    """Fourier transforms of how many people are in each cell."""
    people = np.zeros((len(frames), _CELLS, _CELLS), np.float32)
    for instant, frame in enumerate(frames):
        ahead = camera.upright.places(frame.views[number].boxes)
        near = ahead[ahead[:, 1] < _FARTHEST_METRES]
        cells = np.round(camera.moved(near) / _CELL_METRES + _CELLS / 2).astype(int)
        column, row = cells[((cells >= 0) & (cells < _CELLS)).all(axis=1)].T
        np.add.at(people[instant], (row, column), 1)
    return np.asarray(scipy.fft.rfft2(gaussian_filter(people, (0, _BLUR_CELLS, _BLUR_CELLS))))


def _best_shift(
    one: Complex64[np.ndarray, "instant row column"], other: Complex64[np.ndarray, "instant row column"], turn_radians: float
) -> _Shift:
    together = (one * other.conj()).mean(axis=0) - one.mean(axis=0) * other.mean(axis=0).conj()
    fits: Float[np.ndarray, "row column"] = scipy.fft.irfft2(together, s=(_CELLS, _CELLS))
    row, column = np.unravel_index(int(fits.argmax()), fits.shape)
    down, across = ((int(cells) + _CELLS // 2) % _CELLS - _CELLS // 2 for cells in (row, column))
    return _Shift(float(fits[row, column]), turn_radians, (across * _CELL_METRES, down * _CELL_METRES))
