"""Scenes that the project makes itself, with exact truth."""

from viewsync.worlds.light import Light
from viewsync.worlds.recording import hear, sound_track, write_video
from viewsync.worlds.sketch import Scene, SketchCamera, render, truth

__all__ = ["Light", "Scene", "SketchCamera", "hear", "render", "sound_track", "truth", "write_video"]
