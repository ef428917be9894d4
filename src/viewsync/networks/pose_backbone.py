"""Where joints are in single pictures: heat-maps, and the features that they are made of.

The "simple baseline" of Xiao et al. (2018, https://arxiv.org/abs/1804.06208) with the confidences of Iskakov et al. (2019,
"Learnable Triangulation of Human Pose", https://arxiv.org/abs/1905.05754).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from jaxtyping import Float
from torch import Tensor, nn

from viewsync.networks.resnet import ResNet
from viewsync.types import InputError

STRIDE = 4
"""Pixels of a picture along each side of a cell of its features and heat-maps."""
PAPER: dict[str, Any] = {"width": 64, "blocks": (3, 8, 36, 3), "features": 256, "confidence_widths": (512, 256)}
"""Arguments of `PoseBackbone.paper`: on a ResNet-152."""
SMALL: dict[str, Any] = {"width": 16, "blocks": (2, 2, 2, 2), "features": 32, "confidence_widths": (32, 16)}
"""Arguments of `PoseBackbone.small`."""
_FIRST_HEATMAPS = 0.001


class PictureFeatures(NamedTuple):
    """What single pictures show."""

    maps: Float[Tensor, "picture channel row column"]
    """Features, of which `PoseBackbone.heatmaps` makes heat-maps."""
    joint_confidences: Float[Tensor, "picture joint"] | None
    """How much each picture is to be believed about each joint, 0 to 1; None without such a head."""
    channel_confidences: Float[Tensor, "picture volume_channel"] | None
    """The same about each channel of a volume."""


class PoseBackbone(nn.Module):
    """A ResNet, transposed convolutions up to a quarter of the picture's size, and a 1 × 1 convolution to heat-maps.

    Args:
        joints: How many there are.
        channels: Of the pictures.
        width: Of the ResNet's first stage, before expansion.
        blocks: Bottlenecks per stage. There is one transposed convolution less than stages: three behind a ResNet-152.
        features: Channels of each transposed convolution.
        confidence_widths: Of the two hidden layers of heads that tell confidences.
        joint_confidences: Whether there is such a head for joints.
        channel_confidences: For how many channels of a volume there is such a head; for none if 0.
    """

    def __init__(
        self,
        joints: int,
        channels: int = 3,
        *,
        width: int,
        blocks: Sequence[int],
        features: int,
        confidence_widths: Sequence[int],
        joint_confidences: bool = False,
        channel_confidences: int = 0,
    ) -> None:
        super().__init__()
        self.features = features
        self.resnet = ResNet(channels, width, tuple(blocks))
        self._multiple_pixels = STRIDE << (len(blocks) - 1)
        deep = self.resnet.out_channels
        inputs = (deep, *[features] * (len(blocks) - 2))
        self.enlarge = nn.Sequential(*(_doubled(each, features) for each in inputs))
        self.to_heatmaps = nn.Conv2d(features, joints, 1)
        # From larger ones, soft-argmax starts at some cell by chance, without a gradient to leave it.
        nn.init.normal_(self.to_heatmaps.weight, std=_FIRST_HEATMAPS)
        assert self.to_heatmaps.bias is not None
        nn.init.zeros_(self.to_heatmaps.bias)
        self.joint_head = _confidence_head(deep, confidence_widths, joints) if joint_confidences else None
        self.channel_head = _confidence_head(deep, confidence_widths, channel_confidences) if channel_confidences else None

    @classmethod
    def paper(cls, joints: int = 17, channels: int = 3, **options: Any) -> "PoseBackbone":
        """As released for learnable triangulation, which gives it pictures of 384 × 384."""
        return cls(joints, channels, **{**PAPER, **options})

    @classmethod
    def small(cls, joints: int = 17, channels: int = 1, **options: Any) -> "PoseBackbone":
        """For two cores, and gray pictures of about 96 × 96 or 128 × 128."""
        return cls(joints, channels, **{**SMALL, **options})

    def forward(self, pictures: Float[Tensor, "picture in_channel height width"]) -> PictureFeatures:
        """Features and confidences of pictures.

        Raises:
            InputError: Their size can't be used.
        """
        self.map_sizes(tuple(pictures.shape[-2:]))
        deep = self.resnet(pictures)
        heads = [None if head is None else head(deep) for head in (self.joint_head, self.channel_head)]
        return PictureFeatures(self.enlarge(deep), *heads)

    def map_sizes(self, picture_pixels: Sequence[int], scales: int = 1) -> tuple[tuple[int, int], ...]:
        """Rows and columns of the features, and of such that are halved again and again; coarsest first.

        Args:
            picture_pixels: Height and width of the pictures.
            scales: How many sizes there are, each half the one before.

        Raises:
            InputError: Pictures of this size can't be used.
        """
        height, width = picture_pixels
        multiple = max(self._multiple_pixels, STRIDE << (scales - 1))
        if height % multiple or width % multiple or not height * width:
            raise InputError(
                f"the pictures are {width} x {height}, but both sides must be multiples of {multiple}. Crop or scale them, "
                "and their projections with them."
            )
        strides = [STRIDE << scale for scale in reversed(range(scales))]
        return tuple((height // stride, width // stride) for stride in strides)

    def heatmaps(self, maps: Float[Tensor, "*batch channel row column"]) -> Float[Tensor, "*batch joint row column"]:
        """One for each joint, of features; their unit is learned."""
        found: Tensor = self.to_heatmaps(maps.flatten(0, -4))
        return found.view(*maps.shape[:-3], *found.shape[1:])


def _doubled(inputs: int, outputs: int) -> nn.Sequential:
    """Maps of twice the rows and columns."""
    up = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
    return nn.Sequential(up, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


def _confidence_head(inputs: int, widths: Sequence[int], outputs: int) -> nn.Sequential:
    one, two = widths
    return nn.Sequential(
        *_halved(inputs, one), *_halved(one, two), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(two, one), nn.ReLU(inplace=True), nn.Linear(one, two), nn.ReLU(inplace=True), nn.Linear(two, outputs),
        nn.Sigmoid(),
    )  # fmt: skip


def _halved(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    # Small pictures' maps have an odd cell left over, or only one.
    pool = nn.MaxPool2d(2, ceil_mode=True)
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), pool, nn.ReLU(inplace=True)
