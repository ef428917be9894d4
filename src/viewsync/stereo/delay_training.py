"""Training of the delay network on clips of any length and delay, and how well it does on others."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader

from viewsync.machine import this_machine
from viewsync.networks.checkpoints import ModelCard, save_network
from viewsync.networks.stereo_delay import RATE_HZ, DelayBelief, DelayNetwork
from viewsync.progress import Progress, told
from viewsync.stereo.clips import Batch, DelayClips, StereoFields, stereo_fields
from viewsync.stereo.recordings import StereoRecording
from viewsync.training_loop import fit, one_cycle

NAME = "stereo"
TESTED_SECONDS = ((2 / 3, 2 / 3), (2.0, 2.0), (5.0, 9.0))
"""Lengths of the clips to test on."""

_TESTED_SAMPLES = 1800
_NEAR_SAMPLES = 1.5
"""Corrections are learned of lags that are so far off at most."""
_PURPOSE = "Tells the offset between two cameras from the optical flow of both: any length, any offset, with error bars."
_DATA = "Optical flow of rendered stereo cameras, filmed anew at other instants and frame rates, and disturbed."
_LICENCE = "The package's own worlds."


@dataclass(frozen=True)
class Schedule:
    """How long, and how."""

    steps: int
    samples: int = 900
    """Of one side of a batch, about: 30 s in clips of one length."""
    learning_rate: float = 2e-3
    """The highest one of the cycle."""


@dataclass(frozen=True)
class DelayScore:
    """On clips of recordings held out."""

    clips: int
    right: float
    """Share whose likeliest lag is within a sample (1/30 s) of the true one."""
    median_error_seconds: float
    """Of the corrected lag."""
    covered: float
    """Share of the right ones whose error is below two standard errors."""
    related_taken: float
    """Share of the pairs for which some lag is likelier than being unrelated, prior odds being even."""
    unrelated_taken: float
    """The same of clips of different recordings."""


class Training(lightning.LightningModule):
    """What one step of training does.

    Args:
        network: To be trained.
        schedule: How long, and how.
    """

    def __init__(self, network: DelayNetwork, schedule: Schedule) -> None:
        super().__init__()
        self.network = network
        self.schedule = schedule

    def training_step(self, batch: Batch, _: int) -> Float[Tensor, ""]:
        """The loss of one batch."""
        related, unrelated = beliefs(self.network, batch)
        return delay_loss(related, unrelated, batch.lags, batch.lag_samples)

    def configure_optimizers(self) -> Any:
        """AdamW under one cycle of the learning rate."""
        return one_cycle(self.network.parameters(), self.schedule.learning_rate, self.schedule.steps)


def beliefs(network: DelayNetwork, batch: Batch) -> tuple[DelayBelief, DelayBelief]:
    """What a network makes of the pairs of a batch, and of each first clip with its neighbour's second one."""
    a, b = (network.embed(eye.on_grid(network.see(eye.fields))) for eye in (batch.a, batch.b))
    return network.belief(a, b, batch.lags), network.belief(a, b.roll(1, 0), batch.lags)


def delay_loss(
    related: DelayBelief, unrelated: DelayBelief, lags: range, truth_samples: Float[Tensor, " clip"]
) -> Float[Tensor, ""]:
    """Cross entropy over lags and "unrelated", with even prior odds, and Laplace's likelihood of the correction.

    Args:
        related: Of pairs of clips that belong together.
        unrelated: Of pairs that don't.
        lags: That were asked for.
        truth_samples: The true lags of the related ones.
    """
    distance = torch.arange(lags[0], lags[-1] + 1).to(truth_samples) - truth_samples[:, None]
    # The true lag lies between two that were asked for, and belongs the more to the nearer one.
    label = (1 - distance.abs()).clamp_min(0)
    label = label / label.sum(1, keepdim=True)
    prior = -np.log(len(lags))
    attained = (label * related.log_likelihood).sum(1) + prior
    chosen = (_against_unrelated(related) - attained + _against_unrelated(unrelated)).mean()
    near = (distance.abs() < _NEAR_SAMPLES).float()
    error = (related.correction + distance).abs()
    scale = related.std / np.sqrt(2)
    likelihood = -torch.log(2 * scale) - error / scale
    loss: Tensor = chosen - (near * likelihood).sum() / near.sum()
    return loss


def _against_unrelated(belief: DelayBelief) -> Float[Tensor, " clip"]:
    """Log odds of "some lag or unrelated" to "unrelated"."""
    return functional.softplus(_odds(belief))


def _odds(belief: DelayBelief) -> Float[Tensor, " clip"]:
    """Log odds of "some lag" to "unrelated"."""
    ratio = belief.log_likelihood
    odds: Tensor = torch.logsumexp(ratio, dim=1) - np.log(ratio.shape[1])
    return odds


def trained(
    recordings: Sequence[StereoFields], schedule: Schedule, *, seed: int, progress: Progress = lambda *_: None
) -> DelayNetwork:
    """A network, trained on clips of some recordings.

    Args:
        recordings: What clips are cut out of.
        schedule: How long, and how.
        seed: Of its first weights, and of the clips.
        progress: Told how far it is.

    Raises:
        InputError: There are fewer than two recordings, or one is too short.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = DelayNetwork()
        clips = DelayClips(recordings, schedule.samples, seed)
        fit(Training(network, schedule), DataLoader(clips, batch_size=None), schedule.steps, progress=progress)
    return network.cpu().eval()


def score(
    network: DelayNetwork, recordings: Sequence[StereoFields], seconds: tuple[float, float], *, batches: int, seed: int
) -> DelayScore:
    """How well a network does on clips of recordings that it wasn't trained on.

    Args:
        network: In evaluation mode.
        recordings: Two or more.
        seconds: Length of the clips, the shortest and the longest.
        batches: Of about a minute of either side.
        seed: Of the clips.
    """
    clips = DelayClips(recordings, _TESTED_SAMPLES, seed, seconds, plain=True)
    rows = [_outcomes(network, batch) for batch in islice(clips, batches)]
    coarse, fine, std, related, unrelated = torch.cat(rows, dim=1).double()
    right = coarse.abs() <= 1
    return DelayScore(
        clips=len(right),
        right=_share(right),
        median_error_seconds=round(fine.abs().median().item() / RATE_HZ, 5),
        covered=_share((fine.abs() < 2 * std)[right]),
        related_taken=_share(related > 0),
        unrelated_taken=_share(unrelated > 0),
    )


def _outcomes(network: DelayNetwork, batch: Batch) -> Float[Tensor, "5 clip"]:
    """Errors of the likeliest lag and of it corrected, its standard error, and the odds of related and unrelated pairs."""
    with torch.inference_mode():
        related, unrelated = beliefs(network, batch)
        best = related.log_likelihood.argmax(dim=1, keepdim=True)
        correction, std = (one.gather(1, best)[:, 0] for one in (related.correction, related.std))
        coarse = best[:, 0] + batch.lags[0] - batch.lag_samples
        return torch.stack([coarse, coarse + correction, std, _odds(related), _odds(unrelated)])


def _share(those: Tensor) -> float:
    return round(those.double().mean().item(), 4) if len(those) else 0.0


def train(
    recordings: Sequence[StereoRecording],
    held_out: Sequence[StereoRecording],
    out: Path,
    schedule: Schedule,
    *,
    seed: int,
    command: str,
    progress: Progress = lambda *_: None,
) -> ModelCard:
    """Train on some recordings, measure on others, and write ``stereo.safetensors`` and its card.

    Args:
        recordings: To train on.
        held_out: To measure on.
        out: The folder.
        schedule: How long, and how.
        seed: Of everything random.
        command: What the user called, for the card.
        progress: Told how far it is.

    Raises:
        InputError: There are fewer than two recordings of either, one is too short or damaged, or nothing can be written.
    """
    seen, unseen = ([stereo_fields(one, progress) for one in some] for some in (recordings, held_out))
    network = trained(seen, schedule, seed=seed, progress=progress)
    tests = told(TESTED_SECONDS, "testing", len(TESTED_SECONDS), progress)
    metrics = {
        f"{low:.1f} to {high:.1f} s": asdict(score(network, unseen, (low, high), batches=20, seed=seed))
        for low, high in tests
    }
    data = f"{_DATA} {len(seen)} recordings; held out: {', '.join(one.name for one in unseen)}."
    card = ModelCard(_PURPOSE, {}, data, _LICENCE, command, seed, this_machine().commit, metrics)
    save_network(out / f"{NAME}.safetensors", network, card)
    return card
