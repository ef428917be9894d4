"""`viewsync render`: worlds as files, in parallel, whole or not there, resumable."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from viewsync.files import write_whole
from viewsync.progress import Progress
from viewsync.types import InputError
from viewsync.worlds.order import Order, take_up
from viewsync.worlds.presets.preset import Preset
from viewsync.worlds.truth.scene import MANIFEST
from viewsync.worlds.workers import film_all
from viewsync.worlds.world import World

_BYTES_PER_PIXEL = 0.1
"""Of H.264 as it is written here, and of truth in most formats: about what a crowded scene takes."""
_MORE_BYTES_PER_PIXEL = {"density": 1.2, "depth": 0.45}


def render(order: Order, preset: Preset, out: Path, workers: int, progress: Progress) -> dict[str, Any]:
    """Render all scenes of an order into a folder; what is there already is left as it is.

    Args:
        order: What to render.
        preset: The preset of that name.
        out: One folder per scene, and manifest.json, come here.
        workers: Processes that render at the same time; each films one camera at a time.
        progress: Called with (scene and camera, frames done, frames in all).

    Returns:
        The manifest: every scene, its split, and every file with its SHA-256.

    Raises:
        InputError: A wish can't be met, the folder holds something else, or there is no room or no OpenGL.
    """
    if not 1 <= workers <= 256:
        raise InputError(f"--workers must be from 1 to 256, got {workers}.")
    take_up(order, out)
    film_all(_unfinished(order, preset, out), order.truth, workers, progress)
    manifest = _manifest(order, preset, out)
    write_whole(out / MANIFEST, json.dumps(manifest, indent=1).encode())
    return manifest


def _unfinished(order: Order, preset: Preset, out: Path) -> Iterator[tuple[World, Path]]:
    """The scenes that aren't finished, and their folders."""
    names = [preset.scene_name(number) for number in range(order.scenes)]
    left = [number for number, name in enumerate(names) if not (out / name / MANIFEST).exists()]
    for done, number in enumerate(left):
        world = preset.build(names[number], order.seed_of(number), order.wishes)
        _require_room(out, len(left) - done, world, order.truth)
        yield world, out / names[number]


def _require_room(out: Path, scenes: int, world: World, formats: tuple[str, ...]) -> None:
    """See to it that this scene and those after it, which are taken to be of its size, fit on the disk."""
    pixels = sum(camera.lens.width * camera.lens.height * len(camera.clock.ticks()) for camera in world.cameras)
    per_pixel = _BYTES_PER_PIXEL + sum(_MORE_BYTES_PER_PIXEL.get(name, 0.0) for name in formats)
    needed, free = scenes * per_pixel * pixels, shutil.disk_usage(out).free
    if needed > free:
        raise InputError(
            f"{out} has {free / 1e6:,.0f} MB free, but what is still to be rendered takes about {needed / 1e6:,.0f} MB: "
            "make room, choose another disk with -o, fewer --scenes or --seconds, or a smaller --size."
        )


def _manifest(order: Order, preset: Preset, out: Path) -> dict[str, Any]:
    scenes = []
    for number, split in enumerate(order.splits()):
        name = preset.scene_name(number)
        scene = json.loads((out / name / MANIFEST).read_text(encoding="utf-8"))
        scenes.append({"name": name, "split": split, "seed": order.seed_of(number), **scene})
    return {"schema": "viewsync.worlds/1", "order": order.as_json(), "scenes": scenes}
