"""Parts of a place before they become surfaces: a mesh and what paints it."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from viewsync.worlds.places.mesh import Mesh, Point, joined
from viewsync.worlds.places.noise import Texture
from viewsync.worlds.places.scenery import Surface

Painter = Callable[[int], Texture]
"""Makes a texture from the place's seed."""


class Piece(NamedTuple):
    """A mesh and its texture."""

    painter: Painter
    mesh: Mesh


def placed(pieces: Iterable[Piece], shift: Point, turn_radians: float = 0.0) -> list[Piece]:
    """Turned about the z axis, then shifted (metres)."""
    return [Piece(piece.painter, piece.mesh.moved(shift, turn_radians)) for piece in pieces]


def surfaces(pieces: Iterable[Piece], seed: int) -> tuple[Surface, ...]:
    """One surface per texture; each texture is painted once."""
    meshes: dict[Painter, list[Mesh]] = {}
    for piece in pieces:
        meshes.setdefault(piece.painter, []).append(piece.mesh)
    return tuple(_surface(joined(parts), painter(seed)) for painter, parts in meshes.items())


def _surface(mesh: Mesh, texture: Texture) -> Surface:
    flat = bool(np.all(mesh.vertices[:, 2] == 0))
    # Painters paint the top row first.
    return Surface(mesh.vertices, mesh.faces, mesh.normals, mesh.coordinates, texture[::-1].copy(), ground=flat)
