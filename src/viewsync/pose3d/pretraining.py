"""What all networks of Table IV begin from: a backbone that knows how joints look in single pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import DataLoader

from viewsync.footage.desynchronizer import Latency
from viewsync.networks.algebraic_pose import soft_argmax_pixels
from viewsync.pose3d.footage import Footage
from viewsync.pose3d.losses import heatmap_cross_entropy, heatmap_error_pixels
from viewsync.pose3d.samples import Batches, PoseBatch
from viewsync.pose3d.system import PoseNetwork, Preset
from viewsync.pose3d.training import Schedule, arguments
from viewsync.progress import Progress
from viewsync.training_loop import fit, steps_done

CELLS_WEIGHT = 2.0
"""Of the heat-maps' cross-entropy, beside their error in pixels."""


class PreTraining(lightning.LightningModule):
    """What one step does: heat-maps of single pictures are to show the joints. Nothing is triangulated.

    Args:
        network: Whose backbone is to be trained.
        schedule: How long, and how.
    """

    def __init__(self, network: PoseNetwork, schedule: Schedule) -> None:
        super().__init__()
        self.network, self.schedule = network, schedule

    def training_step(self, batch: PoseBatch, _: int) -> Float[Tensor, ""]:
        """The loss of one batch."""
        losses = single_view_losses(self.network, batch)
        self.log_dict({name: loss.detach() for name, loss in losses.items()}, batch_size=len(batch.joints))
        return torch.stack([*losses.values()]).sum()

    def configure_optimizers(self) -> Any:
        """As the schedule says."""
        return self.schedule.of(self.network.network.backbone)


def single_view_losses(network: PoseNetwork, batch: PoseBatch) -> dict[str, Float[Tensor, ""]]:
    """``pixels``: the mean error of where heat-maps show joints; ``cells``: the cross-entropy of heat-maps, twice.

    On scenes of 22 people, both got to 3.0 pixels in 1500 steps (3.7 in 300), the first alone to 3.2 in 1800.

    Args:
        network: That sees the pictures.
        batch: Of views that are synchronized: joints are told of one instant only.
    """
    whole = network.network
    heatmaps = whole.backbone.heatmaps(whole.see(batch.pictures, batch.present).scales[-1])
    told = batch.projections, batch.joints, batch.present[:, :, None] & batch.valid[:, None], whole.picture_pixels
    return {
        "pixels": heatmap_error_pixels(soft_argmax_pixels(heatmaps, whole.picture_pixels), *told),
        "cells": CELLS_WEIGHT * heatmap_cross_entropy(heatmaps, *told),
    }


def pretrained(
    footages: Sequence[Footage],
    schedule: Schedule,
    *,
    seed: int,
    preset: Preset = "small",
    voxels: int | None = None,
    folder: Path | None = None,
    resume: bool = False,
    progress: Progress = lambda *_: None,
) -> PoseNetwork:
    """A network whose heat-maps have been trained, and nothing else, for `training.trained` to begin from.

    Args:
        footages: Of as many views and pictures of one size.
        schedule: How long, and how.
        seed: Of its first weights, and of the samples.
        preset: Its size.
        voxels: Along each side of the cuboid; the preset's unless told.
        folder: As of `trained`.
        resume: As of `trained`.
        progress: Told how far it is.

    Raises:
        InputError: There is no footage, sizes differ or can't be used, or there is no state to go on from.
    """
    done = steps_done(folder, schedule.steps) if resume else 0
    none = Latency.none(len(footages[0].cameras) if footages else 1)
    told = arguments("BaseS", footages, none, preset, voxels)
    batches = Batches(
        footages, none, schedule.batch, seed, every=schedule.every, first_batch=done, mirrored=schedule.mirrored
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = PoseNetwork(**told)
        fit(
            PreTraining(network, schedule), DataLoader(batches, batch_size=None), schedule.steps, task="pre-training",
            folder=folder, resumable=True, resume=resume, progress=progress,
        )  # fmt: skip
    return network.cpu().eval()
