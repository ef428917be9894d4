"""Recordings and their signals straight from drawn scenes and generated sound, without files in between."""

from fractions import Fraction
from functools import cache
from pathlib import Path

import cv2

from viewsync.match.hints import pair_hints
from viewsync.signals import audio, motion
from viewsync.store import Store
from viewsync.sync import match_all
from viewsync.timeline.nominal import with_frame_rates
from viewsync.timeline.solve import solve_timeline
from viewsync.types import Frame, Recording, Search, Sound, SoundTrack, VideoTrack
from viewsync.worlds.clock import TICKS_PER_SECOND
from viewsync.worlds.drawn import Scene, SketchCamera, hear, render


@cache
def seen(scene: Scene, camera: SketchCamera):
    """Motion signal of the scene as the camera sees it."""
    extractor = motion.Extractor()
    for index, (seconds, picture) in enumerate(render(scene, camera)):
        extractor.push(Frame(index, seconds, cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)))
    return extractor.signal()


def filmed(name: str, scene: Scene, camera: SketchCamera, track: Sound | None = None):
    """A recording and its signals; with sound on the same clock if there is a track."""
    ticks = camera.ticks()
    video = VideoTrack(0, camera.width, camera.height, 0, Fraction(1, TICKS_PER_SECOND), ticks)
    signals, sound = {motion.NAME: seen(scene, camera)}, None
    if track is not None:
        signals[audio.NAME] = audio.signal(hear(track, camera))
        sound = SoundTrack(1, track.rate_hz, 1, 0.0, camera.duration_seconds)
    return Recording(name, Path(f"{name}.mp4"), name, video, sound), signals


def heard(name: str, track: Sound, **clock):
    """A sound recorder's recording and its signals."""
    recorder = SketchCamera(seed=0, **clock)
    sound = SoundTrack(0, track.rate_hz, 1, 0.0, recorder.duration_seconds)
    return Recording(name, Path(f"{name}.wav"), name, None, sound), {audio.NAME: audio.signal(hear(track, recorder))}


def synced(*made, reference=None, anchors=(), clock_std_seconds=None):
    """The timeline of recordings with their signals."""
    recordings = [recording for recording, _ in made]
    signals = {recording.id: own for recording, own in made}
    hints = pair_hints(recordings, reference, anchors, clock_std_seconds)
    pairs = match_all(recordings, signals, Search(), Store(), lambda *step: None, hints)
    return with_frame_rates(solve_timeline(recordings, pairs, reference))


def error_seconds(pair, true_offset, true_rate=0.0):
    """Of a pair's clock in the middle of its overlap."""
    middle = pair.middle_seconds
    return pair.offset_seconds + (pair.rate or 0.0) * middle - (true_offset + true_rate * middle)


def small(seed: int, azimuth: float, **more) -> SketchCamera:
    """A camera with a small picture."""
    return SketchCamera(seed=seed, azimuth_degrees=azimuth, width=160, height=90, **more)
