"""From tracks to a verdict: in sync, out of sync since when and by how much, or not to be told and why."""

import math
from dataclasses import dataclass
from enum import StrEnum

from scipy.special import ndtr

from viewsync.audit.follow import Stretch, Track, runs
from viewsync.outputs.phrasing import duration, listing, with_error
from viewsync.types import Recording, Verdict

CERTAIN = 0.95


class SyncVerdict(StrEnum):
    """What an audit comes to."""

    IN_SYNC = "in sync"
    OUT_OF_SYNC = "out of sync"
    CANT_TELL = "can't tell"

    @property
    def sentence(self) -> str:
        """The verdict as a sentence for a person."""
        return _SENTENCES[self]


_SENTENCES = {
    SyncVerdict.IN_SYNC: "Throughout what they have in common, the clocks agree within the tolerance.",
    SyncVerdict.OUT_OF_SYNC: "At some time the clocks differ by more than the tolerance.",
    SyncVerdict.CANT_TELL: "The footage doesn't show whether the clocks agree within the tolerance.",
}


_NOTHING_FOUND = "The two share too little for the offset to be followed through time."


@dataclass(frozen=True)
class CueFinding:
    """What one cue says of a pair."""

    track: Track
    verdict: SyncVerdict
    sentence: str


@dataclass(frozen=True)
class PairAudit:
    """Two recordings that claim one clock: t_a = t_b."""

    a: str
    b: str
    related: Verdict
    """What the ordinary synchronization says, which knows only one offset and rate for the whole."""
    reasons: tuple[str, ...]
    findings: tuple[CueFinding, ...]
    interval_seconds: float
    """Frame interval of the slower recording."""

    @property
    def verdict(self) -> SyncVerdict:
        """Out of sync where any cue says so; in sync where one says so and none objects."""
        said = {finding.verdict for finding in self.findings}
        order = (SyncVerdict.OUT_OF_SYNC, SyncVerdict.IN_SYNC)
        return next((verdict for verdict in order if verdict in said), SyncVerdict.CANT_TELL)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What each cue found, or why none found anything."""
        if self.findings:
            return tuple(f"By {finding.track.cue}, {finding.sentence}." for finding in self.findings)
        return self.reasons or (_NOTHING_FOUND if self.related is Verdict.TIED else self.related.sentence,)


@dataclass(frozen=True)
class Audit:
    """All recordings held against one of them."""

    recordings: tuple[Recording, ...]
    reference: str
    tolerance_seconds: float
    pairs: tuple[PairAudit, ...]
    """Those with the reference, in the order of the recordings. A recording about which that tells nothing has more."""
    facts: tuple[str, ...]
    """What the containers say, as facts."""

    def of(self, recording: str) -> SyncVerdict:
        """The verdict on a recording: of the last pair that was asked about it."""
        return [audit.verdict for audit in self.pairs if audit.b == recording][-1]

    @property
    def verdict(self) -> SyncVerdict:
        """Out of sync if any recording is, in sync if all are."""
        said = {self.of(recording.id) for recording in self.recordings if recording.id != self.reference}
        order = (SyncVerdict.OUT_OF_SYNC, SyncVerdict.CANT_TELL)
        return next((verdict for verdict in order if verdict in said), SyncVerdict.IN_SYNC)


def judge(track: Track, camera: str, tolerance_seconds: float, interval_seconds: float) -> CueFinding:
    """Hold a track against the tolerance.

    Args:
        track: Of camera b on the clock of a.
        camera: The name of b.
        tolerance_seconds: Largest |offset| that still counts as in sync.
        interval_seconds: Frame interval of the slower recording.
    """
    states = [_state(stretch, track.bias_std_seconds, tolerance_seconds) for stretch in track.stretches]
    phrases = [
        _phrase(stretch, state, camera, track.bias_std_seconds, interval_seconds)
        for stretch, state in zip(track.stretches, states, strict=True)
    ]
    sentence = f"{phrases[0]} throughout"
    if track.jumps:
        until = [f"{phrase} until {_clock(jump.seconds)}" for phrase, jump in zip(phrases, track.jumps, strict=False)]
        sentence = ", then ".join([*until, phrases[-1]])
    dark = _without_support(track)
    verdict = next((state for state in _WORST_FIRST if state in states), SyncVerdict.IN_SYNC)
    if verdict is SyncVerdict.IN_SYNC and track.contradicted.any():
        verdict = SyncVerdict.CANT_TELL
    return CueFinding(track, verdict, sentence + dark)


_WORST_FIRST = (SyncVerdict.OUT_OF_SYNC, SyncVerdict.CANT_TELL)


def _state(stretch: Stretch, bias_std_seconds: float, tolerance_seconds: float) -> SyncVerdict:
    inside = True
    for seconds in (stretch.start_seconds, stretch.stop_seconds):
        offset, std = stretch.at(seconds)
        std = math.hypot(std, bias_std_seconds)
        early, late = (float(ndtr((way * offset - tolerance_seconds) / std)) for way in (1, -1))
        # On one side: an error far above the tolerance makes both likely together, which tells nothing.
        if max(early, late) >= CERTAIN:
            return SyncVerdict.OUT_OF_SYNC
        inside &= early + late <= 1 - CERTAIN
    return SyncVerdict.IN_SYNC if inside else SyncVerdict.CANT_TELL


def _phrase(stretch: Stretch, state: SyncVerdict, camera: str, bias_std_seconds: float, interval_seconds: float) -> str:
    (first, _), (last, _) = (stretch.at(seconds) for seconds in (stretch.start_seconds, stretch.stop_seconds))
    if stretch.rate is not None:
        course = f"{camera} drifts from {amount(first, interval_seconds)} to {amount(last, interval_seconds)}"
        return f"{course} ({stretch.rate * 1e6:+.0f} ppm)"
    std_seconds = math.hypot(stretch.std_seconds, bias_std_seconds)
    if state is SyncVerdict.OUT_OF_SYNC:
        return f"{camera} is {amount(stretch.offset_seconds, interval_seconds)} (± {std_seconds * 1e3:.1f} ms)"
    known = "in sync" if state is SyncVerdict.IN_SYNC else "not known closely enough"
    return f"{known} ({with_error(stretch.offset_seconds * 1e3, std_seconds * 1e3)} ms)"


def amount(offset_seconds: float, interval_seconds: float) -> str:
    """An offset in words: ``"66.7 ms (2.0 frames) early"``.

    A camera is early where it shows at a time what the reference shows only later: its offset is positive.
    """
    frames = f" ({abs(offset_seconds) / interval_seconds:.1f} frames)" if interval_seconds > 0 else ""
    return f"{abs(offset_seconds) * 1e3:.1f} ms{frames} {'early' if offset_seconds > 0 else 'late'}"


_WORTH_NAMING_SECONDS = 5.0


def _without_support(track: Track) -> str:
    """Where the footage shows no offset, or contradicts all; empty where it always shows one."""
    step = float(track.seconds[1] - track.seconds[0])
    said = []
    for mask, what in ((~track.supported & ~track.contradicted, "nothing shows it"), (track.contradicted, "nothing fits")):
        spans = [
            f"{_clock(float(track.seconds[run][0]) - step / 2)} to {_clock(float(track.seconds[run][-1]) + step / 2)}"
            for run in runs(mask)
            if (run.stop - run.start) * step >= _WORTH_NAMING_SECONDS
        ]
        said += [f"{what} from {listing(spans)}"] if spans else []
    return f"; {' and '.join(said)}" if said else ""


def _clock(seconds: float) -> str:
    return duration(max(seconds, 0.0))
