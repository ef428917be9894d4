"""What a network sees in footage: each instant once, as long as its eyes stay as they are."""

import os
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from viewsync.counting.footage import Footage, Sample
from viewsync.counting.samples import moving_pictures
from viewsync.networks.mvms import MVMS

Maps = tuple[Float[Tensor, "batch view channel _ _"], ...]


class Features:
    """Per scale, seen when first asked for, and kept in half precision.

    Args:
        network: Whose weights must not change from here on, as far as it sees by them.
        file: An empty one, to be written to and read from.
    """

    def __init__(self, network: MVMS, file: BinaryIO) -> None:
        self.network, self._file = network, file
        # By id, as arrays have no hash; so footage must not go as long as its id is known.
        self._rows: dict[tuple[int, int], int] = {}
        self._held: list[Footage] = []
        self._shapes: list[torch.Size] = []

    def unsynchronized(self, samples: Sequence[Sample]) -> Maps:
        """Of each view's own instant."""
        views = torch.arange(len(samples[0].frames))
        found = self._at([(sample.footage, int(frame)) for sample in samples for frame in sample.frames])
        return tuple(maps.view(len(samples), len(views), *maps.shape[1:])[:, views, views] for maps in found)

    def synchronized(self, samples: Sequence[Sample]) -> Maps:
        """Of the reference's instant."""
        return self._at([(sample.footage, sample.instant) for sample in samples])

    def _at(self, wanted: Sequence[tuple[Footage, int]]) -> Maps:
        keys = [(id(footage), instant) for footage, instant in wanted]
        new = {key: one for key, one in zip(keys, wanted, strict=True) if key not in self._rows}
        if new:
            self._held += [footage for footage, _ in new.values()]
            self._keep(list(new), [Sample(footage, at, np.full(len(footage.pictures), at)) for footage, at in new.values()])
        flat = torch.from_numpy(np.stack([self._row(self._rows[key]) for key in keys])).to(self._device).float()
        parts = torch.split(flat, [shape.numel() for shape in self._shapes], dim=1)
        return tuple(part.view(-1, *shape) for part, shape in zip(parts, self._shapes, strict=True))

    @torch.no_grad()
    def _keep(self, keys: Sequence[tuple[int, int]], samples: Sequence[Sample]) -> None:
        maps = self.network.see(moving_pictures(samples).to(self._device))
        self._shapes = [each.shape[1:] for each in maps]
        rows = torch.cat([each.flatten(1) for each in maps], dim=1).half().cpu().numpy()
        self._file.seek(0, os.SEEK_END)
        self._file.write(rows.tobytes())
        self._rows |= {key: row for row, key in enumerate(keys, start=len(self._rows))}

    def _row(self, row: int) -> np.ndarray:
        size = sum(shape.numel() for shape in self._shapes) * np.dtype(np.float16).itemsize
        self._file.seek(row * size)
        return np.frombuffer(self._file.read(size), np.float16)

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device
