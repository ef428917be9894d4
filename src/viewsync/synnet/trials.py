"""What networks are asked beyond single clips, of people in step and of long recordings, and how well they answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from numpy.random import Generator

from viewsync.networks.synnet import OffsetNetwork
from viewsync.synnet.clips import LEAST_SEEN, Clips, Sampling
from viewsync.synnet.evaluate import logits, mean_shift
from viewsync.synnet.scenes import FPS, Scene
from viewsync.types import InputError

_FEWEST_PEOPLE = 2
_TRIES = 20_000


@dataclass(frozen=True)
class Figures:
    """How well shifts were told."""

    pairs: int
    accuracy: float
    """Share told exactly, after rounding to a whole class."""
    syn_error_seconds: float
    """Mean distance from the truth, without rounding."""

    @classmethod
    def of(cls, found: Float[np.ndarray, " pair"], classes: Int[np.ndarray, " pair"], stride: int) -> "Figures":
        """Of classes found, which may lie between two."""
        if not len(classes):
            raise InputError("there are no clips to test on. Give recordings in which somebody moves before two cameras.")
        hits = np.round(found) == classes
        return cls(len(classes), float(hits.mean()), float(np.abs(found - classes).mean() * stride / FPS))


# ── several people ────────────────────────────────────────────────────────────────────────────────────────────────


class CrowdClips(NamedTuple):
    """Clips of several people before the same two cameras at the same instants: so all of them have one shift."""

    clips: Clips
    """Of each person at each moment; `scenes` numbers the moments."""
    people: Int[np.ndarray, " pair"]
    """0 is the first person of its moment, in random order."""


def crowd_clips(worlds: Sequence[Sequence[Scene]], sampling: Sampling, per_shift: int, seed: int) -> CrowdClips:
    """Moments for a test: of each shift as many, each with all people who move and are seen by both cameras, two at least.

    Args:
        worlds: The people of each, before the same cameras.
        sampling: What a clip is.
        per_shift: How many moments.
        seed: Source of everything random.

    Raises:
        InputError: Hardly anywhere two people move before two cameras.
    """
    rng = np.random.default_rng([seed, 34])
    largest = sampling.largest_shift
    a, b, classes, moments, people = [], [], [], [], []
    for moment, shift in enumerate(per_shift * [*range(-largest, largest)]):
        for person, (one, other) in enumerate(_looks(worlds, sampling, shift, rng)):
            a.append(one)
            b.append(other)
            classes.append(shift + largest)
            moments.append(moment)
            people.append(person)
    sides = [torch.from_numpy(np.stack(side)) for side in (a, b)]
    return CrowdClips(Clips(sides[0], sides[1], torch.tensor(classes), torch.tensor(moments)), np.array(people))


Look = tuple[Float32[np.ndarray, "frame 17 3"], Float32[np.ndarray, "frame 17 3"]]


def _looks(worlds: Sequence[Sequence[Scene]], sampling: Sampling, shift: int, rng: Generator) -> list[Look]:
    """Clips of two cameras of everybody who can be judged."""
    n, r = sampling.clip_frames, sampling.stride
    span = (n + abs(shift) - 1) * r + 1
    for _ in range(_TRIES if worlds else 0):
        people = worlds[int(rng.integers(len(worlds)))]
        cameras = rng.permutation(len(people[0].views))[:2]
        if len(cameras) < 2 or len(people[0].speed) < span:
            continue
        first = int(rng.integers(len(people[0].speed) - span + 1))
        frames_a, frames_b = (first + r * (start + np.arange(n)) for start in (max(-shift, 0), max(shift, 0)))
        looks = []
        for person in rng.permutation(len(people)):
            scene = people[person]
            look = scene.views[cameras[0], frames_a], scene.views[cameras[1], frames_b]
            lively = scene.speed[first : first + span].mean() >= sampling.least_speed
            if lively and all((clip[..., 2] > 0).mean() >= LEAST_SEEN for clip in look):
                looks.append(look)
        if len(looks) >= _FEWEST_PEOPLE:
            return looks
    raise InputError(
        f"in {len(worlds)} worlds hardly ever {_FEWEST_PEOPLE} people move by {sampling.least_speed} m/s for {span} frames "
        "before two cameras. Give longer recordings, or livelier people."
    )


def crowd_figures(found: Float[np.ndarray, " pair"], crowd: CrowdClips, stride: int) -> dict[str, Figures]:
    """How well the first two people tell a moment's shift, each alone and together, and how well all do.

    Args:
        found: The class found for each person at each moment.
        crowd: The clips.
        stride: r.
    """
    moments = crowd.clips.scenes.numpy()
    told = np.full((crowd.people.max() + 1, moments.max() + 1), np.nan)
    told[crowd.people, moments] = found
    truth = crowd.clips.classes.numpy()[crowd.people == 0]
    ways = {"person 1": told[:1], "person 2": told[1:2], "both combined": told[:2], "all combined": told}
    return {name: Figures.of(mean_shift(some), truth, stride) for name, some in ways.items()}


# ── long recordings ───────────────────────────────────────────────────────────────────────────────────────────────


class Recording(NamedTuple):
    """One person, filmed for long by two cameras: frame t of b shows what a shows `lag` frames later."""

    a: Float32[np.ndarray, "time 17 3"]
    b: Float32[np.ndarray, "time 17 3"]
    lag: int


def long_recordings(scenes: Sequence[Scene], sampling: Sampling, seed: int) -> list[Recording]:
    """The first two cameras of each scene, the clock of one of them moved by a lag within the shifts that there are."""
    rng = np.random.default_rng([seed, 35])
    reach = sampling.stride * sampling.largest_shift
    recordings = []
    for scene in scenes:
        lag = int(rng.integers(-reach, reach - sampling.stride + 1))
        a, b = scene.views[0, max(-lag, 0) :], scene.views[1, max(lag, 0) :]
        count = min(len(a), len(b))
        recordings.append(Recording(a[:count], b[:count], lag))
    return recordings


def slide(
    network: OffsetNetwork, recording: Recording, stride: int
) -> tuple[Int[np.ndarray, " window"], Float[np.ndarray, "window class"]]:
    """What a network says of clips that begin at each frame of both cameras, wherever both see the person.

    Returns:
        Where the clips begin; how probable each shift is.

    Raises:
        InputError: Nowhere both cameras see the person for the length of a clip.
    """
    within = stride * np.arange(network.clip_frames)
    frames = np.arange(len(recording.a) - within[-1])[:, None] + within
    a, b = recording.a[frames], recording.b[frames]
    seen = np.logical_and(*((side[..., 2] > 0).mean(axis=(1, 2)) >= LEAST_SEEN for side in (a, b)))
    if not seen.any():
        raise InputError("nowhere both cameras see the person for the length of a clip. Give recordings that show somebody.")
    unknown = torch.zeros(int(seen.sum()), dtype=torch.long)
    clips = Clips(torch.from_numpy(a[seen]), torch.from_numpy(b[seen]), unknown, unknown)
    return frames[seen, 0], logits(network, clips).softmax(1).double().numpy()


def mean_lag(probabilities: Float[np.ndarray, "window class"], stride: int) -> float:
    """The windows' likeliest shifts, averaged, in frames."""
    shifts = probabilities.argmax(axis=1) - probabilities.shape[1] // 2
    return float(mean_shift(shifts[:, None].astype(float))[0]) * stride
