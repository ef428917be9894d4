"""`viewsync train`."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, arg

from viewsync.commands.terminal import progress_bars

if TYPE_CHECKING:
    from viewsync.progress import Progress

# Fewer teach nothing, and a rate that rises for a single step makes PyTorch divide by zero.
_FEWEST_STEPS = 100
_USUAL_STEPS = {"pose": 2400, "synnet": 16000}


@dataclass(frozen=True)
class Train:
    """Train a network of the package anew: weights and a card that says what they are and how good.

    pose: the embedding of what bodies do, for the pose cue (docs/cues/pose-embedding.md). Takes twenty minutes of one
    core.
    synnet: SynNet, which tells the shift between two clips of a second. Takes forty minutes of one core; the state and
    the logs are kept beside the weights.

    Needs the extra `viewsync[train]`.

    Exit codes: 0 trained; 2 bad usage, or motions that can't be read.
    """

    network: Annotated[Positional[Literal["pose", "synnet"]], arg(metavar="NETWORK", help_behavior_hint="(required)")]
    """Which one: pose or synnet."""
    motions: Annotated[tuple[Path, ...], arg(metavar="DIR ...")] = ()
    """Folders of motion capture (ASF/AMC, BVH, DeepMimic); none: people do what the package makes up only."""
    seed: int = 0
    """Seed of everything random."""
    steps: int | None = None
    """Batches: 2400 of 32 pairs of views for pose, 16,000 of 8 windows of clips for synnet unless told."""
    preset: Literal["small", "paper"] = "small"
    """Size of synnet. paper: as printed, for a GPU."""
    optimizer: Literal["one-cycle", "paper"] = "one-cycle"
    """Of synnet. paper: SGD at 1e-4, a window at a time."""
    resume: bool = False
    """Go on with the training of synnet whose state is in the folder."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="PATH")] = Path("out")
    """Folder for the weights and their card."""

    def run(self) -> int:
        """Train, and say where and how good."""
        from viewsync.files import prepare_folder
        from viewsync.types import InputError

        steps = _USUAL_STEPS[self.network] if self.steps is None else self.steps
        if steps < _FEWEST_STEPS:
            raise InputError(f"--steps must be {_FEWEST_STEPS} or greater, got {steps}.")
        if not 0 <= self.seed < 2**63:
            raise InputError(f"--seed must be from 0 to 2^63 - 1, got {self.seed}.")
        if self.network == "pose" and (self.resume or self.preset != "small" or self.optimizer != "one-cycle"):
            raise InputError("--preset, --optimizer and --resume are for synnet only. Leave them out.")
        prepare_folder(self.out)
        train: Callable[[int, Progress], str] = self._pose if self.network == "pose" else self._synnet
        try:
            with progress_bars() as progress:
                name = train(steps, progress)
        except ModuleNotFoundError as error:
            raise InputError(
                f"{error.name} is missing. Install what training needs: pip install 'viewsync[train]'."
            ) from error
        print(f"{self.out / name}.safetensors, and its card in {name}.json")
        return 0

    def _pose(self, steps: int, progress: "Progress") -> str:
        from viewsync.pose_embedding.train import NAME, train

        card = train(self.motions, self.out, seed=self.seed, steps=steps, command=self._command(steps), progress=progress)
        for condition, score in card.metrics.items():
            print(f"{condition}: median {score['median_ms']:.1f} ms, {score['beyond_100_ms']:.0%} off by over 100 ms")
        return NAME

    def _synnet(self, steps: int, progress: "Progress") -> str:
        from viewsync.synnet.train import NAME, train
        from viewsync.synnet.training import Schedule

        if self.optimizer == "paper":
            schedule = Schedule(steps, windows=1, pairs_per_shift=1, optimizer="paper")
        else:
            schedule = Schedule(steps)
        card = train(
            self.motions, self.out, preset=self.preset, schedule=schedule, seed=self.seed, command=self._command(steps),
            resume=self.resume, progress=progress,
        )  # fmt: skip
        for condition, score in card.metrics.items():
            print(f"{condition}: accuracy {score['accuracy']:.1%}, SynError {score['syn_error_seconds']:.3f} s")
        return NAME

    def _command(self, steps: int) -> str:
        """For the card: folders by name alone, as where they lie is nobody's business."""
        motions = ["--motions", *(folder.resolve().name for folder in self.motions)] if self.motions else []
        sizes = [] if self.network == "pose" else ["--preset", self.preset, "--optimizer", self.optimizer]
        return shlex.join(
            ["viewsync", "train", self.network, *motions, "--seed", str(self.seed), "--steps", str(steps), *sizes]
        )
