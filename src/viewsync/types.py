"""The nouns that the stages hand to one another, and the one sign convention.

The way of the data::

    files ─ media ▶ Recording ─ signals ▶ Signal ─ match ▶ OffsetBelief ─ offsets ▶ PairOffset ─ timeline ▶ Timeline

**Sign convention, the only one.** A camera's own clock is the presentation time (pts) of its file, in seconds::

    t_ref = (1 + rate) · t_cam + offset

    reference  ├────────────────────────────────▶ t_ref
    camera           ├───────────────────▶ t_cam         offset > 0: the camera's pts zero lies later on the
               ╰offset╯                                              reference clock (it started recording later)

For a pair (a, b): ``t_a = (1 + rate_ab) · t_b + offset_ab``. `rate` is dimensionless; in print it is in ppm.
Swapping and chaining follow from it and live in `viewsync.timeline.clock`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from viewsync.geometry.camera import CalibratedCamera


class InputError(Exception):
    """Something the user gave can't be used. The text names it, says why, and what to do next (exit code 2)."""


class Verdict(StrEnum):
    """What the footage allows us to say about an offset. "Don't know" is never a number."""

    TIED = "tied"
    AMBIGUOUS = "ambiguous"
    NO_OVERLAP = "no overlap"
    NO_EVIDENCE = "no evidence"

    @property
    def sentence(self) -> str:
        """The verdict as a sentence for a person."""
        return _SENTENCES[self]


_SENTENCES = {
    Verdict.TIED: "The offset is known, within its error bar.",
    Verdict.AMBIGUOUS: "Several offsets explain the footage about equally well; add footage or another cue.",
    Verdict.NO_OVERLAP: "The recordings have no stretch of time in common that is long enough to compare.",
    Verdict.NO_EVIDENCE: "Nothing in the footage fixes the offset: too little moves or sounds, or it is not shared.",
}


# ── media ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class VideoTrack:
    """The video stream of a file, with the exact presentation time of every frame."""

    stream_index: int
    width: int
    """Pixels as displayed, that is, after rotation."""
    height: int
    rotation_degrees: int
    """Counter-clockwise turn that displays the stored picture upright: 0, 90, 180 or 270."""
    time_base: Fraction
    """Seconds per tick of `pts`."""
    pts: Int[np.ndarray, " frame"]
    """Presentation times in ticks, strictly increasing, edit list applied."""

    def __post_init__(self) -> None:
        if self.pts.size == 0:
            raise ValueError("a VideoTrack needs at least one frame, got 0")
        if np.any(np.diff(self.pts) <= 0):
            raise ValueError("VideoTrack.pts must be strictly increasing")
        if self.rotation_degrees not in (0, 90, 180, 270):
            raise ValueError(f"rotation_degrees must be 0, 90, 180 or 270, got {self.rotation_degrees}")

    @property
    def pts_seconds(self) -> Float[np.ndarray, " frame"]:
        """Presentation times in seconds."""
        return self.pts * (self.time_base.numerator / self.time_base.denominator)

    @property
    def interval_seconds(self) -> float:
        """Usual time between frames; of a single frame, one thirtieth of a second."""
        return usual_interval_seconds(self.pts_seconds)


def usual_interval_seconds(seconds: Float[np.ndarray, " frame"]) -> float:
    """Usual time between frames; of a single frame, one thirtieth of a second.

    The median, first of single intervals, then of longer and longer runs, because some containers round time stamps to
    milliseconds. Frames lost within a run are counted.
    """
    if seconds.size < 2:
        return 1 / 30
    interval = float(np.median(np.diff(seconds)))
    for run in (2, 4, 8, 16, 32, 64, 128, 256):
        if run < seconds.size:
            lasted = seconds[run:] - seconds[:-run]
            interval = float(np.median(lasted / np.maximum(np.round(lasted / interval), 1)))
    return interval


@dataclass(frozen=True)
class SoundTrack:
    """The audio stream of a file, on the same clock as the video's pts."""

    stream_index: int
    rate_hz: int
    channels: int
    start_seconds: float
    duration_seconds: float


@dataclass(frozen=True)
class WallClock:
    """What the camera's own calendar clock said when its pts was 0: a hint, never a truth."""

    seconds: float
    """Of a time code: since midnight; of a creation time: since 1970-01-01T00:00Z."""
    source: str
    """"time code" or "creation time": only clocks of one kind can be compared."""


@dataclass(frozen=True)
class Part:
    """One of the files that make up a recording: a chapter, or a picture."""

    path: Path
    duration_seconds: Fraction
    """From where this part begins to where the next one does, in whole microseconds. What each part counts as its
    beginning is its earliest stream's, so this isn't quite the length of its video."""


@dataclass(frozen=True)
class Recording:
    """One camera's (or sound recorder's) file or files: what they hold and when, on the recording's own clock."""

    id: str
    path: Path
    """The file; of several, their folder."""
    sha256: str
    """Of the file's content; of several, of their contents joined in order."""
    video: VideoTrack | None
    sound: SoundTrack | None
    wall_clocks: tuple[WallClock, ...] = ()
    """At most one per kind."""
    parts: tuple[Part, ...] = ()
    """The files to read one after the other where `path` is a folder; empty where it is the file."""
    keypoint_seconds: Float[np.ndarray, " frame"] | None = None
    """Presentation times of the frames, where only what was seen in them is at hand."""

    def __post_init__(self) -> None:
        if self.video is None and self.sound is None and self.keypoint_seconds is None:
            raise ValueError(f"{self.path}: a Recording needs a video, a sound track, or keypoints")

    @property
    def content(self) -> str:
        """What its signals depend on. Chapters that somebody joined to one file have the same bytes, but not times."""
        return " ".join([self.sha256, *(str(part.duration_seconds) for part in self.parts)])

    @property
    def frame_seconds(self) -> Float[np.ndarray, " frame"] | None:
        """Presentation times of its frames; None of a sound recording."""
        return self.keypoint_seconds if self.video is None else self.video.pts_seconds

    @property
    def interval_seconds(self) -> float:
        """Usual time between its frames; 0 of a sound recording."""
        return 0.0 if self.frame_seconds is None else usual_interval_seconds(self.frame_seconds)

    @property
    def first_pts_seconds(self) -> float:
        """Presentation time of the first frame, or of the first sample where there are no frames."""
        if self.frame_seconds is not None:
            return float(self.frame_seconds[0])
        assert self.sound is not None
        return self.sound.start_seconds

    @property
    def last_pts_seconds(self) -> float:
        """Presentation time at which the last frame (or sample) ends."""
        if self.frame_seconds is not None:
            return float(self.frame_seconds[-1]) + self.interval_seconds
        assert self.sound is not None
        return self.sound.start_seconds + self.sound.duration_seconds


@dataclass(frozen=True)
class Frame:
    """One decoded picture, small and gray, upright."""

    index: int
    pts_seconds: float
    gray: UInt8[np.ndarray, "height width"]


@dataclass(frozen=True)
class Sound:
    """Mono samples on the recording's clock. May be backed by a temporary file (`numpy.memmap`)."""

    samples: Int[np.ndarray, " sample"]
    """16-bit integers; gaps in the stream are zeros."""
    rate_hz: int
    start_seconds: float


@dataclass(frozen=True)
class Poses:
    """Where one camera saw the joints of people (of an animal, of a thing): one row per frame and person, frame by frame."""

    joints: tuple[str, ...]
    """Their names, in the order of the columns: COCO's where COCO has the joint (`left_wrist`)."""
    pts_seconds: Float[np.ndarray, " frame"]
    """Presentation times of all frames that were looked at, also of those that show nobody, increasing."""
    frames: Int[np.ndarray, " row"]
    """Index into `pts_seconds`, not decreasing."""
    tracks: Int[np.ndarray, " row"]
    """Who it is, within this camera alone; at most once per frame."""
    pixels: Float[np.ndarray, "row joint 2"]
    """x and y; (0, 0) is the middle of the top left pixel. nan where a joint wasn't seen."""
    confidence: Float[np.ndarray, "row joint"]
    """0 to 1; 0 where a joint wasn't seen."""
    size: tuple[int, int] | None = None
    """Width and height of the picture in pixels; None where nobody said."""
    people: tuple[tuple[int, str], ...] = ()
    """Tracks of which it is known who they are in all cameras: each with the person's name."""

    def __post_init__(self) -> None:
        if np.any(np.diff(self.pts_seconds) <= 0):
            raise ValueError("Poses.pts_seconds must be strictly increasing")
        if np.any(np.diff(self.frames) < 0):
            raise ValueError("Poses must be ordered by frame")
        if not np.array_equal(np.isnan(self.pixels).any(axis=2), self.confidence == 0):
            raise ValueError("Poses.pixels must be nan where, and only where, the confidence is 0")

    def __len__(self) -> int:
        return len(self.frames)


# ── signals ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Signal:
    """What one cue extracts from one recording, on a uniform grid of the recording's own clock."""

    cue: str
    values: Float[np.ndarray, "time channel"]
    valid: Bool[np.ndarray, " time"]
    """False where the recording has a gap (dropped frames) or the cue could not see."""
    rate_hz: float
    start_seconds: float
    """Time (pts clock) of the first sample."""

    def __post_init__(self) -> None:
        if self.rate_hz <= 0:
            raise ValueError(f"Signal.rate_hz must be positive, got {self.rate_hz}")
        if len(self.values) != len(self.valid):
            raise ValueError(f"Signal has {len(self.values)} values but {len(self.valid)} valid flags")
        if not np.all(np.isfinite(self.values)):
            raise ValueError(f"Signal values of cue {self.cue!r} must be finite")

    @property
    def duration_seconds(self) -> float:
        """Length of the grid."""
        return len(self.values) / self.rate_hz


@dataclass(frozen=True)
class AudioSignal(Signal):
    """An onset envelope together with the sound it came from, for the sample-level stage."""

    sound: Sound


@dataclass(frozen=True)
class MotionSignal(Signal):
    """Whitened motion, together with how much there was of it."""

    activity: Float[np.ndarray, " time"]
    """Root mean square over the picture, in the cue's small pixels per second."""


@dataclass(frozen=True)
class Edges:
    """Where in its frames a camera shows that light changed: one entry per edge, sorted by event.

    Row 0 … 1 of a frame begins its exposure at ``pts + read_out · (row − ½)``, and the light changed `exposures` of the
    camera's exposure times after that. So an edge says ``t = pts + read_out · (row − ½) + exposures · exposure_time``.
    """

    event: Int[np.ndarray, " edge"]
    """Number of the flash or step that it belongs to: 0, 1, 2, …"""
    kind: Int[np.ndarray, " edge"]
    """1 a flash, 2 a light switched on; −1 and −2 the same of darkness."""
    pts_seconds: Float[np.ndarray, " edge"]
    row: Float[np.ndarray, " edge"]
    """As a share of the picture's height in the order of read-out, 0 first; a half where any row may have seen it."""
    exposures: Float[np.ndarray, " edge"]
    std_row: Float[np.ndarray, " edge"]
    std_exposures: Float[np.ndarray, " edge"]
    std_seconds: Float[np.ndarray, " edge"]
    """Error that depends on neither: 0 but where the light changed while no row was exposed."""

    def __len__(self) -> int:
        return len(self.event)


@dataclass(frozen=True)
class FlashSignal(Signal):
    """How much brighter the picture gets from frame to frame, together with the sudden changes in it."""

    edges: Edges


@dataclass(frozen=True)
class Track:
    """One person (animal, thing) as one camera saw it without interruption, smoothed, on the signal's grid."""

    first: int
    """Sample of the signal at which it begins."""
    points: Float[np.ndarray, "time joint 2"]
    """Pixels of a lens without distortion; nan where a joint wasn't seen."""
    embedding: Float[np.ndarray, "time dimension"] | None = None
    """What posture and movement look like from any side; None where the joints aren't a person's."""
    person: str | None = None
    """Who it is in all cameras; None where nobody knows."""

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True)
class PoseSignal(Signal):
    """How many joints are seen, together with their tracks."""

    joints: tuple[str, ...]
    tracks: tuple[Track, ...]
    camera: CalibratedCamera | None = None
    """Where it stood, if anybody knows and it stood still."""
    height_pixels: int | None = None
    """Of its pictures."""


# ── match ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Search:
    """Which offsets are candidates at all."""

    max_offset_seconds: float = math.inf
    """Largest |offset| considered, counted between the recordings' first pts."""
    min_overlap_seconds: float = 0.5
    """Least common time for an offset to count."""

    def __post_init__(self) -> None:
        if not self.max_offset_seconds > 0:
            raise InputError(f"--max-offset must be greater than 0 seconds, got {self.max_offset_seconds}")
        if not 0 < self.min_overlap_seconds < math.inf:
            raise InputError(f"--min-overlap must be a positive number of seconds, got {self.min_overlap_seconds}")


@dataclass(frozen=True)
class OffsetBelief:
    """How much better each candidate offset explains two signals than "these clips are unrelated" does.

    The log-likelihood ratio of "unrelated, or no overlap" is 0 by definition; a prior is added once, when beliefs
    of several cues have been added (`viewsync.match.fuse`).
    """

    cue: str
    offsets_seconds: Float[np.ndarray, " lag"]
    """Uniform, increasing grid of offset_ab candidates (at rate 0). Empty where no offset leaves enough overlap."""
    log_likelihood_ratio: Float[np.ndarray, " lag"]
    overlap_seconds: Float[np.ndarray, " lag"]

    @property
    def step_seconds(self) -> float:
        """Grid step."""
        return float(self.offsets_seconds[1] - self.offsets_seconds[0]) if self.offsets_seconds.size > 1 else 0.0


@dataclass(frozen=True)
class LocalOffset:
    """An offset measured in one stretch of the overlap."""

    seconds: float
    """Where: middle of the stretch on b's clock."""
    offset_seconds: float
    """t_a − t_b there."""
    std_seconds: float


# ── offsets ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class CueOffset:
    """What one cue alone says about a pair."""

    name: str
    weight: float
    """Share of the information in the fused offset, 0 to 1; 0 where the cue was silent or overruled."""
    offset_seconds: float | None
    offset_std_seconds: float | None
    log_likelihood_ratio: float
    """Evidence of this cue for the chosen offset against "unrelated" (natural log)."""


@dataclass(frozen=True)
class PairOffset:
    """The measured clock relation of two recordings: t_a = (1 + rate) · t_b + offset."""

    a: str
    b: str
    verdict: Verdict
    reasons: tuple[str, ...]
    overlap_seconds: float
    cues: tuple[CueOffset, ...]
    probability: float
    """Calibrated probability that the best offset is right, within its error bar."""
    offset_seconds: float | None = None
    """t_a at t_b = 0. None unless tied."""
    offset_std_seconds: float | None = None
    rate: float | None = None
    """Dimensionless. None where the footage doesn't support fitting one."""
    rate_std: float | None = None
    offset_rate_covariance: float | None = None
    rate_bound: float | None = None
    """Largest |rate| that can't be excluded at 95 %."""
    middle_seconds: float = 0.0
    """Middle of the overlap on b's clock: where a rate that wasn't fitted does no harm."""
    beliefs: tuple[OffsetBelief, ...] = ()
    """What each cue made of the pair, at every offset."""
    stretches: tuple[tuple[str, tuple[LocalOffset, ...]], ...] = ()
    """Per cue the offsets of stretches of the overlap, with honest error bars: what the drift was fitted to."""

    def __post_init__(self) -> None:
        numbers = (self.offset_seconds, self.offset_std_seconds)
        if (self.verdict is Verdict.TIED) != all(n is not None and math.isfinite(n) for n in numbers):
            raise ValueError(f"pair {self.a}–{self.b}: a finite offset and error bar go with 'tied', and only with it")

    @property
    def likeliest_seconds(self) -> float | None:
        """The offset in the pair's middle or, where it isn't tied, the one with most evidence; None without any."""
        if self.offset_seconds is not None:
            return self.offset_seconds + (self.rate or 0.0) * self.middle_seconds
        heard = [belief for belief in self.beliefs if belief.log_likelihood_ratio.any()]
        if not heard:
            return None
        surest = max(heard, key=lambda belief: float(belief.log_likelihood_ratio.max()))
        return float(surest.offsets_seconds[surest.log_likelihood_ratio.argmax()])


# ── timeline ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class CameraClock:
    """One recording's place on the reference clock, or the reasons why it has none."""

    recording: Recording
    verdict: Verdict
    reasons: tuple[str, ...]
    offset_seconds: float | None = None
    offset_std_seconds: float | None = None
    rate: float | None = None
    rate_std: float | None = None
    offset_rate_covariance: float | None = None
    rate_bound: float | None = None

    @property
    def id(self) -> str:
        """The recording's id."""
        return self.recording.id


@dataclass(frozen=True)
class Cycle:
    """Offsets added up around a triangle of cameras: zero, within its own error bar, when all is well."""

    cameras: tuple[str, str, str]
    residual_seconds: float
    residual_std_seconds: float


@dataclass(frozen=True)
class Timeline:
    """All recordings on one clock, with what could not be tied kept visibly apart."""

    reference: str
    cameras: tuple[CameraClock, ...]
    pairs: tuple[PairOffset, ...]
    cycles: tuple[Cycle, ...]
    components: tuple[tuple[str, ...], ...]
    """Groups of cameras tied among themselves; the reference's group first."""
    offset_covariance: Float[np.ndarray, "camera camera"]
    """Covariance of the offsets of `components[0]`, in its order, in s² (zero row for the reference)."""

    @property
    def by_id(self) -> Mapping[str, CameraClock]:
        """Cameras by id."""
        return {camera.id: camera for camera in self.cameras}

    @property
    def all_tied(self) -> bool:
        """Whether every camera is tied to the reference."""
        return all(camera.verdict is Verdict.TIED for camera in self.cameras)
