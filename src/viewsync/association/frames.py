"""What association works on: boxes of people in several views of the same instants."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from viewsync.types import InputError

UNKNOWN = -1
"""Identity of a person of whom nobody told who it is."""
Part = Literal["training", "validation", "test"]
SHARES = (0.72, 0.18, 0.10)
"""Of a session's instants for training, validation and test, as the original splits them."""
_SAME_INSTANT_SECONDS = 1e-6


@dataclass(frozen=True)
class Picture:
    """Where the pixels of a view are."""

    path: Path
    """A picture, or a video."""
    frame: int | None = None
    """Of a video: the number of the frame, from 0."""


@dataclass(frozen=True)
class View:
    """The people in one camera's picture at one instant. Nobody may be there.

    Raises:
        InputError: A box isn't finite or has no area, somebody is there twice, or arrays are of different lengths.
    """

    boxes: Float[np.ndarray, "person 4"]
    """x1, y1, x2, y2 in pixels; may reach beyond the picture."""
    identities: Int[np.ndarray, " person"]
    """The same across views and instants; `UNKNOWN` where nobody told."""
    embeddings: Float[np.ndarray, "person feature"] | None = None
    """What people look like, as vectors of length 1."""
    scores: Float[np.ndarray, " person"] | None = None
    """A detector's confidence, 0 to 1."""
    picture: Picture | None = None

    def __post_init__(self) -> None:
        parts = (self.identities, self.embeddings, self.scores)
        counts = [len(part) for part in parts if part is not None]
        if self.boxes.shape[1:] != (4,) or set(counts) != {len(self.boxes)}:
            raise InputError(f"boxes of shape {self.boxes.shape} don't fit {counts} identities, embeddings or scores.")
        wrong = np.flatnonzero(~np.isfinite(self.boxes).all(axis=1) | (self.boxes[:, 2:] <= self.boxes[:, :2]).any(axis=1))
        if wrong.size:
            box = ", ".join(f"{value:g}" for value in self.boxes[wrong[0]])
            raise InputError(f"box ({box}) isn't one: its numbers must be finite, x1 < x2 and y1 < y2. Leave it out.")
        for part, what in ((self.embeddings, "an embedding"), (self.scores, "a score")):
            if part is not None and not np.isfinite(part).all():
                raise InputError(f"{what} isn't finite. Leave that person out.")
        known, counted = np.unique(self.identities[self.identities != UNKNOWN], return_counts=True)
        if (counted > 1).any():
            raise InputError(f"person {known[counted > 1][0]} is there twice. Keep one of the boxes.")

    def __len__(self) -> int:
        return len(self.boxes)

    def of(self, kept: Bool[np.ndarray, " person"] | Int[np.ndarray, " kept"]) -> "View":
        """Some of the people only."""
        return replace(
            self,
            boxes=self.boxes[kept],
            identities=self.identities[kept],
            embeddings=None if self.embeddings is None else self.embeddings[kept],
            scores=None if self.scores is None else self.scores[kept],
        )

    def within(self, size: tuple[int, int]) -> "View":
        """Without people whose boxes lie wholly outside a picture of this width and height.

        Boxes that reach beyond its edges are kept whole: so are people's heights.
        """
        inside = np.asarray(((self.boxes[:, 2:] > 0) & (self.boxes[:, :2] < size)).all(axis=1))
        return self if inside.all() else self.of(inside)


@dataclass(frozen=True)
class MultiViewFrame:
    """All cameras' views of one instant."""

    seconds: float
    views: tuple[View, ...]
    """In the order of the session's cameras."""
    number: int | None = None
    """The frame's, where files number frames."""

    @property
    def instant(self) -> int:
        """Its time in microseconds, by which frames of one instant are found."""
        return round(self.seconds / _SAME_INSTANT_SECONDS)


@dataclass(frozen=True)
class Session:
    """What cameras that stood in the same places saw over time.

    Raises:
        InputError: There are fewer than two cameras, an instant lacks a view, or times don't increase.
    """

    name: str
    cameras: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...]
    """Width and height of each camera's pictures."""
    frames: tuple[MultiViewFrame, ...]
    """In the order of time."""
    sizes_guessed: bool = False
    """Whether nobody told the sizes: then they are as small as can be with all boxes within."""

    def __post_init__(self) -> None:
        if len(self.cameras) < 2:
            raise InputError(f"{self.name}: there is {len(self.cameras)} camera, but association takes two or more.")
        if len(self.sizes) != len(self.cameras) or any(min(size) < 1 for size in self.sizes):
            raise InputError(f"{self.name}: sizes {self.sizes} don't fit the cameras {', '.join(self.cameras)}.")
        for frame in self.frames:
            if len(frame.views) != len(self.cameras):
                raise InputError(
                    f"{self.name}: {len(frame.views)} views at {frame.seconds:g} s of {len(self.cameras)} cameras."
                )
        for earlier, later in pairwise(frame.seconds for frame in self.frames):
            if not earlier < later:
                raise InputError(
                    f"{self.name}: times must increase, but {later:.6f} s follows {earlier:.6f} s. Correct the time stamps."
                )

    @property
    def seconds(self) -> Float[np.ndarray, " frame"]:
        """When."""
        return np.array([frame.seconds for frame in self.frames], dtype=np.float64)

    @property
    def knows_people(self) -> bool:
        """Whether anybody's identity is told."""
        return any((view.identities != UNKNOWN).any() for frame in self.frames for view in frame.views)

    def with_frames(self, frames: Sequence[MultiViewFrame]) -> "Session":
        """Other instants of the same cameras."""
        return replace(self, frames=tuple(frames))


def split(session: Session, shares: tuple[float, float, float] = SHARES) -> dict[Part, Session]:
    """The session cut in the order of time: training first, then validation, then test.

    Args:
        session: What to cut.
        shares: Of its instants for training, validation and test. Fractions of an instant go to what comes earlier.

    Raises:
        InputError: Shares aren't positive with the sum 1, or a part would be empty.
    """
    training, validation, test = shares
    if not (min(shares) > 0 and abs(sum(shares) - 1) <= 1e-6):
        raise InputError(f"shares of training, validation and test must be positive with the sum 1, got {shares}.")
    count = len(session.frames)
    tested = _floor(count * test)
    validated = _floor((count - tested) * validation / (training + validation))
    trained = count - tested - validated
    if 0 in (trained, validated, tested):
        raise InputError(
            f"{session.name}: its {count} instants are too few for training, validation and test as {shares}. "
            "Give more of them, or other shares."
        )
    cuts: dict[Part, slice] = {
        "training": slice(trained),
        "validation": slice(trained, trained + validated),
        "test": slice(trained + validated, None),
    }
    return {part: session.with_frames(session.frames[cut]) for part, cut in cuts.items()}


def _floor(value: float) -> int:
    # 0.72 + 0.18 isn't quite 0.9.
    return int(value + 1e-6)


def leaks(training: Session, test: Session) -> tuple[float, ...]:
    """Instants, in seconds, of the test that are in the training too.

    Args:
        training: What is learned from.
        test: Of the same scene, on the same clock.
    """
    learned, tested = training.seconds, test.seconds
    if not len(learned):
        return ()
    right = np.clip(np.searchsorted(learned, tested), 1, max(len(learned) - 1, 1))
    near = np.minimum(np.abs(learned[right - 1] - tested), np.abs(learned[np.minimum(right, len(learned) - 1)] - tested))
    return tuple(tested[near <= _SAME_INSTANT_SECONDS].tolist())
