"""`viewsync render`."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from tyro.conf import Positional, arg

from viewsync.commands.terminal import progress_bars

if TYPE_CHECKING:
    from viewsync.worlds.presets.preset import Preset
    from viewsync.worlds.presets.wishes import Wishes


def _own(metavar: str) -> Any:
    """An option that is the preset's choice unless told."""
    return arg(metavar=metavar, help_behavior_hint="(default: the preset's)")


@dataclass(frozen=True)
class Render:
    """Render worlds: several cameras' videos of people in a place, with exact clocks and truth of everything.

    Presets: stereo, pair, group, street, pets, walker, lab, plaza, theatre (docs/worlds). Needs the extra
    `viewsync[worlds]`. Run again, it makes only what isn't finished.

    Exit codes: 0 all is rendered; 2 bad usage, no room, or no OpenGL.
    """

    preset: Annotated[Positional[str], arg(metavar="PRESET", help_behavior_hint="(required)")]
    """Which kind of footage."""
    out: Annotated[Path | None, arg(aliases=["-o"], metavar="PATH", help_behavior_hint="(default: ./PRESET)")] = None
    """Folder for the scenes."""
    seed: int = 0
    """Seed of everything random."""
    scenes: int = 1
    """How many."""
    split: tuple[float, float, float] = (0.8, 0.1, 0.1)
    """Shares of scenes for training, validation and test."""
    truth: Annotated[tuple[str, ...] | None, _own("FORMAT ...")] = None
    """Formats of truth: calibration, coco, openpose, joints3d, mot, self-mva, wildtrack, density, human36m, masks, depth;
    coco, openpose, mot and self-mva also as a detector might tell them: coco-detected and so on; or all."""
    workers: Annotated[int | None, arg(metavar="INT", help_behavior_hint="(default: one per core)")] = None
    """Processes."""
    seconds: Annotated[float | None, _own("FLOAT")] = None
    """Length of a scene."""
    people: Annotated[int | None, _own("INT")] = None
    """How many, at the most crowded time."""
    size: Annotated[str | None, _own("SIZE")] = None
    """Of the pictures, such as 640x360."""
    fps: Annotated[float | None, _own("FLOAT")] = None
    """Frames per second."""
    same_clothes: Annotated[bool | None, _own("{True,False}")] = None
    """Dress everybody alike."""
    motions: Annotated[Path | None, arg(metavar="PATH", help_behavior_hint="(default: the package's own)")] = None
    """Folder of motion capture (ASF/AMC, BVH, DeepMimic)."""
    cameras: Annotated[Path | None, arg(metavar="PATH", help_behavior_hint="(default: made up, like them)")] = None
    """Calibration of the real cameras: for pets the folder of PETS2009's View_001.xml and so on, for plaza WILDTRACK's
    folder calibrations, for lab Human3.6M's camera-parameters.json."""
    place_seed: Annotated[int | None, arg(metavar="INT", help_behavior_hint="(default: each scene its own place)")] = None
    """Seed of place and cameras, which then are the same in all scenes; for street, pets, walker, lab, plaza, theatre."""
    max_offset_seconds: Annotated[float | None, _own("FLOAT")] = None
    """Clocks are off by up to this, each way."""
    max_rate_ppm: Annotated[float | None, _own("FLOAT")] = None
    """Clocks run wrong by up to this, each way."""
    jitter: Annotated[float | None, _own("FLOAT")] = None
    """Frames come late by up to this share of the frame interval."""
    dropped: Annotated[float | None, _own("FLOAT")] = None
    """Share of frames that are lost."""
    exposure_seconds: Annotated[float | None, _own("FLOAT")] = None
    """How long a row is exposed."""
    readout_seconds: Annotated[float | None, _own("FLOAT")] = None
    """Rolling shutter: from the top row to the bottom row."""
    blur: Annotated[int | None, _own("INT")] = None
    """Motion blur: into how many instants the exposure is cut; an odd number."""
    sound: Annotated[bool | None, _own("{True,False}")] = None
    """Steps, claps and voices on a sound track."""
    json: bool = False
    """Print the manifest as JSON on stdout, and nothing else there."""

    def run(self) -> int:
        """Render, and say where."""
        from viewsync.types import InputError

        try:
            return self._render()
        except ModuleNotFoundError as error:
            raise InputError(
                f"{error.name} is missing. Install what rendering needs: pip install 'viewsync[worlds]'."
            ) from error

    def _render(self) -> int:
        from viewsync.worlds.order import Order
        from viewsync.worlds.presets import preset_named
        from viewsync.worlds.render import render
        from viewsync.worlds.truth.formats import FORMATS, PICTURES

        preset = preset_named(self.preset)
        truth = preset.truth if self.truth is None else (*FORMATS, *PICTURES) if self.truth == ("all",) else self.truth
        order = Order(preset.name, self.seed, self.scenes, self._wishes(preset), truth, self.split)
        out, workers = self.out or Path(preset.name), (os.cpu_count() or 1) if self.workers is None else self.workers
        with progress_bars() as progress:
            manifest = render(order, preset, out, workers, progress)
        if self.json:
            print(json.dumps(manifest, indent=1))
        else:
            files = sum(len(scene["files"]) for scene in manifest["scenes"])
            print(f"{out}: {self.scenes} scene{'s' * (self.scenes > 1)} of {preset.name}, {files} files; see manifest.json")
        return 0

    def _wishes(self, preset: "Preset") -> "Wishes":
        from viewsync.types import InputError
        from viewsync.worlds.motions.library import read_motions
        from viewsync.worlds.presets.wishes import Wishes

        if self.place_seed is not None and not preset.still:
            raise InputError(f"--place-seed: cameras of {preset.name} move, each about a place of its own; leave it out.")
        return Wishes(
            seconds=self.seconds,
            people=self.people,
            size=self._size(),
            fps=self.fps,
            same_clothes=self.same_clothes,
            max_offset_seconds=self.max_offset_seconds,
            max_rate_ppm=self.max_rate_ppm,
            jitter_share=self.jitter,
            dropped_share=self.dropped,
            exposure_seconds=self.exposure_seconds,
            readout_seconds=self.readout_seconds,
            blur_samples=self.blur,
            sound=self.sound,
            motions=None if self.motions is None else read_motions(self.motions),
            cameras=None if self.cameras is None else preset.real_cameras(self.cameras),
            place_seed=self.place_seed,
        )

    def _size(self) -> tuple[int, int] | None:
        from viewsync.types import InputError

        if self.size is None:
            return None
        width, _, height = self.size.lower().partition("x")
        if not (width.isdecimal() and height.isdecimal()):
            raise InputError(f"--size must be width x height in pixels, such as 640x360, got {self.size!r}.")
        return int(width), int(height)
