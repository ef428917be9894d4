"""Keypoints of one person as heat-maps of joints, as a detector such as OpenPose makes them: rendered, on the fly."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from viewsync.media.keypoints.joints import COCO17, OPENPOSE18
from viewsync.types import InputError

_NECK = OPENPOSE18.index("neck")
_TRUNK = ("neck", "right_shoulder", "left_shoulder", "right_hip", "left_hip")
_ENDS = ("right_wrist", "left_wrist", "right_ankle", "left_ankle")
_SUBSETS: dict[int, tuple[str, ...]] = {5: _TRUNK, 9: _TRUNK + _ENDS, 13: OPENPOSE18[1:14], 18: OPENPOSE18}
_BODY = slice(OPENPOSE18.index("neck"), OPENPOSE18.index("left_ankle") + 1)
_HALF_WINDOW_SIZES = 2.4
"""Half of a map's side in body sizes (mean distances of the joints from their middle): so arms stretched out are in it."""


def subset(count: int) -> Int[Tensor, " joint"]:
    """Places in OpenPose's order of the joints of the paper's Table 3: trunk; with wrists and ankles; without face; all.

    Raises:
        InputError: There is no set of so many.
    """
    if count not in _SUBSETS:
        raise InputError(f"heat-maps are made of {', '.join(map(str, _SUBSETS))} joints, got {count}.")
    return torch.tensor([OPENPOSE18.index(name) for name in _SUBSETS[count]])


def rendered(
    coco17: Float[Tensor, "*batch frame 17 3"], size_pixels: int, joints: int = 18
) -> Float[Tensor, "*batch frame joint height width"]:
    """What SynNet takes of keypoints of one person in clips: heat-maps of some joints, framed by all.

    Args:
        coco17: x, y in pixels of the picture and confidence, 0 where a joint wasn't seen.
        size_pixels: Side of the maps.
        joints: 5, 9, 13 or 18; see `subset`.

    Raises:
        InputError: In a clip nobody is seen, or there is no such set of joints.
    """
    if not bool((coco17[..., 2] > 0).flatten(-2).any(-1).all()):
        raise InputError("nobody is seen in a clip. Leave clips without a person out.")
    chosen = framed(openpose18(coco17), size_pixels)[..., subset(joints), :]
    return heatmaps(chosen, size_pixels)


def openpose18(coco17: Float[Tensor, "*batch 17 3"]) -> Float[Tensor, "*batch 18 3"]:
    """Keypoints (x, y, confidence) of COCO in OpenPose's order, with a neck midway between the shoulders.

    The neck is as sure as the less sure shoulder.
    """
    order = [0 if name == "neck" else COCO17.index(name) for name in OPENPOSE18]
    both = coco17[..., [COCO17.index("left_shoulder"), COCO17.index("right_shoulder")], :]
    neck = torch.cat([both[..., :2].mean(-2), both[..., 2:].amin(-2)], dim=-1)
    joints = coco17[..., order, :].clone()
    joints[..., _NECK, :] = neck
    return joints


def framed(keypoints: Float[Tensor, "*batch frame 18 3"], size_pixels: int) -> Float[Tensor, "*batch frame 18 3"]:
    """A person in the middle of a square map: each frame's joints about their middle, at one scale for the whole clip.

    So neither where the person is in the picture, nor how the camera pans, shows. Middle and scale are those of the joints
    from the neck down: half of the others are in the face.

    Args:
        keypoints: x, y in pixels of the picture and confidence, 0 where a joint wasn't seen (its coordinates may be nan).
        size_pixels: Side of the map.

    Returns:
        x and y in pixels of the map, of which (0, 0) is the middle of the first one.
    """
    confidence = keypoints[..., 2:].clamp(0, 1)
    places = torch.where(confidence > 0, keypoints[..., :2], 0.0)
    seen = (confidence[..., _BODY, :] > 0).to(keypoints.dtype)
    middle = (seen * places[..., _BODY, :]).sum(-2, keepdim=True) / seen.sum(-2, keepdim=True).clamp_min(1)
    places = places - middle
    distances = (seen[..., 0] * places[..., _BODY, :].norm(dim=-1)).sum((-2, -1)) / seen.sum((-3, -2, -1)).clamp_min(1)
    zoom = size_pixels / (2 * _HALF_WINDOW_SIZES * distances.clamp_min(torch.finfo(keypoints.dtype).tiny))
    places = (zoom[..., None, None, None] * places).clamp(-2 * size_pixels, 2 * size_pixels)
    return torch.cat([places + (size_pixels - 1) / 2, confidence], dim=-1)


def heatmaps(
    keypoints: Float[Tensor, "*batch joint 3"], size_pixels: int, sigma_pixels: float = 1.0
) -> Float[Tensor, "*batch joint height width"]:
    """A Gaussian hill around each joint, as high as the joint is sure.

    Args:
        keypoints: x and y in pixels of the map and confidence; see `framed`.
        size_pixels: Side of the map.
        sigma_pixels: Standard deviation of a hill.
    """
    pixel = torch.arange(size_pixels, dtype=keypoints.dtype, device=keypoints.device)
    # A Gaussian is the product of two: a row and a column, not a map, of exponentials.
    x, y = (torch.exp(-(((pixel - keypoints[..., axis, None]) / sigma_pixels) ** 2) / 2) for axis in (0, 1))
    return (keypoints[..., 2:] * y)[..., None] * x[..., None, :]
