"""What suite `counting` trains and measures: one process per core, and what is done is kept for the next time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from viewsync.benchmarks.counting_stage import Stage, WorldName
from viewsync.benchmarks.jobs import Work, fingerprint
from viewsync.counting.evaluate import Scores, count_errors, counted, mean_density, truths
from viewsync.counting.flows import FlowScore, counted_along_true_flow, flow_score
from viewsync.counting.footage import Sample
from viewsync.counting.samples import LatencyKind, latency_of
from viewsync.counting.system import Counter
from viewsync.counting.training import Recipe, Schedule, arguments, trained
from viewsync.footage.desynchronizer import Latency, samples
from viewsync.footage.lead import stretches
from viewsync.machine import this_machine
from viewsync.networks.checkpoints import ModelCard, load_network, save_network

TESTED_EVERY_SECONDS = 1.0
"""As CityStreet is."""
_STRETCH_SECONDS = 10.0
"""Of test footage, that the intervals take for one piece of evidence."""
_RUNS_DEPEND_ON = (
    "networks/mvms.py", "networks/mvms_layers.py", "networks/view_*.py", "networks/synchronized_views.py",
    "networks/epipolar_band.py", "networks/blocked_correlation.py", "networks/plane_sync.py", "geometry/ground_maps.py",
    "geometry/epipolar.py", "footage/*.py", "counting/places.py", "counting/footage.py", "counting/readers/*.py",
    "counting/samples.py", "counting/features.py", "counting/system.py", "counting/motion.py", "counting/training.py",
    "counting/evaluate.py", "counting/flows.py", "benchmarks/counting_runs.py",
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
    true_flow: Scores | None = None
    """Of BaseS with latency, if it were told the flow."""


@dataclass(frozen=True)
class Job(Work[Stage, Outcome]):
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
        truth, pieces = truths(late), tuple(stretches(late, _STRETCH_SECONDS).tolist())
        if self.recipe is None:
            said = [mean_density(footage)] * len(late)
            return Outcome({self.latency: Scores.of(said, truth)}, _tuple(count_errors(said, truth)), pieces)
        counter = self._counter(stage, latency)
        found = {kind: counted(counter, some) for kind, some in shown.items()}
        scores = {kind: Scores.of(found[kind], truths(shown[kind])) for kind in shown}
        ways = {one.name: stage.ways(one) for one in tests}
        in_pictures = self.recipe.method.startswith("CLS")
        flow = flow_score(counter, late, [ways[one.footage.name] for one in late]) if in_pictures else None
        told = None
        if self.recipe.method == "BaseS":
            told = Scores.of(counted_along_true_flow(counter, late, [ways[one.footage.name] for one in late]), truth)
        return Outcome(scores, _tuple(count_errors(found[self.latency], truth)), pieces, flow, told)

    def _counter(self, stage: Stage, latency: Latency) -> Counter:
        """Trained; kept, as others may go on from it."""
        path, footage = stage.folder / "networks" / f"{self.name(stage)}.safetensors", stage.training(self.world)
        if not path.is_file():
            assert self.recipe is not None
            base = None if self.base is None else self.base._counter(stage, latency)
            counter = trained(self.recipe, footage, latency, self.schedule, seed=self.seed, begin_from=base)
            told = arguments(self.recipe, footage, latency)
            data = f"World {self.world}, {len(footage)} scenes, {self.latency} latency of {self.latency_seconds:g} s."
            card = ModelCard(
                repr(self), told, data, "Apache-2.0", "viewsync bench counting", self.seed, this_machine().commit
            )
            save_network(path, counter, card)
        return load_network(path, Counter)

    def name(self, stage: Stage) -> str:
        """Of files with its network and its outcome."""
        return fingerprint(_RUNS_DEPEND_ON, self)

    @staticmethod
    def read(said: Mapping[str, Any]) -> Outcome:
        """As it was kept."""
        scores = {kind: Scores(**score) for kind, score in said["scores"].items()}
        flow = None if said["flow"] is None else FlowScore(**said["flow"])
        told = None if said["true_flow"] is None else Scores(**said["true_flow"])
        return Outcome(scores, tuple(said["errors"]), tuple(said["stretches"]), flow, told)

    def told(self, found: Outcome) -> str:
        """Both errors."""
        how = self.recipe
        what = "mean count" if how is None else f"{how.method}, {how.setting}, γ {how.similarity_weight * how.similarity:g}"
        scores = ", ".join(f"{kind}: MAE {score.mae:.2f}" for kind, score in found.scores.items())
        return f"{self.world}, {what}, {self.latency} latency, seed {self.seed}. {scores}"

    @classmethod
    def prepare(cls, new: Sequence["Job"], stage: Stage, cores: int, tell: Callable[[str], None]) -> None:
        """Render."""
        if new:
            stage.film(cores)
            tell("rendered: " + ", ".join(world for world, _ in stage.sizes))
            for world, _ in stage.sizes:
                stage.training(world), stage.tests(world)  # Here, so that processes don't prepare the same at once.


def _is_tested(sample: Sample) -> bool:
    return sample.instant % max(1, round(TESTED_EVERY_SECONDS * sample.footage.fps)) == 0


def _tuple(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
