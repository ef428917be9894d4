"""A person of a world: a body in clothes that does something."""

from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from viewsync.worlds.motions.skeleton import Poses
from viewsync.worlds.people.body import Body
from viewsync.worlds.people.clothes import Clothes


@dataclass(frozen=True)
class Noise:
    """Something that is heard: a step or a clap."""

    kind: Literal["step", "clap"]
    seconds: float
    """World time."""
    place_metres: Float[np.ndarray, " 3"]
    loudness: float
    """1 is usual."""


@runtime_checkable
class Performance(Protocol):
    """What somebody does, at any instant of world time, for the body it was made for."""

    def present(self, seconds: Float[np.ndarray, " time"]) -> Bool[np.ndarray, " time"]:
        """Whether the person is there."""
        ...

    def poses(self, seconds: Float[np.ndarray, " time"]) -> Poses:
        """Posture and place."""
        ...

    def noises(self, start_seconds: float, end_seconds: float) -> list[Noise]:
        """What is heard of it in a stretch of world time."""
        ...

    def actions(self, seconds: Float[np.ndarray, " time"]) -> list[str]:
        """What is done, in a word each."""
        ...


@dataclass(frozen=True)
class Person:
    """Somebody in a world."""

    id: int
    """From 1, unique in the world."""
    body: Body
    clothes: Clothes
    performance: Performance
