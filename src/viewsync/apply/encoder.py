"""Encoders set so that the copy looks, sounds and displays as its source does; and the writing of what they make."""

import heapq
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from fractions import Fraction
from typing import Any

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.codec.codec import find_best_pix_fmt_of_list
from av.codec.context import ThreadType
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from viewsync.media.container import opened_recording
from viewsync.types import Recording

Progress = Callable[[int, int], None]
"""Called with how many frames are done, and how many there are."""
Packets = Generator["Packet[Any]", None, None]
"""What an encoder makes of one stream."""

# Visually lossless. A slower preset would make smaller files of the same looks.
VIDEO_OPTIONS = {"crf": "17", "preset": "veryfast"}
_CONVERTED_MATRIX = 6
"""Of RGB pictures, when FFmpeg has made YUV of them: that of SMPTE 170M."""
MAX_AAC_CHANNELS = 8
_AAC_BITS_PER_SECOND = (96_000, 192_000)
"""Least and most for a channel."""


def add_video(target: OutputContainer, recording: Recording, fps: Fraction) -> VideoStream:
    """A video stream of `target`, encoded and tagged as the recording's is: codec family, bit depth, colours, rotation.

    Args:
        target: The file being written, before its first packet.
        recording: A recording with video.
        fps: Constant frame rate.
    """
    assert recording.video is not None
    with opened_recording(recording) as source:
        like = source.streams[recording.video.stream_index]
        assert isinstance(like, VideoStream)
        deep = max(component.bits for component in like.format.components) > 8
        hevc = like.codec_context.name == "hevc" or (deep and like.codec_context.name != "h264")
        encoder = "libx265" if hevc else "libx264"
        # Otherwise x265 writes to the terminal.
        options = VIDEO_OPTIONS | ({"x265-params": "log-level=none"} if hevc else {})
        stream = target.add_stream(encoder, rate=fps, options=options)
        assert isinstance(stream, VideoStream)
        stream.pix_fmt = _pixel_format(encoder, like.format.name)
        # Both encoders want even sides.
        stream.width, stream.height = like.width // 2 * 2, like.height // 2 * 2
        stream.color_range = like.color_range
        stream.colorspace = _CONVERTED_MATRIX if like.format.is_rgb else like.colorspace
        stream.color_primaries, stream.color_trc = like.color_primaries, like.color_trc
        stream.codec_context.sample_aspect_ratio = like.sample_aspect_ratio or Fraction(1)
    # Slices, which PyAV chooses, would cost quality.
    stream.thread_type = ThreadType.FRAME
    if hevc and target.format.name in ("mov", "mp4"):
        stream.codec_context.codec_tag = "hvc1"  # Apple's players know no other.
    stream.set_display_rotation(recording.video.rotation_degrees)
    return stream


def add_sound(target: OutputContainer, recording: Recording) -> AudioStream:
    """A sound stream of `target` with the recording's channels and rate: PCM for PCM, AAC for all else.

    In MP4 it is AAC always, as few players expect PCM there.
    """
    assert recording.sound is not None
    with opened_recording(recording) as source:
        like = source.streams[recording.sound.stream_index].codec_context
        assert isinstance(like, AudioCodecContext)
        if like.name.startswith("pcm_") and target.format.name != "mp4":
            stream, layout = target.add_stream(_pcm_encoder(like.name), rate=like.sample_rate), like.layout.name
        else:
            rates = av.Codec("aac", "w").audio_rates or [like.sample_rate]
            stream = target.add_stream("aac", rate=min(rates, key=lambda rate: abs(rate - like.sample_rate)))
            least, most = (bits * recording.sound.channels for bits in _AAC_BITS_PER_SECOND)
            stream.bit_rate = min(max(like.bit_rate or 0, least), most)
            # Many WAV files don't say which channel is where, and AAC must.
            layout = f"{like.channels}c" if like.layout.name.endswith("channels") else like.layout.name
        assert isinstance(stream, AudioStream)
        stream.codec_context.layout = layout
    return stream


def encoded_pictures(stream: VideoStream, pictures: Iterator[VideoFrame]) -> Packets:
    """Encode pictures at the stream's constant rate. They aren't converted unless the encoder can't take them."""
    format, time_base = stream.pix_fmt, 1 / Fraction(stream.codec_context.framerate)
    for number, picture in enumerate(pictures):
        fitting = picture.reformat(stream.width, stream.height, format)
        fitting.pts, fitting.time_base = number, time_base
        # Where the source had its key frames is no reason to have them there.
        fitting.pict_type = PictureType.NONE
        yield from stream.encode(fitting)
    yield from stream.encode(None)


def write(target: OutputContainer, tracks: Sequence[Packets], fps: Fraction, count: int, progress: Progress) -> None:
    """Write all tracks' packets in the order of time.

    Args:
        target: The file to write to.
        tracks: The packets of each stream.
        fps: Rate of the frames that `progress` counts.
        count: How many there are.
        progress: See `Progress`.
    """
    with ExitStack() as stack:
        for track in tracks:
            stack.enter_context(closing(track))
        for packet in heapq.merge(*tracks, key=_seconds):
            progress(min(max(0, int(_seconds(packet) * fps)), count), count)
            target.mux(packet)
    progress(count, count)


def _seconds(packet: "Packet[Any]") -> Fraction:
    return (packet.dts or 0) * packet.time_base


def _pixel_format(encoder: str, source: str) -> str:
    formats = [format.name for format in av.Codec(encoder, "w").video_formats or ()]
    if source in formats:
        return source
    best, _ = find_best_pix_fmt_of_list(formats, source)
    assert best is not None
    return best.name


def _pcm_encoder(decoder: str) -> str:
    """Little-endian, as WAV needs it; the logarithmic and other rare kinds are 16 bits wide at most."""
    kind = re.match(r"pcm_([sf])(16|24|32|64)", decoder)
    return f"pcm_{kind[1]}{kind[2]}le" if kind else "pcm_s16le"
