"""Decoded sound on the recording's clock: mono, at one rate, in a temporary file mapped into memory."""

import tempfile
from collections.abc import Iterator

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from jaxtyping import Int

from viewsync.media.container import decoded
from viewsync.types import InputError, Recording, Sound

# Time stamps in some containers are rounded to whole milliseconds; a jump of more than this is a gap or an overlap.
_JITTER_SECONDS = 0.003
# A jump back of more than this isn't an overlap but a clock that starts anew.
_MAX_OVERLAP_SECONDS = 1.0


def sound(recording: Recording, rate_hz: int = 16000) -> Sound:
    """Decode a recording's sound, mixed down to one channel, with every sample at its place on the recording's clock.

    Gaps in the stream's time stamps become zeros; where two stretches overlap, the later one counts. The samples lie in
    an anonymous temporary file, so memory doesn't grow with length.

    Args:
        recording: a recording with sound.
        rate_hz: sampling rate of the result.

    Raises:
        InputError: the recording has no sound, or it is damaged, or its time stamps run backwards.
    """
    track = recording.sound
    if track is None:
        raise InputError(f"{recording.path} has no sound track, only video.")
    file = tempfile.TemporaryFile(prefix="viewsync-")  # noqa: SIM115 (the mapping outlives the block)
    with file:
        for run_start_seconds, run in _runs(recording, track.stream_index):
            first = max(0, round((run_start_seconds - track.start_seconds) * rate_hz))
            # Seeking past the end leaves a hole, which reads as zeros.
            file.seek(first * _BYTES)
            for samples in _resampled(run, rate_hz):
                file.write(samples.tobytes())
        if file.seek(0, 2) < _BYTES:
            raise InputError(f"{recording.path}: its sound track holds no samples. Leave the file out.")
        file.flush()
        mapped = np.memmap(file, dtype=np.int16, mode="r")
    return Sound(samples=mapped, rate_hz=rate_hz, start_seconds=track.start_seconds)


_BYTES = 2


def _runs(recording: Recording, stream_index: int) -> Iterator[tuple[float, Iterator[AudioFrame]]]:
    """Stretches of sound whose time stamps follow one another without a gap or an overlap, and their starts.

    Each stretch must be read to its end before the next one is asked for.
    """
    stream = decoded(recording.path, stream_index, parts=recording.parts)
    frames = (frame for frame in stream if isinstance(frame, AudioFrame))
    waiting = next(frames, None)

    def run(first: AudioFrame) -> Iterator[AudioFrame]:
        nonlocal waiting
        frame: AudioFrame | None = first
        start, samples = _seconds(first), 0
        while frame is not None and abs(_seconds(frame) - start - samples / frame.sample_rate) <= _JITTER_SECONDS:
            samples += frame.samples
            yield frame
            frame = next(frames, None)
        waiting = frame

    while waiting is not None:
        start = _seconds(waiting)
        yield start, run(waiting)
        if waiting is not None and _seconds(waiting) < start - _MAX_OVERLAP_SECONDS:
            raise InputError(
                f"{recording.path}: its sound's time stamps jump back at {start:.3f} s. "
                f"Re-encode it: ffmpeg -i {recording.path.name} -c:v copy -af aresample=async=1 clean.mov"
            )


def _seconds(frame: AudioFrame) -> float:
    assert frame.pts is not None  # Files without time stamps are refused before.
    assert frame.time_base is not None
    return float(frame.pts * frame.time_base)


def _resampled(run: Iterator[AudioFrame], rate_hz: int) -> Iterator[Int[np.ndarray, " sample"]]:
    resampler = AudioResampler(format="s16", layout="mono", rate=rate_hz)
    for frame in run:
        frame.pts = None  # The stretch is continuous; small rounding of its time stamps must not be "corrected".
        for piece in resampler.resample(frame):
            yield piece.to_ndarray()[0]
    for piece in resampler.resample(None):
        yield piece.to_ndarray()[0]
