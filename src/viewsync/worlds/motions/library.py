"""A collection of motions, and how one is read from a folder."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from viewsync.types import InputError
from viewsync.worlds.motions.align import to_clip
from viewsync.worlds.motions.asf_amc import read_asf_amc
from viewsync.worlds.motions.bvh import read_bvh
from viewsync.worlds.motions.capture import read_text
from viewsync.worlds.motions.clip import MotionClip
from viewsync.worlds.motions.deepmimic import read_deepmimic

UNNAMED_ACTION = "motion"
_WORDS = (
    "ready", "zombie", "stealthy", "backflip", "sideflip", "cartwheel", "crawl", "getup", "roll", "kick", "punch", "dance",
    "spin", "jump", "jog", "run", "walk", "wave", "stand",
)  # fmt: skip
"""Actions that a file's name may tell, the most telling first: a ``spinkick`` is a kick."""
_CMU_ACTIONS = {
    "01_01": "jump", **{f"01_{trial:02}": "climb" for trial in range(2, 15)},
    "02_01": "walk", "02_02": "walk", "02_03": "run", "02_04": "jump", "02_05": "punch", "02_06": "lift",
    "02_07": "swordplay", "02_08": "swordplay", "02_09": "swordplay", "02_10": "wash",
    **{f"03_{trial:02}": "terrain" for trial in range(1, 5)},
}  # fmt: skip
"""The titles that the CMU database gives to the trials of subjects 1 to 3, in a word."""


@dataclass(frozen=True)
class MotionLibrary:
    """Motions to choose from."""

    clips: tuple[MotionClip, ...]

    def of(self, *actions: str) -> tuple[MotionClip, ...]:
        """The clips that show one of some actions, in the library's order."""
        return tuple(clip for clip in self.clips if clip.action in actions)

    def fingerprint(self) -> str:
        """SHA-256 of all that the clips hold."""
        digest = hashlib.sha256()
        for clip in self.clips:
            digest.update(f"{clip.name} {clip.action} {clip.rate_hz!r} {clip.loops}".encode())
            digest.update(clip.hips_metres.tobytes() + clip.rotations.tobytes())
        return digest.hexdigest()


def read_motions(folder: Path) -> MotionLibrary:
    """Read all motions in a folder and the folders within it, sorted by path.

    Args:
        folder: Where .amc and .amc.gz files lie beside their .asf, .bvh files, and DeepMimic clips (.txt). Other files
            are left alone.

    Raises:
        InputError: The folder is missing or holds no motion, or one of its motions can't be read.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder. Give one with .amc (and .asf), .bvh or DeepMimic .txt files.")
    paths = [path for path in sorted(folder.rglob("*")) if _is_motion(path)]
    if not paths:
        raise InputError(f"{folder}: no motion in it. Put .amc (and .asf), .bvh or DeepMimic .txt files there.")
    named: dict[str, Path] = {}
    for path in paths:
        name = (path.relative_to(folder).parent / _stem(path)).as_posix()
        if name in named:
            raise InputError(f"{named[name]} and {path.name}: two motions of one name. Rename one, or take it out.")
        named[name] = path
    return MotionLibrary(tuple(_read(path, name) for name, path in named.items()))


def _is_motion(path: Path) -> bool:
    name = path.name.lower()
    if name.startswith(".") or not path.is_file():
        return False
    if name.endswith(".txt"):
        return read_text(path).lstrip().startswith("{")
    return name.endswith((".amc", ".amc.gz", ".bvh"))


def _stem(path: Path) -> str:
    return re.sub(r"(\.gz)?$", "", path.name, flags=re.IGNORECASE).rsplit(".", 1)[0]


def _read(path: Path, name: str) -> MotionClip:
    kind = path.name.lower()
    if kind.endswith(".txt"):
        capture, loops = read_deepmimic(path)
        return to_clip(capture, name, _action(path), loops)
    capture = read_bvh(path) if kind.endswith(".bvh") else read_asf_amc(path)
    return to_clip(capture, name, _action(path))


def _action(path: Path) -> str:
    stem = _stem(path).lower()
    parts = re.findall("[a-z]+", stem)
    said = (word for word in _WORDS for part in parts if part.startswith(word) or part.endswith(word))
    return _CMU_ACTIONS.get(stem) or next(said, UNNAMED_ACTION)
