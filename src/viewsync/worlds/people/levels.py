"""Levels of detail: a body's surface cut into fewer and fewer triangles.

A level is made on one body and fits all of them, since it tells each of its vertices as a place in a triangle of the
finest surface. The left half is cut and mirrored, so levels are as symmetric as the body.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import coo_array, diags_array
from scipy.spatial import cKDTree

from viewsync.worlds.people.chart import on_the_back

_ON_THE_MIDDLE_METRES = 0.004
_RIM_WEIGHT = 10.0
"""Of open edges in the cost of cutting: enough to keep the plane of symmetry flat."""


@dataclass(frozen=True)
class Level:
    """One level of detail, for any body.

    The front and the back are painted with different pictures (`people.chart`), so vertices where they meet are there
    twice.
    """

    faces: Int[np.ndarray, "face 3"]
    corners: Int[np.ndarray, "vertex 3"]
    """The triangle of the finest surface in which each vertex lies."""
    shares: Float[np.ndarray, "vertex 3"]
    """Where in it: barycentric coordinates."""
    behind: Bool[np.ndarray, " vertex"]
    """Belongs to the back."""

    def take(self, values: Float[np.ndarray, "fine channel"]) -> Float[np.ndarray, "vertex channel"]:
        """What the vertices have of something that the finest surface's vertices have."""
        return np.asarray(np.einsum("vc,vcx->vx", self.shares, values[self.corners]))


def smoothed(
    level: Level, values: Float[np.ndarray, "vertex channel"], where: Bool[np.ndarray, " vertex"], rounds: int
) -> Float[np.ndarray, "vertex channel"]:
    """Values that approach those of the neighbours with every round, at some of a level's vertices."""
    _, first, same = np.unique(
        np.column_stack([level.corners, level.shares]), axis=0, return_index=True, return_inverse=True
    )
    edges = np.concatenate([same[level.faces[:, [one, other]]] for one in range(3) for other in range(3) if one != other])
    neighbours = coo_array((np.ones(len(edges)), tuple(edges.T)), shape=(len(first), len(first))).tocsr()
    neighbours.data[:] = 1
    step = diags_array(1 / neighbours.sum(1)) @ neighbours
    once, moving = values[first], where[first]
    for _ in range(rounds):
        once[moving] = 0.5 * (once + step @ once)[moving]
    return once[same]


def cut(
    points: Float[np.ndarray, "fine 3"],
    faces: Int[np.ndarray, "face 3"],
    mirrored: Int[np.ndarray, " fine"],
    face_count: int,
) -> Level:
    """Cut a symmetric surface into fewer triangles.

    Args:
        points: The finest surface's vertices, in metres, symmetric about x = 0.
        faces: Its triangles.
        mirrored: For each vertex the one on the other side.
        face_count: About how many triangles are wanted.
    """
    half = faces[(points[faces, 0] > -1e-9).all(1)]
    places, triangles = _simplified(points, half, face_count // 2)
    corners, shares = _located(places, points, half)
    middle = _on_a_rim(triangles, len(places)) & (np.abs(places[:, 0]) < _ON_THE_MIDDLE_METRES)
    seam = np.flatnonzero(np.isin(np.arange(len(points)), half) & (np.abs(points[:, 0]) < 1e-9))
    corners[middle] = seam[cKDTree(points[seam]).query(places[middle])[1]][:, None]

    other = np.cumsum(~middle) - 1 + len(places)
    other[middle] = np.flatnonzero(middle)
    all_faces = np.concatenate([triangles, other[triangles[:, ::-1]]])
    all_corners = np.concatenate([corners, mirrored[corners[~middle]]])
    all_shares = np.concatenate([shares, shares[~middle]])
    return _parted(all_faces, all_corners, all_shares, points)


def _simplified(
    points: Float[np.ndarray, "fine 3"], faces: Int[np.ndarray, "face 3"], face_count: int
) -> tuple[Float[np.ndarray, "vertex 3"], Int[np.ndarray, "left 3"]]:
    """Quadric edge collapse."""
    import pyvista
    from vtkmodules.vtkFiltersCore import vtkQuadricDecimation

    cutter = vtkQuadricDecimation()
    cutter.SetInputData(pyvista.PolyData.from_regular_faces(points, faces).clean())
    cutter.SetTargetReduction(1 - face_count / len(faces))
    cutter.VolumePreservationOn()
    cutter.WeighBoundaryConstraintsByLengthOn()
    cutter.SetBoundaryWeightFactor(_RIM_WEIGHT)
    cutter.Update()
    mesh = pyvista.wrap(cutter.GetOutput()).clean()
    return np.array(mesh.points, dtype=np.float64), np.array(mesh.regular_faces, dtype=np.int32)


def _on_a_rim(faces: Int[np.ndarray, "face 3"], count: int) -> Bool[np.ndarray, " vertex"]:
    """Which vertices belong to an edge of one triangle only."""
    edges = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    ends, times = np.unique(edges, axis=0, return_counts=True)
    return np.isin(np.arange(count), ends[times == 1])


def _located(
    places: Float[np.ndarray, "vertex 3"], points: Float[np.ndarray, "fine 3"], faces: Int[np.ndarray, "face 3"]
) -> tuple[Int[np.ndarray, "vertex 3"], Float[np.ndarray, "vertex 3"]]:
    """The nearest triangle to each place, and the nearest point in it as barycentric coordinates."""
    import pyvista

    mesh = pyvista.PolyData.from_regular_faces(points, faces)
    found, nearest = mesh.find_closest_cell(places, return_closest_point=True)
    corners = faces[np.asarray(found)]
    a, b, c = np.moveaxis(points[corners], 1, 0)
    edges = np.stack([b - a, c - a], -1)
    shares = (np.linalg.pinv(edges) @ (np.asarray(nearest) - a)[..., None])[..., 0]
    shares = np.clip(np.column_stack([1 - shares.sum(1), shares]), 0, 1)
    return corners, shares / shares.sum(1, keepdims=True)


def _parted(
    faces: Int[np.ndarray, "face 3"],
    corners: Int[np.ndarray, "vertex 3"],
    shares: Float[np.ndarray, "vertex 3"],
    points: Float[np.ndarray, "fine 3"],
) -> Level:
    """With a vertex of its own for the front and the back wherever they meet."""
    places = np.einsum("vc,vcx->vx", shares, points[corners])
    keys, parted = np.unique(2 * faces + on_the_back(places, faces)[:, None], return_inverse=True)
    vertex, back = keys // 2, keys % 2 == 1
    return Level(parted.reshape(faces.shape).astype(np.int32), corners[vertex], shares[vertex], back)
