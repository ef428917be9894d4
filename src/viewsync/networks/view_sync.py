"""Bringing the feature maps of several views to one view's instant, inside any multi-view network.

Zhang and Chan, "Single-Frame based Deep View Synchronization for Unsynchronized Multi-Camera Surveillance" (2020,
https://arxiv.org/abs/2007.03891). Numbers of equations, tables and figures are theirs.

    sync = CameraSync(sizes=((36, 48), (72, 96)), matching="cor")
    synchronized = synchronize(sync, maps)
    loss = task_loss + gamma * similarity_loss(project(synchronized.maps), synchronized.reference)

`synchronize` is in `synchronized_views`, the losses are in `view_losses`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import inf
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from viewsync.networks.epipolar_band import EpipolarBand, Falloff, epipolar_lines
from viewsync.networks.view_matching import (
    Evaluation,
    Mask,
    convolve_correlation,
    correlate,
    difference_factors,
    enlarged_correlation,
)
from viewsync.networks.view_warp import TABLE_I, Activation, Border, MotionNetwork, enlarge, enlarge_flow, warp
from viewsync.types import InputError

Matching = Literal["cat", "cor", "epi"]
"""``cat``: the two views' channels one after the other (eq. 14). ``cor``: all positions with all (eq. 15). ``epi``: these,
weighted by the epipolar mask (eq. 17)."""
Maps = Sequence[Float[Tensor, "view_pair channel _ _"]]
"""Feature maps of one view of each pair, per scale, coarsest first."""
Flows = list[Float[Tensor, "view_pair 2 _ _"]]
"""Per scale, coarsest first, in its cells."""


class ViewSync(nn.Module, ABC):
    """What finds the flow between a reference view and another view, and moves the other's maps along it.

    Args:
        border: What lies outside the maps, as in `view_warp.warp`.
    """

    def __init__(self, border: Border = "zeros") -> None:
        super().__init__()
        self.border = border

    def forward(
        self,
        reference_maps: Maps,
        other_maps: Maps,
        fundamental: Float[Tensor, "view_pair 3 3"] | None = None,
        projections: Float[Tensor, "view_pair 2 3 4"] | None = None,
    ) -> tuple[list[Float[Tensor, "view_pair channel _ _"]], Flows]:
        """The other view's maps as at the reference's instant, and the flow along which they were moved.

        Args:
            reference_maps: Of the reference view.
            other_maps: Of the other view, of the same sizes.
            fundamental: Of each pair, F with x_referenceᵀ F x_other = 0 for pixels, for ``epi`` only.
            projections: Of each pair, K [R | t] of the reference and of the other view, for `PlaneSync` only.

        Raises:
            InputError: Maps aren't of the sizes or numbers that the network was made for, or what it needs is missing.
        """
        flows = self.flows(reference_maps, other_maps, fundamental, projections)
        return self.warp(other_maps, flows), flows

    @abstractmethod
    def flows(
        self,
        reference_maps: Maps,
        other_maps: Maps,
        fundamental: Float[Tensor, "view_pair 3 3"] | None = None,
        projections: Float[Tensor, "view_pair 2 3 4"] | None = None,
    ) -> Flows:
        """The flow alone, with arguments as for `forward`: for maps to be matched that aren't those to be moved."""

    def warp(self, maps: Maps, flows: Flows) -> list[Float[Tensor, "view_pair channel _ _"]]:
        """Each scale's maps moved along its flow."""
        return [warp(each, flow, self.border) for each, flow in zip(maps, flows, strict=True)]


class SceneSync(ViewSync):
    """Scene-level synchronization, SLS: of maps projected on the ground plane (eq. 4–5), at one scale.

    Args:
        channels: Of one view's map.
        activation: Of the motion network.
        widths: Of the motion network.
        border: What lies outside the maps.
    """

    def __init__(
        self,
        channels: int = 32,
        activation: Activation = "tanh",
        widths: Sequence[int] = TABLE_I,
        border: Border = "zeros",
    ) -> None:
        super().__init__(border)
        self.motion = MotionNetwork(2 * channels, activation, widths)

    def flows(
        self,
        reference_maps: Maps,
        other_maps: Maps,
        fundamental: Float[Tensor, "view_pair 3 3"] | None = None,
        projections: Float[Tensor, "view_pair 2 3 4"] | None = None,
    ) -> Flows:
        """The flow on the ground; cameras say nothing about it."""
        (reference,), (other,) = reference_maps, other_maps
        return [self.motion(torch.cat([reference, other], dim=1))]


class CameraSync(ViewSync):
    """Camera-level synchronization, CLS: of camera views' maps, scale by scale (eq. 10–18, Fig. 4).

    Each scale has a motion network of its own. The coarsest gets the match C(1), the others C(j) − up(C(j−1)), and tell
    what is to be added to the enlarged flow of the scale before. The epipolar mask weighs that whole difference.

    Args:
        sizes: Rows and columns of the maps, coarsest first.
        channels: Of the maps.
        matching: How views are matched.
        centered: Match what is left of features after subtracting each map's mean. Behind a ReLU all of them are positive,
            so that everything matches everything, from which motion networks hardly learn.
        picture_pixels: Height and width of the pictures whose pixels fundamental matrices are about, for ``epi``.
        sigma_cells: σ of the epipolar mask at each scale, for ``epi``; see `epipolar_band.sigma_for`.
        cut_sigmas: Where the mask is cut off; inf as printed.
        falloff: Of the mask; ``laplacian`` as released.
        normalized: Divide weighted correlations by their sum for each reference position, as released; only ``dense``.
        evaluation: How motion networks get at the correlation; unless told, ``factored`` for ``cor``, ``dense`` for ``epi``.
        matched_scales: How many scales are matched, coarsest first; the flow of the others is just enlarged, as released
            for CityStreet. All unless told.
        activation: Of the motion networks.
        widths: Of the motion networks.
        border: What lies outside the maps.

    Raises:
        InputError: The arguments don't belong together.
    """

    def __init__(
        self,
        sizes: Sequence[Sequence[int]],
        channels: int = 32,
        matching: Matching = "epi",
        *,
        centered: bool = False,
        picture_pixels: Sequence[int] | None = None,
        sigma_cells: Sequence[float] = (),
        cut_sigmas: float = 3.0,
        falloff: Falloff = "gaussian",
        normalized: bool = False,
        evaluation: Evaluation | None = None,
        matched_scales: int | None = None,
        activation: Activation = "tanh",
        widths: Sequence[int] = TABLE_I,
        border: Border = "zeros",
    ) -> None:
        super().__init__(border)
        self.sizes = tuple((rows, columns) for rows, columns in sizes)
        self.matching = matching
        self.centered = centered
        self.picture_pixels = picture_pixels
        self.bands = [EpipolarBand(sigma, cut_sigmas, falloff) for sigma in sigma_cells]
        self.normalized = normalized
        self.matched_scales = len(self.sizes) if matched_scales is None else matched_scales
        self.evaluation: Evaluation = evaluation or ("factored" if matching == "cor" else "dense")
        self._require_consistent()
        self.motions = nn.ModuleList(
            MotionNetwork(2 * channels if matching == "cat" else rows * columns, activation, widths)
            for rows, columns in self.sizes[: self.matched_scales]
        )

    def flows(
        self,
        reference_maps: Maps,
        other_maps: Maps,
        fundamental: Float[Tensor, "view_pair 3 3"] | None = None,
        projections: Float[Tensor, "view_pair 2 3 4"] | None = None,
    ) -> Flows:
        """As described in `ViewSync.flows`."""
        self._require_maps(reference_maps, other_maps)
        if self.matching == "epi" and fundamental is None:
            raise InputError("matching 'epi' needs the fundamental matrix of each pair of views. Calibrate, or take 'cor'.")
        if self.centered:
            reference_maps, other_maps = centered(reference_maps), centered(other_maps)
        found: Flows = []
        for scale, size in enumerate(self.sizes):
            if scale == 0:
                flow = self._residual(0, reference_maps, other_maps, fundamental)
            else:
                flow = enlarge_flow(found[-1], size)
                if scale < self.matched_scales:
                    flow = flow + self._residual(scale, reference_maps, other_maps, fundamental)
            found.append(flow)
        return found

    def _residual(
        self, scale: int, reference_maps: Maps, other_maps: Maps, fundamental: Float[Tensor, "view_pair 3 3"] | None
    ) -> Float[Tensor, "view_pair 2 _ _"]:
        motion = self.motions[scale]
        assert isinstance(motion, MotionNetwork)
        reference, other = reference_maps[scale], other_maps[scale]
        flow: Tensor
        if self.matching == "cat":
            matched = torch.cat([reference, other], dim=1)
            if scale:
                before = torch.cat([reference_maps[scale - 1], other_maps[scale - 1]], dim=1)
                matched = matched - enlarge(before, self.sizes[scale])
            flow = motion(matched)
            return flow
        mask = None if fundamental is None or self.matching == "cor" else self._mask(scale, fundamental, like=other)
        if scale and mask is not None and self.normalized:
            # Each scale's is divided by its own sums, which their difference's factors don't tell.
            assert fundamental is not None
            mask_before = self._mask(scale - 1, fundamental, like=other)
            before = correlate(reference_maps[scale - 1], other_maps[scale - 1], mask_before)
            before = enlarged_correlation(before, self.sizes[scale - 1], self.sizes[scale])
            flow = motion(correlate(reference, other, mask) - before)
            return flow
        if scale:
            now = slice(scale - 1, scale + 1)
            reference, other = difference_factors(reference_maps[now], other_maps[now])
        flow = motion.rest(convolve_correlation(reference, other, motion.first, mask, self.evaluation))
        return flow

    def _mask(self, scale: int, fundamental: Float[Tensor, "view_pair 3 3"], like: Tensor) -> Mask:
        assert self.picture_pixels is not None
        strides = [pixels / cells for pixels, cells in zip(self.picture_pixels, self.sizes[scale], strict=True)]
        lines = epipolar_lines(fundamental, self.sizes[scale], strides).to(like.dtype)
        return Mask(lines, self.bands[scale], self.normalized)

    def _require_consistent(self) -> None:
        if self.matching == "epi" and (self.picture_pixels is None or len(self.bands) != len(self.sizes)):
            raise InputError(
                f"matching 'epi' needs picture_pixels and a sigma_cells for each of {len(self.sizes)} scales; got "
                f"{self.picture_pixels} and {[band.sigma_cells for band in self.bands]}. See epipolar_band.sigma_for."
            )
        if not 0 < self.matched_scales <= len(self.sizes):
            raise InputError(f"matched_scales must be from 1 to {len(self.sizes)}; got {self.matched_scales}.")
        wrong = {
            "band": self.matching != "epi" or any(band.cut_sigmas == inf for band in self.bands),
            "factored": self.matching != "cor",
        }
        if wrong.get(self.evaluation, False) or (self.normalized and self.evaluation != "dense"):
            raise InputError(
                f"evaluation {self.evaluation!r} can't be had here: 'band' is for a cut 'epi', 'factored' for 'cor', "
                "and what is normalized is always 'dense'. Leave the argument out."
            )

    def _require_maps(self, *views: Maps) -> None:
        for maps in views:
            got = tuple(tuple(each.shape[2:]) for each in maps)
            if got != self.sizes:
                raise InputError(
                    f"maps are of {got} rows and columns, but the synchronization was made for {self.sizes} "
                    "(coarsest first). Resize the pictures, or make it for these sizes."
                )


def centered(maps: Maps) -> Maps:
    """What is left of each map after subtracting its mean."""
    return [each - each.mean(dim=(2, 3), keepdim=True) for each in maps]
