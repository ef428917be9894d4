"""What the containers themselves say about their clocks: facts, not verdicts."""

from collections.abc import Iterator, Sequence

import numpy as np

from viewsync.types import Recording

_GAP = 1.5
"""In median frame intervals."""
_NOTED_SECONDS = 0.001


def container_facts(recordings: Sequence[Recording]) -> tuple[str, ...]:
    """Gaps between frames, sound that starts or ends elsewhere than the pictures, and rates and starts that differ."""
    own = [fact for recording in recordings for fact in _own_facts(recording)]
    return (*own, *_differences(recordings))


def _own_facts(recording: Recording) -> Iterator[str]:
    video, sound, seconds = recording.video, recording.sound, recording.frame_seconds
    if seconds is not None and seconds.size > 1:
        between = np.diff(seconds)
        gaps = np.flatnonzero(between > _GAP * recording.interval_seconds)
        if gaps.size:
            widest = gaps[np.argmax(between[gaps])]
            yield (
                f"{recording.id}: {gaps.size} of its frames come late by its own time stamps, most of all after "
                f"{seconds[widest]:.2f} s ({between[widest] * 1e3:.0f} ms instead of "
                f"{recording.interval_seconds * 1e3:.0f})."
            )
    if video is not None and sound is not None:
        skew = sound.start_seconds - recording.first_pts_seconds
        if abs(skew) > _NOTED_SECONDS:
            yield f"{recording.id}: its sound starts {skew * 1e3:+.0f} ms after its pictures."
        longer = sound.start_seconds + sound.duration_seconds - recording.last_pts_seconds
        if abs(longer) > max(0.1, 2 * video.interval_seconds):
            yield f"{recording.id}: its sound ends {longer:+.2f} s after its pictures."


def _differences(recordings: Sequence[Recording]) -> Iterator[str]:
    rates = {r.id: 1 / r.interval_seconds for r in recordings if r.frame_seconds is not None}
    if rates and max(rates.values()) > 1.0005 * min(rates.values()):
        yield "Frame rates differ: " + ", ".join(f"{id} {rate:.3f} Hz" for id, rate in rates.items()) + "."
    starts = {r.id: r.first_pts_seconds for r in recordings}
    if max(starts.values()) - min(starts.values()) > _NOTED_SECONDS:
        yield "First time stamps differ: " + ", ".join(f"{id} {start:.3f} s" for id, start in starts.items()) + "."
