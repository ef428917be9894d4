"""Textures of floors in rooms, and of what lies on them."""

import cv2
import numpy as np

from viewsync.worlds.places.noise import SIDE, Texture, blots, courses, fractal, muted, over, pebbles, plain, source, tinted


def office_floor(seed: int) -> Texture:
    """Carpet, boards or tiles."""
    rng = source(seed, "office floor")
    return (_carpet, _boards, _tiles)[int(rng.integers(3))](rng)


def office_floor_worn(seed: int) -> Texture:
    """The same, with a lighter trodden spot and stains."""
    rng, floor = source(seed, "worn office floor"), office_floor(seed)
    return over(floor, plain((0.3, 0.27, 0.24)), 0.3 * blots(rng, 0.7))


def rug(seed: int) -> Texture:
    """A patterned carpet with a border, to be shown once."""
    rng = source(seed, "rug")
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE * 2 - 1
    field, border, figure = (muted(rng) for _ in range(3))
    weave = 1 + 0.06 * fractal(rng, 0.2) + 0.05 * ((np.arange(SIDE) // 2) % 2)[:, None]
    rings = (np.abs(x) + np.abs(y)) * rng.uniform(3, 7) % 1 < 0.4
    lozenges = (np.abs((x * rng.integers(3, 7)) % 2 - 1) + np.abs((y * rng.integers(3, 7)) % 2 - 1)) < rng.uniform(0.5, 1)
    texture = over(tinted(field, weave), tinted(figure, weave), rings if rng.random() < 0.5 else lozenges)
    edge = np.maximum(np.abs(x), np.abs(y))
    texture = over(texture, tinted(border, weave), edge > 0.82)
    return over(texture, tinted(figure, weave), (edge > 0.88) & (edge < 0.92))


def lab_floor(seed: int) -> Texture:
    """Epoxy, rubber or boards of a gymnasium."""
    rng = source(seed, "lab floor")
    if rng.random() < 0.35:
        return _boards(rng)
    colour = rng.uniform(0.36, 0.62) * rng.uniform(0.85, 1.0, 3)
    speckle = fractal(rng, 0.1)
    return tinted(colour, 1 + 0.08 * (speckle > 1.6) - 0.1 * (speckle < -1.7) + 0.03 * fractal(rng, 1.2, coarsest=3))


def lab_floor_taped(seed: int) -> Texture:
    """The floor with crosses and corners of tape."""
    rng, texture = source(seed, "tape"), lab_floor(seed)
    for _ in range(3):
        colour = tuple(int(tone) for tone in rng.choice([[215, 205, 60], [205, 60, 50], [230, 230, 225], [40, 90, 190]]))
        x, y = (int(value) for value in rng.uniform(0.15, 0.85, 2) * SIDE)
        length = int(rng.uniform(25, 60))
        cv2.line(texture, (x - length, y), (x + length, y), colour, 10)
        cv2.line(texture, (x, y - (length if rng.random() < 0.5 else 0)), (x, y + length), colour, 10)
    return texture


def lab_floor_worn(seed: int) -> Texture:
    """The floor with scuffs."""
    rng = source(seed, "scuffs")
    return over(lab_floor(seed), plain((0.16, 0.16, 0.17)), 0.35 * blots(rng, 0.8))


def force_plate(seed: int) -> Texture:
    """A calibration board or a metal plate with a frame, to be shown once."""
    rng = source(seed, "plate")
    cells = int(rng.choice([6, 8, 10]))
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    checks = np.where(((x * cells).astype(int) + (y * cells).astype(int)) % 2, 0.85, 0.12)
    board = checks if rng.random() < 0.5 else np.full((SIDE, SIDE), 0.6)
    framed = np.maximum(np.abs(x - 0.5), np.abs(y - 0.5)) > 0.46
    steel = tinted((0.9, 0.93, 0.95), board + 0.02 * fractal(rng, 0.4, stretch=(1.0, 8.0)))
    return over(steel, plain((0.75, 0.62, 0.1)), framed)


def theatre_floor(seed: int) -> Texture:
    """Speckled vinyl."""
    rng = source(seed, "theatre floor")
    colour = np.array([[0.36, 0.52, 0.5], [0.42, 0.5, 0.6], [0.56, 0.57, 0.55], [0.42, 0.56, 0.44]])[rng.integers(4)]
    tones, _ = pebbles(rng, 6000)
    return tinted(colour, 0.92 + 0.16 * tones + 0.03 * fractal(rng, 1.2, coarsest=3))


def theatre_floor_worn(seed: int) -> Texture:
    """Vinyl with streaks and a drop or two."""
    rng = source(seed, "streaks")
    texture = over(theatre_floor(seed), plain((0.7, 0.72, 0.7)), 0.4 * blots(rng, 0.9))
    for x, y in rng.uniform(0.2, 0.8, (6, 2)) * SIDE:
        cv2.circle(texture, (int(x), int(y)), int(rng.integers(2, 7)), (110, 45, 40), -1)
    return texture


def theatre_mat(seed: int) -> Texture:
    """A mat with a frame round the table, to be shown once."""
    rng = source(seed, "mat")
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    edge = np.maximum(np.abs(x - 0.5), np.abs(y - 0.5))
    mat = tinted(muted(rng), 1 + 0.05 * fractal(rng, 0.3) + 0.06 * ((x * 40).astype(int) % 2))
    return over(mat, plain(muted(rng) + 0.15), (edge > 0.44) & (edge < 0.475))


def _carpet(rng: np.random.Generator) -> Texture:
    tones, joints = courses(rng, 4, 4, 1, shift=0.0)
    colour = rng.uniform(0.3, 0.5) * (1 + rng.uniform(-0.25, 0.25, 3))
    return tinted(colour, (0.95 + 0.1 * tones + 0.16 * fractal(rng, 0.2)) * (1 - 0.1 * joints))


def _boards(rng: np.random.Generator) -> Texture:
    tones, joints = courses(rng, int(rng.choice([12, 16, 20])), 2, 2, shift=None)
    colour = rng.uniform(0.5, 0.7) * np.array([1.0, rng.uniform(0.68, 0.85), rng.uniform(0.42, 0.62)])
    veins = 0.06 * fractal(rng, 0.7, stretch=(1.0, 12.0)) + 0.02 * fractal(rng, 0.2)
    return tinted(colour, (0.84 + 0.3 * tones + veins) * (1 - 0.4 * joints))


def _tiles(rng: np.random.Generator) -> Texture:
    count = int(rng.choice([4, 6, 8]))
    tones, joints = courses(rng, count, count, 4, shift=0.0)
    checks = np.add.outer(np.arange(SIDE) * count // SIDE, np.arange(SIDE) * count // SIDE) % 2
    contrast = rng.choice([0.0, 0.3])
    colour = rng.uniform(0.55, 0.75) * rng.uniform(0.88, 1.0, 3)
    return tinted(colour, (0.95 + 0.1 * tones - contrast * checks + 0.03 * fractal(rng, 1.0)) * (1 - 0.3 * joints))
