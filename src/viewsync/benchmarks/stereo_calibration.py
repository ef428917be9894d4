"""The constants of the stereo cue, on the rendered recordings that its training left out and no benchmark judges.

python -m viewsync.benchmarks.stereo_calibration --data rigs --seed 7101
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import tyro
from jaxtyping import Float
from numpy.random import Generator
from rich.console import Console
from rich.progress import track

from viewsync.benchmarks.cue_calibration import Case, report
from viewsync.signals import stereo
from viewsync.signals.delays import seen
from viewsync.stereo.clips import stereo_fields
from viewsync.stereo.recordings import split, stereo_recordings
from viewsync.types import Signal

_LONGEST_SECONDS, _LEAST_SHARED = 10.0, 0.5
_STEPS = (1, 2)
"""All frames, or every second one of each side, half a frame apart."""
_NEAR_FRAMES = 1.01

Sides = tuple[Float[np.ndarray, "interval 2 24 32"], Float[np.ndarray, "interval 2 24 32"]]


def cases_of(recordings: Sequence[Sides], fps: float, clips: int, rng: Generator) -> Iterator[Case]:
    """Clips of both sides of each recording, and of the left of one with the right of the one before."""
    before: Signal | None = None
    for number in track(range(clips * len(recordings)), "clips", console=Console(stderr=True)):
        left, right = recordings[number % len(recordings)]
        step = _STEPS[number // len(recordings) % len(_STEPS)]
        frames = int(rng.uniform(0.3, 1.0) * min(_LONGEST_SECONDS * fps, len(left) / (2 - _LEAST_SHARED)))
        delay = int(rng.uniform(-1, 1) * (1 - _LEAST_SHARED) * frames) // step * step + step - 1
        start = int(rng.integers(max(0, -delay), len(left) - frames - max(0, delay)))
        a = _signal(left[start : start + frames], fps, step)
        b = _signal(right[start + delay : start + delay + frames], fps, step)
        if case := Case.of(stereo.NAME, a, b, delay / fps, _NEAR_FRAMES * step / fps):
            yield case
        if before is not None and (case := Case.of(stereo.NAME, a, before, None, 0)):
            yield case
        before = b


def _signal(fields: Float[np.ndarray, "interval 2 24 32"], fps: float, step: int) -> Signal:
    """Of every `step`-th frame; the flow between them is the mean of the flow in between."""
    count = len(fields) // step
    kept = fields[: count * step].reshape(count, step, *fields.shape[1:]).mean(axis=1, dtype=np.float32)
    return stereo.stereo_signal(np.arange(count + 1) * step / fps, seen([*kept], stereo.network()))


def main(data: Path, seed: int = 7101, clips: int = 30) -> None:
    """Say which constants fit, and how good the cue is with them.

    Args:
        data: The folder that the network was trained on; what `viewsync train stereo` holds out of it is used.
        seed: Of the clips, and the training's for folders that don't say what is held out.
        clips: Pairs of each recording.
    """
    _, held_out = split(stereo_recordings(data), seed)
    recordings = [stereo_fields(one) for one in held_out]
    sides = [(one.left, one.right) for one in recordings]
    cases = [*cases_of(sides, recordings[0].fps, clips, np.random.default_rng(seed))]
    report(stereo.NAME, cases, "EVIDENCE", stereo.EVIDENCE, Console())


if __name__ == "__main__":
    tyro.cli(main)
