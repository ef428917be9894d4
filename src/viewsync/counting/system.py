"""A network that counts people, with one of the paper's ways to bring the views to one instant."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor, nn

from viewsync.counting.places import Place
from viewsync.footage.desynchronizer import Latency
from viewsync.networks.epipolar_band import sigma_for
from viewsync.networks.mvms import MVMS, SMALL, Count, Geometry, feature_sizes
from viewsync.networks.plane_sync import PlaneSync
from viewsync.networks.view_sync import CameraSync, Matching, SceneSync, ViewSync
from viewsync.networks.view_warp import TABLE_I, Activation

Method = Literal["BaseS", "BaseSU", "BaseU", "SLS", "CLS-cat", "CLS-cor", "CLS-epi", "CLS-planes"]
"""Of Tables II and III, and one of ours. The first three are MVMS alone; they differ in what they learn from."""
METHODS: tuple[Method, ...] = get_args(Method)
Preset = Literal["small", "paper"]
BASELINES: tuple[Method, ...] = ("BaseS", "BaseSU", "BaseU")
CALIBRATED: tuple[Method, ...] = ("CLS-epi", "CLS-planes")
"""Those that must know how the cameras stand."""

PAPER_CHANNELS, PAPER_UNIT = 32, 1000.0
_MATCHINGS: dict[Method, Matching] = {"CLS-cat": "cat", "CLS-cor": "cor", "CLS-epi": "epi"}
_SMALL_WIDTHS = (32, 32, 16, 16, 8)
"""A quarter of Table I."""
_SMALL_MATCHED_SCALES = 2
"""The two coarser ones, as released for CityStreet."""


class Counter(nn.Module):
    """MVMS, with or without synchronization.

    Args:
        method: Which way of synchronization, if any.
        views: How many cameras there are.
        picture_pixels: Height and width of the pictures.
        preset: ``small`` has the same structure with half as many channels, a quarter as many in motion networks, one set
            of weights for all views and sizes, and a flow that isn't refined at the finest scale.
        sigma_cells: σ of the epipolar mask at each scale, coarsest first, for ``CLS-epi`` (see `sigma_cells`).
        activation: Of motion networks that find flow in pictures; if None, ``relu`` for ``small``, else ``tanh``.
        unit: What the network calls one person per cell; what it tells is as many times as high.

    Raises:
        InputError: The size of pictures can't be used, or σ is missing.
    """

    def __init__(
        self,
        method: Method,
        views: int,
        picture_pixels: Sequence[int],
        *,
        preset: Preset = "small",
        sigma_cells: Sequence[float] = (),
        activation: Activation | None = None,
        unit: float = 100.0,
    ) -> None:
        super().__init__()
        self.method, self.unit = method, unit
        sync = _synchronization(method, picture_pixels, preset, sigma_cells, activation)
        self.network = (MVMS.small if preset == "small" else MVMS.paper)(views, sync=sync)

    def forward(
        self,
        pictures: Float[Tensor, "batch view 1 height width"],
        geometry: Geometry,
        present: Bool[Tensor, "batch view"] | None = None,
    ) -> Count:
        """As `MVMS.forward`; the density is in people per cell times `unit`.

        Raises:
            InputError: Sizes don't fit, or ``CLS-epi`` or ``CLS-planes`` isn't told how the cameras stand.
        """
        count: Count = self.network(pictures, geometry, present)
        return count

    def begin_from(self, other: "Counter") -> None:
        """Take over all that another network has: how it counts and, if it synchronizes, how it does that.

        Raises:
            RuntimeError: It is of another size, or synchronizes in another way.
        """
        self.network.load_state_dict(self.network.state_dict() | other.network.state_dict())


def _synchronization(
    method: Method,
    picture_pixels: Sequence[int],
    preset: Preset,
    sigma_cells: Sequence[float],
    activation: Activation | None,
) -> ViewSync | None:
    small = preset == "small"
    activation = activation or ("relu" if small else "tanh")
    channels, widths = (SMALL["channels"][-1], _SMALL_WIDTHS) if small else (PAPER_CHANNELS, TABLE_I)
    if method == "SLS":
        return SceneSync(channels, widths=widths)
    if method == "CLS-planes":
        scales = len(feature_sizes(picture_pixels))
        return PlaneSync(channels, scales, picture_pixels, activation=activation, widths=widths)
    if method not in _MATCHINGS:
        return None
    return CameraSync(
        feature_sizes(picture_pixels), channels, _MATCHINGS[method], centered=True,
        picture_pixels=picture_pixels if method == "CLS-epi" else None,
        sigma_cells=sigma_cells if method == "CLS-epi" else (), evaluation="band" if _by_band(method, small) else None,
        matched_scales=_SMALL_MATCHED_SCALES if small else None, activation=activation, widths=widths,
    )  # fmt: skip


def _by_band(method: Method, small: bool) -> bool:
    """Whether all positions with all others are too many to be held at once."""
    return method == "CLS-epi" and not small


def sigma_cells(place: Place, latency: Latency) -> tuple[float, ...]:
    """σ of the epipolar mask at each scale, coarsest first: whoever walks in the latency stays within the band."""
    longest = max(abs(seconds) for seconds in latency.constant_seconds) + latency.random_seconds
    strides = [place.height / rows for rows, _ in feature_sizes((place.height, place.width))]
    return sigma_for(longest, pixels_per_metre(place), strides)


def pixels_per_metre(place: Place) -> float:
    """How far a step of a metre goes in the picture, in the direction in which it goes farthest.

    The median over all views, and all that they see of the ground.
    """
    found = []
    for sampling in place.sampling:
        pixels = np.asarray(sampling, dtype=np.float64) * (place.width / 2, place.height / 2)
        seen = (np.abs(sampling) <= 1).all(axis=-1)
        near = seen[:-1, :-1] & seen[:-1, 1:] & seen[1:, :-1]
        across, down = (pixels[:-1, 1:] - pixels[:-1, :-1])[near], (pixels[1:, :-1] - pixels[:-1, :-1])[near]
        found.append(np.linalg.norm(np.stack([across, down], axis=-1), ord=2, axis=(-2, -1)))
    return float(np.median(np.concatenate(found)) / place.ground.cell_metres)
