"""Cameras that are held, carried, flown or pushed at random, and what a detector of joints makes of their pictures."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy.random import Generator
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter
from scipy.special import ndtri

from viewsync.pose_embedding.performances import RATE_HZ, Joints
from viewsync.worlds.cameras.hand import HandHeld
from viewsync.worlds.cameras.mount import facing
from viewsync.worlds.people.joints import COCO17
from viewsync.worlds.random_motion import RandomMotion

_PICTURE = (1280, 720)
_KINDS = ("static", "held", "following", "orbiting", "drone")
MOVING = _KINDS[1:]
_HIPS = [COCO17.index("left_hip"), COCO17.index("right_hip")]
_OTHER_SIDE = [
    COCO17.index(name.replace("left_", "right_") if name.startswith("left_") else name.replace("right_", "left_"))
    for name in COCO17
]
_HIPS_RATE_HZ, _SMOOTH_SECONDS, _LATE_SECONDS = 10.0, 0.5, 0.2
_NEAREST_METRES = 0.3
_PERSON_METRES = 1.7


@dataclass(frozen=True)
class Detections:
    """What one camera saw of somebody's joints."""

    seconds: Float[np.ndarray, " frame"]
    """When the frames were taken, in world time."""
    pixels: Float[np.ndarray, "frame joint 2"]
    confidence: Float[np.ndarray, "frame joint"]
    """0 where a joint wasn't found."""


@dataclass(frozen=True)
class Circling:
    """A camera somewhere around a person, at rest or on its way, that looks at the person or at where the person is mostly.

    It is a `viewsync.worlds.cameras.mount.Mount`.
    """

    hips: Float[np.ndarray, "time 3"]
    """Of the person at `_HIPS_RATE_HZ`, as smoothly as somebody with a camera follows them."""
    middle: Float[np.ndarray, " 3"]
    """Where the person is mostly."""
    along: float
    """Share of the person's way that the camera goes along."""
    tracking: bool
    """Looks at the person, not at the middle."""
    metres: float
    """From the person."""
    height_metres: float
    azimuth_radians: float
    orbit_radians_per_second: float
    roll_radians: float
    aim_metres: float
    """How far above the hips it looks."""
    roam_metres: float
    seed: int

    def view(self, seconds: Float[np.ndarray, " time"]) -> tuple[Float[np.ndarray, "time 3 3"], Float[np.ndarray, "time 3"]]:
        """Rotation from world to camera axes, and position."""
        there = _at(self.hips, (seconds - _LATE_SECONDS) * _HIPS_RATE_HZ) - self.middle
        azimuth = self.azimuth_radians + self.orbit_radians_per_second * seconds
        around = self.metres * np.stack([np.cos(azimuth), np.sin(azimuth), 0 * azimuth], axis=1)
        positions = self.middle + self.along * there * [1, 1, 0] + around
        positions += self.roam_metres * RandomMotion(self.seed, 3, 3.0).drift(seconds) * [1, 1, 0.3]
        positions[:, 2] += self.height_metres - self.middle[2]
        aim = self.middle + self.tracking * there + [0, 0, self.aim_metres]
        return facing(aim - positions, self.roll_radians), positions


def film(
    joints: Joints,
    seconds: Float[np.ndarray, " frame"],
    rng: Generator,
    *,
    picture: tuple[int, int] | None = None,
    noise_pixels: float | None = None,
    kinds: tuple[str, ...] = _KINDS,
) -> Detections:
    """Film somebody with a camera drawn at random, and find the joints.

    Args:
        joints: Places of `COCO17` in the world.
        seconds: When frames are taken, since the performance's start.
        rng: Source of chance.
        picture: Width and height in pixels; by default 1280 × 720, now and then turned by a quarter.
        noise_pixels: Standard deviation of a detector's error that is white and normal, with 3 % of the joints missing. By
            default everything is drawn at random that is wrong with detectors.
        kinds: Of cameras.
    """
    hips = joints[:: round(RATE_HZ / _HIPS_RATE_HZ), _HIPS].mean(axis=1).astype(np.float64)
    hips = gaussian_filter1d(hips, _SMOOTH_SECONDS * _HIPS_RATE_HZ, axis=0, mode="nearest")
    kind = str(rng.choice(kinds))
    mount, share = _camera(kind, hips, _at(hips, seconds * _HIPS_RATE_HZ).mean(axis=0), rng)
    held = HandHeld(mount, mount.seed, 0.0 if kind == "static" else rng.choice([0.3, 0.6, 1.0, 2.0]))
    rotations, positions = held.view(seconds)
    seen = np.einsum("tab,tjb->tja", rotations, _at(joints, seconds * RATE_HZ) - positions[:, None])
    width, height = picture or (_PICTURE if rng.uniform() < 0.8 else _PICTURE[::-1])
    focal = share * height * np.median(np.abs(seen[:, _HIPS, 2])) / _PERSON_METRES
    depth = np.maximum(seen[..., 2], _NEAREST_METRES)
    pixels = focal * seen[..., :2] / depth[..., None] + np.array([width, height]) / 2
    inside = (seen[..., 2] > _NEAREST_METRES) & ((pixels >= 0) & (pixels < [width, height])).all(axis=2)
    if noise_pixels is None:
        return _detected(seconds, pixels, inside, rng)
    found = inside & (rng.uniform(size=inside.shape) < 0.97)
    return Detections(seconds, pixels + rng.normal(0, noise_pixels, pixels.shape), found.astype(np.float64))


def mirrored(joints: Joints) -> Joints:
    """Left and right exchanged."""
    return joints[:, _OTHER_SIDE] * np.array([-1, 1, 1], np.float32)


def _at(values: Float[np.ndarray, "time ..."], places: Float[np.ndarray, " frame"]) -> Float[np.ndarray, "frame ..."]:
    """Values between rows."""
    left = np.clip(places, 0, len(values) - 2).astype(np.int64)
    share = np.clip(places - left, 0, 1).reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray((1 - share) * values[left] + share * values[left + 1])


def _camera(
    kind: str, hips: Float[np.ndarray, "time 3"], middle: Float[np.ndarray, " 3"], rng: Generator
) -> tuple[Circling, float]:
    """A camera, and which share of the picture's height a standing person fills."""
    tracking = kind != "static"
    metres = rng.uniform(2.0, 8.0)
    camera = Circling(
        hips,
        middle,
        along=float(rng.uniform(0, 1)) if kind in ("following", "drone") else 0.0,
        tracking=tracking,
        metres=metres,
        height_metres=metres * rng.uniform(0.3, 1.2) + 1 if kind == "drone" else rng.uniform(0.4, 2.4),
        azimuth_radians=rng.uniform(-np.pi, np.pi),
        orbit_radians_per_second=rng.normal(0, 0.25) if kind in ("orbiting", "drone") else 0.0,
        roll_radians=np.radians(rng.normal(0, 4)),
        aim_metres=rng.normal(0, 0.15),
        roam_metres=rng.uniform(0, 0.8) if tracking else 0.0,
        seed=int(rng.integers(2**31)),
    )
    return camera, rng.uniform(0.25, 0.85) if tracking else rng.uniform(0.2, 0.5)


def _detected(
    seconds: Float[np.ndarray, " frame"],
    pixels: Float[np.ndarray, "frame joint 2"],
    inside: Bool[np.ndarray, "frame joint"],
    rng: Generator,
) -> Detections:
    """Noise of 1 to 10 px, partly slow, with wild joints; joints missing for a while; left and right exchanged."""
    frames, joints = inside.shape
    interval = float(np.median(np.diff(seconds)))
    wild = rng.uniform(size=(frames, joints)) < rng.uniform(0, 0.03)
    noise = np.where(wild, rng.uniform(3, 10), 1)[..., None] * rng.normal(size=pixels.shape)
    kept = np.exp(-interval / rng.uniform(0.03, 0.3))
    slow = lfilter([np.sqrt(1 - kept**2)], [1, -kept], rng.normal(size=pixels.shape), axis=0)
    part = rng.uniform(0, 0.7)
    sizes = np.exp(rng.uniform(np.log(1), np.log(10))) * rng.uniform(0.6, 1.4, (1, joints, 1))
    found = pixels + sizes * (np.sqrt(1 - part) * noise + np.sqrt(part) * slow)
    swapped = _bursts(frames, 1, rng.uniform(0, 0.03), 0.1 / interval, rng)[:, 0]
    found[swapped] = found[swapped][:, _OTHER_SIDE]
    blind = _bursts(frames, joints, rng.choice([0.0, 0.03, 0.15]), 0.3 / interval, rng)
    dropped = _bursts(frames, 1, rng.choice([0.0, 0.01, 0.05]), 0.2 / interval, rng)
    seen = inside & ~blind & ~dropped
    # Some detectors are always sure.
    confidence = rng.uniform(0.4, 1, (frames, joints)) ** rng.choice([0.0, 0.5, 1.0])
    return Detections(seconds, found, seen * np.where(wild, 0.7, 1) * confidence)


def _bursts(
    frames: int, channels: int, share: float, mean_frames: float, rng: Generator
) -> Bool[np.ndarray, "frame channel"]:
    """True for a share of the time, some frames at a stretch (a slow noise above a threshold)."""
    if share == 0:
        return np.zeros((frames, channels), dtype=bool)
    kept = np.exp(-1 / max(mean_frames, 0.5))
    drive = lfilter([np.sqrt(1 - kept**2)], [1, -kept], rng.normal(size=(frames + 100, channels)), axis=0)[100:]
    return np.asarray(drive > ndtri(1 - share))
