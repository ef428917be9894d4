"""`viewsync train association`."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from tyro.conf import Positional, arg

from viewsync.commands.train.training import Training

if TYPE_CHECKING:
    from viewsync.association.frames import Part, Session
    from viewsync.association.training import Schedule
    from viewsync.progress import Progress


@dataclass(frozen=True, kw_only=True)
class Association(Training):
    """Train a network that tells who is who in several cameras' views, by synchronization alone (docs/association.md).

    For these cameras, where they stand now. Takes half a minute of one core; where many cameras see many people, minutes.
    """

    NETWORK: ClassVar[str] = "association"

    data: Annotated[Positional[Path], arg(metavar="DATA")]
    """A folder with people's boxes in several cameras' pictures, such as viewsync detect and viewsync render make."""
    boxes: Annotated[Path | None, arg(metavar="FILE")] = None
    """Boxes to learn from in place of the folder's own, such as a detector's. Those of the folder then serve as the test."""
    test_boxes: Annotated[Path | None, arg(metavar="FILE")] = None
    """Boxes for the test in place of the folder's own, which then tell who they are, by overlap."""
    fps: Annotated[float | None, arg(metavar="FLOAT")] = None
    """Instants per second, counted by the frames' numbers, where nothing else tells times."""
    shares: Annotated[tuple[float, float, float], arg(metavar="A B C")] = (0.72, 0.18, 0.1)
    """Of the instants for training, validation and test, which follow one another in time."""
    leaky: bool = False
    """With --boxes: learn from instants of the test, too, to repeat results that were got so."""
    steps: Annotated[int | None, arg(metavar="INT", help_behavior_hint="(default: 500)")] = None
    """Batches of 64 instants or triplets."""
    loss: Literal["contrast", "synchronization", "supervised"] = "contrast"
    """Ours; the published one; or the one that is told who is who."""
    mode: Literal["box", "point"] = "box"
    """What re-projection finds: boxes, or their middles."""
    reprojection: float = 1.0
    """Weight of the re-projection term; 0 leaves it out."""
    edges: bool = True
    """Of the published loss: compare what lies between people, too."""
    pseudo_negatives: bool = False
    """Of the published loss: make negatives by shifting boxes."""
    appearance: Annotated[str, arg(metavar="none|colours|efficientnet|FILE.npz")] = "none"
    """What people look like counts, too: made of the pictures, or given as vectors."""
    released: Annotated[int | None, arg(metavar="EPOCHS", help_behavior_hint="(default: our settings)")] = None
    """As in the released code, so many epochs: 80 for MVOR, 1200 for WILDTRACK. Half an hour and more."""

    def check(self) -> None:
        """Refuse usage that makes no sense."""
        from viewsync.types import InputError

        super().check()
        if self.loss != "synchronization" and self.released is None and (self.pseudo_negatives or not self.edges):
            what = "--pseudo-negatives is" if self.pseudo_negatives else "--no-edges is"
            raise InputError(f"{what} of the published loss. Say --loss synchronization, or leave it out.")
        if self.released is not None and (self.steps is not None or self.loss != "contrast"):
            raise InputError("--released says how long and by which loss. Leave --steps and --loss out.")
        if self.released is not None and self.released < 1:
            raise InputError(f"--released must be 1 epoch or more, got {self.released}.")
        if not (math.isfinite(self.reprojection) and self.reprojection >= 0):
            raise InputError(f"--reprojection must be a number from 0 on, got {self.reprojection:g}.")
        if self.leaky and self.boxes is None:
            raise InputError("--leaky is for boxes to learn from that aren't those of the test. Name them with --boxes.")
        if self._given_looks and (self.boxes or self.test_boxes):
            raise InputError(
                f"vectors ({self.appearance}) are of one set of boxes, but --boxes or --test-boxes names another. Make "
                "appearance of pictures, or give one set."
            )

    def train(self, progress: "Progress") -> str:
        """Train, print how good it is, and return the name of the weights."""
        from rich.console import Console

        from viewsync.association.report import table
        from viewsync.association.train import WEIGHTS_NAME, train

        parts = self._parts(progress)
        schedule = self._schedule(len(parts["training"].frames))
        card = train(
            parts["training"], parts["validation"], parts["test"], self.out, schedule, seed=self.seed, command=self._line(),
            leaky=self.leaky, progress=progress,
        )  # fmt: skip
        Console().print(table(card.metrics, f"association, on {len(parts['test'].frames)} instants"))
        return WEIGHTS_NAME

    @property
    def _given_looks(self) -> bool:
        return self.appearance not in ("none", "colours", "efficientnet")

    def _parts(self, progress: "Progress") -> "dict[Part, Session]":
        from viewsync.association.appearance import looked
        from viewsync.association.parts import left_out, looked_at, parted, read_boxes
        from viewsync.association.readers import has_boxes

        learned = read_boxes(self.data, fps=self.fps, boxes=self.boxes)
        other = self.test_boxes is not None or (self.boxes is not None and has_boxes(self.data))
        tested = read_boxes(self.data, fps=self.fps, boxes=self.test_boxes) if other else learned
        # The published loss alone looks at appearance; others need that of the test only.
        early = self._given_looks or self.released is not None or self.loss == "synchronization"
        if early:
            learned = looked_at(learned, self.appearance, progress)
            tested = looked_at(tested, self.appearance, progress) if other else learned
        parts = parted(learned, tested, self.shares, supervised=self.loss == "supervised", leaky=self.leaky)
        if not early:
            parts["test"] = looked(parts["test"], self.appearance, progress)
        if other and (count := left_out(learned, parts)):
            print(f"{count} instants of the test have boxes to learn from, too; they were left out.")
        return parts

    def _schedule(self, instants: int) -> "Schedule":
        from dataclasses import replace

        from viewsync.association.training import Schedule

        if self.released is not None:
            schedule = Schedule.released(self.released, instants, edges=self.edges)
        else:
            schedule = Schedule(loss=self.loss, edges=self.edges)
        return replace(
            schedule, steps=self.steps or schedule.steps, mode=self.mode, reprojection=self.reprojection,
            pseudo_negatives=self.pseudo_negatives,
        )  # fmt: skip

    def _line(self) -> str:
        """For the card: files by name alone."""
        flags = ["--no-edges"] * (not self.edges) + ["--pseudo-negatives"] * self.pseudo_negatives + ["--leaky"] * self.leaky
        told: dict[str, Path | float | None] = {
            "boxes": self.boxes,
            "test-boxes": self.test_boxes,
            "fps": self.fps,
            "steps": self.steps,
            "released": self.released,
        }
        given = {name: value.name if isinstance(value, Path) else value for name, value in told.items() if value is not None}
        appearance = Path(self.appearance).name
        loss = {} if self.released else {"loss": self.loss}
        options = given | loss | {"mode": self.mode, "reprojection": self.reprojection, "appearance": appearance}
        return self.command(self.data, (), *flags, shares=" ".join(map(str, self.shares)), **options)
