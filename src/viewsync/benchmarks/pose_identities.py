"""Whether it helps the pose cue to be told who is who: short clips of people whom the detector loses now and then."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from viewsync.benchmarks.judge import errors, judge_pairs, middle_value, share
from viewsync.benchmarks.pose_scenes import NOISE_PIXELS, SIZE, PoseTake, known_clip, source, standing
from viewsync.benchmarks.row import Row, measured
from viewsync.benchmarks.takes import Take
from viewsync.sync import sync
from viewsync.types import Poses, Verdict
from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.keypoints import seen_poses
from viewsync.worlds.presets import preset_named
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.world import World

PEOPLE = 5
LENGTHS_SECONDS = (1.0, 2.0, 4.0)
_MISSING = 0.1
_LOST_EVERY_SECONDS, _LOST_SECONDS = 1.5, 0.2
"""How often on the mean somebody is lost, and for how long."""
_MOST_PARTS = 1000
"""Of a person's track."""


def rows(suite: str, seed: int, count: int) -> list[Row]:
    """The same clips with nobody, half of the people, and everybody known.

    Args:
        suite: Whose rows they are.
        seed: Source of everything random.
        count: Clips of each length.
    """
    found = []
    for seconds in LENGTHS_SECONDS:
        takes = list(crowd_takes(seed, count, seconds))
        for known, label in ((0, "nobody"), ((PEOPLE + 1) // 2, f"{(PEOPLE + 1) // 2} of {PEOPLE}"), (PEOPLE, "everybody")):
            scene, told = f"{PEOPLE} people for {seconds:g} s, {label} known", [_told(taken, known) for taken in takes]
            found += _rows(suite, scene, told)
            refused = [not _tied(unrelated) for unrelated in _exchanged(told)]
            found.append(measured(suite, scene, "unrelated clips refused", share(refused), "%", len(refused)))
    return found


def _exchanged(takes: Sequence[PoseTake]) -> Iterator[PoseTake]:
    """The first camera of each take beside the second one of the next: who has one name is somebody else."""
    for one, other in zip(takes, [*takes[1:], takes[0]], strict=True):
        (first, _), (_, second) = one.poses, other.poses
        yield replace(
            one,
            poses={first: one.poses[first], second: other.poses[second]},
            identities={first: one.identities[first], second: other.identities[second]},
        )


def _tied(taken: PoseTake) -> bool:
    timeline = sync((), poses=taken.poses, identities=taken.identities, cues=("pose",))
    return timeline.pairs[0].verdict is Verdict.TIED


def _rows(suite: str, scene: str, takes: Sequence[PoseTake]) -> list[Row]:
    start = time.perf_counter()
    timelines = [sync((), poses=taken.poses, identities=taken.identities, cues=("pose",)) for taken in takes]
    seconds = (time.perf_counter() - start) / len(takes)
    judged = [*chain(*(judge_pairs(one.take, timeline) for one, timeline in zip(takes, timelines, strict=True)))]
    claims = [verdict for verdict in judged if verdict.claimed]
    evidence = [cue.log_likelihood_ratio for timeline in timelines for pair in timeline.pairs for cue in pair.cues]
    return [
        measured(suite, scene, "pairs tied", share([verdict.claimed for verdict in judged]), "%", len(judged)),
        measured(suite, scene, "wrong but confident", sum(verdict.wrong for verdict in claims), "", len(claims)),
        measured(suite, scene, "|error| median", middle_value(1000 * errors(claims)), "ms", len(claims)),
        measured(
            suite,
            scene,
            "95 % intervals that hold",
            share([one.covered for one in claims if one.covered is not None]),
            "%",
            len(claims),
        ),
        measured(suite, scene, "evidence, median", middle_value(np.array(evidence)), "nats", len(evidence)),
        measured(suite, scene, "time of a pair", seconds, "s", len(takes)),
    ]


def crowd_takes(seed: int, count: int, seconds: float) -> Iterator[PoseTake]:
    """World `group` with more people, before its two cameras where they begin; clips share at least half of their time."""
    wishes = Wishes(seconds=seconds, size=SIZE, people=PEOPLE, max_offset_seconds=seconds / 4)
    for number in range(count):
        rng = source(seed, f"crowd {seconds:g}", number)
        # In every third `group`, somebody wears a camera.
        world = preset_named("group").build("crowd", 3 * int(rng.integers(2**30)) + 1, wishes)
        cameras = [standing(camera) for camera in world.cameras]
        poses = {camera.name: _seen(world, camera, rng) for camera in cameras}
        clips = tuple(known_clip(camera, poses[camera.name].pts_seconds) for camera in cameras)
        yield PoseTake(Take("crowd", clips), poses, moving=False)


def _told(taken: PoseTake, known: int) -> PoseTake:
    """With the first few people known."""
    tracks = {name: np.unique(poses.tracks).tolist() for name, poses in taken.poses.items()}
    people = {name: {track: track // _MOST_PARTS for track in own} for name, own in tracks.items()}
    named = {name: {track: str(person) for track, person in own.items() if person < known} for name, own in people.items()}
    return replace(taken, identities=named)


def _seen(world: World, camera: Camera, rng: np.random.Generator) -> Poses:
    """What a detector tells of each person, with a new track whenever it lost them."""
    parts = []
    for number, person in enumerate(world.people):
        alone = replace(world, people=(person,))
        seen = seen_poses(alone, camera, noise_pixels=NOISE_PIXELS, seed=int(rng.integers(2**32)), missing=_MISSING)
        lost = _losses(seen, rng)
        seconds = seen.pts_seconds[seen.frames, None]
        part, kept = (seconds >= lost).sum(axis=1), ~((seconds >= lost) & (seconds < lost + _LOST_SECONDS)).any(axis=1)
        parts.append((seen.frames[kept], (number * _MOST_PARTS + part)[kept], seen.pixels[kept], seen.confidence[kept]))
    frames, tracks, pixels, confidence = map(np.concatenate, zip(*parts, strict=True))
    row = np.argsort(frames, kind="stable")
    return Poses(seen.joints, seen.pts_seconds, frames[row], tracks[row], pixels[row], confidence[row], seen.size)


def _losses(poses: Poses, rng: np.random.Generator) -> np.ndarray:
    """When a person is lost, in seconds of the camera."""
    first, last = poses.pts_seconds[[0, -1]]
    return np.asarray(rng.uniform(first, last, rng.poisson((last - first) / _LOST_EVERY_SECONDS)))
