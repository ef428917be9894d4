"""What suite `association` trains: one process per core, and what is done is kept for the next time."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

from viewsync.association.appearance import ColourHistogram, with_looks
from viewsync.association.frames import Session
from viewsync.association.matching import NetworkCost, calibrate, joint_outcomes
from viewsync.association.metrics import Metrics, measure
from viewsync.association.train import score
from viewsync.association.training import Schedule, trained
from viewsync.benchmarks.association_stage import Name, Stage
from viewsync.benchmarks.synnet_runs import _each
from viewsync.benchmarks.synnet_stage import code
from viewsync.files import write_whole
from viewsync.machine import this_machine
from viewsync.networks.checkpoints import ModelCard, load_card, load_network, save_network
from viewsync.networks.self_mva import SelfMVA

JOINTLY, SINGLY, AS_PUBLISHED = "all views at once", "view by view", "as published"
LOOKED_AT = "all views at once, with appearance"
_MINUTES = "training_cpu_minutes"
_TRAINED_BY = (
    "networks/self_mva.py", "association/frames.py", "association/sampling.py", "association/losses.py",
    "association/costs.py", "association/training.py", "association/readers/*.py", "benchmarks/association_stage.py",
)  # fmt: skip
"""Code that weights depend on, but for its words."""
_MEASURED_BY = (
    "association/matching.py", "association/clusters.py", "association/metrics.py", "association/train.py",
    "association/appearance.py", "association/pixels.py", "benchmarks/association_runs.py",
)  # fmt: skip
"""Code that results depend on besides."""


@dataclass(frozen=True)
class Job:
    """A network, trained once."""

    data: Name
    schedule: Schedule
    seed: int

    def network(self, stage: Stage) -> SelfMVA:
        """Trained and calibrated; kept."""
        path = _path(stage, self, "networks", ".safetensors", _training_code())
        if not path.is_file():
            self._train(stage)
        return load_network(path, SelfMVA)

    def _train(self, stage: Stage) -> None:
        parts, began = stage.parts(self.data), time.process_time()
        network = trained(parts["training"], parts["validation"], self.schedule, seed=self.seed)
        minutes = (time.process_time() - began) / 60
        calibrate(network, parts["validation"])
        arguments = {"cameras": list(network.cameras), **self.schedule.network, "seed": self.seed}
        card = ModelCard(
            repr(self), arguments, f"{self.data}: {len(parts['training'].frames)} instants.", "That of the recordings.",
            "viewsync bench association", self.seed, this_machine().commit, {_MINUTES: minutes},
        )  # fmt: skip
        save_network(_path(stage, self, "networks", ".safetensors", _training_code()), network, card)

    def outcome(self, stage: Stage) -> "Outcome":
        """How well it does."""
        network, test = self.network(stage), stage.parts(self.data)["test"]
        ways = {name: _metrics(found) for name, found in score(network, test, self.schedule).items()}
        looked_at = looks(stage, self.data)
        if looked_at is not None:
            cost = NetworkCost(network, looked_at, alpha=self.schedule.alpha)
            ways[LOOKED_AT] = measure(joint_outcomes(cost, looked_at.frames))
        card = load_card(_path(stage, self, "networks", ".safetensors", _training_code()))
        return Outcome(ways, float(card.metrics[_MINUTES]), len(stage.parts(self.data)["training"].frames))


@dataclass(frozen=True)
class Outcome:
    """Of a network."""

    ways: Mapping[str, Metrics]
    """By how people are matched."""
    cpu_minutes: float
    """Of training."""
    instants: int
    """Learned from."""


@cache
def looks(stage: Stage, name: Name) -> Session | None:
    """The test with what everybody looks like; None where there are no pictures."""
    test = stage.parts(name)["test"]
    if any(view.picture is None for frame in test.frames for view in frame.views if len(view)):
        return None
    return with_looks(test, ColourHistogram())


def follow(jobs: Sequence[Job], stage: Stage, tell: Callable[[str], None], cores: int | None = None) -> dict[Job, Outcome]:
    """Do jobs, but those whose results are kept.

    Args:
        jobs: What to do.
        stage: What it is done with; rendered first where that wasn't done yet.
        tell: Told of everything that is done.
        cores: How many processes work; as many as may be used if None. 1: this one.
    """
    cores = cores or this_machine().cores
    kept = {job: found for job in jobs if (found := _recalled(stage, job)) is not None}
    new = {repr(job): job for job in jobs if job not in kept}
    tell(f"{len(kept) + len(new)} runs, of which {len(kept)} are kept in {stage.folder}")
    stage.film(cores)
    tasks = {name: partial(_done, job, stage) for name, job in new.items()}
    for done, (name, found) in enumerate(_each(tasks, cores), start=1):
        kept[new[name]] = found
        tell(f"{done} of {len(new)} done, {found.cpu_minutes:.1f} min: {_told(new[name], found)}")
    return kept


def _told(job: Job, found: Outcome) -> str:
    how, shown = job.schedule, found.ways[JOINTLY]
    parts = f"{how.loss}, {how.steps} × {how.batch}, edges {how.edges}, re-projection {how.reprojection:g}, seed {job.seed}"
    return f"{job.data}, {parts}. ACC {shown.accuracy or 0:.3f}, F1 {shown.f1 or 0:.3f}"


def _done(job: Job, stage: Stage) -> Outcome:
    found = job.outcome(stage)
    write_whole(_path(stage, job), json.dumps({"job": repr(job), "outcome": asdict(found)}, indent=1).encode())
    return found


def _recalled(stage: Stage, job: Job) -> Outcome | None:
    try:
        said = json.loads(_path(stage, job).read_bytes())["outcome"]
    except FileNotFoundError:
        return None
    return Outcome({name: _metrics(one) for name, one in said["ways"].items()}, said["cpu_minutes"], said["instants"])


def _metrics(said: Mapping[str, object]) -> Metrics:
    return Metrics(**{**said, "ipaa": tuple(said["ipaa"])})  # type: ignore[arg-type]  # As `asdict` told them.


def _path(stage: Stage, job: Job, folder: str = "runs", suffix: str = ".json", depends_on: str = "") -> Path:
    said = f"{depends_on or _code()} {job}"
    return stage.folder / folder / (hashlib.sha256(said.encode()).hexdigest()[:16] + suffix)


@cache
def _code() -> str:
    return code((*_TRAINED_BY, *_MEASURED_BY))


@cache
def _training_code() -> str:
    return code(_TRAINED_BY)
