"""`viewsync eval association`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from viewsync.commands.evaluate.evaluation import Evaluation

if TYPE_CHECKING:
    from rich.console import RenderableType

    from viewsync.progress import Progress


@dataclass(frozen=True, kw_only=True)
class Association(Evaluation):
    """Who is who in the views of several cameras, and how right that is (docs/association.md).

    Writes associated.json, pictures, a page, a clip, and association-eval.json: metrics, where true identities are known.
    """

    data: Annotated[Positional[Path], arg(metavar="DATA")]
    """A folder with people's boxes of the cameras that the weights were trained for."""
    weights: Annotated[Path, arg(metavar="FILE")]
    """Of viewsync train association, with their card beside them."""
    boxes: Annotated[Path | None, arg(metavar="FILE")] = None
    """Boxes in place of the folder's own, such as a detector's. Annotated ones of the folder tell who they are."""
    fps: Annotated[float | None, arg(metavar="FLOAT")] = None
    """Instants per second, counted by the frames' numbers, where nothing else tells times."""
    appearance: Annotated[str, arg(metavar="none|colours|efficientnet|FILE.npz")] = "none"
    """What people look like counts, too: made of the pictures, or given as vectors."""
    test_share: float = 0.1
    """Of the instants, from the end, that are measured on: what training left for it. 1: all, if none were learned from."""
    clip: int = 300
    """Instants in association.mp4, at most, from the first one; 0: no clip."""

    def check(self) -> None:
        """Refuse usage that makes no sense."""
        from viewsync.types import InputError

        if self.clip < 0:
            raise InputError(f"--clip must be 0 or greater, got {self.clip}.")
        if not 0 < self.test_share <= 1:
            raise InputError(f"--test-share must be more than 0 and at most 1, got {self.test_share:g}.")

    def measured(self, progress: "Progress") -> "tuple[RenderableType, list[Path]]":
        """What is to be printed, and files that were written to the folder."""
        from viewsync.association.parts import looked_at, read_boxes
        from viewsync.association.report import measure, table, write_report

        boxes = looked_at(read_boxes(self.data, fps=self.fps, boxes=self.boxes), self.appearance, progress)
        report = measure(self.weights, boxes, self.test_share, progress)
        title = f"association, {report.weights}, on {report.tested} of {len(report.session.frames)} instants"
        return table(report.metrics, title), write_report(report, self.out, self.clip, progress)
