"""V2V: from a volume of features to a volume for each joint."""

from collections.abc import Sequence
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from viewsync.types import InputError

PAPER_WIDTHS = (32, 64, 128, 128, 128, 128)
"""As released with learnable triangulation: 64 voxels a side are halved five times."""
SMALL: dict[str, Any] = {"widths": (16, 32, 48, 48, 48), "first_kernel": 3, "front_blocks": 1}
"""Other arguments, for two cores. Fewer than 16 channels are no faster there."""


class V2V(nn.Module):
    """A three-dimensional hourglass (Moon et al., 2018, https://arxiv.org/abs/1711.07399), as in Iskakov et al. (2019).

    Args:
        channels: Of the volume of features.
        joints: Volumes that come out.
        widths: Channels at each size of the volume, each half the one before.
        first_kernel: Side of the first layer's filters.
        front_blocks: Residual blocks between it and the hourglass.
    """

    def __init__(
        self,
        channels: int,
        joints: int,
        *,
        widths: Sequence[int] = PAPER_WIDTHS,
        first_kernel: int = 7,
        front_blocks: int = 3,
    ) -> None:
        super().__init__()
        wide, half = widths[0], widths[0] // 2
        self.multiple_voxels = 1 << (len(widths) - 1)
        """Of which the volume's sides must be multiples."""
        blocks = (Residual(half if block == 0 else wide, wide) for block in range(front_blocks))
        self.front = nn.Sequential(*_convolved(channels, half, first_kernel), *blocks)
        self.hourglass = _Hourglass(widths)
        self.back = nn.Sequential(Residual(wide, wide), *_convolved(wide, wide, 1), *_convolved(wide, wide, 1))
        self.to_joints = nn.Conv3d(wide, joints, 1)
        self.apply(_xavier_normal)

    def forward(self, volume: Float[Tensor, "batch channel x y z"]) -> Float[Tensor, "batch joint x y z"]:
        """Logits of each joint's place.

        Raises:
            InputError: The volume can't be halved so often.
        """
        if any(side % self.multiple_voxels for side in volume.shape[2:]):
            sides = " x ".join(map(str, volume.shape[2:]))
            raise InputError(
                f"the volume has {sides} voxels, but all sides must be multiples of {self.multiple_voxels}. Choose such a "
                "number of voxels, or fewer widths."
            )
        found: Tensor = self.to_joints(self.back(self.hourglass(self.front(volume))))
        return found


class Residual(nn.Module):
    """Two convolutions of 3 × 3 × 3, beside which the volume passes.

    Args:
        inputs: Channels that come in.
        outputs: Channels that come out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        last = nn.Conv3d(outputs, outputs, 3, padding=1, bias=False)
        self.body = nn.Sequential(*_convolved(inputs, outputs, 3), last, nn.BatchNorm3d(outputs))
        self.skip: nn.Module = nn.Identity()
        if inputs != outputs:
            self.skip = nn.Sequential(nn.Conv3d(inputs, outputs, 1, bias=False), nn.BatchNorm3d(outputs))

    def forward(self, volume: Float[Tensor, "batch channel x y z"]) -> Float[Tensor, "batch out x y z"]:
        """Of the same size."""
        found: Tensor = (self.skip(volume) + self.body(volume)).relu_()
        return found


class _Hourglass(nn.Module):
    """A volume seen at its own size and at half of it, where it is the same again, down to the last width."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        outer, inner = widths[:2]
        self.skip = Residual(outer, outer)
        self.down = nn.Sequential(nn.MaxPool3d(2), Residual(outer, inner))
        self.middle = _Hourglass(widths[1:]) if len(widths) > 2 else Residual(inner, inner)
        up = nn.ConvTranspose3d(inner, outer, 2, stride=2, bias=False)
        self.up = nn.Sequential(Residual(inner, inner), up, nn.BatchNorm3d(outer), nn.ReLU(inplace=True))

    def forward(self, volume: Float[Tensor, "batch channel x y z"]) -> Float[Tensor, "batch channel x y z"]:
        found: Tensor = self.skip(volume) + self.up(self.middle(self.down(volume)))
        return found


def _convolved(inputs: int, outputs: int, kernel: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv3d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
    return convolution, nn.BatchNorm3d(outputs), nn.ReLU(inplace=True)


def _xavier_normal(module: nn.Module) -> None:
    if isinstance(module, nn.Conv3d | nn.ConvTranspose3d):
        nn.init.xavier_normal_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
