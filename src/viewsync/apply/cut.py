"""Where one recording is cut: the shared stretch of the reference clock, in ticks of the recording's own clock."""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from viewsync.apply.plan import Clip, Plan

# Finer than any sample of sound is long; every tick of the video lies on it too.
_LEAST_SCALE = 90_000


@dataclass(frozen=True)
class Cut:
    """A stretch of a recording. In the file made of it, `start` is time 0; nothing else is rounded."""

    scale: int
    """Ticks per second: a multiple of the video's own (or, without video, of the sound's samples per second)."""
    start: int
    """In ticks of the recording's pts."""
    end: int

    @cached_property
    def tick(self) -> Fraction:
        """Seconds per tick."""
        return Fraction(1, self.scale)

    @cached_property
    def start_seconds(self) -> Fraction:
        """The start, on the recording's own clock."""
        return self.start * self.tick

    @cached_property
    def seconds(self) -> Fraction:
        """Length of the stretch on the recording's own clock."""
        return (self.end - self.start) * self.tick

    def ticks(self, time_base: Fraction) -> int:
        """How many ticks one of the video's own is: a whole number."""
        return int(time_base * self.scale)


def cut_of(clip: Clip, plan: Plan) -> Cut:
    """Where the clip's recording is cut so that it shows the plan's stretch of the reference clock."""
    recording, to_camera = clip.recording, clip.clock.inverse()
    if recording.video is not None:
        own = recording.video.time_base.denominator
    else:
        assert recording.sound is not None  # A recording has one of the two.
        own = recording.sound.rate_hz
    scale = own * math.ceil(_LEAST_SCALE / own)
    start, end = (round(to_camera(seconds) * scale) for seconds in (plan.start_seconds, plan.end_seconds))
    return Cut(scale, start, end)
