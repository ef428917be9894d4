"""What is told of the people in a picture."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Float32

from viewsync.worlds.film.figure import Look
from viewsync.worlds.film.optics import Optics
from viewsync.worlds.film.rolling import Glance
from viewsync.worlds.film.window import NEAREST_METRES, metres
from viewsync.worlds.people.joints import JOINTS
from viewsync.worlds.sightings import Sightings

_PELVIS = JOINTS.index("pelvis")
_SURFACE_METRES = 0.05
"""How far before a vertex what was drawn there may be: the picture is coarser than the body."""


def sight(
    frame: int,
    glance: Glance,
    optics: Optics,
    looks: Sequence[Look],
    joints: Sequence[Float[np.ndarray, "end joint 3"]],
    depth: Float32[np.ndarray, "tall wide"],
) -> Sightings:
    """Tell who is seen in a picture, and how much of them.

    Args:
        frame: The picture's number.
        glance: The camera.
        optics: Its lens.
        looks: The people.
        joints: Theirs, in the world, at the times of `glance`.
        depth: The z-buffer behind the picture.
    """
    rows = [_of_one(glance, optics, look, ends, depth) for look, ends in zip(looks, joints, strict=True)]
    ground, boxes, shares, places, pixels, visible = zip(*rows, strict=True) if rows else ([],) * 6
    return Sightings(
        frames=np.full(len(rows), frame),
        people=np.array([look.figure.person.id for look in looks], np.int64),
        ground_metres=np.reshape(ground, (-1, 2)),
        boxes_pixels=np.reshape(boxes, (-1, 4)),
        visible_shares=np.reshape(shares, -1),
        joints_metres=np.reshape(places, (-1, len(JOINTS), 3)),
        joints_pixels=np.reshape(pixels, (-1, len(JOINTS), 2)),
        joints_visible=np.reshape(visible, (-1, len(JOINTS))).astype(bool),
    )


_Row = tuple[np.ndarray, np.ndarray, float, np.ndarray, np.ndarray, np.ndarray]


def _of_one(
    glance: Glance,
    optics: Optics,
    look: Look,
    joints: Float[np.ndarray, "end joint 3"],
    depth: Float32[np.ndarray, "tall wide"],
) -> _Row:
    seen = glance.see(joints)
    places = joints[0] + seen.shares[:, None] * (joints[-1] - joints[0])
    pixels = optics.pixels(seen.metres)
    surface = look.surface.metres
    outline = optics.pixels(surface)
    # A point behind the camera spoils the least and the greatest on purpose.
    box = np.concatenate([outline.min(0), outline.max(0)])
    if look.drawn:
        visible = _open(optics, seen.metres, pixels, look.figure.flesh_metres, depth)
        seen_fronts = look.fronts[_open(optics, surface, outline, _SURFACE_METRES, depth)]
        share = float(seen_fronts.sum() / max(look.fronts.sum(), 1e-9))
    else:
        visible, share = np.zeros(len(JOINTS), bool), 0.0
    return places[_PELVIS, :2], box, share, places, pixels, visible


def _open(
    optics: Optics,
    points: Float[np.ndarray, "point 3"],
    pixels: Float[np.ndarray, "point 2"],
    before_metres: Float[np.ndarray, " point"] | float,
    depth: Float32[np.ndarray, "tall wide"],
) -> Bool[np.ndarray, " point"]:
    """Whether points are in the picture, with nothing drawn farther before them than this."""
    inside = optics.sees(points, pixels) & (points[:, 2] > NEAREST_METRES)
    limits = np.array(depth.shape[::-1]) - 1
    column, row = np.clip(np.round(optics.drawn_pixels(points[inside])), 0, limits).astype(int).T
    inside[inside] = metres(depth[row, column]) > (points[:, 2] - before_metres)[inside]
    return inside
