"""Bodies that move on smooth random curves, and what cameras around them see, on clocks of their own."""

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.types import Poses

JOINTS = tuple(f"joint{number}" for number in range(17))
LENS = Lens(1280, 720, (1000.0, 1000.0), (639.5, 359.5))
_KNOTS_HZ = 60.0
_MARGIN = 6


class Body:
    """Joints about 1 m apart that move by 0.3 m at 1 Hz or so, around a middle that does, too; a function of time."""

    def __init__(self, seed, seconds=24.0, joints=17, position=(0.0, 0.0, 0.0)):
        rng = np.random.default_rng(seed)
        times = np.arange(-2.0, seconds + 2.0, 1 / _KNOTS_HZ)
        wave = gaussian_filter1d(rng.normal(size=(len(times), joints + 1, 3)), 0.12 * _KNOTS_HZ, axis=0)
        wave *= 0.3 / wave.std()
        shape = rng.normal(0, 0.4, (joints, 3)) + position
        self.at = CubicSpline(times, shape + wave[:, 1:] + wave[:, :1], extrapolate=False)
        """World places of the joints (time joint 3), in metres, at some seconds."""


def camera_at(degrees, name="camera", lens=LENS, roll_degrees=0.0, metres=5.0):
    """A camera on a circle around the world's origin that looks there."""
    turn = np.radians(degrees)
    position = np.array([metres * np.sin(turn), -metres * np.cos(turn), 1.0])
    forward = -position / np.linalg.norm(position)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    axes = np.array([right, np.cross(forward, right), forward])
    rolled = Rotation.from_rotvec([0, 0, np.radians(roll_degrees)]).as_matrix() @ axes
    return CalibratedCamera.at(name, lens, rolled, position)


def panned(camera, radians):
    """The same camera turned about its vertical axis."""
    turn = Rotation.from_rotvec([0, radians, 0]).as_matrix() @ camera.rotation
    return CalibratedCamera.at(camera.name, camera.lens, turn, camera.position_metres)


def view(camera, body, samples=150, lag=0.0, noise_pixels=2.0, seed=0):
    """Smooth pixels (time joint 2): sample t shows the body at 1 s + (t + lag) / 30, as tracks on a grid of 30 Hz do."""
    seconds = 1 + (np.arange(-_MARGIN, samples + _MARGIN) + lag) / 30
    noisy = pixels_of(body, camera, seconds, noise_pixels, seed)
    return gaussian_filter1d(noisy, 1.35, axis=0)[_MARGIN : _MARGIN + samples]


def pixels_of(body, camera, seconds, noise_pixels=0.0, seed=0):
    """Pixels (time joint 2); the camera may be a function of time that answers with one."""
    points = body.at(seconds)
    if callable(camera):
        pixels = np.array([camera(t).project(instant) for t, instant in zip(seconds, points, strict=True)])
    else:
        pixels = camera.project(points)
    return pixels + np.random.default_rng(seed).normal(0, 1, pixels.shape) * noise_pixels


def poses_of(tracks, frame_seconds, joints=JOINTS):
    """`Poses` of several people: (frames on which each is seen, pixels of them) per person."""
    rows = sorted((int(frame), who) for who, (frames, _) in enumerate(tracks) for frame in frames)
    place = [dict(zip(frames.tolist(), pixels, strict=True)) for frames, pixels in tracks]
    pixels = np.array([place[who][frame] for frame, who in rows]).reshape(len(rows), len(joints), 2)
    seen = np.isfinite(pixels).all(axis=2)
    frames, who = (np.array([row[column] for row in rows], dtype=int) for column in (0, 1))
    return Poses(joints, frame_seconds, frames, who, np.where(seen[..., None], pixels, np.nan), np.where(seen, 0.9, 0.0))
