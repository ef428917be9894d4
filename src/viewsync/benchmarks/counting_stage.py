"""What the networks of suite `counting` see: rendered once for all of them, and kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from viewsync.benchmarks.jobs import fingerprint
from viewsync.counting.flows import Tracks, tracks
from viewsync.counting.footage import Footage
from viewsync.counting.readers import read_footage
from viewsync.geometry.ground_maps import GroundMap
from viewsync.store import cache_folder
from viewsync.worlds.order import Order
from viewsync.worlds.presets.preset import Preset
from viewsync.worlds.presets.still import STREET, WALKER
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.truth.scene import MANIFEST
from viewsync.worlds.workers import film_all
from viewsync.worlds.world import World

WorldName = Literal["street", "walker"]
_PRESETS: dict[WorldName, Preset] = {"street": STREET, "walker": WALKER}
_GROUNDS: dict[WorldName, GroundMap] = {
    "street": GroundMap(-14.0, -20.0, 0.1, 400, 420),
    "walker": GroundMap(-3.2, -3.2, 0.05, 128, 128),
}
"""On which people walk. As everywhere, four by four of these cells become one of the network's: in `street` of 0.4 m."""
_FILMS_DEPEND_ON = ("worlds/**/*.py", "geometry/camera.py", "geometry/lens.py", "benchmarks/counting_stage.py")


@dataclass(frozen=True)
class Sizes:
    """How much of a world is rendered, and how large."""

    training: int
    """Scenes."""
    tests: int
    """Other scenes: other people, before the same cameras."""
    seconds: float
    """Of each scene."""
    people: int
    """At most, at a time."""
    pictures: tuple[int, int]
    """Width and height."""
    fps: float = 5.0


@dataclass(frozen=True)
class Stage:
    """All footage: read, or rendered where that wasn't done yet."""

    sizes: tuple[tuple[WorldName, Sizes], ...]
    seed: int
    folder: Path
    """Where all is kept."""

    def training(self, world: WorldName) -> list[Footage]:
        """What is trained on."""
        return [self._footage(world, number) for number in range(dict(self.sizes)[world].training)]

    def tests(self, world: WorldName) -> list[Footage]:
        """What is tested on: never trained on."""
        sizes = dict(self.sizes)[world]
        return [self._footage(world, sizes.training + number) for number in range(sizes.tests)]

    def ways(self, footage: Footage) -> Tracks:
        """Of the people in it."""
        return tracks(self.folder / "worlds" / footage.name, footage.place)

    def film(self, cores: int) -> None:
        """Render what isn't yet."""
        film_all(self._unfinished(), ("calibration",), cores, lambda *_: None)

    def scenes(self) -> Iterator[tuple[WorldName, int, Path]]:
        """World, number and folder of every scene."""
        for world, sizes in self.sizes:
            for number in range(sizes.training + sizes.tests):
                yield world, number, self._path(world, number)

    def _unfinished(self) -> Iterator[tuple[World, Path]]:
        for name, number, path in self.scenes():
            if not (path / MANIFEST).exists():
                sizes, preset = dict(self.sizes)[name], _PRESETS[name]
                wishes = Wishes(
                    seconds=sizes.seconds, people=sizes.people, size=sizes.pictures, fps=sizes.fps, place_seed=self.seed
                )
                order = Order(preset.name, self.seed, 1, wishes, ())
                yield preset.build(path.name, order.seed_of(number), wishes), path

    def _footage(self, world: WorldName, number: int) -> Footage:
        pictures = dict(self.sizes)[world].pictures
        (footage,) = read_footage(self._path(world, number), size=pictures, ground=_GROUNDS[world])
        return footage

    def _path(self, world: WorldName, number: int) -> Path:
        return self.folder / "worlds" / _PRESETS[world].scene_name(number)


def stage_for(sizes: tuple[tuple[WorldName, Sizes], ...], seed: int) -> Stage:
    """The stage whose folder in the cache belongs to all that films depend on: code, sizes and seed."""
    return Stage(sizes, seed, cache_folder() / "counting-bench" / fingerprint(_FILMS_DEPEND_ON, sizes, seed))
