"""What is said of the people in one frame: the truth, or what a detector might make of it."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.people.joints import COCO17, JOINTS
from viewsync.worlds.scene_folder import sightings_path
from viewsync.worlds.sightings import Sightings
from viewsync.worlds.sightings_file import read_sightings
from viewsync.worlds.truth.instants import in_frames

NOBODY = -1
"""Identity of a detection."""
HIDDEN, VISIBLE = 1, 2
"""Visibility of a joint as in COCO; 0: not in the picture, or not found."""

_LEAST_SHARE = 0.08
"""Of the body seen, for a detector to have a chance."""
_PAIRS = [(JOINTS.index(name), JOINTS.index(name.replace("left", "right"))) for name in COCO17 if name.startswith("left")]


@dataclass(frozen=True)
class Observations:
    """People of one frame, in pixels."""

    frame: int
    ids: Int[np.ndarray, " person"]
    """From 1, or `NOBODY`."""
    boxes: Float[np.ndarray, "person 4"]
    """Left, top, right, bottom; cut at the picture's edges."""
    scores: Float[np.ndarray, " person"]
    """Of the truth: the share of the body that is seen. Of a detector: its confidence."""
    joints: Float[np.ndarray, "person joint 2"]
    """In the order of `JOINTS`; zeros where `joint_flags` is 0."""
    joint_flags: Int[np.ndarray, "person joint"]
    """0, `HIDDEN` or `VISIBLE`."""
    joint_scores: Float[np.ndarray, "person joint"]
    """Confidence: of the truth 1 where visible and 0 elsewhere."""

    def of(self, kept: np.ndarray) -> "Observations":
        """Some of the people only."""
        parts = (self.ids, self.boxes, self.scores, self.joints, self.joint_flags, self.joint_scores)
        return Observations(self.frame, *(part[kept] for part in parts))


def observations(camera: Camera, folder: Path, *, as_detected: bool = False) -> Iterator[tuple[int, Observations]]:
    """Everybody whose box overlaps the picture, frame by frame; frames when nobody is in the world are left out.

    Args:
        camera: Who saw it.
        folder: Of the scene.
        as_detected: Not the truth, but what a detector might have found.

    Returns:
        The frame's number, and its observations.
    """
    # Eyes of one stereo camera share a clock, but not their errors.
    seed = camera.clock.seed + zlib.crc32(camera.name.encode())
    for number, sightings in read_sightings(sightings_path(camera, folder)):
        truth = true_observations(number, sightings, camera)
        yield number, detected(truth, camera, seed) if as_detected else truth


def side_by_side(
    cameras: Sequence[Camera], folder: Path, frames: Int[np.ndarray, "instant camera"], *, as_detected: bool = False
) -> Iterator[tuple[Observations | None, ...]]:
    """The observations of all cameras, instant by instant; None where a camera has none.

    Args:
        cameras: Who saw it.
        folder: Of the scene.
        frames: Of each camera at each instant (see `matching_frames`).
        as_detected: Not the truth, but what a detector might have found.
    """
    seen = (observations(camera, folder, as_detected=as_detected) for camera in cameras)
    return zip(*map(in_frames, frames.T, seen), strict=True)


def true_observations(number: int, sightings: Sightings, camera: Camera) -> Observations:
    """Everybody whose box overlaps the picture.

    Args:
        number: The frame's.
        sightings: Of the frame.
        camera: Who saw it.
    """
    edge = np.array([camera.lens.width, camera.lens.height], dtype=np.float64)
    boxes = np.clip(sightings.boxes_pixels.astype(np.float64), -0.5, np.tile(edge, 2) - 0.5)
    within = np.all(np.isfinite(boxes), axis=1) & np.all(boxes[:, 2:] > boxes[:, :2], axis=1)
    pixels = sightings.joints_pixels
    inside = np.all((pixels >= -0.5) & (pixels < edge - 0.5), axis=2)
    flags = np.where(sightings.joints_visible & inside, VISIBLE, np.where(inside, HIDDEN, 0))
    everyone = Observations(
        number,
        sightings.people.astype(np.int64),
        boxes,
        sightings.visible_shares.astype(np.float64),
        np.where(flags[..., None] > 0, pixels, 0.0),
        flags,
        (flags == VISIBLE).astype(np.float64),
    )
    return everyone.of(within)


def detected(truth: Observations, camera: Camera, seed: int) -> Observations:
    """What a detector of people and their joints might find: off by a little, blind now and then, sometimes mistaken.

    Boxes and joints are off by normal errors that grow with the person's size and where little is seen; people are
    missed the more, the less of them is seen; hidden joints are mostly missed; left and right are swapped in 1 % of the
    people, single joints are far off in 1 %; and now and then a box is where nobody is.

    Args:
        truth: The truth of a frame.
        camera: Who saw it.
        seed: With the frame's number it decides all errors.
    """
    rng = np.random.default_rng([seed, 5, truth.frame])
    chance = 0.98 * np.clip((truth.scores - _LEAST_SHARE) / 0.4, 0, 1)
    found = truth.of(rng.uniform(size=len(chance)) < chance)
    sizes = np.sqrt(np.prod(found.boxes[:, 2:] - found.boxes[:, :2], axis=1))
    blur = (0.02 + 0.04 * (1 - found.scores)) * sizes
    boxes = found.boxes + blur[:, None] * rng.normal(size=found.boxes.shape)
    seen = found.joint_flags == VISIBLE
    guessed = (found.joint_flags == HIDDEN) & (rng.uniform(size=seen.shape) < 0.25)
    kept = (seen & (rng.uniform(size=seen.shape) < 0.97)) | guessed
    spread = np.where(guessed, 3.0, 1.0) * (0.015 * sizes)[:, None] * (1 + 14 * (rng.uniform(size=seen.shape) < 0.01))
    error = spread[..., None] * rng.normal(size=found.joints.shape)
    joints, scores = found.joints + error, _confidence(rng, np.where(guessed, 0.35, 0.8))
    for person in np.flatnonzero(rng.uniform(size=len(sizes)) < 0.01):
        for left, right in _PAIRS:
            for swapped in (joints, kept, scores):
                swapped[person, [left, right]] = swapped[person, [right, left]]
    real = Observations(
        truth.frame,
        np.full(len(sizes), NOBODY),
        boxes,
        _confidence(rng, 0.5 + 0.45 * found.scores),
        np.where(kept[..., None], joints, 0.0),
        np.where(kept, VISIBLE, 0),
        np.where(kept, scores, 0.0),
    )
    return _with_phantom(real, camera, rng)


def _confidence(rng: np.random.Generator, mean: np.ndarray) -> np.ndarray:
    return np.clip(mean + 0.08 * rng.normal(size=mean.shape), 0.05, 0.99)


def _with_phantom(found: Observations, camera: Camera, rng: np.random.Generator) -> Observations:
    """Now and then a box where nobody is, of the size of those that are there."""
    heights = found.boxes[:, 3] - found.boxes[:, 1]
    if not len(heights) or rng.uniform() > 0.03:
        return found
    height = float(np.median(heights)) * rng.uniform(0.7, 1.3)
    left, top = rng.uniform(0, [camera.lens.width, camera.lens.height])
    none = np.zeros((1, len(JOINTS)))
    return Observations(
        found.frame,
        np.append(found.ids, NOBODY),
        np.vstack([found.boxes, [left, top, left + 0.4 * height, top + height]]),
        np.append(found.scores, _confidence(rng, np.array([0.4]))),
        np.concatenate([found.joints, np.zeros((1, len(JOINTS), 2))]),
        np.concatenate([found.joint_flags, none.astype(np.int64)]),
        np.concatenate([found.joint_scores, none]),
    )
