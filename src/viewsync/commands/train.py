"""`viewsync train`."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, arg

from viewsync.commands.terminal import progress_bars

if TYPE_CHECKING:
    from viewsync.progress import Progress
    from viewsync.stereo.recordings import StereoRecording

    _Recordings = tuple[StereoRecording, ...]

# Fewer teach nothing, and a rate that rises for a single step makes PyTorch divide by zero.
_FEWEST_STEPS = 100
_USUAL_STEPS = {"pose": 2400, "synnet": 16000, "stereo": 2000}


@dataclass(frozen=True)
class Train:
    """Train a network of the package anew: weights and a card that says what they are and how good.

    pose: the embedding of what bodies do, for the pose cue (docs/cues/pose-embedding.md). Takes twenty minutes of one
    core.
    synnet: SynNet, which tells the shift between two clips of a second. Takes forty minutes of one core; the state and
    the logs are kept beside the weights.
    stereo: the network of the stereo cue (docs/cues/stereo.md), or, with --matcher, the delay networks of Boizard et al.
    (docs/stereo.md), which take ten minutes of one core.

    Needs the extra `viewsync[train]`.

    Exit codes: 0 trained; 2 bad usage, or data that can't be read.
    """

    network: Annotated[
        Positional[Literal["pose", "synnet", "stereo"]], arg(metavar="NETWORK", help_behavior_hint="(required)")
    ]
    """Which one: pose, synnet or stereo."""
    data: Annotated[Positional[Path | None], arg(metavar="DATA", help_behavior_hint="(stereo: required)")] = None
    """Of stereo: a folder of synchronized left and right recordings, such as viewsync render stereo makes."""
    motions: Annotated[tuple[Path, ...], arg(metavar="DIR ...")] = ()
    """Folders of motion capture (ASF/AMC, BVH, DeepMimic) for pose and synnet; none: people do what the package makes up
    only."""
    seed: int = 0
    """Seed of everything random."""
    steps: Annotated[int | None, arg(metavar="INT", help_behavior_hint="(default: the network's)")] = None
    """Batches: 2400 of 32 pairs of views for pose, 16,000 of 8 windows of clips for synnet, 2000 for stereo, 300 of 32
    triplets for a matcher, or 100 epochs if its optimizer is the paper's."""
    preset: Literal["small", "paper"] = "small"
    """Size of synnet, or of a matcher's pictures (112 or 224 pixels). paper: as printed, for a GPU."""
    optimizer: Literal["one-cycle", "paper"] = "one-cycle"
    """Of synnet and of matchers. paper: as printed."""
    matcher: Annotated[
        Literal["siamese", "triplet-euc", "triplet-sim"] | None, arg(help_behavior_hint="(default: the cue's network)")
    ] = None
    """Of stereo: which matching network."""
    modality: Literal["image", "flow", "flow-absolute"] = "flow"
    """What a matcher sees: gray pictures, flow as printed, or flow that keeps absolute speed."""
    head: Literal["dense", "dense-printed", "heat-map", "heat-map-corrected", "cnn", "bilstm"] = "dense"
    """What tells the delay from what a matcher says."""
    encoder: Literal["paper", "efficient"] = "paper"
    """Of a matcher: what makes a vector of a picture. efficient: of EfficientNet's blocks."""
    resume: bool = False
    """Go on with the training of synnet whose state is in the folder."""
    out: Annotated[Path, arg(aliases=["-o"], metavar="PATH")] = Path("out")
    """Folder for the weights and their card."""

    def run(self) -> int:
        """Train, and say where and how good."""
        from viewsync.files import prepare_folder
        from viewsync.types import InputError

        self._check()
        prepare_folder(self.out)
        ways: dict[str, Callable[[Progress], str]] = {"pose": self._pose, "synnet": self._synnet, "stereo": self._stereo}
        try:
            with progress_bars() as progress:
                name = ways[self.network](progress)
        except ModuleNotFoundError as error:
            raise InputError(
                f"{error.name} is missing. Install what training needs: pip install 'viewsync[train]'."
            ) from error
        print(f"{self.out / name}.safetensors, and its card in {name}.json")
        return 0

    def _check(self) -> None:
        """Refuse usage that makes no sense."""
        from viewsync.types import InputError

        if self.steps is not None and self.steps < _FEWEST_STEPS:
            raise InputError(f"--steps must be {_FEWEST_STEPS} or greater, got {self.steps}.")
        if not 0 <= self.seed < 2**63:
            raise InputError(f"--seed must be from 0 to 2^63 - 1, got {self.seed}.")
        if self.resume and self.network != "synnet":
            raise InputError("--resume is for synnet only. Leave it out.")
        sized = self.network == "synnet" or self.matcher is not None
        if not sized and (self.preset != "small" or self.optimizer != "one-cycle"):
            raise InputError("--preset and --optimizer are for synnet, and for stereo with --matcher. Leave them out.")
        if self.network != "stereo" and (self.data is not None or self.matcher is not None):
            raise InputError("DATA and --matcher are for stereo only. Leave them out.")
        if self.network == "stereo" and (self.data is None or self.motions):
            raise InputError("stereo learns from a folder of stereo recordings: viewsync train stereo DATA, no --motions.")
        if self.matcher is None and (self.modality, self.head, self.encoder) != ("flow", "dense", "paper"):
            raise InputError("--modality, --head and --encoder are of a matcher. Say which: --matcher triplet-euc.")

    def _pose(self, progress: "Progress") -> str:
        from viewsync.pose_embedding.train import NAME, train

        steps = self.steps or _USUAL_STEPS["pose"]
        card = train(
            self.motions, self.out, seed=self.seed, steps=steps, command=self._command(steps=steps), progress=progress
        )
        for condition, score in card.metrics.items():
            print(f"{condition}: median {score['median_ms']:.1f} ms, {score['beyond_100_ms']:.0%} off by over 100 ms")
        return NAME

    def _synnet(self, progress: "Progress") -> str:
        from viewsync.synnet.train import NAME, train
        from viewsync.synnet.training import Schedule

        steps = self.steps or _USUAL_STEPS["synnet"]
        if self.optimizer == "paper":
            schedule = Schedule(steps, windows=1, pairs_per_shift=1, optimizer="paper")
        else:
            schedule = Schedule(steps)
        command = self._command(steps=steps, preset=self.preset, optimizer=self.optimizer)
        card = train(
            self.motions, self.out, preset=self.preset, schedule=schedule, seed=self.seed, command=command,
            resume=self.resume, progress=progress,
        )  # fmt: skip
        for condition, score in card.metrics.items():
            print(f"{condition}: accuracy {score['accuracy']:.1%}, SynError {score['syn_error_seconds']:.3f} s")
        return NAME

    def _stereo(self, progress: "Progress") -> str:
        from viewsync.stereo.recordings import split, stereo_recordings

        assert self.data is not None
        training, held_out = split(stereo_recordings(self.data), self.seed)
        train = self._cue if self.matcher is None else self._delay_networks
        return train(training, held_out, progress)

    def _cue(self, training: "_Recordings", held_out: "_Recordings", progress: "Progress") -> str:
        from viewsync.stereo.delay_training import NAME, Schedule, train

        steps = self.steps or _USUAL_STEPS["stereo"]
        command = self._command(steps=steps)
        card = train(training, held_out, self.out, Schedule(steps), seed=self.seed, command=command, progress=progress)
        for clips, score in card.metrics.items():
            print(f"clips of {clips}: {score['right']:.1%} right, median error {score['median_error_seconds']:.4f} s")
        return NAME

    def _delay_networks(self, training: "_Recordings", held_out: "_Recordings", progress: "Progress") -> str:
        from viewsync.stereo.frames import PAPER_SIZE
        from viewsync.stereo.system import SMALL_SIZE
        from viewsync.stereo.train import train, weights_name

        assert self.matcher is not None
        choices = {"matcher": self.matcher, "modality": self.modality, "head": self.head, "encoder": self.encoder}
        arguments = choices | {"size": PAPER_SIZE if self.preset == "paper" else SMALL_SIZE}
        steps = {} if self.steps is None else {"steps": self.steps}
        card = train(
            training, held_out, self.out, arguments, optimizer=self.optimizer, steps=self.steps, seed=self.seed,
            command=self._command(**choices, preset=self.preset, optimizer=self.optimizer, **steps), progress=progress,
        )  # fmt: skip
        for where, score in card.metrics["held out"].items():
            name = {"every": "all delays", "shared": "where 5 frames are shared"}[where]
            print(f"{name}: F1 {score['f1_macro']:.3f} (macro), mean error {score['mae_frames']:.2f} frames")
        return weights_name(self.matcher)

    def _command(self, **options: str | int) -> str:
        """For the card: folders by name alone, as where they lie is nobody's business."""
        data = [] if self.data is None else [self.data.resolve().name]
        motions = ["--motions", *(folder.resolve().name for folder in self.motions)] if self.motions else []
        given = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        return shlex.join(["viewsync", "train", self.network, *data, *motions, "--seed", str(self.seed), *given])
