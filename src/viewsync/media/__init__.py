"""Recordings read from files: true frame times, small gray frames, stills and sound."""

from viewsync.media.frames import frames, still
from viewsync.media.probe import probe, probe_all
from viewsync.media.sound import sound

__all__ = ["frames", "probe", "probe_all", "sound", "still"]
