"""A stretch of human motion, whatever it was read from."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from viewsync.worlds.motions.skeleton import Poses


@dataclass(frozen=True)
class MotionClip:
    """Motion of the average skeleton at a fixed rate, upright on the ground z = 0.

    Readers bring what they read to this form: z up, metres, hips scaled by hip height, orientations relative to the
    rest pose of `skeleton.AVERAGE`.
    """

    name: str
    """Unique within a library: ``cmu/02_01``, ``own/walk-3``."""
    action: str
    """What is done, in a word: ``walk``, ``run``, ``jump``, ``wave``, ``stand``. ``motion`` if nobody said."""
    rate_hz: float
    hips_metres: Float[np.ndarray, "time 3"]
    rotations: Float[np.ndarray, "time joint 4"]
    """Unit quaternions, scalar last, of one sign: neighbours in time lie less than half a turn apart."""
    loops: bool = False
    """The last frame is the first one of the next round, but for the way covered."""

    def __post_init__(self) -> None:
        if len(self.hips_metres) < 2 or len(self.hips_metres) != len(self.rotations):
            raise ValueError(f"a clip needs as many hips as rotations, and two at least: {self.name}")
        if not (np.isfinite(self.hips_metres).all() and np.isfinite(self.rotations).all()):
            raise ValueError(f"a clip must hold finite numbers: {self.name}")

    @property
    def duration_seconds(self) -> float:
        """Time from the first frame to the last."""
        return (len(self.hips_metres) - 1) / self.rate_hz

    def at(self, seconds: Float[np.ndarray, " time"]) -> Poses:
        """The posture at times from the clip's start, between frames too; held before the start and after the end."""
        place = np.clip(seconds * self.rate_hz, 0, len(self.hips_metres) - 1)
        left = np.minimum(place.astype(np.int64), len(self.hips_metres) - 2)
        share = (place - left)[:, None]
        hips = (1 - share) * self.hips_metres[left] + share * self.hips_metres[left + 1]
        turns = (1 - share[..., None]) * self.rotations[left] + share[..., None] * self.rotations[left + 1]
        return Poses(hips, turns / np.linalg.norm(turns, axis=-1, keepdims=True))
