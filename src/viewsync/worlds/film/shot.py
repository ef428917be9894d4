"""Pictures that a camera of a world takes, one after another."""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8, UInt16

from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.clock import TICKS_PER_SECOND
from viewsync.worlds.film.acts import Acts
from viewsync.worlds.film.figure import Look
from viewsync.worlds.film.rolling import Glance, instants
from viewsync.worlds.film.sight import sight
from viewsync.worlds.film.stage import Stage
from viewsync.worlds.places.build import scenery_of
from viewsync.worlds.places.scenery import Scenery
from viewsync.worlds.sightings import Sightings
from viewsync.worlds.world import World

_INSTANTS_AT_A_TIME = 64
_MIDDLING, _EXPONENTS = 0.45, (0.6, 1.2)
_SCREEN_GAMMA = 2.2
_LINEAR = (np.arange(256, dtype=np.float32) / 255) ** np.float32(_SCREEN_GAMMA)
"""Light of each gray level."""


@dataclass(frozen=True)
class Shot:
    """A picture and what is true of it."""

    index: int
    """Its number in the camera's file, from 0."""
    ticks: int
    """Its presentation time, in ticks of 1/90000 s of the camera's clock."""
    picture: UInt8[np.ndarray, "height width 3"]
    """BGR."""
    depth: Float32[np.ndarray, "height width"] | None
    """Metres along the optical axis; inf for the sky."""
    mask: UInt16[np.ndarray, "height width"] | None
    """Id of the person at each pixel, 0 for none."""
    sightings: Sightings


def shoot(
    world: World,
    camera: Camera,
    *,
    depth: bool = False,
    masks: bool = False,
    first: int = 0,
    scenery: Scenery | None = None,
) -> Iterator[Shot]:
    """Film a world with one of its cameras.

    A frame is the same whatever frames were taken before. What is told of a blurred picture holds for the middle of its
    exposure.

    Args:
        world: What happens.
        camera: Who films.
        depth: Tell how far away everything is.
        masks: Tell who is where.
        first: Begin with this frame.
        scenery: What the place looks like, if not as its kind and seed say.

    Raises:
        InputError: There is no OpenGL.
    """
    ticks = camera.clock.ticks()
    seconds = instants(camera, ticks / TICKS_PER_SECOND)
    # Of its own, also where two cameras share a clock: a stereo pair's noise must not tell which frames belong together.
    grain = camera.clock.seed + zlib.crc32(camera.name.encode())
    stride = max(1, _INSTANTS_AT_A_TIME // seconds[0].size)
    with closing(Stage(world.place, scenery or scenery_of(world.place), world.people, camera)) as stage:
        exposure = 1.0
        if camera.sensor.exposes_itself:
            exposure = _metered(stage, Glance(*camera.mount.view(seconds[0, 0]), stage.optics))
        # Stretches begin at the same frames whatever the first one is, so that rounding is the same, too.
        for start in range(first - first % stride, len(ticks), stride):
            stretch = seconds[start : start + stride]
            acts, views = Acts(world.people, stretch), camera.mount.view(stretch.ravel())
            rotations, positions = (view.reshape(*stretch.shape, *view.shape[1:]) for view in views)
            for frame in range(max(first - start, 0), len(stretch)):
                glances = [Glance(*view, stage.optics) for view in zip(rotations[frame], positions[frame], strict=True)]
                picture, looks = _exposed(stage, acts, frame, glances)
                index, middle = start + frame, glances[len(glances) // 2]
                sightings = sight(index, middle, stage.optics, looks, acts.joints(frame), stage.drawn_depth())
                mask, distance = stage.truth() if depth or masks else (None, None)
                yield Shot(
                    index=index,
                    ticks=int(ticks[index]),
                    picture=camera.sensor.develop(picture, grain, index, exposure),
                    depth=distance if depth else None,
                    mask=mask if masks else None,
                    sightings=sightings,
                )


def _metered(stage: Stage, glance: Glance) -> float:
    """The tone curve's exponent that makes the place, still empty, middling bright: a film's exposure."""
    stage.look(glance, {})
    mean = np.clip(stage.picture().mean() / 255, 0.05, 0.95)
    return float(np.clip(np.log(_MIDDLING) / np.log(mean), *_EXPONENTS))


def _exposed(
    stage: Stage, acts: Acts, frame: int, glances: Sequence[Glance]
) -> tuple[UInt8[np.ndarray, "height width 3"], list[Look]]:
    """The picture of all instants of an exposure together, and the people at its middle, which is left on the stage."""
    middle, lens = len(glances) // 2, stage.optics.lens
    light = np.zeros((lens.height, lens.width, 3), np.float32)
    for sample in (*range(middle), *range(middle + 1, len(glances)), middle):
        looks = stage.look(glances[sample], acts.poses(frame, sample))
        picture = stage.picture()
        if len(glances) > 1:
            light += cv2.LUT(picture, _LINEAR)
    if len(glances) > 1:
        picture = np.round(255 * cv2.pow(light / len(glances), 1 / _SCREEN_GAMMA)).astype(np.uint8)
    return picture, looks
