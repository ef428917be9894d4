"""Cues: what one recording shows or sounds like over time, and how two such signals speak of an offset.

A cue is a module with the functions of `Cue`. Built-in cues stand in one plain dictionary, `CUES`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from viewsync.signals import audio, motion
from viewsync.types import LocalOffset, OffsetBelief, Search


class Cue(Protocol):
    """What `viewsync.sync` asks of a cue, once its signals exist. Any module with these names will do.

    A cue is only ever given signals that it made itself, of whatever kind of `Signal` these are.
    """

    NAME: str

    def belief(self, a: Any, b: Any, search: Search) -> OffsetBelief:
        """Log-likelihood ratio of every candidate offset_ab against "these signals are unrelated"."""
        ...

    def local_offsets(self, a: Any, b: Any, offset_seconds: float) -> Sequence[LocalOffset]:
        """Sub-sample offsets near a coarse one, one per stretch of the overlap (a single one for short footage)."""
        ...


CUES: Mapping[str, Cue] = {audio.NAME: audio, motion.NAME: motion}
