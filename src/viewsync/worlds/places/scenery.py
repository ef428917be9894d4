"""What a place looks like: surfaces, lamps and sky, ready for a renderer."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt8


@dataclass(frozen=True)
class Surface:
    """A textured mesh that never moves, cut finely enough (edges below a metre or so) for a rolling shutter to bend."""

    vertices_metres: Float[np.ndarray, "vertex 3"]
    faces: Int[np.ndarray, "face 3"]
    normals: Float[np.ndarray, "vertex 3"]
    texture_coordinates: Float[np.ndarray, "vertex 2"]
    """0 to 1, repeated beyond."""
    texture: UInt8[np.ndarray, "height width 3"]
    """RGB; its first row is at v = 0, the lower edge."""
    ground: bool = False
    """Lies on z = 0: shadows fall on it."""


@dataclass(frozen=True)
class Lamp:
    """A source of light."""

    toward: Float[np.ndarray, " 3"]
    """For the sun and sky light: unit vector from the scene to the light. For a lamp in a room: where it hangs (metres)."""
    color: tuple[float, float, float]
    """RGB, 0 to 1."""
    intensity: float
    near: bool = False
    """A lamp in the room; otherwise light from infinitely far."""
    shadows: bool = False
    """Casts shadows on the ground (one lamp of a place at most)."""


@dataclass(frozen=True)
class Scenery:
    """Everything that a place shows."""

    surfaces: tuple[Surface, ...]
    lamps: tuple[Lamp, ...]
    ambient: tuple[float, float, float]
    """Light from everywhere, RGB."""
    sky: tuple[tuple[float, float, float], tuple[float, float, float]]
    """Colours of the background at the horizon and overhead, RGB 0 to 1."""
