"""Suite `peers`: other people's programs on the inputs of the suites `audio` and `video`, ours beside theirs; Pose2Sim."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from viewsync.benchmarks import audio, keypoint_takes, scenes, sounds, video
from viewsync.benchmarks.keypoint_takes import overlapping_keypoints
from viewsync.benchmarks.peer_adapters import (
    audalign,
    audio_offset_finder,
    peers_python,
    pose2sim,
    syncstart_picture,
    syncstart_sound,
)
from viewsync.benchmarks.row import Row, measured, skipped
from viewsync.benchmarks.takes import Take, true_offset
from viewsync.types import InputError

SUITE = "peers"
Program = Callable[[Path, Path, Path], float | None]
"""(python, a, b) to t_a − t_b in seconds."""


@dataclass(frozen=True)
class Answer:
    """What a program said of one pair of clips."""

    program: str
    scene: str
    can_overlap: bool
    answered: bool
    error_seconds: float | None
    frame_seconds: float
    seconds: float
    """Wall time of the whole process; of one that ties several pairs, per pair."""


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Every program, and `viewsync sync`, as a process of its own on every pair of the first takes."""
    try:
        python = peers_python()
    except InputError as error:
        return [skipped(SUITE, "all", str(error))]
    rounds = 2 if quick else 6
    return _heard(python, seed, rounds, data) + _seen(python, seed, rounds, data) + _posed(python, seed, 2 * rounds, data)


def _heard(python: Path, seed: int, rounds: int, data: Path | None) -> list[Row]:
    programs: dict[str, Program] = {
        "viewsync --cue audio": _ours("audio"),
        "audio-offset-finder": audio_offset_finder,
        "syncstart": syncstart_sound,
        "audalign": audalign,
    }
    rows: list[Row] = []
    for load in audio.SCENES:
        try:
            scene = load(data)
        except InputError as error:
            rows.append(skipped(SUITE, load.__name__, str(error)))
            continue
        takes = chain(sounds.overlapping_takes(scene, seed, rounds), sounds.apart_takes(scene, seed, rounds))
        rows += _rows(_ask(python, takes, programs), "ms", "2 ms")
    return rows


def _seen(python: Path, seed: int, rounds: int, data: Path | None) -> list[Row]:
    programs: dict[str, Program] = {"viewsync --cue motion": _ours("motion"), "syncstart -v": syncstart_picture}
    rows: list[Row] = []
    for load in video.SCENES:
        try:
            scene = load(data)
        except InputError as error:
            rows.append(skipped(SUITE, load.__name__, str(error)))
            continue
        if scene.doubtful is None:
            takes = chain(scenes.overlapping_takes(scene, seed, rounds), scenes.apart_takes(scene, seed, rounds))
            rows += _rows(_ask(python, takes, programs), "frames", "1 frame")
    return rows


def _posed(python: Path, seed: int, rounds: int, data: Path | None) -> list[Row]:
    try:
        scene = keypoint_takes.pose2sim(data)
    except InputError as error:
        return [skipped(SUITE, "pose2sim keypoints", str(error))]
    answers: list[Answer] = []
    for take in overlapping_keypoints(scene, seed, rounds):
        with TemporaryDirectory() as folder:
            folders = take.write_openpose(Path(folder))
            start = time.perf_counter()
            found = pose2sim(python, folders, round(scene.rate_hz / scene.every))
            seconds = (time.perf_counter() - start) / len(found)
        answers += [_judged("Pose2Sim", take.take, a, b, offset, seconds) for (a, b), offset in found.items()]
    return _rows(answers, "ms", "1 frame")


def _ours(cue: str) -> Program:
    def viewsync(python: Path, a: Path, b: Path) -> float | None:
        with TemporaryDirectory() as out:
            program = [sys.executable, "-c", "from viewsync.cli import main; main()", "sync", str(a), str(b)]
            options = ["--cue", cue, "--json", "-o", out]
            done = subprocess.run([*program, *options], capture_output=True, text=True, check=False)
        (pair,) = json.loads(done.stdout)["pairs"]
        offset: float | None = pair["offset_seconds"]
        return offset if pair["a"] == a.stem or offset is None else -offset

    return viewsync


def _ask(python: Path, takes: Iterable[Take], programs: dict[str, Program]) -> list[Answer]:
    return [
        _answer(name, program, python, take, a, b)
        for take in takes
        for a, b in combinations([clip.id for clip in take.clips], 2)
        for name, program in programs.items()
    ]


def _answer(name: str, program: Program, python: Path, take: Take, a: str, b: str) -> Answer:
    start = time.perf_counter()
    found = program(python, take.clip(a).path, take.clip(b).path)
    return _judged(name, take, a, b, found, time.perf_counter() - start)


def _judged(name: str, take: Take, a: str, b: str, found: float | None, seconds: float) -> Answer:
    true = true_offset(take.clip(a), take.clip(b))
    error = None if found is None or true is None else abs(found - true.offset_seconds)
    return Answer(name, take.scene, true is not None, found is not None, error, take.clip(b).frame_seconds, seconds)


def _rows(answers: list[Answer], unit: str, within: str) -> list[Row]:
    """Per program: how often it was near, how far off, how often far off, how long it took. No bars: a comparison."""
    rows = []
    for name in dict.fromkeys(answer.program for answer in answers):
        own = [answer for answer in answers if answer.program == name]
        can, apart = (
            [answer for answer in own if answer.can_overlap],
            [answer for answer in own if not answer.can_overlap],
        )
        errors = np.array([answer.error_seconds for answer in can if answer.error_seconds is not None])
        scale = 1000 if unit == "ms" else 1 / own[0].frame_seconds
        # Offsets in whole and half frames are often exactly one frame off.
        allowed = own[0].frame_seconds * (1 + 1e-9)
        label = f"{own[0].scene}: {name}"
        near = 100 * float(np.sum(errors <= allowed)) / len(can)
        far = int(np.sum(errors > 3 * allowed)) + sum(answer.answered for answer in apart)
        median = float(np.median(errors)) * scale if errors.size else None
        rows += [
            measured(SUITE, label, f"pairs answered within {within}", near, "%", len(can)),
            measured(SUITE, label, "|error| median of its answers", median, unit, errors.size),
            measured(SUITE, label, f"answers off by more than 3 × {within}, or without overlap", far, "", len(own)),
            measured(SUITE, label, "time per pair, median", float(np.median([a.seconds for a in own])), "s", len(own)),
        ]
    return rows
