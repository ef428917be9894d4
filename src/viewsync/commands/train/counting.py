"""`viewsync train counting`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from tyro.conf import Positional, arg

from viewsync.commands.train.training import FEWEST_STEPS, Training

if TYPE_CHECKING:
    from viewsync.counting.training import Setting
    from viewsync.progress import Progress


@dataclass(frozen=True, kw_only=True)
class Counting(Training):
    """Train a network that counts people by cameras whose pictures aren't of one instant (docs/counting.md)."""

    NETWORK: ClassVar[str] = "counting"

    data: Annotated[Positional[Path], arg(metavar="DATA")]
    """A folder of footage, such as viewsync render street makes."""
    steps: int = 1000
    """Batches of 2 instants."""
    motion_steps: int = 0
    """Before these, without --unsynced-only: batches twice as large, by which only the flow is learned; then it stays so.
    None in the paper."""
    method: Annotated[
        Literal["BaseS", "BaseSU", "BaseU", "SLS", "CLS-cat", "CLS-cor", "CLS-epi", "CLS-planes"], arg(metavar="METHOD")
    ] = "CLS-epi"
    """How views are synchronized. BaseS, BaseSU, BaseU: not at all."""
    unsynced_only: bool = False
    """Learn without synchronized pictures (Table III); else with (Table II)."""
    similarity: bool = True
    """With --unsynced-only: that synchronized views be alike."""
    warping_weight: float = 100.0
    """Without --unsynced-only and --motion-steps: γ of the loss that teaches flow; 1 as printed."""
    similarity_weight: float = 10.0
    """With --unsynced-only: γ of the loss that views be alike; 1000 as printed."""
    count_synchronized: bool = False
    """Without --unsynced-only and --motion-steps: count in synchronized pictures, too, as released."""
    latency: Literal["random", "constant"] = "random"
    """That of other views than the first, in training."""
    latency_seconds: float = 3.0
    """How much."""
    size: Annotated[tuple[int, int] | None, arg(metavar="WIDTH HEIGHT")] = None
    """The pictures', multiples of 4; that of the footage, but at most 676 wide, if not told."""
    preset: Literal["small", "paper"] = "small"
    """Size of the network. paper: as printed, for a GPU."""
    optimizer: Literal["one-cycle", "paper"] = "one-cycle"
    """paper: as released."""
    resume: bool = False
    """Go on with the training whose state is in the folder."""

    def check(self) -> None:
        """Refuse usage that makes no sense."""
        from viewsync.types import InputError

        super().check()
        if self.motion_steps != 0 and self.motion_steps < FEWEST_STEPS:
            raise InputError(f"--motion-steps must be 0, or {FEWEST_STEPS} or greater, got {self.motion_steps}.")

    def train(self, progress: "Progress") -> str:
        """Train, print how good it is, and return the name of the weights."""
        from viewsync.counting.readers import read_footage
        from viewsync.counting.train import train, weights_name
        from viewsync.counting.training import Recipe, Schedule
        from viewsync.footage.parts import parted

        setting: Setting = "unsynced only" if self.unsynced_only else "synced and unsynced"
        recipe = Recipe(
            self.method, setting, self.similarity, self.warping_weight, self.similarity_weight, self.motion_steps > 0,
            self.count_synchronized,
        )  # fmt: skip
        training, unseen = parted(read_footage(self.data, size=self.size, progress=progress))
        released = self.optimizer == "paper"
        schedule = Schedule(self.steps, motion_steps=self.motion_steps)
        if released:
            schedule = replace(schedule, batch=1, optimizer="released")
        place = training[0].place
        card = train(
            training, unseen, self.out, recipe, schedule, latency=self.latency, latency_seconds=self.latency_seconds,
            preset=self.preset, seed=self.seed, command=self._line(f"{place.width} {place.height}"), resume=self.resume,
            progress=progress,
        )  # fmt: skip
        for test, score in card.metrics.items():
            nae = "" if score["nae"] is None else f", NAE {score['nae']:.3f}"
            print(f"{test}: MAE {score['mae']:.2f}{nae}, grid error {score['grid_error']:.2f}")
        return weights_name(self.method)

    def _line(self, size: str) -> str:
        """For the card."""
        told = {
            "--unsynced-only": self.unsynced_only, "--no-similarity": not self.similarity,
            "--count-synchronized": self.count_synchronized,
        }  # fmt: skip
        options: dict[str, str | float] = {
            "method": self.method, "warping-weight": self.warping_weight,
            "similarity-weight": self.similarity_weight, "latency": self.latency,
            "latency-seconds": self.latency_seconds, "size": size, "preset": self.preset, "optimizer": self.optimizer,
            "steps": self.steps, "motion-steps": self.motion_steps,
        }  # fmt: skip
        return self.command(self.data, (), *(flag for flag, given in told.items() if given), **options)
