"""Choices of looks: skin, face, hair and clothes."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from jaxtyping import Float

from viewsync.worlds.people import garments
from viewsync.worlds.people.body import Body
from viewsync.worlds.people.fabrics import PATTERNS, Fabric, plain
from viewsync.worlds.people.garments import Garment
from viewsync.worlds.people.skirts import Skirt

Uniform = Literal["scrubs", "platoon"]

_SKINS = np.array(
    [
        (246, 219, 200), (236, 198, 170), (221, 174, 142), (203, 150, 114), (180, 125, 90), (150, 98, 66), (118, 74, 50),
        (88, 55, 39), (62, 39, 30),
    ]
)  # fmt: skip
"""From pale to dark."""
_HAIRS = np.array([(22, 18, 16), (48, 33, 24), (84, 56, 36), (122, 82, 48), (176, 134, 84), (212, 180, 128), (132, 62, 34)])
_GREYS = np.array([(120, 118, 116), (178, 176, 172), (226, 224, 220)])
_DENIM = np.array([(46, 62, 96), (70, 92, 132), (28, 36, 58), (120, 140, 168)])
_NEUTRAL = np.array(
    [(24, 24, 26), (58, 58, 62), (128, 128, 128), (232, 230, 226), (34, 42, 68), (150, 132, 104), (92, 74, 54)]
)
_PATTERN_CHANCES = np.array([6, 2, 1, 2, 1, 0.3, 2, 1.5, 3])
"""In the order of `PATTERNS`."""
_SKIRT_CHANCE = 0.3
_EYE_METRES, _LIPS_METRES = (0.0300, 1.5165), 1.449
"""Where they are on the average body: x and z, and z."""


@dataclass(frozen=True)
class Outfit:
    """Everything to be seen of somebody, from the skin outwards."""

    skin: Float[np.ndarray, " 3"]
    layers: tuple[Garment, ...]
    skirt: Skirt | None = None


def everyday(body: Body, rng: np.random.Generator) -> Outfit:
    """What somebody of this sex and age may look like in the street."""
    skin = _between(_SKINS, rng)
    under = (*_face(skin, rng), *_hair(body, skin, rng))
    if body.gender > 0.5 and rng.uniform() < _SKIRT_CHANCE:
        layers, skirt = _skirt_and_top(rng)
        return Outfit(skin, (*under, *layers), skirt)
    return Outfit(skin, (*under, *_trousers_and_top(rng)))


def uniformed(rng: np.random.Generator, kind: Uniform) -> Outfit:
    """A face of chance in clothes that are always the same."""
    skin = _between(_SKINS, rng)
    cropped = Garment(garments.short_hair(), plain(_between(_HAIRS[:4], rng)), hem=0)
    return Outfit(skin, (*_face(skin, rng), cropped, *(_scrubs() if kind == "scrubs" else _fatigues())))


# ── skin and hair ─────────────────────────────────────────────────────────────────────────────────────────────────


def _face(skin: Float[np.ndarray, " 3"], rng: np.random.Generator) -> tuple[Garment, ...]:
    iris = rng.choice(np.array([(44, 28, 18), (70, 48, 28), (66, 92, 112), (76, 92, 60)])) / 255
    lips = skin * [0.82, 0.6, 0.6]
    x, z = _EYE_METRES
    return (
        Garment(garments.ellipse(0, _LIPS_METRES, 0.025, 0.0085), plain(lips), hem=0),
        Garment(garments.ellipse(x, z, 0.0145, 0.0065), plain(np.array([0.9, 0.89, 0.87])), hem=0.4),
        Garment(garments.ellipse(x, z, 0.0058, 0.0062), plain(iris * 0.6), hem=0),
        Garment(garments.ellipse(x, z + 0.021, 0.018, 0.0035), plain(skin * 0.4), hem=0),
    )


def _hair(body: Body, skin: Float[np.ndarray, " 3"], rng: np.random.Generator) -> tuple[Garment, ...]:
    man, old = body.gender < 0.5, body.age_years > 40
    grey = rng.uniform() < np.clip((body.age_years - 35) / 40, 0, 0.95)
    natural = _HAIRS if skin.mean() > 0.55 else _HAIRS[:3]
    strands = replace(plain(_between(_GREYS if grey else natural, rng), int(rng.integers(2**31))), fold_contrast=0.12)
    hair = partial(Garment, fabric=replace(strands, fold_metres=0.03), hem=0.0)
    layers = []
    if man and body.age_years > 18 and rng.uniform() < 0.35:
        layers.append(hair(garments.beard, thickness_metres=0.004))
    chances = np.array([5, 2 * old, 1.5 * old, 0.7, 0.4, 0.4] if man else [1.5, 0, 0, 0.05, 3, 4])
    match rng.choice(["short", "receding", "horseshoe", "bald", "chin", "long"], p=chances / chances.sum()):
        case "short":
            layers.append(hair(garments.short_hair(), thickness_metres=rng.uniform(0.008, 0.025)))
        case "receding":
            layers.append(hair(garments.short_hair(0.03), thickness_metres=0.008))
        case "horseshoe":
            layers.append(hair(garments.horseshoe, thickness_metres=0.01))
        case "chin":
            layers.append(hair(garments.long_hair(rng.uniform(1.36, 1.41)), thickness_metres=0.02, smooth_rounds=20))
        case "long":
            layers.append(hair(garments.long_hair(rng.uniform(1.15, 1.32)), thickness_metres=0.02, smooth_rounds=20))
    return tuple(layers)


# ── clothes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _trousers_and_top(rng: np.random.Generator) -> tuple[Garment, ...]:
    length = rng.choice([rng.uniform(0.35, 0.9), rng.uniform(1.85, 2.05)], p=[0.25, 0.75])
    return (
        _socks(rng),
        _trousers(length, _trouser_fabric(rng), rng.uniform(0.005, 0.035)),
        *_top(rng, rng.uniform(0.82, 0.95)),
        *_shoes(rng.choice([0.075, 0.085, 0.2], p=[0.4, 0.4, 0.2]), plain(_color(rng)), rng.choice([0.1, 0.9])),
        *_hat(rng),
    )


def _skirt_and_top(rng: np.random.Generator) -> tuple[tuple[Garment, ...], Skirt]:
    hem = rng.uniform(0.3, 0.6)
    skirt = Skirt(0.99, hem, rng.uniform(0.1, 0.35))
    top = _top(rng, 0.96)
    # A dress as often as a skirt.
    fabric = top[0].fabric if rng.uniform() < 0.5 else _fabric(rng)
    hanging = Garment(garments.hanging(1.02, hem - 0.006), fabric, hem=0)
    layers = (
        _socks(rng),
        hanging,
        *top,
        *_shoes(rng.choice([0.06, 0.08, 0.25]), plain(_color(rng)), 0.1),
        *_hat(rng),
    )
    return layers, skirt


def _top(rng: np.random.Generator, hem_metres: float) -> tuple[Garment, ...]:
    """A shirt or jumper, and perhaps an open jacket over it."""
    sleeve = rng.choice([0.05, rng.uniform(0.4, 0.75), rng.uniform(1.75, 2.0)], p=[0.1, 0.45, 0.45])
    cut = garments.top(sleeve, hem_metres, rng.uniform(-0.01, 0.02), vee=rng.uniform() < 0.2)
    shirt = _shirt(cut, _fabric(rng), rng.uniform(0.008, 0.018))
    if sleeve < 1 or rng.uniform() < 0.7:
        return (shirt,)
    jacket = garments.open_front(garments.top(1.95, hem_metres - 0.04, -0.01))
    return shirt, _shirt(jacket, plain(_color(rng), int(rng.integers(2**31))), shirt.thickness_metres + 0.008)


def _socks(rng: np.random.Generator) -> Garment:
    return Garment(garments.shoe(rng.uniform(0.09, 0.16)), plain(_color(rng)))


def _hat(rng: np.random.Generator) -> tuple[Garment, ...]:
    return (Garment(garments.cap, plain(_color(rng)), 0.02, smooth_rounds=10),) if rng.uniform() < 0.12 else ()


def _scrubs() -> tuple[Garment, ...]:
    green, pale = plain(np.array([0.16, 0.47, 0.40]), 11), plain(np.array([0.62, 0.82, 0.84]), 12)
    return (
        _trousers(1.92, green, 0.03),
        _shirt(garments.top(0.75, 0.84, 0.01, vee=True), green, 0.018),
        *_shoes(0.08, plain(np.array([0.9, 0.9, 0.92])), 0.8),
        Garment(garments.glove, pale, 0.002),
        Garment(garments.mask, pale, 0.008, smooth_rounds=15),
        Garment(garments.cap, green, 0.022, smooth_rounds=20),
    )


def _fatigues() -> tuple[Garment, ...]:
    colors = np.array([(0.36, 0.38, 0.24), (0.24, 0.20, 0.14), (0.55, 0.52, 0.38)])
    camouflage, black = Fabric(colors, "camouflage", 0.09, 21), plain(np.full(3, 0.08), 22)
    return (
        _trousers(1.9, camouflage, 0.02),
        _shirt(garments.top(1.92, 0.86, -0.01), camouflage, 0.016),
        *_shoes(0.22, black, 0.08),
        Garment(garments.belt, black, 0.02),
        Garment(garments.cap, plain(colors[0], 23), 0.022, smooth_rounds=20),
    )


def _trousers(length: float, fabric: Fabric, flare_metres: float) -> Garment:
    return Garment(garments.bottom(length, 0.98), fabric, 0.01, flare_metres, smooth_rounds=8)


def _shirt(cut: garments.Cut, fabric: Fabric, thickness_metres: float) -> Garment:
    return Garment(cut, fabric, thickness_metres, 0.012, smooth_rounds=8)


def _shoes(height_metres: float, fabric: Fabric, sole_brightness: float) -> tuple[Garment, ...]:
    return (
        Garment(garments.shoe(height_metres), fabric, 0.012, smooth_rounds=40),
        Garment(garments.shoe(0.016), plain(np.full(3, sole_brightness)), 0.014, hem=0),
    )


# ── colours ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _between(palette: np.ndarray, rng: np.random.Generator) -> Float[np.ndarray, " 3"]:
    """A colour near those of a palette."""
    first = int(rng.integers(len(palette) - 1))
    share = rng.uniform()
    mixed = (1 - share) * palette[first] + share * palette[first + 1]
    return np.asarray(np.clip(mixed / 255 * rng.normal(1, 0.03, 3), 0, 1))


def _color(rng: np.random.Generator) -> Float[np.ndarray, " 3"]:
    """Any colour of clothes: neutral as often as colourful, seldom garish."""
    if rng.uniform() < 0.35:
        return np.asarray(np.clip(rng.choice(_NEUTRAL) / 255 * rng.normal(1, 0.06, 3), 0, 1))
    hue, saturation, value = rng.uniform(), rng.beta(1.6, 1.4), rng.uniform(0.15, 0.95)
    wheel = np.clip(np.abs((hue * 6 + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    return np.asarray(value * (1 - saturation * (1 - wheel)))


def _fabric(rng: np.random.Generator) -> Fabric:
    """Any fabric for upper parts and skirts."""
    pattern = PATTERNS[rng.choice(len(PATTERNS), p=_PATTERN_CHANCES / _PATTERN_CHANCES.sum())]
    colors = np.array([_color(rng) for _ in range(3)])
    return Fabric(colors, pattern, rng.uniform(0.03, 0.09), int(rng.integers(2**31)))


def _trouser_fabric(rng: np.random.Generator) -> Fabric:
    color = _between(_DENIM, rng) if rng.uniform() < 0.4 else _color(rng) * rng.choice([0.5, 1.0])
    return plain(color, int(rng.integers(2**31)))
