"""A skeleton like CMU's and a motion for it, written as ASF/AMC and as BVH, with what they must come to."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

BONES = (
    # Acclaim's name, our name, parent, from head to tail (y up, facing +z), axis
    ("lhipjoint", "LHipJoint", "root", (1.7, -1.8, 0.6), (0, 0, 0)),
    ("lfemur", "LeftUpLeg", "lhipjoint", (2.6, -7.1, 0.0), (0, 0, 20)),
    ("ltibia", "LeftLeg", "lfemur", (2.5, -6.9, 0.0), (0, 0, 20)),
    ("lfoot", "LeftFoot", "ltibia", (0.2, -0.5, 2.1), (-90, 0, 20)),
    ("ltoes", "LeftToeBase", "lfoot", (0.0, 0.0, 1.1), (-90, 0, 20)),
    ("rhipjoint", "RHipJoint", "root", (-1.7, -1.8, 0.6), (0, 0, 0)),
    ("rfemur", "RightUpLeg", "rhipjoint", (-2.6, -7.1, 0.0), (0, 0, -20)),
    ("rtibia", "RightLeg", "rfemur", (-2.5, -6.9, 0.0), (0, 0, -20)),
    ("rfoot", "RightFoot", "rtibia", (-0.2, -0.5, 2.1), (-90, 0, -20)),
    ("rtoes", "RightToeBase", "rfoot", (0.0, 0.0, 1.1), (-90, 0, -20)),
    ("lowerback", "LowerBack", "root", (0.0, 2.0, -0.1), (0, 0, 0)),
    ("upperback", "Spine", "lowerback", (0.0, 2.1, 0.0), (0, 0, 0)),
    ("thorax", "Spine1", "upperback", (0.0, 2.1, 0.0), (0, 0, 0)),
    ("lowerneck", "Neck", "thorax", (0.0, 1.6, 0.2), (0, 0, 0)),
    ("upperneck", "Neck1", "lowerneck", (0.0, 1.5, -0.1), (0, 0, 0)),
    ("head", "Head", "upperneck", (0.0, 1.6, 0.0), (0, 0, 0)),
    ("lclavicle", "LeftShoulder", "thorax", (3.5, 0.9, -0.2), (0, 0, 0)),
    ("lhumerus", "LeftArm", "lclavicle", (4.9, 0.0, 0.0), (180, -30, -90)),
    ("lradius", "LeftForeArm", "lhumerus", (3.4, 0.0, 0.0), (180, -30, -90)),
    ("lwrist", "LeftHand", "lradius", (1.7, 0.0, 0.0), (0, 90, 90)),
    ("lhand", "LeftFingerBase", "lwrist", (0.7, 0.0, 0.0), (0, 90, 90)),
    ("lfingers", "LeftHandFinger1", "lhand", (0.5, 0.0, 0.0), (0, 90, 90)),
    ("rclavicle", "RightShoulder", "thorax", (-3.5, 0.9, -0.2), (0, 0, 0)),
    ("rhumerus", "RightArm", "rclavicle", (-4.9, 0.0, 0.0), (180, 30, 90)),
    ("rradius", "RightForeArm", "rhumerus", (-3.4, 0.0, 0.0), (180, 30, 90)),
    ("rwrist", "RightHand", "rradius", (-1.7, 0.0, 0.0), (0, -90, -90)),
    ("rhand", "RightFingerBase", "rwrist", (-0.7, 0.0, 0.0), (0, -90, -90)),
    ("rfingers", "RightHandFinger1", "rhand", (-0.5, 0.0, 0.0), (0, -90, -90)),
)
NAMES = ("root", *(bone[0] for bone in BONES))
JOINTS = ("Hips", *(bone[1] for bone in BONES))
PARENTS = (-1, *(NAMES.index(bone[2]) for bone in BONES))
Z_FROM_Y_UP = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])


@dataclass(frozen=True)
class MadeMotion:
    """Angles of every bone (x, y, z, degrees, in its own axes) and the root's place."""

    root: np.ndarray
    angles: np.ndarray
    """(time, bone, 3), in the order of `NAMES`; hip joints have none."""

    def heads(self) -> np.ndarray:
        """Where the bones begin at rest (y up), (bone, 3)."""
        heads = np.zeros((len(NAMES), 3))
        for bone in range(1, len(NAMES)):
            parent = PARENTS[bone]
            heads[bone] = heads[parent] + (BONES[parent - 1][3] if parent else np.zeros(3))
        return heads

    def turns(self) -> np.ndarray:
        """World rotations since the rest pose (y up), (time, bone, 3, 3): a slow twin of the readers'."""
        turns = np.empty((*self.angles.shape[:2], 3, 3))
        for time in range(len(turns)):
            for bone in range(len(NAMES)):
                x, y, z = Rotation.from_rotvec(np.diag(np.radians(self.angles[time, bone])))
                own = (z * y * x).as_matrix()
                if bone == 0:
                    turns[time, bone] = own
                else:
                    axes = Rotation.from_euler("xyz", BONES[bone - 1][4], degrees=True).as_matrix()
                    turns[time, bone] = turns[time, PARENTS[bone]] @ axes @ own @ axes.T
        return turns


def made_motion(seed: int = 1, frames: int = 12, degrees: float = 40.0) -> MadeMotion:
    """Something smooth that begins in the rest pose and goes forward."""
    rng = np.random.default_rng(seed)
    times = np.linspace(0, 1, frames)[:, None, None]
    angles = degrees * rng.uniform(-1, 1, (len(NAMES), 3)) * np.sin(2.5 * times * rng.uniform(0.5, 1, (len(NAMES), 3)))
    angles[:, [NAMES.index("lhipjoint"), NAMES.index("rhipjoint")]] = 0
    root = np.array([3.0, 17.0, -5.0]) + times[:, 0] * [0.5, 0.2, 8.0]
    return MadeMotion(root, angles)


def write_asf(path: Path) -> Path:
    """The skeleton."""
    lines = [":version 1.10", ":units", "  mass 1.0", "  length 0.45", "  angle deg", ":root", "  order TX TY TZ RX RY RZ"]
    lines += ["  axis XYZ", "  position 0 0 0", "  orientation 0 0 0", ":bonedata"]
    for name, _, _, vector, axis in BONES:
        length = np.linalg.norm(vector)
        direction = " ".join(f"{part:.9f}" for part in np.array(vector) / length)
        lines += ["  begin", f"     name {name}", f"     direction {direction}", f"     length {length:.9f}"]
        lines += [f"     axis {axis[0]} {axis[1]} {axis[2]} XYZ"]
        lines += (
            [] if "hipjoint" in name else ["    dof rx ry rz", "    limits (-9 9)", "           (-9 9)", "           (-9 9)"]
        )
        lines += ["  end"]
    lines += [":hierarchy", "  begin"]
    for name in NAMES:
        children = [child for child, _, parent, *_ in BONES if parent == name]
        lines += [f"    {name} {' '.join(children)}"] if children else []
    path.write_text("\n".join([*lines, "  end"]) + "\n")
    return path


def amc_text(motion: MadeMotion) -> str:
    """The motion."""
    lines = ["#!made", ":FULLY-SPECIFIED", ":DEGREES"]
    for number, (root, angles) in enumerate(zip(motion.root, motion.angles, strict=True), start=1):
        lines += [str(number), "root " + " ".join(f"{value:.9f}" for value in (*root, *angles[0]))]
        for name, values in zip(NAMES[1:], angles[1:], strict=True):
            lines += [] if "hipjoint" in name else [f"{name} " + " ".join(f"{value:.9f}" for value in values)]
    return "\n".join(lines) + "\n"


def bvh_text(
    motion: MadeMotion,
    prefix: str = "",
    renamed: dict[str, str] | None = None,
    unit: float = 1.0,
    z_up: bool = False,
    along_x: bool = False,
    order: str = "ZXY",
) -> str:
    """Skeleton and motion.

    Args:
        motion: What to write.
        prefix: Before every name.
        renamed: Other names of joints.
        unit: How many of the file's units are one of the motion's.
        z_up: Write it with z up.
        along_x: With a rest pose in which all bones lie along x, as LAFAN1's do.
        order: Of the rotation channels.
    """
    up = Z_FROM_Y_UP if z_up else np.eye(3)
    heads, turns, root = unit * motion.heads() @ up.T, up @ motion.turns() @ up.T, unit * motion.root @ up.T
    bases = np.tile(np.eye(3), (len(NAMES), 1, 1))
    for bone, (*_, vector, _) in enumerate(BONES if along_x else (), start=1):
        bases[bone] = Rotation.align_vectors(up @ vector, [1, 0, 0])[0].as_matrix()
    bases[0] = bases[NAMES.index("lowerback")]
    lines, columns = ["HIERARCHY"], []

    def put(bone: int, depth: int) -> None:
        pad, parent = "\t" * depth, PARENTS[bone]
        name = prefix + (renamed or {}).get(JOINTS[bone], JOINTS[bone])
        offset = np.zeros(3) if parent < 0 else bases[parent].T @ (heads[bone] - heads[parent])
        turn = turns[:, bone] @ bases[bone]
        local = turn if parent < 0 else np.swapaxes(turns[:, parent] @ bases[parent], 1, 2) @ turn
        columns.append(
            np.hstack([*([root] if parent < 0 else []), Rotation.from_matrix(local).as_euler(order, degrees=True)])
        )
        channels = ["Xposition", "Yposition", "Zposition"] * (parent < 0) + [f"{axis}rotation" for axis in order]
        lines.extend([f"{pad}{'ROOT' if parent < 0 else 'JOINT'} {name}", f"{pad}{{"])
        lines.append(f"{pad}\tOFFSET {' '.join(f'{part:.9f}' for part in offset)}")
        lines.append(f"{pad}\tCHANNELS {len(channels)} {' '.join(channels)}")
        children = [child for child, above in enumerate(PARENTS) if above == bone]
        for child in children:
            put(child, depth + 1)
        if not children:
            lines.extend([f"{pad}\tEnd Site", f"{pad}\t{{", f"{pad}\t\tOFFSET 0 1 0", f"{pad}\t}}"])
        lines.append(f"{pad}}}")

    put(0, 0)
    rows = [" ".join(f"{value:.9f}" for value in row) for row in np.hstack(columns)]
    return "\n".join([*lines, "MOTION", f"Frames: {len(rows)}", "Frame Time: 0.00833333333333", *rows]) + "\n"
