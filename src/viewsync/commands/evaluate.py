"""`viewsync eval`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, arg

from viewsync.commands.terminal import progress_bars

if TYPE_CHECKING:
    from rich.table import Table

    from viewsync.progress import Progress


@dataclass(frozen=True)
class Evaluate:
    """Measure a trained network on what its training never saw.

    synnet: how often, and by how much, SynNet tells the shift between two clips wrongly: of one person before random
    cameras, of people in made worlds, of several people together, and of long recordings (docs/synnet.md).
    stereo: the same of the delay between clips of two cameras side by side, which DATA holds (docs/stereo.md); for
    weights of viewsync train stereo, with or without --matcher.
    counting: how far counts of people are off, with cameras whose pictures aren't of one instant, on the test footage that
    DATA holds (docs/counting.md).

    Needs the extra `viewsync[train]`.

    Exit codes: 0 measured; 2 bad usage, or weights, motions or recordings that can't be read.
    """

    network: Annotated[
        Positional[Literal["synnet", "stereo", "counting"]], arg(metavar="NETWORK", help_behavior_hint="(required)")
    ]
    """Which one: synnet, stereo or counting."""
    data: Annotated[Positional[Path | None], arg(metavar="DATA", help_behavior_hint="(synnet: none)")] = None
    """Of stereo: a folder of synchronized left and right recordings, all of which are measured on. Of counting: a folder of
    footage, such as viewsync render street makes."""
    weights: Annotated[Path | None, arg(metavar="FILE")] = None
    """A .safetensors file with its card beside it; by default those that come with the package."""
    motions: Annotated[tuple[Path, ...], arg(metavar="DIR ...")] = ()
    """Folders of motion capture (ASF/AMC, BVH, DeepMimic); what is held out of it is done by people, too."""
    latency_seconds: float = 3.0
    """Of counting: the largest random latency, and the constant one."""
    seed: int = 0
    """Seed of everything random."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="PATH")] = Path("out")
    """Folder for synnet-eval.json, stereo-eval.json or counting-eval.json, and pictures."""

    def run(self) -> int:
        """Measure, print a table, and say where the rest is."""
        from rich.console import Console

        from viewsync.files import prepare_folder
        from viewsync.types import InputError

        if not 0 <= self.seed < 2**63:
            raise InputError(f"--seed must be from 0 to 2^63 - 1, got {self.seed}.")
        if (self.network == "synnet") != (self.data is None):
            raise InputError(
                "stereo is measured on a folder of recordings, viewsync eval stereo DATA, and counting on one of footage; "
                "synnet takes none."
            )
        prepare_folder(self.out)
        try:
            with progress_bars() as progress:
                table, written = self._measured(progress)
        except ModuleNotFoundError as error:
            raise InputError(f"{error.name} is missing. Install what this needs: pip install 'viewsync[train]'.") from error
        Console().print(table)
        for path in written:
            print(path)
        return 0

    def _measured(self, progress: "Progress") -> "tuple[Table, list[Path]]":
        if self.data is None:
            return self._synnet(progress)
        return (self._stereo if self.network == "stereo" else self._counting)(self.data, progress)

    def _synnet(self, progress: "Progress") -> "tuple[Table, list[Path]]":
        from viewsync.synnet.report import measure, table, write_report

        report = measure(self.weights, self.motions, self.seed, progress)
        return table(report), write_report(report, self.out)

    def _stereo(self, data: Path, progress: "Progress") -> "tuple[Table, list[Path]]":
        from viewsync.stereo.report import measure, table, write_report

        report = measure(self.weights, data, self.seed, progress)
        return table(report), write_report(report, self.out)

    def _counting(self, data: Path, progress: "Progress") -> "tuple[Table, list[Path]]":
        from viewsync.counting.report import NAME, measure, table, write_report
        from viewsync.networks.checkpoints import shipped

        weights = self.weights or shipped(NAME)
        report = measure(weights, data, self.latency_seconds, self.seed, progress)
        return table(report), write_report(report, self.out)
