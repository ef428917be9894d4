"""The paper's two submodules, from recordings to weights."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from viewsync.files import prepare_folder
from viewsync.machine import this_machine
from viewsync.networks.checkpoints import ModelCard, save_network
from viewsync.networks.delay import DelayHead
from viewsync.networks.stereo import Matcher, MatchingNetwork
from viewsync.progress import Progress, told
from viewsync.stereo.embedding import embedded
from viewsync.stereo.evaluate import Scores, delays_found
from viewsync.stereo.frames import PreparedRecording, prepared
from viewsync.stereo.recordings import StereoRecording
from viewsync.stereo.sampling import sequences
from viewsync.stereo.system import System
from viewsync.stereo.training import Optimizer, Schedule, trained_delay, trained_matcher

TESTED_SEQUENCES = 1000
USUAL_STEPS = 300
_PURPOSE = "Tells the delay, -19 to 20 frames, between two clips of 20 frames of cameras side by side."
_LICENCE = "That of the recordings, whatever it is: they were given by whoever trained it."


def weights_name(matcher: Matcher) -> str:
    """What the file of weights is called, without its ending."""
    return f"stereo-{matcher}"


def train(
    recordings: tuple[StereoRecording, ...],
    held_out: tuple[StereoRecording, ...],
    out: Path,
    arguments: Mapping[str, Any],
    *,
    optimizer: Optimizer,
    steps: int | None,
    seed: int,
    command: str,
    progress: Progress = lambda *_: None,
) -> ModelCard:
    """Prepare frames, train both networks, measure on what was held out; write weights and card.

    Args:
        recordings: To train on.
        held_out: To measure on.
        out: Folder for ``stereo-<matcher>.safetensors``, its card, and the logs.
        arguments: Of `System`.
        optimizer: ``one-cycle`` goes with `USUAL_STEPS`, ``paper`` with as many epochs as printed.
        steps: Of the matching network, unless that many.
        seed: Of everything random.
        command: What the user called, for the card.
        progress: Told how far it is.

    Raises:
        InputError: A recording is damaged or too short, or nothing can be written to `out`.
    """
    prepare_folder(out)
    system = System(**arguments)
    seen, unseen = (
        [prepared(one, system.modality, system.size, progress) for one in some] for some in (recordings, held_out)
    )
    frames = sum(len(one.left) for one in seen)
    schedule = Schedule.paper(system.kind, frames) if optimizer == "paper" else Schedule(USUAL_STEPS)
    schedule = schedule if steps is None else replace(schedule, steps=steps)
    system.matcher = trained_matcher(
        system.kind, seen, schedule, seed=seed, encoder=system.encoder, folder=out / "logs", progress=progress
    )
    looked_at = [embedded(system.matcher, one) for one in told(seen, "embedding", len(seen), progress)]
    system.delay = trained_delay(
        system.head, system.matcher, looked_at, schedule, seed=seed, folder=out / "logs", progress=progress
    )
    metrics = {"held out": asdict(score(system.matcher, system.delay, unseen, TESTED_SEQUENCES, seed))}
    names = " and ".join(", ".join(one.name for one in some) for some in (seen, unseen))
    data = f"{len(seen)} and, held out, {len(unseen)} stereo recordings: {names}."
    card = ModelCard(_PURPOSE, dict(arguments), data, _LICENCE, command, seed, this_machine().commit, metrics)
    save_network(out / f"{weights_name(system.kind)}.safetensors", system, card)
    return card


def score(
    matcher: MatchingNetwork,
    head: DelayHead,
    recordings: list[PreparedRecording],
    count: int,
    seed: int,
) -> Scores:
    """Measure two networks on clips of some recordings.

    Args:
        matcher: In evaluation mode.
        head: In evaluation mode.
        recordings: Prepared for them.
        count: Of clips.
        seed: Of the clips.

    Raises:
        InputError: There are no recordings, or one is too short.
    """
    clips = sequences(recordings, count, seed)
    looked_at = [embedded(matcher, one) for one in recordings]
    return Scores.of(delays_found(matcher, head, looked_at, clips), clips.delay)
