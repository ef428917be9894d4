"""Opening and decoding media files with PyAV, with failures said in sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame

from viewsync.types import InputError

# Formats that FFmpeg "reads" from plain text by drawing its letters.
_TEXT_FORMATS = {"tty", "bin", "xbin", "adf", "idf"}


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """Open a media file for reading. Streams must not be used after the file is closed.

    Raises:
        InputError: the file is missing, a folder, empty, or not media that FFmpeg can read.
    """
    if not path.exists():
        raise InputError(f"{path}: there is no such file. Check the name and the folder.")
    if path.is_dir():
        raise InputError(f"{path} is a folder, not a recording. Name the files in it, e.g. {path}/*.mp4.")
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty (0 bytes). Copy it from the camera again.")
    try:
        # "file:" keeps FFmpeg from taking a colon in a file's name for a protocol.
        container = av.open(f"file:{path}", mode="r", metadata_errors="replace")
    except PermissionError as error:
        raise InputError(f"{path}: no permission to read it. Change the file's rights, or copy it.") from error
    except (FFmpegError, OSError) as error:
        raise InputError(f"{path} can't be read as video or sound: {_why_unreadable(path)}") from error
    with container:
        if container.format.name in _TEXT_FORMATS:
            raise InputError(f"{path} is text, not video or sound. Name a recording.")
        yield container


def decoded(path: Path, stream_index: int, threads: int = 0) -> Iterator[VideoFrame | AudioFrame]:
    """Decode one stream from its beginning, in the order of presentation, refusing what is damaged.

    Before the first good frame, errors are normal: a file may begin with frames that need earlier ones. After it,
    an error means that what follows can't be trusted.

    Args:
        path: the file.
        stream_index: which stream.
        threads: decoder threads; 0 leaves it to the codec.

    Raises:
        InputError: the stream is damaged; the text says up to what time it is readable.
    """
    with opened(path) as container:
        stream = container.streams[stream_index]
        context = stream.codec_context
        if context is None:
            raise InputError(f"{path}: no decoder for stream {stream_index}. Convert it, e.g. to H.264 in MP4.")
        context.thread_count = threads
        context.thread_type = "AUTO"
        # Otherwise several decoders conceal damage by inventing the picture.
        context.options = {"err_detect": "explode"}
        good_until: float | None = None
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
                    if not frame.is_corrupt:
                        good_until = frame.time
                        yield frame
                    elif good_until is not None:
                        raise damaged(path, good_until)
        except FFmpegError as error:
            raise damaged(path, good_until) from error


def damaged(path: Path, good_until_seconds: float | None) -> InputError:
    """The error for a file that is cut short or corrupt, and how to keep what is good."""
    if good_until_seconds is None:
        return InputError(f"{path} is damaged from its beginning. Copy it from the camera again.")
    return InputError(
        f"{path} is damaged or cut short: it can be read only up to {good_until_seconds:.3f} s. Copy it from the camera "
        f"again, or keep the good part: ffmpeg -i {path.name} -t {good_until_seconds:.3f} -c copy good{path.suffix}"
    )


def _why_unreadable(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return (
            "it is an MP4/MOV file whose index (moov) is missing or damaged, as when a recording was cut off. "
            "Copy it again, or rebuild it with untrunc and a good file of the same camera."
        )
    return "it is not a media file, or it is damaged. Name a recording (mp4, mov, mkv, avi, wav, mp3, …)."
