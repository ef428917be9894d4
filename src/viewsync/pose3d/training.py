"""Training of networks that tell joints in space: the rows of Table IV, all from one pre-trained backbone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import lightning
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import DataLoader

from viewsync.footage.desynchronizer import Latency
from viewsync.networks.view_losses import similarity_loss, warping_loss
from viewsync.networks.volumetric import Pose
from viewsync.pose3d.footage import JOINTS, PELVIS, Footage
from viewsync.pose3d.losses import VOLUMETRIC_WEIGHT, heatmap_error_pixels, pose_loss, smooth_squared_error
from viewsync.pose3d.samples import TRAINED_EVERY, Batches, PoseBatch
from viewsync.pose3d.system import BASELINES, Method, PoseNetwork, Preset, sigma_cells
from viewsync.progress import Progress
from viewsync.training_loop import fit, one_cycle, steps_done
from viewsync.types import InputError

Optimizer = Literal["one-cycle", "paper"]
TRIANGULATED_WEIGHT = 0.01
"""Of the squared error of the triangulated joints, which is some hundreds where the task's loss is some tens."""
_BACKBONE_RATE, _OTHER_RATE = 1e-4, 1e-3


@dataclass(frozen=True)
class Recipe:
    """A row of Table IV.

    Raises:
        InputError: A γ is negative, or no number.
    """

    method: Method
    warping_weight: float = 0.01
    """γ of ℓ_W, for which there must be pictures of the reference's instant; not in the baselines."""
    similarity_weight: float = 0.0
    """γ of ℓ_s, for which there need not be: the γ that the paper tells for poses. Not in the baselines either."""
    volumetric_weight: float = VOLUMETRIC_WEIGHT
    """Of the volume's cross-entropy."""

    def __post_init__(self) -> None:
        weights = {
            "warping weight (γ)": self.warping_weight, "similarity weight (γ)": self.similarity_weight,
            "volumetric weight": self.volumetric_weight,
        }  # fmt: skip
        for name, weight in weights.items():
            if not 0 <= weight < math.inf:
                raise InputError(f"the {name} must be a number from 0 on, got {weight}. 0 leaves that loss out.")

    @property
    def in_pairs(self) -> bool:
        """Whether it learns from synchronized pictures of the same instants, too."""
        return self.method not in BASELINES and self.warping_weight > 0

    def latency(self, latency: Latency) -> Latency:
        """Of the views in training: none for BaseS, whatever is given."""
        return Latency.none(len(latency.constant_seconds)) if self.method == "BaseS" else latency


@dataclass(frozen=True)
class Schedule:
    """How long, and how."""

    steps: int
    batch: int = 2
    learning_rate: float = 2e-3
    """The highest one of the cycle."""
    optimizer: Optimizer = "one-cycle"
    """AdamW, its rate rising and falling once; or as released: Adam at 1e-4 for the backbone and 1e-3 for all else."""
    every: int = TRAINED_EVERY
    """Only instants that are multiples of it."""
    mirrored: bool = False
    """Show every other batch in a mirror. Motion networks then have twice as many geometries to learn."""

    def of(self, backbone: torch.nn.Module, others: Sequence[torch.nn.Parameter] = ()) -> Any:
        """The optimizer, as Lightning takes it."""
        if self.optimizer == "one-cycle":
            return one_cycle([*backbone.parameters(), *others], self.learning_rate, self.steps)
        groups = ((backbone.parameters(), _BACKBONE_RATE), (others, _OTHER_RATE))
        return torch.optim.Adam([{"params": list(some), "lr": rate} for some, rate in groups])


def loss_of(
    recipe: Recipe, network: PoseNetwork, batch: PoseBatch, turn_radians: Float[Tensor, " batch"]
) -> dict[str, Float[Tensor, ""]]:
    """The task's loss, and what is added to it, weighted.

    ``task`` is `pose_loss`. ``heatmaps`` and ``triangulated`` are of the joints by triangulation, which tell where the
    cuboid is to be; no gradient of the task comes to them. In a network that synchronizes, these heat-maps are made of
    features that were moved, so they teach flow, too.

    Args:
        recipe: What is learned from.
        network: That learns.
        batch: What it is shown.
        turn_radians: Of the cuboids about the vertical. Their middles are the true pelvises.
    """
    pose = network(
        batch.pictures, batch.projections, batch.fundamental, batch.present,
        pelvis_metres=batch.joints[:, PELVIS], turn_radians=turn_radians,
    )  # fmt: skip
    shown, size = batch.present[:, :, None] & batch.valid[:, None], network.network.picture_pixels
    losses = {
        "task": pose_loss(pose, batch.joints, batch.valid, recipe.volumetric_weight),
        "heatmaps": heatmap_error_pixels(pose.guess.pixels, batch.projections, batch.joints, shown, size),
        "triangulated": TRIANGULATED_WEIGHT * smooth_squared_error(pose.guess.joints_metres, batch.joints, batch.valid),
    }
    if recipe.in_pairs:
        losses["warping"] = recipe.warping_weight * _warping_loss(network, pose, batch)
    if pose.synchronized is not None and recipe.similarity_weight:
        space = pose.space
        apart = similarity_loss(space.maps.flatten(4), pose.synchronized.reference, space.seen.flatten(3))
        losses["similarity"] = recipe.similarity_weight * apart
    return losses


def _warping_loss(network: PoseNetwork, pose: Pose, batch: PoseBatch) -> Float[Tensor, ""]:
    assert batch.synchronized is not None
    assert pose.synchronized is not None
    # With a gradient through what is wanted, features that say little would be a way to have less of this loss.
    with torch.no_grad():
        wanted = network.network.see(batch.synchronized, batch.present).scales
    # Normalized in another batch, even the reference's own features aren't quite the same.
    others = batch.present.scatter(1, pose.synchronized.reference[:, None], False)
    return warping_loss(wanted, pose.synchronized.maps, others)


class Training(lightning.LightningModule):
    """What one step of training does.

    Args:
        network: To be trained.
        recipe: What it learns from.
        schedule: How long, and how.
        seed: Of the turns of cuboids.
    """

    def __init__(self, network: PoseNetwork, recipe: Recipe, schedule: Schedule, seed: int) -> None:
        super().__init__()
        self.network, self.recipe, self.schedule, self.seed = network, recipe, schedule, seed

    def training_step(self, batch: PoseBatch, _: int) -> Float[Tensor, ""]:
        """The loss of one batch."""
        # By the step's number, so that a training that goes on is the same as one that wasn't stopped.
        rng = np.random.default_rng([self.seed, 86, self.global_step])
        turns = torch.from_numpy(rng.uniform(0, 2 * np.pi, len(batch.joints))).to(batch.joints)
        losses = loss_of(self.recipe, self.network, batch, turns)
        self.log_dict({name: loss.detach() for name, loss in losses.items()}, batch_size=len(batch.joints))
        return torch.stack([*losses.values()]).sum()

    def configure_optimizers(self) -> Any:
        """As the schedule says."""
        backbone = self.network.network.backbone
        known = {id(one) for one in backbone.parameters()}
        return self.schedule.of(backbone, [one for one in self.network.parameters() if id(one) not in known])


def arguments(
    method: Method, footages: Sequence[Footage], latency: Latency, preset: Preset = "small", voxels: int | None = None
) -> dict[str, Any]:
    """Of a `PoseNetwork` for footage of one size, whose views are apart by such latency.

    Raises:
        InputError: There is no footage.
    """
    if not footages:
        raise InputError("there is no footage to learn from. Give some whose split is training.")
    longest = max(map(abs, latency.constant_seconds)) + latency.random_seconds
    side = footages[0].side_pixels
    sigmas = sigma_cells(longest, max(one.pixels_per_metre for one in footages)) if method == "CLS-epi" else ()
    return {
        "method": method, "joints": list(JOINTS), "picture_pixels": [side, side], "preset": preset,
        "sigma_cells": list(sigmas), "voxels": voxels,
    }  # fmt: skip


def trained(
    recipe: Recipe,
    footages: Sequence[Footage],
    latency: Latency,
    schedule: Schedule,
    *,
    seed: int,
    preset: Preset = "small",
    voxels: int | None = None,
    begin_from: PoseNetwork | None = None,
    folder: Path | None = None,
    resume: bool = False,
    progress: Progress = lambda *_: None,
) -> PoseNetwork:
    """A network, trained on footage.

    Args:
        recipe: Which one, and what it learns from.
        footages: Of as many views and pictures of one size.
        latency: Between the views; none for BaseS, whatever is given.
        schedule: How long, and how.
        seed: Of its first weights, of the samples and of the turns of cuboids.
        preset: Its size.
        voxels: Along each side of the cuboid; the preset's unless told.
        begin_from: A network whose weights are taken over as far as they aren't of synchronization: `pretrained`, so that
            all methods begin from the same.
        folder: Where the state is kept for `resume`, and the log; nothing is written if None.
        resume: Go on from the state in `folder`.
        progress: Told how far it is.

    Raises:
        InputError: There is no footage, some is too short for the latency, sizes differ or can't be used, crops follow the
            person where pictures of another instant are needed, or there is no state to go on from.
        RuntimeError: The network to begin from is of another size.
    """
    done = steps_done(folder, schedule.steps) if resume else 0
    told = arguments(recipe.method, footages, latency, preset, voxels)
    batches = Batches(
        footages, recipe.latency(latency), schedule.batch, seed, synchronized=recipe.in_pairs, every=schedule.every,
        first_batch=done, mirrored=schedule.mirrored,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = PoseNetwork(**told)
        if begin_from is not None:
            network.begin_from(begin_from)
        fit(
            Training(network, recipe, schedule, seed), DataLoader(batches, batch_size=None), schedule.steps,
            folder=folder, resumable=True, resume=resume, progress=progress,
        )  # fmt: skip
    return network.cpu().eval()
