"""Association, from sessions to weights."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from viewsync.association.frames import Session, leaks
from viewsync.association.matching import NetworkCost, calibrate, joint_outcomes, pairwise_outcomes
from viewsync.association.metrics import measure
from viewsync.association.training import Schedule, trained
from viewsync.files import prepare_folder
from viewsync.machine import this_machine
from viewsync.networks.checkpoints import ModelCard, save_network
from viewsync.networks.self_mva import SelfMVA
from viewsync.progress import Progress
from viewsync.types import InputError

WEIGHTS_NAME = "association"
"""What the file of weights is called, without its ending."""
RELEASED_THRESHOLD = 0.1
"""For matches, of the released code on MVOR; on WILDTRACK it is 0.4, on SOLDIERS 0."""
_PURPOSE = "Tells who is who in views of one instant, for the cameras it was trained on, where they stood then."
_LICENCE = "That of the recordings, whatever it is: they were given by whoever trained it."


def train(
    training: Session,
    validation: Session,
    test: Session,
    out: Path,
    schedule: Schedule,
    *,
    seed: int,
    command: str,
    leaky: bool = False,
    progress: Progress = lambda *_: None,
) -> ModelCard:
    """Train a network, find out which distances are near, measure on what was held out; write weights and card.

    Args:
        training: To learn from; identities don't count, unless the schedule's loss is the supervised one.
        validation: To choose weights and to calibrate by; identities don't count either.
        test: To measure on, as far as people's identities are known; if nobody's is, nothing is measured.
        out: Folder for ``association.safetensors``, its card, and the logs.
        schedule: How long, and how.
        seed: Of everything random.
        command: What the user called, for the card.
        leaky: Train even where instants are of the test, too, as the released training detections of MVOR are.
        progress: Told how far it is.

    Raises:
        InputError: Instants are of the training or validation and of the test, a session is too short, or nothing can be
            written to `out`.
    """
    leaked = 0 if leaky else len({*leaks(training, test), *leaks(validation, test)})
    if leaked:
        raise InputError(
            f"{leaked} of the {len(test.frames)} instants of the test are learned from, too. Leave them out of training and "
            "validation; or allow it, to repeat a result that was got so."
        )
    prepare_folder(out)
    # By these names messages call them.
    learned = replace(training, name=f"{training.name}, training")
    kept = replace(validation, name=f"{validation.name}, validation")
    network = trained(learned, kept, schedule, seed=seed, folder=out / "logs", progress=progress)
    calibrate(network, kept)
    arguments = {"cameras": network.cameras, "sizes": network.sizes, **schedule.network, "seed": seed}
    parts = f"{len(training.frames)}, {len(validation.frames)} and {len(test.frames)} instants"
    data = f"{training.name}: {parts} for training, validation and test."
    metrics = score(network, test, schedule) if test.knows_people else {}
    card = ModelCard(_PURPOSE, arguments, data, _LICENCE, command, seed, this_machine().commit, metrics)
    save_network(out / f"{WEIGHTS_NAME}.safetensors", network, card)
    return card


def score(network: SelfMVA, test: Session, schedule: Schedule) -> dict[str, Any]:
    """Metrics of a network: of all views at once, of each two by themselves, and as published.

    Args:
        network: Calibrated.
        test: With identities, as far as they are known.
        schedule: It was trained by.

    Raises:
        InputError: The test's cameras are others.
    """
    cost = NetworkCost(network, test, alpha=schedule.alpha)
    relative = NetworkCost(network, test, alpha=schedule.alpha, relative=True)
    return {
        "all views at once": asdict(measure(joint_outcomes(cost, test.frames))),
        "view by view": asdict(measure(pairwise_outcomes(cost, test.frames))),
        "as published": asdict(measure(pairwise_outcomes(relative, test.frames, RELEASED_THRESHOLD, keep_one=True))),
    }
