"""What suite `pose3d` trains and measures: one process per core, and what is done is kept for the next time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from viewsync.benchmarks.jobs import Work, fingerprint
from viewsync.benchmarks.pose3d_stage import Stage
from viewsync.footage.desynchronizer import Latency
from viewsync.footage.lead import stretches
from viewsync.machine import this_machine
from viewsync.networks.checkpoints import ModelCard, load_network, save_network
from viewsync.pose3d.evaluate import relative_errors_mm
from viewsync.pose3d.footage import Sample
from viewsync.pose3d.pretraining import pretrained
from viewsync.pose3d.report import LATENCY, Figures, by_all_ways, scored
from viewsync.pose3d.samples import HUMAN36M_SECONDS, samples
from viewsync.pose3d.system import PoseNetwork
from viewsync.pose3d.train import PURPOSE
from viewsync.pose3d.training import Recipe, Schedule, arguments, trained

VOLUMETRIC = "volumetric"
TESTED_EVERY = 4
"""Of the films' instants: 0.32 s apart."""
_STRETCH_SECONDS = 4.0
"""Of test footage, that the intervals take for one piece of evidence."""
_RUNS_DEPEND_ON = (
    "networks/volumetric.py", "networks/cuboid.py", "networks/v2v.py", "networks/resnet.py", "networks/pose_backbone.py",
    "networks/algebraic_pose.py", "networks/triangulation.py", "networks/view_*.py", "networks/synchronized_views.py",
    "networks/epipolar_band.py", "networks/blocked_correlation.py", "geometry/epipolar.py", "geometry/triangulation.py",
    "footage/*.py", "pose3d/crops.py", "pose3d/footage.py", "pose3d/readers/*.py", "pose3d/samples.py", "pose3d/losses.py",
    "pose3d/system.py", "pose3d/pretraining.py", "pose3d/training.py", "pose3d/evaluate.py", "pose3d/metrics.py",
    "benchmarks/pose3d_runs.py",
)  # fmt: skip
"""Beside films: code, but for its words."""


@dataclass(frozen=True)
class Learning:
    """The same for all rows."""

    pretraining: Schedule
    """Of the backbone, once."""
    first: Schedule
    """Of BaseS on synchronized pictures, once: what all rows go on from."""
    further: Schedule
    """Of each row, BaseS among them."""
    voxels: int = 16
    """Along each side of the cuboid."""


@dataclass(frozen=True)
class Outcome:
    """Of a network; by random latency κ in the test, as text of seconds."""

    figures: Mapping[str, Figures]
    errors: Mapping[str, tuple[float, ...]]
    """Relative MPJPE of each frame by the volume, in mm."""
    stretches: Mapping[str, tuple[int, ...]]
    """To which each frame belongs."""


@dataclass(frozen=True)
class Job(Work[Stage, Outcome]):
    """A network, trained once."""

    recipe: Recipe
    latency_seconds: float | None
    """κ in training, and of the test beside that without latency. None: of BaseS, which is tested with each κ."""
    learning: Learning
    seed: int
    further: bool = True
    """False: what others go on from."""

    @property
    def base(self) -> "Job | None":
        """BaseS, from which all go on for as many steps."""
        recipe = Recipe("BaseS", volumetric_weight=self.recipe.volumetric_weight)
        return Job(recipe, None, self.learning, self.seed, further=False) if self.further else None

    def outcome(self, stage: Stage) -> Outcome:
        """How far off it is."""
        network, tests = self.network(stage), stage.tests()
        views = len(tests[0].cameras)
        latencies = HUMAN36M_SECONDS if self.latency_seconds is None else (self.latency_seconds,)
        shown = {
            f"{seconds:g}": samples(tests, Latency.at_random(views, seconds), stage.seed, TESTED_EVERY)
            for seconds in (0.0, *latencies)
        }
        measured = {seconds: _measured(network, some) for seconds, some in shown.items()}
        pieces = {seconds: tuple(stretches(some, _STRETCH_SECONDS).tolist()) for seconds, some in shown.items()}
        return Outcome(
            {seconds: figures for seconds, (figures, _) in measured.items()},
            {seconds: errors for seconds, (_, errors) in measured.items()}, pieces,
        )  # fmt: skip

    def network(self, stage: Stage) -> PoseNetwork:
        """Trained; kept, as others may go on from it."""
        path = self.weights(stage)
        if not path.is_file():
            footage, learning = stage.training(), self.learning
            latency = Latency.at_random(len(footage[0].cameras), self.latency_seconds or 0.0)
            if self.base is None:
                begin = pretrained(footage, learning.pretraining, seed=self.seed, voxels=learning.voxels)
                schedule = learning.first
            else:
                begin, schedule = self.base.network(stage), learning.further
            network = trained(
                self.recipe, footage, latency, schedule, seed=self.seed, voxels=learning.voxels, begin_from=begin
            )
            told = arguments(self.recipe.method, footage, latency, voxels=learning.voxels)
            save_network(path, network, self._card(told, stage))
        return load_network(path, PoseNetwork)

    def weights(self, stage: Stage) -> Path:
        """The file with its network."""
        return stage.folder / "networks" / f"{self.name(stage)}.safetensors"

    def name(self, stage: Stage) -> str:
        """Of files with its network and its outcome."""
        return fingerprint(_RUNS_DEPEND_ON, self)

    @staticmethod
    def read(said: Mapping[str, Any]) -> Outcome:
        """As it was kept."""
        errors, pieces = ({test: tuple(some) for test, some in said[name].items()} for name in ("errors", "stretches"))
        return Outcome(said["figures"], errors, pieces)

    def told(self, found: Outcome) -> str:
        """Relative errors."""
        recipe, learned = self.recipe, "" if self.latency_seconds is None else f", κ = {self.latency_seconds:g} s"
        errors = ", ".join(f"{mean(some):.1f} mm at {seconds} s" for seconds, some in found.errors.items())
        return f"{recipe.method}, γ = {recipe.warping_weight:g}{learned}{'' if self.further else ', first'}: {errors}"

    @classmethod
    def prepare(cls, new: Sequence["Job"], stage: Stage, cores: int, tell: Callable[[str], None]) -> None:
        """Render."""
        if new:
            stage.film(cores)
            tell(f"rendered: {stage.sizes.training} scenes to train on and {stage.sizes.tests} to test on")
            stage.training(), stage.tests()  # Here, so that processes don't prepare the same at once.

    def _card(self, told: Mapping[str, Any], stage: Stage) -> ModelCard:
        metrics = {LATENCY: self.latency_seconds or 0.0}
        return ModelCard(
            PURPOSE, dict(told), stage.described, stage.licence, "viewsync bench pose3d", self.seed, this_machine().commit,
            metrics,
        )  # fmt: skip


def _measured(network: PoseNetwork, shown: Sequence[Sample]) -> tuple[Figures, tuple[float, ...]]:
    """By all ways; and by the volume, frame by frame."""
    found = by_all_ways(network, shown)
    errors = relative_errors_mm(found[VOLUMETRIC], shown)
    return {way: scored(some, shown) for way, some in found.items()}, tuple(round(float(error), 3) for error in errors)
