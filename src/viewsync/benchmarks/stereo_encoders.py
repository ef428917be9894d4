"""The paper's small encoder beside the building blocks of EfficientNet, given equal time, on sets that neither has seen.

python -m viewsync.benchmarks.stereo_encoders --data rigs --minutes 5 --seeds 0 1
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import torch
import tyro
from rich.console import Console
from rich.table import Table

from viewsync.stereo.embedding import embedded
from viewsync.stereo.evaluate import Scores, delays_found
from viewsync.stereo.frames import PreparedRecording, prepared
from viewsync.stereo.recordings import stereo_recordings
from viewsync.stereo.sampling import sequences
from viewsync.stereo.system import SMALL_SIZE, EncoderKind
from viewsync.stereo.training import Schedule, trained_delay, trained_matcher
from viewsync.types import InputError

_TRAINED_ON = ("zed_p-", "zed_p2-")
_TIMED_STEPS = 8
_SEQUENCES = 2000
_TIMED = Schedule(steps=_TIMED_STEPS)


@dataclass(frozen=True)
class Trial:
    """One encoder, trained once."""

    encoder: EncoderKind
    seed: int
    steps: int
    """That the time was enough for."""
    minutes: float
    """Of a core, that the training took."""
    scores: Scores
    """Of all unseen sets together."""

    @classmethod
    def of(
        cls,
        encoder: EncoderKind,
        seen: Sequence[PreparedRecording],
        unseen: Sequence[PreparedRecording],
        minutes: float,
        seed: int,
    ) -> "Trial":
        """TripletEuc with DenseDelay on flow.

        Args:
            encoder: What makes a vector of a picture.
            seen: Recordings to train on.
            unseen: Recordings to test on.
            minutes: How long the matching network may be trained, of a core. The delay network is the same for all.
            seed: Of first weights, batches and clips.
        """
        began = time.process_time()
        trained_matcher("triplet-euc", seen, _TIMED, seed=seed, encoder=encoder)
        per_step = (time.process_time() - began) / _TIMED_STEPS
        schedule = replace(_TIMED, steps=max(1, round(60 * minutes / per_step)))
        began = time.process_time()
        matcher = trained_matcher("triplet-euc", seen, schedule, seed=seed, encoder=encoder)
        took = (time.process_time() - began) / 60
        head = trained_delay("dense", matcher, [embedded(matcher, one) for one in seen], schedule, seed=seed)
        clips = sequences(unseen, _SEQUENCES, seed)
        found = delays_found(matcher, head, [embedded(matcher, one) for one in unseen], clips)
        return cls(encoder, seed, schedule.steps, took, Scores.of(found, clips.delay))


def main(data: Path, minutes: float = 5.0, seeds: tuple[int, ...] = (0, 1)) -> None:
    """Train both on `zed_p` and `zed_p2`, and say how well they do on all other sets.

    Args:
        data: What `viewsync render stereo --scenes 28` wrote.
        minutes: Of one core, for each matching network.
        seeds: One training of each encoder by each.
    """
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    recordings = [prepared(one, "flow", SMALL_SIZE, lambda *_: None) for one in stereo_recordings(data)]
    seen = [one for one in recordings if one.name.startswith(_TRAINED_ON)]
    unseen = [one for one in recordings if not one.name.startswith(_TRAINED_ON)]
    if not seen or not unseen:
        raise InputError(f"{data} needs recordings of {' and '.join(_TRAINED_ON)}, and of other sets. Render 28 scenes.")
    table = Table("encoder", "seed", "steps", "minutes", "F1 (macro)", "MAE, frames", "F1 where 5 are shared", "MAE")
    for encoder in get_args(EncoderKind):
        for seed in seeds:
            trial = Trial.of(encoder, seen, unseen, minutes, seed)
            figures = [(one.f1_macro, one.mae_frames) for one in (trial.scores.every, trial.scores.shared)]
            told = [f"{value:.2f}" for value in (trial.minutes, *np.ravel(figures))]
            table.add_row(encoder, str(seed), str(trial.steps), *told)
    Console().print(table)


if __name__ == "__main__":
    tyro.cli(main)
