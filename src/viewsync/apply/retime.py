"""Retimed copies: one constant frame rate, every frame and every sample at its place on the reference clock."""

from fractions import Fraction
from pathlib import Path

import av

from viewsync.apply.cadence import frame_times, nearest
from viewsync.apply.encoder import Progress, add_sound, add_video, encoded_pictures, write
from viewsync.apply.metadata import advanced
from viewsync.apply.pictures import shown
from viewsync.apply.plan import Clip, Plan
from viewsync.apply.resound import encoded_sound
from viewsync.media.container import opened_recording
from viewsync.types import Recording


def retime(clip: Clip, plan: Plan, fps: Fraction, out: Path, progress: Progress) -> None:
    """Write a copy that shows and sounds, at each instant, what the camera saw and heard then.

    Frame k belongs to reference time start + k/fps and is the source's frame nearest to it, so drift, variable rates,
    dropped and doubled frames are evened out, and all copies of a plan have equally many frames. Memory doesn't grow
    with length.

    Args:
        clip: What to copy.
        plan: The stretch of the reference clock.
        fps: Constant frame rate of the copy.
        out: File to write, its name ending as `retimed_suffix` says; it has no claim to be whole if an exception passes.
        progress: Called with the number of frames done and their total.

    Raises:
        InputError: The recording is missing or damaged.
    """
    recording, at = clip.recording, frame_times(plan, fps)
    with av.open(f"file:{out}", "w", container_options={"movflags": "use_metadata_tags"}) as target:
        target.metadata.update(_metadata(recording, clip.clock.inverse()(plan.start_seconds)))
        tracks = []
        if recording.video is not None:
            video = add_video(target, recording, fps)
            chosen = nearest(clip.clock(recording.video.pts_seconds), at)
            tracks.append(encoded_pictures(video, shown(recording, chosen)))
        if recording.sound is not None:
            sound = add_sound(target, recording)
            tracks.append(encoded_sound(sound, clip, plan.start_seconds, float(at.size / fps)))
        write(target, tracks, fps, at.size, progress)


def retimed_suffix(recording: Recording) -> str:
    """How the name of a recording's retimed copy ends: by the codecs that will be in it."""
    with opened_recording(recording) as source:
        sound = None if recording.sound is None else source.streams[recording.sound.stream_index].codec_context
        pcm = sound is not None and sound.name.startswith("pcm_")
    if recording.video is not None:
        return ".mov" if pcm else ".mp4"
    return ".wav" if pcm else ".m4a"


def _metadata(recording: Recording, begun_seconds: float) -> dict[str, str]:
    """The recording's metadata, for a copy that begins at this time of it."""
    with opened_recording(recording) as source:
        # A time code counts the source's frames, which come at another rate.
        kept = {key: value for key, value in source.metadata.items() if key != "timecode"}
    return advanced(kept, begun_seconds, interval_seconds=1.0)
