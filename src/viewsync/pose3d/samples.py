"""What 3D pose networks are shown: pictures of unsynchronized views, and where the joints were at one's instant."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int
from scipy.ndimage import minimum_filter1d
from torch import Tensor
from torch.utils.data import IterableDataset

from viewsync.footage import desynchronizer
from viewsync.footage.desynchronizer import Latency, drawn_sample
from viewsync.footage.shown_pictures import shown_pictures
from viewsync.geometry.epipolar import fundamental_matrices
from viewsync.geometry.triangulation import projection_matrices
from viewsync.pose3d.footage import JOINTS, PELVIS, Footage, Sample
from viewsync.types import InputError

HUMAN36M_SECONDS = (8 / 50, 32 / 50, 64 / 50)
"""The paper's random latencies κ."""
TRAINED_EVERY, TESTED_EVERY = 4, 64
"""Of Human3.6M's frames, those that the paper takes."""
_SIDES = {"left": "right", "right": "left"}
_MIRRORED = [JOINTS.index("_".join(_SIDES.get(word, word) for word in name.split("_"))) for name in JOINTS]
"""What each joint is in a mirror."""


class PoseBatch(NamedTuple):
    """Somebody at one view's instant. Pictures have mean 0 and variance 1, so cameras need not be equally bright.

    Where a view is missing, what is given of it doesn't matter. A joint that isn't known is at 0, which doesn't either.
    """

    pictures: Float32[Tensor, "batch view 1 side side"]
    """Of each view's own instant."""
    synchronized: Float32[Tensor, "batch view 1 side side"] | None
    """Of the reference's instant, where they are asked for: the same part of the whole picture."""
    present: Bool[Tensor, "batch view"]
    """Which views show the person. The reference is the first of them."""
    projections: Float32[Tensor, "batch view 3 4"]
    """K [R | t] of what the pictures show: from metres to their pixels."""
    fundamental: Float32[Tensor, "batch view view 3 3"]
    """Of each view as the reference with each other one, in pixels of the pictures (`epipolar.fundamental_matrices`)."""
    joints: Float32[Tensor, "batch joint 3"]
    """`footage.JOINTS` at the reference's instant, in metres, z up."""
    valid: Bool[Tensor, "batch joint"]
    """Which of them are known."""


def instants(latency: Latency, footage: Footage, every: int = 1) -> Int[np.ndarray, " instant"]:
    """Those at which the pelvis is known, and the reference and another view are there whatever latency is drawn.

    Args:
        latency: Of the views.
        footage: Theirs.
        every: Take only those that are multiples of it.

    Raises:
        InputError: The latency is of another number of views, the footage too short for it, or there is no such instant.
    """
    within = np.array(desynchronizer.instants(latency, footage))
    seconds = max(map(abs, latency.constant_seconds)) + latency.random_seconds
    window = 2 * round(seconds * footage.fps) + 1
    always = minimum_filter1d(footage.present.astype(np.uint8), window, axis=0, mode="nearest") > 0
    always[np.arange(len(footage)), footage.references] = False  # It is there at its own instant, which is enough.
    usable = footage.valid[:, PELVIS] & footage.present.any(axis=1) & always.any(axis=1)
    found = within[usable[within] & (within % every == 0)]
    if not len(found):
        raise InputError(
            f"{footage.name}: at no instant that is a multiple of {every} and {seconds:.3g} s from its ends, the pelvis is "
            "known and another view is there all that while. Take less latency, or footage without gaps."
        )
    return np.asarray(found)


def samples(footages: Sequence[Footage], latency: Latency, seed: int, every: int = 1) -> list[Sample]:
    """One sample of each instant that allows it, for tests: the same for the same seed, whatever instants are left out.

    Args:
        footages: To be tested on.
        latency: Between their views.
        seed: Of chance.
        every: As of `instants`.

    Raises:
        InputError: As of `instants`.
    """
    usable = {id(footage): frozenset(instants(latency, footage, every).tolist()) for footage in footages}
    drawn = desynchronizer.samples(footages, latency, seed)
    return [_referred(sample) for sample in drawn if sample.instant in usable[id(sample.footage)]]


def at_once(sample: Sample) -> Sample:
    """The same, but all views are of the reference's instant."""
    return replace(sample, frames=np.full_like(sample.frames, sample.instant))


def present_views(sample: Sample) -> Bool[np.ndarray, " view"]:
    """Which views show the person; those before the reference count as missing, so that it is the first."""
    there = sample.footage.present[sample.frames, np.arange(len(sample.frames))]
    return np.asarray(there & (np.arange(len(there)) >= sample.footage.references[sample.instant]))


def batch_of(shown: Sequence[Sample], *, synchronized: bool = False) -> PoseBatch:
    """Samples of footage of one size, as a network takes them.

    Args:
        shown: One or more.
        synchronized: Give pictures of the reference's instant, too; then only views count that show the person at both.

    Raises:
        InputError: Pictures of the reference's instant are asked for, but crops follow the person.
    """
    present = np.stack([present_views(sample) for sample in shown])
    if synchronized:
        _require_still(shown)
        present &= np.stack([present_views(at_once(sample)) for sample in shown])
    cameras = [sample.footage.cameras_at(sample.frames) for sample in shown]
    joints = np.stack([sample.footage.joints_metres[sample.instant] for sample in shown])
    valid = np.stack([sample.footage.valid[sample.instant] for sample in shown])
    return PoseBatch(
        shown_pictures(shown),
        shown_pictures(shown, synchronized=True) if synchronized else None,
        torch.from_numpy(present),
        _float(np.stack([projection_matrices(of_views) for of_views in cameras])),
        _float(np.stack([fundamental_matrices(of_views) for of_views in cameras])),
        _float(np.where(valid[..., None], joints, 0.0)),
        torch.from_numpy(valid),
    )


def mirrored(batch: PoseBatch) -> PoseBatch:
    """The same in a mirror: pictures, places (x becomes −x), and what is left and right. Twice, it is the same again."""
    across = batch.pictures.new_tensor([[-1, 0, batch.pictures.shape[-1] - 1], [0, 1, 0], [0, 0, 1]])
    places = batch.pictures.new_tensor([-1, 1, 1])
    return batch._replace(
        pictures=batch.pictures.flip(-1),
        synchronized=None if batch.synchronized is None else batch.synchronized.flip(-1),
        projections=across @ batch.projections * torch.cat([places, places.new_ones(1)]),
        fundamental=across.T @ batch.fundamental @ across,
        joints=batch.joints[:, _MIRRORED] * places,
        valid=batch.valid[:, _MIRRORED],
    )


class Batches(IterableDataset[PoseBatch]):
    """An endless row of batches, the same for the same seed; long footage is drawn from more often.

    Batches that were skipped cost nothing: the n-th one is made from the seed and n alone.

    Args:
        footages: Of as many views and pictures of one size.
        latency: Between their views.
        batch: Samples in a batch.
        seed: Of chance.
        synchronized: Give pictures of the reference's instant, too.
        every: As of `instants`.
        first_batch: Number of the first batch.
        mirrored: Show every other batch in a mirror.

    Raises:
        InputError: There is no footage, sizes differ, or as of `instants`.
    """

    def __init__(
        self,
        footages: Sequence[Footage],
        latency: Latency,
        batch: int,
        seed: int,
        *,
        synchronized: bool = False,
        every: int = 1,
        first_batch: int = 0,
        mirrored: bool = False,
    ) -> None:
        super().__init__()
        _require_alike(footages)
        self.footages, self.latency, self.batch, self.seed = footages, latency, batch, seed
        self.synchronized, self.first_batch, self.mirrored = synchronized, first_batch, mirrored
        self.instants = [instants(latency, footage, every) for footage in footages]

    def __iter__(self) -> Iterator[PoseBatch]:
        number = self.first_batch
        while True:
            rng = np.random.default_rng([self.seed, 85, number])
            drawn = [drawn_sample(self.footages, self.instants, self.latency, rng) for _ in range(self.batch)]
            batch = batch_of([_referred(sample) for sample in drawn], synchronized=self.synchronized)
            yield mirrored(batch) if self.mirrored and number % 2 else batch
            number += 1


def _referred(sample: Sample) -> Sample:
    """The same, with the first view that is there at its instant as the reference."""
    frames = sample.frames.copy()
    frames[sample.footage.references[sample.instant]] = sample.instant
    return replace(sample, frames=frames)


def _float(values: np.ndarray) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))


def _require_still(shown: Sequence[Sample]) -> None:
    moving = next((sample.footage.name for sample in shown if not sample.footage.crops_stay), None)
    if moving is not None:
        raise InputError(
            f"{moving}: its crops follow the person, so there are no pictures of another instant in the same crop. Read it "
            "with crop='clip'."
        )


def _require_alike(footages: Sequence[Footage]) -> None:
    if not footages:
        raise InputError("there is no footage to learn from. Give some whose split is training.")
    sizes = {(len(footage.cameras), footage.side_pixels): footage.name for footage in footages}
    if len(sizes) > 1:
        (one, first), (other, second), *_ = sizes.items()
        raise InputError(
            f"{first} and {second} can't be learned from together: {_size(one)}, but {_size(other)}. Give footage that is "
            "alike in that."
        )


def _size(size: tuple[int, int]) -> str:
    views, side = size
    return f"{views} views of {side} × {side} pixels"
