"""`viewsync train pose3d`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from tyro.conf import Positional, arg

from viewsync.commands.train.training import Training

if TYPE_CHECKING:
    from viewsync.progress import Progress

_SIDES = {"small": 96, "paper": 384}
_MULTIPLE_PIXELS = 32


@dataclass(frozen=True, kw_only=True)
class Pose3D(Training):
    """Train a network that tells joints in space by cameras whose pictures aren't of one instant (docs/pose3d.md).

    Takes most of an hour of one core; the state and the logs are kept beside the weights.
    """

    NETWORK: ClassVar[str] = "pose3d"

    data: Annotated[Positional[Path], arg(metavar="DATA")]
    """A folder of footage, such as viewsync render lab makes with --truth calibration human36m."""
    steps: int = 3000
    """Batches of 2 instants."""
    pretraining_steps: int = 2000
    """Of the backbone before that: batches of 4 instants, each picture by itself."""
    method: Annotated[Literal["BaseS", "BaseU", "CLS-cor", "CLS-epi"], arg(metavar="METHOD")] = "CLS-epi"
    """How views are synchronized. BaseS, BaseU: not at all; BaseS learns from synchronized pictures only."""
    latency_seconds: float = 0.64
    """The largest random latency of other views than the first."""
    warping_weight: float = 0.01
    """γ of the loss by synchronized pictures of the same instants, which teaches flow; 0: learn without such pictures."""
    similarity_weight: float = 0.0
    """γ of the loss by which synchronized views are to be alike in space; 0.01 in the paper."""
    side_pixels: Annotated[int | None, arg(metavar="INT", help_behavior_hint="(default: 96; paper: 384)")] = None
    """Of the pictures, which are square: a multiple of 32."""
    voxels: Annotated[int | None, arg(metavar="INT", help_behavior_hint="(default: 32; paper: 64)")] = None
    """Along each side of the cuboid around the person: a multiple of 16; paper: of 32."""
    tested_every: int = 64
    """Measure on instants that are multiples of it."""
    preset: Literal["small", "paper"] = "small"
    """Size of the network. paper: as printed, for a GPU."""
    optimizer: Literal["one-cycle", "paper"] = "one-cycle"
    """paper: as released, with batches of 5."""
    resume: bool = False
    """Go on with the training whose state is in the folder."""

    def check(self) -> None:
        """Refuse usage that makes no sense."""
        from viewsync.commands.train.training import FEWEST_STEPS
        from viewsync.types import InputError

        super().check()
        if self.pretraining_steps < FEWEST_STEPS:
            raise InputError(f"--pretraining-steps must be {FEWEST_STEPS} or greater, got {self.pretraining_steps}.")
        if self._side < _MULTIPLE_PIXELS or self._side % _MULTIPLE_PIXELS:
            raise InputError(f"--side-pixels must be a multiple of {_MULTIPLE_PIXELS}, got {self._side}.")
        if self.tested_every < 1:
            raise InputError(f"--tested-every must be 1 or greater, got {self.tested_every}.")

    def train(self, progress: "Progress") -> str:
        """Train, print how good it is, and return the name of the weights."""
        from viewsync.footage.parts import parted
        from viewsync.pose3d.readers import read_footage
        from viewsync.pose3d.report import TESTS
        from viewsync.pose3d.train import train, weights_name
        from viewsync.pose3d.training import Recipe, Schedule

        recipe = Recipe(self.method, self.warping_weight, self.similarity_weight)
        training, unseen = parted(read_footage(self.data, self._side, progress=progress))
        batches = (5, 5) if self.optimizer == "paper" else (2, 4)
        schedules = [
            Schedule(steps, batch, optimizer=self.optimizer)
            for steps, batch in zip((self.steps, self.pretraining_steps), batches, strict=True)
        ]
        card = train(
            training, unseen, self.out, recipe, *schedules, latency_seconds=self.latency_seconds, preset=self.preset,
            seed=self.seed, command=self._line(), voxels=self.voxels, tested_every=self.tested_every, resume=self.resume,
            progress=progress,
        )  # fmt: skip
        for test, ways in card.metrics[TESTS].items():
            for way, told in ways.items():
                errors = ["–" if told[name] is None else f"{told[name]:.1f} mm" for name in ("relative_mm", "absolute_mm")]
                print(f"{test}, {way}: MPJPE over frames {errors[0]} relative, {errors[1]} absolute")
        return weights_name(self.method)

    @property
    def _side(self) -> int:
        return _SIDES[self.preset] if self.side_pixels is None else self.side_pixels

    def _line(self) -> str:
        """For the card."""
        told: dict[str, str | float] = {
            "method": self.method, "latency-seconds": self.latency_seconds, "warping-weight": self.warping_weight,
            "similarity-weight": self.similarity_weight, "side-pixels": self._side, "tested-every": self.tested_every,
            "preset": self.preset, "optimizer": self.optimizer, "pretraining-steps": self.pretraining_steps,
            "steps": self.steps,
        }  # fmt: skip
        return self.command(self.data, (), **told, **({} if self.voxels is None else {"voxels": self.voxels}))
