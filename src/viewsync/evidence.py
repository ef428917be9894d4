"""What the cues say of pairs, remembered from run to run, with clocks that run at a wrong rate set right."""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event

from viewsync.match.fuse import Pair
from viewsync.offsets.tempo import Tempo, camera_rates, pair_tempo, priced, refined
from viewsync.signals import CUES, KEYPOINT_CUES, audio, flash, motion, pose, stereo
from viewsync.signals.retime import Retiming, on_own_clocks, retimed
from viewsync.store import Store
from viewsync.types import LocalOffset, OffsetBelief, PairOffset, Search, Signal, Verdict

Signals = Mapping[str, Signal]
"""One recording's signals by cue."""

Rates = Mapping[tuple[str, str], float]
"""By how much to retime recordings, by id and cue; others are left as they are."""

_AS_IT_IS = Retiming()


@dataclass(frozen=True)
class Evidence:
    """The cues' beliefs and local offsets of any two recordings."""

    signals: Mapping[str, Signals]
    contents: Mapping[str, str]
    """What identifies each recording's content, by id."""
    search: Search
    store: Store
    retimings: Mapping[tuple[str, str], Retiming] = field(default_factory=dict)
    """By id and cue; the signals are retimed already."""
    heard: dict[str, OffsetBelief] = field(default_factory=dict)
    """Beliefs that were worked out in this run, by key."""

    def retimed(self, rates: Rates, starts_seconds: Mapping[str, float]) -> "Evidence":
        """The same evidence with clocks set right.

        Args:
            rates: Of the clocks that need it.
            starts_seconds: First pts of each recording: what its offset belongs to stays where it is.
        """
        retimings = {(name, cue): Retiming(rate, starts_seconds[name]) for (name, cue), rate in rates.items()}
        signals = {
            name: {cue: retimed(signal, retimings.get((name, cue), _AS_IT_IS)) for cue, signal in own.items()}
            for name, own in self.signals.items()
        }
        return replace(self, signals=signals, retimings=retimings)

    def beliefs(self, pair: Pair) -> list[OffsetBelief]:
        """One per cue that both recordings have."""
        return [priced(self._belief(pair, cue), self.rate(pair, cue)) for cue in self._shared(pair)]

    def stretches(self, pair: Pair, cue: str, offset_seconds: float) -> tuple[LocalOffset, ...]:
        """A cue's local offsets near a coarse one, on the recordings' own clocks."""
        a, b = (self.signals[name][cue] for name in pair)
        found = self.store.recall(
            f"stretches {cue} {self._key(pair, cue)} {offset_seconds!r}",
            lambda: tuple(CUES[cue].local_offsets(a, b, offset_seconds)),
        )
        clocks = [self.retimings.get((name, cue), _AS_IT_IS) for name in pair]
        return tuple(on_own_clocks(local, *clocks) for local in found)

    def rate(self, pair: Pair, cue: str) -> float:
        """The rate of a pair's clocks under which a cue is compared."""
        a, b = (1 + self.retimings.get((name, cue), _AS_IT_IS).rate for name in pair)
        return b / a - 1

    def odd_rates(self, pairs: Sequence[PairOffset], starts_seconds: Mapping[str, float]) -> Rates:
        """Rates unlike those of clocks that pictures or sounds show, given what was measured with none.

        Args:
            pairs: As measured with all clocks as they are.
            starts_seconds: First pts of each recording.
        """
        names, open_pairs = list(self.signals), [pair for pair in pairs if _telling(pair, pairs)]
        pictures = (motion.NAME, stereo.NAME, flash.NAME, pose.NAME)
        found: dict[tuple[str, str], float] = {}
        stopped = Event()
        with workers(os.cpu_count()) as pool:
            try:
                for cue, alike in ((motion.NAME, pictures), (audio.NAME, (audio.NAME,))):
                    find = partial(self._tempo, cue=cue, starts_seconds=starts_seconds, stopped=stopped)
                    tempos = zip(open_pairs, pool.map(find, open_pairs), strict=True)
                    known = {(pair.a, pair.b): tempo for pair, tempo in tempos if tempo}
                    found |= {(name, one): rate for name, rate in camera_rates(known, names).items() for one in alike}
            finally:
                stopped.set()
        return found

    def _tempo(self, pair: PairOffset, cue: str, starts_seconds: Mapping[str, float], stopped: Event) -> Tempo | None:
        ends = (pair.a, pair.b)
        if cue not in self._shared(ends):
            return None

        def at(rate: float) -> Evidence:
            if stopped.is_set():
                raise CancelledError
            return self.retimed({(pair.b, cue): rate}, starts_seconds)

        duration = min(self.signals[name][cue].duration_seconds for name in ends)
        tempo = pair_tempo(pair, cue, duration, lambda rate: at(rate)._belief(ends, cue))
        if tempo is None or tempo.rate == 0:
            return tempo
        # Evidence of sound is bounded, and so has a flat top; its local offsets don't.
        belief = at(tempo.rate)._belief(ends, cue)
        best = int(belief.log_likelihood_ratio.argmax())
        stretches = at(tempo.rate).stretches(ends, cue, float(belief.offsets_seconds[best]))
        return refined(tempo, stretches, float(belief.overlap_seconds[best]))

    def _belief(self, pair: Pair, cue: str) -> OffsetBelief:
        a, b = (self.signals[name][cue] for name in pair)
        key = f"belief {cue} {self._key(pair, cue)} {self.search}"
        if key not in self.heard:
            self.heard[key] = self.store.recall(key, partial(CUES[cue].belief, a, b, self.search))
        return self.heard[key]

    def _shared(self, pair: Pair) -> list[str]:
        a, b = (self.signals[name] for name in pair)
        return [cue for cue in CUES if cue in a and cue in b]

    def _key(self, pair: Pair, cue: str) -> str:
        retimings = [self.retimings.get((name, cue), _AS_IT_IS) for name in pair]
        contents = [self.contents[name] for name in pair]
        if cue in KEYPOINT_CUES:
            # What was looked at, and with which lens, isn't said by the file.
            contents = [KEYPOINT_CUES[cue].fingerprint(self.signals[name]) for name in pair]
        elif cue == stereo.NAME:
            contents = [f"{content} {stereo.fingerprint()}" for content in contents]
        return " ".join(f"{content} {one!r}" for content, one in zip(contents, retimings, strict=True))


@contextmanager
def workers(count: int | None) -> Iterator[ThreadPoolExecutor]:
    """Threads that begin nothing more after an error or Ctrl-C."""
    pool = ThreadPoolExecutor(count)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _telling(pair: PairOffset, pairs: Sequence[PairOffset]) -> bool:
    """Whether a pair's rate would be news: not if the two aren't tied to one another, but both to the same third."""
    if pair.verdict is Verdict.TIED:
        return True
    tied_to = [
        {one.a if one.b == end else one.b for one in pairs if one.verdict is Verdict.TIED and end in (one.a, one.b)}
        for end in (pair.a, pair.b)
    ]
    return tied_to[0].isdisjoint(tied_to[1])
