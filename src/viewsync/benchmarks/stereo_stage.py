"""What the networks of suite `stereo` see: rendered once for all of them, and kept; and a real recording."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from viewsync.benchmarks.jobs import fingerprint
from viewsync.benchmarks.scenes import handpose3d
from viewsync.media import probe
from viewsync.stereo.frames import PAPER_SIZE, Modality, PreparedRecording, prepared
from viewsync.stereo.recordings import StereoRecording, stereo_recordings
from viewsync.store import cache_folder
from viewsync.worlds.order import Order
from viewsync.worlds.presets.moving import STEREO
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.truth.scene import MANIFEST
from viewsync.worlds.workers import film_all
from viewsync.worlds.world import World

SETS = STEREO.sets
TRAINED_ON = ("zed_p", "zed_p2")
REAL = "handpose3d"
MODALITIES: tuple[Modality, ...] = ("flow", "image")
_FILMS_DEPEND_ON = ("worlds/**/*.py", "geometry/camera.py", "geometry/lens.py", "benchmarks/stereo_stage.py")


@dataclass(frozen=True)
class Sizes:
    """How much is rendered, and how large pictures are for the networks."""

    training: int
    """Scenes of each set that is trained on."""
    tests: int
    """Other scenes, of every set."""
    seconds: float
    """Of each scene."""
    pixels: int


@dataclass(frozen=True)
class Stage:
    """All recordings: read, or rendered where that wasn't done yet."""

    sizes: Sizes
    seed: int
    data: Path | None
    """Folder of data sets, with the real recording; None: rendered ones only."""
    folder: Path
    """Where all is kept."""

    def training(self, name: str) -> list[StereoRecording]:
        """What is trained on, of one set."""
        return [self._recording(name, index) for index in range(self.sizes.training)]

    def tests(self, name: str) -> list[StereoRecording]:
        """What is tested on, of one set, or the real recording: never trained on."""
        if name == REAL:
            left, right = handpose3d(self.data).sources
            return [StereoRecording(REAL, probe(left), probe(right))]
        return [self._recording(name, self.sizes.training + index) for index in range(self.sizes.tests)]

    @property
    def test_sets(self) -> tuple[str, ...]:
        """Names of all that can be tested on."""
        return SETS if self.data is None else (*SETS, REAL)

    def _recording(self, name: str, index: int) -> StereoRecording:
        (recording,) = stereo_recordings(self._path(name, index))
        return recording

    def _path(self, name: str, index: int) -> Path:
        return self.folder / "worlds" / STEREO.scene_name(_number(name, index))

    def film(self, cores: int) -> None:
        """Render what isn't yet."""
        film_all(self._unfinished(), (), cores, lambda *_: None)

    def _unfinished(self) -> Iterator[tuple[World, Path]]:
        wishes = Wishes(seconds=self.sizes.seconds)
        order = Order(STEREO.name, self.seed, 1, wishes, ())
        for number, path in self.scenes():
            if not (path / MANIFEST).exists():
                yield STEREO.build(path.name, order.seed_of(number), wishes), path

    def scenes(self) -> Iterator[tuple[int, Path]]:
        """The number, which says the seed, and the folder of every scene."""
        for name in SETS:
            first = 0 if name in TRAINED_ON else self.sizes.training
            for index in range(first, self.sizes.training + self.sizes.tests):
                yield _number(name, index), self._path(name, index)

    def preparations(self, paper_size: bool) -> dict[str, Callable[[], None]]:
        """What makes the networks' frames of all recordings, by name.

        Args:
            paper_size: Make tests' flow as large as the authors' own weights take it, too.
        """
        training = [one for name in TRAINED_ON for one in self.training(name)]
        tests = [one for name in self.test_sets for one in self.tests(name)]
        sizes: dict[str, tuple[int, ...]] = {one.name: (self.sizes.pixels,) for one in training}
        sizes |= {one.name: (self.sizes.pixels, PAPER_SIZE) if paper_size else (self.sizes.pixels,) for one in tests}
        return {one.name: partial(_prepare, one, sizes[one.name]) for one in training + tests}


def frames(recordings: Sequence[StereoRecording], modality: Modality, size: int) -> list[PreparedRecording]:
    """As a network takes them."""
    return [prepared(one, modality, size, lambda *_: None) for one in recordings]


def _prepare(recording: StereoRecording, sizes: tuple[int, ...]) -> None:
    for size in sizes:
        for modality in MODALITIES if size != PAPER_SIZE else ("flow",):
            frames([recording], modality, size)


def _number(name: str, index: int) -> int:
    return index * len(SETS) + SETS.index(name)


def stage_for(sizes: Sizes, seed: int, data: Path | None) -> Stage:
    """The stage whose folder in the cache belongs to all that films depend on: code, sizes and seed."""
    return Stage(sizes, seed, data, cache_folder() / "stereo-bench" / fingerprint(_FILMS_DEPEND_ON, sizes, seed))
