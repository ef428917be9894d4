"""A network that tells joints in space, from footage to weights."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from viewsync.files import prepare_folder
from viewsync.footage.desynchronizer import Latency
from viewsync.machine import this_machine
from viewsync.networks.checkpoints import ModelCard, save_network
from viewsync.pose3d.footage import Footage
from viewsync.pose3d.pretraining import pretrained
from viewsync.pose3d.report import LATENCY, TESTS, conditions, figures
from viewsync.pose3d.samples import TESTED_EVERY
from viewsync.pose3d.system import Method, Preset
from viewsync.pose3d.training import Recipe, Schedule, arguments, trained
from viewsync.progress import Progress
from viewsync.training_loop import CHECKPOINT, note_training

BACKBONE = "backbone"
"""The folder with the pre-training's log and state."""
PURPOSE = "Tells where somebody's joints are in space, by pictures of several cameras that aren't of one instant."
_LICENCE = "That of the footage, whatever it is: it was given by whoever trained it."


def weights_name(method: Method) -> str:
    """What the file of weights is called, without its ending."""
    return f"pose3d-{method.lower()}"


def train(
    training: Sequence[Footage],
    unseen: Sequence[Footage],
    out: Path,
    recipe: Recipe,
    schedule: Schedule,
    pretraining: Schedule,
    *,
    latency_seconds: float,
    preset: Preset,
    seed: int,
    command: str,
    voxels: int | None = None,
    tested_every: int = TESTED_EVERY,
    resume: bool = False,
    progress: Progress = lambda *_: None,
) -> ModelCard:
    """Train on some footage, measure on other; write weights and card.

    Args:
        training: To train on.
        unseen: To measure on.
        out: Folder for ``pose3d-<method>.safetensors``, its card, the logs, and the state for `resume`.
        recipe: Which network, and what it learns from.
        schedule: How long, and how.
        pretraining: The same of the backbone before it, which depends on nothing of the recipe.
        latency_seconds: κ of the footage, as it is shown in training (but to BaseS).
        preset: Size of the network.
        seed: Of everything random.
        command: What the user called, for the card.
        voxels: Along each side of the cuboid; the preset's unless told.
        tested_every: Only instants that are multiples of it are measured on.
        resume: Go on from the state in `out`.
        progress: Told how far it is.

    Raises:
        InputError: Footage is too short for the latency or of different sizes, nothing can be written to `out`, or there is
            nothing to go on from.
    """
    prepare_folder(out)
    # Before hours of training: footage may be too short for it.
    tests = conditions(unseen, latency_seconds, tested_every, seed)
    shown = Latency.at_random(len(training[0].cameras), latency_seconds)
    told = arguments(recipe.method, training, shown, preset, voxels)
    how = f"{replace(schedule, steps=0)} after {replace(pretraining, steps=0)}"
    note_training(out, f"{recipe}, {how}, {told}, latency of {latency_seconds:g} s, seed {seed}", resume=resume)
    if not resume:
        (out / BACKBONE / CHECKPOINT).unlink(missing_ok=True)
    begun = (out / CHECKPOINT).is_file()
    first = None
    if not begun:
        first = pretrained(
            training, pretraining, seed=seed, preset=preset, voxels=voxels, folder=out / BACKBONE, resume=resume,
            progress=progress,
        )  # fmt: skip
    network = trained(
        recipe, training, shown, schedule, seed=seed, preset=preset, voxels=voxels, begin_from=first, folder=out,
        resume=begun, progress=progress,
    )  # fmt: skip
    measured = {name: figures(network, some, progress) for name, some in tests.items()}
    names = " and ".join(", ".join(one.name for one in some) for some in (training, unseen))
    data = f"{len(training)} clips and, held out, {len(unseen)}: {names}."
    metrics = {LATENCY: latency_seconds, TESTS: measured}
    card = ModelCard(PURPOSE, told, data, _LICENCE, command, seed, this_machine().commit, metrics)
    save_network(out / f"{weights_name(recipe.method)}.safetensors", network, card)
    return card
