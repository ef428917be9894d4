"""Sun, sky and lamps.

Strengths are such that what is seen is the texture times ``ambient + sum(intensity * color * max(0, cos))``: a lamp in a
room gets no weaker with distance. That sum stays at about 1 or below, so that
nothing is washed out.
"""

from dataclasses import dataclass, replace

import numpy as np

from viewsync.worlds.places.layers import is_along_x
from viewsync.worlds.places.noise import source
from viewsync.worlds.places.place import Place
from viewsync.worlds.places.scenery import Lamp

_RGB = tuple[float, float, float]


@dataclass(frozen=True)
class Light:
    """All light of a place, and the sky that gives it."""

    lamps: tuple[Lamp, ...]
    ambient: _RGB
    sky: tuple[_RGB, _RGB]


def daylight(seed: int) -> Light:
    """Sunny, with a low sun, hazy or overcast."""
    rng = source(seed, "daylight")
    weather = rng.choice(["sunny", "low sun", "hazy", "overcast"], p=[0.35, 0.2, 0.2, 0.25])
    azimuth = rng.uniform(0, 2 * np.pi)
    if weather == "overcast":
        tone = rng.uniform(0.9, 1.0)
        gray = _rgb(tone * np.array([0.97, 0.99, 1.03]))
        lamps = (Lamp(_toward(azimuth, 75), gray, 0.36), Lamp(_toward(azimuth + 2, 10), gray, 0.18))
        return Light(lamps, _rgb(0.58 * np.array(gray)), (_rgb(0.78 * tone * np.ones(3)), _rgb(0.64 * tone * np.ones(3))))
    height, sun, strength, ambient, horizon, zenith = {
        "sunny": (rng.uniform(35, 62), (1.0, 0.96, 0.88), 0.72, (0.42, 0.45, 0.51), (0.74, 0.82, 0.9), (0.3, 0.5, 0.82)),
        "low sun": (rng.uniform(14, 26), (1.0, 0.84, 0.64), 0.85, (0.46, 0.46, 0.5), (0.88, 0.76, 0.62), (0.42, 0.55, 0.76)),
        "hazy": (rng.uniform(30, 60), (1.0, 0.97, 0.93), 0.45, (0.53, 0.54, 0.56), (0.82, 0.83, 0.83), (0.6, 0.68, 0.78)),
    }[str(weather)]
    lamps = (
        Lamp(_toward(azimuth, height), sun, strength * rng.uniform(0.9, 1.05), shadows=True),
        # The sky opposite of the sun, so that what lies in the shade is not flat.
        Lamp(_toward(azimuth + np.pi + rng.uniform(-0.6, 0.6), 30), zenith, 0.3),
    )
    return Light(lamps, ambient, (horizon, zenith))


def room_light(place: Place, ceiling_metres: float, table_metres: tuple[float, float] | None) -> Light:
    """Lamps below a ceiling; in an operating room a strong one over the table and dim ones elsewhere."""
    rng = source(place.seed, "room light")
    x0, x1, y0, y1 = place.walkable_metres
    white = np.array([1.0, 0.98, 0.95])
    other = np.array([1.0, 0.86, 0.7] if rng.random() < 0.6 else [0.86, 0.94, 1.0])
    tint, brightness = white + rng.uniform(0, 1) * (other - white), rng.uniform(0.85, 1.05)
    shares, across = np.array([0.25, 0.75]), rng.uniform(0.35, 0.65, 2)
    u, v = (shares, across) if is_along_x(place) else (across, shares)
    spots = np.stack([x0 + u * (x1 - x0), y0 + v * (y1 - y0), np.full(2, ceiling_metres - 0.35)], axis=1)
    strength, ambient = (0.15, 0.34) if table_metres else (0.36, 0.42)
    lamps = [Lamp(spot, _rgb(tint), brightness * strength, near=True) for spot in spots]
    if table_metres:
        lamps.insert(0, Lamp(np.array([*table_metres, TABLE_LAMP_METRES - 0.1]), (1.0, 0.98, 0.93), 0.55, near=True))
    lamps[0] = replace(lamps[0], shadows=True)
    # What the floor throws back: ceilings would be dark without it.
    lamps.append(Lamp(np.array([0.0, 0.0, -1.0]), _rgb(tint), brightness * (0.2 if table_metres else 0.34)))
    gray = _rgb(0.4 * tint)
    return Light(tuple(lamps), _rgb(brightness * ambient * tint), (gray, gray))


TABLE_LAMP_METRES = 2.35
"""How high the lamp over an operating table hangs."""


def _toward(azimuth_radians: float, height_degrees: float) -> np.ndarray:
    height = np.radians(height_degrees)
    return np.array([np.cos(height) * np.cos(azimuth_radians), np.cos(height) * np.sin(azimuth_radians), np.sin(height)])


def _rgb(colour: np.ndarray) -> _RGB:
    red, green, blue = (float(tone) for tone in np.clip(colour, 0, 1))
    return red, green, blue
