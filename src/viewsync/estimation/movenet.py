"""MoveNet MultiPose: everybody in a picture at once, up to six people."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from viewsync.types import InputError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WEIGHTS = Path(__file__).parents[1] / "weights" / "movenet-multipose-fp16.onnx"
SIZES = (256, 640)
"""Least and greatest long side of the network's picture, in pixels."""
MIN_SCORE = 0.2
"""Of a person. Less is nobody."""
MIN_CONFIDENCE = 0.2
"""Of a joint. Less wasn't seen."""
_STRIDE = 32
# By as much of its own pixels the network tells everything too far left and up, at all sizes: so say pictures and their
# mirror images, and annotations by others.
SHIFT = 0.25
# Two whose likeness (COCO's OKS) is greater are one person found twice.
_SAME = 0.6
# How exactly people place each joint, as a share of the square root of a body's area: COCO's k = 2 σ.
_FALLOFF = 2 * np.array([26, 25, 25, 35, 35, 79, 79, 72, 72, 62, 62, 107, 107, 87, 87, 89, 89]) / 1000


@dataclass(frozen=True)
class People:
    """Who was found in a picture, the surest first; joints are COCO's 17."""

    pixels: Float[np.ndarray, "person joint 2"]
    """x and y; (0, 0) is the middle of the top left pixel. nan where a joint wasn't seen."""
    confidence: Float[np.ndarray, "person joint"]
    """0 to 1; 0 where a joint wasn't seen."""

    def __len__(self) -> int:
        return len(self.pixels)

    def scaled(self, by: tuple[float, float]) -> "People":
        """As in a picture that is so many times as wide and as high."""
        return People((self.pixels + 0.5) * by - 0.5, self.confidence)


@dataclass(frozen=True)
class Boxes:
    """Where people were found in a picture, the surest first."""

    corners: Float[np.ndarray, "person 4"]
    """x1, y1, x2, y2 in the same pixels."""
    scores: Float[np.ndarray, " person"]
    """0 to 1."""

    def __len__(self) -> int:
        return len(self.corners)


@dataclass(frozen=True)
class _Found:
    pixels: Float[np.ndarray, "person 17 2"]
    confidence: Float[np.ndarray, "person 17"]
    boxes: Float[np.ndarray, "person 4"]
    scores: Float[np.ndarray, " person"]


class MoveNet:
    """Finds people and their 17 joints in pictures. Computes on one thread."""

    def __init__(self, size: int = 384) -> None:
        """Load the network from this package.

        Args:
            size: pixels of the long side of what the network sees. Larger finds smaller people, and takes longer.

        Raises:
            InputError: the size is out of range.
        """
        if not SIZES[0] <= size <= SIZES[1]:
            raise InputError(f"--size must be from {SIZES[0]} to {SIZES[1]} pixels, got {size}.")
        self.size = size
        self._session = session(WEIGHTS)

    def __call__(self, rgb: UInt8[np.ndarray, "height width 3"]) -> People:
        """Find the people in an upright picture of any size."""
        found = self._found(rgb)
        return _distinct(found.pixels, found.confidence, found.scores)

    def boxes(self, rgb: UInt8[np.ndarray, "height width 3"]) -> Boxes:
        """Find the people in an upright picture of any size, as boxes around all of them."""
        found = self._found(rgb)
        kept = _kept(found.pixels, found.confidence >= MIN_CONFIDENCE, found.scores)
        return Boxes(found.boxes[kept], found.scores[kept])

    def _found(self, rgb: UInt8[np.ndarray, "height width 3"]) -> "_Found":
        """All six, whether they are people or not."""
        height, width = rgb.shape[:2]
        scale = self.size / max(height, width)
        inner = max(1, round(width * scale)), max(1, round(height * scale))
        if inner != (width, height):
            rgb = np.asarray(cv2.resize(rgb, inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR))
        padded = np.zeros([1, *(-(-side // _STRIDE) * _STRIDE for side in inner[::-1]), 3], dtype=np.int32)
        padded[0, : inner[1], : inner[0]] = rgb
        found = np.asarray(self._session.run(None, {"input": padded})[0], dtype=float)[0]
        # The network tells y before x, as shares of its picture from edge to edge.
        joints, corners = found[:, :51].reshape(-1, 17, 3), found[:, 51:55].reshape(-1, 2, 2)
        sides, unit = np.array(padded.shape[2:0:-1]), np.array([width / inner[0], height / inner[1]])
        pixels, boxes = ((yx[..., 1::-1] * sides + SHIFT) * unit - 0.5 for yx in (joints, corners))
        return _Found(pixels, joints[..., 2], boxes.reshape(-1, 4), found[:, 55])


def session(path: Path) -> "InferenceSession":
    """A network that computes on one thread.

    Raises:
        InputError: there is no such file, or it isn't a network.
    """
    import onnxruntime

    if not path.is_file():
        raise InputError(f"{path}: there is no such file. Name a network in ONNX format.")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # Each reason has a class of its own in the runtime's C++ part, without a common base.
        raise InputError(f"{path} can't be read as a network in ONNX format. Make it again.") from error


def _distinct(
    pixels: Float[np.ndarray, "person 17 2"],
    confidence: Float[np.ndarray, "person 17"],
    scores: Float[np.ndarray, " person"],
) -> People:
    """Leave out who isn't sure, and of those who are the same the less sure one."""
    seen = confidence >= MIN_CONFIDENCE
    kept = _kept(pixels, seen, scores)
    pixels, seen = pixels[kept], seen[kept]
    return People(np.where(seen[..., None], pixels, np.nan), np.where(seen, confidence[kept], 0))


def _kept(
    pixels: Float[np.ndarray, "person 17 2"], seen: Bool[np.ndarray, "person 17"], scores: Float[np.ndarray, " person"]
) -> list[int]:
    """Who is sure, and isn't somebody surer; the surest first."""
    sure = np.flatnonzero((scores >= MIN_SCORE) & seen.any(axis=1))
    kept: list[int] = []
    for person in sure[np.argsort(-scores[sure], kind="stable")]:
        if all(_likeness(pixels[[person, other]], seen[[person, other]]) < _SAME for other in kept):
            kept.append(int(person))
    return kept


def _likeness(pixels: Float[np.ndarray, "2 17 2"], seen: Bool[np.ndarray, "2 17"]) -> float:
    """COCO's object keypoint similarity of two bodies, 0 to 1, on the joints seen of both."""
    both = seen.all(axis=0)
    if not both.any():
        return 0.0
    area = max(float(np.prod(np.ptp(body[there], axis=0))) for body, there in zip(pixels, seen, strict=True))
    squared = ((pixels[0] - pixels[1]) ** 2).sum(axis=1)
    return float(np.exp(-squared / (2 * max(area, 1.0) * _FALLOFF**2))[both].mean())
