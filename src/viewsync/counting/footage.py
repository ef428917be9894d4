"""Pictures of several cameras of the same instants, and where people were: what counting is trained and tested on."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Float32, UInt8

from viewsync.counting.places import Place
from viewsync.footage import desynchronizer
from viewsync.footage.clip import Split
from viewsync.types import InputError

_LEAST_INSTANTS, _SPREAD = 5, 41
"""To tell what stands still: at least, and as a rule."""


@dataclass(frozen=True)
class Footage:
    """A clip: row t of every view's pictures and of the densities shows the same instant.

    Raises:
        InputError: Views, sizes or numbers of instants don't fit, there is no instant, or the rate isn't positive.
    """

    name: str
    split: Split
    place: Place
    fps: float
    """Instants per second."""
    pictures: tuple[UInt8[np.ndarray, "_ height width"], ...]
    """Gray, one row per instant, of each view of the place, at its size; in memory, or mapped from disk."""
    densities: Float32[np.ndarray, "instant row column"]
    """People per cell of the place's ground. A map sums to the number of people, which may be 0."""

    def __post_init__(self) -> None:
        views, count = self.place.views, len(self.densities)
        if len(self.pictures) != len(views):
            raise InputError(
                f"{self.name}: there are pictures of {len(self.pictures)} views, but its place has {len(views)} "
                f"({', '.join(views)}). Give those of every view, and of no other."
            )
        counts = [len(pictures) for pictures in self.pictures]
        if count == 0 or any(other != count for other in counts):
            told = ", ".join(f"{view} {frames}" for view, frames in zip(views, counts, strict=True))
            raise InputError(
                f"{self.name}: every view needs a picture of each of {count} annotated instants (one at least), but there "
                f"are of {told}. Cut them alike."
            )
        self._require("pictures", {pictures.shape[1:] for pictures in self.pictures}, (self.place.height, self.place.width))
        self._require("densities", {self.densities.shape[1:]}, (self.place.ground.rows, self.place.ground.columns))
        if not 0 < self.fps < math.inf:
            raise InputError(f"{self.name}: it has {self.fps} instants per second. Give a positive number.")

    def __len__(self) -> int:
        return len(self.densities)

    @cached_property
    def counts(self) -> Float[np.ndarray, " instant"]:
        """How many people there are on the ground."""
        return np.asarray(self.densities.sum(axis=(1, 2), dtype=np.float64))

    @cached_property
    def backgrounds(self) -> tuple[Float32[np.ndarray, "height width"], ...]:
        """Of each view, what stands still: the median of pictures spread over the footage.

        Raises:
            InputError: There are too few to tell.
        """
        if len(self) < _LEAST_INSTANTS:
            raise InputError(
                f"{self.name}: {len(self)} instants are too few to tell people from what stands still: {_LEAST_INSTANTS} or "
                "more are needed. Give longer footage of the same cameras."
            )
        spread = np.unique(np.linspace(0, len(self) - 1, _SPREAD).round().astype(int))
        return tuple(np.median(view[spread], axis=0).astype(np.float32) for view in self.pictures)

    def _require(self, what: str, shapes: set[tuple[int, ...]], wanted: tuple[int, int]) -> None:
        for rows, columns in shapes - {wanted}:
            raise InputError(
                f"{self.name}: its {what} are {columns} × {rows}, but those of {self.place.name} are {wanted[1]} × "
                f"{wanted[0]}. Give both of one place."
            )


Sample = desynchronizer.Sample[Footage]
"""What the cameras of some footage show when asked for one instant."""
