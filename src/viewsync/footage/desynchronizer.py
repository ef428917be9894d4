"""Views that are no longer of one instant: which of its frames each camera shows, by a latency of its own.

View i of a scene at the reference's instant t is taken at t + τᵢ + δᵢ: τ is constant, δ is drawn anew each time.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from jaxtyping import Float, Int

from viewsync.files import write_whole
from viewsync.footage.clip import Clip
from viewsync.types import InputError

_SCHEMA = "viewsync.latency/1"
ClipT = TypeVar("ClipT", bound=Clip)


@dataclass(frozen=True)
class Latency:
    """How far views are from the reference's instant.

    Raises:
        InputError: The reference, which is the first view, has a latency, or a number isn't one.
    """

    constant_seconds: tuple[float, ...]
    """τ of each view; 0 of the reference."""
    random_seconds: float
    """κ: δ is uniform from −κ to κ; 0 for the reference."""

    def __post_init__(self) -> None:
        if self.constant_seconds[:1] != (0.0,):
            raise InputError(f"the first view is the reference: its latency must be 0, got {self.constant_seconds}.")
        if not (np.isfinite(self.constant_seconds).all() and 0 <= self.random_seconds < np.inf):
            raise InputError(
                "latencies must be numbers of seconds, and the random one 0 or more; got "
                f"{self.constant_seconds} and {self.random_seconds}."
            )

    @classmethod
    def none(cls, views: int) -> "Latency":
        """Of views that are all taken at once."""
        return cls((0.0,) * views, 0.0)

    @classmethod
    def at_random(cls, views: int, seconds: float) -> "Latency":
        """Of views none of which is later than another on the mean.

        Args:
            views: How many there are.
            seconds: κ.

        Raises:
            InputError: Seconds aren't a number of 0 or more.
        """
        return cls((0.0,) * views, seconds)


@dataclass(frozen=True)
class Sample(Generic[ClipT]):
    """What the cameras show when asked for one instant."""

    footage: ClipT
    instant: int
    """Of the reference, and of the truth."""
    frames: Int[np.ndarray, " view"]
    """Row of each view's pictures."""

    @property
    def latency_seconds(self) -> Float[np.ndarray, " view"]:
        """Of the frames that are shown: the latency that was drawn, rounded to frames."""
        return np.asarray((self.frames - self.instant) / self.footage.fps)


def instants(latency: Latency, footage: Clip) -> range:
    """Those for which every latency that may be drawn leads to a frame of the footage.

    Raises:
        InputError: The latency is of another number of views, or the footage too short for it.
    """
    if len(latency.constant_seconds) != len(footage.pictures):
        raise InputError(
            f"{footage.name} has {len(footage.pictures)} views, but latencies are given for "
            f"{len(latency.constant_seconds)}. Give one for each view, 0 for the first."
        )
    earliest, latest = (_frames(latency, footage, side * latency.random_seconds) for side in (-1, 1))
    count = len(footage)
    found = range(max(0, -int(earliest.min())), count - max(0, int(latest.max())))
    if not found:
        raise InputError(
            f"{footage.name} lasts {count / footage.fps:.3g} s, which is too short for latencies from "
            f"{earliest.min() / footage.fps:.3g} to {latest.max() / footage.fps:.3g} s. Take longer footage or less latency."
        )
    return found


def drawn(latency: Latency, footage: Clip, instant: int, rng: np.random.Generator) -> Int[np.ndarray, " view"]:
    """The frame that each view shows: the one nearest to its latency.

    Args:
        latency: Of the views.
        footage: Theirs.
        instant: One of `instants`.
        rng: Source of chance.

    Raises:
        InputError: The latency is of another number of views, or the footage too short for it.
        ValueError: The instant isn't one of `instants`.
    """
    if instant not in instants(latency, footage):
        raise ValueError(f"at instant {instant} of {footage.name}, some latencies lead out of the footage")
    random = rng.uniform(-latency.random_seconds, latency.random_seconds, len(latency.constant_seconds))
    return instant + _frames(latency, footage, random)


def samples(footages: Sequence[ClipT], latency: Latency, seed: int) -> list[Sample[ClipT]]:
    """One sample of each instant of all footages that allows it, for tests: the same for the same seed.

    Those of one footage depend on nothing but its place in the list and its length.

    Raises:
        InputError: As of `instants`.
    """
    found = []
    for number, footage in enumerate(footages):
        rng = np.random.default_rng([seed, 81, number])
        found += [Sample(footage, at, drawn(latency, footage, at, rng)) for at in instants(latency, footage)]
    return found


def drawn_sample(
    footages: Sequence[ClipT],
    among: Sequence[Sequence[int] | Int[np.ndarray, " instant"]],
    latency: Latency,
    rng: np.random.Generator,
) -> Sample[ClipT]:
    """A sample of any of some instants, all of them equally likely, for training.

    Args:
        footages: To draw from.
        among: Of each of them, some of its `instants`.
        latency: Between the views.
        rng: Source of chance.
    """
    counts = np.array([len(some) for some in among])
    which = int(rng.choice(len(counts), p=counts / counts.sum()))
    footage, instant = footages[which], int(rng.choice(among[which]))
    return Sample(footage, instant, drawn(latency, footage, instant, rng))


def write_samples(found: Sequence[Sample[ClipT]], latency: Latency, seed: int, path: Path) -> None:
    """Write what was drawn as JSON, so that anybody can show another network the same.

    Args:
        found: As `samples` gave them.
        latency: That they were drawn by.
        seed: The same.
        path: Where to.

    Raises:
        InputError: The file can't be written.
    """
    rows = [
        {
            "footage": sample.footage.name,
            "instant": sample.instant,
            "frames": sample.frames.tolist(),
            "latency_seconds": sample.latency_seconds.tolist(),
        }
        for sample in found
    ]
    content = {"schema": _SCHEMA, **vars(latency), "seed": seed, "samples": rows}
    write_whole(path, json.dumps(content, indent=1).encode())


def _frames(latency: Latency, footage: Clip, random_seconds: Float[np.ndarray, " view"] | float) -> Int[np.ndarray, " view"]:
    """Latencies in frames; none of the reference."""
    constant = np.array(latency.constant_seconds)
    seconds = constant + random_seconds * (np.arange(len(constant)) > 0)
    return np.asarray(np.rint(seconds * footage.fps), dtype=np.int64)
