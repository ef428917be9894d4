"""Takes for the suite `pose`: what the cameras of made worlds saw of joints, and their true clocks."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np

from viewsync.benchmarks.takes import KnownClip, Take
from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.media.keypoints.identities import Identities
from viewsync.types import Poses
from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.cameras.mount import Static
from viewsync.worlds.keypoints import seen_poses
from viewsync.worlds.motions.library import UNNAMED_ACTION, MotionLibrary
from viewsync.worlds.people.joints import COCO17
from viewsync.worlds.presets import preset_named
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.world import World

SECONDS, LARGEST_OFFSET_SECONDS = 10.0, 5.0
SIZE = (1920, 1080)
"""Of the pictures: what phones film, and what detectors err in by some pixels."""
NOISE_PIXELS = 4.0
_APART_SECONDS = (11.0, 16.0)
_FIRST_SEED = 1_000_000
"""Below it lie the seeds of the motions that the embedding is trained on."""
_ELSEWHERE_SECONDS = 1e6
"""World time at which another scene is taken to happen."""


@dataclass(frozen=True)
class PoseTake:
    """Keypoints of the cameras of one take, to be synchronised in one call, and the truth."""

    take: Take
    """Its clips' paths are the cameras' ids: nothing lies there."""
    poses: Mapping[str, Poses]
    """By camera."""
    moving: bool
    """Whether cameras move."""
    calibration: Mapping[str, CalibratedCamera | Lens] = field(default_factory=dict)
    """By camera; empty where nobody calibrated anything, a lens where nobody knows where the cameras stood."""
    identities: Identities = field(default_factory=dict)
    """Who is who across cameras, as far as it is told."""
    doubtful: str | None = None
    """A camera whose own truth is in doubt: its pairs are judged apart, against no bar."""

    def uncalibrated(self) -> "PoseTake":
        """The same, known less well."""
        return replace(self, calibration={})


def pair_takes(seed: int, count: int, motions: MotionLibrary | None = None) -> Iterator[PoseTake]:
    """World `pair`: two people film somebody by hand. Offsets are even over ±5 s, whatever is done.

    Args:
        seed: Source of everything random.
        count: How many.
        motions: What people do, if not the package's own motions.
    """
    name = "pair, own motions" if motions is None else "pair, recorded motions"
    for number in range(count):
        rng = source(seed, name, number)
        yield _taken(name, _pair(rng, rng.uniform(-1, 1) * LARGEST_OFFSET_SECONDS, motions), rng)


def held_out_motions(data: Path) -> MotionLibrary:
    """The recorded motions that the embedding isn't trained on.

    Raises:
        InputError: There are none in the folder of data sets.
    """
    from viewsync.pose_embedding.performances import recorded

    # What was done on rough terrain can't be rendered on even ground, but its joints are as good as any.
    clips = recorded((data / "mocap",)).held_out
    return MotionLibrary(tuple(replace(clip, action=UNNAMED_ACTION) if clip.action == "terrain" else clip for clip in clips))


def still_takes(preset: Literal["group", "lab"], seed: int, count: int) -> Iterator[PoseTake]:
    """Several people before calibrated cameras that stand still: where those of world `group` begin, or world `lab`."""
    name = f"{preset}, still"
    wishes = Wishes(seconds=SECONDS, size=SIZE, max_offset_seconds=LARGEST_OFFSET_SECONDS / 2, max_rate_ppm=50)
    for number in range(count):
        rng = source(seed, name, number)
        # In every third `group`, somebody wears a camera.
        scene_seed = 3 * (_scene_seed(rng) // 3) + 1
        people = 2 if preset == "lab" else None
        world = preset_named(preset).build(name, scene_seed, replace(wishes, people=people))
        still = replace(world, cameras=tuple(standing(camera) for camera in world.cameras))
        calibration = {camera.name: camera.at(0.0) for camera in still.cameras}
        yield replace(_taken(name, still, rng), moving=False, calibration=calibration)


def standing(camera: Camera) -> Camera:
    """The camera, held where it begins."""
    rotations, positions = camera.mount.view(camera.clock.world_seconds(np.zeros(1)))
    return replace(camera, mount=Static(positions[0], rotations[0]))


# ── what nobody can tell the offset of ────────────────────────────────────────────────────────────────────────────


def unrelated_takes(seed: int, count: int) -> Iterator[PoseTake]:
    """Two cameras in two worlds."""
    for number in range(count):
        rng = source(seed, "unrelated", number)
        (here, there) = (_taken("unrelated", _pair(rng, 0.0), rng) for _ in range(2))
        clips = here.take.clips[0], there.take.clips[1]
        apart = replace(clips[1], world_seconds=clips[1].world_seconds + _ELSEWHERE_SECONDS)
        poses = {clip.id: side.poses[clip.id] for clip, side in zip(clips, (here, there), strict=True)}
        yield PoseTake(Take("unrelated", (clips[0], apart)), poses, moving=True)


def apart_takes(seed: int, count: int) -> Iterator[PoseTake]:
    """One camera stops before the other one starts."""
    for number in range(count):
        rng = source(seed, "no overlap", number)
        yield _taken("no overlap", _pair(rng, rng.choice([-1, 1]) * rng.uniform(*_APART_SECONDS)), rng)


def frozen_takes(seed: int, count: int) -> Iterator[PoseTake]:
    """Nobody moves, nor does a camera: all there is, is noise."""
    for number in range(count):
        rng = source(seed, "frozen", number)
        taken = _taken("frozen", _pair(rng, 0.0), rng, noise_pixels=0.0)
        yield replace(taken, poses={id: _frozen(poses, rng) for id, poses in taken.poses.items()}, moving=False)


def _frozen(poses: Poses, rng: np.random.Generator) -> Poses:
    """What is seen first, in every frame, each time with other noise."""
    frames = np.arange(len(poses.pts_seconds))
    pixels = poses.pixels[:1] + NOISE_PIXELS * rng.standard_normal((len(frames), *poses.pixels.shape[1:]))
    confidence = np.repeat(poses.confidence[:1], len(frames), axis=0)
    return replace(poses, frames=frames, tracks=np.zeros_like(frames), pixels=pixels, confidence=confidence)


def one_joint_takes(seed: int, count: int) -> Iterator[PoseTake]:
    """A nose, before cameras that move."""
    for number in range(count):
        rng = source(seed, "one joint", number)
        yield _taken("one joint", _pair(rng, rng.uniform(-1, 1) * LARGEST_OFFSET_SECONDS), rng, joints=("nose",))


def empty_takes(seed: int, count: int) -> Iterator[PoseTake]:
    """Nobody is there."""
    for number in range(count):
        rng = source(seed, "nobody", number)
        yield _taken("nobody", _pair(rng, 0.0, people=0), rng)


# ── worlds into takes ─────────────────────────────────────────────────────────────────────────────────────────────


def source(seed: int, name: str, number: int) -> np.random.Generator:
    """Of everything random in a take."""
    return np.random.default_rng([seed, zlib.crc32(name.encode()), number])


def _scene_seed(rng: np.random.Generator) -> int:
    return _FIRST_SEED + int(rng.integers(2**32))


def _pair(
    rng: np.random.Generator, offset_seconds: float, motions: MotionLibrary | None = None, people: int | None = None
) -> World:
    """World `pair`, its second camera started so much later than the first on the world's clock."""
    room = max(abs(offset_seconds), LARGEST_OFFSET_SECONDS) / 2
    wishes = Wishes(seconds=SECONDS, size=SIZE, max_offset_seconds=room, motions=motions, people=people)
    world = preset_named("pair").build("pair", _scene_seed(rng), wishes)
    starts = max(-offset_seconds, 0.0), max(offset_seconds, 0.0)
    cameras = (
        replace(camera, clock=replace(camera.clock, offset_seconds=start))
        for camera, start in zip(world.cameras, starts, strict=True)
    )
    return replace(world, cameras=tuple(cameras))


def _taken(
    scene: str,
    world: World,
    rng: np.random.Generator,
    *,
    noise_pixels: float = NOISE_PIXELS,
    joints: tuple[str, ...] = COCO17,
) -> PoseTake:
    """What a world's cameras saw."""
    seed = int(rng.integers(2**32))
    poses = {
        camera.name: seen_poses(world, camera, noise_pixels=noise_pixels, seed=seed, joints=joints)
        for camera in world.cameras
    }
    clips = (known_clip(camera, poses[camera.name].pts_seconds) for camera in world.cameras)
    return PoseTake(Take(scene, tuple(clips)), poses, moving=True)


def known_clip(camera: Camera, pts_seconds: np.ndarray) -> KnownClip:
    """The truth of a camera's clip."""
    clock = camera.clock
    return KnownClip(Path(camera.name), pts_seconds, clock.world_seconds(pts_seconds), float(1 / clock.fps))
