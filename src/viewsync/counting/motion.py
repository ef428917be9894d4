"""Motion networks of a counting network, trained before all the rest: how features move from one instant to another.

Flow takes many more samples than counting does.
"""

import tempfile
from collections.abc import Sequence
from typing import Any

import lightning
import torch
from jaxtyping import Float
from torch import Tensor

from viewsync.counting.features import Features, Maps
from viewsync.counting.footage import Footage
from viewsync.counting.samples import Batches, geometry_of
from viewsync.counting.system import Counter
from viewsync.footage.desynchronizer import Latency
from viewsync.networks.mvms import Geometry
from viewsync.networks.synchronized_views import synchronize
from viewsync.networks.view_losses import STILL, guiding_loss, warping_loss
from viewsync.progress import Progress
from viewsync.store import cache_folder
from viewsync.training_loop import LARGEST_GRADIENT, fit, one_cycle
from viewsync.types import InputError

_TINY = 1e-12


def to_move(counter: Counter, seen: Maps, geometry: Geometry) -> Maps:
    """The maps that a network moves, not yet moved: in pictures as they were seen, or on the ground."""
    return (counter.network.on_ground(seen, geometry).maps,) if counter.network.syncs_scene else seen


class MotionTraining(lightning.LightningModule):
    """What one step of their training does. All other weights stay as they are.

    Args:
        counter: That synchronizes.
        features: Of its network.
        batches: What is learned from; a step is given the number of its batch.
        learning_rate: The highest one of the cycle.
        steps: How many there will be.
    """

    def __init__(self, counter: Counter, features: Features, batches: Batches, learning_rate: float, steps: int) -> None:
        super().__init__()
        self.counter, self.features, self.batches = counter, features, batches
        self.learning_rate, self.steps = learning_rate, steps

    def training_step(self, number: int, _: int) -> Float[Tensor, ""]:
        """ℓ_W, as a share of what it is without flow; what guides the flow there; and its length.

        So there is no flow where nothing tells of any.
        """
        assert self.counter.network.sync is not None
        samples = self.batches.samples(number)
        geometry = self.transfer_batch_to_device(geometry_of(samples), self.device, 0)
        with torch.no_grad():
            seen = self.features.unsynchronized(samples), self.features.synchronized(samples)
            before, wanted = (to_move(self.counter, maps, geometry) for maps in seen)
        found = synchronize(self.counter.network.sync, before, None, geometry.fundamental, geometry.projections)
        unmoved, whole = warping_loss(wanted, before), warping_loss(wanted, [torch.zeros_like(maps) for maps in wanted])
        losses = {
            "warping": warping_loss(wanted, found.maps) / unmoved.clamp_min(STILL * whole + _TINY),
            "guiding": guiding_loss(wanted, before, found.flows_cells),
            "length": torch.stack([flow.abs().mean() for flow in found.flows_cells]).sum(),
        }
        self.log_dict({name: loss.detach() for name, loss in losses.items()}, batch_size=len(samples))
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
        InputError: There is no footage, some is too short for the latency, sizes differ, or the cache folder, where features
            are kept meanwhile, can't be written.
    """
    batches, folder = Batches(footages, latency, batch, seed), cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            module = MotionTraining(counter, Features(counter.network, file), batches, learning_rate, steps)
            fit(module, range(steps), steps, task="motion", largest_gradient=LARGEST_GRADIENT, progress=progress)
    except OSError as error:
        raise InputError(
            f"{folder}: features of the footage can't be kept there ({error}). Make room, some megabytes for each of its "
            "instants, or name another folder by VIEWSYNC_CACHE."
        ) from error


def keep_motion(counter: Counter) -> None:
    """Let its flow stay as it is, whatever is trained later: what finds it, and the maps that it is found from."""
    network = counter.network
    assert network.sync is not None
    for part in (network.sync, network.eyes, *([network.fusions] if network.syncs_scene else ())):
        part.requires_grad_(False)
