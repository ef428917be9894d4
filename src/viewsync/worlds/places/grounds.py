"""Textures of what people walk on. Each continues at its edges; the worn ones continue those of their kind."""

import cv2
import numpy as np

from viewsync.worlds.places.noise import (
    SIDE,
    Map,
    Texture,
    blots,
    courses,
    fractal,
    over,
    pebbles,
    plain,
    source,
    strokes,
    tinted,
)

_WHITE = (0.82, 0.82, 0.78)


def asphalt(seed: int) -> Texture:
    """A road."""
    rng = source(seed, "asphalt")
    colour = rng.uniform(0.36, 0.5) + rng.uniform(-0.02, 0.02, 3)
    return tinted(colour, 1 + 0.13 * fractal(rng, 0.3) + 0.04 * fractal(rng, 1.0, coarsest=4))


def asphalt_worn(seed: int) -> Texture:
    """A road with a patch, cracks, oil and a manhole cover."""
    rng = source(seed, "worn asphalt")
    return _covered(_stained(_cracked(_patched(asphalt(seed), rng), rng), rng), rng)


def asphalt_dashed(seed: int) -> Texture:
    """A road with a dash of a middle line at its lower edge."""
    line = np.zeros((SIDE, SIDE))
    line[-24:-4, 80:400] = 1
    return _marked(asphalt(seed), line, source(seed, "dash"))


def asphalt_crossed(seed: int) -> Texture:
    """A piece of a zebra crossing for people who walk upward."""
    rng = source(seed, "zebra")
    bars = np.tile((np.arange(SIDE) % (SIDE // 4) < SIDE // 8)[:, None], (1, SIDE)).astype(float)
    return _marked(asphalt(seed), bars, rng)


def paving(seed: int) -> Texture:
    """Concrete slabs of a footway."""
    rng = source(seed, "paving")
    rows = int(rng.choice([6, 8, 10]))
    tones, joints = courses(rng, rows, rows // 2 if rng.random() < 0.5 else rows, 4, shift=rng.choice([0.0, 0.5]))
    colour = rng.uniform(0.5, 0.64) * np.array([1.0, *rng.uniform([0.94, 0.86], [1.0, 1.0])])
    grain = 0.07 * fractal(rng, 0.4) + 0.05 * fractal(rng, 1.2, coarsest=3)
    return tinted(colour, (0.9 + 0.2 * tones + grain) * (1 - 0.4 * joints))


def paving_worn(seed: int) -> Texture:
    """Slabs with chewing gum, stains and a drain cover."""
    rng = source(seed, "worn paving")
    return _covered(_stained(_gummed(paving(seed), rng), rng), rng)


def paving_kerb(seed: int) -> Texture:
    """Slabs with kerb stones along the lower edge."""
    rng, texture = source(seed, "kerb"), paving(seed)
    stone = tinted((0.66, 0.65, 0.63), 1 + 0.08 * fractal(rng, 0.3))
    rows = np.arange(SIDE)[:, None] >= SIDE - 30
    joints = rows & ((np.arange(SIDE) % (SIDE // 4) < 4)[None] | (np.arange(SIDE)[:, None] < SIDE - 26))
    return over(over(texture, stone, np.tile(rows, (1, SIDE))), plain((0.25, 0.25, 0.25)), joints)


def slabs(seed: int) -> Texture:
    """Large slabs of a plaza in two tones."""
    rng = source(seed, "slabs")
    count = int(rng.choice([2, 4]))
    tones, joints = courses(rng, 2 * count, count, 3, shift=rng.choice([0.0, 0.5]))
    warm = rng.uniform(0.82, 1.0)
    grain = 0.05 * fractal(rng, 0.5) + 0.05 * fractal(rng, 1.3, coarsest=3)
    colour = rng.uniform(0.52, 0.7) * np.array([1, (1 + warm) / 2, warm])
    return tinted(colour, (0.85 + 0.25 * tones + grain) * (1 - 0.35 * joints))


def slabs_worn(seed: int) -> Texture:
    """Slabs with stains, gum, cracks and a drain cover."""
    rng = source(seed, "worn slabs")
    return _covered(_cracked(_stained(_gummed(slabs(seed), rng), rng), rng), rng)


def slabs_banded(seed: int) -> Texture:
    """Slabs with a band of darker stones across."""
    rng = source(seed, "band")
    tones, joints = courses(rng, 16, 12, 3)
    band = np.abs(np.arange(SIDE) - SIDE / 2)[:, None] < SIDE / 8
    dark = tinted(rng.uniform(0.22, 0.42) * np.array([1.0, 0.95, 0.9]), (0.8 + 0.4 * tones) * (1 - 0.5 * joints))
    return over(slabs(seed), dark, np.tile(band, (1, SIDE)))


def rosette(seed: int) -> Texture:
    """A round pattern of small stones, to be shown once."""
    rng = source(seed, "rosette")
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2 + 0.5
    radius, angle = np.hypot(x, y) / (SIDE / 2), np.arctan2(y, x) / (2 * np.pi) + 0.5
    rays = int(rng.choice([6, 8, 12]))
    pattern = ((radius * 4 + 2 * np.abs(angle * rays % 1 - 0.5)).astype(int) % 2).astype(float)
    tones, depth = pebbles(rng, 2500)
    light, dark = (tinted(tone * rng.uniform(0.85, 1, 3), 0.6 + 0.3 * tones + 0.3 * np.sqrt(depth)) for tone in (0.72, 0.36))
    return over(slabs(seed), over(light, dark, pattern), radius < 0.97)


def grass(seed: int) -> Texture:
    """A lawn."""
    rng = source(seed, "grass")
    colour = rng.uniform([0.34, 0.46, 0.22], [0.44, 0.55, 0.3])
    blades = strokes(rng, 9000, (6, 18), (0, 2 * np.pi))
    return tinted(colour, 0.72 + 0.65 * blades + 0.07 * fractal(rng, 0.5) + 0.07 * fractal(rng, 1.2, coarsest=3))


def grass_flowered(seed: int) -> Texture:
    """A lawn with darker clover and daisies."""
    rng, texture = source(seed, "clover"), grass(seed)
    clover = tinted((0.24, 0.42, 0.16), 0.7 + 0.3 * pebbles(rng, 3000)[0] + 0.3 * pebbles(rng, 3000)[1])
    texture = over(texture, clover, blots(rng, 0.5) * (fractal(rng, 0.3) > -0.4))
    for x, y in rng.uniform(0.1, 0.9, (60, 2)) * SIDE:
        cv2.circle(texture, (int(x), int(y)), 3, (225, 222, 205), -1)
    return texture


def grass_bare(seed: int) -> Texture:
    """A lawn worn down to the soil."""
    rng = source(seed, "soil")
    soil = tinted((0.5, 0.41, 0.29), 1 + 0.1 * fractal(rng, 0.4) + 0.1 * fractal(rng, 1.2))
    return over(grass(seed), soil, blots(rng, 0.6) * (strokes(rng, 2500, (4, 12), (0, 6.3)) == 0))


def gravel(seed: int) -> Texture:
    """A path."""
    rng = source(seed, "gravel")
    tones, depth = pebbles(rng, 9000)
    colour = rng.uniform([0.66, 0.6, 0.46], [0.7, 0.66, 0.6])
    return tinted(colour, 0.55 + 0.35 * tones + 0.25 * depth + 0.05 * fractal(rng, 1.2, coarsest=3))


def gravel_edged(seed: int) -> Texture:
    """A path across, between ragged edges of grass."""
    rng = source(seed, "edges")
    wobble = 18 * fractal(rng, 1.0, stretch=(30.0, 1.0))[0] + 6 * fractal(rng, 0.5)
    inside = np.abs(np.arange(SIDE)[:, None] - SIDE / 2 + wobble) < SIDE * 0.36
    return over(grass(seed), gravel(seed), inside)


def _covered(below: Texture, rng: np.random.Generator) -> Texture:
    """An iron cover, round or square, somewhere inside."""
    texture = below.copy()
    radius = int(rng.uniform(45, 58))
    x, y = (int(value) for value in rng.uniform(0.3, 0.7, 2) * SIDE)
    y_rows, x_columns = np.mgrid[:SIDE, :SIDE]
    reach = np.hypot(x_columns - x, y_rows - y) if rng.random() < 0.6 else np.maximum(abs(x_columns - x), abs(y_rows - y))
    studs = ((x_columns - x) // 9 + (y_rows - y) // 9) % 2
    iron = tinted((0.34, 0.31, 0.28), 0.75 + 0.5 * studs + 0.08 * fractal(rng, 0.5))
    texture = over(texture, plain((0.62, 0.6, 0.57)), reach < radius + 9)
    return over(over(texture, plain((0.15, 0.15, 0.15)), reach < radius + 3), iron, reach < radius)


def _patched(below: Texture, rng: np.random.Generator) -> Texture:
    """A rectangle filled in later with fresh asphalt."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * rng.uniform(50, 150, 2) + rng.normal(0, 6, (4, 2))
    mask = np.zeros((SIDE, SIDE), np.float32)
    cv2.fillPoly(mask, [(corners + SIDE / 2 + rng.uniform(-60, 60, 2)).astype(np.int32)], 1.0)
    seam = cv2.dilate(mask, np.ones((7, 7))) - mask
    fresh = tinted(rng.uniform(0.24, 0.34) * np.ones(3), 1 + 0.12 * fractal(rng, 0.3))
    return over(over(below, fresh, mask > 0), plain((0.16, 0.16, 0.16)), 0.8 * seam.astype(float))


def _cracked(below: Texture, rng: np.random.Generator) -> Texture:
    """Two cracks that wander through the inside."""
    mask = np.zeros((SIDE, SIDE), np.float32)
    for _ in range(2):
        steps = rng.normal(0, 9, (45, 2)) + rng.normal(0, 6, 2)
        way = np.clip(rng.uniform(0.3, 0.7, 2) * SIDE + np.cumsum(steps, axis=0), 20, SIDE - 20)
        cv2.polylines(mask, [way.astype(np.int32)], False, 1.0, 2)
    return over(below, plain((0.14, 0.14, 0.13)), 0.75 * mask.astype(float))


def _stained(below: Texture, rng: np.random.Generator) -> Texture:
    """Blots a little darker."""
    return over(below, plain((0.14, 0.13, 0.12)), 0.28 * blots(rng, 0.9))


def _gummed(below: Texture, rng: np.random.Generator) -> Texture:
    """Flat round spots, light and dark."""
    texture = below.copy()
    for x, y in rng.uniform(0.05, 0.95, (40, 2)) * SIDE:
        tone, radii = int(rng.choice([70, 90, 185])), (int(rng.integers(3, 7)), int(rng.integers(2, 5)))
        cv2.ellipse(texture, (int(x), int(y)), radii, 0, 0, 360, (tone,) * 3, -1)
    return texture


def _marked(below: Texture, line: Map, rng: np.random.Generator) -> Texture:
    """White paint, partly rubbed off."""
    worn = np.clip(0.95 - 0.35 * np.maximum(fractal(rng, 0.7), 0), 0, 1)
    return over(below, tinted(_WHITE, 1 + 0.03 * fractal(rng, 0.3)), line * worn)
