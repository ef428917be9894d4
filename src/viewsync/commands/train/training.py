"""What all commands that train have in common."""

import shlex
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from tyro.conf import arg

from viewsync.commands.terminal import progress_bars

if TYPE_CHECKING:
    from viewsync.progress import Progress

# Fewer teach nothing, and a rate that rises for a single step makes PyTorch divide by zero.
FEWEST_STEPS = 100


@dataclass(frozen=True, kw_only=True)
class Training(ABC):
    """One network's."""

    NETWORK: ClassVar[str]
    """The subcommand's name."""

    steps: int | None
    """How many batches; None for what the network takes."""
    seed: int = 0
    """Seed of everything random."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="PATH")] = Path("out")
    """Folder for the weights and their card."""

    def run(self) -> int:
        """Train, and say where and how good."""
        from viewsync.files import prepare_folder
        from viewsync.types import InputError

        self.check()
        prepare_folder(self.out)
        try:
            with progress_bars() as progress:
                name = self.train(progress)
        except ModuleNotFoundError as error:
            raise InputError(
                f"{error.name} is missing. Install what training needs: pip install 'viewsync[train]'."
            ) from error
        print(f"{self.out / name}.safetensors, and its card in {name}.json")
        return 0

    def check(self) -> None:
        """Refuse usage that makes no sense."""
        from viewsync.types import InputError

        if self.steps is not None and self.steps < FEWEST_STEPS:
            raise InputError(f"--steps must be {FEWEST_STEPS} or greater, got {self.steps}.")
        if not 0 <= self.seed < 2**63:
            raise InputError(f"--seed must be from 0 to 2^63 - 1, got {self.seed}.")

    @abstractmethod
    def train(self, progress: "Progress") -> str:
        """Train, print how good it is, and return the name of the weights."""

    def command(self, data: Path | None, motions: tuple[Path, ...], *flags: str, **options: str | float) -> str:
        """For the card: folders by name alone, as where they lie is nobody's business."""
        folders = [] if data is None else [data.resolve().name]
        told = ["--motions", *(folder.resolve().name for folder in motions)] if motions else []
        given = [text for name, value in options.items() for text in (f"--{name}", *str(value).split())]
        return shlex.join(["viewsync", "train", self.NETWORK, *folders, *told, "--seed", str(self.seed), *flags, *given])
