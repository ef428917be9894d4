"""Training of Self-MVA's network: as published, or in batches of many instants."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import lightning
import torch
from jaxtyping import Float
from torch import Tensor

from viewsync.association.costs import ALPHA
from viewsync.association.frames import Session
from viewsync.association.losses import contrast_loss, supervised_loss, synchronization_loss
from viewsync.association.placed import Placed
from viewsync.association.placement import placed
from viewsync.association.sampling import MomentBatch, Moments, TripletBatch, Triplets
from viewsync.networks.self_mva import Mode, Residual, SelfMVA
from viewsync.progress import Progress
from viewsync.training_loop import LARGEST_GRADIENT, fit, one_cycle

Loss = Literal["contrast", "synchronization", "supervised"]
"""Ours; the published one; and the one that is told who is who."""
Optimizer = Literal["one-cycle", "steps"]

_DROP_SHARE = 0.75
"""Of the steps, after which the published learning rate falls to a tenth."""
_VALIDATIONS, _VALIDATED_BATCHES = 20, 8


@dataclass(frozen=True)
class Schedule:
    """What is trained, how long, and how."""

    steps: int = 500
    loss: Loss = "contrast"
    batch: int = 64
    """Instants, or triplets, in a step."""
    learning_rate: float = 5e-3
    """The highest one of the cycle, or the first one."""
    optimizer: Optimizer = "one-cycle"
    """AdamW, its rate rising and falling once; or Adam, its rate falling to a tenth after three quarters."""
    width: int = 64
    residual: Residual = "released"
    mode: Mode = "box"
    cycles: float = 0.5
    """Of the box encoder's frequencies."""
    jitter: float = 0.02
    """Of boxes, with the contrast loss."""
    unsure: float = 0.2
    """Share of the steps in which it isn't the network that tells who is who, with the contrast loss (see `contrast_loss`).
    In as many steps after them, it is settled."""
    reprojection: float = 1.0
    """Weight of the re-projection term; 0 leaves it out."""
    edges: bool = True
    """Whether there is an edge term, with the published loss."""
    self_pairs: bool = False
    """Whether it is over people and themselves, too, as released."""
    pseudo_negatives: bool = False
    """Whether negatives are made from positives, with the published loss."""
    by_index: bool = False
    """Whether negatives are so many frames away, as released, rather than so many seconds."""
    alpha: float = ALPHA
    """Share of appearance, where people have one, in what is matched with the published loss."""
    best_of: Literal["validation", "training"] = "validation"
    """Whose loss tells which weights are kept."""

    @property
    def network(self) -> dict[str, Any]:
        """Arguments of `SelfMVA`."""
        return {"width": self.width, "mode": self.mode, "residual": self.residual, "cycles": self.cycles}

    @classmethod
    def released(cls, epochs: int, instants: int, *, edges: bool = True) -> "Schedule":
        """As in the released code: 80 epochs for MVOR, 1200 for WILDTRACK, 320 for SOLDIERS (that without edges).

        Args:
            epochs: How often each instant is the anchor's.
            instants: Of the training session.
            edges: Whether there is an edge term.
        """
        return cls(
            steps=epochs * instants, loss="synchronization", batch=1, learning_rate=1e-4, optimizer="steps", width=256,
            residual="released", cycles=1.0, edges=edges, self_pairs=True, by_index=True, best_of="training",
        )  # fmt: skip


class Training(lightning.LightningModule):
    """What one step of training does, and which weights are kept.

    Args:
        network: To be trained.
        schedule: How.
        validation: Batches whose loss is looked at now and then; none to go by the training's.
    """

    def __init__(self, network: SelfMVA, schedule: Schedule, validation: list[TripletBatch | MomentBatch]) -> None:
        super().__init__()
        self.network, self.schedule, self.validation = network, schedule, validation
        self.lowest, self.best = torch.inf, network.state_dict()
        self.recent: list[Tensor] = []

    def training_step(self, batch: TripletBatch | MomentBatch, _: int) -> Float[Tensor, ""]:
        """The loss of one batch."""
        terms = self._terms(batch)
        loss = torch.stack([*terms.values()]).sum()
        self.log_dict({**terms, "loss": loss.detach()}, batch_size=1)
        self.recent.append(loss.detach())
        return loss

    def on_train_batch_end(self, *_: Any) -> None:
        """Look at the validation's loss, and keep the weights if they are the best so far."""
        if self.global_step % max(self.schedule.steps // _VALIDATIONS, 1):
            return
        loss = float(torch.stack(self.recent).mean() if not self.validation else self._validated())
        self.recent.clear()
        if loss < self.lowest:
            self.lowest = loss
            self.best = {name: tensor.detach().clone() for name, tensor in self.network.state_dict().items()}

    def _validated(self) -> Float[Tensor, ""]:
        with torch.no_grad():
            return torch.stack([sum(self._terms(batch).values(), torch.zeros(())) for batch in self.validation]).mean()

    def _terms(self, batch: TripletBatch | MomentBatch) -> dict[str, Float[Tensor, ""]]:
        how = self.schedule
        if isinstance(batch, MomentBatch):
            settled = self.global_step / how.steps / how.unsure - 1 if how.unsure else 1.0
            terms = contrast_loss(self.network, batch, certainty=min(max(settled, 0.0), 1.0))
        elif how.loss == "supervised":
            terms = supervised_loss(self.network, batch)
        else:
            terms = synchronization_loss(self.network, batch, alpha=how.alpha, edges=how.edges, self_pairs=how.self_pairs)
        return {**terms, "reprojection": how.reprojection * terms["reprojection"]}

    def configure_optimizers(self) -> Any:
        """AdamW under one cycle of the learning rate, or as published."""
        how, weights = self.schedule, self.network.parameters()
        if how.optimizer == "one-cycle":
            return one_cycle(weights, how.learning_rate, how.steps)
        adam = torch.optim.Adam(weights, how.learning_rate)
        rates = torch.optim.lr_scheduler.MultiStepLR(adam, [int(_DROP_SHARE * how.steps)], gamma=0.1)
        return {"optimizer": adam, "lr_scheduler": {"scheduler": rates, "interval": "step"}}


def trained(
    training: Session,
    validation: Session | None,
    schedule: Schedule,
    *,
    seed: int,
    folder: Path | None = None,
    progress: Progress = lambda *_: None,
) -> SelfMVA:
    """A network, trained on a session's instants.

    Args:
        training: To learn from. Nobody's identity is looked at, unless the loss is the supervised one.
        validation: Whose loss tells which weights are kept; the training's does if None.
        schedule: How long, and how.
        seed: Of the first weights, and of the batches.
        folder: Where the log goes (``association/``); none is written if None.
        progress: Told how far it is.

    Raises:
        InputError: A session is too short to draw from.
    """
    looked_at = None if schedule.best_of == "training" else validation
    ground = placed(training, progress) if schedule.loss == "contrast" and schedule.unsure else ()
    batches = [] if looked_at is None else [*islice(_batches(looked_at, schedule, seed, ground), _VALIDATED_BATCHES)]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = SelfMVA(training.cameras, sizes=training.sizes, **schedule.network, seed=seed)
        module = Training(network, schedule, batches)
        fit(
            module, _batches(training, schedule, seed, ground), schedule.steps, folder=folder, log="association",
            largest_gradient=None if schedule.optimizer == "steps" else LARGEST_GRADIENT, progress=progress,
        )  # fmt: skip
    network.load_state_dict(module.best)
    return network.cpu().eval()


def _batches(
    session: Session, how: Schedule, seed: int, ground: Sequence[Placed | None]
) -> Iterator[TripletBatch | MomentBatch]:
    if how.loss == "contrast":
        return iter(Moments(session, how.batch, seed, jitter=how.jitter, ground=ground))
    return iter(Triplets(session, how.batch, seed, by_index=how.by_index, pseudo_negatives=how.pseudo_negatives))
