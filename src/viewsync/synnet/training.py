"""Training of SynNet, and of the networks that it is held against, on clips of scenes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import lightning
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import DataLoader

from viewsync.networks.synnet import OffsetNetwork
from viewsync.progress import Progress
from viewsync.synnet.clips import Batch, ClipPairs, Sampling
from viewsync.synnet.evaluate import Inputs, rendered_for
from viewsync.synnet.losses import shift_loss
from viewsync.synnet.scenes import Scene
from viewsync.training_loop import fit, one_cycle, steps_done
from viewsync.types import InputError

Optimizer = Literal["one-cycle", "paper"]
Network = TypeVar("Network", bound=OffsetNetwork)
Loss = Callable[[Float[Tensor, "pair class"], Int[Tensor, " pair"]], Float[Tensor, ""]]

_PAPER_RATE = 1e-4


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
        return one_cycle(self.network.parameters(), self.schedule.learning_rate, self.schedule.steps)


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
    done = steps_done(folder, schedule.steps) if resume else 0
    with torch.random.fork_rng():
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
        fit(
            Training(network, schedule, inputs or rendered_for(network), loss), DataLoader(pairs, batch_size=None),
            schedule.steps, folder=folder, resumable=True, resume=resume, progress=progress,
        )  # fmt: skip
    network.cpu().eval()
    return network
