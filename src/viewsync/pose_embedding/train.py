"""Training of the pose embedding, from motions to weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import DataLoader

from viewsync.machine import this_machine
from viewsync.networks.checkpoints import ModelCard, save_network
from viewsync.networks.pose_embedding import RATE_HZ, PoseEmbedding
from viewsync.pose_embedding.correlation import correlations, lags, overlaps
from viewsync.pose_embedding.data import Batch, Pairs, filmed
from viewsync.pose_embedding.evaluate import evaluate
from viewsync.pose_embedding.losses import contrast, nearby
from viewsync.pose_embedding.performances import LICENCE, performances, recorded
from viewsync.progress import Progress, told
from viewsync.training_loop import fit

NAME = "pose-embedding"

_LEAST_OVERLAP_SECONDS = 1.5
_LEARNING_RATE, _WEIGHT_DECAY, _WARM_UP_SHARE = 2e-3, 0.01, 0.1
_BATCH_SIZE = 32
_CAMERAS = 6
_PERFORMANCES, _HELD_OUT_PERFORMANCES = 240, 48
_PURPOSE = "Embeds each instant of a person's 2D joints (COCO-17) such that two cameras' rows correlate at the true lag."
_DATA = "Virtual moving cameras on the package's own motions and on motion capture."


class Training(lightning.LightningModule):
    """What one step of training does.

    Args:
        network: To be trained.
        steps: How many there will be: the learning rate rises and falls once in that time.
    """

    def __init__(self, network: PoseEmbedding, steps: int) -> None:
        super().__init__()
        self.network = network
        self.steps = steps

    def training_step(self, batch: Batch, _: int) -> Float[Tensor, ""]:
        """The loss of one batch."""
        a, b = self.network(batch.a), self.network(batch.b)
        frames = a.shape[1], b.shape[1]
        short = overlaps(*frames) < _LEAST_OVERLAP_SECONDS * RATE_HZ
        logits = correlations(a, b).masked_fill(short, -torch.inf)
        lag_frames, own = lags(*frames).to(a), torch.diagonal(logits).T
        return contrast(logits, lag_frames, batch.lag_frames) + nearby(own, lag_frames, batch.lag_frames)

    def configure_optimizers(self) -> Any:
        """AdamW under one cycle of the learning rate."""
        optimizer = torch.optim.AdamW(self.network.parameters(), lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
        cycle = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, _LEARNING_RATE, total_steps=self.steps, pct_start=_WARM_UP_SHARE
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}


def train(
    motions: Sequence[Path], out: Path, *, seed: int, steps: int, command: str, progress: Progress = lambda *_: None
) -> ModelCard:
    """Make performances, train on views of them, measure on those held out, and write weights and card.

    Args:
        motions: Folders of motion capture; without any, people do what the package makes up only.
        out: Folder for ``pose-embedding.safetensors`` and ``pose-embedding.json``.
        seed: Of everything random.
        steps: Batches of 32 pairs of views.
        command: What the user called, for the card.
        progress: Told how far it is.

    Raises:
        InputError: A folder holds no motion that can be read, or nothing can be written to `out`.
    """
    clips = recorded(tuple(motions))
    people = told(performances(clips.training, _PERFORMANCES, seed), "making motion", _PERFORMANCES, progress)
    views = list(told(filmed(people, _CAMERAS, seed), "filming", 2 * _PERFORMANCES, progress))
    network = trained(Pairs(views, _BATCH_SIZE, seed), seed=seed, steps=steps, progress=progress)
    unseen = list(performances(clips.held_out, _HELD_OUT_PERFORMANCES, seed, held_out=True))
    metrics = evaluate(network, unseen, seed=seed, progress=progress)
    card = ModelCard(
        _PURPOSE,
        {},
        f"{_DATA} {clips.described}",
        LICENCE,
        command,
        seed,
        this_machine().commit,
        metrics,
    )
    save_network(out / f"{NAME}.safetensors", network, card)
    return card


def trained(pairs: Pairs, *, seed: int, steps: int, progress: Progress = lambda *_: None) -> PoseEmbedding:
    """A network of the usual size, trained on pairs of views.

    Args:
        pairs: What it sees.
        seed: Of its first weights.
        steps: Batches.
        progress: Told how far it is.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = PoseEmbedding()
        fit(Training(network, steps), DataLoader(pairs, batch_size=None), steps, progress=progress)
    return network.cpu().eval()
