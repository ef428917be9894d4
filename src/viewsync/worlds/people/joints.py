"""The joints whose truth is told: everything that COCO-17, OpenPose-18, BODY_25 and Human3.6M ask for."""

from viewsync.media.keypoints.joints import COCO17, FEET

__all__ = ["COCO17", "FEET", "JOINTS", "MIDDLE"]

MIDDLE = ("neck", "pelvis", "spine", "thorax", "head_top")
"""neck: midway between the shoulders; pelvis: midway between the hips; spine: midway between pelvis and thorax;
thorax: where the neck leaves the trunk; head_top: the highest point of the skull."""

JOINTS = COCO17 + FEET + MIDDLE
"""Their order in every array of truth."""
