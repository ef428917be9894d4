"""Cameras in the file formats of the field: read into `CalibratedCamera`s in metres, and written from them."""

from viewsync.calibration.aniposelib import read_aniposelib, write_aniposelib
from viewsync.calibration.caliscope import read_caliscope, write_caliscope
from viewsync.calibration.drone_tracking import read_drone_tracking
from viewsync.calibration.files import camera_for, cameras_for, fitted, fitted_lens, read_cameras, read_lenses
from viewsync.calibration.human36m import read_human36m
from viewsync.calibration.moving import read_moving, write_moving
from viewsync.calibration.opencv_yaml import read_easymocap, read_easymocap_lenses, read_opencv, read_opencv_lens
from viewsync.calibration.pets2009 import read_pets2009
from viewsync.calibration.qualisys import read_qualisys
from viewsync.calibration.wildtrack import read_wildtrack, right_handed, write_wildtrack

__all__ = [
    "camera_for",
    "cameras_for",
    "fitted",
    "fitted_lens",
    "read_aniposelib",
    "read_caliscope",
    "read_cameras",
    "read_drone_tracking",
    "read_easymocap",
    "read_easymocap_lenses",
    "read_human36m",
    "read_lenses",
    "read_moving",
    "read_opencv",
    "read_opencv_lens",
    "read_pets2009",
    "read_qualisys",
    "read_wildtrack",
    "right_handed",
    "write_aniposelib",
    "write_caliscope",
    "write_moving",
    "write_wildtrack",
]
