"""`viewsync train synnet`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from tyro.conf import arg

from viewsync.commands.train.training import Training

if TYPE_CHECKING:
    from viewsync.progress import Progress


@dataclass(frozen=True, kw_only=True)
class SynNet(Training):
    """Train SynNet, which tells the shift between two clips of a second (docs/synnet.md).

    Takes forty minutes of one core; the state and the logs are kept beside the weights.
    """

    NETWORK: ClassVar[str] = "synnet"

    motions: Annotated[tuple[Path, ...], arg(metavar="DIR ...")] = ()
    """Folders of motion capture (ASF/AMC, BVH, DeepMimic); none: people do what the package makes up only."""
    steps: int = 16000
    """Batches of 8 windows of clips."""
    preset: Literal["small", "paper"] = "small"
    """Size of the network. paper: as printed, for a GPU."""
    optimizer: Literal["one-cycle", "paper"] = "one-cycle"
    """paper: as printed."""
    resume: bool = False
    """Go on with the training whose state is in the folder."""

    def train(self, progress: "Progress") -> str:
        """Train, print how good it is, and return the name of the weights."""
        from viewsync.synnet.train import NAME, train
        from viewsync.synnet.training import Schedule

        if self.optimizer == "paper":
            schedule = Schedule(self.steps, windows=1, pairs_per_shift=1, optimizer="paper")
        else:
            schedule = Schedule(self.steps)
        command = self.command(None, self.motions, steps=self.steps, preset=self.preset, optimizer=self.optimizer)
        card = train(
            self.motions, self.out, preset=self.preset, schedule=schedule, seed=self.seed, command=command,
            resume=self.resume, progress=progress,
        )  # fmt: skip
        for condition, score in card.metrics.items():
            print(f"{condition}: accuracy {score['accuracy']:.1%}, SynError {score['syn_error_seconds']:.3f} s")
        return NAME
