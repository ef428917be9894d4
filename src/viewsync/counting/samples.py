"""What counting networks are shown: pictures of unsynchronized views, and who is on the ground."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor
from torch.utils.data import IterableDataset

from viewsync.counting.footage import Footage, Sample
from viewsync.footage.desynchronizer import Latency, drawn_sample, instants
from viewsync.footage.shown_pictures import LEAST_CONTRAST, gray_pictures
from viewsync.networks.mvms import Geometry
from viewsync.types import InputError

LatencyKind = Literal["random", "constant", "none"]


def latency_of(kind: LatencyKind, seconds: float, views: int) -> Latency:
    """As in the paper: the same for all views but the reference at random, or constant, alternately late and early.

    Raises:
        InputError: Seconds aren't a number of 0 or more.
    """
    constant = tuple(seconds * (view > 0) * (1.0 if view % 2 else -1.0) + 0.0 for view in range(views))
    if kind == "constant":
        return Latency(constant, 0.0)
    return Latency((0.0,) * views, seconds if kind == "random" else 0.0)


class CountingBatch(NamedTuple):
    """Scenes at one view's instant.

    Pictures are less what stands still before each camera, in units of half the contrast of that: else one who walks before
    a house is hardly seen.
    """

    pictures: Float32[Tensor, "batch view 1 height width"]
    """Of each view's own instant."""
    synchronized: Float32[Tensor, "batch view 1 height width"] | None
    """Of the reference's instant, where they are asked for."""
    geometry: Geometry
    density: Float32[Tensor, "batch 1 row column"]
    """People per cell of the ground at the reference's instant."""


def batch_of(samples: Sequence[Sample], *, synchronized: bool = False) -> CountingBatch:
    """Samples of places of one size, as a network takes them.

    Args:
        samples: One or more.
        synchronized: Give pictures of the reference's instant, too.
    """
    return CountingBatch(
        moving_pictures(samples),
        moving_pictures(samples, synchronized=True) if synchronized else None,
        geometry_of(samples),
        torch.from_numpy(np.stack([sample.footage.densities[sample.instant] for sample in samples])[:, None]),
    )


def moving_pictures(
    samples: Sequence[Sample], *, synchronized: bool = False
) -> Float32[Tensor, "batch view 1 height width"]:
    """Less what stands still, as in `CountingBatch`.

    Args:
        samples: Of places of one size.
        synchronized: Of the reference's instant, not of each view's own.
    """
    still = torch.from_numpy(np.stack([np.stack(sample.footage.backgrounds) for sample in samples]))[:, :, None]
    contrast = still.std(dim=(-2, -1), keepdim=True).clamp_min(LEAST_CONTRAST)
    return (gray_pictures(samples, synchronized=synchronized) - still) / (contrast / 2)


class Batches(IterableDataset[CountingBatch]):
    """An endless row of batches, the same for the same seed; long footage is drawn from more often.

    Batches that were skipped cost nothing: the n-th one is made from the seed and n alone.

    Args:
        footages: Of places of one size.
        latency: Between their views.
        batch: Samples in a batch.
        seed: Of chance.
        synchronized: Give pictures of the reference's instant, too.
        first_batch: Number of the first batch.

    Raises:
        InputError: There is no footage, one is too short for the latency, or sizes differ.
    """

    def __init__(
        self,
        footages: Sequence[Footage],
        latency: Latency,
        batch: int,
        seed: int,
        *,
        synchronized: bool = False,
        first_batch: int = 0,
    ) -> None:
        super().__init__()
        _require_alike(footages)
        self.footages, self.latency, self.batch, self.seed = footages, latency, batch, seed
        self.synchronized, self.first_batch = synchronized, first_batch
        self.instants = [instants(latency, footage) for footage in footages]

    def __iter__(self) -> Iterator[CountingBatch]:
        for number in count(self.first_batch):
            yield batch_of(self.samples(number), synchronized=self.synchronized)

    def samples(self, number: int) -> list[Sample]:
        """Of the batch of a number."""
        rng = np.random.default_rng([self.seed, 82, number])
        return [drawn_sample(self.footages, self.instants, self.latency, rng) for _ in range(self.batch)]


def geometry_of(samples: Sequence[Sample]) -> Geometry:
    """Of the places of samples."""
    places = [sample.footage.place for sample in samples]
    return Geometry(
        torch.from_numpy(np.stack([place.sampling for place in places])),
        torch.from_numpy(np.stack([place.depths for place in places])),
        _of_all([place.fundamental for place in places]),
        _of_all([place.projections for place in places]),
    )


def _of_all(matrices: Sequence[np.ndarray | None]) -> Tensor | None:
    """None where one of them isn't known."""
    known = [one for one in matrices if one is not None]
    return torch.from_numpy(np.stack(known).astype(np.float32)) if len(known) == len(matrices) else None


def _require_alike(footages: Sequence[Footage]) -> None:
    sizes: dict[tuple[int, ...], str] = {}
    for footage in footages:
        place, ground = footage.place, footage.place.ground
        sizes.setdefault((len(place.views), place.width, place.height, ground.columns, ground.rows), footage.name)
    if not sizes:
        raise InputError("there is no footage to learn from. Give some whose split is training.")
    if len(sizes) > 1:
        (one, first), (other, second), *_ = sizes.items()
        raise InputError(
            f"{first} and {second} can't be learned from together: {_size(one)}, but {_size(other)}. Give footage that is "
            "alike in that."
        )


def _size(size: tuple[int, ...]) -> str:
    views, width, height, columns, rows = size
    return f"{views} views of {width} × {height} pixels over a ground of {columns} × {rows} cells"
