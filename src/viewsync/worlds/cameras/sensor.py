"""How light becomes numbers."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Int16, UInt8

_GRAIN_LEVELS = 64
_SPARE_PIXELS = 64
_READ_SHARE = 0.25
"""Share of the noise power at middle gray that is there in the dark, too; the rest is the light's own (shot noise)."""
_MIDDLE_GRAY = 128


@dataclass(frozen=True)
class Sensor:
    """How light becomes numbers."""

    noise: float = 2.0
    """Standard deviation of the noise at middle gray, in gray levels of 255: half of that in the dark, more in the light."""
    gamma: float = 1.0
    """Tone curve: above 1 dark tones sink."""
    brightness: float = 1.0
    gray: bool = False
    """Without colour, like the stereo cameras of a robot."""
    exposes_itself: bool = True
    """Sets its tone curve, once for the whole film, so that the place without people is middling bright."""

    def develop(
        self, picture: UInt8[np.ndarray, "height width 3"], seed: int, frame: int, exposure: float = 1.0
    ) -> UInt8[np.ndarray, "height width 3"]:
        """A clean picture as the sensor records it. The same seed and frame give the same noise, whatever came before.

        Args:
            picture: As rendered (BGR).
            seed: The camera's.
            frame: The picture's number in its film.
            exposure: Exponent of the tone curve, besides the camera's own: below 1 everything gets lighter.
        """
        tones = 255 * self.brightness * np.linspace(0, 1, 256) ** (self.gamma * exposure)
        toned = cv2.LUT(picture, np.clip(tones, 0, 255).round().astype(np.uint8))
        if self.gray:
            toned = cv2.cvtColor(toned, cv2.COLOR_BGR2GRAY)
        noisy = self._with_noise(toned, np.random.default_rng([seed, 2, frame])) if self.noise > 0 else toned
        return cv2.cvtColor(noisy, cv2.COLOR_GRAY2BGR) if self.gray else noisy

    def _with_noise(self, picture: UInt8[np.ndarray, "..."], rng: np.random.Generator) -> UInt8[np.ndarray, "..."]:
        row, column = rng.integers(0, _SPARE_PIXELS, 2)
        height, width = picture.shape[:2]
        grain = _grain(height, width, 1 if picture.ndim == 2 else 3)[row : row + height, column : column + width]
        power = _READ_SHARE + (1 - _READ_SHARE) * np.arange(256) / _MIDDLE_GRAY
        strength = cv2.LUT(picture, np.round(_GRAIN_LEVELS * self.noise * np.sqrt(power)).astype(np.int16))
        noise = cv2.multiply(strength, grain, scale=1 / _GRAIN_LEVELS**2, dtype=cv2.CV_16S)
        return cv2.add(picture, noise, dtype=cv2.CV_8U)


@lru_cache(maxsize=4)
def _grain(height: int, width: int, channels: int) -> Int16[np.ndarray, "..."]:
    """Noise of unit variance, larger than the picture so that it can be shifted; made once as it takes long."""
    shape = (height + _SPARE_PIXELS, width + _SPARE_PIXELS, channels)
    grain = np.random.default_rng(0).normal(0, _GRAIN_LEVELS, shape).round().astype(np.int16)
    return grain[..., 0] if channels == 1 else grain
