"""`viewsync eval`."""

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import arg, subcommand

from viewsync.commands.evaluate.association import Association
from viewsync.commands.evaluate.counting import Counting
from viewsync.commands.evaluate.pose3d import Pose3D
from viewsync.commands.evaluate.stereo import Stereo
from viewsync.commands.evaluate.synnet import SynNet


@dataclass(frozen=True)
class Evaluate:
    """Measure a trained network on what its training never saw.

    Needs the extra `viewsync[train]`.

    Exit codes: 0 measured; 2 bad usage, or weights or data that can't be read.
    """

    network: Annotated[
        Annotated[SynNet, subcommand("synnet")]
        | Annotated[Stereo, subcommand("stereo")]
        | Annotated[Counting, subcommand("counting")]
        | Annotated[Pose3D, subcommand("pose3d")]
        | Annotated[Association, subcommand("association")],
        arg(name=""),
    ]
    """Which one; viewsync eval NETWORK --help says more."""

    def run(self) -> int:
        """Measure it."""
        return self.network.run()
