"""Whom suite `association` looks for: real data sets, and rendered worlds, rendered once and kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from viewsync.association.frames import Part, Session, leaks, split
from viewsync.association.readers import assigned, cameras_of_wildtrack, read_session
from viewsync.benchmarks.jobs import fingerprint
from viewsync.calibration import read_cameras
from viewsync.geometry.camera import CalibratedCamera
from viewsync.store import cache_folder
from viewsync.worlds.cameras.rigs import like_wildtrack
from viewsync.worlds.order import Order
from viewsync.worlds.presets.preset import Preset
from viewsync.worlds.presets.still import PLAZA, THEATRE
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.truth.scene import MANIFEST
from viewsync.worlds.workers import film_all
from viewsync.worlds.world import World

WorldName = Literal["theatre", "plaza", "plaza, many frames"]
"""The last one is of other people before the cameras of `plaza`."""
Name = Literal[
    "MVOR", "MVOR, leaky", "MVOR, annotated boxes", "WILDTRACK",
    "plaza", "plaza, detected boxes", "theatre", "theatre, detected boxes",
    "MvMHAT 10", "MvMHAT 12", "MvMHAT 15", "MultiviewX",
]  # fmt: skip
Parts = dict[Part, Session]
_PRESETS: dict[WorldName, Preset] = {"theatre": THEATRE, "plaza": PLAZA, "plaza, many frames": PLAZA}
_NUMBERS: dict[WorldName, int] = {"theatre": 0, "plaza": 0, "plaza, many frames": 1}
"""Of scenes of their presets."""
_TRUTH = ("calibration", "self-mva", "self-mva-detected")
_WORLD_SHARES = (0.75, 0.10, 0.15)
_STEPS: dict[WorldName, int] = {"theatre": 2, "plaza": 1}
"""Of rendered frames, one in so many is looked at."""
_MVMHAT: dict[Name, tuple[str, float, int]] = {
    "MvMHAT 10": ("10", 25.0, 25), "MvMHAT 12": ("12", 25.0, 10), "MvMHAT 15": ("15", 7.0, 3)
}  # fmt: skip
"""File names, frames per second, and of how many frames one is looked at. EPFL's rate is nowhere told, and assumed."""
_FOLDERS: dict[str, str] = {
    "MVOR": "mvor",
    "WILDTRACK": "wildtrack",
    "MvMHAT": "mvmhat_mot_gt",
    "MultiviewX": "multiviewx_sample",
}
_FILMS_DEPEND_ON = ("worlds/**/*.py", "geometry/camera.py", "geometry/lens.py")


@dataclass(frozen=True)
class Sizes:
    """How much of a world is rendered, and how large."""

    seconds: float
    pictures: tuple[int, int]
    """Width and height."""
    fps: float
    people: int


@dataclass(frozen=True)
class Stage:
    """All sessions: read, or rendered where that wasn't done yet."""

    sizes: tuple[tuple[WorldName, Sizes], ...]
    seed: int
    data: Path | None
    """Folder of data sets; None: rendered worlds only."""
    folder: Path
    """Where all is kept."""

    def has(self, name: Name) -> bool:
        """Whether there is such data: rendered worlds always, others where their folder is."""
        if name.startswith(("plaza", "theatre")):
            return True
        folder = _FOLDERS[name.partition(",")[0].partition(" ")[0]]
        return self.data is not None and (self.data / folder).is_dir()

    def parts(self, name: Name) -> Parts:
        """Instants to learn from, to calibrate by and to be tested on; the test's identities are known."""
        return _parts(self, name)

    def cameras(self, name: Name) -> tuple[CalibratedCamera, ...] | None:
        """The calibrated cameras, in the session's order; None where nobody calibrated them, or it isn't read."""
        if name.startswith(("plaza", "theatre")):
            return tuple(read_cameras(self._path(_world(name)) / "calibration" / "cameras.json").values())
        if name in ("WILDTRACK", "MultiviewX"):
            return cameras_of_wildtrack(self._wildtrack() if name == "WILDTRACK" else self._data("MultiviewX"))
        return None

    def many_frames(self) -> Session:
        """Other people before the cameras of `plaza`, with exact boxes, at a rate at which frames can be a little apart."""
        return read_session(self._path("plaza, many frames"))

    def film(self, cores: int) -> None:
        """Render what isn't yet."""
        film_all(self._unfinished(), _TRUTH, cores, lambda *_: None)

    def _unfinished(self) -> Iterator[tuple[World, Path]]:
        for name, sizes in self.sizes:
            path, preset = self._path(name), _PRESETS[name]
            if not (path / MANIFEST).exists():
                wishes = Wishes(seconds=sizes.seconds, people=sizes.people, size=sizes.pictures, fps=sizes.fps)
                order = Order(preset.name, self.seed, _NUMBERS[name] + 1, wishes, ())
                if name == "plaza, many frames":
                    wishes = replace(wishes, cameras=like_wildtrack(order.seed_of(0)).cameras)
                yield preset.build(path.name, order.seed_of(_NUMBERS[name]), wishes), path

    def _path(self, world: WorldName) -> Path:
        return self.folder / "worlds" / _PRESETS[world].scene_name(_NUMBERS[world])

    def _data(self, name: str) -> Path:
        assert self.data is not None
        return self.data / _FOLDERS[name]

    def _wildtrack(self) -> Path:
        return self._data("WILDTRACK") / "datasets" / "Wild-Track"

    def _mvor(self, name: Name) -> Parts:
        """Learned from the released detections; in `MVOR, leaky` from all of them, instants of the test among them."""
        folder = self._data("MVOR")
        parts = split(read_session(folder))
        if name == "MVOR, annotated boxes":
            return parts
        found = read_session(folder, boxes=folder / "self_mva" / "detections_train.json")
        held_out = set() if name == "MVOR, leaky" else {*leaks(found, parts["validation"]), *leaks(found, parts["test"])}
        training = found.with_frames([frame for frame in found.frames if frame.seconds not in held_out])
        return {**parts, "training": training}

    def _of_wildtrack(self) -> Parts:
        """Learned from detections. Of the annotated frames, only the test's have any detections left."""
        folder, detections = self._wildtrack(), self._data("WILDTRACK") / "detections"
        found = read_session(folder, boxes=detections / "self_mva_detections_train.json")
        cut = int(0.8 * len(found.frames))
        test = assigned(read_session(folder, boxes=detections / "MVDeTr_test.json"), read_session(folder))
        training, validation = found.frames[:cut], found.frames[cut:]
        return {"training": found.with_frames(training), "validation": found.with_frames(validation), "test": test}

    def _of_world(self, name: Name) -> Parts:
        path, step = self._path(_world(name)), _STEPS[_world(name)]
        exact = _thinned(read_session(path), step)
        if name in ("plaza", "theatre"):
            return split(exact, _WORLD_SHARES)
        found = assigned(_thinned(read_session(path, boxes=path / "self-mva-detected"), step), exact)
        return split(found, _WORLD_SHARES)

    def _of_mvmhat(self, name: Name) -> Parts:
        session, fps, step = _MVMHAT[name]
        return split(_thinned(read_session(self._data("MvMHAT") / session, fps=fps), step))

    def _of_multiviewx(self) -> Parts:
        """Ten instants: those that are learned from must do for calibration, too."""
        parts = split(read_session(self._data("MultiviewX")), (0.7, 0.1, 0.2))
        return {**parts, "validation": parts["training"]}


@cache
def _parts(stage: Stage, name: Name) -> Parts:
    """A process reads what it needs but once."""
    if name.startswith("MVOR"):
        return stage._mvor(name)
    if name.startswith("MvMHAT"):
        return stage._of_mvmhat(name)
    readers: dict[Name, Callable[[], Parts]] = {"WILDTRACK": stage._of_wildtrack, "MultiviewX": stage._of_multiviewx}
    return readers[name]() if name in readers else stage._of_world(name)


def _world(name: Name) -> WorldName:
    return "plaza" if name.startswith("plaza") else "theatre"


def _thinned(session: Session, step: int) -> Session:
    return session.with_frames(session.frames[::step])


def stage_for(sizes: tuple[tuple[WorldName, Sizes], ...], seed: int, data: Path | None) -> Stage:
    """The stage whose folder in the cache belongs to all that films depend on: code, sizes, formats of truth, and seed."""
    folder = cache_folder() / "association-bench" / fingerprint(_FILMS_DEPEND_ON, sizes, _TRUTH, seed)
    return Stage(sizes, seed, data, folder)
