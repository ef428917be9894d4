"""Arms and legs: how a limb of two bones bends so that its end gets to its place (inverse kinematics)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from viewsync.worlds.motions.skeleton import JOINTS, Skeleton


@dataclass(frozen=True)
class Limb:
    """Two bones and the joint at their end, as places in `skeleton.JOINTS`."""

    upper: int
    """Thigh or upper arm; its head is the hip joint or shoulder."""
    lower: int
    """Shin or forearm; its head is the knee or elbow."""
    end: int
    """Foot or hand; its head is the ankle or wrist."""

    def bones(self, skeleton: Skeleton) -> tuple[Float[np.ndarray, " 3"], Float[np.ndarray, " 3"]]:
        """From root to middle joint and from there to the end, at rest, in metres."""
        root, middle, end = skeleton.heads_metres[[self.upper, self.lower, self.end]]
        return middle - root, end - middle


def _limb(*names: str) -> Limb:
    return Limb(*(JOINTS.index(name) for name in names))


LEGS = (_limb("LeftUpLeg", "LeftLeg", "LeftFoot"), _limb("RightUpLeg", "RightLeg", "RightFoot"))
ARMS = (_limb("LeftArm", "LeftForeArm", "LeftHand"), _limb("RightArm", "RightForeArm", "RightHand"))


def solve_limb(
    skeleton: Skeleton,
    limb: Limb,
    roots_metres: Float[np.ndarray, "time 3"],
    targets_metres: Float[np.ndarray, "time 3"],
    poles: Float[np.ndarray, "time 3"],
) -> tuple[Float[np.ndarray, "time 3 3"], Float[np.ndarray, "time 3 3"]]:
    """Turn a limb's two bones so that it reaches from its root to a target, for every instant at once.

    The middle joint is a hinge: it bends in the plane of limb and pole only, as it does at rest. At rest, with the pole
    toward which the limb is bent there, both orientations are the identity.

    Args:
        skeleton: Whose bones.
        limb: Which limb: one of `LEGS` or `ARMS`.
        roots_metres: Where the hip joint or shoulder is in the world.
        targets_metres: Where the ankle or wrist shall be, away from the root. Out of reach, the limb is stretched toward
            it; too near, it is folded as far as it goes.
        poles: Where the knee or elbow points to, of any length, not along the limb.

    Returns:
        World orientations, relative to the rest pose, of the upper and of the lower bone.
    """
    upper, lower = limb.bones(skeleton)
    a, b = np.linalg.norm(upper), np.linalg.norm(lower)
    way = targets_metres - roots_metres
    length = np.linalg.norm(way, axis=-1, keepdims=True)
    axis = way / length
    reach = np.clip(length, abs(a - b), a + b)
    along = (a**2 - b**2 + reach**2) / (2 * reach)
    across = np.sqrt(np.maximum(a**2 - along**2, 0))
    side = poles - np.sum(poles * axis, axis=-1, keepdims=True) * axis
    side /= np.linalg.norm(side, axis=-1, keepdims=True)
    hinge = np.cross(side, axis)
    rest_hinge = np.cross(upper, lower) / np.linalg.norm(np.cross(upper, lower))
    to_middle = along * axis + across * side
    return (
        _frame(to_middle / a, hinge) @ _frame(upper / a, rest_hinge).T,
        _frame((reach * axis - to_middle) / b, hinge) @ _frame(lower / b, rest_hinge).T,
    )


def swung(hint: Float[np.ndarray, "*#batch 3"], directions: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 3"]:
    """Take a pole along with its limb: turned as the limb is that swings from hanging down to a direction.

    Args:
        hint: Where the elbow or knee of a hanging limb points to.
        directions: Unit vectors along the limb, z up; anything but straight up.
    """
    down = np.array([0.0, 0.0, -1.0])
    turn = np.cross(down, directions)
    halfway = 1 - directions[..., 2:]
    return np.asarray(hint + np.cross(turn, hint) + np.cross(turn, np.cross(turn, hint)) / halfway)


def _frame(first: Float[np.ndarray, "*batch 3"], second: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 3 3"]:
    """Two unit vectors at right angles, and the third, as the columns of a rotation."""
    return np.stack([first, second, np.cross(first, second)], axis=-1)
