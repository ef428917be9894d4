"""What suite `synnet` trains and measures: one process per core, and what is done is kept for the next time."""

import hashlib
import json
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import torch
from jaxtyping import Float
from threadpoolctl import threadpool_limits

from viewsync.benchmarks.synnet_cue import told_by_pose_cue
from viewsync.benchmarks.synnet_stage import MATERIALS, PICTURE_PIXELS, Stage, code
from viewsync.files import write_whole
from viewsync.machine import this_machine
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
Done = TypeVar("Done")
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
class Job:
    """A recipe, followed once."""

    recipe: Recipe
    seed: int
    schedule: Schedule
    per_shift: int
    """Test pairs."""

    def figures(self, stage: Stage) -> dict[str, Figures]:
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


def _told_by(network: OffsetNetwork, inputs: Inputs | None = None) -> Told:
    return lambda clips: logits(network, clips, inputs).argmax(1).double().numpy()


_scenes, _frames = cache(Stage.scenes), cache(Stage.frames)
"""A process reads what it needs but once."""


# ── many jobs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def follow(
    jobs: Sequence[Job], stage: Stage, tell: Callable[[str], None], cores: int | None = None
) -> list[dict[str, Figures]]:
    """Do jobs, those that are equal but once, and those whose results are kept not at all.

    Args:
        jobs: What to do.
        stage: Whom it is done with; filmed first where that wasn't done yet.
        tell: Told of everything that is done.
        cores: How many processes work; as many as there are cores if None. 1: this one.
    """
    cores = cores or this_machine().cores
    different = {repr(job): job for job in jobs}
    kept = {name: found for name, job in different.items() if (found := _recalled(stage, job)) is not None}
    new = [name for name in different if name not in kept]
    tell(f"{len(different)} runs, of which {len(kept)} are kept in {stage.folder}")
    films = _films(stage, any(different[name].recipe.streams for name in new)) if new else {}
    for done, (what, _) in enumerate(_each(films, cores), start=1):
        tell(f"{done} of {len(films)} filmed: {what}")
    for done, (name, (found, minutes)) in enumerate(
        _each({name: partial(_done, different[name], stage) for name in new}, cores), start=1
    ):
        kept[name] = found
        job, said = different[name], ", ".join(f"{test} {figures.accuracy:.1%}" for test, figures in found.items())
        tell(f"{done} of {len(new)} done, {minutes:.1f} min: {job.recipe}; seed {job.seed}: {said}")
    return [kept[repr(job)] for job in jobs]


def _films(stage: Stage, pictures: bool) -> dict[str, Callable[[], None]]:
    """What is to be filmed, by name."""
    films: dict[str, Callable[[], None]] = {material: partial(stage.film, material) for material in MATERIALS}
    for held_out, purpose in ((False, "training"), (True, "tests")) if pictures else ():
        for number in range(stage.reels(held_out)):
            films[f"pictures for {purpose}, reel {number + 1}"] = partial(stage.film_reel, number, held_out)
    return films


def _done(job: Job, stage: Stage) -> tuple[dict[str, Figures], float]:
    """Results, kept where they took long, and minutes of a core."""
    began = time.process_time()
    found = job.figures(stage)
    minutes = (time.process_time() - began) / 60
    if job.recipe.who in TRAINED:
        said = {"job": repr(job), "cpu_minutes": minutes, "figures": {test: asdict(each) for test, each in found.items()}}
        write_whole(_path(stage, job), json.dumps(said, indent=1).encode())
    return found, minutes


def _recalled(stage: Stage, job: Job) -> dict[str, Figures] | None:
    try:
        said = json.loads(_path(stage, job).read_bytes())
    except FileNotFoundError:
        return None
    return {test: Figures(**each) for test, each in said["figures"].items()}


def _path(stage: Stage, job: Job) -> Path:
    said = f"{_code()} {job}"
    return stage.folder / "runs" / f"{hashlib.sha256(said.encode()).hexdigest()[:16]}.json"


@cache
def _code() -> str:
    return code(_RUNS_DEPEND_ON)


def _each(tasks: Mapping[str, Callable[[], Done]], cores: int) -> Iterator[tuple[str, Done]]:
    """What tasks return, in the order in which they end, with their names."""
    if cores == 1 or len(tasks) <= 1:
        yield from ((name, task()) for name, task in tasks.items())
        return
    with ProcessPoolExecutor(min(cores, len(tasks)), multiprocessing.get_context("spawn"), _begin) as pool:
        try:
            names = {pool.submit(task): name for name, task in tasks.items()}
            for future in as_completed(names):
                yield names[future], future.result()
        except BaseException:
            # Else the pool would wait for minutes.
            for process in multiprocessing.active_children():
                process.kill()
            raise


def _begin() -> None:
    """Processes share the cores: one thread each."""
    os.environ["LP_NUM_THREADS"] = "1"
    threadpool_limits(1)
    torch.set_num_threads(1)
