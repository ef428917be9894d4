"""Pictures and optical flow of people whose keypoints are known: scenes like those of world `pair`, rendered small.

Each camera's film is cut out around the person, as by a tracker.
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, Float16, Float32, UInt8
from numpy.random import Generator
from scipy.ndimage import gaussian_filter1d

from viewsync.files import whole_file
from viewsync.synnet.clips import LEAST_SPEED
from viewsync.synnet.scenes import FPS, Scene, scene_of
from viewsync.types import InputError
from viewsync.worlds.cameras.camera import Camera, Sensor
from viewsync.worlds.cameras.hand import Following, HandHeld
from viewsync.worlds.film.shot import shoot
from viewsync.worlds.motions.library import MotionLibrary
from viewsync.worlds.places.build import scenery_of
from viewsync.worlds.places.scenery import Scenery
from viewsync.worlds.presets import preset_named
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.world import World

_HELD_OUT_SEEDS = 1_000_000
"""Scenes of seeds from here on are only for tests, as are the people and the package's own motions in them."""
_WORLD_SECONDS, _MOST_FRAMES = 20.0, 500
"""A stretch of it is filmed."""
_DETECTED_PIXELS, _FILM_PIXELS = 1080, 192
"""Width and height of the pictures that keypoints are found in, and of those that are rendered, which show the same: there
a standing person is 80 to 120 high."""
_FINE_PIXELS = 96
"""Of the cut-outs that flow is worked out of, whatever size is kept."""
_FOLLOW_SECONDS, _ZOOM_SECONDS = 0.25, 0.5
"""Standard deviations of what smoothes the window's way and its size."""
_ROOM = 1.3
"""Side of the window, as a share of what the joints take up: there are hair, hands and shoes, too."""


@dataclass(frozen=True)
class PicturedScene(Scene):
    """A scene with its pictures, cut out of each camera's film by a square window that follows the person.

    `views` are in pixels of these cut-outs; (0, 0) is the middle of the top left one.
    """

    pictures: UInt8[np.ndarray, "camera frame size size 3"]
    """RGB; black beyond the film's edge."""
    flow: Float16[np.ndarray, "camera frame size size 2"]
    """How far what a pixel shows moves to the right and down until the next frame, in pixels of the cut-outs."""


@dataclass(frozen=True)
class Shooting:
    """Scenes to film, each with one person and several hand-held cameras.

    Raises:
        InputError: A number isn't in its range.
    """

    scenes: int
    seed: int
    held_out: bool = False
    """Scenes, people and own motions for tests: without this, none of them is ever drawn."""
    motions: MotionLibrary | None = None
    """What is done in every other scene, instead of the package's own motions; for tests, give held-out ones."""
    cameras: int = 4
    frames: int = 120
    size_pixels: int = 32
    """Of the cut-outs."""

    def __post_init__(self) -> None:
        for name, least, most in (("cameras", 1, 100), ("frames", 1, _MOST_FRAMES), ("size_pixels", 8, _FINE_PIXELS)):
            if not least <= getattr(self, name) <= most:
                raise InputError(f"{name} must be from {least} to {most}, got {getattr(self, name)}.")

    def fingerprint(self) -> str:
        """Differs wherever scenes of the same number do."""
        asked = [getattr(self, field.name) for field in fields(self) if field.name not in ("scenes", "motions")]
        done = self.motions.fingerprint() if self.motions else ""
        return hashlib.sha256(f"{asked} {done}".encode()).hexdigest()[:12]


def filmed_pictures(
    shooting: Shooting, folder: Path, progress: Callable[[int, int], None] = lambda done, whole: None
) -> Iterator[PicturedScene]:
    """Film scenes one by one, or read those that were filmed before.

    Args:
        shooting: What to film.
        folder: Where each scene is kept, in a file of its own: a second run goes on where the first one ended.
        progress: Called with (scenes done, scenes in all).

    Raises:
        InputError: There is no OpenGL, or a file can't be written or read.
    """
    fingerprint = shooting.fingerprint()
    for number in range(shooting.scenes):
        progress(number, shooting.scenes)
        path = folder / f"{fingerprint}-{number:04d}.npz"
        if not path.exists():
            _write(path, film(shooting, number))
        yield _read(path)
    progress(shooting.scenes, shooting.scenes)


def film(shooting: Shooting, number: int) -> PicturedScene:
    """Film one scene; what it shows depends on nothing but its number and the shooting, however many scenes that has.

    Raises:
        InputError: There is no OpenGL.
    """
    rng = np.random.default_rng([shooting.seed, 41, shooting.held_out, number])
    world, scene, first = _lively(shooting, rng)
    scenery = scenery_of(world.place)
    shown = slice(first, first + shooting.frames + 1)
    views = scene.views[:, shown].copy()
    views[..., :2] = (views[..., :2] + 0.5) * (_FILM_PIXELS / _DETECTED_PIXELS) - 0.5
    cut = [
        cut_out(view, islice(_film(world, camera, scenery, first), shooting.frames + 1), shooting.size_pixels)
        for view, camera in zip(views, world.cameras, strict=True)
    ]
    views, pictures, flow = (np.stack(each) for each in zip(*cut, strict=True))
    return PicturedScene(views, scene.speed[shown][:-1], pictures, flow)


# ── scenes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _lively(shooting: Shooting, rng: Generator) -> tuple[World, Scene, int]:
    """A world, what is seen in it of the person, and a frame from which on the person moves as `clips` asks for."""
    while True:
        world = _world(shooting, rng)
        scene = scene_of(world, int(rng.integers(2**31)))
        mean = np.convolve(scene.speed[:-1], np.full(shooting.frames, 1 / shooting.frames), mode="valid")
        lively = np.flatnonzero(mean >= LEAST_SPEED)
        if lively.size:
            return world, scene, int(rng.choice(lively))


def _world(shooting: Shooting, rng: Generator) -> World:
    """Somebody who walks about, or does one thing after another."""
    wishes = Wishes(
        seconds=_WORLD_SECONDS,
        size=(_DETECTED_PIXELS, _DETECTED_PIXELS),
        fps=FPS,
        max_offset_seconds=0.0,
        max_rate_ppm=0.0,
        motions=shooting.motions if rng.uniform() < 0.5 else None,
    )
    seed = _HELD_OUT_SEEDS * shooting.held_out + int(rng.integers(_HELD_OUT_SEEDS))
    world = preset_named("pair").build("pair", seed, wishes)
    return replace(world, cameras=tuple(_cameras(world, shooting.cameras, rng)))


def _cameras(world: World, count: int, rng: Generator) -> Iterator[Camera]:
    """Phones in the hands of people who stand all around, near and far, and hold them high and low."""
    model, person = world.cameras[0], world.people[0].performance
    first = rng.uniform(-np.pi, np.pi)
    for number in range(count):
        azimuth = first + 2 * np.pi * (number + rng.uniform(-0.4, 0.4)) / count
        distance, height, seed = rng.uniform(4.3, 5.5), rng.uniform(1.0, 2.2), int(rng.integers(2**31))
        mount = Following(person, (distance * float(np.cos(azimuth)), distance * float(np.sin(azimuth)), height), seed)
        sensor = Sensor(rng.uniform(1, 4), rng.uniform(0.9, 1.15), rng.uniform(0.9, 1.1))
        clock = replace(model.clock, seed=seed)
        yield replace(model, name=f"cam{number + 1}", mount=HandHeld(mount, seed, 0.6), clock=clock, sensor=sensor)


def _film(world: World, camera: Camera, scenery: Scenery, first: int) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    small = replace(camera, lens=camera.lens.scaled(_FILM_PIXELS, _FILM_PIXELS))
    return (shot.picture for shot in shoot(world, small, scenery=scenery, first=first))


# ── cut-outs ──────────────────────────────────────────────────────────────────────────────────────────────────────


def cut_out(
    view: Float32[np.ndarray, "frame 17 3"], film: Iterable[UInt8[np.ndarray, "height width 3"]], size_pixels: int
) -> tuple[
    Float32[np.ndarray, "shown 17 3"], UInt8[np.ndarray, "shown size size 3"], Float16[np.ndarray, "shown size size 2"]
]:
    """Cut a camera's film out around the person.

    Args:
        view: Keypoints, in pixels of the film (x, y and confidence).
        film: BGR.
        size_pixels: Of the cut-outs.

    Returns:
        Keypoints, pictures and flow as in `PicturedScene`, of all frames but the last one: nobody knows how things move on
        from there.
    """
    windows = _windows(view)
    fine = [_cut(picture, window) for picture, window in zip(film, windows, strict=True)]
    places = size_pixels * (view[..., :2] + 0.5 - windows[:, None, :2]) / windows[:, None, 2:] - 0.5
    keypoints = np.where(view[..., 2:] > 0, np.concatenate([places, view[..., 2:]], axis=2), 0).astype(np.float32)
    size = size_pixels, size_pixels
    rgb = [cv2.cvtColor(cv2.resize(one, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB) for one in fine[:-1]]
    flow = [cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in _flow(fine)]
    return keypoints[:-1], np.stack(rgb), (np.stack(flow) * (size_pixels / _FINE_PIXELS)).astype(np.float16)


def _windows(view: Float32[np.ndarray, "frame 17 3"]) -> Float[np.ndarray, "frame 3"]:
    """Left and upper edge and side of a square around the joints that are seen: it moves, grows and shrinks smoothly.

    Edges are told from the picture's own edges.
    """
    there = np.flatnonzero((view[..., 2] > 0).any(axis=1))
    points = np.where(view[there, :, 2:] > 0, view[there, :, :2] + 0.5, np.nan)
    low, high = np.nanmin(points, axis=1), np.nanmax(points, axis=1)
    boxes = np.column_stack([(low + high) / 2, (high - low).max(axis=1)])
    filled = np.stack([np.interp(np.arange(len(view)), there, values) for values in boxes.T], axis=1)
    middles, extents = (
        gaussian_filter1d(values, seconds * FPS, axis=0, mode="nearest")
        for values, seconds in ((filled[:, :2], _FOLLOW_SECONDS), (filled[:, 2:], _ZOOM_SECONDS))
    )
    sides = _ROOM * extents
    return np.concatenate([middles - sides / 2, sides], axis=1)


def _cut(picture: UInt8[np.ndarray, "height width 3"], window: Float[np.ndarray, " 3"]) -> UInt8[np.ndarray, "fine fine 3"]:
    left, top, side = window
    scale = _FINE_PIXELS / side
    # From the middles of pixels to the middles of pixels.
    columns, rows = (scale * (0.5 - edge) - 0.5 for edge in (left, top))
    there = np.array([[scale, 0, columns], [0, scale, rows]])
    return np.asarray(cv2.warpAffine(picture, there, (_FINE_PIXELS, _FINE_PIXELS)))


def _flow(pictures: Sequence[UInt8[np.ndarray, "fine fine 3"]]) -> Iterator[Float32[np.ndarray, "fine fine 2"]]:
    """From each picture to the next one."""
    dense = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    # Arms and legs are a few pixels wide.
    dense.setFinestScale(0)
    gray = (cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) for picture in pictures)
    for one, following in pairwise(gray):
        yield np.asarray(dense.calc(one, following, np.zeros((*one.shape, 2), np.float32)))


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _write(path: Path, scene: PicturedScene) -> None:
    arrays: dict[str, Any] = vars(scene)
    with whole_file(path) as temporary:
        np.savez(temporary, **arrays)


def _read(path: Path) -> PicturedScene:
    try:
        with np.load(path) as file:
            return PicturedScene(**file)
    except (OSError, EOFError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise InputError(f"can't read {path} ({error}). Remove it: it is made anew.") from error
