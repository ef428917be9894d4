"""By how much one camera's clock is off that of another beside it, from what each sees move: for clips of any length.

Boizard et al., whose networks are in `stereo` and `delay`, match single frames, and classify the delay of 20 of them by a
dense layer. Here, instants are matched by the movement around them, and the delay is read off the matrix of similarities
by convolutions: of any length, for any range of delays, and between the frames.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

RATE_HZ = 30.0
"""Of the features that are embedded and compared."""
_STILL_PIXELS = 0.02
"""Mean flow below which nothing moves."""
_FLOW_PIXELS = 0.25
"""Smaller flows count by their size, larger ones by its logarithm."""
_LARGEST_CORRECTION, _PRIOR_STD = 2.0, 1.0
"""In samples: how far a correction may lead, and how far off a lag may be of which nothing is known."""
_INSTANTS_AT_ONCE, _CELLS_AT_ONCE = 512, 262_144
"""Cells are instants times lags."""


class DelayBelief(NamedTuple):
    """What is said of each lag, in samples: that a[t + lag] shows what b[t] shows."""

    log_likelihood: Float[Tensor, "batch lag"]
    """Against "the two are unrelated"."""
    correction: Float[Tensor, "batch lag"]
    """How much larger the true lag is, if this one is about right."""
    std: Float[Tensor, "batch lag"]
    """Standard error of the corrected lag."""


class DelayNetwork(nn.Module):
    """Sees flow, embeds movement, and weighs lags.

    Instants whose features are all zeros show nothing: they speak neither for nor against any lag.

    Args:
        features: Length of what is seen of an interval between two frames.
        channels: Width of the layers over time.
        dimensions: Length of an embedding.
        dilations: Of each residual block's convolution of three samples; their sum is how far an embedding looks back,
            and ahead.
        head_channels: Width of the layers over time and lag.
        head_dilations: Of each residual block's convolution over three instants and three lags.
    """

    def __init__(
        self,
        features: int = 64,
        channels: int = 96,
        dimensions: int = 48,
        dilations: tuple[int, ...] = (1, 2, 4, 8, 2, 1),
        head_channels: int = 12,
        head_dilations: tuple[int, ...] = (1, 2, 4),
    ) -> None:
        super().__init__()
        self.features, self.dimensions = features, dimensions
        self.reach_samples = sum(dilations)
        """How far an embedding looks back, and ahead."""
        blocks = (_PictureBlock(24, 48, 2), _PictureBlock(48, 48, 1), _PictureBlock(48, 64, 2))
        # Cameras beside one another see a thing at about the same place, so places aren't pooled away.
        self.eye = nn.Sequential(
            nn.Conv2d(2, 24, 3, stride=2, padding=1), *blocks, nn.Flatten(), nn.Linear(64 * 3 * 4, features)
        )
        self.enter = nn.Conv1d(features, channels, 1)
        self.blocks = nn.ModuleList(_TimeBlock(channels, dilation) for dilation in dilations)
        self.direction = nn.Conv1d(channels, dimensions, 1)
        self.head = _Head(head_channels, head_dilations)

    def see(self, flow: Float[Tensor, "frame 2 24 32"]) -> Float[Tensor, "frame feature"]:
        """Features of each interval between two frames; zeros where nothing moves.

        Args:
            flow: As `signals.flow.small_field` makes it: pixels per 1/30 s of a picture 160 wide.
        """
        size = torch.linalg.vector_norm(flow, dim=1, keepdim=True)
        squeezed = flow * torch.log1p(size / _FLOW_PIXELS) / size.clamp_min(torch.finfo(flow.dtype).tiny)
        features: Tensor = self.eye(squeezed.contiguous(memory_format=torch.channels_last))
        return torch.where(size.mean((1, 2, 3)) > _STILL_PIXELS, features.T, 0.0).T

    def embed(self, features: Float[Tensor, "batch time feature"]) -> Float[Tensor, "batch time dimension"]:
        """Unit vectors that say how things move around each instant; zeros where nothing was seen.

        Args:
            features: At `RATE_HZ`.
        """
        seen = _seen(features).transpose(1, 2)
        hidden = self.enter(features.transpose(1, 2)) * seen
        for block in self.blocks:
            hidden = block(hidden, seen)
        return functional.normalize((self.direction(functional.gelu(hidden)) * seen).transpose(1, 2), dim=2)

    def belief(
        self, a: Float[Tensor, "batch time_a dimension"], b: Float[Tensor, "batch time_b dimension"], lags: range
    ) -> DelayBelief:
        """What embeddings say of some lags. Exchanging a and b mirrors it.

        Args:
            a: Embeddings of the first clips.
            b: Embeddings of the second ones.
            lags: In samples, one after the other. Where no instants lie beside one another, nothing is said.
        """
        there = self._told(a, b, lags)
        back = self._told(b, a, range(-lags[-1], 1 - lags[0])).flip(2)
        evidence, precision, _ = (0.5 * (there + back)).unbind(1)
        precision = precision + _PRIOR_STD**-2
        correction = 0.5 * (there - back)[:, 2] / precision
        return DelayBelief(evidence, correction, precision.rsqrt())

    def _told(
        self, a: Float[Tensor, "batch time_a dimension"], b: Float[Tensor, "batch time_b dimension"], lags: range
    ) -> Float[Tensor, "batch 3 lag"]:
        """Evidence, precision, and precision times correction, summed over time.

        A piece of b at a time, with what the head looks at around it, so that memory doesn't grow with the length.
        """
        halo = self.head.reach
        wide = range(lags[0] - halo, lags[-1] + 1 + halo)
        count = min(max(_CELLS_AT_ONCE // len(wide), halo), _INSTANTS_AT_ONCE)
        seen_a, seen_b = _seen(a), _seen(b)
        sums = torch.zeros(len(b), 3, len(lags), dtype=b.dtype, device=b.device)
        for start in range(0, b.shape[1], count):
            stop = min(start + count, b.shape[1])
            # Beside nothing of a, there is nothing to say.
            if stop + lags[-1] <= 0 or start + lags[0] >= a.shape[1]:
                continue
            first, last = max(start - halo, 0), min(stop + halo, b.shape[1])
            piece = range(wide[0] + first, wide[-1] + 1 + first)
            told = self.head(band(a, b[:, first:last], piece), band(seen_a, seen_b[:, first:last], piece))
            sums = sums + told[:, :, start - first : stop - first, halo : halo + len(lags)].sum(2)
        return sums


def band(
    a: Float[Tensor, "batch time_a dimension"], b: Float[Tensor, "batch time_b dimension"], lags: range
) -> Float[Tensor, "batch time_b lag"]:
    """Dot products of b[t] with a[t + lag], zeros where a has no such instant.

    All of b is held against all of a that any lag asks for: b has to be short, a may be long.
    """
    rows, columns = b.shape[1], b.shape[1] - 1 + len(lags)
    places = torch.arange(lags[0], lags[0] + columns, device=a.device)
    inside = ((places >= 0) & (places < a.shape[1]))[:, None]
    beside = a[:, places.clamp(0, a.shape[1] - 1)] * inside
    # Row t of the products begins with lag −t. One zero more per row, and row t begins with lag 0.
    flat = functional.pad((b @ beside.transpose(1, 2)).flatten(1), (0, rows))
    return flat.view(len(b), rows, columns + 1)[:, :, : len(lags)]


def _seen(values: Float[Tensor, "batch time channel"]) -> Float[Tensor, "batch time 1"]:
    return (values != 0).any(2, keepdim=True).to(values.dtype)


class _PictureBlock(nn.Module):
    """A depthwise-separable residual block. What goes past it keeps how fast things move; normalized flow wouldn't."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.norm = nn.GroupNorm(1, channels_in)
        self.over_places = nn.Conv2d(channels_in, channels_in, 3, stride=stride, padding=1, groups=channels_in)
        self.over_channels = nn.Conv2d(channels_in, channels, 1)
        self.past = nn.Conv2d(channels_in, channels, 1) if channels != channels_in else nn.Identity()

    def forward(self, picture: Float[Tensor, "frame channel height width"]) -> Float[Tensor, "frame other h w"]:
        """Of `channels` channels, smaller by the stride."""
        past: Tensor = self.past(functional.avg_pool2d(picture, self.stride))
        mixed: Tensor = self.over_channels(functional.gelu(self.over_places(self.norm(picture))))
        return past + mixed


class _TimeBlock(nn.Module):
    """x + W₂ · gelu(W₁ * gelu(x)) where something was seen: it begins as the identity."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.over_time = nn.Conv1d(channels, channels, 3, dilation=dilation, padding=dilation)
        self.over_channels = nn.Conv1d(channels, channels, 1)
        nn.init.zeros_(self.over_channels.weight)

    def forward(
        self, hidden: Float[Tensor, "batch channel time"], seen: Float[Tensor, "batch 1 time"]
    ) -> Float[Tensor, "batch channel time"]:
        """Same shape. What wasn't seen stays zero, as is what lies beyond the ends."""
        mixed: Tensor = self.over_channels(functional.gelu(self.over_time(functional.gelu(hidden))))
        return hidden + mixed * seen


class _Head(nn.Module):
    """Of similarities by instant and lag: what each instant says of each lag."""

    def __init__(self, channels: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.reach = 2 + sum(dilations)
        """How many instants, and lags, it looks to each side."""
        self.enter = nn.Conv2d(2, channels, 5, padding=2)
        self.blocks = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=d, dilation=d) for d in dilations)
        self.leave = nn.Conv2d(channels, 3, 1)
        # Evidence begins as similarity above a threshold, so that embeddings learn from the first step on; and with little
        # of it, for neighbouring instants tell much the same, and a clip has hundreds.
        nn.init.zeros_(self.leave.weight)
        self.leave.bias = nn.Parameter(torch.tensor([-0.3, -4.0, 0.0]))
        self.log_gain = nn.Parameter(torch.tensor(-1.0))

    def forward(
        self, alike: Float[Tensor, "batch time lag"], seen: Float[Tensor, "batch time lag"]
    ) -> Float[Tensor, "batch 3 time lag"]:
        """Evidence, precision, and precision times correction; zeros where either side saw nothing."""
        mask = seen[:, None]
        hidden = self.enter(torch.stack([alike, seen], dim=1).contiguous(memory_format=torch.channels_last)) * mask
        for block in self.blocks:
            hidden = hidden + block(functional.gelu(hidden)) * mask
        evidence, log_precision, shift = self.leave(functional.gelu(hidden)).unbind(1)
        # Finite whatever is seen: e⁴ per instant is to a hundredth of a sample within a few seconds.
        precision = log_precision.clamp_max(4.0).exp()
        correction = _LARGEST_CORRECTION * torch.tanh(shift)
        return torch.stack([self.log_gain.exp() * (alike + evidence), precision, precision * correction], dim=1) * mask
