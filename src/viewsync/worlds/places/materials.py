"""Textures of things: furniture, cars, trees and roofs."""

import numpy as np

from viewsync.worlds.places.mesh import Window
from viewsync.worlds.places.noise import SIDE, Texture, courses, fractal, muted, over, pebbles, source, strokes, tinted

_BLOCKS = 4
DARK, METAL, WHITE, GLASS, RED, FIRST_PAINT = range(6)
"""Swatches that every place has; from the last one on they are up to its seed."""


def swatches(seed: int) -> Texture:
    """Sixteen plain colours: dark rubber, metal, white, glass and red, then paints at random."""
    rng = source(seed, "swatches")
    fixed = [[0.14, 0.14, 0.15], [0.55, 0.57, 0.58], [0.8, 0.8, 0.78], [0.2, 0.25, 0.29], [0.6, 0.14, 0.12]]
    colours = np.array([*fixed, *_paints(rng, _BLOCKS**2 - len(fixed))]).reshape(_BLOCKS, _BLOCKS, 3)
    blocks = np.repeat(np.repeat(colours, SIDE // _BLOCKS, axis=0), SIDE // _BLOCKS, axis=1)
    grain = 1 + 0.03 * fractal(rng, 0.4)
    return np.asarray(np.clip(blocks * grain[..., None] * 255, 8, 240), dtype=np.uint8)


def swatch(index: int) -> Window:
    """Where in `swatches` one of the sixteen colours is, well inside of its block."""
    row, column = divmod(index, _BLOCKS)
    u, v = column / _BLOCKS, 1 - (row + 1) / _BLOCKS
    inset = 0.3 / _BLOCKS
    return u + inset, v + inset, u + 1 / _BLOCKS - inset, v + 1 / _BLOCKS - inset


def wood(seed: int) -> Texture:
    """Boards of furniture and benches."""
    rng = source(seed, "wood")
    tones, joints = courses(rng, 8, 1, 2, shift=None)
    colour = rng.uniform(0.42, 0.68) * np.array([1.0, rng.uniform(0.66, 0.84), rng.uniform(0.4, 0.62)])
    veins = 0.08 * fractal(rng, 0.7, stretch=(1.0, 14.0))
    return tinted(colour, (0.9 + 0.2 * tones + veins) * (1 - 0.3 * joints))


def steel(seed: int) -> Texture:
    """Brushed metal."""
    rng = source(seed, "steel")
    return tinted((0.66, 0.68, 0.69), 1 + 0.05 * fractal(rng, 0.3, stretch=(1.0, 20.0)) + 0.03 * fractal(rng, 1.2))


def cloth(seed: int) -> Texture:
    """Upholstery and partitions, with a weave."""
    rng = source(seed, "cloth")
    weave = 0.08 * np.sign(np.add.outer(np.sin(np.arange(SIDE) * np.pi / 4), np.sin(np.arange(SIDE) * np.pi / 4)))
    return tinted(muted(rng), 1 + weave + 0.06 * fractal(rng, 0.4) + 0.06 * fractal(rng, 1.4))


def drapes(seed: int) -> Texture:
    """Surgical cloth in soft folds."""
    rng = source(seed, "drapes")
    colour = np.array([[0.2, 0.48, 0.44], [0.24, 0.42, 0.6], [0.28, 0.5, 0.34]])[rng.integers(3)]
    return tinted(colour, 1 + 0.16 * fractal(rng, 2.0, stretch=(2.0, 1.0)) + 0.03 * fractal(rng, 0.3))


def stone(seed: int) -> Texture:
    """Concrete of planters and bollards."""
    rng = source(seed, "stone")
    return tinted(rng.uniform(0.48, 0.62) * np.ones(3), 1 + 0.07 * fractal(rng, 0.3) + 0.07 * fractal(rng, 1.4))


def bark(seed: int) -> Texture:
    """A tree's trunk."""
    rng = source(seed, "bark")
    ridges = fractal(rng, 0.8, coarsest=4, stretch=(6.0, 1.0))
    return tinted(np.array([0.38, 0.31, 0.24]) * rng.uniform(0.85, 1.25), 1 + 0.22 * ridges)


def leaves(seed: int) -> Texture:
    """Crowns of trees, bushes and hedges."""
    rng = source(seed, "leaves")
    tones, depth = pebbles(rng, 1400)
    green, shade = rng.uniform([0.26, 0.42, 0.16], [0.44, 0.52, 0.24]), 0.16 * fractal(rng, 1.3)
    texture = tinted(green, 0.6 + 0.6 * tones + 0.35 * depth + shade)
    blades = strokes(rng, 1200, (4, 10), (0, 6.3), thickness=2)
    return over(texture, tinted(green * 1.3, np.maximum(0.4, 1 + shade)), 0.5 * blades)


def roof(seed: int) -> Texture:
    """Rows of tiles."""
    rng = source(seed, "roof")
    tones, joints = courses(rng, 24, 24, 4)
    colour = np.array([[0.52, 0.28, 0.2], [0.36, 0.35, 0.36], [0.46, 0.34, 0.26]])[rng.integers(3)]
    return tinted(colour, (0.85 + 0.3 * tones + 0.08 * fractal(rng, 1.3)) * (1 - 0.35 * joints))


def woods(seed: int) -> Texture:
    """Far trees in haze."""
    rng = source(seed, "woods")
    return tinted(rng.uniform([0.42, 0.48, 0.44], [0.54, 0.58, 0.54]), 1 + 0.12 * fractal(rng, 1.0, stretch=(2.0, 1.0)))


def _paints(rng: np.random.Generator, count: int) -> list[list[float]]:
    """Colours of cars and cupboards: grays are as frequent as the rest."""
    grays = rng.uniform(0.2, 0.75, (count, 1)) * np.ones(3)
    hues = np.array([muted(rng) for _ in range(count)])
    chosen = np.where(rng.random((count, 1)) < 0.4, grays, hues)
    return [[float(tone) for tone in colour] for colour in chosen]
