"""Poses of whole recordings, several at a time."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from functools import cache
from pathlib import Path
from threading import Event

import numpy as np
from av.video.frame import VideoFrame
from jaxtyping import Float, Int

from viewsync.estimation.movenet import WEIGHTS, MoveNet, People
from viewsync.estimation.thunder import Thunder
from viewsync.media.keypoints.joints import COCO17
from viewsync.media.keypoints.tracking import Tracker
from viewsync.media.pictures import numbered, stored_size, video_of
from viewsync.progress import Progress
from viewsync.store import Store
from viewsync.types import InputError, Poses, Recording, VideoTrack

Spans = Sequence[tuple[float, float]]
"""From when to when, in seconds of presentation time, both included. They may overlap."""
# As many frames as take about as long to decode as it takes to open the file again elsewhere.
_WORTH_A_SEEK_FRAMES = 100


def estimate_all(
    recordings: Sequence[Recording],
    *,
    spans: Mapping[str, Spans] | None = None,
    every: int | Mapping[str, int] = 1,
    rest_seconds: float = 0.0,
    size: int = 384,
    refine: Path | None = None,
    progress: Progress | None = None,
    store: Store | None = None,
) -> dict[str, Poses]:
    """Several recordings' poses by id, on as many cores as there are; a recording takes one.

    An error in one, or Ctrl-C, ends the others. Arguments and errors are those of `estimate`, but `spans` is by id, `every`
    may be, and what is in the store isn't estimated again.
    """
    kept = store or Store()
    networks = " ".join(_digest(path) for path in (WEIGHTS, refine) if path is not None and path.is_file())
    stopped = Event()

    def report(task: str, done: int, whole: int) -> None:
        if stopped.is_set():
            raise CancelledError
        if progress is not None:
            progress(task, done, whole)

    def one(recording: Recording) -> Poses:
        own = None if spans is None else spans[recording.id]
        nth = every if isinstance(every, int) else every[recording.id]
        return kept.recall(
            f"poses {recording.content} {own} {nth} {rest_seconds} {size} {networks}",
            lambda: estimate(
                recording, spans=own, every=nth, rest_seconds=rest_seconds, size=size, refine=refine, progress=report
            ),
        )

    # Threads: decoding, scaling and the network release the interpreter lock.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            found = {recording.id: pool.submit(one, recording) for recording in recordings}
            for future in as_completed(found.values()):
                future.result()
            return {id: future.result() for id, future in found.items()}
        finally:
            stopped.set()
            pool.shutdown(cancel_futures=True)


def estimate(
    recording: Recording,
    *,
    spans: Spans | None = None,
    every: int = 1,
    rest_seconds: float = 0.0,
    size: int = 384,
    refine: Path | None = None,
    progress: Progress | None = None,
) -> Poses:
    """Find people, joint by joint, in a recording's frames, and follow them. Memory doesn't grow with the pictures.

    Args:
        recording: one with video.
        spans: when to look; by default always.
        every: look at every n-th of these frames.
        rest_seconds: look only so often while nobody is seen.
        size: pixels of the long side of what the network sees: 256 to 640.
        refine: MoveNet Thunder as ONNX, to look at each person more closely.
        progress: told of each frame.

    Raises:
        InputError: the recording has no video, is damaged, or has no frame to look at; an argument is out of range.
    """
    video, track = video_of(recording), Tracker(COCO17)
    wanted = _wanted(recording, video, spans, every)
    find, look = MoveNet(size), None if refine is None else Thunder(refine)
    seconds: list[float] = []
    found: list[tuple[Int[np.ndarray, " _"], People]] = []
    awake, last_seen = -np.inf, -np.inf
    for index, picture in _pictures(recording, wanted):
        now = float(video.pts_seconds[index])
        if now >= awake:
            people = _people(video, picture, find, look)
            found.append((track.push(now, people.pixels, people.confidence), people))
            seconds.append(now)
            if len(people):
                last_seen = now
            elif now - last_seen > rest_seconds:
                awake = now + rest_seconds
        if progress is not None:
            progress(recording.id, int(np.searchsorted(wanted, index)) + 1, len(wanted))
    return _poses(video, np.array(seconds), found)


@cache
def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _wanted(recording: Recording, video: VideoTrack, spans: Spans | None, every: int) -> Int[np.ndarray, " frame"]:
    """Numbers of the frames to look at."""
    if every < 1:
        raise InputError(f"--every must be at least 1, got {every}.")
    seconds = video.pts_seconds
    within = np.full(len(seconds), spans is None)
    for start, end in spans or ():
        within |= (seconds >= start) & (seconds <= end)
    wanted = np.flatnonzero(within)
    if not len(wanted):
        raise InputError(
            f"{recording.path}: there is no frame to look at in the time that was asked for; it lasts from "
            f"{seconds[0]:.3f} to {seconds[-1]:.3f} s."
        )
    return np.asarray(wanted[::every])


def _pictures(recording: Recording, wanted: Int[np.ndarray, " frame"]) -> Iterator[tuple[int, VideoFrame]]:
    """The wanted frames as they were decoded. What lies far between them is leapt over."""
    for run in np.split(wanted, np.flatnonzero(np.diff(wanted) > _WORTH_A_SEEK_FRAMES) + 1):
        remaining = set(run.tolist())
        for index, picture in numbered(recording, int(run[0]), threads=1):
            if index in remaining:
                yield index, picture
            if index >= run[-1]:
                break


def _people(video: VideoTrack, picture: VideoFrame, find: MoveNet, look: Thunder | None) -> People:
    whole = max(video.width, video.height)
    width, height = stored_size(video, find.size if look is None else whole)
    stored = picture.to_ndarray(format="rgb24", width=width, height=height)
    rgb = np.ascontiguousarray(np.rot90(stored, video.rotation_degrees // 90))
    people = find(rgb)
    return people.scaled((video.width / rgb.shape[1], video.height / rgb.shape[0])) if look is None else look(rgb, people)


def _poses(
    video: VideoTrack, seconds: Float[np.ndarray, " frame"], found: Sequence[tuple[Int[np.ndarray, " _"], People]]
) -> Poses:
    counts = [len(ids) for ids, _ in found]
    none = np.zeros((0, len(COCO17)))
    return Poses(
        joints=COCO17,
        pts_seconds=seconds,
        frames=np.repeat(np.arange(len(found)), counts),
        tracks=np.concatenate([np.zeros(0, dtype=int), *(ids for ids, _ in found)]),
        pixels=np.concatenate([np.zeros((*none.shape, 2)), *(people.pixels for _, people in found)]),
        confidence=np.concatenate([none, *(people.confidence for _, people in found)]),
        size=(video.width, video.height),
    )
