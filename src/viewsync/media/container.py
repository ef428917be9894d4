"""Opening and decoding media with PyAV, one file or several as one, with failures said in sentences."""

import io
import math
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame

from viewsync.types import InputError, Part, Recording

PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp"}
# Ticks of a microsecond, so that any time stamp can be given to a picture.
_PICTURE_OPTIONS = {"framerate": "1000000"}
# Formats that FFmpeg "reads" from plain text by drawing its letters.
_TEXT_FORMATS = {"tty", "bin", "xbin", "adf", "idf"}
# Formats that only name other files.
_PLAYLIST_FORMATS = {"concat", "hls", "dash", "imf"}
# Formats whose packets get other time stamps after a seek than when read from the beginning.
_UNTIMED_FORMATS = {"avi"}


def opened_recording(recording: Recording) -> AbstractContextManager[InputContainer]:
    """Open a recording for reading, whether it is one file or several. All its times are on the recording's clock.

    Raises:
        InputError: a file is missing, or can't be read.
    """
    return opened(recording.path, recording.parts)


@contextmanager
def opened(path: Path, parts: Sequence[Part] = ()) -> Iterator[InputContainer]:
    """Open a file for reading, or the parts of a folder as if they were one. Streams must not be used afterwards.

    Args:
        path: a file; with parts, the folder.
        parts: the files to read one after the other.

    Raises:
        InputError: the file is missing, a folder, empty, or not media that FFmpeg can read.
    """
    first = parts[0].path if parts else path
    _check_file(first)
    source: str | io.BytesIO
    if parts:
        # "Unsafe" allows any letter in a name, and options for each file.
        source, demuxer, options = io.BytesIO(_concat_script(parts)), "concat", {"safe": "0"}
    else:
        # "file:" keeps FFmpeg from taking a colon in a file's name for a protocol.
        source, demuxer, options = f"file:{path}", None, _PICTURE_OPTIONS if _is_picture(path) else {}
    try:
        container = av.open(source, mode="r", format=demuxer, options=options, metadata_errors="replace")
    except PermissionError as error:
        raise InputError(f"{first}: no permission to read it. Change the file's rights, or copy it.") from error
    except (FFmpegError, OSError) as error:
        raise InputError(f"{first} can't be read as video or sound: {_why_unreadable(first)}") from error
    with container:
        if container.format.name in _TEXT_FORMATS:
            raise InputError(f"{path} is text, not video or sound. Name a recording.")
        if container.format.name in _PLAYLIST_FORMATS and not parts:
            raise InputError(f"{path} is a playlist, not a recording. Name the files in it.")
        yield container


def decoded(
    path: Path, stream_index: int, threads: int = 0, parts: Sequence[Part] = (), seek_seconds: float = -math.inf
) -> Iterator[VideoFrame | AudioFrame]:
    """Decode one stream, in the order of presentation, refusing what is damaged.

    Before the first good frame, errors are normal: a file may begin with frames that need earlier ones, and so may what
    is read after a seek. After it, an error means that what follows can't be trusted.

    Args:
        path: a file; with parts, the folder.
        stream_index: which stream.
        threads: decoder threads; 0 leaves it to the codec.
        parts: the files to read one after the other.
        seek_seconds: begin with a key frame at or before this time, or anywhere after it if the container finds none;
            by default with the first.

    Raises:
        InputError: the stream is damaged; the text says up to what time it is readable.
    """
    with opened(path, parts) as container:
        stream = container.streams[stream_index]
        context = stream.codec_context
        if context is None:
            raise InputError(f"{path}: no decoder for stream {stream_index}. Convert it, e.g. to H.264 in MP4.")
        context.thread_count = threads
        context.thread_type = "AUTO"
        if context.name != "tiff":  # That decoder would call any tag damage that it doesn't know.
            # Otherwise several decoders conceal damage by inventing the picture.
            context.options = {"err_detect": "explode"}
        if seek_seconds > -math.inf and container.format.name not in _UNTIMED_FORMATS:
            with suppress(FFmpegError):
                # In microseconds, not in the stream's ticks: only so can parts be sought through.
                container.seek(round(seek_seconds * av.time_base))
        good_until: float | None = None
        following: Fraction | None = None
        try:
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except FFmpegError:
                    if good_until is not None:
                        raise
                    continue
                for frame in frames:
                    assert isinstance(frame, VideoFrame | AudioFrame)  # Only such streams are asked for.
                    if isinstance(frame, AudioFrame):
                        following = _placed(frame, following)
                    if not frame.is_corrupt:
                        if frame.time is None or frame.time >= seek_seconds:
                            good_until = frame.time
                        yield frame
                    elif good_until is not None:
                        raise _damaged_part(path, parts, good_until)
        except FFmpegError as error:
            raise _damaged_part(path, parts, good_until) from error


def _placed(frame: AudioFrame, following_seconds: Fraction | None) -> Fraction | None:
    """When the frame ends. One without a time stamp, such as the last that a WMA decoder held back, gets one."""
    if frame.pts is None and following_seconds is not None:
        frame.time_base = Fraction(1, frame.sample_rate)
        frame.pts = round(following_seconds * frame.sample_rate)
    if frame.pts is None or frame.time_base is None:
        return None
    return frame.pts * frame.time_base + Fraction(frame.samples, frame.sample_rate)


def damaged(path: Path, good_until_seconds: float | None) -> InputError:
    """The error for a file that is cut short or corrupt, and how to keep what is good."""
    if good_until_seconds is None:
        return InputError(f"{path} is damaged from its beginning. Copy it from the camera again.")
    return InputError(
        f"{path} is damaged or cut short: it can be read only up to {good_until_seconds:.3f} s. Copy it from the camera "
        f"again, or keep the good part: ffmpeg -i {path.name} -t {good_until_seconds:.3f} -c copy good{path.suffix}"
    )


def _damaged_part(path: Path, parts: Sequence[Part], good_until_seconds: float | None) -> InputError:
    """Say which of the parts is damaged, if there are any: the one being read when the good frames ended."""
    if not parts:
        return damaged(path, good_until_seconds)
    begun = Fraction(0)
    for part in parts:
        if begun + part.duration_seconds > (good_until_seconds or 0):
            break
        begun += part.duration_seconds
    if _is_picture(part.path):
        return InputError(f"{path}: {part.path.name}, or the picture after it, is damaged. Copy it again.")
    return damaged(part.path, None if good_until_seconds is None else good_until_seconds - float(begun))


def _concat_script(parts: Sequence[Part]) -> bytes:
    """The parts as a script of FFmpeg's concat demuxer, which rounds times to microseconds."""
    lines = ["ffconcat version 1.0"]
    for part in parts:
        if "\n" in str(part.path.absolute()):
            raise InputError(f"{str(part.path)!r} has a line break in its name, so it can't be joined. Rename it.")
        quoted = str(part.path.absolute()).replace("'", r"'\''")
        lines += [f"file 'file:{quoted}'", f"duration {float(part.duration_seconds):.6f}"]
        if _is_picture(part.path):
            lines += [f"option {name} {value}" for name, value in _PICTURE_OPTIONS.items()]
    return "\n".join([*lines, ""]).encode(errors="surrogateescape")


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES


def _check_file(path: Path) -> None:
    """Refuse what can't be a recording before FFmpeg gets stuck on it (a pipe) or is vague about it."""
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        if os.path.islink(path):
            raise InputError(f"{path} is a link to a file that isn't there. Name the file itself.") from error
        if isinstance(error, PermissionError):
            raise InputError(f"{path}: no permission to look into its folder. Change the folder's rights.") from error
        raise InputError(f"{path}: there is no such file. Check the name and the folder.") from error
    if stat.S_ISDIR(found.st_mode):
        raise InputError(f"{path} is a folder, not a recording. Name the files in it, e.g. {path}/*.mp4.")
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"{path} is a pipe or a device, not a file. Save the recording to a file first.")
    if found.st_size == 0:
        raise InputError(f"{path} is empty (0 bytes). Copy it from the camera again.")


def _why_unreadable(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return (
            "it is an MP4/MOV file whose index (moov) is missing or damaged, as when a recording was cut off. "
            "Copy it again, or rebuild it with untrunc and a good file of the same camera."
        )
    return "it is not a media file, or it is damaged. Name a recording (mp4, mov, mkv, avi, wav, mp3, …)."
