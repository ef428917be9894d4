"""The skeleton that all motion is brought to: the 31 joints of the CMU motion capture, in a body's rest pose.

World axes are in metres, z up. At rest a body stands on z = 0 and faces -y, its left is +x, and its arms hang slightly
spread.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

_BONES: tuple[tuple[str, int, tuple[float, float, float], tuple[float, float, float]], ...] = (
    # name, parent, head and tail at rest: those of an average adult of `anny` with the rig `cmu_mb`
    ("Hips", -1, (0.0000, -0.0108, 0.8698), (0.0000, 0.0223, 0.9372)),
    ("LHipJoint", 0, (0.0000, -0.0108, 0.8698), (0.1019, -0.0079, 0.8583)),
    ("LeftUpLeg", 1, (0.1019, -0.0079, 0.8583), (0.1351, -0.0402, 0.4693)),
    ("LeftLeg", 2, (0.1351, -0.0402, 0.4693), (0.1766, -0.0039, 0.0708)),
    ("LeftFoot", 3, (0.1766, -0.0039, 0.0708), (0.1903, -0.1397, 0.0238)),
    ("LeftToeBase", 4, (0.1903, -0.1397, 0.0238), (0.1915, -0.1585, 0.0214)),
    ("LowerBack", 0, (0.0000, 0.0223, 0.9372), (0.0000, 0.0076, 1.0806)),
    ("Spine", 6, (0.0000, 0.0076, 1.0806), (0.0000, 0.0319, 1.2133)),
    ("Spine1", 7, (0.0000, 0.0319, 1.2133), (0.0000, -0.0075, 1.3791)),
    ("LeftShoulder", 8, (0.0220, -0.0256, 1.3124), (0.1616, -0.0171, 1.2869)),
    ("LeftArm", 9, (0.1616, -0.0171, 1.2869), (0.3295, -0.0212, 1.0983)),
    ("LeftForeArm", 10, (0.3295, -0.0212, 1.0983), (0.4456, -0.1788, 0.9832)),
    ("LeftHand", 11, (0.4456, -0.1788, 0.9832), (0.4563, -0.2055, 0.9679)),
    ("LThumb", 12, (0.4469, -0.2227, 0.9763), (0.4264, -0.2434, 0.9682)),
    ("LeftFingerBase", 12, (0.4563, -0.2055, 0.9679), (0.4725, -0.2728, 0.9449)),
    ("LeftHandFinger1", 14, (0.4725, -0.2728, 0.9449), (0.4759, -0.2936, 0.9307)),
    ("Neck", 8, (0.0000, -0.0075, 1.3791), (-0.0008, -0.0275, 1.4304)),
    ("Neck1", 16, (-0.0008, -0.0275, 1.4304), (0.0000, -0.0419, 1.4761)),
    ("Head", 17, (0.0000, -0.0419, 1.4761), (0.0000, -0.0369, 1.6222)),
    ("RightShoulder", 8, (-0.0220, -0.0256, 1.3124), (-0.1616, -0.0171, 1.2869)),
    ("RightArm", 19, (-0.1616, -0.0171, 1.2869), (-0.3295, -0.0212, 1.0983)),
    ("RightForeArm", 20, (-0.3295, -0.0212, 1.0983), (-0.4456, -0.1788, 0.9832)),
    ("RightHand", 21, (-0.4456, -0.1788, 0.9832), (-0.4563, -0.2055, 0.9679)),
    ("RThumb", 22, (-0.4469, -0.2227, 0.9763), (-0.4264, -0.2434, 0.9682)),
    ("RightFingerBase", 22, (-0.4563, -0.2055, 0.9679), (-0.4725, -0.2728, 0.9449)),
    ("RightHandFinger1", 24, (-0.4725, -0.2728, 0.9449), (-0.4759, -0.2936, 0.9307)),
    ("RHipJoint", 0, (0.0000, -0.0108, 0.8698), (-0.1019, -0.0079, 0.8583)),
    ("RightUpLeg", 26, (-0.1019, -0.0079, 0.8583), (-0.1351, -0.0402, 0.4693)),
    ("RightLeg", 27, (-0.1351, -0.0402, 0.4693), (-0.1766, -0.0039, 0.0708)),
    ("RightFoot", 28, (-0.1766, -0.0039, 0.0708), (-0.1903, -0.1397, 0.0238)),
    ("RightToeBase", 29, (-0.1903, -0.1397, 0.0238), (-0.1915, -0.1585, 0.0214)),
)

JOINTS = tuple(name for name, *_ in _BONES)
PARENTS = tuple(parent for _, parent, *_ in _BONES)
"""Parents come before their children; the hips have -1."""


@dataclass(frozen=True)
class Skeleton:
    """One body's bones at rest."""

    heads_metres: Float[np.ndarray, "joint 3"]
    """Where each joint lies."""
    tails_metres: Float[np.ndarray, "joint 3"]
    """Where each bone ends: of use for toes, hands and the top of the head."""

    @property
    def hip_height_metres(self) -> float:
        """Height of the hips above the soles."""
        return float(self.heads_metres[0, 2])

    @property
    def scale(self) -> float:
        """What motion is scaled by: the hips' height over the average body's."""
        return self.hip_height_metres / AVERAGE.hip_height_metres


AVERAGE = Skeleton(
    np.array([head for *_, head, _ in _BONES]),
    np.array([tail for *_, tail in _BONES]),
)
"""The skeleton that motions are stored for."""


@dataclass(frozen=True)
class Poses:
    """A body's posture at several instants, for whatever skeleton it is put on."""

    hips_metres: Float[np.ndarray, "time 3"]
    """Where the hips are in the world."""
    rotations: Float[np.ndarray, "time joint 4"]
    """Each bone's orientation in the world relative to the rest pose: unit quaternions, scalar last. All ones of
    identity are the rest pose itself, facing -y."""

    def matrices(self) -> Float[np.ndarray, "time joint 3 3"]:
        """The orientations as rotation matrices."""
        flat = np.asarray(Rotation.from_quat(self.rotations.reshape(-1, 4)).as_matrix())
        return flat.reshape(*self.rotations.shape[:2], 3, 3)

    def joints(self, skeleton: Skeleton) -> tuple[Float[np.ndarray, "time joint 3"], Float[np.ndarray, "time joint 3"]]:
        """Heads and tails of the bones in the world (forward kinematics)."""
        turns = self.matrices()
        heads = np.empty((len(self.hips_metres), len(JOINTS), 3))
        heads[:, 0] = self.hips_metres
        for joint, parent in enumerate(PARENTS):
            if parent >= 0:
                offset = skeleton.heads_metres[joint] - skeleton.heads_metres[parent]
                heads[:, joint] = heads[:, parent] + turns[:, parent] @ offset
        bones = skeleton.tails_metres - skeleton.heads_metres
        return heads, heads + np.einsum("tjab,jb->tja", turns, bones)
