"""MoveNet Thunder: one person's joints more exactly, given about where they are."""

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from viewsync.estimation.movenet import MIN_CONFIDENCE, SHIFT, People, session
from viewsync.types import InputError

WEIGHTS = Path(__file__).parents[1] / "weights" / "movenet-thunder-fp16.onnx"
SIDE = 256
"""Pixels of the network's square picture."""
# Of the square to the longer side of the box around the joints: limbs may reach out of it.
_MARGIN = 1.3


class Thunder:
    """Looks at each person again, closely. Computes on one thread."""

    def __init__(self, path: Path) -> None:
        """Load the network, as tools/convert_movenet.py makes it.

        Raises:
            InputError: there is no such file, or it isn't this network.
        """
        self._session = session(path)
        if [node.shape for node in self._session.get_inputs()] != [[1, SIDE, SIDE, 3]]:
            raise InputError(f"{path} isn't MoveNet Thunder. Make it with tools/convert_movenet.py (docs/pose.md).")

    def __call__(self, rgb: UInt8[np.ndarray, "height width 3"], people: People) -> People:
        """The same people with the joints that Thunder is sure of where it sees them."""
        pixels, confidence = people.pixels.copy(), people.confidence.copy()
        for person, joints in enumerate(people.pixels):
            found = self._look(rgb, np.nanmin(joints, axis=0), np.nanmax(joints, axis=0))
            sure = found[:, 2] >= MIN_CONFIDENCE
            pixels[person, sure], confidence[person, sure] = found[sure, :2], found[sure, 2]
        return People(pixels, confidence)

    def _look(
        self, rgb: UInt8[np.ndarray, "height width 3"], low: Float[np.ndarray, "2"], high: Float[np.ndarray, "2"]
    ) -> Float[np.ndarray, "17 3"]:
        """x, y and confidence of the joints of whoever fills the square around a box."""
        side = max(int(_MARGIN * (high - low).max()), SIDE // 8)
        left, top = np.round((low + high - side) / 2).astype(int)
        square = np.zeros((side, side, 3), dtype=np.uint8)
        seen = rgb[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)]
        square[max(-top, 0) :, max(-left, 0) :][: seen.shape[0], : seen.shape[1]] = seen
        shrinks = side > SIDE
        shown = cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        found = np.asarray(self._session.run(None, {"input": np.asarray(shown, dtype=np.int32)[None]})[0], dtype=float)
        y, x, confidence = found.reshape(17, 3).T
        scale = side / SIDE
        x, y = ((place * SIDE + SHIFT) * scale - 0.5 for place in (x, y))
        return np.column_stack([x + left, y + top, confidence])
