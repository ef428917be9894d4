"""Whom the networks of suite `pose3d` see: rendered once for all of them, and kept."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from viewsync.benchmarks.jobs import fingerprint
from viewsync.footage.parts import spread
from viewsync.pose3d.footage import Footage
from viewsync.pose3d.readers import read_footage
from viewsync.pose_embedding.performances import LICENCE, is_held_out, recorded
from viewsync.store import cache_folder, stamp
from viewsync.worlds.motions.clip import MotionClip
from viewsync.worlds.motions.library import MotionLibrary
from viewsync.worlds.order import Order
from viewsync.worlds.presets.still import LAB
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.truth.scene import MANIFEST
from viewsync.worlds.workers import film_all
from viewsync.worlds.world import World

HELD_OUT = ("02_04", "02_08")
"""How the names of clips begin that are done in tests only, beside those that no training of the project sees."""
_CROUCHING = "stealthy"
"""A minute each, and in tests only: that would be most of them."""
_ACROBATICS = ("backflip", "cartwheel", "climb", "crawl", "getup", "roll", "sideflip", "terrain")
"""Not done in a laboratory, and too little of each to learn it from."""
_PIECE_SECONDS, _PIECES = 3.0, 4
"""Of a clip that isn't walking: how long, and how many at most, spread over all of it."""
_TRUTH = ("calibration", "human36m")
OWN_LICENCE = "viewsync's own motions and anny's bodies: Apache-2.0"
_FILMS_DEPEND_ON = (
    "worlds/**/*.py", "geometry/camera.py", "geometry/lens.py", "pose_embedding/performances.py",
    "benchmarks/pose3d_stage.py",
)  # fmt: skip


@dataclass(frozen=True)
class Sizes:
    """How much is rendered, and how large."""

    training: int
    """Scenes of one person each."""
    tests: int
    """Other scenes: other people who do other things, before the same cameras."""
    seconds: float
    """Of each scene."""
    side_pixels: int
    """Of what networks see."""
    films_pixels: int = 240
    fps: float = 12.5


@dataclass(frozen=True)
class Stage:
    """All footage: read, or rendered where that wasn't done yet."""

    sizes: Sizes
    seed: int
    data: Path | None
    """Folder of data sets, with motion capture; None: people do what the package makes up only."""
    folder: Path
    """Where all is kept."""

    def training(self) -> list[Footage]:
        """What is trained on."""
        return [self._footage(number) for number in range(self.sizes.training)]

    def tests(self) -> list[Footage]:
        """What is tested on: never trained on."""
        return [self._footage(self.sizes.training + number) for number in range(self.sizes.tests)]

    @property
    def described(self) -> str:
        """For a model card: what training sees, and what it doesn't."""
        seen, unseen = (_told(self.data, held_out) for held_out in (False, True))
        return (
            f"World lab, {self.sizes.training} people; other people in {self.sizes.tests} scenes, who do other things, are "
            f"held out. Trained on: {seen}. Held out: {unseen}."
        )

    @property
    def licence(self) -> str:
        """Of all that."""
        return OWN_LICENCE if self.data is None else LICENCE

    def film(self, cores: int) -> None:
        """Render what isn't yet."""
        film_all(self._unfinished(), _TRUTH, cores, lambda *_: None)

    def path(self, number: int) -> Path:
        """Of a scene; those for tests come last."""
        return self.folder / "worlds" / LAB.scene_name(number)

    def _unfinished(self) -> Iterator[tuple[World, Path]]:
        sizes = self.sizes
        for number in range(sizes.training + sizes.tests):
            path = self.path(number)
            if not (path / MANIFEST).exists():
                # Of two dozen people, no network this small learns what clothes of others look like.
                wishes = Wishes(
                    seconds=sizes.seconds, size=(sizes.films_pixels, sizes.films_pixels), fps=sizes.fps,
                    place_seed=self.seed, same_clothes=True, motions=_motions(self.data, number >= sizes.training),
                )  # fmt: skip
                order = Order(LAB.name, self.seed, 1, wishes, _TRUTH)
                yield LAB.build(path.name, order.seed_of(number), wishes), path

    def _footage(self, number: int) -> Footage:
        (footage,) = read_footage(self.path(number), self.sizes.side_pixels)
        return footage


def stage_for(sizes: Sizes, seed: int, data: Path | None) -> Stage:
    """The stage whose folder in the cache belongs to all that films depend on: code, sizes, seed and data."""
    name = fingerprint(_FILMS_DEPEND_ON, sizes, seed, data and stamp(data / "mocap"))
    return Stage(sizes, seed, data, cache_folder() / "pose3d-bench" / name)


@cache
def _motions(data: Path | None, held_out: bool) -> MotionLibrary | None:
    if data is None:
        return None
    clips = recorded((data / "mocap",))
    chosen = [clip for clip in (*clips.training, *clips.held_out) if clip.action not in (_CROUCHING, *_ACROBATICS)]
    those = [clip for clip in chosen if _is_for_tests(clip.name) == held_out]
    return MotionLibrary(tuple(piece for clip in those for piece in _pieces(clip)))


def _pieces(clip: MotionClip) -> list[MotionClip]:
    """Some seconds each: else a scene would show one thing, most often one of the few long clips."""
    if clip.action == "walk":
        return [clip]  # Strides are cut out of it.
    length, count = round(_PIECE_SECONDS * clip.rate_hz), len(clip.hips_metres)
    starts = range(0, max(1, count - length // 2), length)
    return [
        replace(
            clip, name=f"{clip.name} from {start / clip.rate_hz:g} s", loops=False,
            hips_metres=clip.hips_metres[start : start + length], rotations=clip.rotations[start : start + length],
        )
        for start in spread(starts, min(_PIECES, len(starts)))
    ]  # fmt: skip


def _told(data: Path | None, held_out: bool) -> str:
    motions = _motions(data, held_out)
    names = () if motions is None else dict.fromkeys(clip.name.partition(" from ")[0] for clip in motions.clips)
    return ", ".join(names) or "the package's own motions"


def _is_for_tests(name: str) -> bool:
    return is_held_out(name) or name.rpartition("/")[2].startswith(HELD_OUT)
