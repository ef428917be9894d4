"""The pose cue of `viewsync sync` on SynNet's clips: a second of eight frames, where it is made for minutes."""

import numpy as np
from jaxtyping import Float, Float32

from viewsync.media.keypoints.joints import COCO17
from viewsync.signals import pose
from viewsync.synnet.clips import Clips, Sampling
from viewsync.synnet.scenes import FPS
from viewsync.types import Poses, PoseSignal, Search


def told_by_pose_cue(clips: Clips, sampling: Sampling) -> Float[np.ndarray, " pair"]:
    """For each pair the class whose shift has most of the cue's evidence, nothing else being known."""
    shifts = np.arange(-sampling.largest_shift, sampling.largest_shift) * sampling.stride / FPS
    # Half a sample less than the clips' least overlap: neither rounding nor the cue's own default excludes a shift.
    overlap = ((sampling.clip_frames - 1 - sampling.largest_shift) * sampling.stride + 0.5) / FPS
    found = []
    for a, b in zip(clips.a.numpy(), clips.b.numpy(), strict=True):
        belief = pose.belief(_signal(a, sampling.stride), _signal(b, sampling.stride), Search(min_overlap_seconds=overlap))
        nearest = np.abs(belief.offsets_seconds[:, None] - shifts).argmin(axis=0)
        found.append(belief.log_likelihood_ratio[nearest].argmax())
    return np.array(found, dtype=float)


def _signal(clip: Float32[np.ndarray, "frame 17 3"], stride: int) -> PoseSignal:
    seen = clip[..., 2] > 0
    pixels = np.where(seen[..., None], clip[..., :2], np.nan).astype(float)
    frames = np.arange(len(clip))
    confidence = np.where(seen, clip[..., 2], 0).astype(float)
    return pose.signal(Poses(COCO17, frames * stride / FPS, frames, np.zeros_like(frames), pixels, confidence))
