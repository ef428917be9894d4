"""A stretch of human motion, whatever it was read from."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from viewsync.worlds.motions.skeleton import Poses


def of_one_sign(quaternions: Float[np.ndarray, "time *joint 4"]) -> Float[np.ndarray, "time *joint 4"]:
    """The same rotations, neighbours in time less than half a turn apart, so that one can interpolate between them."""
    flips = np.cumsum(np.sum(quaternions[1:] * quaternions[:-1], axis=-1) < 0, axis=0) % 2
    return np.concatenate([quaternions[:1], np.where(flips == 1, -1.0, 1.0)[..., None] * quaternions[1:]])


def closed(
    hips_metres: Float[np.ndarray, "time 3"],
    rotations: Float[np.ndarray, "time joint 4"],
    shares: Float[np.ndarray, " time"],
) -> tuple[Float[np.ndarray, "time 3"], Float[np.ndarray, "time joint 4"]]:
    """Hips and rotations of a loop: bent, so that it ends in the posture and at the height in which it begins.

    Args:
        hips_metres: The way is kept.
        rotations: Each bone's orientation.
        shares: How far each instant is bent: 0 at the start, 1 at the end.
    """
    gaps = (Rotation.from_quat(rotations[0]) * Rotation.from_quat(rotations[-1]).inv()).as_rotvec()
    bends = Rotation.from_rotvec((shares[:, None, None] * gaps).reshape(-1, 3))
    bent = (bends * Rotation.from_quat(rotations.reshape(-1, 4))).as_quat().reshape(rotations.shape)
    rise = hips_metres[-1, 2] - hips_metres[0, 2]
    return hips_metres - np.outer(shares, [0, 0, rise]), of_one_sign(bent)


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
