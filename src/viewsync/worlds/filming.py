"""One camera's film of a world as files: the movie, what it sees of the people, masks and depth."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8, UInt16

from viewsync.files import whole_file
from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.film.shot import Shot, shoot
from viewsync.worlds.movie import write_movie
from viewsync.worlds.scene_folder import film_is_done, movie_path, sightings_path
from viewsync.worlds.sightings_file import SightingsWriter
from viewsync.worlds.sound import hear
from viewsync.worlds.world import World

_CRF = 22
"""Of the movies: compression is hard to see."""
_MILLIMETRES, _FARTHEST = 1000, 65_535


def film(
    world: World,
    camera: Camera,
    folder: Path,
    progress: Callable[[int, int], None],
    *,
    masks: bool = False,
    depth: bool = False,
) -> None:
    """Film a world with one of its cameras.

    Args:
        world: What happens.
        camera: Who films.
        folder: Of the scene; the files are named after the camera.
        progress: Called with (frames done, frames in all).
        masks: Write who is where, as PNG of 16 bits: the person's id, 0 for none.
        depth: Write depth, as PNG of 16 bits in millimetres along the optical axis: 65535 for farther.

    Raises:
        InputError: A file can't be written, or there is no OpenGL.
    """
    if film_is_done(camera, folder):
        return
    whole = len(camera.clock.ticks())
    with (
        whole_file(movie_path(camera, folder)) as movie,
        whole_file(sightings_path(camera, folder)) as sightings,
        SightingsWriter(sightings) as writer,
    ):

        def frames() -> Iterator[tuple[int, UInt8[np.ndarray, "height width 3"]]]:
            for shot in shoot(world, camera, depth=depth, masks=masks):
                progress(shot.index, whole)
                writer.append(shot.sightings)
                _write_pictures(shot, camera, folder)
                yield shot.ticks, shot.picture
            progress(whole, whole)

        sound = hear(world, camera) if camera.hears else None
        size = (camera.lens.width, camera.lens.height)
        write_movie(movie, frames(), size, camera.clock.fps, sound=sound, crf=_CRF, reproducible=True)


def _write_pictures(shot: Shot, camera: Camera, folder: Path) -> None:
    if shot.mask is not None:
        _write_png(folder / "masks" / camera.name / f"{shot.index:06d}.png", shot.mask)
    if shot.depth is not None:
        millimetres = np.minimum(np.round(shot.depth * _MILLIMETRES), _FARTHEST).astype(np.uint16)
        _write_png(folder / "depth" / camera.name / f"{shot.index:06d}.png", millimetres)


def _write_png(path: Path, picture: UInt16[np.ndarray, "height width"]) -> None:
    with whole_file(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", picture)[1].tobytes())
