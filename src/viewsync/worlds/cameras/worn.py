"""Cameras that people wear."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from viewsync.worlds.cameras.mount import facing
from viewsync.worlds.motions.skeleton import JOINTS, Skeleton
from viewsync.worlds.people.person import Performance


@dataclass(frozen=True)
class Worn:
    """A camera strapped to a bone: it goes and turns with it. Set `Camera.hides` to the wearer."""

    wearer: Performance
    skeleton: Skeleton
    """The wearer's."""
    bone: str = "Spine1"
    """In `motions.skeleton.JOINTS`: the chest, unless told otherwise."""
    offset_metres: tuple[float, float, float] = (0.0, -0.2, 0.05)
    """From the bone's head to the lens in the rest pose, which faces -y: before the breastbone."""
    pitch_degrees: float = 0.0
    """How far it looks up when the wearer stands at rest."""

    def __post_init__(self) -> None:
        if self.bone not in JOINTS:
            raise ValueError(f"a camera can be worn on one of {', '.join(JOINTS)}, got {self.bone!r}")

    @classmethod
    def on_head(cls, wearer: Performance, skeleton: Skeleton) -> "Worn":
        """A camera before the forehead, like glasses or a helmet's."""
        return cls(wearer, skeleton, "Head", (0.0, -0.14, 0.1), -10.0)

    def view(self, seconds: Float[np.ndarray, " time"]) -> tuple[Float[np.ndarray, "time 3 3"], Float[np.ndarray, "time 3"]]:
        """Where the wearer has taken it."""
        poses, bone = self.wearer.poses(seconds), JOINTS.index(self.bone)
        turns = poses.matrices()[:, bone]
        heads, _ = poses.joints(self.skeleton)
        pitch = np.radians(self.pitch_degrees)
        at_rest = facing(np.array([[0.0, -np.cos(pitch), np.sin(pitch)]]))
        return at_rest @ turns.transpose(0, 2, 1), heads[:, bone] + turns @ np.array(self.offset_metres)
