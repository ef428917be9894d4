"""Training of counting networks in the paper's two settings."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import lightning
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

from viewsync.counting.footage import Footage
from viewsync.counting.motion import keep_motion, learn_motion, to_move
from viewsync.counting.samples import Batches, CountingBatch, latency_of
from viewsync.counting.system import BASELINES, CALIBRATED, PAPER_UNIT, Counter, Method, Preset, sigma_cells
from viewsync.footage.desynchronizer import Latency
from viewsync.networks.mvms import Count
from viewsync.networks.view_losses import similarity_loss, warping_loss
from viewsync.progress import Progress
from viewsync.training_loop import LARGEST_GRADIENT, fit, one_cycle, steps_done
from viewsync.types import InputError

Setting = Literal["synced and unsynced", "unsynced only"]
"""Whether there are pictures of the reference's instant to learn from, as in Table II, or not, as in Table III."""
Optimizer = Literal["one-cycle", "released"]

_RELEASED_RATE, _RELEASED_DECAY, _RELEASED_MOMENTUM, _RELEASED_WEIGHT_DECAY = 1e-4, 1e-4, 0.9, 1e-4
_RELEASED_LARGEST_GRADIENT = 5.0


@dataclass(frozen=True)
class Recipe:
    """A line of Table II or III.

    Raises:
        InputError: The method isn't in the setting's table, or a γ is negative, or no number.
    """

    method: Method
    setting: Setting
    similarity: bool = True
    """Whether ℓ_s is learned from, where nothing is synchronized."""
    warping_weight: float = 100.0
    """γ of ℓ_W, for density × 1000; 1 as printed, with which flow is hardly learned."""
    similarity_weight: float = 10.0
    """γ of ℓ_s, for density × 1000; 1000 as printed, with which the small network counts worse than without."""
    motion_first: bool = False
    """Whether, where there are synchronized pictures, motion networks learn from them before all else. Afterwards they stay
    as they are, and so does what they move: else counting undoes the flow."""

    count_synchronized: bool = False
    """Whether people are counted in synchronized pictures, too, as released; where they are learned from with the others."""

    def __post_init__(self) -> None:
        wrong = ("BaseU",) if self.setting == "synced and unsynced" else ("BaseS", "BaseSU")
        if self.method in wrong:
            raise InputError(f"{self.method} is no method for {self.setting!r} data. Choose the other setting.")
        for name, weight in (("warping", self.warping_weight), ("similarity", self.similarity_weight)):
            if not 0 <= weight < math.inf:
                raise InputError(f"the {name} weight (γ) must be a number from 0 on, got {weight}. 0 leaves that loss out.")
        if self.count_synchronized and not self.in_pairs:
            raise InputError(
                "counting in synchronized pictures, too (--count-synchronized), is for methods that synchronize and learn "
                "from such pictures beside the others. Choose one, without --unsynced-only and --motion-steps."
            )

    @property
    def moves_first(self) -> bool:
        """Whether synchronized pictures are learned from before the others."""
        return self.motion_first and self._has_pairs

    @property
    def in_pairs(self) -> bool:
        """Whether synchronized pictures are learned from together with the others."""
        return not self.motion_first and self._has_pairs

    @property
    def _has_pairs(self) -> bool:
        return self.setting == "synced and unsynced" and self.method not in BASELINES


@dataclass(frozen=True)
class Schedule:
    """How long, and how."""

    steps: int
    batch: int = 2
    learning_rate: float = 2e-3
    """The highest one of the cycle."""
    motion_steps: int = 1000
    """Of the motion networks alone, where they come first; with batches twice as large."""
    optimizer: Optimizer = "one-cycle"
    """AdamW, its rate rising and falling once; or SGD, as released."""


def loss_of(recipe: Recipe, counter: Counter, batch: CountingBatch) -> dict[str, Float[Tensor, ""]]:
    """The task's loss, and what is added to it, weighted.

    ``task`` (and ``task_synchronized``) is the mean squared error of density times the network's unit. The paper's unit is
    1000; in another one, γ is scaled as the task's loss is.
    """
    count, unit = counter(batch.pictures, batch.geometry), counter.unit
    losses = {"task": functional.mse_loss(count.density, batch.density * unit)}
    scale = (unit / PAPER_UNIT) ** 2
    if recipe.in_pairs:
        losses["warping"] = scale * recipe.warping_weight * _warping_loss(counter, count, batch)
        if recipe.count_synchronized:
            assert batch.synchronized is not None
            also = counter(batch.synchronized, batch.geometry).density
            losses["task_synchronized"] = functional.mse_loss(also, batch.density * unit)
    elif count.synchronized is not None and recipe.setting == "unsynced only" and recipe.similarity:
        apart = similarity_loss(count.ground.maps, count.synchronized.reference, count.ground.seen)
        losses["similarity"] = scale * recipe.similarity_weight * apart
    return losses


def _warping_loss(counter: Counter, count: Count, batch: CountingBatch) -> Float[Tensor, ""]:
    assert batch.synchronized is not None
    assert count.synchronized is not None
    # What is wanted stands still: else features would learn to be alike everywhere.
    with torch.no_grad():
        wanted = to_move(counter, counter.network.see(batch.synchronized), batch.geometry)
    return warping_loss(wanted, count.synchronized.maps)


class Training(lightning.LightningModule):
    """What one step of training does.

    Args:
        counter: To be trained.
        recipe: What it learns from.
        schedule: How long, and how.
    """

    def __init__(self, counter: Counter, recipe: Recipe, schedule: Schedule) -> None:
        super().__init__()
        self.counter, self.recipe, self.schedule = counter, recipe, schedule

    def training_step(self, batch: CountingBatch, _: int) -> Float[Tensor, ""]:
        """The loss of one batch."""
        losses = loss_of(self.recipe, self.counter, batch)
        self.log_dict({name: loss.detach() for name, loss in losses.items()}, batch_size=len(batch.pictures))
        return torch.stack([*losses.values()]).sum()

    def on_before_optimizer_step(self, _: torch.optim.Optimizer) -> None:
        """Keep gradients in bounds."""
        if self.schedule.optimizer == "released":
            # By Keras first all together, then each by itself.
            torch.nn.utils.clip_grad_norm_(self.counter.parameters(), _RELEASED_LARGEST_GRADIENT)
            torch.nn.utils.clip_grad_value_(self.counter.parameters(), 1.0)
        else:
            torch.nn.utils.clip_grad_norm_(self.counter.parameters(), LARGEST_GRADIENT)

    def configure_optimizers(self) -> Any:
        """AdamW under one cycle of the learning rate, or as released."""
        if self.schedule.optimizer == "released":
            sgd = torch.optim.SGD(
                self.counter.parameters(),
                lr=_RELEASED_RATE,
                momentum=_RELEASED_MOMENTUM,
                weight_decay=_RELEASED_WEIGHT_DECAY,
            )
            falling = torch.optim.lr_scheduler.LambdaLR(sgd, lambda step: 1 / (1 + _RELEASED_DECAY * step))
            return {"optimizer": sgd, "lr_scheduler": {"scheduler": falling, "interval": "step"}}
        return one_cycle(self.counter.parameters(), self.schedule.learning_rate, self.schedule.steps)


def arguments(recipe: Recipe, footages: Sequence[Footage], latency: Latency, preset: Preset = "small") -> dict[str, Any]:
    """Of a `Counter` for a recipe, and footage of one size, whose views are apart by such latency.

    Raises:
        InputError: There is no footage, or the method needs cameras that nobody knows.
    """
    if not footages:
        raise InputError("there is no footage to learn from. Give some whose split is training.")
    method, place = recipe.method, footages[0].place
    unknown = next((one.name for one in footages if one.place.fundamental is None), None)
    if method in CALIBRATED and unknown is not None:
        raise InputError(f"{unknown}: {method} needs calibrated cameras, and nobody knows them. Take CLS-cor or CLS-cat.")
    sigmas = [sigma_cells(footage.place, latency) for footage in footages] if method == "CLS-epi" else []
    return {
        "method": method,
        "views": len(place.views),
        "picture_pixels": [place.height, place.width],
        "preset": preset,
        "sigma_cells": [max(of_scale) for of_scale in zip(*sigmas, strict=True)],
        # With ℓ_W alone to teach them, many plain ones die.
        "activation": "leaky_relu" if recipe.moves_first else None,
        "unit": PAPER_UNIT if preset == "paper" else 100.0,
    }


def trained(
    recipe: Recipe,
    footages: Sequence[Footage],
    latency: Latency,
    schedule: Schedule,
    *,
    seed: int,
    preset: Preset = "small",
    begin_from: Counter | None = None,
    folder: Path | None = None,
    resume: bool = False,
    progress: Progress = lambda *_: None,
) -> Counter:
    """A network, trained on footage.

    Args:
        recipe: Which one, and what it learns from.
        footages: Of places of one size.
        latency: Between the views; none for BaseS, whatever is given.
        schedule: How long, and how.
        seed: Of its first weights, and of the samples.
        preset: Its size.
        begin_from: A network whose weights are taken over as far as they aren't of synchronization; as BaseSU does. Where
            motion comes first, what it sees stays as it is, so there it is needed.
        folder: Where the state is kept for `resume`, and the log; nothing is written if None.
        resume: Go on from the state in `folder`.
        progress: Told how far it is.

    Raises:
        InputError: There is no footage, some is too short for the latency, sizes differ or can't be used, or there is no
            state to go on from, or nothing to begin from where that is needed.
    """
    if recipe.moves_first and begin_from is None and not resume:
        raise InputError("motion that comes first is learned from what a network sees that counts already. Give begin_from.")
    done = steps_done(folder, schedule.steps) if resume else 0
    told = arguments(recipe, footages, latency, preset)
    latency = latency_of("none", 0.0, told["views"]) if recipe.method == "BaseS" else latency
    batches = Batches(footages, latency, schedule.batch, seed, synchronized=recipe.in_pairs, first_batch=done)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        counter = Counter(**told)
        if begin_from is not None:
            counter.begin_from(begin_from)
        if recipe.moves_first:
            if not resume:
                learn_motion(
                    counter, footages, latency, schedule.motion_steps, batch=2 * schedule.batch,
                    learning_rate=schedule.learning_rate, seed=seed, progress=progress,
                )  # fmt: skip
            keep_motion(counter)
        fit(
            Training(counter, recipe, schedule), DataLoader(batches, batch_size=None), schedule.steps,
            largest_gradient=None, folder=folder, resumable=True, resume=resume, progress=progress,
        )  # fmt: skip
    return counter.cpu().eval().requires_grad_(True)
