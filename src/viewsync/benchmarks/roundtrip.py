"""Suite `roundtrip`: what `apply` wrote of tied cameras is in sync, when it is synchronized once more."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from viewsync.apply.plan import Plan, common_rate, plan
from viewsync.apply.retime import retime, retimed_suffix
from viewsync.apply.trim import trim, trimmed_suffix
from viewsync.benchmarks import scenes, sounds
from viewsync.benchmarks.judge import share
from viewsync.benchmarks.row import Bar, Row, measured, skipped
from viewsync.benchmarks.takes import Take
from viewsync.outputs import timeline_json
from viewsync.sync import sync
from viewsync.types import InputError, Recording, Timeline

SUITE = "roundtrip"
_LARGEST_FRAMES = 0.5
_SOUND_FRAME_SECONDS = 1 / 30
"""Sound has no frames; it is held to those of a video."""


def run(seed: int, quick: bool, data: Path | None) -> list[Row]:
    """Synchronize random cuts of every scene, write the tied ones in every way, and synchronize what was written."""
    rounds = 1 if quick else 6
    rows: list[Row] = []
    for load in (scenes.handpose3d, scenes.caliscope_short, scenes.caliscope_long, scenes.pose2sim):
        try:
            scene = load(data)
        except InputError as error:
            rows.append(skipped(SUITE, load.__name__, str(error)))
            continue
        rows += _rows(scene.name, scenes.overlapping_takes(scene, seed, rounds), "motion")
    for load_sounds in (sounds.nara_wpe, sounds.bbc_audio):
        try:
            heard = load_sounds(data)
        except InputError as error:
            rows.append(skipped(SUITE, load_sounds.__name__, str(error)))
            continue
        rows += _rows(heard.name, sounds.overlapping_takes(heard, seed, rounds), "audio")
    return rows


@dataclass(frozen=True)
class _Way:
    """A way to write files that line up."""

    name: str
    suffix: Callable[[Recording], str]
    write: Callable[[Plan], None]


def _trim(what: Plan, exact: bool = False) -> None:
    for clip in what.clips:
        trim(clip, what, exact, clip.out, lambda done, whole: None)


def _retime(what: Plan) -> None:
    for clip in what.clips:
        retime(clip, what, common_rate(what), clip.out, lambda done, whole: None)


_WAYS = (
    _Way("--trim", trimmed_suffix, _trim),
    _Way("--trim --exact", trimmed_suffix, lambda what: _trim(what, exact=True)),
    _Way("--retime", retimed_suffix, _retime),
)


def _rows(scene: str, takes: Iterator[Take], cue: str) -> list[Row]:
    again: dict[str, list[float | None]] = {way.name: [] for way in _WAYS}
    for take in takes:
        timeline = sync(take.paths, cues=(cue,))
        if sum(camera.offset_seconds is not None for camera in timeline.cameras) > 1:
            for way in _WAYS:
                again[way.name] += _offsets_again(timeline, way, cue)
    return [row for name, found in again.items() for row in _way_rows(f"{scene}: {name}", found)]


def _offsets_again(timeline: Timeline, way: _Way, cue: str) -> list[float | None]:
    """Offsets among the written files in frames of the slowest camera; None where one couldn't be tied any more."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "timeline.json"
        timeline_json.write(timeline, path, SUITE)
        what = plan(timeline_json.read(path), path, Path(folder), way.suffix)
        way.write(what)
        written = sync([clip.out for clip in what.clips], cues=(cue,), reference=timeline.reference)
    videos = [clip.recording.video for clip in what.clips]
    frame = max((video.interval_seconds for video in videos if video is not None), default=_SOUND_FRAME_SECONDS)
    others = [camera for camera in written.cameras if camera.id != written.reference]
    return [None if camera.offset_seconds is None else camera.offset_seconds / frame for camera in others]


def _way_rows(scene: str, found: Sequence[float | None]) -> list[Row]:
    offsets = np.abs([offset for offset in found if offset is not None])
    largest = float(offsets.max()) if offsets.size else None
    return [
        measured(SUITE, scene, "cameras tied again", share([offset is not None for offset in found]), "%", len(found)),
        measured(SUITE, scene, "|offset| largest", largest, "frames", offsets.size, Bar(at_most=_LARGEST_FRAMES)),
    ]
