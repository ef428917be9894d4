"""Several still cameras: in a ring, or much as those of published data sets stand."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from viewsync.geometry.camera import CalibratedCamera
from viewsync.worlds.cameras.lens import HUMAN36M, Lens, lens_of
from viewsync.worlds.cameras.mount import facing

PETS2009_GROUND = (-14.0, 5.0, -14.0, 2.0)
"""Where people walk in PETS2009, in the axes of its calibration (metres): least x, greatest x, least y, greatest y."""
WILDTRACK_GROUND = (-3.0, 9.0, -9.0, 27.0)
"""The ground of WILDTRACK's annotations."""

_CELL_METRES, _HIP_METRES = 0.5, 0.9


@dataclass(frozen=True)
class Rig:
    """Cameras that stand still, and the ground that they are there to see."""

    cameras: tuple[CalibratedCamera, ...]
    ground_metres: tuple[float, float, float, float]
    """Least x, greatest x, least y, greatest y."""

    def scaled(self, width: int, height: int) -> "Rig":
        """The same with pictures of another size."""
        scaled = (replace(camera, lens=camera.lens.scaled(width, height)) for camera in self.cameras)
        return replace(self, cameras=tuple(scaled))

    def coverage(self, least_views: int = 2) -> float:
        """Share of the ground on which a person's hips are seen by so many cameras at least."""
        left, right, bottom, top = self.ground_metres
        x, y = np.meshgrid(np.arange(left, right, _CELL_METRES), np.arange(bottom, top, _CELL_METRES))
        hips = np.stack([x, y, np.full_like(x, _HIP_METRES)], axis=-1)
        views = np.sum([camera.sees(hips) for camera in self.cameras], axis=0)
        return float(np.mean(views >= least_views))


def around(
    lens: Lens,
    count: int,
    radius_metres: float,
    height_metres: float,
    target: tuple[float, float, float] = (0.0, 0.0, 1.0),
    first_azimuth_radians: float = 0.0,
) -> tuple[CalibratedCamera, ...]:
    """Cameras evenly around a point, and looking at it: ``cam1`` at the azimuth given, the others counter-clockwise."""
    azimuths = first_azimuth_radians + 2 * np.pi * np.arange(count) / count
    ring = radius_metres * np.column_stack([np.cos(azimuths), np.sin(azimuths)]) + target[:2]
    positions = np.column_stack([ring, np.full(count, height_metres)])
    rotations = facing(np.array(target) - positions)
    return tuple(CalibratedCamera.at(f"cam{i + 1}", lens, rotations[i], positions[i]) for i in range(count))


class _Stand(NamedTuple):
    """Where a camera of a published set stands, the point of the ground in the middle of its picture, and its lens."""

    x: float
    y: float
    height: float
    target_x: float
    target_y: float
    field_of_view_degrees: float


# Rounded from the calibrations; CityStreet's from the projection maps that were published with it.
_CITY_STREET = (
    _Stand(-22.7, -3.1, 8.3, -0.3, -1.9, 92.0),
    _Stand(7.3, -31.6, 8.6, 9.1, 10.0, 90.0),
    _Stand(-6.2, 27.9, 9.1, -4.6, 9.2, 89.0),
)
_PETS2009 = (
    _Stand(-28.9, -19.5, 7.1, -9.5, -5.6, 35.9),
    _Stand(-3.7, -24.3, 5.0, -6.3, -7.8, 60.0),
    _Stand(-34.3, -37.5, 6.0, -8.9, -6.9, 30.0),
)
_WILDTRACK = (
    _Stand(9.1, -5.8, 2.9, 3.4, 4.7, 57.7),
    _Stand(-1.1, 23.8, 2.0, 3.1, 17.2, 58.7),
    _Stand(9.0, 17.7, 2.7, 4.4, 7.8, 57.8),
    _Stand(9.0, -5.9, 2.8, 1.2, -1.2, 58.2),
    _Stand(-4.0, 9.4, 1.7, 6.8, 7.1, 58.7),
    _Stand(-1.6, -10.6, 2.3, 5.0, 2.3, 57.7),
    _Stand(11.8, 1.9, 3.4, 3.3, 5.7, 58.0),
)


def like_city_street(seed: int) -> Rig:
    """Three cameras high above a crossing, as views 1, 3 and 4 of CityStreet at 676 × 380."""
    return _like(_CITY_STREET, 676, 380, (-0.08, 0.02, 0.0, 0.0, 0.0), (-14.0, 26.0, -20.0, 22.0), 1.0, seed)


def like_pets2009(seed: int) -> Rig:
    """Three cameras over a lawn, as views 1, 2 and 3 of PETS2009 at 384 × 288."""
    return _like(_PETS2009, 384, 288, (-0.2, 0.06, 0.0, 0.0, 0.0), PETS2009_GROUND, 0.5, seed)


def like_wildtrack(seed: int) -> Rig:
    """Seven cameras a little above the heads of a crowd on a ground of 12 m × 36 m, as WILDTRACK's at 1920 × 1080.

    Without distortion, as the published pictures.
    """
    return _like(_WILDTRACK, 1920, 1080, (0.0,) * 5, WILDTRACK_GROUND, 0.3, seed)


def like_human36m(seed: int) -> Rig:
    """Four cameras at breast height in the corners of a laboratory, as Human3.6M's at 1000 × 1000."""
    rng = np.random.default_rng([seed, 4])
    cameras = []
    for number, (x, y) in enumerate(((1.8, 4.8), (1.8, -4.8), (-1.8, 4.8), (-1.8, -4.8))):
        position = np.array([x, y, 1.55]) + rng.normal(0, (0.1, 0.3, 0.05))
        away = (*rng.normal(0, 0.1, 2), 0.9) - position
        cameras.append(CalibratedCamera.at(f"cam{number + 1}", HUMAN36M, facing(away[None])[0], position))
    return Rig(tuple(cameras), (-1.3, 1.3, -1.7, 1.7))


def _like(
    stands: tuple[_Stand, ...],
    width: int,
    height: int,
    distortion: tuple[float, float, float, float, float],
    ground: tuple[float, float, float, float],
    stray_metres: float,
    seed: int,
) -> Rig:
    """Cameras that stand and look about as told, so that no two scenes have the same geometry."""
    rng = np.random.default_rng([seed, 4])
    cameras = []
    for number, stand in enumerate(stands):
        (x, y), (target_x, target_y) = rng.normal((stand[:2], stand[3:5]), stray_metres)
        position, target = np.array([x, y, stand.height * rng.normal(1, 0.03)]), np.array([target_x, target_y, 0.0])
        lens = lens_of(width, height, stand.field_of_view_degrees * rng.normal(1, 0.02), distortion)
        cameras.append(CalibratedCamera.at(f"cam{number + 1}", lens, facing((target - position)[None])[0], position))
    return Rig(tuple(cameras), ground)
