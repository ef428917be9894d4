"""What a motion file holds, before it is brought to our skeleton."""

import gzip
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from viewsync.types import InputError

_Z_FROM_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


@dataclass(frozen=True)
class Capture:
    """Recorded motion of somebody's own skeleton, its joints named as in `skeleton.JOINTS` as far as it has them.

    The axes are right-handed with z up; the unit of length is the file's.
    """

    rate_hz: float
    stance: Mapping[str, Float[np.ndarray, " 3"]]
    """Where the joints lie while the body stands upright: as a rule in the rest pose that the file describes."""
    hips: Float[np.ndarray, "time 3"]
    """Where the hips are."""
    turns: Mapping[str, Float[np.ndarray, "time 3 3"]]
    """Each joint's rotation in the world since the stance. The same joints as in `stance`."""

    def __post_init__(self) -> None:
        if self.stance.keys() != self.turns.keys():
            raise ValueError(f"joints differ: {sorted(self.stance)} and {sorted(self.turns)}")


def from_y_up(capture: Capture) -> Capture:
    """A motion that was read with y up, with z up: x stays, and what faced +z faces -y."""
    turn = _Z_FROM_Y_UP
    return replace(
        capture,
        stance={name: turn @ place for name, place in capture.stance.items()},
        hips=capture.hips @ turn.T,
        turns={name: turn @ matrices @ turn.T for name, matrices in capture.turns.items()},
    )


def number(word: str) -> float:
    """A finite number.

    Raises:
        ValueError: It isn't one.
    """
    value = float(word)
    if not math.isfinite(value):
        raise ValueError(f"not a finite number: {word}")
    return value


def read_text(path: Path) -> str:
    """The text of a file, unpacked if its name ends in .gz.

    Raises:
        InputError: The file can't be read or unpacked.
    """
    try:
        packed = path.read_bytes()
        # latin-1 takes any byte: what isn't text fails where it is parsed, with a line to look at.
        return (gzip.decompress(packed) if path.suffix.lower() == ".gz" else packed).decode("latin-1")
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: can't be read ({error}). Copy the file again, or take it out of the folder.") from error
