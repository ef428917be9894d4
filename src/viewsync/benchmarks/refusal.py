"""Suite `refusal`: footage that can't tell the offset. All of it must be refused, by the command line too."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from scipy.io import wavfile

from viewsync.benchmarks.row import Bar, Row, measured, skipped
from viewsync.benchmarks.scenes import RealScene, caliscope_long, handpose3d, pose2sim
from viewsync.benchmarks.sounds import bbc_audio, read_sound
from viewsync.benchmarks.takes import data_folder, existing
from viewsync.types import InputError
from viewsync.worlds.drawn import Scene, SketchCamera, write_video

SUITE = "refusal"
EXIT_UNTIED = 3
_SECONDS = 10.0


@dataclass(frozen=True)
class Hopeless:
    """Files that hold nothing from which the offset could be told."""

    scene: str
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Outcome:
    """What the command line said of them."""

    scene: str
    exit_code: int
    refused: bool
    """Whether there was a result, and no camera in it was given an offset."""


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Run `viewsync sync` on every kind of hopeless footage; count refusals and exit codes."""
    rows: list[Row] = []
    outcomes: list[Outcome] = []
    for number in range(2 if quick else 6):
        for make in (drawn, noise_and_silence, unrelated_speech, unrelated_clips):
            with TemporaryDirectory() as folder:
                try:
                    footage = make(np.random.default_rng([seed, number]), Path(folder), data)
                    outcomes += [command_line(hopeless, Path(folder) / "out") for hopeless in footage]
                except InputError as error:
                    rows += [skipped(SUITE, make.__name__, str(error))] if number == 0 else []
    for scene in dict.fromkeys(outcome.scene for outcome in outcomes):
        rows += _rows(scene, [outcome for outcome in outcomes if outcome.scene == scene])
    return rows + _rows("all", outcomes)


def _rows(scene: str, outcomes: list[Outcome]) -> list[Row]:
    n = len(outcomes)
    refused = 100 * sum(outcome.refused for outcome in outcomes) / n
    coded = 100 * sum(outcome.exit_code == EXIT_UNTIED for outcome in outcomes) / n
    return [
        measured(SUITE, scene, "refused", refused, "%", n, Bar(at_least=100)),
        measured(SUITE, scene, "exit code 3", coded, "%", n, Bar(at_least=100)),
    ]


def command_line(hopeless: Hopeless, out: Path) -> Outcome:
    """What `viewsync sync` makes of the files."""
    program = [sys.executable, "-c", "from viewsync.cli import main; main()", "sync", *map(str, hopeless.paths)]
    done = subprocess.run([*program, "-o", str(out), "--json"], capture_output=True, text=True, check=False)
    if not done.stdout:
        return Outcome(hopeless.scene, done.returncode, refused=False)
    result = json.loads(done.stdout)
    others = [camera for camera in result["cameras"] if camera["id"] != result["reference"]]
    return Outcome(hopeless.scene, done.returncode, all(camera["offset_seconds"] is None for camera in others))


# ── the footage ───────────────────────────────────────────────────────────────────────────────────────────────────


def drawn(rng: np.random.Generator, folder: Path, data: Path | None) -> Iterator[Hopeless]:
    """Static, exactly periodic, without overlap, and of two different scenes."""
    seed = int(rng.integers(1 << 20))
    still = Scene(seed, activity=0.0)
    yield Hopeless("static scene", _film(folder, "static", (still, still), (0.0, 1.0)))
    repeating = Scene(seed, period_seconds=2.0)
    starts = (0.0, float(rng.uniform(0, 2)))
    yield Hopeless("exactly periodic scene", _film(folder, "periodic", (repeating, repeating), starts))
    lively = Scene(seed)
    yield Hopeless("no overlap", _film(folder, "apart", (lively, lively), (0.0, 3 * _SECONDS)))
    yield Hopeless("two different drawn scenes", _film(folder, "different", (lively, Scene(seed + 1)), (0.0, 0.0)))


def _film(folder: Path, name: str, scenes: tuple[Scene, Scene], starts: tuple[float, float]) -> tuple[Path, ...]:
    paths = tuple(folder / f"{name}-{letter}.mp4" for letter in "ab")
    for i, (path, scene, start) in enumerate(zip(paths, scenes, starts, strict=True)):
        camera = SketchCamera(
            seed=2 * scene.seed + i, azimuth_degrees=60.0 * i, offset_seconds=start, duration_seconds=_SECONDS
        )
        write_video(scene, camera, path)
    return paths


def noise_and_silence(rng: np.random.Generator, folder: Path, data: Path | None) -> Iterator[Hopeless]:
    """Digital silence, the faintest hiss, and loud noise; never related."""
    samples, rate_hz = round(_SECONDS * 16_000), 16_000
    for scene, level in (("silence", 0.0), ("hiss of one bit", 0.7), ("unrelated noise", 3000.0)):
        paths = tuple(folder / f"{scene} {letter}.wav" for letter in "ab")
        # Of different lengths: two equal files would be the same recording given twice.
        for path, length in zip(paths, (samples, samples - rate_hz // 10), strict=True):
            wavfile.write(path, rate_hz, rng.normal(0, level, length).round().astype(np.int16))
        yield Hopeless(scene, paths)


def unrelated_speech(rng: np.random.Generator, folder: Path, data: Path | None) -> Iterator[Hopeless]:
    """Two broadcasts that have nothing to do with one another."""
    speech = bbc_audio(data)
    start = int(rng.integers(0, speech.tracks.shape[1] - 10 * speech.rate_hz))
    paths = folder / "speech.wav", folder / "broadcast.wav"
    wavfile.write(paths[0], speech.rate_hz, speech.tracks[0, start : start + 10 * speech.rate_hz])
    name = rng.choice(["r4_excerpt.ogg", "r4_excerpt2.ogg"])
    other, rate_hz = read_sound(existing(data_folder(data) / "audio/bbc_audio/tests/audio" / name))
    wavfile.write(paths[1], rate_hz, other)
    yield Hopeless("unrelated speech", paths)


def unrelated_clips(rng: np.random.Generator, folder: Path, data: Path | None) -> Iterator[Hopeless]:
    """Real clips of different scenes."""
    for load in (caliscope_long, pose2sim):
        hand, other = handpose3d(data), load(data)
        paths = tuple(_random_clip(rng, scene, folder) for scene in (hand, other))
        yield Hopeless(f"{hand.name} against {other.name.split()[0]}", paths)


def _random_clip(rng: np.random.Generator, scene: RealScene, folder: Path) -> Path:
    frames = scene.clip_frames[1]
    start = int(rng.integers(0, scene.world_seconds.shape[1] - frames + 1))
    return scene.clip(int(rng.integers(len(scene.sources))), start, frames, folder).path
