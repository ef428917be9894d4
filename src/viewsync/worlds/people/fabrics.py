"""Fabrics: colours and patterns, as a function of the place on the body, so that they have no seams but a tailor's."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from viewsync.worlds.people.chart import Spots

Pattern = Literal["plain", "stripes", "pinstripes", "checks", "dots", "camouflage", "print", "two-tone", "logo"]
PATTERNS: tuple[Pattern, ...] = (
    "plain", "stripes", "pinstripes", "checks", "dots", "camouflage", "print", "two-tone", "logo",
)  # fmt: skip


@dataclass(frozen=True)
class Fabric:
    """A fabric. The same one looks the same on everybody."""

    colors: Float[np.ndarray, "3 3"]
    """RGB from 0 to 1: the main one and two more for the pattern."""
    pattern: Pattern = "plain"
    size_metres: float = 0.06
    """Of what repeats."""
    seed: int = 0
    fold_metres: float = 0.12
    """Size of folds or strands."""
    fold_contrast: float = 0.07
    """How much brighter and darker they are: standard deviation, as a share."""

    def paint(self, spots: Spots) -> Float[np.ndarray, "spot 3"]:
        """RGB from 0 to 1 (and a little beyond) at each spot."""
        first, second, third = self.colors
        share, more = self._shares(spots)
        plain = first + share[:, None] * (second - first)
        patterned = plain + more[:, None] * (third - plain)
        folds = _field(spots.points_metres, self.fold_metres, self.seed)
        return np.asarray(patterned * (1 + self.fold_contrast * folds)[:, None])

    def _shares(self, spots: Spots) -> tuple[Float[np.ndarray, " spot"], Float[np.ndarray, " spot"]]:
        """How much of the second colour, and then of the third, is where."""
        none = np.zeros(len(spots.arm))
        upwards, size, points = spots.along_metres, self.size_metres, spots.points_metres
        # A whole number around each limb, so that they meet behind.
        turns = np.maximum(np.round(spots.girth_metres / size), 1) * spots.around_metres / spots.girth_metres
        rows, columns = upwards / size, turns
        match self.pattern:
            case "plain":
                return none, none
            case "stripes":
                return _half(rows), none
            case "pinstripes":
                return 0.6 * (np.abs(columns % 1 - 0.5) < 0.12), none
            case "checks":
                return 0.5 * (_half(rows) + _half(columns)), 0.7 * (np.abs(rows % 1 - 0.25) < 0.05)
            case "dots":
                shifted = columns + 0.5 * (np.floor(rows) % 2)
                return 1.0 * (np.hypot(rows % 1 - 0.5, shifted % 1 - 0.5) < 0.27), none
            case "camouflage":
                big, small = _field(points, 2 * size, self.seed + 1), _field(points, 1.5 * size, self.seed + 2)
                return 1.0 * (big > 0.3), 1.0 * (small > 0.8)
            case "print":
                return self._blobs(points, 1), self._blobs(points, 2)
            case "two-tone":
                on_arm, above = spots.arm > 0.05, points[:, 2] - 1.18
                return 1.0 * (on_arm | (above > 0)), 1.0 * (~on_arm & (np.abs(above) < 0.012))
            case "logo":
                return self._emblem(spots), none

    def _blobs(self, points: Float[np.ndarray, "spot 3"], kind: int) -> Float[np.ndarray, " spot"]:
        """Flowers or what one takes for them: balls of three dimensions where the body cuts them."""
        rng = np.random.default_rng([self.seed, kind])
        room = np.array([1.1, 0.5, 1.7])
        count = int(np.prod(room) / (1.6 * self.size_metres) ** 3)
        places = rng.uniform(size=(count, 3)) * room - [0.55, 0.4, 0]
        distance, _ = cKDTree(places).query(points)
        return np.asarray(1.0 * (distance < 0.5 * self.size_metres))

    def _emblem(self, spots: Spots) -> Float[np.ndarray, " spot"]:
        """A symmetric sign on the chest, like a print on a T-shirt."""
        half = np.random.default_rng(self.seed).uniform(size=(7, 4)) < 0.55
        sign = np.hstack([half, half[:, 2::-1]])
        cell = 0.4 * self.size_metres
        across = np.floor(spots.points_metres[:, 0] / cell + 3.5).astype(np.int64)
        down = np.floor((1.27 - spots.points_metres[:, 2]) / cell).astype(np.int64)
        inside = (across >= 0) & (across < 7) & (down >= 0) & (down < 7) & ~spots.behind
        return np.asarray(1.0 * (inside & sign[np.clip(down, 0, 6), np.clip(across, 0, 6)]))


def plain(color: Float[np.ndarray, " 3"], seed: int = 7) -> Fabric:
    """A fabric of one colour."""
    return Fabric(np.tile(color, (3, 1)), seed=seed)


def _half(rows: Float[np.ndarray, " spot"]) -> Float[np.ndarray, " spot"]:
    return 1.0 * (rows % 1 < 0.5)


def _field(points: Float[np.ndarray, "spot 3"], wave_metres: float, seed: int) -> Float[np.ndarray, " spot"]:
    """A smooth random field in space, of mean 0 and spread 1: a sum of a few plane waves."""
    rng = np.random.default_rng(seed)
    waves = rng.normal(size=(3, 8))
    waves *= 2 * np.pi / (wave_metres * rng.uniform(0.5, 1.5, 8) * np.linalg.norm(waves, axis=0))
    return np.asarray(np.sin(points @ waves + rng.uniform(0, 2 * np.pi, 8)).sum(1) / 2)
