"""What a body wears: the colours of its surface."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8


@dataclass(frozen=True)
class Coat:
    """Colour of one level of detail: vertex colours, times a texture."""

    colors: UInt8[np.ndarray, "vertex 3"]
    """RGB."""
    texture_coordinates: Float[np.ndarray, "vertex 2"]
    """0 to 1, repeated beyond: across and down from the corner of the texture's first pixel."""


@dataclass(frozen=True)
class Clothes:
    """One person's looks."""

    coats: tuple[Coat, ...]
    """One for each level of detail of the body."""
    texture: UInt8[np.ndarray, "height width 3"]
    """RGB; multiplies the vertex colours."""
