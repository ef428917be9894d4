"""What a look into a scenery meets first."""

import numpy as np


def triangles(scenery):
    """Corners of all triangles."""
    return np.concatenate([surface.vertices_metres[surface.faces] for surface in scenery.surfaces])


def first_hits(corners, start, arrows):
    """Distance of the first triangle along each ray, and the cosine between its winding's normal and the ray.

    Möller and Trumbore; infinity and 0 where nothing is hit.
    """
    sides = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    normals = np.cross(*sides)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    away = start - corners[:, 0]
    distances, cosines = [], []
    with np.errstate(divide="ignore", invalid="ignore"):
        for arrow in arrows:
            across = np.cross(arrow, sides[1])
            scale = 1 / np.einsum("fa,fa->f", sides[0], across)
            u = np.einsum("fa,fa->f", away, across) * scale
            beside = np.cross(away, sides[0])
            v = beside @ arrow * scale
            distance = np.einsum("fa,fa->f", sides[1], beside) * scale
            met = (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1 + 1e-9) & (distance > 1e-6)
            reached = np.where(met, distance, np.inf)
            nearest = int(np.argmin(reached))
            distances.append(reached[nearest])
            cosines.append(normals[nearest] @ arrow if met.any() else 0.0)
    return np.array(distances), np.array(cosines)


def directions(rng, count):
    """Unit vectors every which way."""
    arrows = rng.standard_normal((count, 3))
    return arrows / np.linalg.norm(arrows, axis=1, keepdims=True)
