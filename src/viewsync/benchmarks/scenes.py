"""Real video with known truth: where it lies, when each of its frames was taken, and how it is cut."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from jaxtyping import Float

from viewsync.benchmarks.takes import (
    KnownClip,
    Take,
    data_folder,
    draw_starts,
    draw_starts_apart,
    draw_starts_in_sync,
    existing,
)
from viewsync.types import InputError


@dataclass(frozen=True)
class RealScene:
    """Cameras that filmed the same thing, frame k of every one at a known instant."""

    name: str
    sources: tuple[Path, ...]
    world_seconds: Float[np.ndarray, "camera frame"]
    fps: int
    clip_frames: tuple[int, int]
    """Shortest and longest clip."""
    apart_frames: int | None = None
    """Length of clips of which two fit into the source with nothing in common; None where that is too short."""
    doubtful: str | None = None
    """A camera whose own truth is in doubt: only its pairs are judged, and against no bar."""
    step: int = 1
    """Of so many frames of a source, one is kept: of the first source those from frame 0 on, of the next those from 1 on."""

    def clip(self, camera: int, start: int, frames: int, folder: Path) -> KnownClip:
        """Cut frames [start, start + frames) of those kept of a camera into a file of the same name."""
        source = self.sources[camera]
        path = folder / f"{source.stem}.mp4"
        cut(source, camera % self.step + start * self.step, frames, self.fps, path, self.step)
        world = self.world_seconds[camera, start : start + frames]
        return KnownClip(path, np.arange(frames) / self.fps, world, 1 / self.fps)


def cut(source: Path, start: int, frames: int, fps: int, target: Path, step: int = 1) -> None:
    """Re-encode frames near-losslessly, at their own size, with pts from zero, without sound.

    Args:
        source: Of which they are.
        start: The first one.
        frames: How many.
        fps: What to write that they were taken at.
        target: The new file.
        step: From one frame to the next.

    Raises:
        InputError: The source has too few frames.
    """
    with av.open(source) as reader, av.open(target, "w") as writer:
        pictures = reader.streams.video[0]
        pictures.thread_type = "AUTO"
        stream = writer.add_stream("libx264", rate=fps, options={"crf": "12", "preset": "superfast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = pictures.width, pictures.height, "yuv420p"
        written = 0
        for frame in islice(reader.decode(pictures), start, start + step * frames, step):
            frame.pts, frame.time_base, frame.pict_type = written, Fraction(1, fps), 0
            writer.mux(stream.encode(frame))
            written += 1
        writer.mux(stream.encode())
    if written < frames:
        raise InputError(f"{source} ends after {start + step * written} frames, but {start + step * frames} are needed.")


def overlapping_takes(scene: RealScene, seed: int, rounds: int) -> Iterator[Take]:
    """Takes of all cameras in which every two clips share at least half; every sixth is in sync.

    The files exist until the next take is asked for.
    """
    for number in range(rounds):
        rng = np.random.default_rng([seed, 0, number])
        draw = draw_starts_in_sync if number % 6 == 0 else draw_starts
        frames = int(rng.integers(*scene.clip_frames, endpoint=True))
        starts = draw(rng, len(scene.sources), scene.world_seconds.shape[1], frames)
        yield from _take(scene, range(len(starts)), starts, frames)


def apart_takes(scene: RealScene, seed: int, rounds: int) -> Iterator[Take]:
    """Takes of two cameras that have no instant in common; none where the scene is too short for that."""
    if scene.apart_frames is None:
        return
    for number in range(rounds):
        rng = np.random.default_rng([seed, 1, number])
        cameras = rng.choice(len(scene.sources), 2, replace=False).tolist()
        starts = draw_starts_apart(rng, scene.world_seconds.shape[1], scene.apart_frames)
        yield from _take(scene, cameras, starts, scene.apart_frames)


def _take(scene: RealScene, cameras: range | list[int], starts: list[int], frames: int) -> Iterator[Take]:
    with TemporaryDirectory() as folder:
        placed = zip(cameras, starts, strict=True)
        yield Take(scene.name, tuple(scene.clip(camera, start, frames, Path(folder)) for camera, start in placed))


# ── the scenes ────────────────────────────────────────────────────────────────────────────────────────────────────


def handpose3d(data: Path | None) -> RealScene:
    """A hand over a desk, two cameras in sync, 378 frames at 30 fps."""
    sources = tuple(existing(data_folder(data) / f"handpose3d/media/cam{i}_test.mp4") for i in (0, 1))
    return RealScene("handpose3d", sources, _in_sync(2, 378, 30), 30, (180, 240), apart_frames=165)


def caliscope_short(data: Path | None) -> RealScene:
    """A person with a board, four cameras, 48 frames at 6 fps."""
    return _caliscope("caliscope 4_cam_recording", data, frames=48, apart_frames=None)


def caliscope_long(data: Path | None) -> RealScene:
    """A person with a board, four cameras, 111 frames at 6 fps."""
    return _caliscope("caliscope charuco_calibration", data, frames=111, apart_frames=48)


def _caliscope(name: str, data: Path | None, frames: int, apart_frames: int | None) -> RealScene:
    """A session with the capture time of every frame in `timestamps.csv`.

    Each camera's rows are as many as its file's frames, without a gap in `sync_index`: row k belongs to frame k.
    """
    folder = data_folder(data) / "caliscope/tests/sessions" / name.split()[1] / "calibration/extrinsic"
    sources = tuple(existing(folder / f"cam_{i}.mp4") for i in range(4))
    times: dict[int, list[float]] = {camera: [] for camera in range(4)}
    with existing(folder / "timestamps.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            times[int(row["cam_id"])].append(float(row["frame_time"]))
    world = np.array([times[camera] for camera in range(4)])
    shortest, longest = (round(share * frames) for share in (0.8, 0.85))
    return RealScene(name, sources, world - world.min(), 6, (shortest, longest), apart_frames)


def pose2sim(data: Path | None) -> RealScene:
    """A person balancing, the three cameras that are in sync, 100 frames at 60 fps."""
    sources = tuple(source for source in _pose2sim_sources() if source.stem != "cam03")
    return RealScene("pose2sim cameras 1, 2, 4", sources, _in_sync(3, 100, 60), 60, (85, 85))


def pose2sim_camera_3(data: Path | None) -> RealScene:
    """The same with camera 3, which in the source itself is 1 to 3 frames off."""
    return RealScene("pose2sim camera 3 (apart)", _pose2sim_sources(), _in_sync(4, 100, 60), 60, (85, 85), doubtful="cam03")


def _pose2sim_sources() -> tuple[Path, ...]:
    from viewsync.demo import fetch_recording

    return tuple(sorted(path for path in fetch_recording() if path.suffix == ".mp4"))


def _in_sync(cameras: int, frames: int, fps: int) -> Float[np.ndarray, "camera frame"]:
    return np.tile(np.arange(frames) / fps, (cameras, 1))
