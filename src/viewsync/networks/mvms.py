"""MVMS (Zhang & Chan, CVPR 2019): how many people are on the ground, and where, by several cameras' pictures."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from viewsync.networks.mvms_layers import ScaleFusion, eye, he_normal, project, to_density
from viewsync.networks.synchronized_views import Synchronized, synchronize
from viewsync.networks.view_sync import SceneSync, ViewSync
from viewsync.types import InputError

STRIDE = 4
"""Pixels of a picture per cell of its features."""
SMALL: dict[str, Any] = {
    "channels": (8, 8, 16, 16),
    "decoder": (32, 16),
    "rectified": False,
    "share_views": True,
    "share_scales": True,
}
"""Arguments of `MVMS.small`."""


class Geometry(NamedTuple):
    """Where the cameras stand, as far as counting needs it."""

    sampling: Float[Tensor, "batch view row column 2"]
    """Where each view shows each cell of the ground (`viewsync.geometry.ground_maps.sampling_map`)."""
    depths: Float[Tensor, "batch view height width"]
    """How far off people are whom a pixel shows (`viewsync.geometry.ground_maps.depth_map`); in any unit, of any size."""
    fundamental: Float[Tensor, "batch view view 3 3"] | None = None
    """Of each view as the reference with each other one, for matching along epipolar lines."""
    projections: Float[Tensor, "batch view 3 4"] | None = None
    """K [R | t] of each view: from the world (metres, z up) to pixels of the pictures, for matching on planes."""


class GroundViews(NamedTuple):
    """What each view shows of the ground."""

    maps: Float[Tensor, "batch view channel row column"]
    """Features; zeros where it shows nothing."""
    seen: Bool[Tensor, "batch view row column"]
    """Where it shows something."""


class Count(NamedTuple):
    """What was counted, and what losses of view synchronization ask for."""

    density: Float[Tensor, "batch 1 row column"]
    """People per cell of the ground, in the unit of the target that the network was trained on."""
    ground: GroundViews
    """At the reference view's instant, if the network synchronizes."""
    synchronized: Synchronized | None
    """In pictures or on the ground, as the network does it; None if it doesn't."""


class MVMS(nn.Module):
    """Multi-view multi-scale fusion.

    Each view's picture is seen at several sizes; far people are looked for in the large one, near ones in the smaller
    ones, by depth. What was found is looked up for each cell of the ground, and all views' maps of the ground together
    are decoded to the density of people. `forward` is these three steps, with synchronization in between.

    Args:
        views: How many cameras there are.
        channels: Of the four convolutions that see a picture.
        decoder: Of the two convolutions before the density.
        scales: Sizes of the picture, each half the one before.
        rectified: Whether the density goes through a last ReLU. With it, some first weights count nobody on nearly all of
            the ground, and hardly learn.
        share_views: One set of weights for all views, not one for each.
        share_scales: One set of weights for all sizes of the picture, not one for each.
        view_heads: Whether each view's picture can be decoded by itself (`view_densities`), as for pre-training.
        sync: What brings the views to one instant, in pictures (`CameraSync`) or on the ground (`SceneSync`); several, one
            for each view; or None, if all pictures are taken at once.
        own_matching: Pictures are matched by features of their own, as released, not by those that people are counted by.
    """

    def __init__(
        self,
        views: int,
        *,
        channels: tuple[int, int, int, int] = (16, 16, 32, 32),
        decoder: tuple[int, int] = (64, 32),
        scales: int = 3,
        rectified: bool = True,
        share_views: bool = False,
        share_scales: bool = False,
        view_heads: bool = False,
        sync: ViewSync | nn.ModuleList | None = None,
        own_matching: bool = False,
    ) -> None:
        super().__init__()
        self.views = views
        self.scales = scales
        self.channels = channels[-1]
        """Of a view's features, in its picture and on the ground."""
        cameras = 1 if share_views else views
        self.eyes = _eyes(channels, cameras, 1 if share_scales else scales)
        self.matching_eyes = _eyes(channels, cameras, 1) if own_matching else None
        self.fusions = nn.ModuleList(ScaleFusion(self.channels, scales) for _ in range(cameras))
        heads = cameras if view_heads else 0
        self.heads = nn.ModuleList(to_density(self.channels, decoder, rectified) for _ in range(heads))
        together = views * self.channels
        mix = nn.Conv2d(together, together, 1)
        self.decoder = nn.Sequential(mix, nn.ReLU(), *to_density(together, decoder, rectified))
        self.apply(he_normal)
        self.sync = sync
        first = sync[0] if isinstance(sync, nn.ModuleList) else sync
        self.syncs_scene = isinstance(first, SceneSync)
        self.syncs_pictures = sync is not None and not self.syncs_scene

    @classmethod
    def paper(cls, views: int = 3, **options: Any) -> "MVMS":
        """As released."""
        return cls(views, **options)

    @classmethod
    def small(cls, views: int = 3, **options: Any) -> "MVMS":
        """Half as wide, with weights in common and no last ReLU: for two cores, and places never seen."""
        return cls(views, **{**SMALL, **options})

    def forward(
        self,
        pictures: Float[Tensor, "batch view 1 height width"],
        geometry: Geometry,
        present: Bool[Tensor, "batch view"] | None = None,
    ) -> Count:
        """Count people at the instant of the first view that is there.

        Args:
            pictures: Gray.
            geometry: Of the same views.
            present: Which views have a picture; what is given for the others doesn't matter. All unless told.

        Raises:
            InputError: Sizes don't fit.
        """
        scales, found = self.see(pictures), None
        if self.syncs_pictures:
            found = self.in_step(pictures, scales, geometry, present)
            scales = tuple(found.maps)
        ground = self.on_ground(scales, geometry, present)
        if self.syncs_scene:
            found = self.in_step(pictures, [ground.maps], geometry, present)
            # As if seen at the reference's instant: what has gone out of sight isn't seen any more.
            ground = ground._replace(maps=_where(ground.seen, found.maps[0]))
            found = replace(found, maps=[ground.maps])
        return Count(self.count(ground), ground, found)

    def see(
        self, pictures: Float[Tensor, "batch view 1 height width"]
    ) -> tuple[Float[Tensor, "batch view channel _ _"], ...]:
        """Features of each view at each scale, coarsest first; a cell is 4 pixels of the scale's picture.

        Raises:
            InputError: The number of views or the size can't be used.
        """
        self._require_views("pictures", pictures.shape[1])
        feature_sizes(tuple(pictures.shape[-2:]), self.scales)
        return self._seen_by(self.eyes, pictures)

    def in_step(
        self,
        pictures: Float[Tensor, "batch view 1 height width"],
        maps: Sequence[Float[Tensor, "batch view channel _ _"]],
        geometry: Geometry,
        present: Bool[Tensor, "batch view"] | None = None,
    ) -> Synchronized:
        """Maps brought to the reference's instant.

        Args:
            pictures: That they are of.
            maps: From `see`, or from `on_ground` where the network synchronizes there (`syncs_scene`).
            geometry: Of the same views.
            present: Which views have a picture.

        Raises:
            InputError: The network doesn't synchronize, sizes don't fit, or what it needs of the geometry is missing.
        """
        if self.sync is None:
            raise InputError("the network doesn't synchronize views. Make it with sync.")
        own = self.matching_eyes if self.syncs_pictures else None
        matched = None if own is None else self._seen_by(own, pictures)
        return synchronize(self.sync, maps, present, geometry.fundamental, geometry.projections, matching_maps=matched)

    def _seen_by(self, eyes: nn.ModuleList, pictures: Tensor) -> tuple[Tensor, ...]:
        found = []
        for scale in range(self.scales):
            if scale:
                pictures = functional.avg_pool3d(pictures, (1, 2, 2))
            seen = []
            for view in range(self.views):
                of_view = _of(eyes, view)
                assert isinstance(of_view, nn.ModuleList)
                seen.append(_of(of_view, scale)(pictures[:, view]))
            found.append(torch.stack(seen, dim=1))
        return tuple(reversed(found))

    def view_densities(
        self, scales: Sequence[Float[Tensor, "batch view channel _ _"]]
    ) -> Float[Tensor, "batch view 1 height width"]:
        """People per cell of each view's own picture, by its finest features from `see`.

        Raises:
            ValueError: It was made without `view_heads`.
        """
        if not self.heads:
            raise ValueError("this network has no heads for single views: make it with view_heads=True")
        finest = scales[-1]
        return torch.stack([_of(self.heads, view)(finest[:, view]) for view in range(self.views)], dim=1)

    def on_ground(
        self,
        scales: Sequence[Float[Tensor, "batch view channel _ _"]],
        geometry: Geometry,
        present: Bool[Tensor, "batch view"] | None = None,
    ) -> GroundViews:
        """What each view shows of the ground: its scales joined by depth, and looked up at each cell.

        Args:
            scales: From `see`, or the same synchronized.
            geometry: Of the same views.
            present: Which views have a picture.

        Raises:
            InputError: The geometry is of another number of views.
        """
        for maps in (geometry.sampling, geometry.depths):
            self._require_views("geometry", maps.shape[1])
        rows, columns = geometry.depths.shape[-2:]
        depths = geometry.depths / geometry.depths[:, :1, rows // 2, columns // 2, None, None]
        joined = [_of(self.fusions, view)([maps[:, view] for maps in scales], depths[:, view]) for view in range(self.views)]
        seen = (geometry.sampling.abs() <= 1).all(-1)
        if present is not None:
            seen = seen & present[:, :, None, None]
        looked_up = [project(maps, geometry.sampling[:, view]) for view, maps in enumerate(joined)]
        return GroundViews(_where(seen, torch.stack(looked_up, dim=1)), seen)

    def count(self, ground: GroundViews) -> Float[Tensor, "batch 1 row column"]:
        """The density of people, by what all views show of the ground."""
        density: Tensor = self.decoder(ground.maps.flatten(1, 2))
        return density

    def _require_views(self, name: str, views: int) -> None:
        if views != self.views:
            raise InputError(
                f"the {name} are of {views} views, but the network is for {self.views}. Leave a missing view in its place, "
                "and say in `present` that it is missing."
            )


def feature_sizes(picture_pixels: Sequence[int], scales: int = 3) -> tuple[tuple[int, int], ...]:
    """Rows and columns of the features at each scale, coarsest first, as `CameraSync` asks for.

    Args:
        picture_pixels: Height and width of the pictures.
        scales: Sizes of the picture.

    Raises:
        InputError: Pictures of this size can't be halved so often.
    """
    height, width = picture_pixels
    fits = max(STRIDE, 2 ** (scales - 1))
    if height % fits or width % fits:
        raise InputError(
            f"the pictures are {width} x {height}, but both sides must be multiples of {fits}. Crop or scale them, "
            "and their calibration with them."
        )
    strides = [STRIDE * 2**scale for scale in reversed(range(scales))]
    return tuple((math.ceil(height / stride), math.ceil(width / stride)) for stride in strides)


def _where(
    seen: Bool[Tensor, "batch view row column"], maps: Float[Tensor, "batch view channel row column"]
) -> Float[Tensor, "batch view channel row column"]:
    return maps.masked_fill(~seen[:, :, None], 0.0)


def _of(modules: nn.ModuleList, number: int) -> nn.Module:
    """A module of its own for each, or the one for all."""
    return modules[number if len(modules) > 1 else 0]


def _eyes(channels: tuple[int, int, int, int], cameras: int, scales: int) -> nn.ModuleList:
    return nn.ModuleList(nn.ModuleList(eye(channels) for _ in range(scales)) for _ in range(cameras))
