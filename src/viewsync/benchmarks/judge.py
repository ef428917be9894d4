"""What a timeline says about pairs of clips, held against the truth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from viewsync.benchmarks.takes import Take, true_offset
from viewsync.types import CameraClock, PairOffset, Timeline, Verdict


@dataclass(frozen=True)
class Judged:
    """One found offset beside the true one."""

    scene: str
    a: str
    b: str
    can_overlap: bool
    """Whether the two clips truly have time in common."""
    verdict: Verdict
    frame_seconds: float
    error_seconds: float | None
    """Found minus true in the middle of the true overlap; None where nothing was found or nothing is true."""
    std_seconds: float | None
    """Stated there."""

    @property
    def claimed(self) -> bool:
        """Whether an offset was given at all."""
        return self.verdict is Verdict.TIED

    @property
    def tied(self) -> bool:
        """Whether an offset was given with an error bar narrow enough to be of use: σ of at most half a frame."""
        return self.std_seconds is not None and self.std_seconds <= self.frame_seconds / 2

    @property
    def wrong(self) -> bool:
        """Wrong but confident: off by more than 3 σ and a frame, or tied where nothing overlaps."""
        if not self.claimed:
            return False
        if self.error_seconds is None or self.std_seconds is None:
            return True
        return abs(self.error_seconds) > 3 * self.std_seconds + self.frame_seconds

    @property
    def covered(self) -> bool | None:
        """Whether the truth lies in the stated 95 % interval."""
        if self.error_seconds is None or self.std_seconds is None:
            return None
        return abs(self.error_seconds) <= 1.96 * self.std_seconds


def judge_pairs(take: Take, timeline: Timeline) -> list[Judged]:
    """Every pair of the take."""
    return [_judge(take, pair.a, pair.b, pair) for pair in timeline.pairs]


def judge_cameras(take: Take, timeline: Timeline) -> list[Judged]:
    """Every camera against the reference."""
    others = [camera for camera in timeline.cameras if camera.id != timeline.reference]
    return [_judge(take, timeline.reference, camera.id, camera) for camera in others]


def _judge(take: Take, a: str, b: str, found: PairOffset | CameraClock) -> Judged:
    clip_a, clip_b = take.clip(a), take.clip(b)
    true = true_offset(clip_a, clip_b)
    error = std = None
    if found.offset_seconds is not None:
        middle = 0.0 if true is None else true.middle_seconds
        std = std_at(found, middle)
        if true is not None:
            error = found.offset_seconds + (found.rate or 0.0) * middle - true.offset_seconds
    return Judged(take.scene, a, b, true is not None, found.verdict, clip_b.frame_seconds, error, std)


def std_at(found: PairOffset | CameraClock, seconds: float) -> float:
    """Standard deviation of t_a − t_b at a time of b's clock. The offset must be known."""
    assert found.offset_std_seconds is not None
    variance = found.offset_std_seconds**2
    if found.rate_std is not None:
        variance += 2 * seconds * (found.offset_rate_covariance or 0.0) + (seconds * found.rate_std) ** 2
    return math.sqrt(max(0.0, variance))


def errors(judged: Sequence[Judged]) -> Float[np.ndarray, " claim"]:
    """|error| in seconds of all that were given an offset and have a true one."""
    return np.abs([j.error_seconds for j in judged if j.error_seconds is not None])


def share(flags: Sequence[bool]) -> float | None:
    """Per cent of true flags; None of none."""
    return 100 * sum(flags) / len(flags) if flags else None


def middle_value(values: Float[np.ndarray, " value"], percentile: float = 50) -> float | None:
    """Percentile, the median unless told otherwise; None of nothing."""
    return float(np.percentile(values, percentile)) if values.size else None
