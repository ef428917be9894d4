"""What is to be rendered, written down in the folder, so that a second run goes on and nothing else does."""

import hashlib
import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from viewsync.files import prepare_folder, remove_abandoned, write_whole
from viewsync.types import InputError
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.truth.formats import require_known

NAME = "order.json"
SPLITS = ("train", "val", "test")

_PACKAGE = Path(__file__).parents[1]
_CODE = ("worlds", "geometry", "calibration", "media")
"""What of this package the files depend on."""
_LIBRARIES = ("viewsync", "anny", "av", "h5py", "numpy", "opencv-python-headless", "pyvista", "scipy", "torch", "vtk")


@dataclass(frozen=True)
class Order:
    """Scenes of one preset."""

    preset: str
    seed: int
    scenes: int
    wishes: Wishes
    truth: tuple[str, ...]
    """Formats of truth, by their names in `truth.formats`."""
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
    """Of scenes for training, validation and test."""

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise InputError(f"--seed must be 0 or greater, got {self.seed}.")
        if not 1 <= self.scenes <= 100_000:
            raise InputError(f"--scenes must be from 1 to 100000, got {self.scenes}.")
        # Written so that nan fails, too.
        if not (min(self.shares) >= 0 and 0 < sum(self.shares) < float("inf")):
            raise InputError(f"--split takes three shares of 0 or more, not all of them 0, got {self.shares}.")
        require_known(self.truth)

    def seed_of(self, number: int) -> int:
        """The seed of one scene, of 53 bits: JSON holds it exactly, and among all scenes none comes twice."""
        return int(np.random.SeedSequence([self.seed, number]).generate_state(1, np.uint64)[0] >> 11)

    def splits(self) -> list[str]:
        """The split of each scene: whole scenes, by shares as near as can be, at random."""
        ends = np.round(np.cumsum(self.shares) / sum(self.shares) * self.scenes).astype(int)
        split = np.searchsorted(ends, np.arange(self.scenes), side="right")
        np.random.default_rng([self.seed, 7]).shuffle(split)
        return [SPLITS[i] for i in split]

    def as_json(self) -> dict[str, Any]:
        """All that the result depends on."""
        return {
            "schema": "viewsync.order/1",
            **vars(self),
            "truth": list(self.truth),
            "shares": list(self.shares),
            "wishes": self.wishes.as_json(),
            "made_by": _made_by(),
        }


def take_up(order: Order, folder: Path) -> None:
    """Write the order into the folder, or see that the one there is the same.

    Raises:
        InputError: The folder holds something else, or can't be written.
    """
    prepare_folder(folder)
    path = folder / NAME
    remove_abandoned(path)
    ours = order.as_json()
    others = (entry for entry in folder.rglob("*") if entry.is_file() and entry != path and not entry.name.startswith("."))
    if next(others, None) is None:
        write_whole(path, json.dumps(ours, indent=1).encode())
        return
    if not path.exists():
        raise InputError(f"{folder} holds files but no {NAME}: choose an empty or new folder with -o.")
    different = sorted(_different(ours, _read(path)))
    if different:
        raise InputError(
            f"{folder} holds worlds that were ordered otherwise (another {', '.join(different)}): "
            "choose another folder with -o, or order the same to go on."
        )


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise ValueError("it isn't a JSON object")
        return content
    except ValueError as error:
        raise InputError(f"{path} can't be read: {error}. Choose another folder with -o.") from error


def _different(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    """What two orders don't agree in, by the innermost names."""
    names: list[str] = []
    for name in ours.keys() | theirs.keys():
        one, other = ours.get(name), theirs.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            names += _different(one, other)
        elif one != other:
            names.append(name)
    return names


def _made_by() -> dict[str, str]:
    """What else the files depend on: the code, and the libraries that draw and encode."""
    digest = hashlib.sha256()
    for path in sorted(path for room in _CODE for path in (_PACKAGE / room).rglob("*.py")):
        digest.update(path.read_bytes())
    return {"code": digest.hexdigest(), **{name: importlib.metadata.version(name) for name in _LIBRARIES}}
