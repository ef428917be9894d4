"""`viewsync eval counting`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from viewsync.commands.evaluate.evaluation import DrawnEvaluation

if TYPE_CHECKING:
    from rich.table import Table

    from viewsync.progress import Progress


@dataclass(frozen=True, kw_only=True)
class Counting(DrawnEvaluation):
    """How far counts of people are off, with cameras whose pictures aren't of one instant (docs/counting.md).

    Writes counting-eval.json, and pictures.
    """

    data: Annotated[Positional[Path], arg(metavar="DATA")]
    """A folder of footage, such as viewsync render street makes; its test footage is measured on."""
    weights: Annotated[Path | None, arg(metavar="FILE")] = None
    """A .safetensors file with its card beside it; by default those that come with the package."""
    latency_seconds: float = 3.0
    """The largest random latency, and the constant one."""

    def measured(self, progress: "Progress") -> "tuple[Table, list[Path]]":
        """What is to be printed, and files that were written to the folder."""
        from viewsync.counting.report import NAME, measure, table, write_report
        from viewsync.networks.checkpoints import shipped

        report = measure(self.weights or shipped(NAME), self.data, self.latency_seconds, self.seed, progress)
        return table(report), write_report(report, self.out)
