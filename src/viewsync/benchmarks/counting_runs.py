"""What suite `counting` trains and measures: one process per core, and what is done is kept for the next time."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from viewsync.benchmarks.counting_stage import Stage, WorldName
from viewsync.benchmarks.synnet_runs import _each
from viewsync.benchmarks.synnet_stage import code
from viewsync.counting.desynchronizer import Latency, Sample, samples
from viewsync.counting.evaluate import Scores, count_errors, counted, mean_density, truths
from viewsync.counting.flows import FlowScore, flow_score
from viewsync.counting.samples import LatencyKind, latency_of
from viewsync.counting.system import Counter
from viewsync.counting.training import Recipe, Schedule, arguments, trained
from viewsync.files import write_whole
from viewsync.machine import this_machine
from viewsync.networks.checkpoints import ModelCard, load_network, save_network

TESTED_EVERY_SECONDS = 1.0
"""As CityStreet is."""
_STRETCH_SECONDS = 10.0
"""Of test footage, that the intervals take for one piece of evidence."""
_RUNS_DEPEND_ON = (
    "networks/mvms.py", "networks/mvms_layers.py", "networks/view_*.py", "networks/synchronized_views.py",
    "networks/epipolar_band.py", "networks/blocked_correlation.py", "geometry/ground_maps.py", "geometry/epipolar.py",
    "counting/places.py", "counting/footage.py", "counting/desynchronizer.py", "counting/readers/*.py",
    "counting/samples.py", "counting/system.py", "counting/training.py", "counting/evaluate.py", "counting/flows.py",
    "benchmarks/counting_runs.py",
)  # fmt: skip
"""Beside films: code, but for its words."""


@dataclass(frozen=True)
class Outcome:
    """Of a network, or of the mean count."""

    scores: Mapping[LatencyKind, Scores]
    """By latency: that of the training, and none."""
    errors: tuple[float, ...]
    """|count − truth| of each frame, with latency."""
    stretches: tuple[int, ...]
    """To which each frame belongs."""
    flow: FlowScore | None = None
    """On people, where the network finds flow in pictures."""


@dataclass(frozen=True)
class Job:
    """A network, trained once."""

    recipe: Recipe | None
    """None: nothing is trained, and the mean of the training footage is always the answer."""
    world: WorldName
    latency: LatencyKind
    latency_seconds: float
    schedule: Schedule
    seed: int

    @property
    def base(self) -> "Job | None":
        """What this one goes on from: all that have synchronized pictures from BaseS, as BaseSU does."""
        if self.recipe is None or self.recipe.setting == "unsynced only" or self.recipe.method == "BaseS":
            return None
        return replace(self, recipe=Recipe("BaseS", self.recipe.setting))

    def outcome(self, stage: Stage) -> Outcome:
        """How well it does."""
        footage, tests = stage.training(self.world), stage.tests(self.world)
        latency = latency_of(self.latency, self.latency_seconds, len(footage[0].place.views))
        shown = {
            self.latency: samples(tests, latency, stage.seed),
            "none": samples(tests, latency_of("none", 0.0, len(footage[0].place.views)), stage.seed),
        }
        shown = {kind: [one for one in some if _is_tested(one)] for kind, some in shown.items()}
        late = shown[self.latency]
        truth, stretches = truths(late), _stretches(late)
        if self.recipe is None:
            said = [mean_density(footage)] * len(late)
            return Outcome({self.latency: Scores.of(said, truth)}, _tuple(count_errors(said, truth)), stretches)
        counter = self._counter(stage, latency)
        found = {kind: counted(counter, some) for kind, some in shown.items()}
        scores = {kind: Scores.of(found[kind], truths(shown[kind])) for kind in shown}
        ways = {one.name: stage.ways(one) for one in tests}
        in_pictures = self.recipe.method.startswith("CLS")
        flow = flow_score(counter, late, [ways[one.footage.name] for one in late]) if in_pictures else None
        return Outcome(scores, _tuple(count_errors(found[self.latency], truth)), stretches, flow)

    def _counter(self, stage: Stage, latency: Latency) -> Counter:
        """Trained; kept, as others may go on from it."""
        path, footage = _path(stage, self, "networks", ".safetensors"), stage.training(self.world)
        if not path.is_file():
            assert self.recipe is not None
            base = None if self.base is None else self.base._counter(stage, latency)
            counter = trained(self.recipe, footage, latency, self.schedule, seed=self.seed, begin_from=base)
            told = arguments(self.recipe.method, footage, latency)
            data = f"World {self.world}, {len(footage)} scenes, {self.latency} latency of {self.latency_seconds:g} s."
            card = ModelCard(
                repr(self), told, data, "Apache-2.0", "viewsync bench counting", self.seed, this_machine().commit
            )
            save_network(path, counter, card)
        return load_network(path, Counter)


def _is_tested(sample: Sample) -> bool:
    return sample.instant % max(1, round(TESTED_EVERY_SECONDS * sample.footage.fps)) == 0


def _stretches(shown: Sequence[Sample]) -> tuple[int, ...]:
    numbers: dict[tuple[str, int], int] = {}
    return tuple(
        numbers.setdefault((one.footage.name, int(one.instant / one.footage.fps / _STRETCH_SECONDS)), len(numbers))
        for one in shown
    )


def _tuple(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def follow(jobs: Sequence[Job], stage: Stage, tell: Callable[[str], None], cores: int | None = None) -> list[Outcome]:
    """Do jobs, but those whose results are kept; first those that others go on from.

    Args:
        jobs: What to do.
        stage: What it is done with; rendered first where that wasn't done yet.
        tell: Told of everything that is done.
        cores: How many processes work; as many as may be used if None. 1: this one.
    """
    cores = cores or this_machine().cores
    kept = {job: found for job in jobs if (found := _recalled(stage, job)) is not None}
    new = [job for job in jobs if job not in kept]
    tell(f"{len(jobs)} runs, of which {len(kept)} are kept in {stage.folder}")
    if new:
        stage.film(cores)
        tell("rendered: " + ", ".join(world for world, _ in stage.sizes))
        for world, _ in stage.sizes:
            stage.training(world), stage.tests(world)  # Here, so that processes don't prepare the same at once.
    bases = {job.base for job in jobs}
    for wave in ([job for job in new if job in bases], [job for job in new if job not in bases]):
        tasks = {repr(job): partial(_done, job, stage) for job in wave}
        by_name = {repr(job): job for job in wave}
        for done, (name, (found, minutes)) in enumerate(_each(tasks, cores), start=1):
            kept[by_name[name]] = found
            tell(f"{done} of {len(wave)} done, {minutes:.1f} min: {_told(by_name[name], found)}")
    return [kept[job] for job in jobs]


def _told(job: Job, found: Outcome) -> str:
    recipe = job.recipe
    what = "mean count" if recipe is None else f"{recipe.method}, {recipe.setting}, {'ℓs' if recipe.similarity else 'no ℓs'}"
    scores = ", ".join(f"{kind}: MAE {score.mae:.2f}" for kind, score in found.scores.items())
    return f"{job.world}, {what}, {job.latency} latency, seed {job.seed}. {scores}"


def _done(job: Job, stage: Stage) -> tuple[Outcome, float]:
    """Results, kept, and minutes of a core."""
    began = time.process_time()
    found = job.outcome(stage)
    minutes = (time.process_time() - began) / 60
    said = {"job": repr(job), "cpu_minutes": minutes, "outcome": asdict(found)}
    write_whole(_path(stage, job), json.dumps(said, indent=1).encode())
    return found, minutes


def _recalled(stage: Stage, job: Job) -> Outcome | None:
    try:
        said = json.loads(_path(stage, job).read_bytes())["outcome"]
    except FileNotFoundError:
        return None
    scores = {kind: Scores(**score) for kind, score in said["scores"].items()}
    flow = None if said["flow"] is None else FlowScore(**said["flow"])
    return Outcome(scores, tuple(said["errors"]), tuple(said["stretches"]), flow)


def _path(stage: Stage, job: Job, folder: str = "runs", suffix: str = ".json") -> Path:
    return stage.folder / folder / (hashlib.sha256(f"{_code()} {job}".encode()).hexdigest()[:16] + suffix)


@cache
def _code() -> str:
    return code(_RUNS_DEPEND_ON)
