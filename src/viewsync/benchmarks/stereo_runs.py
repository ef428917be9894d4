"""What suite `stereo` trains and measures: one process per core, and what is done is kept for the next time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2

from viewsync.benchmarks.jobs import Work, each, fingerprint
from viewsync.benchmarks.stereo_stage import SETS, Stage, frames
from viewsync.benchmarks.takes import data_folder
from viewsync.networks.checkpoints import load_network, shipped
from viewsync.networks.delay import DelayHead
from viewsync.networks.stereo import Matcher, MatchingNetwork
from viewsync.networks.stereo_delay import DelayNetwork
from viewsync.stereo.clips import stereo_fields
from viewsync.stereo.delay_training import NAME
from viewsync.stereo.embedding import embedded
from viewsync.stereo.evaluate import Score, Scores, delays_believed, delays_found
from viewsync.stereo.frames import PAPER_SIZE, Modality
from viewsync.stereo.peer import peer_delay, peer_matcher
from viewsync.stereo.sampling import sequences
from viewsync.stereo.system import Head, delay_network
from viewsync.stereo.training import Schedule, trained_delay, trained_matcher

Who = Matcher | Literal["peer", "cue"]
"""A matching network trained here, the authors' own weights, or the cue's network as it comes with the package."""
By = dict[str, dict[str, Scores]]
"""By delay network, by test set."""
HEADS: tuple[Head, ...] = ("dense", "dense-printed", "cnn", "heat-map", "heat-map-corrected")
_MAPS: tuple[Head, ...] = ("heat-map", "heat-map-corrected")
PEER = "numediart_weights"
_RUNS_DEPEND_ON = (
    "networks/stereo.py", "networks/delay.py", "stereo/losses.py", "stereo/sampling.py", "stereo/flow.py",
    "stereo/frames.py", "stereo/system.py", "stereo/embedding.py", "stereo/training.py", "stereo/evaluate.py",
    "stereo/peer.py", "benchmarks/stereo_runs.py",
)  # fmt: skip
"""Beside films: code, but for its words."""


@dataclass(frozen=True)
class Job(Work[Stage, By]):
    """A matching network with every delay network, held against every set but the one it was trained on."""

    who: Who
    modality: Modality
    trained_on: str
    """A set; empty where nothing is trained."""
    seed: int
    schedule: Schedule
    sequences: int
    """Of each test set."""

    def outcome(self, stage: Stage) -> By:
        """How well it does."""
        cv2.setNumThreads(1)  # Processes share the cores.
        if self.who == "cue":
            return {"cue": {name: self._of_cue(stage, name) for name in stage.test_sets}}
        matcher, heads, size = self._networks(stage)
        tests = [name for name in stage.test_sets if name != self.trained_on]
        found: By = {name: {} for name in heads}
        for test in tests:
            recordings = frames(stage.tests(test), self.modality, size)
            looked_at = [embedded(matcher, one) for one in recordings]
            clips = sequences(recordings, self.sequences, stage.seed)
            for name, head in heads.items():
                found[name][test] = Scores.of(delays_found(matcher, head, looked_at, clips), clips.delay)
        return found

    def _networks(self, stage: Stage) -> tuple[MatchingNetwork, dict[str, DelayHead], int]:
        """Both, and the size of their pictures."""
        if self.who == "peer":
            folder = data_folder(stage.data) / PEER
            matcher: MatchingNetwork = peer_matcher(folder)
            maps: dict[str, DelayHead] = {name: delay_network(name, matcher).eval() for name in _MAPS}
            return matcher, {"dense-printed": peer_delay(folder), **maps}, PAPER_SIZE
        assert self.who != "cue"
        seen, pixels = stage.training(self.trained_on), stage.sizes.pixels
        recordings = frames(seen, self.modality, pixels)
        matcher = trained_matcher(self.who, recordings, self.schedule, seed=self.seed)
        looked_at = [embedded(matcher, one) for one in recordings]
        heads: dict[str, DelayHead] = {
            name: trained_delay(name, matcher, looked_at, self.schedule, seed=self.seed) for name in HEADS
        }
        return matcher, heads, pixels

    def _of_cue(self, stage: Stage, test: str) -> Scores:
        """On the very clips of flow that the others are given."""
        recordings = stage.tests(test)
        clips = sequences(frames(recordings, "flow", stage.sizes.pixels), self.sequences, stage.seed)
        fields = [stereo_fields(one) for one in recordings]
        return Scores.of(delays_believed(load_network(shipped(NAME), DelayNetwork), fields, clips), clips.delay)

    def name(self, stage: Stage) -> str | None:
        """None for the cue, whose figures depend on more than this code."""
        return None if self.who == "cue" else fingerprint(_RUNS_DEPEND_ON, self, stage.test_sets)

    @staticmethod
    def read(said: Mapping[str, Mapping[str, Any]]) -> By:
        """As it was kept."""
        return {head: {test: _scores(one) for test, one in by_set.items()} for head, by_set in said.items()}

    def told(self, found: By) -> str:
        """All F1."""
        scores = "; ".join(
            f"{head}: " + ", ".join(f"{test} {score.every.f1_macro:.2f}" for test, score in by_set.items())
            for head, by_set in found.items()
        )
        return f"{self.who}, {self.modality}, trained on {self.trained_on or 'other data'}. F1 of {scores}"

    @classmethod
    def prepare(cls, new: Sequence["Job"], stage: Stage, cores: int, tell: Callable[[str], None]) -> None:
        """Render, and make the networks' frames."""
        if new:
            stage.film(cores)
            tell(f"rendered: {', '.join(SETS)}")
            tasks = stage.preparations(any(job.who == "peer" for job in new))
            for done, (what, _) in enumerate(each(tasks, cores), start=1):
                tell(f"{done} prepared: {what}")


def _scores(said: Mapping[str, Mapping[str, float]]) -> Scores:
    every, shared = (
        Score(int(said[name]["sequences"]), *(said[name][key] for key in ("f1_macro", "f1_weighted", "exact", "mae_frames")))
        for name in ("every", "shared")
    )
    return Scores(every, shared)
