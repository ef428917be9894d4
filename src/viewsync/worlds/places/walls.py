"""Textures of what stands upright: fronts of houses, the walls of rooms and what hangs on them."""

import cv2
import numpy as np

from viewsync.worlds.places.noise import SIDE, Map, Texture, courses, fractal, muted, over, source, tinted

STOREYS = 4
"""Storeys of a front; the lowest has doors and shop windows."""
PICTURES = 2
"""Pictures side by side, and one above the other, in a texture of them."""

_STOREY = SIDE // STOREYS


def brick_front(seed: int) -> Texture:
    """Four windows wide and four storeys high, of brick."""
    rng = source(seed, "brick front")
    return _windowed(_brick(rng, rows=128), rng, sill=True)


def plaster_front(seed: int) -> Texture:
    """Four windows wide and four storeys high, plastered."""
    rng = source(seed, "plaster front")
    colour = np.array([[0.78, 0.7, 0.52], [0.72, 0.6, 0.5], [0.74, 0.72, 0.68], [0.56, 0.62, 0.66]])[rng.integers(4)]
    return _windowed(tinted(colour * rng.uniform(0.85, 1), _rough(rng)), rng, sill=True)


def concrete_front(seed: int) -> Texture:
    """Bands of windows in concrete."""
    rng = source(seed, "concrete front")
    tones, joints = courses(rng, 2 * STOREYS, 4, 2, shift=0.0)
    wall = tinted(rng.uniform(0.5, 0.68) * np.array([1, 0.98, 0.94]), (_rough(rng) + 0.06 * tones) * (1 - 0.25 * joints))
    return _windowed(wall, rng, sill=False)


def plaster(seed: int) -> Texture:
    """A painted wall of a room."""
    rng = source(seed, "plaster")
    return tinted(rng.uniform(0.6, 0.74) * rng.uniform(0.86, 1.0, 3), _rough(rng))


def accent(seed: int) -> Texture:
    """Another wall of the same room: brick, wallpaper, boards or a strong colour."""
    rng = source(seed, "accent")
    choice = rng.integers(4)
    if choice == 0:
        return _brick(rng, rows=32)
    if choice == 1:
        tones, joints = courses(rng, 2, 14, 3, shift=0.0)
        veins = 0.12 * fractal(rng, 0.7, stretch=(10.0, 1.0))
        return tinted((0.58, 0.44, 0.3), (0.9 + veins + 0.2 * tones) * (1 - 0.4 * joints))
    if choice == 2:
        stripes = np.sin(np.arange(SIDE) * 2 * np.pi * rng.integers(6, 20) / SIDE)[None] > rng.uniform(-0.5, 0.5)
        light, dark = muted(rng) + 0.12, muted(rng)
        return over(tinted(dark, _rough(rng)), tinted(light, _rough(rng)), np.tile(stripes, (SIDE, 1)))
    return tinted(muted(rng), _rough(rng))


def lab_wall(seed: int) -> Texture:
    """Plaster above, a band of another colour below: to be shown once from floor to ceiling."""
    rng = source(seed, "lab wall")
    rows = np.arange(SIDE)[:, None] > SIDE * rng.uniform(0.55, 0.75)
    above, below = rng.uniform(0.58, 0.72) * rng.uniform(0.9, 1, 3), muted(rng)
    return over(tinted(above, _rough(rng)), tinted(below, _rough(rng)), np.tile(rows, (1, SIDE)))


def wall_tiles(seed: int) -> Texture:
    """Glazed tiles of an operating room."""
    rng = source(seed, "wall tiles")
    colour = np.array([[0.55, 0.68, 0.63], [0.6, 0.68, 0.72], [0.7, 0.7, 0.66], [0.6, 0.68, 0.54]])[rng.integers(4)]
    tones, joints = courses(rng, 12, 12, 4, shift=0.0)
    return tinted(colour, (0.93 + 0.12 * tones + 0.02 * fractal(rng, 1.0)) * (1 - 0.22 * joints))


def curtain(seed: int) -> Texture:
    """Heavy cloth in folds."""
    rng = source(seed, "curtain")
    phase = np.arange(SIDE) / SIDE * 2 * np.pi
    folds = np.sin(9 * phase + 0.8 * np.sin(2 * phase))[None] + 0.1 * fractal(rng, 0.3)
    return tinted(0.8 * muted(rng), 1 + 0.28 * folds)


def ceiling(seed: int) -> Texture:
    """Panels, some with holes."""
    rng = source(seed, "ceiling")
    tones, joints = courses(rng, 4, 4, 5, shift=0.0)
    holes = fractal(rng, 0.0) > 2.2
    return tinted(rng.uniform(0.7, 0.8) * np.array([1, 1, 0.97]), (0.95 + 0.05 * tones - 0.25 * holes) * (1 - 0.3 * joints))


def window(seed: int) -> Texture:
    """A window with a hazy view, to be shown once."""
    rng = source(seed, "window")
    height = np.linspace(1, 0, SIDE)[:, None]
    woods = height < 0.4 + 0.05 * fractal(rng, 1.5, coarsest=1)[:1]
    sky = tinted((0.74, 0.82, 0.88), np.tile(0.9 + 0.15 * height, (1, SIDE)))
    view = over(sky, tinted(rng.uniform([0.35, 0.42, 0.3], [0.6, 0.6, 0.5]), 1 + 0.12 * fractal(rng, 1.2)), woods)
    frame = np.ones((SIDE, SIDE))
    panes = int(rng.choice([1, 2, 3]))
    for pane in range(panes):
        left, right = (int(SIDE * (pane + part) / panes) for part in (0, 1))
        frame[24:-24, left + 18 : right - 18] = 0
    return over(view, tinted(rng.choice([[0.75, 0.75, 0.72], [0.45, 0.33, 0.22]]), _rough(rng)), frame)


def door(seed: int) -> Texture:
    """A door, to be shown once."""
    rng = source(seed, "door")
    grain = 1 + 0.06 * fractal(rng, 0.8, stretch=(10.0, 1.0))
    texture = tinted(rng.choice([[0.55, 0.4, 0.26], [0.62, 0.63, 0.6], [0.3, 0.38, 0.46], [0.68, 0.6, 0.48]]), grain)
    for low, high in ((40, 230), (280, 480)):
        cv2.rectangle(texture, (80, low), (SIDE - 80, high), [int(tone * 0.7) for tone in texture[10, 10]], 6)
    cv2.rectangle(texture, (SIDE - 66, 250), (SIDE - 26, 268), (190, 190, 185), -1)
    return over(texture, tinted((0.3, 0.28, 0.26), grain), _border(16))


def pictures(seed: int) -> Texture:
    """Four posters, `PICTURES` by `PICTURES`."""
    rng = source(seed, "pictures")
    texture, side = np.zeros((SIDE, SIDE, 3), np.uint8), SIDE // PICTURES
    for row, column in np.ndindex(PICTURES, PICTURES):
        texture[row * side : (row + 1) * side, column * side : (column + 1) * side] = _poster(side, rng)
    return texture


def _poster(side: int, rng: np.random.Generator) -> Texture:
    """Shapes on a plain ground, lines of writing, a light frame."""
    poster = np.full((side, side, 3), 255 * muted(rng), np.uint8)
    for _ in range(rng.integers(3, 9)):
        colour = [int(tone) for tone in rng.integers(30, 225, 3)]
        x, y = (int(value) for value in rng.integers(0, side, 2))
        if rng.random() < 0.5:
            cv2.circle(poster, (x, y), int(rng.integers(12, 70)), colour, -1)
        else:
            cv2.rectangle(poster, (x, y), (x + int(rng.integers(20, 110)), y + int(rng.integers(20, 110))), colour, -1)
    for row in range(int(rng.integers(80, 220)), side - 24, 14):
        cv2.line(poster, (20, row), (20 + int(rng.integers(60, side - 40)), row), (28, 28, 32), 4)
    cv2.rectangle(poster, (0, 0), (side - 1, side - 1), (215, 212, 204), 12)
    return poster


def _rough(rng: np.random.Generator) -> Map:
    return 1 + 0.025 * fractal(rng, 0.4) + 0.03 * fractal(rng, 1.3)


def _brick(rng: np.random.Generator, rows: int) -> Texture:
    tones, joints = courses(rng, rows, rows // 3 + rows // 3 % 2, max(1, 96 // rows))
    colour = np.array([rng.uniform(0.5, 0.66), rng.uniform(0.28, 0.44), rng.uniform(0.2, 0.36)])
    bricks = tinted(colour, 0.8 + 0.4 * tones + 0.06 * fractal(rng, 0.5))
    return over(bricks, tinted((0.62, 0.59, 0.55), _rough(rng)), joints)


def _border(pixels: int) -> Map:
    frame = np.ones((SIDE, SIDE))
    frame[pixels:-pixels, pixels:-pixels] = 0
    return frame


def _windowed(wall: Texture, rng: np.random.Generator, sill: bool) -> Texture:
    """Cuts windows and, in the lowest storey, doors and shop windows into a front."""
    texture, frame = wall.copy(), [int(tone) for tone in rng.choice([[205, 203, 196], [70, 62, 56], [120, 84, 58]])]
    half_width = int(rng.uniform(20, 30)) if sill else 58
    top, bottom = (int(rng.uniform(20, 30)), int(rng.uniform(92, 104))) if sill else (36, 92)
    for storey in range(STOREYS):
        for column in range(4):
            left, above = column * _STOREY, storey * _STOREY
            if storey < STOREYS - 1:
                corners = (left + 64 - half_width, above + top), (left + 64 + half_width, above + bottom)
            elif column == 1:
                corners = (left + 40, above + 30), (left + 88, above + 127)
            else:
                corners = (left + 10, above + 26), (left + 118, above + 112)
            _glaze(texture, *corners, frame, rng)
            if sill and storey < STOREYS - 1:
                (x0, _), (x1, y1) = corners
                cv2.rectangle(texture, (x0 - 5, y1 + 3), (x1 + 5, y1 + 7), (170, 166, 158), -1)
    awning = SIDE - _STOREY
    cv2.rectangle(texture, (0, awning + 2), (SIDE, awning + 18), [int(tone) for tone in rng.integers(60, 190, 3)], -1)
    return texture


def _glaze(
    texture: Texture, low: tuple[int, int], high: tuple[int, int], frame: list[int], rng: np.random.Generator
) -> None:
    """One window: sky mirrored above, a dark room or a drawn curtain below, a frame with a middle bar."""
    (x0, y0), (x1, y1) = low, high
    dark, light = rng.uniform(25, 70), rng.uniform(90, 150)
    ramp = np.linspace(light, dark, y1 - y0)[:, None, None] * np.array([0.9, 1.0, 1.1])
    if rng.random() < 0.3:
        ramp = np.full_like(ramp, rng.uniform(120, 180)) * np.array([1.0, 0.97, 0.9])
    texture[y0:y1, x0:x1] = ramp.astype(np.uint8)
    cv2.rectangle(texture, low, high, frame, 3)
    for part in (0.5,) if x1 - x0 < 80 else (0.33, 0.67):
        middle = int(x0 + part * (x1 - x0))
        cv2.line(texture, (middle, y0), (middle, y1), frame, 2)
