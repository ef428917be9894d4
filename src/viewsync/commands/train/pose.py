"""`viewsync train pose`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from tyro.conf import arg

from viewsync.commands.train.training import Training

if TYPE_CHECKING:
    from viewsync.progress import Progress


@dataclass(frozen=True, kw_only=True)
class Pose(Training):
    """Train the embedding of what bodies do, for the pose cue (docs/cues/pose-embedding.md).

    Takes twenty minutes of one core.
    """

    NETWORK: ClassVar[str] = "pose"

    motions: Annotated[tuple[Path, ...], arg(metavar="DIR ...")] = ()
    """Folders of motion capture (ASF/AMC, BVH, DeepMimic); none: people do what the package makes up only."""
    steps: int = 2400
    """Batches of 32 pairs of views."""

    def train(self, progress: "Progress") -> str:
        """Train, print how good it is, and return the name of the weights."""
        from viewsync.pose_embedding.train import NAME, train

        command = self.command(None, self.motions, steps=self.steps)
        card = train(self.motions, self.out, seed=self.seed, steps=self.steps, command=command, progress=progress)
        for condition, score in card.metrics.items():
            print(f"{condition}: median {score['median_ms']:.1f} ms, {score['beyond_100_ms']:.0%} off by over 100 ms")
        return NAME
