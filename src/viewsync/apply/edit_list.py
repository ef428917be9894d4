"""The edit list of MP4 and MOV files: which stretch of each track is shown, and when.

FFmpeg writes one that shows a track from time 0 to its end. It can't say that frames after the end are there only to
be decoded, and shows part of a frame that began before time 0. So the lists are rewritten when the file is complete:
each track is empty up to its first frame, and ends where it is to end.

See ISO/IEC 14496-12: `moov` > `trak` > `edts` > `elst`; lengths are in ticks of the movie, places in ticks of the track.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, repeat
from pathlib import Path


@dataclass(frozen=True)
class Edit:
    """What is shown of a track, in seconds."""

    shown: Fraction
    """When in the movie the track's first frame or sample is shown."""
    media: Fraction
    """Where in the track that is, from the decoding time of its first packet."""
    length: Fraction


def write_edits(path: Path, edits: Sequence[Edit]) -> None:
    """Replace the edit lists of a complete file.

    Args:
        path: An MP4 or MOV file whose index is at its end, as FFmpeg writes it.
        edits: One for each of the first tracks, in order.
    """
    with path.open("r+b") as file:
        start, moov = _last_box(file.seek(0, 2), path)
        scale = _scale(_first(moov, b"mvhd"))
        length = round(max(edit.shown + edit.length for edit in edits) * scale)
        # A track for the time code comes on top.
        remaining = chain(edits, repeat(Edit(Fraction(0), Fraction(0), Fraction(length, scale))))
        file.seek(start)
        file.write(_box(b"moov", b"".join(_rewritten(kind, body, remaining, scale, length) for kind, body in _boxes(moov))))
        file.truncate()


def _rewritten(kind: bytes, body: bytes, edits: Iterator[Edit], scale: int, length: int) -> bytes:
    if kind == b"mvhd":
        return _box(kind, _with_length(body, length, places=(16, 24)))
    return _box(kind, _edited_track(body, next(edits), scale) if kind == b"trak" else body)


def _edited_track(track: bytes, edit: Edit, scale: int) -> bytes:
    media_scale = _scale(_first(_first(track, b"mdia"), b"mdhd"))
    wait, length = round(edit.shown * scale), round(edit.length * scale)
    entries = [(wait, -1)] * (wait > 0) + [(length, round(edit.media * media_scale))]
    # Version 1: 64-bit numbers. Each entry ends with the speed, 1.0.
    content = struct.pack(">II", 1 << 24, len(entries)) + b"".join(struct.pack(">QqI", *entry, 1 << 16) for entry in entries)
    edts = _box(b"edts", _box(b"elst", content))
    parts = []
    for kind, body in _boxes(track):
        if kind == b"tkhd":
            parts.append(_box(kind, _with_length(body, wait + length, places=(20, 28))) + edts)
        elif kind != b"edts":
            parts.append(_box(kind, body))
    return b"".join(parts)


def _with_length(header: bytes, length: int, places: tuple[int, int]) -> bytes:
    """A movie's or track's header (version 0 or 1, which have it at different places) with another length."""
    place, number = (places[1], struct.pack(">Q", length)) if header[0] else (places[0], struct.pack(">I", length))
    return header[:place] + number + header[place + len(number) :]


def _scale(header: bytes) -> int:
    """Ticks per second, of a movie's or a medium's header."""
    scale: int = struct.unpack_from(">I", header, 20 if header[0] else 12)[0]
    return scale


def _last_box(size: int, path: Path) -> tuple[int, bytes]:
    """Place and content of the index, which is the last box of the file."""
    with path.open("rb") as file:
        place = 0
        while True:
            file.seek(place)
            length, kind = struct.unpack(">I4s", file.read(8))
            if length == 1:
                (length,) = struct.unpack(">Q", file.read(8))
            if kind == b"moov" and place + length == size:
                return place, file.read(length - 8)
            place += length


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = 0
    while place + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        # QuickTime lets a list end with four zero bytes.
        yield kind, content[place + 8 : place + length]
        place += max(8, length)


def _first(content: bytes, wanted: bytes) -> bytes:
    return next(body for kind, body in _boxes(content) if kind == wanted)


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body
