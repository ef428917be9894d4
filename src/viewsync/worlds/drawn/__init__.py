"""Scenes that the project makes itself, with exact truth."""

from viewsync.worlds.clock import truth
from viewsync.worlds.drawn.light import Light
from viewsync.worlds.drawn.recording import hear, sound_track, write_video
from viewsync.worlds.drawn.sketch import Scene, SketchCamera, render

__all__ = ["Light", "Scene", "SketchCamera", "hear", "render", "sound_track", "truth", "write_video"]
