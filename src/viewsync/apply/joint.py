"""Encoding a few frames so that they can stand before and after copied ones in one stream, where the codec allows it.

H.264: the encoded part has parameter sets of its own number, and the file's header holds those of both parts.
HEVC: its encoder knows no other number than 0, so each part brings its sets along, in front of every key frame.
"""

import re
import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from av.codec.context import CodecContext, Flags
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

_PROFILES = {
    "Main": "main",
    "High": "high",
    "High 10": "high10",
    "High 4:2:2": "high422",
    "High 4:4:4 Predictive": "high444",
}
_PROFILES |= {"Baseline": "baseline", "Constrained Baseline": "baseline"}
# Visually lossless, as there are few such frames.
_QUALITY = {"crf": "14", "preset": "medium", "bf": "0"}
# No camera numbers its parameter sets so high.
_OWN_NUMBER = 31


def is_joinable(stream: VideoStream) -> bool:
    """Whether copied packets of a stream may follow ones encoded anew, as far as its header tells."""
    header = stream.codec_context.extradata or b""
    # In packets of MP4, Matroska and their like, each part of a packet has its length before it, here in four bytes.
    place = {"h264": 4, "hevc": 21}.get(stream.codec_context.name)
    return place is not None and len(header) > place and (_is_annexb(header) or header[place] & 3 == 3)


@dataclass(frozen=True)
class Joiner:
    """What encoded and copied packets need to stand in one stream."""

    codec: str
    header: bytes
    """The source's: `extradata`."""

    @classmethod
    def of(cls, stream: VideoStream) -> "Joiner":
        """For a stream that is joinable."""
        return cls(stream.codec_context.name, stream.codec_context.extradata or b"")

    def encoder(self, stream: VideoStream, time_base: Fraction, rate: Fraction) -> VideoCodecContext:
        """An opened encoder that makes what `stream` holds: size, pixels, colours, profile. Frames come out in order.

        Args:
            stream: The source.
            time_base: Of the frames that will be given.
            rate: About how many frames a second holds.
        """
        like = stream.codec_context
        encoder = CodecContext.create("libx264" if self.codec == "h264" else "libx265", "w")
        encoder.width, encoder.height, encoder.pix_fmt = like.width, like.height, like.pix_fmt
        encoder.time_base, encoder.framerate = time_base, rate
        encoder.color_range, encoder.colorspace = like.color_range, like.colorspace
        encoder.color_primaries, encoder.color_trc = like.color_primaries, like.color_trc
        encoder.sample_aspect_ratio = stream.sample_aspect_ratio or Fraction(1)
        encoder.options = _QUALITY | self._options(like)
        if self.codec == "h264":
            encoder.flags |= Flags.global_header
        encoder.open()
        return encoder

    def _options(self, like: VideoCodecContext) -> dict[str, str]:
        if self.codec == "hevc":
            return {"x265-params": "log-level=none:repeat-headers=1"}
        layout = "" if _is_annexb(self.header) else ":annexb=0"
        profile = {"profile": _PROFILES[like.profile]} if like.profile in _PROFILES else {}
        return profile | {"x264-params": f"sps-id={_OWN_NUMBER}{layout}"}

    def header_with(self, encoder: VideoCodecContext) -> bytes:
        """The stream's header for both parts."""
        if self.codec == "hevc":
            return self.header
        own = encoder.extradata or b""
        if _is_annexb(self.header):
            return self.header + own
        ours, theirs = _h264_sets(self.header), _h264_sets(own)
        # What follows the sets in some profiles (bit depths) is the same for both parts.
        head, rest = self.header[:5], self.header[ours.end :]
        return head + _listed([*ours.sequence, *theirs.sequence], 0xE0) + _listed([*ours.picture, *theirs.picture], 0) + rest

    def encoded(self, packet: "Packet[Any]") -> "Packet[Any]":
        """A packet of the encoder as it goes into the file."""
        if self.codec == "hevc" and not _is_annexb(self.header):
            return _with_content(packet, b"".join(_lengthy(unit) for unit in _units(bytes(packet))))
        return packet

    def copied(self, packet: "Packet[Any]") -> "Packet[Any]":
        """A packet of the source as it goes into the file."""
        if self.codec == "hevc" and packet.is_keyframe and not _is_annexb(self.header):
            sets = b"".join(_lengthy(unit) for unit in _hevc_sets(self.header))
            return _with_content(packet, sets + bytes(packet))
        return packet


@dataclass(frozen=True)
class _Sets:
    sequence: list[bytes]
    picture: list[bytes]
    end: int
    """Where in the header they end."""


def _h264_sets(header: bytes) -> _Sets:
    """Parameter sets of an `avcC` header (ISO/IEC 14496-15, 5.3.3.1)."""
    place, lists = 5, []
    for mask in (0x1F, 0xFF):
        count, place = header[place] & mask, place + 1
        units, place = _lengthy_units(header, place, count)
        lists.append(units)
    return _Sets(lists[0], lists[1], place)


def _hevc_sets(header: bytes) -> list[bytes]:
    """Parameter sets of an `hvcC` header (ISO/IEC 14496-15, 8.3.3.1)."""
    sets, place = [], 23
    for _ in range(header[22]):
        (count,) = struct.unpack_from(">H", header, place + 1)
        units, place = _lengthy_units(header, place + 3, count)
        sets += units
    return sets


def _lengthy_units(header: bytes, place: int, count: int) -> tuple[list[bytes], int]:
    units = []
    for _ in range(count):
        (length,) = struct.unpack_from(">H", header, place)
        units.append(header[place + 2 : place + 2 + length])
        place += 2 + length
    return units, place


def _listed(units: list[bytes], flags: int) -> bytes:
    return bytes([flags | len(units)]) + b"".join(struct.pack(">H", len(unit)) + unit for unit in units)


def _is_annexb(content: bytes) -> bool:
    """Whether parts of a packet are set off by start codes, as in a transport stream, and not by lengths."""
    return content.startswith((b"\0\0\1", b"\0\0\0\1"))


def _units(content: bytes) -> list[bytes]:
    return [unit for unit in re.split(rb"\x00*\x00\x00\x01", content) if unit]


def _lengthy(unit: bytes) -> bytes:
    return struct.pack(">I", len(unit)) + unit


def _with_content(packet: "Packet[Any]", content: bytes) -> "Packet[Any]":
    changed: Packet[Any] = Packet(content)
    changed.pts, changed.dts, changed.duration, changed.time_base = packet.pts, packet.dts, packet.duration, packet.time_base
    changed.is_keyframe = packet.is_keyframe
    return changed
