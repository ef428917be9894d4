"""Takes: clips of one scene whose true clocks are known, cut at random without giving the offset away."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from viewsync.types import InputError


@dataclass(frozen=True)
class KnownClip:
    """A file, and the instant on the common clock at which each of its moments really happened."""

    path: Path
    pts_seconds: Float[np.ndarray, " moment"]
    """On the file's own clock, increasing."""
    world_seconds: Float[np.ndarray, " moment"]
    """The same moments on the clock that all clips of a take share, increasing."""
    frame_seconds: float
    """The source's frame interval (of sound: the bar's tolerance), the unit of small and large errors."""

    @property
    def id(self) -> str:
        """The camera's id in a timeline."""
        return self.path.stem


@dataclass(frozen=True)
class Take:
    """Clips of one scene, all equally long, to be synchronised in one call."""

    scene: str
    clips: tuple[KnownClip, ...]

    @property
    def paths(self) -> list[Path]:
        """The files."""
        return [clip.path for clip in self.clips]

    def clip(self, id: str) -> KnownClip:
        """The clip with this id."""
        return next(clip for clip in self.clips if clip.id == id)


@dataclass(frozen=True)
class TrueOffset:
    """The true clock relation of a pair in the middle of what the two clips have in common."""

    offset_seconds: float
    """t_a − t_b."""
    middle_seconds: float
    """Where, on b's clock."""


def true_offset(a: KnownClip, b: KnownClip) -> TrueOffset | None:
    """Median of t_a − t_b over b's moments that a saw too; None where there are none.

    The median, because capture times jitter about the regular pts that files give them.
    """
    common = (b.world_seconds >= a.world_seconds[0]) & (b.world_seconds <= a.world_seconds[-1])
    if not common.any():
        return None
    b_pts = b.pts_seconds[common]
    a_pts = np.interp(b.world_seconds[common], a.world_seconds, a.pts_seconds)
    return TrueOffset(float(np.median(a_pts - b_pts)), float(np.median(b_pts)))


def draw_starts(rng: np.random.Generator, clips: int, source_length: int, clip_length: int) -> list[int]:
    """First frames (or samples) of equally long clips of which any two share at least half.

    The offsets are drawn first, independently of where in the source the take then lies.
    """
    latest = source_length - clip_length
    offsets = rng.integers(0, min(latest, clip_length // 2) + 1, clips)
    offsets -= offsets.min()
    position = rng.integers(0, latest - offsets.max() + 1)
    return [int(position + offset) for offset in offsets]


def draw_starts_in_sync(rng: np.random.Generator, clips: int, source_length: int, clip_length: int) -> list[int]:
    """The same first frame for all: a true offset of zero belongs into every set."""
    return clips * [int(rng.integers(0, source_length - clip_length + 1))]


def draw_starts_apart(rng: np.random.Generator, source_length: int, clip_length: int) -> list[int]:
    """First frames of two clips that have nothing in common, in random order."""
    slack = source_length - 2 * clip_length
    early, late = np.sort(rng.integers(0, slack + 1, 2))
    return [int(start) for start in rng.permutation([early, late + clip_length])]


def data_folder(data: Path | None) -> Path:
    """The folder of the public data sets: as given, or $VIEWSYNC_DATA, or ../shared/data beside the repository.

    Raises:
        InputError: There is no such folder.
    """
    folder = data or Path(os.environ.get("VIEWSYNC_DATA") or Path(__file__).parents[4] / "shared" / "data")
    if not folder.is_dir():
        raise InputError(f"no data sets at {folder}: give their folder with --data or in VIEWSYNC_DATA.")
    return folder


def existing(path: Path) -> Path:
    """The path, if there is such a file.

    Raises:
        InputError: There is none.
    """
    if not path.is_file():
        raise InputError(f"{path} is missing: benchmarks/README.md says where this data set comes from.")
    return path
