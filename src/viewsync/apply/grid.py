"""The proof clip: all cameras side by side, each with its own frame number and time, and the reference time above."""

import math
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from jaxtyping import Float, UInt8

from viewsync.apply.cadence import frame_times, missing, nearest
from viewsync.apply.encoder import MAX_AAC_CHANNELS, VIDEO_OPTIONS, Progress, add_sound, encoded_pictures, write
from viewsync.apply.pictures import shown
from viewsync.apply.plan import Clip, Plan
from viewsync.apply.resound import encoded_sound
from viewsync.media.container import opened_recording
from viewsync.types import InputError, Recording, SoundTrack, VideoTrack

_Picture = UInt8[np.ndarray, "height width 3"]
_Size = tuple[int, int]
"""Width and height."""

TILE_LONG_SIDE, TILE_SHORT_SIDE = 640, 360
HEADER_HEIGHT = 72
_LABEL_SCALE = 0.7
_GROUND = 24
"""Gray level of what no picture covers."""


def grid(plan: Plan, out: Path, fps: Fraction, progress: Progress) -> None:
    """Write an H.264 MP4 in which every frame shows what each camera saw at one instant of the reference clock.

    Where a camera has no picture of that instant (dropped frames, before its start, after its end), its tile says so. The
    sound is that of the first clip that has any, of up to eight channels.

    Args:
        plan: The clips and the stretch of the reference clock.
        out: File to write; it has no claim to be whole if an exception passes.
        fps: Constant frame rate.
        progress: Called with the number of frames done and their total.

    Raises:
        InputError: No clip has video, or a recording is missing or damaged.
    """
    cameras = [(clip, clip.recording.video) for clip in plan.clips if clip.recording.video is not None]
    if not cameras:
        raise InputError("none of the recordings has video, so there's nothing to show side by side. Leave --grid out.")
    at, size = frame_times(plan, fps), _tile_size([video for _, video in cameras])
    threads = max(1, (os.cpu_count() or 1) // len(cameras))
    rows, columns = _shape(len(cameras), size)
    with av.open(f"file:{out}", "w", format="mp4") as target, ExitStack() as stack:
        tiles = [stack.enter_context(closing(_tiles(clip, video, at, size, threads))) for clip, video in cameras]
        video = target.add_stream("libx264", rate=fps, options=VIDEO_OPTIONS)
        video.width, video.height = columns * size[0], HEADER_HEIGHT + rows * size[1]
        video.pix_fmt = "yuv420p"
        tracks = [encoded_pictures(video, _sheets(tiles, at, (video.width, video.height), size))]
        heard = next((clip for clip in plan.clips if _is_audible(clip.recording.sound)), None)
        if heard is not None:
            sound = add_sound(target, heard.recording)
            tracks.append(encoded_sound(sound, heard, plan.start_seconds, float(at.size / fps)))
        write(target, tracks, fps, at.size, progress)


def _is_audible(sound: SoundTrack | None) -> bool:
    return sound is not None and sound.channels <= MAX_AAC_CHANNELS


def _tile_size(videos: Sequence[VideoTrack]) -> _Size:
    """Wide tiles, unless most of the cameras stood on end."""
    upright = sum(video.height > video.width for video in videos)
    wide = (TILE_LONG_SIDE, TILE_SHORT_SIDE)
    return wide if 2 * upright <= len(videos) else (wide[1], wide[0])


def _shape(count: int, size: _Size) -> tuple[int, int]:
    """Rows and columns that show all tiles largest on a 16:9 screen; of several, the fewest cells, then the widest."""

    def loss(columns: int) -> tuple[float, int, int]:
        rows = math.ceil(count / columns)
        return max(columns * size[0] / 16, rows * size[1] / 9), rows * columns, -columns

    columns = min(range(1, count + 1), key=loss)
    return math.ceil(count / columns), columns


def _sheets(
    tiles: Sequence[Iterator[_Picture]], at: Float[np.ndarray, " frame"], sheet_size: _Size, size: _Size
) -> Iterator[VideoFrame]:
    """The tiles of each instant in rows from the left, below the time."""
    sheet = np.full((sheet_size[1], sheet_size[0], 3), _GROUND, np.uint8)
    columns = sheet_size[0] // size[0]
    for seconds, *pictures in zip(at, *tiles, strict=True):
        sheet[:HEADER_HEIGHT] = _GROUND
        _write(sheet, f"t_ref {seconds:z.3f} s", (12, 52), min(1.6, sheet_size[0] / 400))
        for number, picture in enumerate(pictures):
            row, column = divmod(number, columns)
            top, left = HEADER_HEIGHT + row * size[1], column * size[0]
            sheet[top : top + size[1], left : left + size[0]] = picture
        yield VideoFrame.from_ndarray(sheet, format="bgr24")


def _tiles(
    clip: Clip, video: VideoTrack, at: Float[np.ndarray, " frame"], size: _Size, threads: int
) -> Generator[_Picture, None, None]:
    """What one camera saw at each instant, with its name, and which of its frames that is."""
    times = clip.clock(video.pts_seconds)
    chosen = nearest(times, at)
    absent = missing(times, at, (1 + clip.clock.rate) * video.interval_seconds)
    place, (width, height) = _letterbox(clip.recording, video, size)
    for index, none, picture in zip(chosen, absent, shown(clip.recording, chosen, threads), strict=True):
        tile = np.full((size[1], size[0], 3), _GROUND, np.uint8)
        if not none:
            small = picture.to_ndarray(format="bgr24", width=width, height=height)
            tile[place] = np.rot90(small, video.rotation_degrees // 90)
        said = "no picture" if none else f"frame {index}  {video.pts_seconds[index]:z.3f} s"
        _write(tile, _short(clip.recording.id, size[0]), (10, size[1] - 40), _LABEL_SCALE)
        _write(tile, said, (10, size[1] - 12), _LABEL_SCALE)
        yield tile


def _letterbox(recording: Recording, video: VideoTrack, size: _Size) -> tuple[tuple[slice, slice], _Size]:
    """Where in a tile the whole upright picture goes, and the stored (not yet upright) picture's size for that."""
    turned = video.rotation_degrees % 180 != 0
    with opened_recording(recording) as source:
        stream = source.streams[video.stream_index]
        assert isinstance(stream, VideoStream)
        pixel_aspect = float(stream.sample_aspect_ratio or 1)
    aspect = video.width / video.height * (1 / pixel_aspect if turned else pixel_aspect)
    width, height = min(size[0], round(size[1] * aspect)), min(size[1], round(size[0] / aspect))
    top, left = (size[1] - height) // 2, (size[0] - width) // 2
    return np.s_[top : top + height, left : left + width], (height, width) if turned else (width, height)


def _short(name: str, width: int) -> str:
    """The name in the letters that OpenCV can draw, cut to a tile's width."""
    drawable = "".join(letter if " " <= letter <= "~" else "?" for letter in name)
    room = width // 14
    return drawable if len(drawable) <= room else f"{drawable[: room - 3]}..."


def _write(picture: _Picture, text: str, bottom_left: tuple[int, int], scale: float) -> None:
    """White letters with a dark rim, legible on anything."""
    reach, thickness = math.ceil(1.5 * scale), round(2 * scale)
    # Thicker letters would be wider letters: the rim is the same ones, moved all around.
    rim = [(x, y) for x in (-reach, 0, reach) for y in (-reach, 0, reach) if (x, y) != (0, 0)]
    for (x, y), gray in [*((shift, 0) for shift in rim), ((0, 0), 255)]:
        place, color = (bottom_left[0] + x, bottom_left[1] + y), (gray, gray, gray)
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, color, thickness, cv2.LINE_AA)
