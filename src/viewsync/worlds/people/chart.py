"""The map of the human body by which clothes are painted.

It is drawn on the average body, and so tells for any body alike where a sleeve ends or a hairline runs. Its picture shows
the body from the front on the left half, and from behind on the right half.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.ndimage import distance_transform_edt

from viewsync.worlds.motions.skeleton import AVERAGE, JOINTS

SIZE_TEXELS = 512
WIDTH_METRES, HEIGHT_METRES = 1.06, 1.66
"""Of each half of the picture."""
TEXEL_METRES = 0.5 * (2 * WIDTH_METRES + HEIGHT_METRES) / SIZE_TEXELS

_ARMS = (("LeftArm", "LeftForeArm", "LeftHand"), ("RightArm", "RightForeArm", "RightHand"))
_LEGS = (("LeftUpLeg", "LeftLeg", "LeftFoot"), ("RightUpLeg", "RightLeg", "RightFoot"))
_CARRIED_BY = {
    "LThumb": "LeftHand", "LeftFingerBase": "LeftHand", "LeftHandFinger1": "LeftHand", "LeftToeBase": "LeftFoot",
    "RThumb": "RightHand", "RightFingerBase": "RightHand", "RightHandFinger1": "RightHand", "RightToeBase": "RightFoot",
}  # fmt: skip
"""Small bones that count as the one that carries them."""
_TRUNK_RADIUS, _LEG_RADIUS, _ARM_RADIUS = 0.16, 0.08, 0.05


@dataclass(frozen=True)
class Spots:
    """Places on the skin, as anatomy tells them."""

    points_metres: Float[np.ndarray, "spot 3"]
    """On the average body at rest."""
    arm: Float[np.ndarray, " spot"]
    """How far down the arm: 0 shoulder, 1 elbow, 2 wrist, 3 knuckles; what isn't on an arm is below 0."""
    leg: Float[np.ndarray, " spot"]
    """How far down the leg: 0 hip, 1 knee, 2 ankle, 3 toes; what isn't on a leg is below 0."""
    around_metres: Float[np.ndarray, " spot"]
    """Around the trunk or limb: 0 in front, positive to the person's left."""
    girth_metres: Float[np.ndarray, " spot"]
    """Length of a full turn of it."""
    along_metres: Float[np.ndarray, " spot"]
    """Upwards along the trunk, leg or arm."""
    behind: Bool[np.ndarray, " spot"]
    """Painted on the back."""

    def only(self, wanted: Bool[np.ndarray, " spot"]) -> "Spots":
        """Some of the spots."""
        return Spots(*(values[wanted] for values in vars(self).values()))


@dataclass(frozen=True)
class Chart:
    """The picture's texels as places on the skin."""

    spots: Spots
    nearest: Int[np.ndarray, "height width"]
    """For each texel, also those beside the body, the spot whose colour it takes."""


def texture_coordinates(
    points_metres: Float[np.ndarray, "spot 3"], behind: Bool[np.ndarray, " spot"]
) -> Float[np.ndarray, "spot 2"]:
    """Where on the picture points of the average body lie; (0, 0) is its upper left corner, (1, 1) its lower right one."""
    across = 0.5 * (points_metres[:, 0] / WIDTH_METRES + 0.5 + behind)
    return np.column_stack([across, 1 - points_metres[:, 2] / HEIGHT_METRES])


def on_the_back(points_metres: Float[np.ndarray, "vertex 3"], faces: Int[np.ndarray, "face 3"]) -> Bool[np.ndarray, " face"]:
    """Which triangles of the average body's surface are painted on the back: those that look there."""
    a, b, c = np.moveaxis(points_metres[faces], 1, 0)
    center = (a + b + c) / 3
    # What looks back within the face is the inside of lids and lips.
    return np.asarray((np.cross(b - a, c - a)[:, 1] > 0) & ((center[:, 2] < 1.4) | (center[:, 1] > -0.09)))


def locate(
    points_metres: Float[np.ndarray, "spot 3"],
    weights: Float[np.ndarray, "spot joint"],
    behind: Bool[np.ndarray, " spot"],
) -> Spots:
    """Tell places on the average body by anatomy.

    Args:
        points_metres: The places, on the average body at rest.
        weights: How much each bone carries them.
        behind: Whether they are painted on the back.
    """
    shares = weights.copy()
    for small, bone in _CARRIED_BY.items():
        shares[:, JOINTS.index(bone)] += weights[:, JOINTS.index(small)]
    arm, arm_around, on_arm = _limb(points_metres, shares, _ARMS)
    leg, leg_around, on_leg = _limb(points_metres, shares, _LEGS)
    x, y, z = points_metres.T
    parts, nowhere = [on_arm > 0.5, on_leg > 0.5], np.float64(-1)
    radius = np.select(parts, [_ARM_RADIUS, _LEG_RADIUS], _TRUNK_RADIUS)
    # Flatter towards the shoulders, or stripes would all run to the neck.
    trunk_around = np.arctan2(x, -(y + 0.02) * (1 + 2 * np.clip((z - 1.15) / 0.2, 0, 1)))
    around = np.select(parts, [arm_around, leg_around], trunk_around)
    along = np.select(parts, [-0.25 * arm, z], z)
    return Spots(
        points_metres,
        np.where(on_arm > 0.05, arm, nowhere),
        np.where(on_leg > 0.05, leg, nowhere),
        around * radius,
        2 * np.pi * radius,
        along,
        behind,
    )


def draw(
    points: Float[np.ndarray, "fine 3"], faces: Int[np.ndarray, "face 3"], weights: Float[np.ndarray, "fine joint"]
) -> Chart:
    """Draw the map from the average body's finest surface."""
    behind = on_the_back(points, faces)
    steps = np.linspace(0, 1, 10)
    shares = np.array([(1 - u - v, u, v) for u in steps for v in steps if u + v < 1 + 1e-9])
    sample, face = (index.ravel() for index in np.indices((len(shares), len(faces))))
    places = np.einsum("sc,fcx->sfx", shares, points[faces]).reshape(-1, 3)

    across, down = texture_coordinates(places, behind[face]).T
    row, column = (np.clip(SIZE_TEXELS * place, 0, SIZE_TEXELS - 1).astype(np.int64) for place in (down, across))
    texel = SIZE_TEXELS * row + column
    outward = np.where(behind[face], places[:, 1], -places[:, 1])
    order = np.lexsort((-outward, texel))
    seen, first = np.unique(texel[order], return_index=True)
    shown = order[first]

    number = np.full(SIZE_TEXELS**2, -1)
    number[seen] = np.arange(len(seen))
    numbers = number.reshape(SIZE_TEXELS, SIZE_TEXELS)
    nearest = distance_transform_edt(numbers < 0, return_distances=False, return_indices=True)
    carried = np.einsum("sc,scj->sj", shares[sample[shown]], weights[faces[face[shown]]])
    return Chart(locate(places[shown], carried, behind[face[shown]]), numbers[tuple(nearest)])


def _limb(
    points: Float[np.ndarray, "spot 3"], shares: Float[np.ndarray, "spot joint"], sides: tuple[tuple[str, ...], ...]
) -> tuple[Float[np.ndarray, " spot"], Float[np.ndarray, " spot"], Float[np.ndarray, " spot"]]:
    """How far down a limb on either side, the angle around it, and how much of the spot is on it."""
    bones = [JOINTS.index(name) for side in sides for name in side]
    places = np.array([place for side in sides for place in range(len(side))])
    heads, arrows = AVERAGE.heads_metres[bones], (AVERAGE.tails_metres - AVERAGE.heads_metres)[bones]
    lengths = np.linalg.norm(arrows, axis=1)
    axes = arrows / lengths[:, None]
    fronts = np.array([0.0, -1.0, 0.0]) + axes * axes[:, 1:2]
    fronts /= np.linalg.norm(fronts, axis=1, keepdims=True)
    lefts = np.cross(axes, fronts)

    offsets = points[:, None] - heads
    share = shares[:, bones]
    total = share.sum(1)
    down = places + np.clip(np.einsum("sbx,bx->sb", offsets, axes) / lengths, -0.4, 1.5)
    angle = np.arctan2(np.einsum("sbx,bx->sb", offsets, lefts), np.einsum("sbx,bx->sb", offsets, fronts))
    main = share.argmax(1)[:, None]
    return (share * down).sum(1) / np.maximum(total, 1e-9), np.take_along_axis(angle, main, 1)[:, 0], total
