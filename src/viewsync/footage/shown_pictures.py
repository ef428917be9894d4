"""Pictures as networks are shown them."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from viewsync.footage.desynchronizer import ClipT, Sample

LEAST_CONTRAST = 1.0
"""Gray levels: a picture of nothing stays one."""


def shown_pictures(
    samples: Sequence[Sample[ClipT]], *, synchronized: bool = False
) -> Float32[Tensor, "batch view 1 height width"]:
    """Of all views, each with mean 0 and variance 1, so that cameras need not be equally bright.

    Args:
        samples: Whose pictures are of one size.
        synchronized: Of the reference's instant, not of each view's own.
    """
    pictures = gray_pictures(samples, synchronized=synchronized)
    std, mean = torch.std_mean(pictures, dim=(-2, -1), keepdim=True)
    return (pictures - mean) / std.clamp_min(LEAST_CONTRAST)


def gray_pictures(
    samples: Sequence[Sample[ClipT]], *, synchronized: bool = False
) -> Float32[Tensor, "batch view 1 height width"]:
    """The same in gray levels, from 0 to 255."""
    shown = np.stack(
        [
            np.stack([view[frame] for view, frame in zip(sample.footage.pictures, frames, strict=True)])
            for sample in samples
            for frames in [np.full_like(sample.frames, sample.instant) if synchronized else sample.frames]
        ]
    )
    return torch.from_numpy(shown)[:, :, None].float()
