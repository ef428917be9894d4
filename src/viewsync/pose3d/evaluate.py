"""How far off poses are that a network finds: over frames, over actions, and frame by frame."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from viewsync.pose3d.footage import JOINTS, Sample
from viewsync.pose3d.metrics import ActionErrors, frame_errors, mpjpe_by_action
from viewsync.pose3d.samples import PoseBatch, batch_of
from viewsync.progress import Progress, told
from viewsync.types import InputError

Find = Callable[[PoseBatch], Float[Tensor, "batch joint 3"]]
"""Where the joints are, in metres; nan where one is missing."""
_AT_ONCE = 4


@torch.inference_mode()
def found_joints(
    find: Find, shown: Sequence[Sample], progress: Progress = lambda *_: None
) -> Float[np.ndarray, "sample joint 3"]:
    """Joints that a network finds, sample by sample.

    Args:
        find: The network, in evaluation mode, on the CPU.
        shown: What it is shown; `samples.at_once` of them, to show it synchronized views.
        progress: Told after each few.

    Raises:
        InputError: There are no samples.
    """
    if not shown:
        raise InputError("there are no instants to find poses at. Give footage that is longer than the latency.")
    groups = [shown[start : start + _AT_ONCE] for start in range(0, len(shown), _AT_ONCE)]
    found = [find(batch_of(group)).double().numpy() for group in told(groups, "finding poses", len(groups), progress)]
    return np.concatenate(found)


def truths(shown: Sequence[Sample]) -> Float[np.ndarray, "sample joint 3"]:
    """Where the joints were at the reference's instants; nan where that isn't known."""
    points = np.stack([sample.footage.joints_metres[sample.instant] for sample in shown])
    valid = np.stack([sample.footage.valid[sample.instant] for sample in shown])
    return np.where(valid[..., None], points, np.nan)


def scores(found: Float[np.ndarray, "sample joint 3"], shown: Sequence[Sample]) -> ActionErrors:
    """MPJPE over frames and over actions (Tables IV to VII of Zhang & Chan).

    Args:
        found: As of `found_joints`.
        shown: The same samples.

    Raises:
        InputError: Nothing was found in any frame of an action.
    """
    actions = [sample.footage.actions[sample.instant] for sample in shown]
    return mpjpe_by_action(found, truths(shown), JOINTS, actions, one_unit=True)


def relative_errors_mm(found: Float[np.ndarray, "sample joint 3"], shown: Sequence[Sample]) -> Float[np.ndarray, " sample"]:
    """Relative MPJPE of each sample, for `lead.Lead.of`; nan where its pelvis wasn't found.

    Args:
        found: As of `found_joints`.
        shown: The same samples.
    """
    return frame_errors(found, truths(shown), JOINTS, one_unit=True).relative_mm
