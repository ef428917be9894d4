"""Calibrated cameras that see a body on clocks that are off, for the tests of this folder."""

import numpy as np

from seen_bodies import JOINTS, Body, camera_at, pixels_of
from viewsync.media.keypoints.joints import COCO17
from viewsync.pose3d.tracks import JointTracks, View
from viewsync.types import Poses

BODY = Body(1, seconds=12.0)
CAMERAS = tuple(camera_at(degrees, name) for degrees, name in ((0, "cam1"), (70, "cam2"), (150, "cam3")))
START_SECONDS = 1.0
"""Of the body's time, at which the reference's clock begins."""


def seen(camera, shift=0.0, seconds=4.0, rate_hz=50.0, noise_pixels=0.0, seed=0, tempo=1.0):
    """What a camera saw whose clock is behind the reference's by `shift`; at tempo 1, joints move faster than most do."""
    frames = np.arange(round(seconds * rate_hz)) / rate_hz
    pixels = pixels_of(BODY, camera, START_SECONDS + tempo * (frames + shift), noise_pixels, seed)
    return JointTracks(frames, pixels, np.ones(pixels.shape[:2]))


def views(shifts, noise_pixels=0.0, **how):
    """A view for each shift, the first of the reference."""
    return [
        View(camera, seen(camera, shift, noise_pixels=noise_pixels, seed=number, **how))
        for number, (camera, shift) in enumerate(zip(CAMERAS, shifts, strict=False))
    ]


def truth(at_seconds):
    """Where the joints were (time joint 3)."""
    return BODY.at(START_SECONDS + at_seconds)


def poses(tracks: JointTracks, size=(1280, 720)) -> Poses:
    """The same as a detector tells it, with COCO's names."""
    count = len(tracks.seconds)
    assert len(JOINTS) == len(COCO17)
    return Poses(COCO17, tracks.seconds, np.arange(count), np.zeros(count, int), tracks.pixels, tracks.confidence, size)
