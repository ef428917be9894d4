"""Cameras in the file formats of the field: read into `CalibratedCamera`s in metres, and written from them."""

from viewsync.calibration.aniposelib import read_aniposelib, write_aniposelib
from viewsync.calibration.caliscope import read_caliscope, write_caliscope
from viewsync.calibration.human36m import read_human36m
from viewsync.calibration.moving import read_moving, write_moving
from viewsync.calibration.pets2009 import read_pets2009
from viewsync.calibration.wildtrack import read_wildtrack, write_wildtrack

__all__ = [
    "read_aniposelib",
    "read_caliscope",
    "read_human36m",
    "read_moving",
    "read_pets2009",
    "read_wildtrack",
    "write_aniposelib",
    "write_caliscope",
    "write_moving",
    "write_wildtrack",
]
