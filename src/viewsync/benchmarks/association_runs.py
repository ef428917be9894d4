"""What suite `association` trains: one process per core, and what is done is kept for the next time."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from viewsync.association.appearance import ColourHistogram, with_looks
from viewsync.association.frames import Session
from viewsync.association.matching import NetworkCost, calibrate, joint_outcomes
from viewsync.association.metrics import Metrics, measure
from viewsync.association.train import score
from viewsync.association.training import Schedule, trained
from viewsync.benchmarks.association_stage import Name, Stage
from viewsync.benchmarks.jobs import Work, fingerprint
from viewsync.machine import this_machine
from viewsync.networks.checkpoints import ModelCard, load_card, load_network, save_network
from viewsync.networks.self_mva import SelfMVA

JOINTLY, SINGLY, AS_PUBLISHED = "all views at once", "view by view", "as published"
LOOKED_AT = "all views at once, with appearance"
_MINUTES = "training_cpu_minutes"
_TRAINED_BY = (
    "networks/self_mva.py", "association/frames.py", "association/sampling.py", "association/losses.py",
    "association/costs.py", "association/training.py", "association/upright.py", "association/registration.py",
    "association/placed.py", "association/placement.py", "association/readers/*.py", "benchmarks/association_stage.py",
)  # fmt: skip
"""Code that weights depend on, but for its words."""
_MEASURED_BY = (
    "association/matching.py", "association/clusters.py", "association/metrics.py", "association/train.py",
    "association/appearance.py", "association/pixels.py", "benchmarks/association_runs.py",
)  # fmt: skip
"""Code that results depend on besides."""


@dataclass(frozen=True)
class Outcome:
    """Of a network."""

    ways: Mapping[str, Metrics]
    """By how people are matched."""
    cpu_minutes: float
    """Of training."""
    instants: int
    """Learned from."""


@dataclass(frozen=True)
class Job(Work[Stage, Outcome]):
    """A network, trained once."""

    data: Name
    schedule: Schedule
    seed: int

    def network(self, stage: Stage) -> SelfMVA:
        """Trained and calibrated; kept."""
        path = self._weights(stage)
        if not path.is_file():
            self._train(stage)
        return load_network(path, SelfMVA)

    def _train(self, stage: Stage) -> None:
        parts, began = stage.parts(self.data), time.process_time()
        network = trained(parts["training"], parts["validation"], self.schedule, seed=self.seed)
        minutes = (time.process_time() - began) / 60
        calibrate(network, parts["validation"])
        arguments = {"cameras": network.cameras, "sizes": network.sizes, **self.schedule.network, "seed": self.seed}
        card = ModelCard(
            repr(self), arguments, f"{self.data}: {len(parts['training'].frames)} instants.", "That of the recordings.",
            "viewsync bench association", self.seed, this_machine().commit, {_MINUTES: minutes},
        )  # fmt: skip
        save_network(self._weights(stage), network, card)

    def _weights(self, stage: Stage) -> Path:
        """Where they are kept: they outlast another way to measure."""
        return stage.folder / "networks" / f"{fingerprint(_TRAINED_BY, self)}.safetensors"

    def outcome(self, stage: Stage) -> Outcome:
        """How well it does."""
        network, test = self.network(stage), stage.parts(self.data)["test"]
        ways = {name: _metrics(found) for name, found in score(network, test, self.schedule).items()}
        looked_at = looks(stage, self.data)
        if looked_at is not None:
            cost = NetworkCost(network, looked_at, alpha=self.schedule.alpha)
            ways[LOOKED_AT] = measure(joint_outcomes(cost, looked_at.frames))
        card = load_card(self._weights(stage))
        return Outcome(ways, float(card.metrics[_MINUTES]), len(stage.parts(self.data)["training"].frames))

    def name(self, stage: Stage) -> str:
        """Of the outcome's file."""
        return fingerprint((*_TRAINED_BY, *_MEASURED_BY), self)

    @staticmethod
    def read(said: Mapping[str, Any]) -> Outcome:
        """As it was kept."""
        return Outcome({name: _metrics(one) for name, one in said["ways"].items()}, said["cpu_minutes"], said["instants"])

    def told(self, found: Outcome) -> str:
        """All views at once."""
        how, shown = self.schedule, found.ways[JOINTLY]
        parts = f"{how.loss}, {how.steps} × {how.batch}, edges {how.edges}, re-projection {how.reprojection:g}"
        return f"{self.data}, {parts}, seed {self.seed}. ACC {shown.accuracy or 0:.3f}, F1 {shown.f1 or 0:.3f}"

    @classmethod
    def prepare(cls, new: Sequence["Job"], stage: Stage, cores: int, tell: Callable[[str], None]) -> None:
        """Render, even if all outcomes are kept: the tables look at it, too."""
        stage.film(cores)


@cache
def looks(stage: Stage, name: Name) -> Session | None:
    """The test with what everybody looks like; None where there are no pictures."""
    test = stage.parts(name)["test"]
    if any(view.picture is None for frame in test.frames for view in frame.views if len(view)):
        return None
    return with_looks(test, ColourHistogram())


def _metrics(said: Mapping[str, object]) -> Metrics:
    return Metrics(**{**said, "ipaa": tuple(said["ipaa"])})  # type: ignore[arg-type]  # As `asdict` told them.
