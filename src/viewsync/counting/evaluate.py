"""How far counts are off, in all and place by place."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from jaxtyping import Float

from viewsync.counting.footage import Footage, Sample
from viewsync.counting.samples import batch_of
from viewsync.counting.system import Counter
from viewsync.types import InputError

Densities = Sequence[Float[np.ndarray, "row column"]]
"""People per cell of the ground, of each frame."""
GRID_BLOCKS = 8
"""Along each side of the ground, for the grid error."""
_SOMEBODY = 0.5
"""People; with fewer, the ground is empty."""
_AT_ONCE = 4
_DIGITS = 4


@dataclass(frozen=True)
class Scores:
    """Of some frames."""

    mae: float
    """Mean of |count − truth|."""
    nae: float | None
    """Mean of |count − truth| / truth where there is anybody; None where there never is."""
    grid_error: float
    """Mean over frames of Σ |count − truth| over the blocks of the ground: a right total in wrong places isn't right."""
    frames: int
    empty: int
    """Frames in which nobody is on the ground, which NAE leaves out."""

    @classmethod
    def of(cls, found: Densities, truth: Densities, blocks: int = GRID_BLOCKS) -> "Scores":
        """Of densities found.

        Args:
            found: Frame by frame.
            truth: The same frames, of the same sizes.
            blocks: Of the ground, along each side.

        Raises:
            InputError: There are no frames.
        """
        if not len(truth):
            raise InputError("there are no frames to count in. Give footage that is longer than the latency.")
        errors, counts = count_errors(found, truth), np.array([density.sum() for density in truth])
        anybody = counts >= _SOMEBODY
        by_block = [
            np.abs(_block_counts(one - other, blocks)).sum() for one, other in zip(found, truth, strict=True)
        ]  # fmt: skip
        nae = float(np.mean(errors[anybody] / counts[anybody])) if anybody.any() else None
        return cls(
            mae=round(float(errors.mean()), _DIGITS),
            nae=None if nae is None else round(nae, _DIGITS),
            grid_error=round(float(np.mean(by_block)), _DIGITS),
            frames=len(truth),
            empty=int((~anybody).sum()),
        )


def count_errors(found: Densities, truth: Densities) -> Float[np.ndarray, " frame"]:
    """|count − truth| of each frame."""
    return np.array([abs(float((one - other).sum())) for one, other in zip(found, truth, strict=True)])


@torch.inference_mode()
def counted(counter: Counter, samples: Sequence[Sample]) -> list[np.ndarray]:
    """Densities that a network finds, sample by sample.

    Args:
        counter: In evaluation mode, on the CPU.
        samples: What it is shown.

    Raises:
        InputError: Sizes don't fit.
    """
    found = []
    for _, group in groupby(samples, key=lambda sample: id(sample.footage)):
        same_place = list(group)
        for start in range(0, len(same_place), _AT_ONCE):
            batch = batch_of(same_place[start : start + _AT_ONCE])
            found += list((counter(batch.pictures, batch.geometry).density[:, 0] / counter.unit).double().numpy())
    return found


def truths(samples: Sequence[Sample]) -> list[np.ndarray]:
    """The true densities at the reference's instants."""
    return [np.asarray(sample.footage.densities[sample.instant], dtype=np.float64) for sample in samples]


def mean_density(footages: Sequence[Footage]) -> Float[np.ndarray, "row column"]:
    """What a predictor says that has seen no picture at all: the mean of all it learned from.

    Raises:
        InputError: There is no footage, or grounds are of different sizes.
    """
    if len({footage.densities.shape[1:] for footage in footages}) != 1:
        raise InputError("a mean count needs footage whose maps of the ground are all of one size.")
    total = sum(len(footage.densities) for footage in footages)
    return np.asarray(sum(footage.densities.sum(axis=0, dtype=np.float64) for footage in footages) / total)


def _block_counts(density: Float[np.ndarray, "row column"], blocks: int) -> Float[np.ndarray, "block_row block_column"]:
    rows, columns = (np.linspace(0, side, min(blocks, side) + 1).astype(int)[:-1] for side in density.shape)
    return np.asarray(np.add.reduceat(np.add.reduceat(density, rows, axis=0), columns, axis=1))
