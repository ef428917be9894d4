"""The joints whose truth is told: everything that COCO-17, OpenPose-18, BODY_25 and Human3.6M ask for."""

COCO17 = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip
FEET = ("left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe", "left_heel", "right_heel")
MIDDLE = ("neck", "pelvis", "spine", "thorax", "head_top")
"""neck: midway between the shoulders; pelvis: midway between the hips; spine: midway between pelvis and thorax;
thorax: where the neck leaves the trunk; head_top: the highest point of the skull."""

JOINTS = COCO17 + FEET + MIDDLE
"""Their order in every array of truth."""
