"""`viewsync eval`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from viewsync.commands.terminal import progress_bars


@dataclass(frozen=True)
class Evaluate:
    """Measure a trained network on people, motions and cameras that its training never saw.

    synnet: how often, and by how much, SynNet tells the shift between two clips wrongly: of one person before random
    cameras, of people in made worlds, of several people together, and of long recordings (docs/synnet.md).

    Needs the extra `viewsync[train]`.

    Exit codes: 0 measured; 2 bad usage, or weights or motions that can't be read.
    """

    network: Annotated[Positional[Literal["synnet"]], arg(metavar="NETWORK", help_behavior_hint="(required)")]
    """Which one: synnet."""
    weights: Annotated[Path | None, arg(metavar="FILE")] = None
    """A .safetensors file with its card beside it; by default those that come with the package."""
    motions: Annotated[tuple[Path, ...], arg(metavar="DIR ...")] = ()
    """Folders of motion capture (ASF/AMC, BVH, DeepMimic); what is held out of it is done by people, too."""
    seed: int = 0
    """Seed of everything random."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="PATH")] = Path("out")
    """Folder for synnet-eval.json and pictures."""

    def run(self) -> int:
        """Measure, print a table, and say where the rest is."""
        from rich.console import Console

        from viewsync.files import prepare_folder
        from viewsync.types import InputError

        if not 0 <= self.seed < 2**63:
            raise InputError(f"--seed must be from 0 to 2^63 - 1, got {self.seed}.")
        prepare_folder(self.out)
        try:
            from viewsync.synnet.report import measure, table, write_report

            with progress_bars() as progress:
                report = measure(self.weights, self.motions, self.seed, progress)
                written = write_report(report, self.out)
        except ModuleNotFoundError as error:
            raise InputError(f"{error.name} is missing. Install what this needs: pip install 'viewsync[train]'.") from error
        Console().print(table(report))
        for path in written:
            print(path)
        return 0
