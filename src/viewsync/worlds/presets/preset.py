"""What a preset is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from viewsync.geometry.camera import CalibratedCamera
from viewsync.types import InputError
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.world import World


@dataclass(frozen=True)
class Preset:
    """One kind of footage."""

    name: str
    sentence: str
    """What one gets."""
    build: Callable[[str, int, Wishes], World]
    """The world of a scene's name, its seed, and the user's wishes."""
    truth: tuple[str, ...]
    """Formats of truth that are written unless others are asked for."""
    sets: tuple[str, ...] = ()
    """Names of the kinds of scenes that take turns; the preset's own name where there is one kind."""
    read_cameras: Callable[[Path], tuple[CalibratedCamera, ...]] | None = None
    """Reads the calibration of the cameras that it is modelled after."""
    still: bool = False
    """Whether cameras stand still, so that many scenes can be of one place."""

    def scene_name(self, number: int) -> str:
        """What a scene and its folder are called: ``pair-0003``, ``zed_pm-0000``."""
        sets = self.sets or (self.name,)
        return f"{sets[number % len(sets)]}-{number // len(sets):04d}"

    def real_cameras(self, path: Path) -> tuple[CalibratedCamera, ...]:
        """The cameras that it is modelled after.

        Raises:
            InputError: Their calibration can't be read, or the preset has no such model.
        """
        if self.read_cameras is None:
            raise InputError(f"--cameras: {self.name} isn't modelled after real cameras; leave it out.")
        return self.read_cameras(path)
