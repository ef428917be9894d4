"""From what a cue states to what can be promised: the constants, and where they come from.

They come from drawn scenes and generated sound, never from the recordings that the benchmark judges. Those of motion are
what `python -m viewsync.benchmarks.calibration --seed 0` fits to single stretches, times 1.1: between what it then finds
for pairs (whose intervals hold a little too seldom) and for the cameras of a timeline (a little too often). With those of
pose, 95 % of the intervals of stretches hold in the worlds that `viewsync.benchmarks.pose_calibration` makes.
"""

import math
from dataclasses import dataclass

import numpy as np

from viewsync.types import LocalOffset


@dataclass(frozen=True)
class Calibration:
    """How a cue's stated measurement error relates to its true error."""

    std_factor: float
    """True error of a stretch over the stated one."""
    bias_seconds: float
    """Spread of the error that all stretches of a pair share, because of where its cameras (microphones) stand."""
    bias_intervals: float
    """The same in sample intervals of the slower recording; the two add in quadrature."""

    def bias_std_seconds(self, interval_seconds: float) -> float:
        """Standard deviation of the shared error."""
        return math.hypot(self.bias_seconds, self.bias_intervals * interval_seconds)

    def honest(self, local: LocalOffset) -> LocalOffset:
        """The same measurement with its true error bar, without the shared error."""
        return LocalOffset(
            local.seconds, local.offset_seconds, float(np.clip(local.std_seconds * self.std_factor, 1e-6, 1e3))
        )


CALIBRATIONS = {
    "audio": Calibration(std_factor=1.5, bias_seconds=0.002, bias_intervals=0.0),
    "motion": Calibration(std_factor=0.98, bias_seconds=0.004, bias_intervals=0.13),
    "pose": Calibration(std_factor=1.6, bias_seconds=0.0015, bias_intervals=0.0),
    "stereo": Calibration(std_factor=1.0, bias_seconds=0.0005, bias_intervals=0.0),
    "synnet": Calibration(std_factor=0.5, bias_seconds=0.005, bias_intervals=0.0),
    "flash": Calibration(std_factor=1.0, bias_seconds=5e-5, bias_intervals=0.0),
}

SHARED_FRACTION = 0.5
"""Share of a pair's error variance that belongs to its two cameras, and so is common to all pairs they take part in.

By the residuals of cycles: 0.8 by their median, 0.4 by their 95th percentile.
"""

TIED_PROBABILITY = 0.95
"""A pair is tied when its best offset is at least this probable."""

UNSURE_STD_FACTOR = 1.3
"""True over stated error of pairs that alone aren't sure of the offset to 0.05 s, relative to those that are."""
