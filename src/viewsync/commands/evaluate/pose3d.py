"""`viewsync eval pose3d`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from viewsync.commands.evaluate.evaluation import DrawnEvaluation

if TYPE_CHECKING:
    from rich.table import Table

    from viewsync.progress import Progress


@dataclass(frozen=True, kw_only=True)
class Pose3D(DrawnEvaluation):
    """How far joints in space are off, by cameras whose pictures aren't of one instant (docs/pose3d.md).

    By the network, and by triangulation of its heat-maps. Writes pose3d-eval.json, and pictures.
    """

    data: Annotated[Positional[Path], arg(metavar="DATA")]
    """A folder of footage, such as viewsync render lab makes; its test footage is measured on."""
    weights: Annotated[Path | None, arg(metavar="FILE")] = None
    """A .safetensors file with its card beside it; by default those that come with the package."""
    latency_seconds: Annotated[float | None, arg(metavar="FLOAT", help_behavior_hint="(default: as trained)")] = None
    """The largest random latency."""
    tested_every: int = 64
    """Measure on instants that are multiples of it."""

    def check(self) -> None:
        """Refuse usage that makes no sense."""
        from viewsync.types import InputError

        super().check()
        if self.tested_every < 1:
            raise InputError(f"--tested-every must be 1 or greater, got {self.tested_every}.")

    def measured(self, progress: "Progress") -> "tuple[Table, list[Path]]":
        """What is to be printed, and files that were written to the folder."""
        from viewsync.networks.checkpoints import shipped
        from viewsync.pose3d.report import NAME, measure, table, write_report

        report = measure(
            self.weights or shipped(NAME), self.data, latency_seconds=self.latency_seconds, every=self.tested_every,
            seed=self.seed, progress=progress,
        )  # fmt: skip
        return table(report), write_report(report, self.out)
