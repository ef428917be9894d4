"""The shapes of people: what is taken from `anny`, a statistical model of the human body from babies to elders.

Building its levels of detail and the map for clothes takes a while, so they are kept in the cache folder.
"""

import hashlib
import importlib.metadata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import cKDTree

from viewsync.files import whole_file
from viewsync.store import cache_folder
from viewsync.types import InputError
from viewsync.worlds.motions import skeleton
from viewsync.worlds.motions.skeleton import JOINTS as BONES
from viewsync.worlds.motions.skeleton import Skeleton
from viewsync.worlds.people import chart as chart_module
from viewsync.worlds.people import levels as levels_module
from viewsync.worlds.people.body import Body, Detail
from viewsync.worlds.people.chart import Chart, Spots
from viewsync.worlds.people.joints import COCO17, FEET, JOINTS
from viewsync.worlds.people.levels import Level

if TYPE_CHECKING:
    import anny

Part = TypeVar("Part", Level, Spots)

FACE_COUNTS = (12_000, 3_000, 800)
"""Of the levels of detail: there are about half as many vertices."""
_INSIDE = ["eye_back.L", "eye_back.R", "eye_cavity.L", "eye_cavity.R", "mouth_cavity", "tongue"]


@dataclass(frozen=True)
class Shapes:
    """What all bodies share."""

    faces: Int[np.ndarray, "face 3"]
    """Of anny's surface, without what is inside the head."""
    weights: Float[np.ndarray, "fine joint"]
    regressors: Float[np.ndarray, "seen fine"]
    """How the joints that lie within the body, COCO-17 and feet, are made from anny's vertices."""
    levels: tuple[Level, ...]
    spots: tuple[Spots, ...]
    """Where on the map each level's vertices are."""
    chart: Chart


def sample_bodies(count: int, rng: np.random.Generator, adults_only: bool = False) -> tuple[Body, ...]:
    """People of varied sex, age, weight, height and proportions, as frequent as they are in a street.

    Args:
        count: How many.
        rng: Source of chance.
        adults_only: Nobody younger than 20.

    Raises:
        InputError: When the packages for rendered worlds aren't installed.
    """
    model, common = _model(), shapes()
    import torch
    from anny.shape_distribution import SimpleShapeDistribution

    classes = [(20, 60), (60, 85)] if adults_only else [(20, 60), (60, 85), (5, 15), (15, 20)]
    chances = np.array([0.85, 0.15] if adults_only else [0.68, 0.12, 0.12, 0.08])
    limits = np.array(classes)[rng.choice(len(classes), count, p=chances)]
    years, sexes = rng.uniform(limits[:, 0], limits[:, 1]), rng.beta(0.15, 0.15, count)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**63)))
        population = SimpleShapeDistribution(model, _Given(torch.tensor(years)), _Given(torch.tensor(sexes)))
        _, phenotypes = population.sample(count)
    return tuple(
        _body(model, common, {name: float(values[person]) for name, values in phenotypes.items()}, float(years[person]))
        for person in range(count)
    )


def average_body() -> Body:
    """The body that `skeleton.AVERAGE` belongs to: halfway in everything.

    Raises:
        InputError: When the packages for rendered worlds aren't installed.
    """
    return _body(_model(), shapes(), dict.fromkeys(_model().phenotype_labels, 0.5), 13.0)


@cache
def shapes() -> Shapes:
    """What all bodies share: from the cache folder, or made and kept there (some ten seconds; a minute for the very first).

    Raises:
        InputError: When the packages for rendered worlds aren't installed.
    """
    path = cache_folder() / f"bodies-{_code()}.npz"
    try:
        with np.load(path) as file:
            return _restored(file)
    except Exception:
        pass  # None there, or one that can't be read: it can be made anew.
    made = _make()
    arrays: dict[str, Any] = dict(_arrays(made))
    with suppress(OSError, InputError), whole_file(path) as temporary:
        np.savez_compressed(temporary, **arrays)
    return made


@dataclass(frozen=True)
class _Given:
    """A distribution that knows what comes."""

    values: Any

    def sample(self, shape: Sequence[int]) -> Any:
        """The values."""
        return self.values


@cache
def _model() -> "anny.Anny":
    try:
        import anny
        import pyvista  # noqa: F401  Said here, not halfway.
    except ImportError as error:
        raise InputError(f"rendered people need the extra: pip install 'viewsync[worlds]' ({error}).") from error
    return anny.Anny(rig="cmu_mb", topology="anny", skinning_method="lbs")


@cache
def _code() -> str:
    """Of everything that the shapes are made by."""
    digest = hashlib.sha256()
    for module in (__file__, levels_module.__file__, chart_module.__file__, skeleton.__file__):
        digest.update(Path(module).read_bytes())
    try:
        digest.update(importlib.metadata.version("anny").encode())
    except importlib.metadata.PackageNotFoundError as error:
        raise InputError("rendered people need the extra: pip install 'viewsync[worlds]' (anny is missing).") from error
    return digest.hexdigest()[:16]


def _make() -> Shapes:
    from anny import KeypointsRegressor
    from anny.face_segmentation import get_face_segmentation_mask

    model = _model()
    points = _rest(model, dict.fromkeys(model.phenotype_labels, 0.5))[0]
    inside = get_face_segmentation_mask(model, _INSIDE).numpy()
    faces = model.get_triangular_faces().numpy()[~inside]
    weights = np.zeros((len(points), len(BONES)))
    vertex = np.arange(len(points))[:, None]
    np.add.at(weights, (vertex, model.vertex_bone_indices.numpy()), model.vertex_bone_weights.numpy())
    regressors = KeypointsRegressor.coco(model, labels=[*COCO17, *FEET]).regression_weights.numpy()
    regressors /= regressors.sum(1, keepdims=True)
    levels = tuple(levels_module.cut(points, faces, _mirrored(points), count) for count in FACE_COUNTS)
    spots = tuple(chart_module.locate(level.take(points), level.take(weights), level.behind) for level in levels)
    return Shapes(faces, weights, regressors, levels, spots, chart_module.draw(points, faces, weights))


def _mirrored(points: Float[np.ndarray, "fine 3"]) -> Int[np.ndarray, " fine"]:
    return np.asarray(cKDTree(points).query(points * [-1, 1, 1])[1])


def _rest(
    model: "anny.Anny", phenotype: dict[str, float]
) -> tuple[Float[np.ndarray, "fine 3"], Float[np.ndarray, "joint 3"], Float[np.ndarray, "joint 3"]]:
    """Vertices, heads and tails at rest, with the soles on the ground."""
    import torch

    with torch.no_grad():
        made = model(phenotype_kwargs=phenotype)
    points, heads, tails = (made[name][0].numpy() for name in ("rest_vertices", "rest_bone_heads", "rest_bone_tails"))
    ground = np.array([0, 0, points[:, 2].min()])
    return points - ground, heads - ground, tails - ground


def _body(model: "anny.Anny", common: Shapes, phenotype: dict[str, float], years: float) -> Body:
    points, heads, tails = _rest(model, phenotype)
    normals = _normals(points, common.faces)
    details = []
    for level, weights in zip(common.levels, _level_weights(), strict=True):
        upright = level.take(normals)
        upright /= np.linalg.norm(upright, axis=1, keepdims=True)
        details.append(Detail(level.faces, level.take(points).astype(np.float32), upright.astype(np.float32), weights))
    height = float(points[common.faces, 2].max())
    return Body(Skeleton(heads, tails), tuple(details), height, years, phenotype["gender"], _anchors(common, points, heads))


@cache
def _level_weights() -> tuple[Float[np.ndarray, "vertex joint"], ...]:
    """The same arrays for everybody, so that a crowd that travels to another process takes them along once."""
    return tuple(level.take(shapes().weights).astype(np.float32) for level in shapes().levels)


def _normals(points: Float[np.ndarray, "fine 3"], faces: Int[np.ndarray, "face 3"]) -> Float[np.ndarray, "fine 3"]:
    a, b, c = np.moveaxis(points[faces], 1, 0)
    across = np.cross(b - a, c - a)
    normals = np.zeros_like(points)
    for corner in faces.T:
        np.add.at(normals, corner, across)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))


def _anchors(
    common: Shapes, points: Float[np.ndarray, "fine 3"], heads: Float[np.ndarray, "joint 3"]
) -> Float[np.ndarray, "truth joint 4"]:
    """Blending and regression are both linear, so that regressed vertices come down to one place per bone."""
    anchors = np.zeros((len(JOINTS), len(BONES), 4))

    def put(joint: str, shares: Float[np.ndarray, " fine"]) -> None:
        carried = common.weights * shares[:, None]
        total = carried.sum(0)
        anchors[JOINTS.index(joint)] = np.column_stack([carried.T @ points - total[:, None] * heads, total])

    def put_between(joint: str, one: str, other: str) -> None:
        anchors[JOINTS.index(joint)] = (anchors[JOINTS.index(one)] + anchors[JOINTS.index(other)]) / 2

    for joint, shares in zip((*COCO17, *FEET), common.regressors, strict=True):
        put(joint, shares)
    put("head_top", np.eye(1, len(points), int(points[:, 2].argmax()))[0])
    anchors[JOINTS.index("thorax"), BONES.index("Neck"), 3] = 1
    put_between("neck", "left_shoulder", "right_shoulder")
    put_between("pelvis", "left_hip", "right_hip")
    put_between("spine", "pelvis", "thorax")
    return anchors


# ── as arrays in a file ───────────────────────────────────────────────────────────────────────────────────────────


def _arrays(thing: object, name: str = "") -> dict[str, np.ndarray]:
    match thing:
        case np.ndarray():
            return {name: thing}
        case tuple():
            parts = {str(place): part for place, part in enumerate(thing)}
        case _:
            parts = vars(thing)
    return {key: array for part, value in parts.items() for key, array in _arrays(value, f"{name}/{part}").items()}


def _restored(file: Mapping[str, np.ndarray]) -> Shapes:
    def read(kind: type[Part], name: str) -> Part:
        return kind(**{field.name: file[f"{name}/{field.name}"] for field in fields(kind)})

    numbers = range(len(FACE_COUNTS))
    return Shapes(
        file["/faces"],
        file["/weights"],
        file["/regressors"],
        tuple(read(Level, f"/levels/{number}") for number in numbers),
        tuple(read(Spots, f"/spots/{number}") for number in numbers),
        Chart(read(Spots, "/chart/spots"), file["/chart/nearest"]),
    )
