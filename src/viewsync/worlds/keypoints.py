"""What a keypoint detector would tell of a world's cameras, worked out from joints alone: no picture is drawn."""

import zlib
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter1d

from viewsync.types import Poses
from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.clock import TICKS_PER_SECOND
from viewsync.worlds.film.optics import Optics
from viewsync.worlds.film.rolling import instants, read_out
from viewsync.worlds.film.window import NEAREST_METRES
from viewsync.worlds.people.joints import COCO17, JOINTS
from viewsync.worlds.people.person import Person
from viewsync.worlds.world import World

_BURST_SECONDS = 0.1
"""Standard deviation of what smoothes white noise into bursts; these last about twice as long."""
_optics = lru_cache(maxsize=4)(Optics)
"""Made once for all cameras of a kind: it takes longer than all else here."""


def seen_poses(
    world: World,
    camera: Camera,
    *,
    noise_pixels: float,
    seed: int,
    joints: tuple[str, ...] = COCO17,
    missing: float = 0.0,
) -> Poses:
    """Tell what a camera sees of people's joints: rolling shutter, mount and lens as in its film, and noise.

    A joint counts as seen wherever it is in the picture: nothing hides it. Tracks are numbered, and ordered, at random.

    Args:
        world: What happens.
        camera: Who films.
        noise_pixels: Standard deviation of the white noise on each coordinate.
        seed: Of noise, bursts and tracks, which differ from camera to camera.
        joints: Which ones, by their names in `people.joints.JOINTS`.
        missing: Share of the joints that aren't told, in bursts.

    Raises:
        ValueError: A joint has no truth.
    """
    chosen = [JOINTS.index(name) for name in joints]
    rng = np.random.default_rng([seed, zlib.crc32(camera.name.encode())])
    pts_seconds = camera.clock.ticks() / TICKS_PER_SECOND
    samples = instants(camera, pts_seconds)
    seconds = samples[:, samples.shape[1] // 2]
    optics = _optics(camera.lens)
    frames, tracks, pixels = [np.zeros(0, int)], [np.zeros(0, int)], [np.zeros((0, len(joints), 2))]
    for person, track in zip(world.people, rng.permutation(len(world.people)), strict=True):
        there = np.flatnonzero(person.performance.present(seconds.mean(1)) & (person.id != camera.hides))
        if there.size == 0:
            continue
        places = _places(person, camera, seconds[there], optics, chosen)
        places[_in_bursts(places.shape[:2], missing, float(camera.clock.fps), rng)] = np.nan
        told = ~np.isnan(places).all(axis=(1, 2))
        frames.append(there[told])
        tracks.append(np.full(told.sum(), track))
        pixels.append(places[told])
    row = np.lexsort((np.concatenate(tracks), np.concatenate(frames)))
    found = np.concatenate(pixels)[row]
    return Poses(
        joints=joints,
        pts_seconds=pts_seconds,
        frames=np.concatenate(frames)[row],
        tracks=np.concatenate(tracks)[row],
        pixels=found + noise_pixels * rng.standard_normal(found.shape),
        confidence=np.where(np.isnan(found).any(axis=2), 0.0, 1.0),
        size=(camera.lens.width, camera.lens.height),
    )


def _places(
    person: Person, camera: Camera, seconds: Float[np.ndarray, "frame end"], optics: Optics, chosen: list[int]
) -> Float[np.ndarray, "frame joint 2"]:
    """Where a person's joints are in the picture; nan out of it."""
    points = person.body.joints(person.performance.poses(seconds.ravel()))[:, chosen]
    rotations, positions = camera.mount.view(seconds.ravel())
    points = (points - positions[:, None]) @ rotations.transpose(0, 2, 1)
    # All frames at once: one list of points per end of the read-out.
    ends = points.reshape(*seconds.shape, -1, 3).swapaxes(0, 1).reshape(seconds.shape[1], -1, 3)
    metres = read_out(ends, optics).metres
    pixels = optics.pixels(metres)
    pixels[~(optics.sees(metres, pixels) & (metres[:, 2] > NEAREST_METRES))] = np.nan
    return pixels.reshape(len(seconds), -1, 2)


def _in_bursts(
    shape: tuple[int, int], share: float, rate_hz: float, rng: np.random.Generator
) -> Bool[np.ndarray, "frame joint"]:
    """This share of all, each joint by itself for some frames on end."""
    swings = gaussian_filter1d(rng.standard_normal(shape), _BURST_SECONDS * rate_hz, axis=0)
    return np.asarray(swings < np.quantile(swings, share))
