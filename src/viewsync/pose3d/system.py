"""A network that tells joints in space, with one of the paper's ways to bring the views to one instant."""

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor, nn

from viewsync.geometry.triangulation import robust
from viewsync.networks import v2v
from viewsync.networks.algebraic_pose import AlgebraicPose
from viewsync.networks.cuboid import Aggregation
from viewsync.networks.epipolar_band import sigma_for
from viewsync.networks.pose_backbone import STRIDE, PoseBackbone
from viewsync.networks.v2v import V2V
from viewsync.networks.view_sync import CameraSync, Matching
from viewsync.networks.view_warp import TABLE_I
from viewsync.networks.volumetric import Pose, VolumetricNetwork
from viewsync.types import InputError

Method = Literal["BaseS", "BaseU", "CLS-cor", "CLS-epi"]
"""Of Table IV. The first two are the volumetric network alone; they differ in what they learn from."""
METHODS: tuple[Method, ...] = get_args(Method)
BASELINES: tuple[Method, ...] = ("BaseS", "BaseU")
Preset = Literal["small", "paper"]

SCALES = 3
"""Sizes of features that are matched, each half the one before."""
INLIER_SHARE = 30 / 384
"""Of a picture's width: up to where a view agrees with the others, as released for 384 pixels."""
_MATCHINGS: dict[Method, Matching] = {"CLS-cor": "cor", "CLS-epi": "epi"}
_SMALL_WIDTHS = (32, 32, 16, 16, 8)
"""A quarter of Table I."""
_SMALL_MATCHED_SCALES = 2
"""The two coarser ones, as for counting."""


class PoseNetwork(nn.Module):
    """The volumetric network, with or without synchronization.

    Args:
        method: Which way of synchronization, if any.
        joints: Their names. The cuboid is around `pelvis`, without one around the middle of the hips.
        picture_pixels: Height and width of the pictures.
        preset: ``paper`` is a ResNet-152 with 256 channels and 64 voxels a side, for 384 × 384. ``small`` has the same
            structure with fewer channels and blocks, 32 voxels, and a flow that isn't refined at the finest scale.
        channels: Of the pictures.
        aggregation: How views become one volume.
        confidences: Whether the network tells how far each view is to be believed about each joint.
        sigma_cells: σ of the epipolar mask at each scale, coarsest first, for ``CLS-epi`` (see `sigma_cells`).
        voxels: Along each side of the cuboid; the preset's unless told.

    Raises:
        InputError: The size of pictures can't be used, there are neither pelvis nor hips, or σ is missing.
    """

    def __init__(
        self,
        method: Method,
        joints: Sequence[str],
        picture_pixels: Sequence[int],
        *,
        preset: Preset = "small",
        channels: int = 1,
        aggregation: Aggregation = "softmax",
        confidences: bool = True,
        sigma_cells: Sequence[float] = (),
        voxels: int | None = None,
    ) -> None:
        super().__init__()
        self.method, self.joints = method, tuple(joints)
        small = preset == "small"
        wide = 16 if small else 32
        if voxels is None:
            voxels = 32 if small else 64
        heads: dict[str, Any] = {
            "joint_confidences": confidences,
            "channel_confidences": wide if aggregation.startswith("conf") else 0,
        }
        backbone = (PoseBackbone.small if small else PoseBackbone.paper)(len(joints), channels, **heads)
        self.network = VolumetricNetwork(
            backbone, V2V(wide, len(joints), **(v2v.SMALL if small else {})), channels=wide, picture_pixels=picture_pixels,
            pelvis_joints=_pelvis(self.joints), voxels=voxels, aggregation=aggregation,
            sync=_synchronization(method, backbone, picture_pixels, small, sigma_cells),
        )  # fmt: skip

    def forward(
        self,
        pictures: Float[Tensor, "batch view channel height width"],
        projections: Float[Tensor, "batch view 3 4"],
        fundamental: Float[Tensor, "batch view view 3 3"] | None = None,
        present: Bool[Tensor, "batch view"] | None = None,
        *,
        pelvis_metres: Float[Tensor, "batch 3"] | None = None,
        turn_radians: Float[Tensor, " batch"] | None = None,
    ) -> Pose:
        """As `VolumetricNetwork.forward`.

        Raises:
            InputError: Sizes don't fit, an instant has fewer than two views, or ``CLS-epi`` isn't told the fundamental
                matrices.
        """
        pose: Pose = self.network(
            pictures, projections, fundamental, present, pelvis_metres=pelvis_metres, turn_radians=turn_radians
        )
        return pose

    def begin_from(self, other: "PoseNetwork") -> None:
        """Take over how somebody else sees joints, but not how they synchronize.

        Raises:
            RuntimeError: It is of another size.
        """
        weights = {name: one for name, one in other.network.state_dict().items() if not name.startswith("sync.")}
        self.network.load_state_dict(self.network.state_dict() | weights)


def sigma_cells(latency_seconds: float, pixels_per_metre: float) -> tuple[float, ...]:
    """σ of the epipolar mask at each scale, coarsest first: what moves as people walk stays within the band.

    Args:
        latency_seconds: The largest between two views.
        pixels_per_metre: Of the network's pictures, at the person.
    """
    return sigma_for(latency_seconds, pixels_per_metre, [float(STRIDE << scale) for scale in reversed(range(SCALES))])


def robust_joints_metres(
    guess: AlgebraicPose, projections: Float[Tensor, "batch view 3 4"], picture_pixels: Sequence[int]
) -> Float[np.ndarray, "batch joint 3"]:
    """Joints of the views that agree on them (RANSAC), by what heat-maps show: a baseline to compare with.

    Args:
        guess: From the network.
        projections: As given to the network.
        picture_pixels: Height and width of the pictures.

    Returns:
        In the world; nan ("missing") where no two views agree, or one that counts has it behind it.
    """
    found = []
    for matrices, pixels, weights in zip(projections, guess.pixels, guess.weights, strict=True):
        counts = (weights > 0).any(dim=1)
        there = [one[counts].detach().cpu().double().numpy() for one in (matrices, pixels, weights)]
        found.append(robust(*there, inlier_pixels=INLIER_SHARE * picture_pixels[1]).known_metres)
    return np.array(found)


def _pelvis(joints: tuple[str, ...]) -> list[int]:
    if "pelvis" in joints:
        return [joints.index("pelvis")]
    if not {"left_hip", "right_hip"} <= set(joints):
        raise InputError(f"the cuboid is around pelvis or the middle of both hips; among {', '.join(joints)} is neither.")
    return [joints.index("left_hip"), joints.index("right_hip")]


def _synchronization(
    method: Method, backbone: PoseBackbone, picture_pixels: Sequence[int], small: bool, sigmas: Sequence[float]
) -> CameraSync | None:
    if method not in _MATCHINGS:
        return None
    epi = method == "CLS-epi"
    return CameraSync(
        backbone.map_sizes(picture_pixels, SCALES), backbone.features, _MATCHINGS[method], centered=True,
        picture_pixels=picture_pixels if epi else None, sigma_cells=sigmas if epi else (),
        evaluation="band" if epi and not small else None, matched_scales=_SMALL_MATCHED_SCALES if small else None,
        widths=_SMALL_WIDTHS if small else TABLE_I,
    )  # fmt: skip
