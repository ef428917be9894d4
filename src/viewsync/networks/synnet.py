"""SynNet: which of 2M shifts lies between two clips of one person."""

from abc import ABC, abstractmethod
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from viewsync.networks.resnet import ResNet
from viewsync.types import InputError

Temporal = Literal["both ways", "one way", "none"]
PAPER: dict[str, Any] = {"map_pixels": 64, "width": 64, "blocks": (3, 4, 6, 3), "features": 256, "hidden": 512}
"""Arguments of `SynNet.paper`."""
Seen = tuple[Tensor, ...]
"""What is known of single frames: tensors "clip frame ..."."""


class OffsetNetwork(nn.Module, ABC):
    """What tells the shift between two clips of equal length: SynNet, and those that it is held against.

    Class k is a shift of k − M frames, from −M to M − 1: frame t of b shows what frame t + k − M of a shows.

    The three steps of `forward` can be called one by one, as single frames that belong to many clips need be seen only
    once, and a clip that is matched with many others need be encoded only once.

    Args:
        channels: Of each input stream (heat-maps of joints, pictures, optical flow); in a clip they lie one after the other.
        map_pixels: Height and width of the input.
        clip_frames: n, the length of a clip.
        largest_shift: M.
    """

    def __init__(self, channels: tuple[int, ...], map_pixels: int, clip_frames: int, largest_shift: int) -> None:
        super().__init__()
        if not 0 < largest_shift < clip_frames:
            raise InputError(
                f"the largest shift must be from 1 to {clip_frames - 1}, as clips have {clip_frames} frames; "
                f"got {largest_shift}."
            )
        self.channels = channels
        self.map_pixels = map_pixels
        self.clip_frames = clip_frames
        self.largest_shift = largest_shift

    def forward(
        self,
        a: Float[Tensor, "batch frame_a channel_a height_a width_a"],
        b: Float[Tensor, "batch frame_b channel_b height_b width_b"],
    ) -> Float[Tensor, "batch class"]:
        """Logits of the 2M shifts.

        Raises:
            InputError: Clips aren't of the network's size.
        """
        for name, clip in (("first", a), ("second", b)):
            expected = (self.clip_frames, sum(self.channels), self.map_pixels, self.map_pixels)
            if tuple(clip.shape[1:]) != expected:
                raise InputError(
                    f"the {name} clips are {_times(clip.shape[1:])} (frames x channels x height x width), but the network "
                    f"takes {_times(expected)}. Cut and render all clips as those that it was trained on."
                )
        return self.match(self.embed(a), self.embed(b))

    def embed(self, clip: Float[Tensor, "batch frame channel height width"]) -> Float[Tensor, "batch frame feature"]:
        """A vector for each frame of each clip."""
        return self.encode(self.see(clip))

    @abstractmethod
    def see(self, frames: Float[Tensor, "batch frame channel height width"]) -> Seen:
        """What can be told of each frame by itself; there may be any number of frames."""

    @abstractmethod
    def encode(self, seen: Seen) -> Float[Tensor, "batch frame feature"]:
        """A vector for each frame of clips of n frames, which may depend on the other frames of its clip."""

    @abstractmethod
    def match(
        self, a: Float[Tensor, "batch frame feature"], b: Float[Tensor, "batch frame feature"]
    ) -> Float[Tensor, "batch class"]:
        """Logits of the 2M shifts."""


class SynNet(OffsetNetwork):
    """The network of Wu et al., "Multi-Video Temporal Synchronization by Matching Pose Features of Shared Moving Subjects".

    Per frame: a ResNet, whose maps go into a global encoder of five convolutions with poolings, and into a convolutional
    LSTM that runs along the clip both ways. A linear layer makes one vector of both. The vectors of two clips, one clip
    shifted by every m, lie beside each other in a volume of 2M × n × 2F (blank where a clip has ended), which batch
    normalization and three linear layers turn into 2M logits.

    Args:
        channels: Of each input stream; each has a ResNet of its own, their maps are concatenated.
        map_pixels: Height and width of the input.
        clip_frames: n, the length of a clip.
        largest_shift: M.
        width: Channels of the ResNet's first stage, before expansion: 64 in ResNet-50.
        blocks: Bottlenecks per stage: 3, 4, 6, 3 in ResNet-50. Fewer numbers keep fewer stages.
        features: F.
        hidden: Width of the linear layers behind the volume.
        temporal: Which ways the convolutional LSTM runs.
        global_encoder: Whether there is one.
        pool_always: Pool after each of the global encoder's five convolutions, as printed, which takes a map of 32 × 32
            before it. Otherwise they pool while the map is larger than 1 × 1.
        cost_volume: Whether there is one; otherwise the clips' vectors are concatenated unshifted.
        shared_columns: The first linear layer is the same for all columns of the volume, the second one for all shifts.
            Otherwise the volume is one long vector to the first.

    Raises:
        InputError: The input is too small for `pool_always`, or M isn't from 1 to n − 1.
    """

    def __init__(
        self,
        channels: tuple[int, ...] = (18,),
        map_pixels: int = 16,
        clip_frames: int = 8,
        largest_shift: int = 4,
        *,
        width: int = 16,
        blocks: tuple[int, ...] = (1, 1),
        features: int = 32,
        hidden: int = 128,
        temporal: Temporal = "both ways",
        global_encoder: bool = True,
        pool_always: bool = False,
        cost_volume: bool = True,
        shared_columns: bool = True,
    ) -> None:
        super().__init__(tuple(channels), map_pixels, clip_frames, largest_shift)
        self.resnets = nn.ModuleList(ResNet(count, width, tuple(blocks)) for count in channels)
        one = self.resnets[0]
        assert isinstance(one, ResNet)
        maps, side = len(channels) * one.out_channels, one.map_pixels(map_pixels)
        self.global_encoder = _global_encoder(maps, features, side, pool_always) if global_encoder else None
        self.temporal = _ConvLSTM(maps, features, temporal == "both ways") if temporal != "none" else None
        directions = {"both ways": 2, "one way": 1, "none": 0}[temporal]
        self.over_time = nn.Linear(directions * features * side**2, features) if directions else None
        parts = global_encoder + (temporal != "none")
        self.fusion = nn.Linear(parts * features if parts else maps, features)
        self.cost_volume = cost_volume
        slices = 2 * largest_shift if cost_volume else 1
        self.norm = nn.BatchNorm1d(2 * features)
        self.classifier = (
            _SharedColumns(slices, clip_frames, 2 * features, hidden, 2 * largest_shift)
            if shared_columns
            else nn.Sequential(nn.Flatten(), *_three(slices * clip_frames * 2 * features, hidden, 2 * largest_shift))
        )

    @classmethod
    def paper(cls) -> "SynNet":
        """As large as printed: ResNet-50, F = 256, on maps of 64 × 64."""
        return cls(**PAPER)

    @classmethod
    def small(cls) -> "SynNet":
        """The same, but narrow and shallow, on maps of 16 × 16, which two stages make 2 × 2: it learns in minutes."""
        return cls()

    def see(self, frames: Float[Tensor, "batch frame channel height width"]) -> Seen:
        """What each frame tells the global encoder and the convolutional LSTM."""
        batch = frames.shape[:2]
        streams = torch.split(frames.flatten(0, 1), list(self.channels), dim=1)
        maps = torch.cat([resnet(stream) for resnet, stream in zip(self.resnets, streams, strict=True)], dim=1)
        seen = []
        if self.global_encoder is not None:
            seen.append(self.global_encoder(maps))
        if self.temporal is not None:
            seen.append(self.temporal.inputs(maps))
        return tuple(one.unflatten(0, batch) for one in seen or [maps.mean((2, 3))])

    def encode(self, seen: Seen) -> Float[Tensor, "batch frame feature"]:
        """Both encoders' vectors of each frame, fused."""
        if self.temporal is None or self.over_time is None:
            parts = list(seen)
        else:
            parts = [*seen[:-1], self.over_time(self.temporal(seen[-1]).flatten(2))]
        fused: Tensor = self.fusion(torch.cat(parts, dim=2))
        return fused

    def match(
        self, a: Float[Tensor, "batch frame feature"], b: Float[Tensor, "batch frame feature"]
    ) -> Float[Tensor, "batch class"]:
        """The volume, classified."""
        shifts = range(-self.largest_shift, self.largest_shift) if self.cost_volume else (0,)
        volume = torch.stack([torch.cat([_shifted(a, shift), b], dim=2) for shift in shifts], dim=1)
        normed = self.norm(volume.flatten(0, 2)).view_as(volume)
        logits: Tensor = self.classifier(normed)
        return logits


def _shifted(clip: Float[Tensor, "batch frame feature"], shift: int) -> Float[Tensor, "batch frame feature"]:
    """Frame t + shift of the clip at t; blank where it has none."""
    blank = torch.zeros_like(clip[:, : abs(shift)])
    return torch.cat([clip[:, shift:], blank] if shift >= 0 else [blank, clip[:, :shift]], dim=1)


def _global_encoder(maps: int, features: int, side: int, pool_always: bool) -> nn.Sequential:
    if pool_always and side != 32:
        raise InputError(
            f"five poolings make one number of a map of 32 x 32, but the ResNet makes {side} x {side}. Give other maps, "
            "keep other stages of the ResNet, or let the encoder pool only while the map is larger than 1 x 1."
        )
    layers: list[nn.Module] = []
    for layer in range(5):
        convolution = nn.Conv2d(features if layer else maps, features, 3, padding=1)
        # PyTorch's own first weights let five layers fade: networks then learn nothing for hundreds of steps.
        nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        layers += [convolution, nn.ReLU(inplace=True)]
        if side > 1:
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
            side = (side + 1) // 2
    return nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten())


def _three(inputs: int, hidden: int, outputs: int) -> list[nn.Module]:
    relu = nn.ReLU(inplace=True)
    return [nn.Linear(inputs, hidden), relu, nn.Linear(hidden, hidden), relu, nn.Linear(hidden, outputs)]


class _SharedColumns(nn.Module):
    """Three linear layers: over a column of the volume, over a shift's columns, over all shifts."""

    def __init__(self, slices: int, frames: int, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.column = nn.Linear(inputs, hidden)
        a, b = self.column.weight.data.chunk(2, dim=1)
        # At first it sees how far the two clips' frames are apart.
        b.copy_(-a)
        self.shift = nn.Linear(frames * hidden, hidden)
        self.volume = nn.Linear(slices * hidden, outputs)

    def forward(self, volume: Float[Tensor, "batch shift frame feature"]) -> Float[Tensor, "batch class"]:
        """Logits."""
        columns = torch.relu(self.column(volume)).flatten(2)
        logits: Tensor = self.volume(torch.relu(self.shift(columns)).flatten(1))
        return logits


class _ConvLSTM(nn.Module):
    """A convolutional LSTM (Shi et al., 2015, https://arxiv.org/abs/1506.04214) without peepholes, along clips."""

    def __init__(self, channels: int, hidden: int, both_ways: bool) -> None:
        super().__init__()
        self.hidden = hidden
        ways = 2 if both_ways else 1
        self.inputs = nn.Conv2d(channels, ways * 4 * hidden, 3, padding=1)
        """The input's share in the gates of all ways: frames by themselves, so that clips in common need it but once."""
        self.recurrent = nn.ModuleList(nn.Conv2d(hidden, 4 * hidden, 3, padding=1, bias=False) for _ in range(ways))

    def forward(
        self, inputs: Float[Tensor, "batch frame gate height width"]
    ) -> Float[Tensor, "batch frame hidden height width"]:
        """Hidden states, those of the way back behind those of the way there."""
        ways = inputs.chunk(len(self.recurrent), dim=2)
        states = [self._run(ways[0], self.recurrent[0])]
        if len(ways) == 2:
            states.append(self._run(ways[1].flip(1), self.recurrent[1]).flip(1))
        return torch.cat(states, dim=2)

    def _run(self, inputs: Float[Tensor, "batch frame gate height width"], recurrent: nn.Module) -> Tensor:
        state = cell = torch.zeros_like(inputs[:, 0, : self.hidden])
        states = []
        for frame in range(inputs.shape[1]):
            gates = inputs[:, frame] + recurrent(state) if frame else inputs[:, 0]
            enter, forget, leave, new = gates.chunk(4, dim=1)
            cell = torch.sigmoid(forget) * cell + torch.sigmoid(enter) * torch.tanh(new)
            state = torch.sigmoid(leave) * torch.tanh(cell)
            states.append(state)
        return torch.stack(states, dim=1)


def _times(numbers: tuple[int, ...]) -> str:
    return " x ".join(map(str, numbers))
