"""Patterns that continue seamlessly from one edge of a texture to the opposite one."""

import zlib
from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy.spatial import cKDTree

SIDE = 512
"""Rows and columns of a texture."""

Map = Float[np.ndarray, "height width"]
Mask = Bool[np.ndarray, "height width"]
Texture = UInt8[np.ndarray, "height width 3"]
Colour = Sequence[float] | Float[np.ndarray, " 3"]
"""RGB, 0 to 1."""


def source(seed: int, name: str) -> np.random.Generator:
    """Random numbers for one thing of a place, independent of all other things of it."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def fractal(
    rng: np.random.Generator, slope: float = 1.0, coarsest: float = 2.0, stretch: tuple[float, float] = (1.0, 1.0)
) -> Map:
    """Noise of mean 0 and standard deviation 1 whose amplitude falls with spatial frequency.

    Args:
        rng: Source of randomness.
        slope: Amplitude goes as frequency to the power of minus this; 0 is white.
        coarsest: Lowest frequency, in periods per texture.
        stretch: How many times longer than wide the blots are: along rows' axis (up) and columns' axis (across).
    """
    up, across = np.meshgrid(np.fft.fftfreq(SIDE, 1 / SIDE), np.fft.rfftfreq(SIDE, 1 / SIDE), indexing="ij")
    frequency = np.hypot(up * stretch[0], across * stretch[1])
    gain = np.where(frequency < coarsest, 0.0, np.maximum(frequency, 1e-9) ** -slope)
    noise = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((SIDE, SIDE))) * gain, s=(SIDE, SIDE))
    return np.asarray(noise / noise.std())


def pebbles(rng: np.random.Generator, count: int) -> tuple[Map, Map]:
    """Stones or leaves side by side (Voronoi cells): a random tone of each, 0 to 1, and the depth inside of it, 0 to 1."""
    half = SIDE // 2
    seeds = rng.uniform(0, half, (count, 2))
    pixels = np.stack(np.meshgrid(np.arange(half), np.arange(half), indexing="ij"), axis=-1) + 0.5
    distances, nearest = cKDTree(seeds, boxsize=half).query(pixels, k=2)
    depth = np.clip((distances[..., 1] - distances[..., 0]) / (half / np.sqrt(count)) * 2, 0, 1)
    tones = rng.uniform(0, 1, count)[nearest[..., 0]]
    return _doubled(tones), _doubled(depth)


def courses(
    rng: np.random.Generator, rows: int, columns: int, joint_pixels: int, shift: float | None = 0.5
) -> tuple[Map, Mask]:
    """Bricks, slabs or boards in rows: a random tone of each, 0 to 1, and where the joints are.

    Args:
        rng: Source of randomness.
        rows: Rows per texture.
        columns: Stones per row.
        joint_pixels: Width of the joints.
        shift: By which part of a stone odd rows are shifted (``rows`` is even then); None: each row by another.
    """
    shifts = rng.uniform(0, 1, rows) if shift is None else shift * (np.arange(rows) % 2)
    up = np.arange(SIDE)[:, None] * rows / SIDE
    row = up.astype(int)
    across = (np.arange(SIDE)[None] * columns / SIDE + shifts[row]) % columns
    tones = rng.uniform(0, 1, (rows, columns))[row, across.astype(int)]
    joints = (up % 1 * SIDE / rows < joint_pixels) | (across % 1 * SIDE / columns < joint_pixels)
    return tones, joints


def strokes(
    rng: np.random.Generator, count: int, length_pixels: tuple[float, float], turns: tuple[float, float], thickness: int = 1
) -> Map:
    """Short lines strewn over a texture, each with its own tone 0.2 to 1, over 0: blades, fibres, scratches.

    Args:
        rng: Source of randomness.
        count: How many.
        length_pixels: Least and greatest length.
        turns: Least and greatest direction, in radians from the rows.
        thickness: Pixels.
    """
    canvas = np.zeros((SIDE, SIDE), np.float32)
    starts = rng.uniform(0, SIDE, (count, 2))
    angles, lengths = rng.uniform(*turns, count), rng.uniform(*length_pixels, count)
    ends = starts + lengths[:, None] * np.stack([np.cos(angles), -np.sin(angles)], axis=1)
    tones = rng.uniform(0.2, 1, count)
    # What leaves at one edge comes in at the opposite one.
    beyond = SIDE * np.floor(ends / SIDE)
    again = beyond.any(axis=1)
    lines = np.concatenate([np.hstack([starts, ends]), np.hstack([starts - beyond, ends - beyond])[again]])
    for (x0, y0, x1, y1), tone in zip(lines.astype(int).tolist(), [*tones.tolist(), *tones[again].tolist()], strict=True):
        cv2.line(canvas, (x0, y0), (x1, y1), tone, thickness)
    return canvas.astype(float)


def tinted(colour: Colour, lightness: Map) -> Texture:
    """A texture of one colour, lighter and darker."""
    return np.asarray(np.clip(lightness[..., None] * np.asarray(colour) * 255, 8, 240), dtype=np.uint8)


def over(below: Texture, above: Texture, opacity: Map | Mask) -> Texture:
    """One texture painted on another where its opacity is 1."""
    opacity = opacity.astype(float)[..., None]
    return np.asarray(below * (1 - opacity) + above * opacity, dtype=np.uint8)


def blots(rng: np.random.Generator, level: float) -> Map:
    """1 in irregular spots inside, 0 near the edges: what is painted there leaves the edges as they are.

    Args:
        rng: Source of randomness.
        level: In standard deviations of the noise; the higher, the fewer and smaller they are.
    """
    ramp = np.minimum(1, 4 * (1 - np.abs(np.linspace(-1, 1, SIDE))))
    return np.asarray(np.clip(8 * (fractal(rng, 1.6) - level - 4 * (1 - np.minimum.outer(ramp, ramp))), 0, 1))


def muted(rng: np.random.Generator) -> Float[np.ndarray, " 3"]:
    """A colour at random, rarely a loud one."""
    return np.asarray(rng.uniform(0.28, 0.62) * (1 + np.clip(rng.normal(0, 0.16, 3), -0.3, 0.3)))


def plain(colour: Colour) -> Texture:
    """A texture of one colour."""
    return tinted(colour, np.ones((SIDE, SIDE)))


def _doubled(small: Float[np.ndarray, "half_height half_width"]) -> Map:
    # Wrapped before it is enlarged, so that the opposite edges still meet.
    wrapped = cv2.resize(np.pad(small, 2, mode="wrap"), None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    return np.asarray(wrapped[4:-4, 4:-4])
