"""Drawn scenes with exact clocks: many cameras, arbitrary viewpoints, no data needed.

A `Scene` is a continuous motion in world time. A `SketchCamera` sees it from somewhere, with a clock of its own::

    t_world = (1 + rate) · t_camera + offset

Every frame shows the motion at an exact instant, that of its presentation time unless the shutter says otherwise, so
the true relation of two cameras' clocks is known exactly, however far below a frame.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from viewsync.worlds.clock import TICKS_PER_SECOND, CameraClock
from viewsync.worlds.drawn.bodies import Ball, Body, Box, Figure
from viewsync.worlds.drawn.drawing import Lens, Shapes, backdrop, outline, paint, rolled
from viewsync.worlds.drawn.light import Light, lit
from viewsync.worlds.random_motion import RandomMotion

_BATCH = 64


@dataclass(frozen=True)
class Scene:
    """What happens in front of the cameras. The same seed gives the same scene."""

    seed: int
    kind: Literal["figures", "tumblers"] = "figures"
    """Jointed figures; or boxes and balls: another kind of motion altogether."""
    bodies: int = 3
    activity: float = 1.0
    """Tempo: 1 is lively, 0.3 is calm, 0 is a scene in which nothing ever moves."""
    period_seconds: float | None = None
    """Repeat exactly with this period instead of never."""
    lights: tuple[Light, ...] = ()
    """Flashes and lamps being switched."""

    def cast(self) -> list[Body]:
        """The bodies of the scene, each about its own place."""
        turn = np.random.default_rng(self.seed).uniform(0, 2 * np.pi)
        radius = 0.0 if self.bodies == 1 else 0.8
        cast: list[Body] = []
        for i in range(self.bodies):
            angle = turn + 2 * np.pi * i / self.bodies
            maker = Figure if self.kind == "figures" else (Box, Ball)[i % 2]
            home = (radius * float(np.cos(angle)), radius * float(np.sin(angle)))
            cast.append(maker(1000 * self.seed + i, home, self._lived_period))
        return cast

    def lived_seconds(self, world_seconds: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
        """Time as the bodies live it: slower in a calm scene."""
        return self.activity * world_seconds

    @property
    def _lived_period(self) -> float | None:
        return None if self.period_seconds is None else self.activity * self.period_seconds or None


@dataclass(frozen=True)
class SketchCamera(CameraClock):
    """A camera: where it stands, how it sees, and the clock that stamps its frames. Its seed is also that of its noise."""

    azimuth_degrees: float = 0.0
    """Viewpoint around the scene's middle: 0 front, 90 side, 180 opposite."""
    elevation_degrees: float = 12.0
    distance_metres: float = 5.5
    field_of_view_degrees: float = 55.0
    """Across the picture's width."""
    roll_degrees: float = 0.0
    mirrored: bool = False
    width: int = 320
    height: int = 180

    readout_seconds: float = 0.0
    """Rolling shutter: time from the top row's exposure to the bottom row's. The middle row's begins at the pts."""
    exposure_seconds: float = 0.0
    """How long the shutter stays open from then on. The picture shows the middle of that time; blur isn't drawn."""
    shake_degrees: float = 0.0
    """Hand-held: how far the view sways."""
    noise: float = 2.0
    """Standard deviation of the sensor noise, in gray levels of 255."""
    brightness: float = 1.0
    gamma: float = 1.0

    def exposure(self, pts_seconds: float) -> tuple[Float[np.ndarray, " height"], Float[np.ndarray, " height"]]:
        """World times at which the shutter opens for each row of a frame, and at which it closes."""
        opens = pts_seconds + self.readout_seconds * (np.arange(self.height) / self.height - 0.5)
        return self.world_seconds(opens), self.world_seconds(opens + self.exposure_seconds)

    def lens(self, seconds: Float[np.ndarray, " time"], margin_pixels: int = 0) -> Lens:
        """The camera's view at times of its own clock, on a picture widened by a margin on every side."""
        azimuth, elevation = np.radians([self.azimuth_degrees, self.elevation_degrees])
        away = np.array([np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)])
        right = np.array([-np.sin(azimuth), np.cos(azimuth), 0.0])
        fast, slow = (RandomMotion(2 * self.seed + i, 3, slot).drift(seconds) for i, slot in enumerate((0.35, 1.7)))
        turns = np.radians(self.shake_degrees * (fast + slow) + (0, 0, self.roll_degrees))
        return Lens(
            position=self.distance_metres * away + (0, 0, 0.8),
            rotations=np.stack([cv2.Rodrigues(turn)[0] for turn in turns]) @ np.stack([right, np.cross(right, away), -away]),
            focal_pixels=float(self.width / 2 / np.tan(np.radians(self.field_of_view_degrees) / 2)),
            center=np.array([self.width / 2 - 0.5, self.height / 2 - 0.5]) + margin_pixels,
        )


def render(scene: Scene, camera: SketchCamera) -> Iterator[tuple[float, UInt8[np.ndarray, "height width 3"]]]:
    """Draw what the camera sees, frame by frame.

    Yields:
        Presentation time in seconds on the camera's clock, and the picture (BGR).
    """
    cast, film = scene.cast(), _Film(scene, camera)
    seconds = camera.ticks() / TICKS_PER_SECOND
    for start in range(0, len(seconds), _BATCH):
        batch = seconds[start : start + _BATCH]
        lens = camera.lens(batch)
        shapes = [_seen(scene, camera, body, batch, lens) for body in cast]
        for instant, pts_seconds in enumerate(batch.tolist()):
            picture = film.empty_picture(lens.rotations[instant])
            paint(picture, shapes, instant)
            if scene.lights:
                picture = lit(picture, scene.lights, *camera.exposure(pts_seconds))
            yield pts_seconds, film.develop(picture)


def _seen(scene: Scene, camera: SketchCamera, body: Body, seconds: Float[np.ndarray, " time"], lens: Lens) -> Shapes:
    def at(shift_seconds: float) -> Shapes:
        return outline(body.at(scene.lived_seconds(camera.world_seconds(seconds + shift_seconds))), lens)

    middle, half = 0.5 * camera.exposure_seconds, 0.5 * camera.readout_seconds
    return at(middle) if half == 0 else rolled(at(middle - half), at(middle + half), camera.height)


class _Film:
    """What surrounds the bodies in a picture: the backdrop behind them, the sensor in front of them."""

    def __init__(self, scene: Scene, camera: SketchCamera) -> None:
        still = camera.lens(np.zeros(1))
        self._camera = camera
        self._matrix = still.matrix
        margin = 8 + int(2.5 * np.radians(camera.shake_degrees) * still.focal_pixels)
        self._wide = camera.lens(np.zeros(1), margin)
        self._backdrop = backdrop(scene.seed, self._wide, camera.width + 2 * margin, camera.height + 2 * margin)
        self._rng = np.random.default_rng([camera.seed, 2])
        grain = self._rng.normal(0, camera.noise, (camera.height + 64, camera.width + 64, 3))
        self._grain = grain.round().astype(np.int16)
        tones = 255 * camera.brightness * np.linspace(0, 1, 256) ** camera.gamma
        self._tones = np.clip(tones, 0, 255).round().astype(np.uint8)

    def empty_picture(self, rotation: Float[np.ndarray, "3 3"]) -> UInt8[np.ndarray, "height width 3"]:
        """The backdrop as seen by the camera turned this way."""
        to_wide = self._wide.matrix @ self._wide.rotations[0] @ rotation.T @ np.linalg.inv(self._matrix)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (self._camera.width, self._camera.height)
        return cv2.warpPerspective(self._backdrop, to_wide, size, flags=flags, borderMode=cv2.BORDER_REFLECT)

    def develop(self, picture: UInt8[np.ndarray, "height width 3"]) -> UInt8[np.ndarray, "height width 3"]:
        """The picture as the sensor records it: tone curve, noise, mirroring."""
        row, column = self._rng.integers(0, 64, 2)
        height, width = picture.shape[:2]
        grain = self._grain[row : row + height, column : column + width]
        noisy = cv2.add(cv2.LUT(picture, self._tones), grain, dtype=cv2.CV_8U)
        return cv2.flip(noisy, 1) if self._camera.mirrored else noisy
