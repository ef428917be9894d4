"""`viewsync train`."""

from dataclasses import dataclass
from typing import Annotated

from tyro.conf import arg, subcommand

from viewsync.commands.train.association import Association
from viewsync.commands.train.counting import Counting
from viewsync.commands.train.pose import Pose
from viewsync.commands.train.pose3d import Pose3D
from viewsync.commands.train.stereo import Stereo
from viewsync.commands.train.synnet import SynNet


@dataclass(frozen=True)
class Train:
    """Train a network of the package anew: weights and a card that says what they are and how good.

    Needs the extra `viewsync[train]`.

    Exit codes: 0 trained; 2 bad usage, or data that can't be read.
    """

    network: Annotated[
        Annotated[Pose, subcommand("pose")]
        | Annotated[SynNet, subcommand("synnet")]
        | Annotated[Stereo, subcommand("stereo")]
        | Annotated[Counting, subcommand("counting")]
        | Annotated[Pose3D, subcommand("pose3d")]
        | Annotated[Association, subcommand("association")],
        arg(name=""),
    ]
    """Which one; viewsync train NETWORK --help says more."""

    def run(self) -> int:
        """Train it."""
        return self.network.run()
