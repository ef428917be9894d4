"""`viewsync train stereo`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from tyro.conf import Positional, arg

from viewsync.commands.train.training import Training

if TYPE_CHECKING:
    from viewsync.progress import Progress
    from viewsync.stereo.recordings import StereoRecording

    _Recordings = tuple[StereoRecording, ...]

_CUE_STEPS = 2000


@dataclass(frozen=True, kw_only=True)
class Stereo(Training):
    """Train the network of the stereo cue (docs/cues/stereo.md), or the delay networks of Boizard et al. (docs/stereo.md).

    The one takes forty minutes of two cores, the others, with --matcher, ten of one.
    """

    NETWORK: ClassVar[str] = "stereo"

    data: Annotated[Positional[Path], arg(metavar="DATA")]
    """A folder of synchronized left and right recordings, such as viewsync render stereo makes."""
    steps: Annotated[int | None, arg(metavar="INT", help_behavior_hint="(default: the network's)")] = None
    """Batches: 2000 for the cue's network; 300 of 32 triplets for a matcher, or 100 epochs if its optimizer is the
    paper's."""
    matcher: Annotated[
        Literal["siamese", "triplet-euc", "triplet-sim"] | None, arg(help_behavior_hint="(default: the cue's network)")
    ] = None
    """Which matching network."""
    modality: Literal["image", "flow", "flow-absolute"] = "flow"
    """What a matcher sees: gray pictures, flow as printed, or flow that keeps absolute speed."""
    head: Literal["dense", "dense-printed", "heat-map", "heat-map-corrected", "cnn", "bilstm"] = "dense"
    """What tells the delay from what a matcher says."""
    encoder: Annotated[
        Literal["paper", "efficient"] | None, arg(help_behavior_hint="(default: efficient; preset paper: paper)")
    ] = None
    """Of a matcher: what makes a vector of a picture. efficient: of EfficientNet's blocks."""
    preset: Literal["small", "paper"] = "small"
    """Of a matcher: pictures of 112 or 224 pixels. paper: as printed, for a GPU."""
    optimizer: Literal["one-cycle", "paper"] = "one-cycle"
    """Of a matcher. paper: as printed."""

    def check(self) -> None:
        """Refuse usage that makes no sense."""
        from viewsync.types import InputError

        super().check()
        of_matcher = ("modality", "head", "encoder", "preset", "optimizer")
        odd = [name for name in of_matcher if getattr(self, name) != getattr(Stereo, name)]
        if self.matcher is None and odd:
            raise InputError(f"--{odd[0]} is of a matcher. Say which: --matcher triplet-euc.")

    def train(self, progress: "Progress") -> str:
        """Train, print how good it is, and return the name of the weights."""
        from viewsync.stereo.recordings import split, stereo_recordings

        training, held_out = split(stereo_recordings(self.data), self.seed)
        train = self._cue if self.matcher is None else self._delay_networks
        return train(training, held_out, progress)

    def _cue(self, training: "_Recordings", held_out: "_Recordings", progress: "Progress") -> str:
        from viewsync.stereo.delay_training import NAME, Schedule, train

        steps = self.steps or _CUE_STEPS
        command = self.command(self.data, (), steps=steps)
        card = train(training, held_out, self.out, Schedule(steps), seed=self.seed, command=command, progress=progress)
        for clips, score in card.metrics.items():
            print(f"clips of {clips}: {score['right']:.1%} right, median error {score['median_error_seconds']:.4f} s")
        return NAME

    def _delay_networks(self, training: "_Recordings", held_out: "_Recordings", progress: "Progress") -> str:
        from viewsync.stereo.frames import PAPER_SIZE
        from viewsync.stereo.system import SMALL_SIZE
        from viewsync.stereo.train import train, weights_name

        assert self.matcher is not None
        encoder = self.encoder or ("paper" if self.preset == "paper" else "efficient")
        choices = {"matcher": self.matcher, "modality": self.modality, "head": self.head, "encoder": encoder}
        arguments = choices | {"size": PAPER_SIZE if self.preset == "paper" else SMALL_SIZE}
        steps = {} if self.steps is None else {"steps": self.steps}
        command = self.command(self.data, (), **choices, preset=self.preset, optimizer=self.optimizer, **steps)
        card = train(
            training, held_out, self.out, arguments, optimizer=self.optimizer, steps=self.steps, seed=self.seed,
            command=command, progress=progress,
        )  # fmt: skip
        for where, score in card.metrics["held out"].items():
            name = {"every": "all delays", "shared": "where 5 frames are shared"}[where]
            print(f"{name}: F1 {score['f1_macro']:.3f} (macro), mean error {score['mae_frames']:.2f} frames")
        return weights_name(self.matcher)
