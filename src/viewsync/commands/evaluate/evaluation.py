"""What all commands that measure have in common."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from viewsync.commands.terminal import progress_bars

if TYPE_CHECKING:
    from rich.console import RenderableType

    from viewsync.progress import Progress


@dataclass(frozen=True, kw_only=True)
class Evaluation(ABC):
    """One network's."""

    out: Annotated[Path, arg(aliases=["-o"], metavar="PATH")] = Path("out")
    """Folder for what was measured, as JSON, and for pictures."""

    def run(self) -> int:
        """Measure, print a table, and say where the rest is."""
        from rich.console import Console

        from viewsync.files import prepare_folder
        from viewsync.types import InputError

        self.check()
        prepare_folder(self.out)
        try:
            with progress_bars() as progress:
                said, written = self.measured(progress)
        except ModuleNotFoundError as error:
            raise InputError(f"{error.name} is missing. Install what this needs: pip install 'viewsync[train]'.") from error
        Console().print(said)
        for path in written:
            print(path)
        return 0

    @abstractmethod
    def check(self) -> None:
        """Refuse usage that makes no sense."""

    @abstractmethod
    def measured(self, progress: "Progress") -> "tuple[RenderableType, list[Path]]":
        """What is to be printed, and files that were written to the folder."""


@dataclass(frozen=True, kw_only=True)
class DrawnEvaluation(Evaluation):
    """One whose tests are drawn at random."""

    seed: int = 0
    """Seed of everything random."""

    def check(self) -> None:
        """Refuse usage that makes no sense."""
        from viewsync.types import InputError

        if not 0 <= self.seed < 2**63:
            raise InputError(f"--seed must be from 0 to 2^63 - 1, got {self.seed}.")
