"""Who wears what: people dressed by chance, or all alike."""

from dataclasses import replace

import numpy as np
from jaxtyping import UInt8

from viewsync.worlds.people.body import Body, Detail
from viewsync.worlds.people.chart import Spots, texture_coordinates
from viewsync.worlds.people.clothes import Clothes, Coat
from viewsync.worlds.people.fabrics import plain
from viewsync.worlds.people.garments import Garment
from viewsync.worlds.people.levels import Level, smoothed
from viewsync.worlds.people.outfits import Outfit, Uniform, everyday, uniformed
from viewsync.worlds.people.shapes import FACE_COUNTS, Shapes, shapes
from viewsync.worlds.people.skirts import Skirt, joined

_AVERAGE_HEIGHT_METRES = 1.63


def dress(body: Body, rng: np.random.Generator) -> tuple[Body, Clothes]:
    """Somebody in clothes of chance.

    Args:
        body: Naked, as from `shapes.sample_bodies`.
        rng: Source of chance.

    Returns:
        The body, thicker where clothes and hair are, with the same joints; and its looks.
    """
    return _wear(body, everyday(body, rng))


def uniform(body: Body, rng: np.random.Generator, kind: Uniform = "scrubs") -> tuple[Body, Clothes]:
    """Somebody dressed like everybody else: only shape, face and the little hair that shows differ.

    Args:
        body: Naked, as from `shapes.sample_bodies`.
        rng: Source of chance, for skin, eyes and hair.
        kind: The green clothes, cap, mask and gloves of an operating room, or a platoon's camouflage and boots.

    Returns:
        As `dress` does.
    """
    return _wear(body, uniformed(rng, kind))


def _wear(body: Body, outfit: Outfit) -> tuple[Body, Clothes]:
    common = shapes()
    scale = body.height_metres / _AVERAGE_HEIGHT_METRES
    worn = [
        _worn(level, detail, spots, outfit.layers, scale)
        for level, detail, spots in zip(common.levels, body.details, common.spots, strict=True)
    ]
    details, coats = (tuple(each) for each in zip(*worn, strict=True))
    clad, clothes = replace(body, details=details), Clothes(coats, _texture(common, outfit))
    return (clad, clothes) if outfit.skirt is None else _skirted(clad, clothes, outfit.skirt, common.spots[0])


def _skirted(body: Body, clothes: Clothes, skirt: Skirt, spots: Spots) -> tuple[Body, Clothes]:
    details, coats = [], []
    for level, (detail, coat) in enumerate(zip(body.details, clothes.coats, strict=True)):
        hanging, places = skirt.around(body, spots, level)
        details.append(joined(detail, hanging))
        colors = np.concatenate([coat.colors, np.full((len(places), 3), 255, np.uint8)])
        coats.append(Coat(colors, np.concatenate([coat.texture_coordinates, places])))
    return replace(body, details=tuple(details)), replace(clothes, coats=tuple(coats))


def _worn(level: Level, detail: Detail, spots: Spots, layers: tuple[Garment, ...], scale: float) -> tuple[Detail, Coat]:
    """With the relief of the body hidden, and the surface moved outwards, as far as each garment does."""
    # The place on the map goes along, or patterns would be warped.
    shape = np.column_stack([detail.rest_metres, detail.rest_normals, spots.points_metres])
    for layer in layers:
        rounds = round(layer.smooth_rounds * len(detail.faces) / FACE_COUNTS[0])
        if rounds:
            shape = smoothed(level, shape, layer.cut(spots) > 0, rounds)
    rest, normals, places = np.split(shape, 3, axis=1)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    thickness = scale * np.max([layer.thickness(spots) for layer in layers], axis=0)
    rest = rest + thickness[:, None] * normals
    rest[:, 2] = np.maximum(rest[:, 2], 0)
    clad = replace(detail, rest_metres=rest.astype(np.float32), rest_normals=normals.astype(np.float32))
    white = np.full((len(rest), 3), 255, np.uint8)
    return clad, Coat(white, texture_coordinates(places, spots.behind).astype(np.float32))


def _texture(common: Shapes, outfit: Outfit) -> UInt8[np.ndarray, "height width 3"]:
    spots = common.chart.spots
    colors = plain(outfit.skin).paint(spots)
    for layer in outfit.layers:
        layer.paint_over(colors, spots)
    return np.asarray(np.round(255 * np.clip(colors, 0, 1)).astype(np.uint8)[common.chart.nearest])
