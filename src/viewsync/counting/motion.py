"""Motion networks of a counting network, trained before all the rest: how features move from one instant to another.

Flow takes many more samples than counting does.
"""

from collections.abc import Sequence
from typing import Any

import lightning
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import DataLoader

from viewsync.counting.footage import Footage
from viewsync.counting.samples import Batches, CountingBatch
from viewsync.counting.system import Counter
from viewsync.footage.desynchronizer import Latency
from viewsync.networks.view_losses import guiding_loss, warping_loss
from viewsync.progress import Progress
from viewsync.training_loop import LARGEST_GRADIENT, fit, one_cycle

Maps = tuple[Float[Tensor, "batch view channel _ _"], ...]


def to_move(counter: Counter, pictures: Float[Tensor, "batch view 1 height width"], batch: CountingBatch) -> Maps:
    """The maps that a network moves, not yet moved: in pictures, or on the ground."""
    maps: Maps = counter.network.see(pictures)
    return (counter.network.on_ground(maps, batch.geometry).maps,) if counter.network.syncs_scene else maps


class MotionTraining(lightning.LightningModule):
    """What one step of their training does. All other weights stay as they are.

    Args:
        counter: That synchronizes.
        learning_rate: The highest one of the cycle.
        steps: How many there will be.
    """

    def __init__(self, counter: Counter, learning_rate: float, steps: int) -> None:
        super().__init__()
        self.counter, self.learning_rate, self.steps = counter, learning_rate, steps

    def training_step(self, batch: CountingBatch, _: int) -> Float[Tensor, ""]:
        """ℓ_W, as a share of what it is without flow, and what guides the flow there."""
        assert batch.synchronized is not None
        with torch.no_grad():
            before, wanted = (to_move(self.counter, seen, batch) for seen in (batch.pictures, batch.synchronized))
        found = self.counter.network.in_step(batch.pictures, before, batch.geometry)
        unmoved = warping_loss(wanted, before)
        losses = {
            "warping": warping_loss(wanted, found.maps) / unmoved.clamp_min(torch.finfo(unmoved.dtype).tiny),
            "guiding": guiding_loss(wanted, before, found.flows_cells),
        }
        self.log_dict({name: loss.detach() for name, loss in losses.items()}, batch_size=len(batch.pictures))
        return torch.stack([*losses.values()]).sum()

    def configure_optimizers(self) -> Any:
        """AdamW under one cycle of the learning rate."""
        assert self.counter.network.sync is not None
        return one_cycle(self.counter.network.sync.parameters(), self.learning_rate, self.steps)


def learn_motion(
    counter: Counter,
    footages: Sequence[Footage],
    latency: Latency,
    steps: int,
    *,
    batch: int,
    learning_rate: float,
    seed: int,
    progress: Progress = lambda *_: None,
) -> None:
    """Train the motion networks of a network that counts already.

    Args:
        counter: Changed in place.
        footages: Of places of one size, whose synchronized pictures are learned from.
        latency: Between the views.
        steps: How many.
        batch: Samples in a batch.
        learning_rate: The highest one of the cycle.
        seed: Of the samples.
        progress: Told how far it is.

    Raises:
        InputError: There is no footage, some is too short for the latency, or sizes differ.
    """
    batches = Batches(footages, latency, batch, seed, synchronized=True)
    fit(
        MotionTraining(counter, learning_rate, steps), DataLoader(batches, batch_size=None), steps, task="motion",
        largest_gradient=LARGEST_GRADIENT, progress=progress,
    )  # fmt: skip
