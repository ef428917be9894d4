"""Recordings read from files: true frame times, small gray frames, pictures and sound."""

from viewsync.media.frames import frames
from viewsync.media.pictures import excerpt, still
from viewsync.media.probe import probe, probe_all
from viewsync.media.sound import sound

__all__ = ["excerpt", "frames", "probe", "probe_all", "sound", "still"]
