"""A counting network, from footage to weights."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from viewsync.counting.evaluate import Scores, mean_density, truths
from viewsync.counting.footage import Footage
from viewsync.counting.report import KINDS, figures, named
from viewsync.counting.samples import LatencyKind, latency_of
from viewsync.counting.system import Counter, Method, Preset
from viewsync.counting.training import Recipe, Schedule, arguments, trained
from viewsync.files import prepare_folder
from viewsync.footage.desynchronizer import samples
from viewsync.machine import this_machine
from viewsync.networks.checkpoints import ModelCard, save_network
from viewsync.progress import Progress
from viewsync.training_loop import note_training

_PURPOSE = "Counts people on the ground, and says where they are, by pictures of several cameras that aren't of one instant."
_LICENCE = "That of the footage, whatever it is: it was given by whoever trained it."


def weights_name(method: Method) -> str:
    """What the file of weights is called, without its ending."""
    return f"counting-{method.lower()}"


def train(
    training: Sequence[Footage],
    unseen: Sequence[Footage],
    out: Path,
    recipe: Recipe,
    schedule: Schedule,
    *,
    latency: LatencyKind,
    latency_seconds: float,
    preset: Preset,
    seed: int,
    command: str,
    resume: bool = False,
    progress: Progress = lambda *_: None,
) -> ModelCard:
    """Train on some footage, measure on other; write weights and card.

    Args:
        training: To train on.
        unseen: To measure on.
        out: Folder for ``counting-<method>.safetensors``, its card, the logs, and the state for `resume`.
        recipe: Which network, and what it learns from. All that have synchronized pictures are trained as BaseS first, for
            as many steps.
        schedule: How long, and how.
        latency: Of the footage, as it is shown in training.
        latency_seconds: How much.
        preset: Size of the network.
        seed: Of everything random.
        command: What the user called, for the card.
        resume: Go on from the state in `out`.
        progress: Told how far it is.

    Raises:
        InputError: Footage is too short for the latency or of different sizes, nothing can be written to `out`, or there is
            nothing to go on from.
    """
    prepare_folder(out)
    views = len(training[0].place.views)
    shown = latency_of(latency, latency_seconds, views)
    # Before hours of training: footage may be too short for what comes after it.
    tests = {kind: samples(unseen, latency_of(kind, latency_seconds, views), seed) for kind in KINDS}
    for footage in (*training, *unseen):
        _ = footage.backgrounds
    told = arguments(recipe, training, shown, preset)
    what = f"{recipe}, {replace(schedule, steps=0)}, {told}, {latency} latency of {latency_seconds:g} s, seed {seed}"
    note_training(out, what, resume=resume)
    first: Counter | None = None
    if recipe.setting == "synced and unsynced" and recipe.method != "BaseS" and not resume:
        first = trained(
            Recipe("BaseS", recipe.setting), training, shown, schedule, seed=seed, preset=preset, progress=progress
        )
    counter = trained(
        recipe, training, shown, schedule, seed=seed, preset=preset, begin_from=first, folder=out, resume=resume,
        progress=progress,
    )  # fmt: skip
    metrics = {named(kind, latency_seconds): figures(counter, some) for kind, some in tests.items()}
    mean = [mean_density(training)] * len(tests["random"])
    metrics["mean of the training footage"] = asdict(Scores.of(mean, truths(tests["random"])))
    names = " and ".join(", ".join(one.name for one in some) for some in (training, unseen))
    data = f"{len(training)} clips and, held out, {len(unseen)}: {names}. Trained with {latency} latency."
    card = ModelCard(_PURPOSE, told, data, _LICENCE, command, seed, this_machine().commit, metrics)
    save_network(out / f"{weights_name(recipe.method)}.safetensors", counter, card)
    return card
