"""The sound of a trimmed file: packets taken over as they are, heard from and to the exact sample by the edit list."""

import math
import struct
from fractions import Fraction
from typing import Any

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet

from viewsync.apply.cut import Cut
from viewsync.apply.edit_list import Edit

# Decoders of compressed sound need some packets before the first one that comes out right.
_RUN_UP_SECONDS = Fraction(1, 10)
# Time stamps in some containers are rounded to whole milliseconds; a jump of more than this is a gap or an overlap.
_JITTER_SECONDS = 0.003


class TrimmedSound:
    """One sound stream on its way into a trimmed file. Times are in seconds after the cut.

    Args:
        target: The file, before its first packet.
        source: The stream as recorded.
        cut: What is to be heard.
        encode: Whether the sound must be encoded anew, because the file can't hold its codec.
    """

    def __init__(self, target: OutputContainer, source: AudioStream, cut: Cut, encode: bool) -> None:
        stream = _encoded_stream(target, source) if encode else target.add_stream_from_template(source, opaque=True)
        assert isinstance(stream, AudioStream)
        self.stream, self._cut, self._encode = stream, cut, encode
        self._rate_hz = source.codec_context.sample_rate
        self._is_pcm = source.codec_context.name.startswith("pcm_")
        # Of compressed sound: samples in each packet. Time stamps of some containers are rounded to milliseconds.
        self._packet_samples = 0 if self._is_pcm else source.codec_context.frame_size
        self._latest: int | None = None
        self._following: int | None = None
        self._base: Fraction | None = None
        self._first_tick: int | None = None
        self._heard_from: Fraction | None = None
        self._heard_to = Fraction(0)
        self._run_up: list[tuple[Packet[Any], Fraction]] = []
        self._read_to = Fraction(0)

    @property
    def done(self) -> bool:
        """Whether no more packets are needed."""
        return self._read_to >= self._cut.seconds

    @property
    def extent(self) -> tuple[int, int]:
        """How many seconds have been dealt with, and how many there are to be."""
        return int(min(self._read_to, self._cut.seconds)), int(self._cut.seconds)

    def push(self, packet: "Packet[Any]") -> list["Packet[Any]"]:
        """Packets for the file, given the source's next one."""
        if packet.size == 0 or packet.pts is None:
            return []
        start = self._seconds(packet.pts, packet.time_base)
        end = start + (packet.duration or 0) * packet.time_base
        lead, tail = _hidden_samples(packet)
        if self._heard_from is None and not packet.is_discard:
            self._heard_from = start + Fraction(lead, self._rate_hz)
        self._read_to = max(self._read_to, start)
        if self.done or end <= -_RUN_UP_SECONDS:
            return []
        self._run_up.append((packet, start))
        if end <= 0:
            return []
        self._heard_to = end - Fraction(tail, self._rate_hz)
        made = [made for waiting, begins in self._run_up for made in self._made(waiting, begins)]
        self._run_up = []
        return self._noted(made)

    def finish(self) -> list["Packet[Any]"]:
        """Packets that the encoder still holds."""
        return self._noted(self.stream.encode(None)) if self._encode else []

    @property
    def edit(self) -> Edit | None:
        """What of the written packets is to be heard; None where there is nothing."""
        if self._base is None or self._first_tick is None or self._heard_from is None:
            return None
        # The first whole sample: heard the fraction of a sample later that it is, so sound and picture stay together.
        sample = math.ceil((max(Fraction(0), self._heard_from) - self._base) * self._rate_hz)
        shown = self._base + Fraction(sample, self._rate_hz)
        media = Fraction(self._tick_of(self._base) + sample - self._first_tick, self._rate_hz)
        return Edit(shown, media, max(Fraction(1, self._rate_hz), min(self._cut.seconds, self._heard_to) - shown))

    def _made(self, packet: "Packet[Any]", start: Fraction) -> list["Packet[Any]"]:
        if self._encode:
            return self._encoded(packet)
        return self._part(packet, start) if self._is_pcm else self._placed(packet, start)

    def _seconds(self, ticks: int, time_base: Fraction) -> Fraction:
        return ticks * time_base - self._cut.start_seconds

    def _tick_of(self, seconds: Fraction) -> int:
        """Place in the file, in samples: whole ones from the first packet on, which is moved by a fraction of one."""
        if self._base is None:
            self._base = seconds
        return math.floor(self._base * self._rate_hz) + round((seconds - self._base) * self._rate_hz)

    def _placed(self, packet: "Packet[Any]", start: Fraction) -> list["Packet[Any]"]:
        tick = self._tick_of(start)
        if self._following is not None and abs(tick - self._following) <= _JITTER_SECONDS * self._rate_hz:
            tick = self._following
        if self._latest is not None and tick <= self._latest:
            # Each chapter begins with packets that only prime the decoder, which the one before has done already.
            return []
        duration = self._packet_samples or round((packet.duration or 0) * packet.time_base * self._rate_hz)
        self._latest, self._following = tick, tick + duration
        packet.pts = packet.dts = tick
        packet.duration, packet.time_base, packet.stream = duration, Fraction(1, self._rate_hz), self.stream
        return [packet]

    def _part(self, packet: "Packet[Any]", start: Fraction) -> list["Packet[Any]"]:
        """The samples of a packet that lie within the cut."""
        count = round((packet.duration or 0) * packet.time_base * self._rate_hz)
        first = max(0, math.ceil(-start * self._rate_hz))
        last = min(count, math.ceil((self._cut.seconds - start) * self._rate_hz))
        if first >= last:
            return []
        size = packet.size // count
        part = Packet(bytes(packet)[first * size : last * size])
        part.time_base, part.duration = Fraction(1, self._rate_hz), last - first
        return self._placed(part, start + Fraction(first, self._rate_hz))

    def _encoded(self, packet: "Packet[Any]") -> list["Packet[Any]"]:
        made: list[Packet[Any]] = []
        for frame in packet.decode():
            assert isinstance(frame, AudioFrame)
            assert frame.pts is not None and frame.time_base is not None  # noqa: PT018 (set by every decoder of sound)
            frame.pts = self._tick_of(self._seconds(frame.pts, frame.time_base))
            frame.time_base = Fraction(1, self._rate_hz)
            made += self.stream.encode(frame)
        return made

    def _noted(self, packets: list["Packet[Any]"]) -> list["Packet[Any]"]:
        if packets and self._first_tick is None and packets[0].pts is not None:
            self._first_tick = round(packets[0].pts * packets[0].time_base * self._rate_hz)
        return packets


def _encoded_stream(target: OutputContainer, source: AudioStream) -> AudioStream:
    stream = target.add_stream("aac", rate=source.codec_context.sample_rate)
    stream.codec_context.layout = source.codec_context.layout
    return stream


def _hidden_samples(packet: "Packet[Any]") -> tuple[int, int]:
    """Samples at a packet's start and end that its codec added, and nobody is to hear."""
    if not packet.has_sidedata("skip_samples"):
        return 0, 0
    lead, tail = struct.unpack_from("<II", bytes(packet.get_sidedata("skip_samples")))
    return lead, tail
