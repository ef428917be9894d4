"""Whom the networks of suite `synnet` see: filmed once for all of them, and kept."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain, groupby
from pathlib import Path
from typing import Literal

import numpy as np

from viewsync.benchmarks.jobs import fingerprint
from viewsync.benchmarks.pose_scenes import held_out_motions
from viewsync.files import whole_file
from viewsync.pose_embedding.performances import Recorded, performances, recorded
from viewsync.store import cache_folder, stamp
from viewsync.synnet.pictures import Shooting, filmed_pictures
from viewsync.synnet.scenes import Scene, filmed, filmed_worlds
from viewsync.synnet.streams import FrameStore
from viewsync.worlds.motions.library import MotionLibrary

Material = Literal["training", "random cameras", "world pair", "world group"]
MATERIALS: tuple[Material, ...] = ("training", "random cameras", "world pair", "world group")
PICTURE_PIXELS = 24
"""Of pictures and flow: in 16, which do for joints, a body is a smudge."""
_FILMS_DEPEND_ON = (
    "pose_embedding/performances.py", "pose_embedding/filming.py", "synnet/scenes.py", "synnet/pictures.py",
    "synnet/clips.py", "worlds/**/*.py", "benchmarks/synnet_stage.py",
)  # fmt: skip


@dataclass(frozen=True)
class Sizes:
    """How much is filmed."""

    performances: int
    held_out: int
    """Performances to test on."""
    cameras: int
    worlds: int
    reels: int
    held_out_reels: int
    reel_scenes: int
    """Rendered ones; a reel is filmed by one process."""


@dataclass(frozen=True)
class Stage:
    """Everybody who is filmed: read, or made where nobody has made it yet."""

    sizes: Sizes
    seed: int
    data: Path | None
    """Folder of data sets, with motion capture; None: people do what the package makes up only."""
    folder: Path
    """Where all is kept."""

    def people(self, material: Material) -> list[tuple[Scene, ...]]:
        """Whoever is filmed together."""
        self.film(material)
        return _read(self._path(material))

    def scenes(self, material: Material) -> list[Scene]:
        """The same, one by one."""
        return [*chain.from_iterable(self.people(material))]

    def film(self, material: Material) -> None:
        """Film what isn't yet."""
        if not self._path(material).exists():
            _write(self._path(material), self._filmed(material))

    def _path(self, material: Material) -> Path:
        return self.folder / f"{material.replace(' ', '-')}.npz"

    def _filmed(self, material: Material) -> Iterator[tuple[Scene, ...]]:
        sizes, motions = self.sizes, _motions(self.data)
        if material == "training":
            people = performances(motions.training, sizes.performances, self.seed)
            yield from ((scene,) for scene in filmed(people, sizes.cameras, self.seed))
        elif material == "random cameras":
            people = performances(motions.held_out, sizes.held_out, self.seed, held_out=True)
            yield from ((scene,) for scene in filmed(people, sizes.cameras, self.seed, "plain"))
        elif material == "world pair":
            yield from filmed_worlds("pair", sizes.worlds, self.seed)
            if self.data is not None:
                yield from filmed_worlds("pair", sizes.worlds, self.seed, held_out_motions(self.data))
        else:
            yield from filmed_worlds("group", sizes.worlds, self.seed)

    def film_reel(self, number: int, held_out: bool) -> None:
        """Film the pictures of a reel, as far as they aren't yet."""
        for _ in filmed_pictures(self._reel(number, held_out), self.folder / "pictures"):
            pass

    def frames(self, held_out: bool) -> FrameStore:
        """All pictures for training, or for tests."""
        reels = (self._reel(number, held_out) for number in range(self.reels(held_out)))
        return FrameStore(scene for reel in reels for scene in filmed_pictures(reel, self.folder / "pictures"))

    def reels(self, held_out: bool) -> int:
        """How many there are."""
        return self.sizes.held_out_reels if held_out else self.sizes.reels

    def _reel(self, number: int, held_out: bool) -> Shooting:
        clips = _motions(self.data).held_out if held_out else _motions(self.data).training
        motions = MotionLibrary(clips) if clips else None
        return Shooting(
            self.sizes.reel_scenes,
            1000 * self.seed + number,
            held_out,
            motions,
            cameras=3,
            size_pixels=PICTURE_PIXELS,
        )


def stage_for(sizes: Sizes, seed: int, data: Path | None) -> Stage:
    """The stage whose folder in the cache belongs to all that films depend on: code, sizes, seed and data."""
    name = fingerprint(_FILMS_DEPEND_ON, sizes, seed, data and stamp(data / "mocap"))
    return Stage(sizes, seed, data, cache_folder() / "synnet-bench" / name)


@cache
def _motions(data: Path | None) -> Recorded:
    return recorded(() if data is None else (data / "mocap",))


def _write(path: Path, people: Iterable[tuple[Scene, ...]]) -> None:
    arrays = {
        f"{number} {one} {name}": array
        for number, together in enumerate(people)
        for one, scene in enumerate(together)
        for name, array in (("views", scene.views), ("speed", scene.speed))
    }
    with whole_file(path) as temporary:
        np.savez(temporary, **arrays)  # type: ignore[arg-type]  # NumPy's stubs take names for its own options.


def _read(path: Path) -> list[tuple[Scene, ...]]:
    with np.load(path) as file:
        names = [name.removesuffix(" views") for name in file.files if name.endswith(" views")]
        return [
            tuple(Scene(file[f"{name} views"], file[f"{name} speed"]) for name in together)
            for _, together in groupby(names, key=lambda name: name.split()[0])
        ]
