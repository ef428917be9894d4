"""SynNet from motions to weights."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Literal

from viewsync.files import prepare_folder
from viewsync.machine import this_machine
from viewsync.networks.checkpoints import ModelCard, save_network
from viewsync.networks.synnet import PAPER, SynNet
from viewsync.pose_embedding.performances import LICENCE, Recorded, performances, recorded
from viewsync.progress import Progress, told
from viewsync.synnet.clips import Clips, Sampling, fixed_clips
from viewsync.synnet.evaluate import score
from viewsync.synnet.scenes import WorldPreset, filmed, filmed_worlds
from viewsync.synnet.training import Schedule, trained
from viewsync.training_loop import note_training

NAME = "synnet"
Preset = Literal["small", "paper"]

_PERFORMANCES, _CAMERAS = 320, 16
_HELD_OUT_PERFORMANCES, _HELD_OUT_CAMERAS, _TESTS_PER_SHIFT = 48, 6, 128
_WORLDS: dict[WorldPreset, int] = {"pair": 10, "group": 8}
_PURPOSE = "Tells the shift, -4 to 3 times 4/30 s, between two clips of 8 frames of a person's joints (18 heat-maps)."
_DATA = "Virtual cameras, standing and moving, with detector's faults, on the package's own motions and on motion capture."


def train(
    motions: Sequence[Path],
    out: Path,
    *,
    preset: Preset,
    schedule: Schedule,
    seed: int,
    command: str,
    resume: bool = False,
    progress: Progress = lambda *_: None,
) -> ModelCard:
    """Make performances, film them, train on clips, measure on people, motions and cameras held out; write weights and card.

    Args:
        motions: Folders of motion capture; without any, people do what the package makes up only.
        out: Folder for ``synnet.safetensors``, ``synnet.json``, the logs, and the state for `resume`.
        preset: Size of the network.
        schedule: How long, and how.
        seed: Of everything random.
        command: What the user called, for the card.
        resume: Go on from the state in `out`.
        progress: Told how far it is.

    Raises:
        InputError: A folder holds no motion that can be read, nothing can be written to `out`, or there is nothing to go on
            from.
    """
    prepare_folder(out)
    clips = recorded(tuple(motions))
    note_training(out, f"{preset}, {replace(schedule, steps=0)}, {clips.described} Seed {seed}", resume=resume)
    tests = held_out_clips(clips, seed, progress)
    people = told(performances(clips.training, _PERFORMANCES, seed), "making motion", _PERFORMANCES, progress)
    scenes = list(told(filmed(people, _CAMERAS, seed), "filming", 2 * _PERFORMANCES, progress))
    arguments = PAPER if preset == "paper" else {}
    network = trained(lambda: SynNet(**arguments), scenes, schedule, seed=seed, folder=out, resume=resume, progress=progress)
    metrics = {name: asdict(score(network, some)) for name, some in tests.items()}
    card = ModelCard(
        _PURPOSE, arguments, f"{_DATA} {clips.described}", LICENCE, command, seed, this_machine().commit, metrics
    )
    save_network(out / f"{NAME}.safetensors", network, card)
    return card


def held_out_clips(clips: Recorded, seed: int, progress: Progress = lambda *_: None) -> dict[str, Clips]:
    """What to test on: bodies, recorded clips, seeds of own motions, and cameras that training never sees.

    Args:
        clips: Motion capture.
        seed: Of bodies, own motions, cameras, noise and clips.
        progress: Told how far it is.

    Returns:
        Clips, with plain noise and with all faults that detectors have, and of made worlds whose cameras move.
    """
    people = performances(clips.held_out, _HELD_OUT_PERFORMANCES, seed, held_out=True)
    some = list(told(people, "making motion to test on", _HELD_OUT_PERFORMANCES, progress))
    scenes = {
        "random cameras": list(filmed(some, _HELD_OUT_CAMERAS, seed, "plain")),
        "random cameras, all faults": list(filmed(some, _HELD_OUT_CAMERAS, seed, "faults")),
    }
    for preset, count in _WORLDS.items():
        worlds = told(filmed_worlds(preset, count, seed), f"filming worlds: {preset}", count, progress)
        scenes[f"world {preset}"] = [scene for people in worlds for scene in people]
    return {name: fixed_clips(each, Sampling(), _TESTS_PER_SHIFT, seed) for name, each in scenes.items()}
