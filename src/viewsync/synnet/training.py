"""Training of SynNet, and of the networks that it is held against, on clips of scenes."""

import logging
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, TypeVar

import lightning
import torch
from jaxtyping import Float, Int
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger
from torch import Tensor
from torch.utils.data import DataLoader

from viewsync.networks.synnet import OffsetNetwork
from viewsync.progress import Progress
from viewsync.synnet.clips import Batch, ClipPairs, Sampling
from viewsync.synnet.evaluate import Inputs, rendered_for
from viewsync.synnet.losses import shift_loss
from viewsync.synnet.scenes import Scene
from viewsync.types import InputError

CHECKPOINT = "training.ckpt"
Optimizer = Literal["one-cycle", "paper"]
Network = TypeVar("Network", bound=OffsetNetwork)
Loss = Callable[[Float[Tensor, "pair class"], Int[Tensor, " pair"]], Float[Tensor, ""]]

_WEIGHT_DECAY, _WARM_UP_SHARE, _LARGEST_GRADIENT = 0.01, 0.1, 1.0
_PAPER_RATE = 1e-4
_LOG_STEPS, _CHECKPOINT_STEPS = 20, 250


@dataclass(frozen=True)
class Schedule:
    """How long, and how."""

    steps: int
    windows: int = 8
    """Per step: each holds clips of all shifts of two cameras, whose frames are seen once."""
    pairs_per_shift: int = 2
    """Of each window."""
    optimizer: Optimizer = "one-cycle"
    """AdamW, its rate rising and falling once; or SGD at 1e-4, as printed."""
    learning_rate: float = 2e-3
    """The highest one of the cycle."""


class Training(lightning.LightningModule):
    """What one step of training does.

    Args:
        network: To be trained.
        schedule: How long, and how.
        inputs: Makes of keypoints what the network takes.
        loss: Of logits and classes.
    """

    def __init__(self, network: OffsetNetwork, schedule: Schedule, inputs: Inputs, loss: Loss) -> None:
        super().__init__()
        self.network = network
        self.schedule = schedule
        self.inputs = inputs
        self.loss = loss

    def training_step(self, batch: Batch, _: int) -> Float[Tensor, ""]:
        """The loss of one batch."""
        logits, classes = logits_of(self.network, batch, self.inputs)
        loss = self.loss(logits, classes)
        hits = (logits.argmax(1) == classes).float().mean()
        self.log_dict({"loss": loss.detach(), "accuracy": hits})
        return loss

    def configure_optimizers(self) -> Any:
        """AdamW under one cycle of the learning rate, or the paper's."""
        if self.schedule.optimizer == "paper":
            return torch.optim.SGD(self.network.parameters(), lr=_PAPER_RATE)
        rate = self.schedule.learning_rate
        optimizer = torch.optim.AdamW(self.network.parameters(), lr=rate, weight_decay=_WEIGHT_DECAY)
        cycle = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, rate, total_steps=self.schedule.steps + 1, pct_start=_WARM_UP_SHARE, cycle_momentum=False
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}


def logits_of(
    network: OffsetNetwork, batch: Batch, inputs: Inputs
) -> tuple[Float[Tensor, "pair class"], Int[Tensor, " pair"]]:
    """Logits of all pairs of clips of a batch, and the true classes.

    Each frame is seen, and each clip encoded, only once, in however many clips and pairs it is.
    """
    count, n = network.clip_frames, 2 * network.largest_shift
    seen = network.see(inputs(torch.cat([batch.a, batch.b])))
    clips = tuple(torch.stack([part[:, start : start + count] for start in range(n)], dim=1) for part in seen)
    encoded = network.encode(tuple(part.flatten(0, 1) for part in clips))
    encoded = encoded.view(-1, n, *encoded.shape[1:])
    window = torch.arange(len(batch.a), device=encoded.device)[:, None]
    a, b = encoded[window, batch.starts_a], encoded[window + len(batch.a), batch.starts_b]
    classes = batch.starts_b - batch.starts_a + network.largest_shift
    return network.match(a.flatten(0, 1), b.flatten(0, 1)), classes.flatten()


class _Watcher(lightning.Callback):
    """Tells how far it is, and keeps what is needed to go on later."""

    def __init__(self, steps: int, checkpoint: Path | None, progress: Progress) -> None:
        self.steps, self.checkpoint, self.progress = steps, checkpoint, progress

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        """After each step."""
        done = trainer.global_step
        self.progress("training", done, self.steps)
        if self.checkpoint is not None and (done % _CHECKPOINT_STEPS == 0 or done == self.steps):
            trainer.save_checkpoint(self.checkpoint)


def trained(
    make: Callable[[], Network],
    scenes: Sequence[Scene],
    schedule: Schedule,
    *,
    seed: int,
    sampling: Sampling | None = None,
    inputs: Inputs | None = None,
    loss: Loss = shift_loss,
    folder: Path | None = None,
    resume: bool = False,
    progress: Progress = lambda *_: None,
) -> Network:
    """A network, trained on clips of some scenes.

    Args:
        make: Makes the network.
        scenes: What clips are cut out of.
        schedule: How long, and how.
        seed: Of its first weights, and of the clips.
        sampling: What a clip is; as the network says, at a stride of 4, if None.
        inputs: Makes of keypoints what the network takes; heat-maps of all joints if None.
        loss: Of logits and classes.
        folder: Where the state is kept for `resume`, and the logs (``metrics.csv``, and TensorBoard's where that is
            installed); nothing is written if None.
        resume: Go on from the state in `folder`.
        progress: Told how far it is.

    Raises:
        InputError: Nobody moves in the scenes, the sampling isn't the network's, or there is no state to go on from.
    """
    # Lightning says what hardware there is, and more.
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    checkpoint = None if folder is None else folder / CHECKPOINT
    done = _steps_done(checkpoint, schedule.steps) if resume else 0
    with torch.random.fork_rng(), warnings.catch_warnings(action="ignore"):
        torch.manual_seed(seed)
        network = make()
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in PyTorch's stubs
        sampling = sampling or Sampling(network.clip_frames, network.largest_shift)
        if (sampling.clip_frames, sampling.largest_shift) != (network.clip_frames, network.largest_shift):
            raise InputError(
                f"the network takes {network.clip_frames} frames and shifts up to {network.largest_shift}, but clips have "
                f"{sampling.clip_frames} and {sampling.largest_shift}."
            )
        pairs = ClipPairs(scenes, sampling, schedule.windows, seed, schedule.pairs_per_shift, first_batch=done)
        trainer = lightning.Trainer(
            accelerator="auto", devices=1, max_steps=schedule.steps, gradient_clip_val=_LARGEST_GRADIENT,
            logger=_loggers(folder), log_every_n_steps=_LOG_STEPS, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False,
            callbacks=[_Watcher(schedule.steps, checkpoint, progress)],
        )  # fmt: skip
        training = Training(network, schedule, inputs or rendered_for(network), loss)
        trainer.fit(training, DataLoader(pairs, batch_size=None), ckpt_path=checkpoint if resume else None)
    network.cpu().eval()
    return network


def _steps_done(checkpoint: Path | None, steps: int) -> int:
    if checkpoint is None or not checkpoint.is_file():
        raise InputError(f"{checkpoint}: there is no training to go on with. Start one without --resume.")
    done = int(torch.load(checkpoint, map_location="cpu", weights_only=False)["global_step"])
    if done > steps:
        raise InputError(f"{checkpoint}: {done} steps have been made already, more than the {steps} asked for.")
    return done


def _loggers(folder: Path | None) -> list[Logger]:
    if folder is None:
        return []
    loggers: list[Logger] = [CSVLogger(folder, name="logs")]
    if find_spec("tensorboard"):
        loggers.append(TensorBoardLogger(folder, name="tensorboard"))
    return loggers
