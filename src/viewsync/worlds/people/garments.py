"""Garments, and skin and hair, as regions of the body.

Each cut tells for places on the skin how deep inside the garment they lie: metres to its border, negative outside. So one
definition gives the paint, which has sharp borders, and the thickness, which grows from the border.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from viewsync.worlds.people.chart import TEXEL_METRES, Spots
from viewsync.worlds.people.fabrics import Fabric

Depth = Float[np.ndarray, " spot"]
Cut = Callable[[Spots], Depth]

_ARM_METRES, _LEG_METRES = 0.25, 0.4
"""Length of a bone of arms and legs on the average body."""
_SLOPE_METRES = 0.012
"""Over what distance from its border a garment reaches its thickness."""


@dataclass(frozen=True)
class Garment:
    """Something worn."""

    cut: Cut
    fabric: Fabric
    thickness_metres: float = 0.0
    flare_metres: float = 0.0
    """How much further it stands off at its lower end."""
    smooth_rounds: int = 0
    """How much of the body's relief it hides: rounds of averaging with the neighbours, at the finest level of detail."""
    hem: float = 0.25
    """How much darker a rim is, which tells garments of one colour apart."""

    def paint_over(self, colors: Float[np.ndarray, "spot 3"], spots: Spots) -> None:
        """Paint this garment over what is there."""
        depth = self.cut(spots)
        here = depth > -0.5 * TEXEL_METRES
        cover = np.clip(depth[here] / TEXEL_METRES + 0.5, 0, 1)[:, None]
        rim = 1 - self.hem * ((depth[here] > 0) & (depth[here] < 2 * TEXEL_METRES))[:, None]
        colors[here] += cover * (rim * self.fabric.paint(spots.only(here)) - colors[here])

    def thickness(self, spots: Spots) -> Float[np.ndarray, " spot"]:
        """How far it stands off the skin."""
        lower = np.where(spots.leg > 0, spots.leg / 2, 2.5 * (1.2 - spots.points_metres[:, 2]))
        lower = np.where(spots.arm > 0.05, spots.arm / 4, lower)
        thickness = self.thickness_metres + self.flare_metres * np.clip(lower, 0, 1)
        return thickness * np.clip(self.cut(spots) / _SLOPE_METRES, 0, 1)


def top(sleeve: float, hem_metres: float, neck_metres: float = 0.0, vee: bool = False) -> Cut:
    """Shirts, jumpers and jackets.

    Args:
        sleeve: How far down the arm, in bones: 0 none, 0.6 short, 1.9 long.
        hem_metres: Height of its lower edge on the average body.
        neck_metres: How much lower than close the neckline is; below 0 a collar.
        vee: A pointed neckline.
    """

    def depth(spots: Spots) -> Depth:
        x, y, z = spots.points_metres.T
        collar = (1.372 - neck_metres - z) + 0.35 * (y + 0.02)
        if vee:
            collar = np.where(spots.behind, collar, collar - np.maximum(0.14 - 1.6 * np.abs(x), 0))
        trunk = np.where(spots.arm > 0.05, 1.0, z - hem_metres)
        return np.asarray(np.minimum(np.minimum(collar, trunk), _ARM_METRES * (sleeve - spots.arm)))

    return depth


def bottom(length: float, waist_metres: float) -> Cut:
    """Trousers and shorts: `length` in bones of the leg, 0.4 short, 1.9 long; `waist_metres` on the average body."""

    def depth(spots: Spots) -> Depth:
        below = waist_metres - spots.points_metres[:, 2]
        return np.minimum(np.where(spots.arm > 0.05, -1.0, below), _LEG_METRES * (length - spots.leg))

    return depth


def hanging(waist_metres: float, hem_metres: float) -> Cut:
    """What a skirt covers, between two heights on the average body."""

    def depth(spots: Spots) -> Depth:
        z = spots.points_metres[:, 2]
        return np.where(spots.arm > 0.05, -1.0, np.minimum(waist_metres - z, z - hem_metres))

    return depth


def open_front(cut: Cut) -> Cut:
    """A jacket that shows what is under it."""

    def depth(spots: Spots) -> Depth:
        x, _, z = spots.points_metres.T
        gap = np.where(spots.behind | (spots.arm > 0.05), 1.0, np.abs(x) - 0.03 - 0.2 * np.maximum(z - 1.2, 0))
        return np.minimum(cut(spots), gap)

    return depth


def belt(spots: Spots) -> Depth:
    """Around the waist."""
    return np.where(spots.arm > 0.05, -1.0, 0.02 - np.abs(spots.points_metres[:, 2] - 0.97))


def shoe(height_metres: float) -> Cut:
    """Shoes, boots, socks and soles: everything below a height on the average body."""
    return lambda spots: height_metres - spots.points_metres[:, 2]


def glove(spots: Spots) -> Depth:
    """Both hands."""
    return _ARM_METRES * (spots.arm - 1.9)


def scalp(spots: Spots, *, receding: float = 0.0) -> Depth:
    """Where hair grows: behind a slanting plane through the hairline and the nape, without the ears."""
    x, y, z = spots.points_metres.T
    line = 0.8 * (z - 1.52 - receding) + 0.6 * (y + 0.05) - 0.006
    ear = np.hypot((y + 0.035) / 0.03, (z - 1.5) / 0.038) - 1
    return np.minimum(np.where(z < 1.41, -1.0, line), np.where(np.abs(x) > 0.066, 0.03 * ear, 1.0))


def short_hair(receding: float = 0.0) -> Cut:
    """Hair of a few centimetres."""
    return lambda spots: scalp(spots, receding=receding)


def horseshoe(spots: Spots) -> Depth:
    """What is left of hair around a bald crown."""
    return np.asarray(np.minimum(scalp(spots), 1.565 - spots.points_metres[:, 2]))


def long_hair(end_metres: float) -> Cut:
    """Hair around the face, over the ears and down the back to a height on the average body."""

    def depth(spots: Spots) -> Depth:
        x, _, z = spots.points_metres.T
        face = 0.06 * (np.hypot(x / 0.06, (z - 1.487) / 0.096) - 1)
        strands = np.minimum(0.03 - np.abs(np.abs(x) - 0.068), z - max(end_metres, 1.3))
        back = np.minimum(z - end_metres, 0.098 - np.abs(x))
        front = np.select([z > 1.425, z > 1.39], [face, np.minimum(face, strands)], strands)
        return np.asarray(np.where(spots.behind, back, front))

    return depth


def beard(spots: Spots) -> Depth:
    """Chin, cheeks and the upper lip."""
    x, y, z = spots.points_metres.T
    mouth = np.hypot(x / 0.027, (z - 1.448) / 0.010) - 1
    jaw = np.minimum(1.462 + 1.2 * np.maximum(np.abs(x) - 0.035, 0) - z, z - 1.395)
    return np.asarray(np.minimum(np.where(spots.behind, -1.0, np.minimum(jaw, -0.05 - y)), 0.01 * mouth))


def cap(spots: Spots) -> Depth:
    """A close cap that hides the hair, from the forehead to the nape."""
    _, y, z = spots.points_metres.T
    return np.where(z < 1.41, -1.0, 0.85 * (z - 1.515) + 0.5 * (y + 0.06))


def mask(spots: Spots) -> Depth:
    """A surgeon's mask, from the nose to the chin."""
    x, y, z = spots.points_metres.T
    face = np.minimum(1.485 - 0.25 * np.abs(x) - z, z - 1.4)
    return np.where(spots.behind, -1.0, np.minimum(face, -0.055 - y))


def ellipse(x_metres: float, z_metres: float, width_metres: float, height_metres: float) -> Cut:
    """A feature of the face, and its twin on the other half."""

    def depth(spots: Spots) -> Depth:
        x, _, z = spots.points_metres.T
        radius = np.hypot((np.abs(x) - x_metres) / width_metres, (z - z_metres) / height_metres)
        return np.where(spots.behind, -1.0, min(width_metres, height_metres) * (1 - radius))

    return depth
