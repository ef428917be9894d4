"""Acclaim motion capture: a skeleton (.asf) and its motion (.amc), as in the CMU database."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.spatial.transform import Rotation

from viewsync.types import InputError
from viewsync.worlds.motions.capture import Capture, from_y_up, number, read_text

_RATE_HZ = 120.0
"""AMC files don't tell; all of CMU's were taken at this rate."""
_SIDED = {
    "femur": "UpLeg", "tibia": "Leg", "foot": "Foot", "toes": "ToeBase", "clavicle": "Shoulder", "humerus": "Arm",
    "radius": "ForeArm", "wrist": "Hand", "hand": "FingerBase", "fingers": "HandFinger1",
}  # fmt: skip
_JOINTS = {
    "root": "Hips", "lowerback": "LowerBack", "upperback": "Spine", "thorax": "Spine1", "lowerneck": "Neck",
    "upperneck": "Neck1", "head": "Head",
    **{side[0].lower() + bone: side + joint for side in ("Left", "Right") for bone, joint in _SIDED.items()},
}  # fmt: skip
"""Our names of Acclaim's bones. Thumbs are left out: they had one marker each, and jump."""
_REQUIRED = frozenset(["lfemur", "rfemur", "ltibia", "rtibia", "lfoot", "rfoot", "thorax"])


@dataclass(frozen=True)
class _Bone:
    parent: str
    """Empty for the root."""
    vector: Float[np.ndarray, " 3"]
    """From head to tail at rest, in the file's unit of length."""
    axes: Rotation
    """Of the bone's own axes, at rest."""
    channels: tuple[str, ...]
    """What the motion gives for it, in order: tx ty tz rx ry rz."""

    def turns(self, values: Float[np.ndarray, "time channel"]) -> Float[np.ndarray, "time 3 3"]:
        """Rotations against the parent, in the world's axes at rest."""
        angles = [place for place, channel in enumerate(self.channels) if channel[0] == "r"]
        if not angles:
            return np.tile(np.eye(3), (len(values), 1, 1))
        order = "".join(self.channels[place][1] for place in angles)
        own = Rotation.from_euler(order, values[:, angles], degrees=True)
        return np.asarray((self.axes * own * self.axes.inv()).as_matrix())


def read_asf_amc(path: Path) -> Capture:
    """Read a motion and the skeleton beside it.

    Args:
        path: An .amc or .amc.gz file. ``02_01.amc`` goes with ``02.asf``, or with the only .asf of its folder.

    Raises:
        InputError: One of the files is missing or damaged, or they don't belong together.
    """
    skeleton = _skeleton_of(path)
    bones = _read_asf(skeleton)
    motion = _read_amc(path, skeleton, bones)
    length = len(motion["root"])
    heads: dict[str, Float[np.ndarray, " 3"]] = {}
    turns: dict[str, Float[np.ndarray, "time 3 3"]] = {}
    for name, bone in bones.items():
        own = bone.turns(motion.get(name, np.zeros((length, len(bone.channels)))))
        turns[name] = turns[bone.parent] @ own if bone.parent else own
        heads[name] = heads[bone.parent] + bones[bone.parent].vector if bone.parent else bone.vector
    shift = [bones["root"].channels.index(channel) for channel in ("tx", "ty", "tz")]
    known = {bone: joint for bone, joint in _JOINTS.items() if bone in bones}
    return from_y_up(
        Capture(
            _RATE_HZ,
            {joint: heads[bone] for bone, joint in known.items()},
            motion["root"][:, shift],
            {joint: turns[bone] for bone, joint in known.items()},
        )
    )


def _skeleton_of(path: Path) -> Path:
    own = path.name.split(".")[0].split("_")[0] + ".asf"
    beside = sorted(file for file in path.parent.iterdir() if file.suffix.lower() == ".asf")
    named = [file for file in beside if file.name.lower() == own.lower()]
    if named or len(beside) == 1:
        return (named or beside)[0]
    raise InputError(
        f"{path}: its skeleton is missing. There are {len(beside)} .asf files beside it, none called {own}: put it there, "
        "by that name."
    )


def _read_asf(path: Path) -> dict[str, _Bone]:
    """Bones by name, parents first."""
    sections = _sections(read_text(path))
    angle = dict((line[0], line[1:]) for line in sections.get("units", [])).get("angle", ["deg"])
    if angle != ["deg"]:
        raise InputError(f"{path}: angles must be in degrees ('angle deg'), got {' '.join(angle)!r}. Export it so.")
    try:
        fields = {bone["name"][0]: bone for bone in _blocks(sections["bonedata"])}
        (hierarchy,) = _blocks(sections["hierarchy"])
        parents = {child: parent for parent, children in hierarchy.items() for child in children}
        bones = {"root": _root(dict((line[0], line[1:]) for line in sections["root"]))}
        while waiting := [name for name, parent in parents.items() if parent in bones and name not in bones]:
            bones |= {name: _bone(parents[name], fields[name]) for name in waiting}
    except (KeyError, IndexError, ValueError) as error:
        raise InputError(f"{path}: not a complete Acclaim skeleton ({error!r}). Copy the file again.") from error
    missing = _REQUIRED - bones.keys()
    if missing:
        raise InputError(f"{path}: no bone called {' or '.join(sorted(missing))}. Only skeletons named as CMU's are read.")
    return bones


def _sections(text: str) -> dict[str, list[list[str]]]:
    """The words of each line, by the keyword above it."""
    sections: dict[str, list[list[str]]] = {}
    lines: list[list[str]] = []
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words and words[0].startswith(":"):
            lines = sections.setdefault(words[0][1:], [])
        elif words:
            lines.append(words)
    return sections


def _blocks(lines: list[list[str]]) -> list[dict[str, list[str]]]:
    """What stands between each begin and end: the words of each line by its first."""
    blocks: list[dict[str, list[str]]] = []
    for first, *others in lines:
        if first == "begin":
            blocks.append({})
        elif first != "end":
            blocks[-1][first] = others
    return blocks


def _root(fields: dict[str, list[str]]) -> _Bone:
    axes = _axes([*fields["orientation"], *fields["axis"]])
    channels = tuple(word.lower() for word in fields["order"])
    if not {"tx", "ty", "tz"} <= set(channels):
        raise ValueError("the root has no position")
    return _Bone("", np.zeros(3), axes, channels)


def _bone(parent: str, fields: dict[str, list[str]]) -> _Bone:
    vector = number(fields["length"][0]) * np.array([number(word) for word in fields["direction"]])
    if vector.shape != (3,) or not vector.any():
        raise ValueError("a bone without length or direction")
    return _Bone(parent, vector, _axes(fields["axis"]), tuple(word.lower() for word in fields.get("dof", [])))


def _axes(words: list[str]) -> Rotation:
    """``0 0 20 XYZ``: turned about x first."""
    *angles, order = words
    return Rotation.from_euler(order.lower(), [number(angle) for angle in angles], degrees=True)


def _read_amc(path: Path, skeleton: Path, bones: dict[str, _Bone]) -> dict[str, Float[np.ndarray, "time channel"]]:
    """The values of each bone that the motion moves.

    Every frame is a line with its number and then one line for each bone, the same bones in the same order.
    """
    lines = read_text(path).rstrip().splitlines()
    first = next((place for place, line in enumerate(lines) if line.strip().isdecimal()), len(lines))
    second = next((place for place in range(first + 1, len(lines)) if lines[place].strip().isdecimal()), len(lines))
    size = second - first
    if second == len(lines):
        raise InputError(f"{path}: no motion. At least two frames are needed, each a line with its number and its bones.")
    if (len(lines) - first) % size:
        raise InputError(f"{path}: the last frame is cut off (line {len(lines)}). Copy the file again.")
    names = ["".join(line.split()[:1]) for line in lines[first + 1 : second]]
    wrong = {name for name, bone in bones.items() if bone.channels}.symmetric_difference(names)
    wrong |= {name for name in names if names.count(name) > 1}
    if wrong:
        raise InputError(
            f"{path}: every frame must give each moving bone of {skeleton.name} once, and no other; that isn't so of "
            f"{', '.join(sorted(wrong))}. Put the skeleton beside it that it was made for."
        )
    return {
        name: _values(path, lines, range(first + 1 + place, len(lines), size), name, len(bones[name].channels))
        for place, name in enumerate(names)
    }


def _values(path: Path, lines: list[str], places: range, name: str, count: int) -> Float[np.ndarray, "time channel"]:
    """The numbers of one bone, from one line of each frame."""
    rows = [lines[place].split() for place in places]
    try:
        values = np.array([row[1:] for row in rows], dtype=np.float64)
    except ValueError:
        values = np.empty(0)
    if values.shape == (len(places), count) and np.isfinite(values).all() and all(row[0] == name for row in rows):
        return values
    bad = next(place for place in places if not _is_row(lines[place], name, count))
    raise InputError(
        f"{path}: line {bad + 1} must be {name!r} and {count} finite numbers, got {lines[bad].strip()!r}. "
        "Copy the file again."
    )


def _is_row(line: str, name: str, count: int) -> bool:
    try:
        first, *numbers = line.split()
        return first == name and len(numbers) == count and bool(np.isfinite([float(number) for number in numbers]).all())
    except ValueError:
        return False
