"""A recording's sound on the reference clock, to the sample: one continuous resampling that follows offset and drift."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import soxr
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from jaxtyping import Float32

from viewsync.apply.encoder import Packets
from viewsync.apply.plan import Clip
from viewsync.media.container import decoded
from viewsync.types import Recording, SoundTrack

_Samples = Float32[np.ndarray, "sample channel"]

# Samples made before the start and thrown away, so that the resampling filter doesn't start with an edge.
_LEAD_SAMPLES = 1024
# Time stamps in some containers are rounded to whole milliseconds; a jump of more than this is a gap or an overlap.
_JITTER_SECONDS = 0.003


def encoded_sound(stream: AudioStream, clip: Clip, start_seconds: float, duration_seconds: float) -> Packets:
    """Encode a clip's sound as heard in a stretch of the reference clock. Silence where the recording has none.

    Args:
        stream: The sound stream to encode for; its rate may differ from the recording's.
        clip: A clip with sound.
        start_seconds: Reference time of the first sample.
        duration_seconds: How long the stretch is, by the reference clock.

    Raises:
        InputError: The sound is damaged.
    """
    rate_hz, layout = stream.codec_context.sample_rate, stream.codec_context.layout.name
    written = 0
    for block in resound(clip, rate_hz, start_seconds, round(duration_seconds * rate_hz)):
        frame = AudioFrame.from_ndarray(block.reshape(1, -1), format="flt", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, written, Fraction(1, rate_hz)
        written += len(block)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def resound(clip: Clip, rate_hz: int, start_seconds: float, count: int) -> Iterator[_Samples]:
    """Exactly `count` samples, sample n being what was heard at reference time start + n / rate, within half a sample.

    A sound that needs no other rate, because its clock doesn't drift, is copied bit by bit.
    """
    track = clip.recording.sound
    assert track is not None
    # Samples of the result for each second of the recording's clock.
    wanted_hz = rate_hz * (1 + clip.clock.rate)
    resampled = wanted_hz != track.rate_hz
    lead = _LEAD_SAMPLES if resampled else 0
    first = round(clip.clock.inverse()(start_seconds - lead / rate_hz) * track.rate_hz)
    blocks = _samples(clip.recording, track, first)
    if resampled:
        blocks = _resampled(blocks, track, wanted_hz)
    place = -lead
    for block in blocks:
        kept = block[max(0, -place) : max(0, count - place)]
        place += len(block)
        if len(kept):
            yield kept
        if place >= count:
            return
    yield from _silence(count - max(0, place), track)


def _resampled(blocks: Iterator[_Samples], track: SoundTrack, wanted_hz: float) -> Iterator[_Samples]:
    stream = soxr.ResampleStream(track.rate_hz, wanted_hz, track.channels)
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.empty((0, track.channels), np.float32), last=True)


def _samples(recording: Recording, track: SoundTrack, first: int) -> Iterator[_Samples]:
    """All channels of a recording from its sample `first` on, counted from 0 on its clock, with silence for gaps."""
    # Decoded from the beginning: after a seek, rounded time stamps and codecs that need a run-up would shift the samples.
    place, following = first, None
    # Packed, as PyAV can't take apart planes of more than seven channels.
    convert = AudioResampler(format="flt")
    for frame in decoded(recording.path, track.stream_index, parts=recording.parts):
        assert isinstance(frame, AudioFrame)
        assert frame.pts is not None  # Files without time stamps are refused before.
        assert frame.time_base is not None
        number = round(frame.pts * frame.time_base * track.rate_hz)
        if following is not None and abs(number - following) <= _JITTER_SECONDS * track.rate_hz:
            number = following
        following = number + frame.samples
        if number > place:
            yield from _silence(number - place, track)
            place = number
        if following > place:
            (packed,) = convert.resample(frame)
            yield packed.to_ndarray().reshape(-1, track.channels)[place - number :]
            place = following


def _silence(count: int, track: SoundTrack) -> Iterator[_Samples]:
    """Zeros, a second at a time."""
    for done in range(0, count, track.rate_hz):
        yield np.zeros((min(track.rate_hz, count - done), track.channels), np.float32)
