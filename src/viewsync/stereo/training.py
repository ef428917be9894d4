"""Training of the paper's two submodules: what tells how alike frames are, and what tells the delay from that."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import lightning
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import IterableDataset

from viewsync.networks.delay import DelayHead
from viewsync.networks.stereo import CNNSiamese, Matcher, MatchingNetwork
from viewsync.progress import Progress
from viewsync.stereo.embedding import Embedded, matrices
from viewsync.stereo.frames import PreparedRecording
from viewsync.stereo.losses import Distance, Sign, siamese_loss, triplet_loss
from viewsync.stereo.sampling import PairBatch, Pairs, Sequences, TripletBatch, Triplets, sequences
from viewsync.stereo.system import EncoderKind, Head, delay_network, matching_network
from viewsync.training_loop import fit, one_cycle

Optimizer = Literal["one-cycle", "paper"]

_PAPER_EPOCHS, _PAPER_DELAY_EPOCHS, _PAPER_SEQUENCES, _PAPER_DELAY_BATCH = 100, 50, 40_000, 32


@dataclass(frozen=True)
class Schedule:
    """How long, and how. A step of every matching network sees as many frames, and so takes as long."""

    steps: int
    """Of the matching network."""
    frames: int = 96
    """In a batch: of 32 triplets, or of 48 pairs."""
    learning_rate: float = 2e-3
    """The highest one of the cycle."""
    delay_steps: int = 3000
    delay_batch: int = 64
    delay_learning_rate: float = 3e-3
    sequences: int = 40_000
    """Desynchronized clips to learn delays from: as many as the paper has of its largest set."""
    optimizer: Optimizer = "one-cycle"
    """AdamW, its rate rising and falling once; or Adam at one rate, as printed."""
    sign: Sign = "right"
    """Of the loss of the cosine similarity."""

    @classmethod
    def paper(cls, matcher: Matcher, frames: int) -> "Schedule":
        """As printed: 100 epochs, then 50.

        Args:
            matcher: Pairs come one by one at a rate of 0.01, triplets 32 at a time at 0.001.
            frames: Left ones of all recordings, which are an epoch. The batch of the delay network is the code's.
        """
        in_batch, rate = (2, 0.01) if matcher == "siamese" else (96, 0.001)
        return cls(
            steps=_PAPER_EPOCHS * -(-frames // _items(matcher, in_batch)), frames=in_batch, learning_rate=rate,
            delay_steps=_PAPER_DELAY_EPOCHS * _PAPER_SEQUENCES // _PAPER_DELAY_BATCH, delay_batch=_PAPER_DELAY_BATCH,
            delay_learning_rate=0.01, sequences=_PAPER_SEQUENCES, optimizer="paper",
        )  # fmt: skip


def _items(matcher: Matcher, frames: int) -> int:
    """Pairs or triplets in a batch."""
    return max(frames // (2 if matcher == "siamese" else 3), 1)


class Training(lightning.LightningModule):
    """What one step of training does.

    Args:
        network: To be trained.
        loss: Of a batch.
        steps: How many there are.
        learning_rate: The highest one, or the only one.
        optimizer: How the rate goes.
    """

    def __init__(
        self, network: nn.Module, loss: Callable[[Any], Tensor], steps: int, learning_rate: float, optimizer: Optimizer
    ) -> None:
        super().__init__()
        self.network, self.loss, self.steps = network, loss, steps
        self.learning_rate, self.optimizer = learning_rate, optimizer

    def training_step(self, batch: Any, _: int) -> Float[Tensor, ""]:
        """The loss of one batch."""
        loss = self.loss(batch)
        self.log("loss", loss.detach(), batch_size=1)
        return loss

    def configure_optimizers(self) -> Any:
        """AdamW under one cycle of the learning rate, or the paper's."""
        if self.optimizer == "paper":
            return torch.optim.Adam(self.network.parameters(), lr=self.learning_rate)
        return one_cycle(self.network.parameters(), self.learning_rate, self.steps)


def trained_matcher(
    kind: Matcher,
    recordings: Sequence[PreparedRecording],
    schedule: Schedule,
    *,
    seed: int,
    encoder: EncoderKind = "paper",
    folder: Path | None = None,
    progress: Progress = lambda *_: None,
) -> MatchingNetwork:
    """A matching network, trained on frames of some recordings.

    Args:
        kind: Which one.
        recordings: Prepared alike.
        schedule: How long, and how.
        seed: Of its first weights, and of the batches.
        encoder: What makes a vector of a picture.
        folder: Where the log goes (``matching/``); none is written if None.
        progress: Told how far it is.

    Raises:
        InputError: There are no recordings, one is too short, or pictures are too small.
    """
    count = _items(kind, schedule.frames)
    batches = (Pairs if kind == "siamese" else Triplets)(recordings, count, seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        matcher = matching_network(kind, recordings[0].left.shape[1], encoder)
    matcher.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in PyTorch's stubs
    distance: Distance = "squared euclidean" if kind == "triplet-euc" else "cosine"
    loss = (
        partial(_pair_loss, matcher)
        if isinstance(matcher, CNNSiamese)
        else partial(_triplet_loss, matcher, distance=distance, sign=schedule.sign)
    )
    training = Training(matcher, loss, schedule.steps, schedule.learning_rate, schedule.optimizer)
    fit(training, batches, training.steps, task="training: matching", folder=folder, log="matching", progress=progress)
    return matcher.cpu().eval()


def trained_delay(
    kind: Head,
    matcher: MatchingNetwork,
    recordings: Sequence[Embedded],
    schedule: Schedule,
    *,
    seed: int,
    folder: Path | None = None,
    progress: Progress = lambda *_: None,
) -> DelayHead:
    """A delay network, trained on desynchronized clips of some recordings, as far as it learns anything.

    Args:
        kind: Which one.
        matcher: That makes its matrices; it is left as it is.
        recordings: Embedded by it.
        schedule: How long, and how.
        seed: Of the first weights, and of the clips.
        folder: Where the log goes (``delays/``); none is written if None.
        progress: Told how far it is.

    Raises:
        InputError: A recording is shorter than two clips.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        head = delay_network(kind, matcher)
        if not [*head.parameters()]:
            return head.eval()
        clips = sequences([one.recording for one in recordings], schedule.sequences, seed)
        loss = partial(_delay_loss, matcher, head, recordings)
        training = Training(head, loss, schedule.delay_steps, schedule.delay_learning_rate, schedule.optimizer)
        batches = _Shuffled(clips, schedule.delay_batch, seed)
        fit(training, batches, training.steps, task="training: delays", folder=folder, log="delays", progress=progress)
    return head.cpu().eval()


def _pair_loss(matcher: CNNSiamese, batch: PairBatch) -> Tensor:
    return siamese_loss(matcher.pair_logits(*_embed(matcher, batch.left, batch.right)), batch.alike)


def _triplet_loss(matcher: MatchingNetwork, batch: TripletBatch, *, distance: Distance, sign: Sign) -> Tensor:
    return triplet_loss(*_embed(matcher, *batch), distance=distance, sign=sign)


def _embed(matcher: MatchingNetwork, *frames: Tensor) -> tuple[Tensor, ...]:
    """All in one go."""
    together = torch.cat(frames).contiguous(memory_format=torch.channels_last)
    return matcher.embed(together).chunk(len(frames))


def _delay_loss(matcher: MatchingNetwork, head: DelayHead, recordings: Sequence[Embedded], clips: Sequences) -> Tensor:
    with torch.no_grad():
        given = matrices(matcher, recordings, clips)
    weights = next(head.parameters())
    classes = torch.from_numpy(clips.delay - head.delays[0])
    return functional.cross_entropy(head(given.to(weights.device)), classes.to(weights.device))


@dataclass(frozen=True)
class _Shuffled(IterableDataset[Sequences]):
    """Epoch after epoch, each in an order of its own."""

    clips: Sequences
    batch: int
    seed: int

    def __iter__(self) -> Iterator[Sequences]:
        rng, count = np.random.default_rng([self.seed, 75]), len(self.clips.delay)
        while True:
            order = rng.permutation(count)
            for start in range(0, count, self.batch):
                yield _chosen(self.clips, order[start : start + self.batch])


def _chosen(clips: Sequences, which: np.ndarray) -> Sequences:
    return Sequences(*(values[which] for values in clips))
