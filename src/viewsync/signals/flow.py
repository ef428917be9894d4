"""Dense flow between successive small gray frames, worked out once for all cues that look at it."""

import cv2
import numpy as np
from jaxtyping import Float, Float32

from viewsync.types import Frame

FIELD_ROWS, FIELD_COLUMNS = 24, 32
_FIELD_HZ, _FIELD_PIXELS = 30.0, 160.0
_FEWEST_PIXELS = 12
"""Per side."""


class FlowReader:
    """Takes the small gray frames of one recording, one by one; several cues may share it."""

    def __init__(self) -> None:
        self._estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        # At this picture size the preset's quarter resolution would lose every limb. Refinement smooths what cells
        # average anyway, at the price of half the time.
        self._estimator.setFinestScale(0)
        self._estimator.setVariationalRefinementIterations(0)
        self._estimator.setGradientDescentIterations(6)
        self._frame: Frame | None = None
        self._flow: Float32[np.ndarray, "height width 2"] | None = None

    def flow(self, frame: Frame) -> Float32[np.ndarray, "height width 2"] | None:
        """Displacement in pixels from the frame before to this one; None for the first.

        Asked again for the same frame, as a second cue does, it answers the same.
        """
        if frame is not self._frame:
            before, self._frame = self._frame, frame
            self._flow = None if before is None else self._between(before, frame)
        return self._flow

    def _between(self, before: Frame, after: Frame) -> Float32[np.ndarray, "height width 2"]:
        if min(after.gray.shape) < _FEWEST_PIXELS:  # There is little to see, and the estimator refuses them.
            return np.zeros((*after.gray.shape, 2), dtype=np.float32)
        return self._estimator.calc(before.gray, after.gray, None)  # type: ignore[call-overload,no-any-return]  # its stubs err


def small_field(flow: Float[np.ndarray, "height width 2"], interval_seconds: float) -> Float32[np.ndarray, "2 24 32"]:
    """Mean flow of each of 24 × 32 cells, in pixels per 1/30 s of a picture whose longer side has 160.

    So it depends neither on the frame rate nor on the small picture's size.

    Args:
        flow: In pixels, x before y.
        interval_seconds: Between the two frames.
    """
    cells = cv2.resize(flow, (FIELD_COLUMNS, FIELD_ROWS), interpolation=cv2.INTER_AREA)
    scale = _FIELD_PIXELS / max(flow.shape[:2]) / (_FIELD_HZ * interval_seconds)
    return np.asarray(scale * np.moveaxis(cells, 2, 0), dtype=np.float32)
