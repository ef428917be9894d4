"""Residual networks of bottlenecks."""

from jaxtyping import Float
from torch import Tensor, nn

_EXPANSION = 4


class ResNet(nn.Sequential):
    """He et al., "Deep Residual Learning for Image Recognition" (2015, https://arxiv.org/abs/1512.03385), without its end.

    Width 64 and blocks (3, 4, 6, 3) are ResNet-50.

    Args:
        channels: Of the input.
        width: Channels of the first stage, before expansion; each further stage has twice as many.
        blocks: Bottlenecks per stage; each stage but the first halves the map.
    """

    def __init__(self, channels: int, width: int, blocks: tuple[int, ...]) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(channels, width, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, padding=1),
        ]
        inputs = width
        for stage, count in enumerate(blocks):
            for block in range(count):
                layers.append(_Bottleneck(inputs, width << stage, stride=2 if stage and not block else 1))
                inputs = _EXPANSION * (width << stage)
        super().__init__(*layers)
        self.out_channels = inputs
        self.stages = len(blocks)

    def map_pixels(self, input_pixels: int) -> int:
        """Height and width of the maps that come out."""
        for _ in range(self.stages + 1):
            input_pixels = (input_pixels + 1) // 2
        return input_pixels


class _Bottleneck(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = _EXPANSION * width
        last = nn.BatchNorm2d(outputs)
        # Each block begins as the identity.
        nn.init.zeros_(last.weight)
        self.body = nn.Sequential(
            nn.Conv2d(inputs, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, outputs, 1, bias=False),
            last,
        )
        self.skip: nn.Module = nn.Identity()
        if stride > 1 or inputs != outputs:
            self.skip = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, maps: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch out new_height new_width"]:
        """As wide as `_EXPANSION` · width; half as high where the stride is 2."""
        out: Tensor = (self.skip(maps) + self.body(maps)).relu()
        return out
