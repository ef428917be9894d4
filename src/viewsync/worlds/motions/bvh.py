"""Biovision hierarchies (.bvh), their joints named as in the CMU database's, Mixamo's or LAFAN1's files."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from viewsync.types import InputError
from viewsync.worlds.motions.capture import Capture, from_y_up, number, read_text
from viewsync.worlds.motions.skeleton import JOINTS

_TRUNK = ("LowerBack", "Spine", "Spine1")
_NAMES = {name.lower(): name for name in JOINTS if name not in _TRUNK and not name.endswith(("HipJoint", "Thumb"))} | {
    "lefttoe": "LeftToeBase", "righttoe": "RightToeBase", "lefthandindex1": "LeftHandFinger1",
    "righthandindex1": "RightHandFinger1",
}  # fmt: skip
"""Our names of a file's joints. Those of the trunk mean other heights in other files; thumbs are too often noise."""
_REQUIRED = ("LeftUpLeg", "RightUpLeg", "LeftLeg", "RightLeg")
_LEAST_COSINE = 0.7
"""Of the angle to the vertical of trunk, thighs and shins, where somebody stands upright."""


@dataclass
class _Joint:
    name: str
    parent: int
    offset: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    channels: list[str] = field(default_factory=list)


def read_bvh(path: Path) -> Capture:
    """Read a motion with the skeleton that it holds.

    Which axis points up is told from the rest pose, or, if nobody could stand like that, from the frame in which the
    body is most upright: this is then the stance.

    Args:
        path: A .bvh file.

    Raises:
        InputError: The file is damaged, lacks joints that are needed, or shows nobody upright.
    """
    hierarchy, _, motion = read_text(path).partition("MOTION")
    joints = _read_hierarchy(path, hierarchy.splitlines())
    rate_hz, values = _read_motion(path, motion, sum(len(joint.channels) for joint in joints))
    ours = _ours(path, joints)
    places, turns = _forward(joints, values, ours["Hips"])
    rest, _ = _forward(joints, np.zeros((1, values.shape[1])), ours["Hips"])
    stance, unturned = rest[0], np.tile(np.eye(3), (len(joints), 1, 1))
    uprightness = _uprightness(rest, ours)
    if uprightness.max() < _LEAST_COSINE:
        uprightness = _uprightness(places, ours)
        frame = int(uprightness.max(axis=1).argmax())
        stance, unturned, uprightness = places[frame], turns[frame], uprightness[frame : frame + 1]
        if uprightness.max() < _LEAST_COSINE:
            raise InputError(
                f"{path}: nobody stands upright in it, neither in the rest pose nor in any frame, so up can't be told. "
                "Export it with a T-pose as its rest pose."
            )
    capture = Capture(
        rate_hz,
        {name: stance[joint] for name, joint in ours.items()},
        places[:, ours["Hips"]],
        {name: turns[:, joint] @ unturned[joint].T for name, joint in ours.items()},
    )
    return from_y_up(capture) if uprightness[0, 0] > uprightness[0, 1] else capture


def _read_hierarchy(path: Path, lines: Sequence[str]) -> list[_Joint]:
    joints: list[_Joint] = []
    latest, within = -1, [-1]
    for line, words in _statements(lines):
        try:
            match words:
                case ["ROOT" | "JOINT", *name]:
                    latest = len(joints)
                    joints.append(_Joint(" ".join(name), within[-1]))
                case ["End", *_]:
                    latest = -1
                case ["{"]:
                    within.append(latest)
                case ["}"]:
                    within.pop()
                case ["OFFSET", x, y, z] if within[-1] >= 0:
                    joints[within[-1]].offset = [number(x), number(y), number(z)]
                case ["CHANNELS", count, *channels] if int(count) == len(channels):
                    joints[within[-1]].channels = [_channel(channel) for channel in channels]
                case ["HIERARCHY"] | ["OFFSET", _, _, _]:
                    pass
                case _:
                    raise ValueError(words)
        except (ValueError, IndexError) as error:
            raise InputError(f"{path}: line {line} isn't BVH: {' '.join(words)!r}. Export the motion again.") from error
    return joints


def _statements(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    for place, line in enumerate(lines, start=1):
        for statement in re.split(r"([{}])", line):
            if statement.strip():
                yield place, statement.split()


def _channel(name: str) -> str:
    """``Xposition`` as ``x``, ``Xrotation`` as ``X``."""
    match = re.fullmatch("([xyz])(position|rotation)", name.lower())
    if match is None:
        raise ValueError(name)
    return match[1].upper() if match[2] == "rotation" else match[1]


def _read_motion(path: Path, text: str, columns: int) -> tuple[float, Float[np.ndarray, "time channel"]]:
    header = re.match(r"\s*Frames:\s*(\d+)\s+Frame Time:\s*(\S+)", text)
    try:
        if header is None:
            raise ValueError("no 'Frames:' and 'Frame Time:' behind MOTION")
        frames, interval_seconds = int(header[1]), float(header[2])
        numbers = np.array(text[header.end() :].split(), dtype=np.float64)
    except ValueError as error:
        raise InputError(f"{path}: its motion can't be read ({error}). Export it again.") from error
    if frames < 2 or not 0 < interval_seconds < np.inf:
        raise InputError(f"{path}: two frames at least and a frame time above 0 are needed, got {frames} and {header[2]}.")
    if numbers.size != frames * columns:
        raise InputError(
            f"{path}: {frames} frames of {columns} channels need {frames * columns} numbers, got {numbers.size}: "
            "the file is cut off or damaged. Copy it again."
        )
    values = numbers.reshape(frames, columns)
    if not np.isfinite(values).all():
        frame = int(np.argmin(np.isfinite(values).all(axis=1)))
        raise InputError(f"{path}: frame {frame + 1} of {frames} holds a number that isn't finite. Export the motion again.")
    return 1 / interval_seconds, values


def _ours(path: Path, joints: Sequence[_Joint]) -> dict[str, int]:
    """Which of the file's joints are ours. Whatever stands before "Hips" (``mixamorig:``) stands before all names."""
    names = [joint.name.lower() for joint in joints]
    prefix = next((name.removesuffix("hips") for name in names if name.endswith("hips")), "")
    bare = [name.removeprefix(prefix) for name in names]
    ours = {_NAMES[name]: joint for joint, name in reversed(list(enumerate(bare))) if name in _NAMES}
    trunk = _trunk(joints, ours) if "Hips" in ours else []
    missing = [name for name in ("Hips", *_REQUIRED) if name not in ours]
    if "Hips" in ours and not trunk:
        missing.append("Spine, below Neck, Head, LeftShoulder or LeftArm")
    if missing:
        raise InputError(
            f"{path}: no joint called {'; '.join(missing)}. Joints must be named as in the CMU database's, Mixamo's or "
            "LAFAN1's files: rename them and export again."
        )
    return ours | _trunk_names(trunk)


def _trunk(joints: Sequence[_Joint], ours: Mapping[str, int]) -> list[int]:
    """The joints between the hips and the neck or the arms, from below."""
    top = next((ours[name] for name in ("Neck", "Neck1", "Head", "LeftShoulder", "LeftArm") if name in ours), -1)
    trunk = []
    while top >= 0 and top != ours["Hips"]:
        top = joints[top].parent
        trunk.append(top)
    return [joint for joint in reversed(trunk[:-1]) if joint not in ours.values()] if top >= 0 else []


def _trunk_names(trunk: Sequence[int]) -> dict[str, int]:
    """Our three joints of the trunk, as far as the file has as many."""
    if len(trunk) == 1:
        return {"Spine": trunk[0]}
    if len(trunk) == 2:
        return {"LowerBack": trunk[0], "Spine1": trunk[1]}
    return dict(zip(_TRUNK, (trunk[0], trunk[len(trunk) // 2], trunk[-1]), strict=True))


def _forward(
    joints: Sequence[_Joint], values: Float[np.ndarray, "time channel"], hips: int
) -> tuple[Float[np.ndarray, "time joint 3"], Float[np.ndarray, "time joint 3 3"]]:
    """Places and rotations of the joints in the world (forward kinematics)."""
    places = np.empty((len(values), len(joints), 3))
    turns = np.empty((len(values), len(joints), 3, 3))
    column = 0
    for index, joint in enumerate(joints):
        own = values[:, column : column + len(joint.channels)]
        column += len(joint.channels)
        offset = np.tile(joint.offset, (len(values), 1))
        # Bones don't change their length: what some files give for positions beyond the hips' is of no use.
        if index <= hips:
            for place, channel in enumerate(joint.channels):
                if channel.islower():
                    offset[:, "xyz".index(channel)] = own[:, place]
        order = "".join(channel for channel in joint.channels if channel.isupper())
        angles = own[:, [place for place, channel in enumerate(joint.channels) if channel.isupper()]]
        turn = np.asarray(Rotation.from_euler(order, angles, degrees=True).as_matrix()) if order else np.eye(3)
        if joint.parent < 0:
            places[:, index], turns[:, index] = offset, turn
        else:
            upper = turns[:, joint.parent]
            places[:, index] = places[:, joint.parent] + np.einsum("tab,tb->ta", upper, offset)
            turns[:, index] = upper @ turn
    return places, turns


def _uprightness(places: Float[np.ndarray, "time joint 3"], ours: Mapping[str, int]) -> Float[np.ndarray, "time 2"]:
    """Least cosine of the angles that trunk, thighs and shins have with y, and with z."""
    top = next(name for name in ("Head", "Neck", "Spine1", "Spine") if name in ours)
    bones = [
        ("Hips", top),
        ("LeftLeg", "LeftUpLeg"),
        ("RightLeg", "RightUpLeg"),
        ("LeftFoot", "LeftLeg"),
        ("RightFoot", "RightLeg"),
    ]
    ends = np.array([(ours[low], ours[high]) for low, high in bones if low in ours])
    vectors = places[:, ends[:, 1]] - places[:, ends[:, 0]]
    lengths = np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return np.asarray((vectors / lengths)[..., 1:].min(axis=1))
