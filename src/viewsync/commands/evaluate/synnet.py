"""`viewsync eval synnet`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from viewsync.commands.evaluate.evaluation import DrawnEvaluation

if TYPE_CHECKING:
    from rich.table import Table

    from viewsync.progress import Progress


@dataclass(frozen=True, kw_only=True)
class SynNet(DrawnEvaluation):
    """How often, and by how much, SynNet tells the shift between two clips wrongly (docs/synnet.md).

    Of one person before random cameras, of people in made worlds, of several people together, and of long recordings.
    Writes synnet-eval.json, and pictures.
    """

    weights: Annotated[Path | None, arg(metavar="FILE")] = None
    """A .safetensors file with its card beside it; by default those that come with the package."""
    motions: Annotated[tuple[Path, ...], arg(metavar="DIR ...")] = ()
    """Folders of motion capture (ASF/AMC, BVH, DeepMimic); what is held out of it is done by people, too."""

    def measured(self, progress: "Progress") -> "tuple[Table, list[Path]]":
        """What is to be printed, and files that were written to the folder."""
        from viewsync.synnet.report import measure, table, write_report

        report = measure(self.weights, self.motions, self.seed, progress)
        return table(report), write_report(report, self.out)
