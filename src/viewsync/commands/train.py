"""`viewsync train`."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from viewsync.commands.terminal import progress_bars

# Fewer teach nothing, and a rate that rises for a single step makes PyTorch divide by zero.
_FEWEST_STEPS = 100


@dataclass(frozen=True)
class Train:
    """Train a network of the package anew: weights and a card that says what they are and how good.

    pose: the embedding of what bodies do, for the pose cue (docs/cues/pose-embedding.md). Takes twenty minutes of one
    core. Needs the extra `viewsync[train]`.

    Exit codes: 0 trained; 2 bad usage, or motions that can't be read.
    """

    network: Annotated[Positional[Literal["pose"]], arg(metavar="NETWORK", help_behavior_hint="(required)")]
    """Which one: pose."""
    motions: Annotated[tuple[Path, ...], arg(metavar="DIR ...")] = ()
    """Folders of motion capture (ASF/AMC, BVH, DeepMimic); none: people do what the package makes up only."""
    seed: int = 0
    """Seed of everything random."""
    steps: int = 2400
    """Batches of 32 pairs of views."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="PATH")] = Path("out")
    """Folder for the weights and their card."""

    def run(self) -> int:
        """Train, and say where and how good."""
        from viewsync.files import prepare_folder
        from viewsync.types import InputError

        if self.steps < _FEWEST_STEPS:
            raise InputError(f"--steps must be {_FEWEST_STEPS} or greater, got {self.steps}.")
        if not 0 <= self.seed < 2**63:
            raise InputError(f"--seed must be from 0 to 2^63 - 1, got {self.seed}.")
        prepare_folder(self.out)
        try:
            from viewsync.pose_embedding.train import NAME, train
        except ModuleNotFoundError as error:
            raise InputError(
                f"{error.name} is missing. Install what training needs: pip install 'viewsync[train]'."
            ) from error
        with progress_bars() as progress:
            card = train(
                self.motions, self.out, seed=self.seed, steps=self.steps, command=self._command(), progress=progress
            )
        for condition, score in card.metrics.items():
            print(f"{condition}: median {score['median_ms']:.1f} ms, {score['beyond_100_ms']:.0%} off by over 100 ms")
        print(f"{self.out / NAME}.safetensors, and its card in {NAME}.json")
        return 0

    def _command(self) -> str:
        """For the card: folders by name alone, as where they lie is nobody's business."""
        motions = ["--motions", *(folder.resolve().name for folder in self.motions)] if self.motions else []
        return shlex.join(
            ["viewsync", "train", self.network, *motions, "--seed", str(self.seed), "--steps", str(self.steps)]
        )
