"""What the paper's Table 1 compares as inputs of one network: poses, appearance and optical flow of the very same clips."""

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from viewsync.networks.heatmaps import rendered
from viewsync.synnet.evaluate import Inputs
from viewsync.synnet.pictures import PicturedScene
from viewsync.synnet.scenes import Scene

Stream = Literal["P", "A", "F"]
CHANNELS: dict[Stream, int] = {"P": 18, "A": 3, "F": 2}

_USUAL_LIGHT, _USUAL_FLOW = (0.4, 0.15), 0.003
"""Mean and standard deviation of the pictures, and the latter of the flow per frame as a share of the picture's width: what
a network is given has about unit variance."""


class FrameStore:
    """All frames of some scenes, to be looked up as a network's input.

    `viewsync.synnet.clips` cuts clips out of `scenes` as out of any others: all it looks at is which joints are seen, and
    how fast they move. Instead of where joints lie, these scenes tell the number of the frame, and `inputs` turns numbers
    into what the frames show. So all choices of streams are trained and tested on the very same clips.

    Args:
        scenes: All with pictures of one size.
    """

    def __init__(self, scenes: Iterable[PicturedScene]) -> None:
        whole = list(scenes)
        self._keypoints = _frames([scene.views for scene in whole])
        self._pictures = _frames([scene.pictures for scene in whole])
        self._flow = _frames([scene.flow for scene in whole])
        self.scenes = _numbered(whole)

    def inputs(self, streams: Sequence[Stream]) -> Inputs:
        """Makes what a network takes of clips that were cut out of `scenes`.

        Args:
            streams: Poses (P), appearance (A), flow (F), or several: their channels lie one after the other.
        """

        def shown(numbered: Float[Tensor, "clip frame 17 3"]) -> Float[Tensor, "clip frame channel height width"]:
            numbers = numbered[..., 0].amax(-1).long().cpu()
            return torch.cat([self._stream(stream, numbers) for stream in streams], dim=2).to(numbered.device)

        return shown

    def _stream(
        self, stream: Stream, numbers: Int[Tensor, "clip frame"]
    ) -> Float[Tensor, "clip frame channel height width"]:
        size = self._pictures.shape[-2]
        if stream == "P":
            return rendered(self._keypoints[numbers], size)
        if stream == "A":
            return (self._pictures[numbers].movedim(-1, -3) / 255 - _USUAL_LIGHT[0]) / _USUAL_LIGHT[1]
        return self._flow[numbers].movedim(-1, -3).float() / (_USUAL_FLOW * size)


def _frames(parts: Sequence[Shaped[np.ndarray, "_ _ ..."]]) -> Shaped[Tensor, "number ..."]:
    """Frames of all cameras of all scenes, of which each may have other numbers of both."""
    return torch.from_numpy(np.concatenate([part.reshape(-1, *part.shape[2:]) for part in parts]))


def _numbered(scenes: Sequence[Scene]) -> list[Scene]:
    """Numbers in the order of `_frames`: single precision holds them up to 16 million."""
    numbered, count = [], 0
    for scene in scenes:
        cameras, frames = scene.views.shape[:2]
        views = scene.views.copy()
        views[..., 0] = count + np.arange(cameras * frames).reshape(cameras, frames, 1)
        numbered.append(Scene(views, scene.speed))
        count += cameras * frames
    return numbered
