"""Lamps and camera flashes, as a shutter that opens row after row catches them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8


@dataclass(frozen=True)
class Light:
    """A light that comes in addition to the steady one, from where that comes from."""

    seconds: float
    """World time: of a flash its middle, of a step the instant at which it is switched."""
    strength: float = 0.5
    """Brightness that is added where all of it is caught, relative to the steady light; negative where light goes."""
    kind: Literal["flash", "step"] = "flash"
    flash_seconds: float = 0.001
    """How long a flash lasts."""

    def caught(
        self, opens_seconds: Float[np.ndarray, " row"], closes_seconds: Float[np.ndarray, " row"]
    ) -> Float[np.ndarray, " row"]:
        """Brightness added to rows that are exposed from one world time to another.

        Of a flash a row catches what falls into its exposure, all of it at most: nothing if that lasts no time at all.
        Of a step it catches the share of its exposure that comes after it.
        """
        if self.kind == "step":
            exposure = np.maximum(closes_seconds - opens_seconds, 1e-9)
            return np.asarray(self.strength * np.clip((closes_seconds - self.seconds) / exposure, 0, 1))
        begins, ends = self.seconds - 0.5 * self.flash_seconds, self.seconds + 0.5 * self.flash_seconds
        overlap = np.minimum(closes_seconds, ends) - np.maximum(opens_seconds, begins)
        return np.asarray(self.strength * np.clip(overlap / self.flash_seconds, 0, 1))


def lit(
    picture: UInt8[np.ndarray, "height width 3"],
    lights: Sequence[Light],
    opens_seconds: Float[np.ndarray, " height"],
    closes_seconds: Float[np.ndarray, " height"],
) -> UInt8[np.ndarray, "height width 3"]:
    """The picture with what each of its rows catches of the lights, given when (world time) the rows are exposed."""
    gain = np.ones(len(opens_seconds))
    for light in lights:
        gain += light.caught(opens_seconds, closes_seconds)
    if np.all(gain == 1):
        return picture
    return np.asarray(np.clip(np.round(picture * gain[:, None, None]), 0, 255), dtype=np.uint8)
