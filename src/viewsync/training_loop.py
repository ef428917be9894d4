"""What all trainings have in common: Lightning's loop, how the learning rate goes, and the state to go on from."""

import logging
import warnings
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger

from viewsync.files import write_whole
from viewsync.progress import Progress
from viewsync.types import InputError

CHECKPOINT = "training.ckpt"
_NOTE = "training.txt"
LARGEST_GRADIENT = 1.0
_WEIGHT_DECAY, _WARM_UP_SHARE = 0.01, 0.1
_LOG_STEPS, _CHECKPOINT_STEPS = 10, 100


def one_cycle(parameters: Iterable[torch.nn.Parameter], learning_rate: float, steps: int) -> Any:
    """AdamW under one cycle of the learning rate, as Lightning takes it.

    Args:
        parameters: To be learned.
        learning_rate: The highest one of the cycle.
        steps: How many there will be.
    """
    adam = torch.optim.AdamW(parameters, lr=learning_rate, weight_decay=_WEIGHT_DECAY)
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        adam, learning_rate, total_steps=steps + 1, pct_start=_WARM_UP_SHARE, cycle_momentum=False
    )
    return {"optimizer": adam, "lr_scheduler": {"scheduler": cycle, "interval": "step"}}


def fit(
    module: lightning.LightningModule,
    batches: Iterable[Any],
    steps: int,
    *,
    task: str = "training",
    largest_gradient: float | None = LARGEST_GRADIENT,
    folder: Path | None = None,
    log: str = "logs",
    resumable: bool = False,
    resume: bool = False,
    progress: Progress = lambda *_: None,
) -> None:
    """Train on whatever hardware there is.

    Args:
        module: What a step does.
        batches: As many as there are steps, or more.
        steps: How many of them.
        task: What progress calls it.
        largest_gradient: The norm that longer ones are cut to; None: the module keeps them in bounds, if anything does.
        folder: For the log (metrics.csv, and TensorBoard's where that is installed); none is written if None.
        log: The folder's part that it goes to.
        resumable: Keep the state in the folder.
        resume: Go on from the state there.
        progress: Told after each step.
    """
    # Lightning says what hardware there is, and more.
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    checkpoint = folder / CHECKPOINT if folder and resumable else None
    with warnings.catch_warnings(action="ignore"):
        trainer = lightning.Trainer(
            accelerator="auto", devices=1, max_steps=steps, gradient_clip_val=largest_gradient,
            logger=[*_loggers(folder, log)], log_every_n_steps=_LOG_STEPS, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False, callbacks=[_Watcher(task, steps, checkpoint, progress)],
        )  # fmt: skip
        trainer.fit(module, batches, ckpt_path=checkpoint if resume else None)


def note_training(folder: Path, what: str, *, resume: bool) -> None:
    """Write down what is trained, and forget the state of what was before; or see that it is the same.

    Args:
        folder: Of `fit`.
        what: Told in one line: all that matters but the number of steps.
        resume: The training in the folder is to be gone on with.

    Raises:
        InputError: The training in the folder is another one.
    """
    note = folder / _NOTE
    if not resume:
        (folder / CHECKPOINT).unlink(missing_ok=True)
        write_whole(note, f"{what}\n".encode())
    elif note.is_file() and (noted := note.read_text("utf-8").strip()) != what:
        raise InputError(
            f"{note}: the training there is another one, {noted}; asked for is {what}. Give the same options, or leave "
            "--resume out to begin anew."
        )


def steps_done(folder: Path | None, steps: int) -> int:
    """How many steps were made by the training whose state is in a folder.

    Args:
        folder: Of `fit`.
        steps: Asked for in all.

    Raises:
        InputError: There is no state, or more steps were made already.
    """
    if folder is None or not (folder / CHECKPOINT).is_file():
        raise InputError(f"{folder}: there is no training to go on with. Start one without --resume.")
    done = int(torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=False)["global_step"])
    if done > steps:
        raise InputError(f"{folder / CHECKPOINT}: {done} steps have been made already, more than the {steps} asked for.")
    return done


class _Watcher(lightning.Callback):
    """Tells how far it is, and keeps what is needed to go on later."""

    def __init__(self, task: str, steps: int, checkpoint: Path | None, progress: Progress) -> None:
        self.task, self.steps, self.checkpoint, self.progress = task, steps, checkpoint, progress

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        """After each step."""
        done = trainer.global_step
        self.progress(self.task, done, self.steps)
        if self.checkpoint is not None and (done % _CHECKPOINT_STEPS == 0 or done == self.steps):
            trainer.save_checkpoint(self.checkpoint)


def _loggers(folder: Path | None, name: str) -> Iterator[Logger]:
    if folder is not None:
        yield CSVLogger(folder, name=name)
        if find_spec("tensorboard"):
            yield TensorBoardLogger(folder, name=f"{name}-tensorboard")
