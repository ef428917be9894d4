"""2D poses in the file formats of the field: read into `Poses`, and written from them."""

from viewsync.media.keypoints.caliscope import write_caliscope
from viewsync.media.keypoints.clock import FrameClock, frames_per_second, of_videos
from viewsync.media.keypoints.coco import write_coco
from viewsync.media.keypoints.deeplabcut import write_deeplabcut
from viewsync.media.keypoints.openpose import write_openpose
from viewsync.media.keypoints.reader import read_poses
from viewsync.media.keypoints.tracks import write_tracks

__all__ = [
    "FrameClock",
    "frames_per_second",
    "of_videos",
    "read_poses",
    "write_caliscope",
    "write_coco",
    "write_deeplabcut",
    "write_openpose",
    "write_tracks",
]
