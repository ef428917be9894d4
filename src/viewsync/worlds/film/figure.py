"""A person as one camera draws it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from viewsync.worlds.film.light import Light
from viewsync.worlds.film.optics import Optics
from viewsync.worlds.film.rolling import Glance, Seen
from viewsync.worlds.film.window import Mesh, Texture, Window
from viewsync.worlds.motions.skeleton import JOINTS, Poses
from viewsync.worlds.people.body import Detail
from viewsync.worlds.people.person import Person

_COARSEST_PIXELS = 5.0
"""Longest usual edge of a body's triangles in the picture."""
_REACH = 0.75
"""Distance from the hips to the farthest finger tip, as a share of the body's height."""
_PIECES = 1500
_SKIN_METRES, _FLESH = 0.05, 1.4
"""A joint counts as hidden by its own body from this depth on, plus this many times its depth in the body at rest."""


class Skin:
    """One level of detail of a body."""

    def __init__(self, detail: Detail, mesh: Mesh) -> None:
        self.mesh = mesh
        corners = detail.rest_metres[detail.faces]
        areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
        self.areas = np.bincount(detail.faces.ravel(), np.repeat(areas / 3, 3), len(detail.rest_metres)).astype(np.float32)
        """Surface around each vertex, in square metres."""
        self.piece_area = float(areas.sum() / _PIECES)
        # Evenly over the surface: by area along the faces, and within them by a sequence that fills the plane.
        count = np.arange(_PIECES) + 0.5
        self._piece_faces = detail.faces[np.searchsorted(areas.cumsum(), count / _PIECES * areas.sum())]
        u, v = (count * 0.7548776662) % 1, (count * 0.5698402910) % 1
        root = np.sqrt(u)
        self._piece_shares = np.stack([1 - root, root * (1 - v), root * v], 1).astype(np.float32)

    def pieces(self, points: Float[np.ndarray, "vertex 3"]) -> Float[np.ndarray, "piece 3"]:
        """Places all over the surface, each of which stands for `piece_area`."""
        return np.asarray(np.einsum("pc,pca->pa", self._piece_shares, points[self._piece_faces]))


@dataclass(frozen=True)
class Look:
    """How a camera sees a person at one instant."""

    figure: "Figure"
    skin: Skin
    drawn: bool
    """Some of it may be in the picture."""
    surface: Seen
    fronts: Float[np.ndarray, " vertex"]
    """How large the surroundings of each vertex look, whatever hides them; 0 where the surface faces away."""
    points: Float[np.ndarray, "vertex 3"]
    """Where the surface is in the world, at the middle of the picture."""


class Figure:
    """Draws a person, with as many triangles as its size in the picture asks for."""

    def __init__(self, person: Person, optics: Optics, light: Light, window: Window, *, hidden: bool) -> None:
        """Prepare to draw somebody.

        Args:
            person: Whom.
            optics: What it is drawn for.
            light: What it stands in.
            window: Where it is drawn.
            hidden: It is never drawn, as it wears the camera.
        """
        self.person = person
        self._optics, self._light, self._window, self._hidden = optics, light, window, hidden
        self._texture = Texture(person.clothes.texture)
        self._skins: dict[int, Skin] = {}
        self.flesh_metres = _flesh(person)
        """How far before each joint the own body may be without hiding it."""

    def close(self) -> None:
        """Take the person out of the window."""
        for skin in self._skins.values():
            self._window.remove(skin.mesh)

    def look(self, glance: Glance, poses: Poses) -> Look:
        """Put the figure where a camera sees it, if it does.

        Args:
            glance: The camera.
            poses: The body at the times of `glance`.
        """
        level = None if self._hidden else self._level(glance, poses)
        drawn = level is not None
        level = len(self.person.body.details) - 1 if level is None else level
        skin = self._skin(level)
        ends, normals = self.person.body.surface(poses, level)
        points, normals = ends.mean(0), normals.mean(0)
        seen = glance.see(ends)
        for each in self._skins.values():
            each.mesh.show(drawn and each is skin)
        if drawn:
            skin.mesh.move(seen.metres)
            skin.mesh.paint(self._light.colors(points, normals, self.person.clothes.coats[level].colors))
        arrows = glance.positions.mean(0, dtype=np.float32) - points
        fronts = skin.areas * np.maximum(np.einsum("va,va->v", arrows, normals), 0)
        return Look(self, skin, drawn, seen, fronts / np.linalg.norm(arrows, axis=1) ** 3, points)

    def _level(self, glance: Glance, poses: Poses) -> int | None:
        """The coarsest level of detail that looks smooth; None if nothing of the body can be in the picture."""
        body, optics = self.person.body, self._optics
        (hips,) = glance.see(poses.hips_metres[:, None]).metres
        reach, depth = _REACH * body.height_metres, hips[2]
        if not optics.may_show(hips, reach):
            return None
        if depth <= reach:
            return 0
        height_pixels = optics.lens.focal_pixels[1] * body.height_metres / depth
        for level in range(len(body.details) - 1, 0, -1):
            # A body's surface is about 0.62 times its height squared, and equilateral triangles cover it.
            if 0.85 * height_pixels / np.sqrt(len(body.details[level].rest_metres)) <= _COARSEST_PIXELS:
                return level
        return 0

    def _skin(self, level: int) -> Skin:
        if level not in self._skins:
            detail, coat = self.person.body.details[level], self.person.clothes.coats[level]
            mesh = Mesh(detail.faces, coat.texture_coordinates, self._texture, person=self.person.id)
            self._window.add(mesh)
            self._skins[level] = Skin(detail, mesh)
        return self._skins[level]


def _flesh(person: Person) -> Float[np.ndarray, " joint"]:
    body = person.body
    upright = np.zeros((1, len(JOINTS), 4))
    upright[..., 3] = 1
    joints = body.joints(Poses(body.skeleton.heads_metres[:1], upright))[0]
    return np.asarray(_SKIN_METRES + _FLESH * cKDTree(body.details[0].rest_metres).query(joints)[0])
