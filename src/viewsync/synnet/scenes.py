"""What SynNet is trained and tested on: somebody before several cameras that take their frames at the same instants."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Float32
from numpy.random import Generator

from viewsync.pose_embedding import performances
from viewsync.pose_embedding.filming import film, mirrored
from viewsync.pose_embedding.performances import Joints
from viewsync.types import Poses
from viewsync.worlds.keypoints import seen_poses
from viewsync.worlds.motions.library import MotionLibrary
from viewsync.worlds.people.joints import COCO17
from viewsync.worlds.presets import preset_named
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.world import World

WorldPreset = Literal["pair", "group"]
Noise = Literal["mixed", "plain", "faults"]
FPS = 30.0
_TEMPI = (0.75, 1.3)
_HIPS = [COCO17.index("left_hip"), COCO17.index("right_hip")]
_MOTION_SECONDS = 4 / FPS
_FIRST_SEED = 2_000_000
"""Below it lie the seeds of the motions that networks are trained on, and of other suites' scenes."""
_SIZE, _NOISE_PIXELS = (1920, 1080), 4.0


@dataclass(frozen=True)
class Scene:
    """One person, as all cameras saw them: frame t of every view shows the same instant, at `FPS`."""

    views: Float32[np.ndarray, "camera frame 17 3"]
    """x, y in pixels and confidence (0 where a joint wasn't seen) of COCO-17."""
    speed: Float32[np.ndarray, " frame"]
    """How much there is to be seen: metres per second of the joints, seen from the hips, on the mean."""


def filmed(some: Iterable[Joints], cameras: int, seed: int, noise: Noise = "mixed") -> Iterator[Scene]:
    """Film each half of performances from several sides, at a tempo of its own, now and then with left and right exchanged.

    Cameras stand, are held, follow, orbit or fly.

    Args:
        some: The performances.
        cameras: How many film each half.
        seed: Source of everything random.
        noise: What is wrong with detections. ``plain``: as in made worlds, they err by 4 px in pictures of 1920 × 1080, and
            3 % of the joints are missing. ``faults``: everything that can be, drawn at random. ``mixed``, to learn from:
            half of the cameras have all faults, the others err by 1 to 4 px in pictures of 1280 × 720.
    """
    rng = np.random.default_rng([seed, 31])
    for joints in some:
        # Who walks far gets away from a camera that stays.
        for part in np.array_split(joints, 2):
            part = mirrored(part) if rng.uniform() < 0.5 else part
            tempo = rng.uniform(*_TEMPI)
            seconds = np.arange(int((len(part) - 1) / performances.RATE_HZ / tempo * FPS)) / FPS * tempo
            seen = [film(part, seconds, rng, **_detector(noise, rng)) for _ in range(cameras)]
            views = np.stack([np.concatenate([one.pixels, one.confidence[..., None]], axis=2) for one in seen])
            rows = np.round(seconds * performances.RATE_HZ).astype(int)
            yield Scene(views.astype(np.float32), _speed(part[rows]))


def _detector(noise: Noise, rng: Generator) -> dict[str, Any]:
    """Arguments of `film`."""
    if noise == "plain":
        return {"picture": _SIZE, "noise_pixels": _NOISE_PIXELS}
    if noise == "faults" or rng.uniform() < 0.5:
        return {}
    return {"noise_pixels": float(np.exp(rng.uniform(0, np.log(4))))}


def filmed_worlds(
    preset: WorldPreset, count: int, seed: int, motions: MotionLibrary | None = None, seconds: float = 10.0
) -> Iterator[tuple[Scene, ...]]:
    """The people of made worlds before their moving cameras, all clocks set alike: a tuple per world, a scene per person.

    Args:
        preset: Whose worlds.
        count: How many.
        seed: Source of everything random.
        motions: What people do, if not the package's own motions.
        seconds: How long the cameras run.
    """
    wishes = Wishes(seconds=seconds, size=_SIZE, fps=FPS, max_offset_seconds=0.0, max_rate_ppm=0.0, jitter_share=0.0,
                    dropped_share=0.0, motions=motions)  # fmt: skip
    for number in range(count):
        world_seed = _FIRST_SEED + 1000 * seed + number
        world = preset_named(preset).build(preset, world_seed, wishes)
        clock = world.cameras[0].clock
        world = replace(world, cameras=tuple(replace(camera, clock=clock, hides=None) for camera in world.cameras))
        yield tuple(scene_of(replace(world, people=(person,)), world_seed) for person in world.people)


def scene_of(world: World, seed: int) -> Scene:
    """The only person of a world, as its cameras see them.

    Args:
        world: Its cameras take their frames at the same instants.
        seed: Of noise.
    """
    poses = [seen_poses(world, camera, noise_pixels=_NOISE_PIXELS, seed=seed) for camera in world.cameras]
    (person,) = world.people
    joints = person.body.joints(person.performance.poses(poses[0].pts_seconds))[:, : len(COCO17)]
    return Scene(np.stack([_dense(one) for one in poses]), _speed(joints))


def _dense(poses: Poses) -> Float32[np.ndarray, "frame 17 3"]:
    view = np.zeros((len(poses.pts_seconds), len(COCO17), 3), np.float32)
    view[poses.frames] = np.concatenate([np.nan_to_num(poses.pixels), poses.confidence[..., None]], axis=2)
    return view


def _speed(joints: Float[np.ndarray, "frame joint 3"]) -> Float32[np.ndarray, " frame"]:
    """Over `_MOTION_SECONDS`, so that tremor doesn't count."""
    apart = round(_MOTION_SECONDS * FPS)
    still = joints - joints[:, _HIPS].mean(axis=1, keepdims=True)
    speed = np.linalg.norm(still[apart:] - still[:-apart], axis=2).mean(axis=1) / _MOTION_SECONDS
    return np.pad(speed, (apart // 2, apart - apart // 2), mode="edge").astype(np.float32)
