"""3D pose from several cameras' pictures by a volume of their features, with the views brought to one instant before it.

Learnable triangulation (Iskakov et al., 2019, https://arxiv.org/abs/1905.05754) as the fusion network of Zhang and Chan
(2020, section IV-C): view synchronization comes between the backbone's features and all that is made of them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from viewsync.networks.algebraic_pose import AlgebraicPose, algebraic_pose
from viewsync.networks.cuboid import SIDE_METRES, Aggregation, Cuboid, SpaceViews, aggregate, unproject
from viewsync.networks.pose_backbone import PoseBackbone
from viewsync.networks.synchronized_views import Synchronized, choose_reference, synchronize
from viewsync.networks.v2v import V2V
from viewsync.networks.view_sync import CameraSync
from viewsync.types import InputError


class ViewFeatures(NamedTuple):
    """What each view's picture shows."""

    scales: tuple[Float[Tensor, "batch view channel _ _"], ...]
    """Features, coarsest first; zeros of missing views."""
    joint_confidences: Float[Tensor, "batch view joint"] | None
    """How much each view is to be believed about each joint."""
    channel_confidences: Float[Tensor, "batch view volume_channel"] | None
    """The same about each channel of the volume."""


class Pose(NamedTuple):
    """Joints at the reference view's instant, and what losses ask for."""

    joints_metres: Float[Tensor, "batch joint 3"]
    """In the world."""
    probabilities: Float[Tensor, "batch joint x y z"]
    """Of each voxel to be where the joint is."""
    cuboid: Cuboid
    """Which places the voxels are."""
    space: SpaceViews
    """What each view shows of the cuboid, at the reference's instant if the network synchronizes: for ℓ_s."""
    guess: AlgebraicPose
    """The joints by triangulation of the same features."""
    synchronized: Synchronized | None
    """Features of all views at the reference's instant, per scale; None if the network doesn't synchronize."""


class VolumetricNetwork(nn.Module):
    """Joints by what all views show of a cuboid around the person.

    Any number of views, two or more, may be missing or there: all share their weights.

    Args:
        backbone: Sees single pictures. It needs `channel_confidences` of as many channels for ``conf`` and ``conf_norm``.
        v2v: Sees the volume.
        channels: Of the volume.
        picture_pixels: Height and width of the pictures.
        pelvis_joints: Numbers of the joints whose middle is the cuboid's.
        voxels: Along each side of the cuboid.
        side_metres: Of the cuboid.
        aggregation: How views become one volume.
        sync: What brings the views to one instant; None if all pictures are taken at once.

    Raises:
        InputError: Sizes or heads don't fit.
    """

    def __init__(
        self,
        backbone: PoseBackbone,
        v2v: V2V,
        *,
        channels: int,
        picture_pixels: Sequence[int],
        pelvis_joints: Sequence[int],
        voxels: int,
        side_metres: float = SIDE_METRES,
        aggregation: Aggregation = "softmax",
        sync: CameraSync | None = None,
    ) -> None:
        super().__init__()
        height, width = picture_pixels
        backbone.map_sizes(picture_pixels)
        if voxels < 1 or voxels % v2v.multiple_voxels:
            raise InputError(f"voxels along each side must be a multiple of {v2v.multiple_voxels}, got {voxels}.")
        if aggregation.startswith("conf") and backbone.channel_head is None:
            raise InputError(f"aggregation {aggregation!r} needs a backbone with channel_confidences={channels}.")
        self.picture_pixels = (height, width)
        self.pelvis_joints = list(pelvis_joints)
        self.voxels, self.side_metres = voxels, side_metres
        self.aggregation: Aggregation = aggregation
        self.backbone, self.v2v, self.sync = backbone, v2v, sync
        self.to_volume = nn.Conv2d(backbone.features, channels, 1)

    def forward(
        self,
        pictures: Float[Tensor, "batch view in_channel height width"],
        projections: Float[Tensor, "batch view 3 4"],
        fundamental: Float[Tensor, "batch view view 3 3"] | None = None,
        present: Bool[Tensor, "batch view"] | None = None,
        *,
        pelvis_metres: Float[Tensor, "batch 3"] | None = None,
        turn_radians: Float[Tensor, " batch"] | None = None,
    ) -> Pose:
        """Joints at the instant of the first view that is there.

        Args:
            pictures: Of the views.
            projections: K [R | t] of each: from the world (metres, z up) to pixels of these pictures.
            fundamental: Of each view as the reference with each other one, for matching along epipolar lines.
            present: Which views have a picture; what is given for the others doesn't matter. All unless told.
            pelvis_metres: The cuboid's middle; from the triangulated joints unless told, through which no gradient passes.
            turn_radians: Of the cuboid about the vertical; 0 unless told.

        Raises:
            InputError: Sizes don't fit, or an instant has fewer than two views.
        """
        if present is None:
            present = torch.ones(pictures.shape[:2], dtype=torch.bool, device=pictures.device)
        _require_two(present)
        features, found = self.see(pictures, present), None
        maps, cameras = features.scales[-1], _of_present(projections, present)
        if self.sync is not None:
            found = synchronize(self.sync, features.scales, present, fundamental)
            maps = found.maps[-1]
        heatmaps = self.backbone.heatmaps(maps)
        guess = algebraic_pose(heatmaps, cameras, self.picture_pixels, present, features.joint_confidences)
        if pelvis_metres is None:
            pelvis_metres = guess.joints_metres[:, self.pelvis_joints].mean(dim=1).detach()
        if turn_radians is None:
            turn_radians = torch.zeros_like(pelvis_metres[:, 0])
        cuboid = Cuboid(pelvis_metres, turn_radians, self.voxels, self.side_metres)
        thin = _of_each(self.to_volume, maps)
        space = unproject(thin, cameras, cuboid.places_metres(), self.picture_pixels, present)
        logits = self.v2v(aggregate(space.maps, present, self.aggregation, features.channel_confidences))
        probabilities = logits.flatten(2).softmax(dim=2).view_as(logits)
        return Pose(cuboid.expectation_metres(probabilities), probabilities, cuboid, space, guess, found)

    def see(
        self,
        pictures: Float[Tensor, "batch view in_channel height width"],
        present: Bool[Tensor, "batch view"],
    ) -> ViewFeatures:
        """Features of each view, at the scales at which views are matched, and its confidences.

        Missing views' pictures aren't looked at, also where a batch is normalized together.

        Raises:
            InputError: The pictures are of another size.
        """
        if tuple(pictures.shape[-2:]) != self.picture_pixels:
            (rows, columns), (height, width) = pictures.shape[-2:], self.picture_pixels
            raise InputError(f"the pictures are {columns} x {rows}, but the network is for {width} x {height}. Scale them.")
        seen = self.backbone(pictures[present])
        confidences = [None if part is None else _scattered(part, present) for part in seen[1:]]
        scales = [_scattered(seen.maps, present)]
        while self.sync is not None and len(scales) < len(self.sync.sizes):
            scales.append(functional.avg_pool3d(scales[-1], (1, 2, 2)))
        return ViewFeatures(tuple(reversed(scales)), *confidences)


def _require_two(present: Bool[Tensor, "batch view"]) -> None:
    few = (present.sum(dim=1) < 2).nonzero()
    if len(few):
        instant = int(few[0])
        raise InputError(
            f"instant {instant} of the batch has {int(present[instant].sum())} views, but joints in space take two or more. "
            "Leave it out."
        )


def _of_present(
    projections: Float[Tensor, "batch view 3 4"], present: Bool[Tensor, "batch view"]
) -> Float[Tensor, "batch view 3 4"]:
    """Cameras, with one that is there in the place of each that is missing, whose own may be anything."""
    instants = torch.arange(len(present), device=present.device)
    one = projections[instants, choose_reference(present)]
    return torch.where(present[:, :, None, None], projections, one[:, None])


def _of_each(
    convolution: nn.Conv2d, maps: Float[Tensor, "batch view channel row column"]
) -> Float[Tensor, "batch view out row column"]:
    found: Tensor = convolution(maps.flatten(0, 1))
    return found.view(*maps.shape[:2], *found.shape[1:])


def _scattered(values: Float[Tensor, "picture ..."], present: Bool[Tensor, "batch view"]) -> Float[Tensor, "batch view ..."]:
    """Of single pictures, each in its view's place."""
    whole = values.new_zeros(*present.shape, *values.shape[1:])
    return whole.index_put(present.nonzero(as_tuple=True), values)
