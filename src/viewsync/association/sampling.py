"""Views of sessions, drawn at random for training: those of one instant belong together, those of others don't."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int, Int64
from numpy.random import Generator
from torch import Tensor
from torch.utils.data import IterableDataset

from viewsync.association.frames import UNKNOWN, Session
from viewsync.association.placed import Placed
from viewsync.types import InputError

GAP_FRAMES = (5, 19)
"""How many frames from the anchor the negative is, at least and at most, as published."""
JITTER = 0.3
"""Of pseudo-negatives: standard deviation of a box's shift, in shares of its own width and height."""
MOST_PEOPLE = 300
"""Of a view, in a batch of moments: they are compared with as many of each other view."""
_LEAST_INSTANTS = 8


class Views(NamedTuple):
    """Pictures with people, padded to the same number of them."""

    boxes: Float32[Tensor, "*batch person 4"]
    """x1, y1, x2, y2 in pixels; of those who aren't there, the whole picture."""
    present: Bool[Tensor, "*batch person"]
    """Whether there is such a person. Those who are come first."""
    sizes: Float32[Tensor, "*batch 2"]
    camera: Int64[Tensor, "*batch"]
    identities: Int64[Tensor, "*batch person"]
    appearance: Float32[Tensor, "*batch person feature"] | None

    def at(self, *index: Int64[Tensor, "*row"] | Int64[np.ndarray, "*row"]) -> "Views":
        """Some of the views."""
        looks = None if self.appearance is None else self.appearance[index]
        return Views(
            self.boxes[index], self.present[index], self.sizes[index], self.camera[index], self.identities[index], looks
        )

    def in_a_row(self) -> "Views":
        """Rows of views as one row, those of the first row first."""
        rows, columns = self.camera.shape
        row, column = np.divmod(np.arange(rows * columns), columns)
        return self.at(row, column)


class TripletBatch(NamedTuple):
    """Views of some instants, views of another camera of the same instants, and views of that camera of other instants."""

    anchor: Views
    positive: Views
    negative: Views


class MomentBatch(NamedTuple):
    """All cameras' views of several instants."""

    views: Views
    """Instants by cameras."""
    places: Float32[Tensor, "moment camera person 2"]
    """Where people stand on the ground, in metres; nan where nobody knows."""
    apart: Bool[Tensor, "moment moment"]
    """Which instants are so far apart that nobody is where they were."""


def padded(session: Session) -> Views:
    """All views of a session as one batch, instants by cameras.

    Raises:
        InputError: There are no instants, or only some of the people have an appearance.
    """
    views = [view for frame in session.frames for view in frame.views]
    if not views:
        raise InputError(f"{session.name}: there is no instant to learn from. Give more of it.")
    lengths = {0 if view.embeddings is None else view.embeddings.shape[1] for view in views if len(view)}
    if len(lengths) > 1:
        raise InputError(
            f"{session.name}: people's appearance has {sorted(lengths)} numbers. Give all the same, or none any."
        )
    shape = len(session.frames), len(session.cameras)
    most = max(1, *(len(view) for view in views))
    sizes = torch.tensor(session.sizes, dtype=torch.float32).expand(*shape, 2)
    boxes = torch.cat([torch.zeros_like(sizes), sizes], dim=-1)[..., None, :].repeat(1, 1, most, 1)
    present = torch.zeros(*shape, most, dtype=torch.bool)
    identities = torch.full((*shape, most), UNKNOWN)
    looks = torch.zeros(*shape, most, max(lengths, default=0))
    for (instant, camera), view in zip(np.ndindex(shape), views, strict=True):
        people = instant, camera, slice(len(view))
        boxes[people] = torch.from_numpy(view.boxes).float()
        present[people] = True
        identities[people] = torch.from_numpy(view.identities)
        if view.embeddings is not None:
            looks[people] = torch.from_numpy(view.embeddings).float()
    return Views(boxes, present, sizes, torch.arange(shape[1]).expand(shape), identities, looks if looks.shape[-1] else None)


def usual_gap(session: Session) -> tuple[float, float]:
    """Seconds from an anchor to its negative: `GAP_FRAMES` of the session's usual spacing.

    Raises:
        InputError: There are fewer than two instants.
    """
    if len(session.frames) < 2:
        raise InputError(f"{session.name}: {len(session.frames)} instants are too few to learn from. Give more of them.")
    spacing = float(np.median(np.diff(session.seconds)))
    return GAP_FRAMES[0] * spacing, GAP_FRAMES[1] * spacing


@dataclass(frozen=True)
class Triplets(IterableDataset[TripletBatch]):
    """An endless row of batches, the same for the same seed.

    Each instant is the anchor's once in a round. Cameras are any two; triplets with an empty view are left out. The negative
    is the first instant not nearer than a time drawn from `usual_gap`, to either side; to the other one where the session
    ends.

    Raises:
        InputError: No view of any instant makes a triplet.
    """

    session: Session
    batch: int
    """Triplets in a batch."""
    seed: int
    by_index: bool = False
    """Count `GAP_FRAMES` frames instead, as published, however much time lies between them."""
    pseudo_negatives: bool = False
    """Make the negative from the positive by shifting its boxes, instead of looking for another instant."""

    def __post_init__(self) -> None:
        if not self._triplets(np.random.default_rng(self.seed)):
            raise InputError(
                f"{self.session.name}: at no instant do two cameras see anybody, and one of them "
                f"{usual_gap(self.session)[0]:g} s earlier or later, too. Give more instants, or a larger part of them by "
                "--shares."
            )

    def __iter__(self) -> Iterator[TripletBatch]:
        rng, views = np.random.default_rng([self.seed, 81]), padded(self.session)
        rows: list[tuple[int, int, int, int]] = []
        while True:
            while len(rows) < self.batch:
                rows += self._triplets(rng)
            chosen, rows = np.array(rows[: self.batch]), rows[self.batch :]
            instant, other, camera_a, camera_b = chosen.T
            positive = views.at(instant, camera_b)
            negative = jittered(positive, rng) if self.pseudo_negatives else views.at(other, camera_b)
            yield TripletBatch(views.at(instant, camera_a), positive, negative)

    def _triplets(self, rng: Generator) -> list[tuple[int, int, int, int]]:
        """Instant, instant of the negative, both cameras: of a round."""
        frames, count = self.session.frames, len(self.session.cameras)
        order = rng.permutation(len(frames))
        others = self._others(order, rng)
        found = []
        for instant, other in zip(order.tolist(), others.tolist(), strict=True):
            one, two = rng.permutation(count)[:2].tolist()
            used = frames[instant].views[one], frames[instant].views[two], frames[other].views[two]
            if (other != instant or self.pseudo_negatives) and all(len(view) for view in used):
                found.append((instant, other, one, two))
        return found

    def _others(self, instants: Int[np.ndarray, " row"], rng: Generator) -> Int[np.ndarray, " row"]:
        """Instants of the negatives; the same one where there is none."""
        later = rng.random(len(instants)) < 0.5
        if self.by_index:
            low, high = GAP_FRAMES
            steps, last = low + (rng.random(len(instants)) * (high - low + 1)).astype(int), len(self.session.frames) - 1
            before, after = instants - steps, instants + steps
        else:
            seconds, last = self.session.seconds, len(self.session.frames) - 1
            gaps = rng.uniform(*usual_gap(self.session), len(instants))
            before = np.searchsorted(seconds, seconds[instants] - gaps, side="right") - 1
            after = np.searchsorted(seconds, seconds[instants] + gaps)
        drawn, reflected = np.where(later, after, before), np.where(later, before, after)
        chosen = np.where((drawn >= 0) & (drawn <= last), drawn, reflected)
        return np.where((chosen >= 0) & (chosen <= last), chosen, instants)


def jittered(views: Views, rng: Generator, share: float = JITTER) -> Views:
    """The same views, each box shifted by a normal share of its own width and height."""
    extent = views.boxes[..., 2:] - views.boxes[..., :2]
    shift = torch.from_numpy(rng.normal(0, share, extent.shape).astype(np.float32)) * extent
    return views._replace(boxes=views.boxes + torch.cat([shift, shift], dim=-1))


@dataclass(frozen=True)
class Moments(IterableDataset[MomentBatch]):
    """An endless row of batches, the same for the same seed: all views of instants at which two cameras see somebody.

    Raises:
        InputError: There aren't two such instants that are apart.
    """

    session: Session
    batch: int
    """Instants in a batch, where there are so many; fewer where a view has many people (`MOST_PEOPLE`)."""
    seed: int
    jitter: float = 0.0
    """Standard deviation by which boxes are shifted, in shares of their widths and heights."""
    ground: Sequence[Placed | None] = ()
    """Where cameras stand, as `placement.placed` finds it; nowhere unless told."""

    def __post_init__(self) -> None:
        seconds = self.session.seconds[self._instants(padded(self.session))]
        if not len(seconds) or np.ptp(seconds) < self.gap:
            raise InputError(
                f"{self.session.name}: two cameras don't see anybody at two instants that are apart by {self.gap:g} s. "
                "Give more instants, or a larger part of them by --shares."
            )

    @property
    def gap(self) -> float:
        """From which on instants are apart, in seconds: the least of `usual_gap`."""
        return usual_gap(self.session)[0]

    def __iter__(self) -> Iterator[MomentBatch]:
        rng, views = np.random.default_rng([self.seed, 82]), padded(self.session)
        instants, places, seconds = self._instants(views), self._places(views), self.session.seconds
        usual = float(views.present.sum(-1)[views.present.any(-1)].double().mean())
        batch = min(self.batch, max(_LEAST_INSTANTS, round(MOST_PEOPLE / usual)))
        while True:
            chosen = rng.permutation(instants)[:batch]
            apart = np.abs(seconds[chosen, None] - seconds[chosen]) >= self.gap
            comparable = apart.any(axis=1)
            chosen, apart = chosen[comparable], apart[np.ix_(comparable, comparable)]
            if len(chosen):
                shown = jittered(views.at(chosen), rng, self.jitter)
                yield MomentBatch(shown, places[chosen], torch.from_numpy(apart))

    @staticmethod
    def _instants(views: Views) -> Int[np.ndarray, " instant"]:
        return np.flatnonzero(views.present.any(-1).sum(1).numpy() > 1)

    def _places(self, views: Views) -> Float32[Tensor, "instant camera person 2"]:
        found = torch.full((*views.boxes.shape[:-1], 2), torch.nan)
        for number, camera in enumerate(self.ground):
            if camera is not None:
                found[:, number] = torch.from_numpy(camera.places(views.boxes[:, number].double().numpy())).float()
        return found
