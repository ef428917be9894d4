"""What SynNet is held against in its paper's Table 5: two networks that compare features at each offset.

Both take what SynNet takes and answer as it does (`viewsync.networks.synnet.OffsetNetwork`), so that they can be trained
and measured alike. Their papers made features of pictures, and of pictures and sound; here they make them of the same
heat-maps as SynNet does.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from viewsync.networks.resnet import ResNet
from viewsync.networks.synnet import OffsetNetwork, Seen

_SMALLEST_SQUARE = 1e-8
"""Below, the square root is as good as 0, and its slope would only do harm."""


class Wieschollek(OffsetNetwork):
    """An embedding of single frames, correlated at every offset.

    After Wieschollek, Freeman and Lensch, "Learning Robust Video Synchronization without Annotations" (2017,
    https://arxiv.org/abs/1610.05985): a ResNet embeds frames, trained on triplets so that frames of one instant are more
    alike than others. As the offset is the same throughout a clip, the diagonals of the matrix of similarities take the
    place of their cheapest path through it. A logit is the mean correlation of the unit vectors that meet at a shift.

    Args:
        channels: Of each input stream; they are one input here.
        map_pixels: Height and width of the input.
        clip_frames: n, the length of a clip.
        largest_shift: M.
        width: Channels of the ResNet's first stage, before expansion.
        blocks: Bottlenecks per stage.
        features: Length of a frame's vector.
    """

    def __init__(
        self,
        channels: tuple[int, ...] = (18,),
        map_pixels: int = 32,
        clip_frames: int = 8,
        largest_shift: int = 4,
        *,
        width: int = 16,
        blocks: tuple[int, ...] = (1, 1, 1),
        features: int = 64,
    ) -> None:
        super().__init__(tuple(channels), map_pixels, clip_frames, largest_shift)
        self.resnet = ResNet(sum(channels), width, tuple(blocks))
        self.embedding = nn.Linear(self.resnet.out_channels * self.resnet.map_pixels(map_pixels) ** 2, features)

    def see(self, frames: Float[Tensor, "batch frame channel height width"]) -> Seen:
        """A unit vector for each frame."""
        maps = self.resnet(frames.flatten(0, 1)).flatten(1)
        return (functional.normalize(self.embedding(maps), dim=1).view(*frames.shape[:2], -1),)

    def encode(self, seen: Seen) -> Float[Tensor, "batch frame feature"]:
        """The same: no frame knows of others."""
        return seen[0]

    def match(
        self, a: Float[Tensor, "batch frame feature"], b: Float[Tensor, "batch frame feature"]
    ) -> Float[Tensor, "batch class"]:
        """Mean correlations of the frames that meet, from −1 to 1."""
        shifts = range(-self.largest_shift, self.largest_shift)
        meeting = (_meeting(a, b, shift) for shift in shifts)
        return torch.stack([(one * other).sum(2).mean(1) for one, other in meeting], dim=1)


def triplet_loss(
    logits: Float[Tensor, "pair class"], classes: Int[Tensor, " pair"], margin: float = 0.2
) -> Float[Tensor, ""]:
    """What `Wieschollek` is trained by: triplets of two clips at the true shift, and the same two at another one.

    Args:
        logits: Mean correlations at the shifts.
        classes: The true ones.
        margin: By how much the true shift's correlation is to exceed each other one's.
    """
    gaps = logits - logits.gather(1, classes[:, None]) + margin
    return gaps.relu()[~_is_true(logits, classes)].mean()


class Korbar(OffsetNetwork):
    """An embedding of clips whose frames are near each other where they are synchronized.

    After Korbar, Tran and Torresani, "Cooperative Learning of Audio and Video Models from Self-Supervised
    Synchronization" (2018, https://arxiv.org/abs/1807.00230): a network of mixed convolutions, the first ones along time,
    too, embeds clips, trained by the contrastive loss. Both clips go through the network for video, which averages over the
    map, but not over time, so that offsets can be applied to what it makes of them. A logit is the negative squared
    distance of the frames that meet at a shift. All wrong shifts are negatives, from the start: the hard ones, with which
    the paper's curriculum ends.

    Args:
        channels: Of each input stream; they are one input here.
        map_pixels: Height and width of the input.
        clip_frames: n, the length of a clip.
        largest_shift: M.
        width: Channels of the first stage; each further stage has twice as many.
        stages: Residual blocks; each but the first halves the map.
        stages_along_time: How many of them see neighbouring frames, as the first convolution does.
        features: Length of a frame's vector.
    """

    def __init__(
        self,
        channels: tuple[int, ...] = (18,),
        map_pixels: int = 32,
        clip_frames: int = 8,
        largest_shift: int = 4,
        *,
        width: int = 16,
        stages: int = 3,
        stages_along_time: int = 2,
        features: int = 64,
    ) -> None:
        super().__init__(tuple(channels), map_pixels, clip_frames, largest_shift)
        self.enter = nn.Conv2d(sum(channels), 3 * width, 7, stride=2, padding=3, bias=False)
        self.pool = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, stride=2, padding=1))
        self.blocks = nn.ModuleList(
            _MixedBlock(width << max(stage - 1, 0), width << stage, stage < stages_along_time) for stage in range(stages)
        )
        outputs = width << (stages - 1)
        self.embedding = nn.Sequential(nn.Linear(outputs, outputs), nn.ReLU(inplace=True), nn.Linear(outputs, features))

    def see(self, frames: Float[Tensor, "batch frame channel height width"]) -> Seen:
        """Each frame's share in the first convolution, at its own time and its neighbours'."""
        return (self.enter(frames.flatten(0, 1)).unflatten(0, frames.shape[:2]),)

    def encode(self, seen: Seen) -> Float[Tensor, "batch frame feature"]:
        """A vector for each frame, of what is around it."""
        maps = _each(self.pool, _summed(seen[0]))
        for block in self.blocks:
            maps = block(maps)
        features: Tensor = self.embedding(maps.mean((3, 4)))
        return features

    def match(
        self, a: Float[Tensor, "batch frame feature"], b: Float[Tensor, "batch frame feature"]
    ) -> Float[Tensor, "batch class"]:
        """Negative mean squared distances of the frames that meet."""
        shifts = range(-self.largest_shift, self.largest_shift)
        meeting = (_meeting(a, b, shift) for shift in shifts)
        return torch.stack([-(one - other).square().sum(2).mean(1) for one, other in meeting], dim=1)


def contrastive_loss(
    logits: Float[Tensor, "pair class"], classes: Int[Tensor, " pair"], margin: float = 0.99
) -> Float[Tensor, ""]:
    """What `Korbar` is trained by; the true shift counts as much as all others together.

    Args:
        logits: Negative squared distances at the shifts.
        classes: The true ones.
        margin: Distance at which wrong shifts are far enough.
    """
    true = _is_true(logits, classes)
    distances = (-logits).clamp_min(_SMALLEST_SQUARE).sqrt()
    return -logits[true].mean() + (margin - distances[~true]).relu().square().mean()


def _meeting(
    a: Float[Tensor, "batch frame feature"], b: Float[Tensor, "batch frame feature"], shift: int
) -> tuple[Float[Tensor, "batch overlap feature"], Float[Tensor, "batch overlap feature"]]:
    """Frames t + shift of a and t of b, for all t at which there are both."""
    overlap = a.shape[1] - abs(shift)
    return a[:, max(shift, 0) :][:, :overlap], b[:, max(-shift, 0) :][:, :overlap]


def _is_true(logits: Float[Tensor, "pair class"], classes: Int[Tensor, " pair"]) -> Bool[Tensor, "pair class"]:
    return functional.one_hot(classes, logits.shape[1]).bool()


def _each(layer: nn.Module, maps: Float[Tensor, "clip frame ..."]) -> Float[Tensor, "clip frame ..."]:
    """A layer of single frames, on all of them."""
    out: Tensor = layer(maps.flatten(0, 1))
    return out.view(*maps.shape[:2], *out.shape[1:])


def _summed(
    shares: Float[Tensor, "clip frame three_channels height width"],
) -> Float[Tensor, "clip frame channel height width"]:
    """A convolution along time, of three frames, from each frame's share in the next one's, its own, and the one's before.

    So what a frame gives need be worked out only once for all clips that it is in.
    """
    later, now, earlier = shares.chunk(3, dim=2)
    blank = torch.zeros_like(now[:, :1])
    return torch.cat([blank, later[:, :-1]], dim=1) + now + torch.cat([earlier[:, 1:], blank], dim=1)


class _MixedBlock(nn.Module):
    """Two convolutions over the map, and along time where wanted, beside a shortcut; it begins as the shortcut."""

    def __init__(self, inputs: int, outputs: int, along_time: bool) -> None:
        super().__init__()
        self.along_time = along_time
        taps, stride = 3 if along_time else 1, 1 if inputs == outputs else 2
        self.convolutions = nn.ModuleList(
            nn.Conv2d(channels, taps * outputs, 3, stride=step, padding=1, bias=False)
            for channels, step in ((inputs, stride), (outputs, 1))
        )
        last = nn.BatchNorm2d(outputs)
        nn.init.zeros_(last.weight)
        self.norms = nn.ModuleList([nn.BatchNorm2d(outputs), last])
        self.skip: nn.Module = nn.Identity()
        if inputs != outputs:
            self.skip = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(
        self, maps: Float[Tensor, "clip frame channel height width"]
    ) -> Float[Tensor, "clip frame out half_height half_width"]:
        """Half as high and wide where there are more channels than before."""
        inner = self._convolved(0, maps).relu()
        return (_each(self.skip, maps) + self._convolved(1, inner)).relu()

    def _convolved(self, layer: int, maps: Tensor) -> Tensor:
        shares = _each(self.convolutions[layer], maps)
        return _each(self.norms[layer], _summed(shares) if self.along_time else shares)
