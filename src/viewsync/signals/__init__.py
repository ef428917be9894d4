"""Cues: what one recording shows or sounds like over time, and how two such signals speak of an offset.

A cue is a module with the functions of `Cue`. Built-in cues stand in one plain dictionary, `CUES`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from viewsync.geometry.camera import CalibratedCamera
from viewsync.geometry.lens import Lens
from viewsync.match.track import Tracker
from viewsync.signals import audio, flash, motion, pose, stereo, synnet
from viewsync.types import LocalOffset, OffsetBelief, Poses, Search, Signal


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


@runtime_checkable
class TrackingCue(Cue, Protocol):
    """What `viewsync.audit` asks of a cue on top: to tell how an offset changes. Only some cues can."""

    def tracker(self, a: Any, b: Any, offsets_seconds: Float[np.ndarray, " lag"]) -> Tracker:
        """Evidence of each piece of the common time for each of some offsets."""
        ...


class KeypointCue(Cue, Protocol):
    """What goes by keypoints on top, whether they were given or found in the pictures."""

    def signal(self, poses: Poses, camera: CalibratedCamera | Lens | None = None) -> Signal:
        """Of one recording, whose camera may be known."""
        ...

    def fingerprint(self, signals: Mapping[str, Signal]) -> str:
        """What a recording's evidence depends on, as a hash: the file doesn't say what was looked at."""
        ...


KEYPOINT_CUES: Mapping[str, KeypointCue] = {pose.NAME: pose, synnet.NAME: synnet}

CUES: Mapping[str, Cue] = {audio.NAME: audio, motion.NAME: motion, stereo.NAME: stereo, flash.NAME: flash, **KEYPOINT_CUES}

USUAL_CUES = tuple(cue for cue in CUES if cue not in (stereo.NAME, synnet.NAME))
"""What recordings are synchronized by unless told: stereo is for cameras side by side only, and SynNet is there to be held
against the others."""

TRACKING_CUES: Mapping[str, TrackingCue] = {audio.NAME: audio, motion.NAME: motion, pose.NAME: pose}
