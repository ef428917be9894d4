"""What `viewsync apply` is to make: the files, their clocks, and the stretch of time that all of them share."""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from viewsync.media.probe import probe
from viewsync.outputs.timeline_json import KEYPOINTS, CameraEntry, Document
from viewsync.timeline.clock import ClockMap
from viewsync.types import InputError, Recording, VideoTrack

_RATE_TOLERANCE = 1e-4


@dataclass(frozen=True)
class Clip:
    """One tied recording, its clock, and the file that is to be made of it."""

    recording: Recording
    clock: ClockMap
    """From the recording's pts to the reference clock."""
    out: Path


@dataclass(frozen=True)
class Plan:
    """Clips that are to start and end at the same two instants of the reference clock."""

    start_seconds: float
    end_seconds: float
    clips: tuple[Clip, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    """Ids of recordings that aren't tied, and why."""
    sources: tuple[Path, ...] = ()
    """All recordings' files, tied or not: never to be written to."""


def plan(document: Document, timeline_path: Path, out: Path, suffix: Callable[[Recording], str]) -> Plan:
    """Find and read a timeline's recordings, and the stretch of the reference clock that all tied ones share.

    Args:
        document: The content of a timeline.json.
        timeline_path: Where it lies. A recording that is no longer where it was is looked for beside it.
        out: Folder of the files to make, each named after its recording's id.
        suffix: How the name of a recording's file ends.

    Raises:
        InputError: No recording is tied; a tied one has gone or changed, can't be read, or has no file of its own but
            keypoints; or they have no time in common.
    """
    tied = [entry for entry in document["cameras"] if entry["offset_seconds"] is not None]
    if not tied:
        raise InputError(f"{timeline_path} ties no recording to {document['reference']!r}. See its reasons, and sync again.")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        recordings = list(pool.map(lambda entry: _recording(entry, timeline_path), tied))
    clips = tuple(
        Clip(recording, _clock(entry), out / f"{_file_name(entry['id'])}{suffix(recording)}")
        for recording, entry in zip(recordings, tied, strict=True)
    )
    parts = (part.path for recording in recordings for part in recording.parts)
    sources = (*(Path(entry["path"]) for entry in document["cameras"]), *(r.path for r in recordings), *parts)
    untied = (entry for entry in document["cameras"] if entry["offset_seconds"] is None)
    left_out = tuple((entry["id"], " ".join([f"{entry['verdict']}.", *entry["reasons"]])) for entry in untied)
    return Plan(*_shared(clips, document["reference"]), clips, left_out, sources)


def refuse_sources(plan: Plan, files: Iterable[Path]) -> None:
    """Refuse to write over a recording.

    Args:
        plan: Knows the recordings.
        files: The files to make.

    Raises:
        InputError: One of them is one of the recordings.
    """
    for out in files:
        for path in plan.sources:
            if out.resolve() == path.resolve() or (out.exists() and path.exists() and out.samefile(path)):
                raise InputError(f"{out} is one of the recordings, and would be overwritten. Choose another folder with -o.")


def common_rate(plan: Plan) -> Fraction:
    """The frame rate that most of the plan's videos have, in frames per second; 30 where there is no video.

    Of several that are equally common, the first that cameras have by name, such as 25 or 29.97: a phone's own rate wanders.
    """
    rates = Counter(_rate(clip.recording.video) for clip in plan.clips if clip.recording.video is not None)
    return max(rates, key=lambda rate: (rates[rate], rate.denominator in (1, 1001)), default=Fraction(30))


def _rate(video: VideoTrack) -> Fraction:
    """A video's usual rate; exact if it is one of those that cameras have: n or n·1000/1001."""
    rate = 1 / video.interval_seconds
    candidates = [Fraction(max(1, round(rate * 1001 / nominal)) * nominal, 1001) for nominal in (1001, 1000)]
    nearest = min(candidates, key=lambda candidate: abs(candidate - rate))
    return nearest if abs(nearest / rate - 1) <= _RATE_TOLERANCE else Fraction(rate).limit_denominator(1000)


def _recording(entry: CameraEntry, timeline_path: Path) -> Recording:
    path = Path(entry["path"])
    if entry.get("kind") == KEYPOINTS:
        raise InputError(
            f"{entry['id']}: only its keypoints were synchronized ({path}), and there is no video to cut. Sync its video, "
            f"with --poses {path.name} beside it."
        )
    beside = timeline_path.parent / path.name
    found = next((place for place in (path, beside) if place.exists()), None)
    if found is None:
        raise InputError(
            f"{entry['id']}: {path} has gone, and isn't in {timeline_path.parent} either. Put it back, or sync again."
        )
    recording = probe(found, entry["id"])
    if recording.sha256 != entry["sha256"]:
        raise InputError(f"{entry['id']}: {found} has changed since {timeline_path.name} was written. Sync again.")
    return recording


def _clock(entry: CameraEntry) -> ClockMap:
    assert entry["offset_seconds"] is not None  # Only tied recordings have a clock.
    return ClockMap(entry["offset_seconds"], (entry["rate_ppm"] or 0.0) * 1e-6)


def _file_name(id: str) -> str:
    if id != Path(id).name or "\\" in id:
        raise InputError(f"the recording id {id!r} can't be the name of a file. Rename the recording, and sync again.")
    return id


def _shared(clips: tuple[Clip, ...], reference: str) -> tuple[float, float]:
    """Start and end of the stretch of the reference clock that all clips cover, in seconds.

    It starts with a frame of the reference. So retimed files show the reference's frames at their own times, and what
    the others are off by in taking the nearest frame is at most half a frame.
    """
    last_to_start = max(clips, key=lambda clip: clip.clock(clip.recording.first_pts_seconds))
    first_to_end = min(clips, key=lambda clip: clip.clock(clip.recording.last_pts_seconds))
    start = last_to_start.clock(last_to_start.recording.first_pts_seconds)
    end = first_to_end.clock(first_to_end.recording.last_pts_seconds)
    if start >= end:
        raise InputError(
            f"the recordings share no stretch of time: {first_to_end.recording.id} ends {start - end:.3f} s before "
            f"{last_to_start.recording.id} starts. Take one of them out, and sync again."
        )
    leading = next((clip for clip in clips if clip.recording.id == reference), clips[0])
    if leading.recording.video is not None:
        frames = leading.clock(leading.recording.video.pts_seconds)
        start = float(min(frames[(frames >= start) & (frames < end)], default=start))
    return start, end
