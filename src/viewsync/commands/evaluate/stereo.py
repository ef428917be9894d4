"""`viewsync eval stereo`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from viewsync.commands.evaluate.evaluation import DrawnEvaluation

if TYPE_CHECKING:
    from rich.table import Table

    from viewsync.progress import Progress


@dataclass(frozen=True, kw_only=True)
class Stereo(DrawnEvaluation):
    """How often, and by how much, the delay between clips of two cameras side by side is told wrongly (docs/stereo.md).

    For weights of viewsync train stereo, with or without --matcher. Writes stereo-eval.json, and pictures.
    """

    data: Annotated[Positional[Path], arg(metavar="DATA")]
    """A folder of synchronized left and right recordings, all of which are measured on."""
    weights: Annotated[Path | None, arg(metavar="FILE")] = None
    """A .safetensors file with its card beside it; by default those that come with the package."""

    def measured(self, progress: "Progress") -> "tuple[Table, list[Path]]":
        """What is to be printed, and files that were written to the folder."""
        from viewsync.stereo.report import measure, table, write_report

        report = measure(self.weights, self.data, self.seed, progress)
        return table(report), write_report(report, self.out)
