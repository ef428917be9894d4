"""What people do before the virtual cameras, and what of it the training never sees."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from numpy.random import Generator

from viewsync.worlds.crowds.ground import Ground
from viewsync.worlds.crowds.wander import wander
from viewsync.worlds.motions.clip import MotionClip
from viewsync.worlds.motions.library import read_motions
from viewsync.worlds.people.body import Body
from viewsync.worlds.people.joints import COCO17
from viewsync.worlds.people.person import Performance
from viewsync.worlds.people.shapes import sample_bodies
from viewsync.worlds.people.take import Take
from viewsync.worlds.people.walk import Walk
from viewsync.worlds.presets.cast import Repertoire, repertoire

LICENCE = (
    "CMU Graphics Lab Motion Capture Database (mocap.cs.cmu.edu, supported by NSF EIA-0196217): free for any use, not for "
    "resale; DeepMimic clips: MIT; viewsync's own motions and anny's bodies: Apache-2.0"
)
"""Of what networks learn from."""
RATE_HZ = 120.0
"""Of the joints kept in memory: fine enough to be interpolated linearly."""
HELD_OUT = (
    "03_",
    "humanoid3d_dance_b", "humanoid3d_getup_faceup", "humanoid3d_jump", "humanoid3d_kick", "humanoid3d_long_walk3",
    "humanoid3d_stealthy",
)  # fmt: skip
"""How the names of the recorded clips begin that training never sees: a subject of CMU (each came on days of his own), and a
fifth of DeepMimic's clips together with their mirror images and the cycles cut out of them."""
_HELD_OUT_SEEDS = 1_000_000
"""The package's own motions of seeds from here on are held out, too."""
_SECONDS = 40.0
_BODIES, _REPERTOIRES = 40, 24
_REACH_METRES = 1.5
_FLOOR = (-3.0, 3.0, -3.0, 3.0)

Joints = Float32[np.ndarray, "time joint 3"]
"""Places of `COCO17` in the world (metres, z up) at `RATE_HZ`."""


@dataclass(frozen=True)
class Recorded:
    """Motion capture, cut in two by physical clip."""

    training: tuple[MotionClip, ...]
    held_out: tuple[MotionClip, ...]

    @property
    def described(self) -> str:
        """For a model card: what training sees, and what it doesn't."""
        seen, unseen = (", ".join(clip.name for clip in some) or "none" for some in (self.training, self.held_out))
        return f"Trained on: {seen}. Held out: {unseen}, and own motions of other seeds."


def recorded(folders: tuple[Path, ...]) -> Recorded:
    """Read motion capture.

    Raises:
        InputError: A folder holds no motion, or one that can't be read.
    """
    clips = [clip for folder in folders for clip in read_motions(folder).clips]
    training = tuple(clip for clip in clips if not is_held_out(clip.name))
    return Recorded(training, tuple(clip for clip in clips if is_held_out(clip.name)))


def is_held_out(name: str) -> bool:
    """Whether training never sees the clip of this name, whatever folder it lies in."""
    return name.rpartition("/")[2].startswith(HELD_OUT)


def performances(clips: tuple[MotionClip, ...], count: int, seed: int, *, held_out: bool = False) -> Iterator[Joints]:
    """People of all shapes who do what was recorded, what the package makes up itself, or walk to and fro.

    Args:
        clips: What was recorded; without any, everything is made up.
        count: How many performances, 40 s each.
        seed: Source of everything random.
        held_out: Draw the package's own motions from seeds that training never sees.
    """
    rng = np.random.default_rng([seed, 21])
    bodies = sample_bodies(min(count, _BODIES), rng)
    seeds = _HELD_OUT_SEEDS * held_out + rng.integers(_HELD_OUT_SEEDS, size=min(count, _REPERTOIRES))
    owns = [repertoire(None, int(own_seed)) for own_seed in seeds]
    for number in range(count):
        body, own = bodies[number % len(bodies)], owns[number % len(owns)]
        yield _joints(body, _performance(body, clips, own, rng))


def _performance(body: Body, clips: tuple[MotionClip, ...], own: Repertoire, rng: Generator) -> Performance:
    """Recorded every other time, if anything is."""
    seed = int(rng.integers(2**31))
    manner, stand = own.manners[rng.integers(len(own.manners))], own.stands[rng.integers(len(own.stands))]
    if clips and rng.uniform() < 0.5:
        some = tuple(clips[index] for index in rng.permutation(len(clips))[: rng.integers(1, 7)])
        return Take(body.skeleton, some, np.zeros(2), 0.0, 0.0, _SECONDS, seed)
    if rng.uniform() < 0.4:
        (path,) = wander(Ground(_FLOOR), 1, _SECONDS, seed=seed)
        return Walk(path, body.skeleton, manner, stand, seed)
    return Take(
        body.skeleton, own.acts, np.zeros(2), 0.0, 0.0, _SECONDS, seed,
        radius_metres=_REACH_METRES, locomotion=manner, stand=stand,
    )  # fmt: skip


def _joints(body: Body, performance: Performance) -> Joints:
    seconds = np.arange(0.0, _SECONDS, 1 / RATE_HZ)
    return body.joints(performance.poses(seconds))[:, : len(COCO17)].astype(np.float32)
