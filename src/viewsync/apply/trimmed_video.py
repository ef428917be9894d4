"""The video of a trimmed file: packets taken over as they are, and frames encoded anew where a cut asks for it."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from av.codec.context import ThreadType
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream
from jaxtyping import Int

from viewsync.apply.cut import Cut
from viewsync.apply.edit_list import Edit
from viewsync.apply.encoder import add_video
from viewsync.apply.joint import Joiner
from viewsync.apply.segments import Segment, decoding_times
from viewsync.media.container import damaged
from viewsync.types import Recording


class TrimmedVideo:
    """The video stream on its way into a trimmed file.

    Args:
        target: The file, before its first packet.
        source: The stream as recorded, not decoded before.
        recording: What it belongs to.
        cut: What is to be seen.
        segments: What is to be copied and what encoded, in order.
    """

    def __init__(
        self, target: OutputContainer, source: VideoStream, recording: Recording, cut: Cut, segments: Sequence[Segment]
    ) -> None:
        assert recording.video is not None
        self._source, self._recording, self._video, self._cut = source, recording, recording.video, cut
        source.thread_type = ThreadType.AUTO
        if source.codec_context.name != "tiff":  # That decoder would call any tag damage that it doesn't know.
            # Otherwise several decoders conceal damage by inventing the picture.
            source.codec_context.options = {"err_detect": "explode"}
        self._ticks = cut.ticks(self._video.time_base)
        self._rate = Fraction(1 / self._video.interval_seconds).limit_denominator(1001)
        self._joiner: Joiner | None = None
        self._encoder: VideoCodecContext | None = None
        if all(segment.encode for segment in segments):
            self.stream = self._encoded_stream(target)
        else:
            self.stream = self._copied_stream(target, joined=any(segment.encode for segment in segments))
        self._segment_of = {int(pts): segment for segment in segments for pts in segment.packets}
        sequence = np.concatenate([self._places(segment) for segment in segments])
        self._decoding_times = dict(zip(sequence.tolist(), decoding_times(sequence).tolist(), strict=True))
        self._first = self._place(segments[0].first)
        self._pushed = 0
        self._current: Segment | None = None
        self._good_until: float | None = None

    @property
    def done(self) -> bool:
        """Whether no more packets are needed."""
        return self._pushed == len(self._segment_of)

    @property
    def extent(self) -> tuple[int, int]:
        """How many packets have been dealt with, and how many there are to be."""
        return self._pushed, len(self._segment_of)

    @property
    def edit(self) -> Edit:
        """What of the written packets is to be seen."""
        shown, media = self._first * self._cut.tick, (self._first - min(self._decoding_times.values())) * self._cut.tick
        return Edit(shown, media, self._cut.seconds - shown)

    def push(self, packet: "Packet[Any]") -> Iterator["Packet[Any]"]:
        """Packets for the file, given the source's next one."""
        segment = None if packet.size == 0 or packet.pts is None else self._segment_of.get(packet.pts)
        if segment is None:
            return
        if segment is not self._current:
            yield from self.finish()
            self._current = segment
        self._pushed += 1
        if segment.encode:
            yield from self._encoded(packet, segment)
        else:
            yield self._copied(packet)

    def finish(self) -> Iterator["Packet[Any]"]:
        """What decoder and encoder still hold of the segment that has ended."""
        if self._current is None or not self._current.encode:
            return
        yield from self._encoded(None, self._current)
        for packet in self._context().encode(None):
            yield self._fitting(packet)
        self._source.codec_context.flush_buffers()
        self._current = self._encoder = None

    def _copied_stream(self, target: OutputContainer, joined: bool) -> VideoStream:
        stream = target.add_stream_from_template(self._source, opaque=True)
        assert isinstance(stream, VideoStream)
        context = stream.codec_context
        context.framerate = self._rate  # A time code counts by it.
        if context.name == "hevc":
            # Apple's players know only hvc1, but in it no part may bring its own parameter sets.
            context.codec_tag = "hev1" if joined or self._source.codec_context.codec_tag == "hev1" else "hvc1"
        if joined:
            self._joiner = Joiner.of(self._source)
            context.extradata = self._joiner.header_with(self._context())
        stream.time_base = self._cut.tick
        return stream

    def _encoded_stream(self, target: OutputContainer) -> VideoStream:
        stream = add_video(target, self._recording, self._rate)
        stream.time_base = stream.codec_context.time_base = self._cut.tick
        # Without B-frames the packets come in the order of presentation, as decoding times expect them.
        stream.codec_context.max_b_frames = 0
        return stream

    def _context(self) -> VideoCodecContext:
        if self._joiner is None:
            return self.stream.codec_context
        if self._encoder is None:
            self._encoder = self._joiner.encoder(self._source, self._cut.tick, self._rate)
        return self._encoder

    def _copied(self, packet: "Packet[Any]") -> "Packet[Any]":
        assert packet.pts is not None  # Others don't belong to a segment.
        pts, duration = self._place(packet.pts), (packet.duration or 0) * self._ticks
        fitting = packet if self._joiner is None else self._joiner.copied(packet)
        fitting.pts, fitting.duration, fitting.time_base = pts, duration, self._cut.tick
        return self._timed(fitting)

    def _encoded(self, packet: "Packet[Any] | None", segment: Segment) -> Iterator["Packet[Any]"]:
        context = self._context()
        for frame in self._decoded(packet):
            if frame.pts is None or not segment.first <= frame.pts < segment.end:
                continue
            place = self._place(frame.pts)
            fitting = frame.reformat(context.width, context.height, context.pix_fmt)
            fitting.pts, fitting.time_base = place, self._cut.tick
            # Where the source had its key frames is no reason to have them there.
            fitting.pict_type = PictureType.NONE
            for made in context.encode(fitting):
                yield self._fitting(made)

    def _decoded(self, packet: "Packet[Any] | None") -> list[VideoFrame]:
        try:
            frames = self._source.codec_context.decode(packet)
        except FFmpegError as error:
            # Before the first good frame errors are normal: a file may begin with frames that need earlier ones.
            if self._good_until is None:
                return []
            raise damaged(self._recording.path, self._good_until) from error
        if frames:
            self._good_until = frames[-1].time
        return frames

    def _fitting(self, packet: "Packet[Any]") -> "Packet[Any]":
        return self._timed(packet if self._joiner is None else self._joiner.encoded(packet))

    def _timed(self, packet: "Packet[Any]") -> "Packet[Any]":
        assert packet.pts is not None  # Encoders give what they were given.
        packet.dts, packet.stream = self._decoding_times[packet.pts], self.stream
        return packet

    def _places(self, segment: Segment) -> Int[np.ndarray, " packet"]:
        """In the file's ticks, what a segment becomes: its packets, or a packet for each of its frames."""
        pts = self._video.pts
        wanted = pts[(pts >= segment.first) & (pts < segment.end)] if segment.encode else segment.packets
        return wanted * self._ticks - self._cut.start

    def _place(self, pts: int) -> int:
        """In the file's ticks, from the cut on."""
        return pts * self._ticks - self._cut.start
