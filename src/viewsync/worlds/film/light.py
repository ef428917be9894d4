"""How brightly surfaces are lit."""

import numpy as np
from jaxtyping import Float, UInt8

from viewsync.worlds.places.scenery import Lamp, Scenery

_SKY_SHARE = 0.25
"""How much more of the light from everywhere comes from above than from the sides, and less from below."""


class Light:
    """All light of a place. Surfaces scatter it evenly (Lambert), and none is taken away by what stands in between."""

    def __init__(self, scenery: Scenery) -> None:
        self._lamps = scenery.lamps
        self._ambient = np.array(scenery.ambient, np.float32)

    def colors(
        self,
        points: Float[np.ndarray, "vertex 3"],
        normals: Float[np.ndarray, "vertex 3"],
        colors: UInt8[np.ndarray, "vertex 3"],
    ) -> UInt8[np.ndarray, "vertex 3"]:
        """What colours (RGB) look like in this light, at places in the world with normals."""
        return np.asarray(np.minimum(self._on(points, normals) * colors, 255).astype(np.uint8))

    def shadow_share(self, lamp: Lamp, place: Float[np.ndarray, " 3"]) -> float:
        """How much of the light on the ground goes where this lamp doesn't reach."""
        here, up = place[None].astype(np.float32), np.array([[0.0, 0.0, 1.0]], np.float32)
        return float(_from(lamp, here, up).mean() / self._on(here, up).mean())

    def _on(
        self, points: Float[np.ndarray, "vertex 3"], normals: Float[np.ndarray, "vertex 3"]
    ) -> Float[np.ndarray, "vertex 3"]:
        light = (1 - _SKY_SHARE + _SKY_SHARE * normals[:, 2:]) * self._ambient
        for lamp in self._lamps:
            light += _from(lamp, points, normals)
        return np.asarray(light)


def _from(
    lamp: Lamp, points: Float[np.ndarray, "vertex 3"], normals: Float[np.ndarray, "vertex 3"]
) -> Float[np.ndarray, "vertex 3"]:
    toward = lamp.toward.astype(np.float32)
    if lamp.near:
        arrows = toward - points
        cosines = np.einsum("va,va->v", arrows, normals) / np.linalg.norm(arrows, axis=1)
    else:
        cosines = normals @ toward
    color = np.array(lamp.color, np.float32) * np.float32(lamp.intensity)
    return np.asarray(np.maximum(cosines, 0)[:, None] * color)
