"""Triangles with normals and texture coordinates, and the few shapes that places are made of."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

EDGE_METRES = 0.8
"""Shapes are cut into pieces no longer and no wider than this."""
Point = tuple[float, float, float]
Window = tuple[float, float, float, float]
"""The part of a texture that a patch shows: u and v at its start, u and v at its end."""
WHOLE: Window = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Mesh:
    """A part of a surface: triangles counter-clockwise as seen from where their normals point."""

    vertices: Float[np.ndarray, "vertex 3"]
    faces: Int[np.ndarray, "face 3"]
    normals: Float[np.ndarray, "vertex 3"]
    coordinates: Float[np.ndarray, "vertex 2"]
    """Texture coordinates."""

    def moved(self, shift: Point = (0.0, 0.0, 0.0), turn_radians: float = 0.0) -> "Mesh":
        """Turned about the z axis, then shifted (metres)."""
        cos, sin = np.cos(turn_radians), np.sin(turn_radians)
        rotation = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
        return Mesh(self.vertices @ rotation.T + shift, self.faces, self.normals @ rotation.T, self.coordinates)

    def tipped(self) -> "Mesh":
        """Turned a quarter about the x axis: what pointed up points to -y."""
        rotation = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
        return Mesh(self.vertices @ rotation.T, self.faces, self.normals @ rotation.T, self.coordinates)


def joined(meshes: list[Mesh]) -> Mesh:
    """Several as one."""
    starts = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.coordinates for mesh in meshes]),
    )


def grid_faces(rows: int, columns: int) -> Int[np.ndarray, "face 3"]:
    """Two triangles per cell of a grid of ``rows`` by ``columns`` cells, whose points are numbered row by row."""
    corner = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).ravel()
    right, up = corner + 1, corner + columns + 1
    return np.concatenate([np.stack([corner, right, up + 1], axis=1), np.stack([corner, up + 1, up], axis=1)])


def patch(
    low: Point, right: Point, up: Point, across: Point, window: Window = WHOLE, edge_metres: float = EDGE_METRES
) -> Mesh:
    """A flat four-cornered patch, seen from where its corners go counter-clockwise: low, right, across (from low), up."""
    corners = np.array([[low, right], [up, across]])
    width = max(np.linalg.norm(corners[:, 1] - corners[:, 0], axis=1))
    height = max(np.linalg.norm(corners[1] - corners[0], axis=1))
    rows, columns = (max(1, int(np.ceil(length / edge_metres - 1e-9))) for length in (height, width))
    v, u = np.meshgrid(np.linspace(0, 1, rows + 1), np.linspace(0, 1, columns + 1), indexing="ij")
    weights = np.stack([(1 - v) * (1 - u), (1 - v) * u, v * (1 - u), v * u], axis=-1).reshape(-1, 4)
    normal = np.cross(corners[0, 1] - corners[0, 0], corners[1, 0] - corners[0, 0])
    vertices = weights @ corners.reshape(4, 3)
    faces = grid_faces(rows, columns)
    sides = vertices[faces[:, 1:]] - vertices[faces[:, :1]]
    coordinates = np.stack([window[0] + u * (window[2] - window[0]), window[1] + v * (window[3] - window[1])], axis=-1)
    return Mesh(
        vertices,
        faces[np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1) > 1e-9],
        np.tile(normal / np.linalg.norm(normal), (len(weights), 1)),
        coordinates.reshape(-1, 2),
    )


def panel(
    corner: Point,
    along: Point,
    up: Point,
    window: Window = WHOLE,
    metres_per_texture: float | None = None,
    edge_metres: float = EDGE_METRES,
) -> Mesh:
    """A parallelogram that faces where ``along`` x ``up`` points; shows a window of the texture, or repeats it."""
    low, right, top = np.array(corner), np.array(along), np.array(up)
    if metres_per_texture:
        window = _repeated(right, top, metres_per_texture)
    return patch(tuple(low), tuple(low + right), tuple(low + top), tuple(low + right + top), window, edge_metres)


def box(
    low: Point,
    high: Point,
    window: Window = WHOLE,
    metres_per_texture: float | None = None,
    top_scale: tuple[float, float] = (1.0, 1.0),
    edge_metres: float = EDGE_METRES,
) -> Mesh:
    """A box between two corners; its top may be smaller (``top_scale``). One that stands on z = 0 has no bottom."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    inset_x, inset_y = (x1 - x0) * (1 - top_scale[0]) / 2, (y1 - y0) * (1 - top_scale[1]) / 2
    floor = [(x0, y0, z0), (x1, y0, z0), (x1, y1, z0), (x0, y1, z0)]
    roof = [
        (x0 + inset_x, y0 + inset_y, z1),
        (x1 - inset_x, y0 + inset_y, z1),
        (x1 - inset_x, y1 - inset_y, z1),
        (x0 + inset_x, y1 - inset_y, z1),
    ]
    quads = [(floor[i], floor[(i + 1) % 4], roof[i], roof[(i + 1) % 4]) for i in range(4)]
    quads.append((roof[0], roof[1], roof[3], roof[2]))
    if z0 != 0:
        quads.append((floor[3], floor[2], floor[0], floor[1]))
    meshes = []
    for corners in quads:
        ends = np.array(corners)
        part = _repeated(ends[1] - ends[0], ends[2] - ends[0], metres_per_texture) if metres_per_texture else window
        meshes.append(patch(*corners, part, edge_metres))
    return joined(meshes)


def tube(
    center: tuple[float, float],
    heights: tuple[float, float],
    radii: tuple[float, float],
    window: Window = WHOLE,
    sides: int = 10,
    closed: bool = True,
) -> Mesh:
    """A round post or cone about a vertical line, from one height to another; ``closed``: with its lids, but at z = 0."""
    low, high = heights
    rings = max(1, int(np.ceil((high - low) / EDGE_METRES)))
    v, u = np.meshgrid(np.linspace(0, 1, rings + 1), np.linspace(0, 1, sides + 1), indexing="ij")
    angle, radius = 2 * np.pi * u, radii[0] + v * (radii[1] - radii[0])
    vertices = np.stack([radius * np.cos(angle), radius * np.sin(angle), low + v * (high - low)], axis=-1)
    lean = (radii[0] - radii[1]) / (high - low)
    normals = np.stack([np.cos(angle), np.sin(angle), np.full_like(u, lean)], axis=-1) / np.hypot(1, lean)
    coordinates = np.stack([window[0] + u * (window[2] - window[0]), window[1] + v * (window[3] - window[1])], axis=-1)
    wall = Mesh(vertices.reshape(-1, 3), grid_faces(rings, sides), normals.reshape(-1, 3), coordinates.reshape(-1, 2))
    ends = [end for end in (0, 1) if closed and (end or low != 0)]
    lids = [_lid(radii[end], heights[end], 2 * end - 1, window, sides) for end in ends]
    return joined([wall, *lids]).moved((*center, 0.0))


def blob(
    center: Point, radii: Point, rng: np.random.Generator, roughness: float = 0.15, repeats: float = 1.0, sides: int = 10
) -> Mesh:
    """A bumpy ball: the crown of a tree or a bush."""
    rows = max(4, sides * 2 // 3)
    v, u = np.meshgrid(np.linspace(0, 1, rows + 1), np.linspace(0, 1, sides + 1), indexing="ij")
    angle, tilt = 2 * np.pi * u, np.pi * (v - 0.5)
    bumps = 1 + roughness * rng.uniform(-1, 1, v.shape)
    bumps[:, -1] = bumps[:, 0]
    bumps[0], bumps[-1] = 1, 1
    ball = np.stack([np.cos(tilt) * np.cos(angle), np.cos(tilt) * np.sin(angle), np.sin(tilt)], axis=-1)
    normals = ball / np.array(radii)
    faces = grid_faces(rows, sides)
    # The first and the last row are points: half of their triangles have no area.
    faces = faces[np.r_[sides : rows * sides, rows * sides : 2 * rows * sides - sides]]
    return Mesh(
        (bumps[..., None] * ball * np.array(radii) + np.array(center)).reshape(-1, 3),
        faces,
        (normals / np.linalg.norm(normals, axis=-1, keepdims=True)).reshape(-1, 3),
        np.stack([2 * repeats * u, repeats * v], axis=-1).reshape(-1, 2),
    )


def _repeated(along: Float[np.ndarray, " 3"], up: Float[np.ndarray, " 3"], metres_per_texture: float) -> Window:
    return 0.0, 0.0, float(np.linalg.norm(along)) / metres_per_texture, float(np.linalg.norm(up)) / metres_per_texture


def _lid(radius: float, height: float, side: int, window: Window, sides: int) -> Mesh:
    angle = 2 * np.pi * np.arange(sides) / sides * side
    rim = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    vertices = np.column_stack([np.vstack([np.zeros(2), radius * rim]), np.full(sides + 1, height)])
    spokes = np.arange(sides)
    faces = np.stack([np.zeros(sides, int), 1 + spokes, 1 + (spokes + 1) % sides], axis=1)
    middle, half = np.array(window).reshape(2, 2).mean(axis=0), np.diff(np.array(window).reshape(2, 2), axis=0)[0] / 2
    coordinates = middle + half * np.vstack([np.zeros(2), rim])
    return Mesh(vertices, faces, np.tile([0.0, 0.0, side], (sides + 1, 1)), coordinates)
