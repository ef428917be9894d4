"""What suite `synnet` trains and measures: one process per core, and what is done is kept for the next time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from viewsync.benchmarks.jobs import Work, each, fingerprint
from viewsync.benchmarks.synnet_cue import told_by_pose_cue
from viewsync.benchmarks.synnet_stage import MATERIALS, PICTURE_PIXELS, Stage
from viewsync.networks.checkpoints import load_network, shipped
from viewsync.networks.offset_baselines import Korbar, Wieschollek, contrastive_loss, triplet_loss
from viewsync.networks.synnet import OffsetNetwork, SynNet
from viewsync.synnet.clips import Clips, Sampling, fixed_clips
from viewsync.synnet.evaluate import Inputs, logits
from viewsync.synnet.losses import Penalty, shift_loss
from viewsync.synnet.scenes import Scene
from viewsync.synnet.streams import CHANNELS, Stream
from viewsync.synnet.training import Loss, Schedule, trained
from viewsync.synnet.trials import Figures, crowd_clips, crowd_figures

Who = Literal["SynNet", "Wieschollek", "Korbar", "shipped weights", "pose cue"]
Told = Callable[[Clips], Float[np.ndarray, " pair"]]
"""The class found for each pair."""
TRAINED: dict[Who, tuple[type[OffsetNetwork], Loss]] = {
    "SynNet": (SynNet, shift_loss),
    "Wieschollek": (Wieschollek, triplet_loss),
    "Korbar": (Korbar, contrastive_loss),
}
"""What is trained, and by which loss."""
_RUNS_DEPEND_ON = (
    "networks/resnet.py", "networks/synnet.py", "networks/offset_baselines.py", "synnet/clips.py", "networks/heatmaps.py",
    "synnet/streams.py", "synnet/losses.py", "synnet/training.py", "synnet/evaluate.py", "synnet/trials.py",
    "benchmarks/synnet_runs.py",
)  # fmt: skip
"""Beside films: code, but for its words."""


@dataclass(frozen=True)
class Recipe:
    """What is measured, and how it is trained."""

    who: Who = "SynNet"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Of the network, beside its input's channels."""
    stride: int = 4
    joints: int = 18
    streams: tuple[Stream, ...] = ()
    """What is given of people in rendered pictures. None: heat-maps of people before random cameras."""
    penalty: Penalty = "expected"

    def __str__(self) -> str:
        usual = vars(Recipe())
        return ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if value != usual[name]) or "whole"


@dataclass(frozen=True)
class Job(Work[Stage, dict[str, Figures]]):
    """A recipe, followed once."""

    recipe: Recipe
    seed: int
    schedule: Schedule
    per_shift: int
    """Test pairs."""

    def outcome(self, stage: Stage) -> dict[str, Figures]:
        """How well it does, by test."""
        if self.recipe.streams:
            return self._of_pictures(stage)
        told, sampling = self._told(stage), Sampling(stride=self.recipe.stride)
        found = {}
        for material in ("random cameras", "world pair"):
            clips = fixed_clips(_scenes(stage, material), sampling, self.per_shift, stage.seed)
            found[material] = Figures.of(told(clips), clips.classes.numpy(), self.recipe.stride)
        crowd = crowd_clips(stage.people("world group"), sampling, self.per_shift, stage.seed)
        return found | crowd_figures(told(crowd.clips), crowd, self.recipe.stride)

    def _told(self, stage: Stage) -> Told:
        if self.recipe.who == "pose cue":
            return partial(told_by_pose_cue, sampling=Sampling(stride=self.recipe.stride))
        if self.recipe.who == "shipped weights":
            return _told_by(load_network(shipped("synnet"), SynNet))
        return _told_by(self._network((self.recipe.joints,), _scenes(stage, "training")))

    def _of_pictures(self, stage: Stage) -> dict[str, Figures]:
        """Of pictures, flow or poses in rendered scenes."""
        frames, unseen = (_frames(stage, held_out) for held_out in (False, True))
        channels = tuple(CHANNELS[stream] for stream in self.recipe.streams)
        network = self._network(channels, frames.scenes, frames.inputs(self.recipe.streams))
        clips = fixed_clips(unseen.scenes, Sampling(), self.per_shift, stage.seed)
        found = _told_by(network, unseen.inputs(self.recipe.streams))(clips)
        return {"rendered pairs": Figures.of(found, clips.classes.numpy(), self.recipe.stride)}

    def _network(self, channels: tuple[int, ...], scenes: Sequence[Scene], inputs: Inputs | None = None) -> OffsetNetwork:
        kind, loss = TRAINED[self.recipe.who]
        if kind is SynNet:
            loss = partial(shift_loss, penalty=self.recipe.penalty)
        size = {"map_pixels": PICTURE_PIXELS} if self.recipe.streams else {}
        make, sampling = partial(kind, channels, **size, **self.recipe.arguments), Sampling(stride=self.recipe.stride)
        return trained(make, scenes, self.schedule, seed=self.seed, sampling=sampling, inputs=inputs, loss=loss)

    def name(self, stage: Stage) -> str | None:
        """None where nothing is trained, which takes no time."""
        return fingerprint(_RUNS_DEPEND_ON, self) if self.recipe.who in TRAINED else None

    @staticmethod
    def read(said: Mapping[str, Mapping[str, Any]]) -> dict[str, Figures]:
        """As they were kept."""
        return {test: Figures(**one) for test, one in said.items()}

    def told(self, found: Mapping[str, Figures]) -> str:
        """All accuracies."""
        return f"{self.recipe}; seed {self.seed}: " + ", ".join(f"{test} {one.accuracy:.1%}" for test, one in found.items())

    @classmethod
    def prepare(cls, new: Sequence["Job"], stage: Stage, cores: int, tell: Callable[[str], None]) -> None:
        """Film."""
        films = _films(stage, any(job.recipe.streams for job in new)) if new else {}
        for done, (what, _) in enumerate(each(films, cores), start=1):
            tell(f"{done} of {len(films)} filmed: {what}")


def _told_by(network: OffsetNetwork, inputs: Inputs | None = None) -> Told:
    return lambda clips: logits(network, clips, inputs).argmax(1).double().numpy()


_scenes, _frames = cache(Stage.scenes), cache(Stage.frames)
"""A process reads what it needs but once."""


def _films(stage: Stage, pictures: bool) -> dict[str, Callable[[], None]]:
    """What is to be filmed, by name."""
    films: dict[str, Callable[[], None]] = {material: partial(stage.film, material) for material in MATERIALS}
    for held_out, purpose in ((False, "training"), (True, "tests")) if pictures else ():
        for number in range(stage.reels(held_out)):
            films[f"pictures for {purpose}, reel {number + 1}"] = partial(stage.film_reel, number, held_out)
    return films
