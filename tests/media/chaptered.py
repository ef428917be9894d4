"""Footage with a moving picture and noise, and the same cut into chapters as a camera cuts it."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = Fraction(30_000, 1001)
SOUND_RATE = 48_000
_SECONDS = 4
_GROUPS_OF_15 = {"libx264": {"g": "15", "bf": "2"}, "libx265": {"x265-params": "keyint=15:open-gop=0:log-level=none"}}
# What a decoder draws at random depends on what it has decoded before.
_NO_RANDOM_NOISE = {"aac_pns": "0"}


def film(path: Path, video: str | None = "libx264", sound: str | None = "aac", metadata: dict | None = None) -> Path:
    """Four seconds in which no frame and no stretch of sound is like another, with a key frame every 15 frames."""
    with av.open(str(path), "w") as container:
        container.metadata.update(metadata or {})
        pictures = noise = None
        if video is not None:
            pictures = container.add_stream(video, rate=RATE, options=_GROUPS_OF_15.get(video, {"g": "15"}))
            pictures.width, pictures.height, pictures.pix_fmt = 96, 64, "yuvj420p" if video == "mjpeg" else "yuv420p"
        if sound is not None:
            noise = container.add_stream(sound, rate=SOUND_RATE, layout="mono", options=_NO_RANDOM_NOISE)
        for stream, frames in ((pictures, _pictures), (noise, _noise)):
            for frame in frames(stream.codec_context) if stream is not None else ():
                container.mux(stream.encode(frame))
            if stream is not None:
                container.mux(stream.encode(None))
    return path


def picture(number: int) -> np.ndarray:
    """Frame of the film, gray."""
    ramp = np.roll(np.tile(np.linspace(0, 250, 96), (64, 1)), 3 * number, axis=1).astype(np.uint8)
    ramp[:16] = 10 * number % 250
    return ramp


def _pictures(context):
    for number in range(round(_SECONDS * RATE)):
        frame = av.VideoFrame.from_ndarray(picture(number), format="gray").reformat(format=context.pix_fmt)
        frame.pts, frame.time_base = number, 1 / RATE
        yield frame


def _noise(context):
    samples = 8000 * np.random.default_rng(0).standard_normal(_SECONDS * SOUND_RATE)
    whole = av.AudioFrame.from_ndarray(samples.astype(np.int16)[None], format="s16", layout="mono")
    whole.sample_rate, whole.pts, whole.time_base = SOUND_RATE, 0, Fraction(1, SOUND_RATE)
    resampler = av.AudioResampler(context.format, "mono", SOUND_RATE, context.frame_size or 1024)
    return [*resampler.resample(whole), *resampler.resample(None)]


def cut(whole: Path, chapters: Sequence[Path], metadata: Sequence[dict] | None = None) -> list[Path]:
    """Copy a file's packets into chapters of about equal length: video from key frame to key frame, sound beside it.

    As in a camera, each chapter's clock begins anew with its first frame, and no packet of sound is divided.
    """
    with av.open(str(whole)) as source:
        streams = [*source.streams.video, *source.streams.audio]
        packets = [packet for packet in source.demux(streams) if packet.size and not packet.is_discard]
        leading = [packet for packet in packets if packet.stream is streams[0]]
        keys = sorted(packet.pts * packet.time_base for packet in leading if packet.is_keyframe)
        starts = [keys[len(keys) * number // len(chapters)] for number in range(len(chapters))]
        written = [av.open(str(chapter), "w", options=_exact_edits(chapter)) for chapter in chapters]
        for number, container in enumerate(written):
            container.metadata.update(metadata[number] if metadata else {})
        copies = [{stream: container.add_stream_from_template(stream) for stream in streams} for container in written]
        current = 0
        for packet in packets:
            seconds = max(packet.pts * packet.time_base, starts[0])
            number = max(number for number, start in enumerate(starts) if start <= seconds)
            if packet.stream is streams[0]:
                # Frames in front of a key frame in presentation, but behind it in the file, need it.
                number = current = number if packet.is_keyframe else current
            shift = round(starts[number] / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            packet.stream = copies[number][packet.stream]
            written[number].mux(packet)
        for container in written:
            container.close()
    return list(chapters)


def _exact_edits(path: Path) -> dict[str, str]:
    """MP4 keeps a late start of sound in units that are milliseconds unless told otherwise."""
    return {"movie_timescale": "240000"} if path.suffix.lower() in (".mp4", ".mov", ".m4a") else {}
