"""What footage of several cameras has in common, whatever a network is to find in it."""

from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import UInt8

Split = Literal["training", "validation", "test"]


@runtime_checkable
class Clip(Protocol):
    """Row t of every view's pictures shows the same instant."""

    @property
    def name(self) -> str:
        """What to call it."""

    @property
    def fps(self) -> float:
        """Instants per second."""

    @property
    def pictures(self) -> Sequence[UInt8[np.ndarray, "_ height width"]]:
        """Gray, of each view, the reference first; in memory, or mapped from disk."""

    def __len__(self) -> int:
        """How many instants there are."""
