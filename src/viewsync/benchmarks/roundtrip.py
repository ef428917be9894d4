"""Suite `roundtrip`: what `apply` wrote of tied cameras is in sync, when it is synchronized once more."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

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


@dataclass(frozen=True)
class _Again:
    """A camera of a written file against the reference, in frames of the slowest camera; None where not tied any more."""

    offset_frames: float | None
    std_frames: float | None

    @property
    def tied(self) -> bool:
        """Known to half a frame, which is what counts as tied on these scenes."""
        return self.std_frames is not None and self.std_frames <= _LARGEST_FRAMES

    @property
    def wrong(self) -> bool:
        """Farther from 0 than its error bar and the choice of the nearest frame allow."""
        if self.offset_frames is None or self.std_frames is None:
            return False
        return abs(self.offset_frames) > 3 * self.std_frames + _LARGEST_FRAMES


def _rows(scene: str, takes: Iterator[Take], cue: str) -> list[Row]:
    again: dict[str, list[_Again]] = {way.name: [] for way in _WAYS}
    for take in takes:
        timeline = sync(take.paths, cues=(cue,))
        if sum(camera.offset_seconds is not None for camera in timeline.cameras) > 1:
            for way in _WAYS:
                again[way.name] += _again(timeline, way, cue)
    return [row for name, found in again.items() for row in _way_rows(f"{scene}: {name}", found)]


def _again(timeline: Timeline, way: _Way, cue: str) -> list[_Again]:
    """Write the tied cameras, synchronize what was written, and look at those that were tied to half a frame before."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "timeline.json"
        timeline_json.write(timeline, path, SUITE)
        what = plan(timeline_json.read(path), path, Path(folder), way.suffix)
        way.write(what)
        written = sync([clip.out for clip in what.clips], cues=(cue,), reference=timeline.reference)
    videos = [clip.recording.video for clip in what.clips]
    frame = max((video.interval_seconds for video in videos if video is not None), default=_SOUND_FRAME_SECONDS)
    found = []
    for camera in written.cameras:
        before = timeline.by_id[camera.id].offset_std_seconds
        if camera.id == written.reference or before is None or before > _LARGEST_FRAMES * frame:
            continue
        offset, std = camera.offset_seconds, camera.offset_std_seconds
        found.append(_Again(None if offset is None else offset / frame, None if std is None else std / frame))
    return found


def _way_rows(scene: str, found: Sequence[_Again]) -> list[Row]:
    offsets = [abs(again.offset_frames) for again in found if again.tied and again.offset_frames is not None]
    largest, wrong = max(offsets, default=None), sum(again.wrong for again in found)
    return [
        measured(SUITE, scene, "cameras tied again", share([again.tied for again in found]), "%", len(found)),
        measured(SUITE, scene, "|offset| largest", largest, "frames", len(offsets), Bar(at_most=_LARGEST_FRAMES)),
        measured(SUITE, scene, "off by more than 3 σ + ½ frame", wrong, "", len(found), Bar(at_most=0)),
    ]
