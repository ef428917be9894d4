"""All truth of one scene, once all cameras have filmed it, and the list of its files."""

import hashlib
import json
from pathlib import Path

from viewsync.files import write_whole
from viewsync.worlds.truth.clocks import NAME as CLOCKS
from viewsync.worlds.truth.clocks import write_clocks
from viewsync.worlds.truth.formats import FORMATS, PICTURES
from viewsync.worlds.world import World

MANIFEST = "manifest.json"


def write_scene_truth(world: World, folder: Path, formats: tuple[str, ...]) -> None:
    """Write the truth of a scene in the formats asked for, and last its manifest: a scene that has one is finished.

    Args:
        world: The scene.
        folder: Its folder, with the films and the sightings of all cameras.
        formats: Names in `FORMATS` and `PICTURES`; clocks.json is always written.

    Raises:
        InputError: A file can't be written.
    """
    write_clocks(world.cameras, folder / CLOCKS)
    for name in formats:
        if name not in PICTURES:
            FORMATS[name](world, folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    listed = {path.relative_to(folder).as_posix(): _sha256(path) for path in files}
    content = {
        "place": world.place.kind,
        "duration_seconds": world.duration_seconds,
        "people": len(world.people),
        "cameras": [camera.name for camera in world.cameras],
        "files": listed,
    }
    write_whole(folder / MANIFEST, json.dumps(content, indent=1).encode())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
