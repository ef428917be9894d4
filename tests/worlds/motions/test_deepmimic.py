import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from viewsync.types import InputError
from viewsync.worlds.motions.align import to_clip
from viewsync.worlds.motions.deepmimic import read_deepmimic
from viewsync.worlds.motions.skeleton import AVERAGE, JOINTS, Poses

CLIPS = Path(__file__).resolve().parents[4] / "shared/data/mocap/deepmimic"
NO_TURN = [1.0, 0.0, 0.0, 0.0]
LAYOUT = (
    ("chest", 4), ("neck", 4), ("right hip", 4), ("right knee", 1), ("right ankle", 4), ("right shoulder", 4),
    ("right elbow", 1), ("left hip", 4), ("left knee", 1), ("left ankle", 4), ("left shoulder", 4), ("left elbow", 1),
)  # fmt: skip


def frame(seconds: float, place: tuple[float, float, float] = (0, 0.85, 0), **joints: list[float]) -> list[float]:
    """One frame of the humanoid, standing but for some joints (underscores for spaces)."""
    values = [seconds, *place, *joints.get("root", NO_TURN)]
    for joint, count in LAYOUT:
        values += joints.get(joint.replace(" ", "_"), NO_TURN if count == 4 else [0.0])
    return values


def written(folder: Path, frames: list, loop: str = "none") -> Path:
    path = folder / "humanoid3d_made.txt"
    path.write_text(json.dumps({"Loop": loop, "Frames": frames}))
    return path


def test_joints_worked_by_hand(tmp_path):
    eighth = np.pi / 4
    bent = {"left_knee": [-eighth], "right_elbow": [eighth], "root": [np.cos(eighth), 0, np.sin(eighth), 0]}
    path = written(tmp_path, [frame(0.5), frame(0.5, (1, 0.85, 0)), frame(0, (2, 0.85, -1), **bent)], "wrap")
    capture, wraps = read_deepmimic(path)
    assert wraps
    assert capture.rate_hz == pytest.approx(2)
    assert capture.hips == pytest.approx(np.array([[0, 0, 0.85], [1, 0, 0.85], [2, 1, 0.85]]))
    # Faces +x; its left is at -z of the file, which is +y here.
    assert capture.stance["LeftUpLeg"] == pytest.approx([0, 0.084887, 0])
    # A quarter turn about the vertical brings +x to +y (to -z of the file): forward is now +y, and a knee bends backwards.
    assert capture.turns["Hips"][2] @ [1, 0, 0] == pytest.approx([0, 1, 0], abs=1e-9)
    down = [0, 0, -1]
    assert capture.turns["LeftLeg"][2] @ down == pytest.approx([0, -np.sqrt(0.5), -np.sqrt(0.5)])
    assert capture.turns["RightForeArm"][2] @ down == pytest.approx([0, np.sqrt(0.5), -np.sqrt(0.5)])
    assert capture.turns["RightHand"][2] == pytest.approx(capture.turns["RightForeArm"][2])


def test_standing_faces_where_it_went(tmp_path):
    """The humanoid faces +x; so must our body, upright, with straight legs and hanging arms."""
    clip = to_clip(read_deepmimic(written(tmp_path, [frame(0.1), frame(0.1, (1, 0.85, 0))]))[0], "a", "stand")
    poses = Poses(clip.hips_metres, clip.rotations)
    heads, _ = poses.joints(AVERAGE)
    assert poses.matrices()[0, 0] @ [0, -1, 0] == pytest.approx([1, 0, 0], abs=1e-9)
    assert heads[0, JOINTS.index("LeftUpLeg"), 1] > 0.08
    for low, high in (("LeftFoot", "LeftUpLeg"), ("RightHand", "RightArm")):
        limb = heads[0, JOINTS.index(high)] - heads[0, JOINTS.index(low)]
        assert limb / np.linalg.norm(limb) == pytest.approx([0, 0, 1], abs=1e-6)


def test_uneven_frames_are_made_even(tmp_path):
    """A chest that turns steadily, told at uneven instants."""
    seconds = np.array([0.0, 0.1, 0.2, 0.4, 0.5])
    turns = Rotation.from_rotvec(0.4 * seconds[:, None] * [0, 1, 0]).as_quat(scalar_first=True)
    # The same rotation has two quaternions, and files change from one to the other.
    turns[2:4] *= -1
    lasts = [*np.diff(seconds), 0.0]
    frames = [frame(last, (when, 0.85, 0), chest=list(turn)) for last, when, turn in zip(lasts, seconds, turns, strict=True)]
    capture, _ = read_deepmimic(written(tmp_path, frames))
    assert capture.rate_hz == pytest.approx(10)
    assert capture.hips[:, 0] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5])
    angles = Rotation.from_matrix(capture.turns["Spine"]).as_rotvec()[:, 2]
    assert angles == pytest.approx(0.4 * capture.hips[:, 0], abs=1e-4)


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([frame(0.1)], "two frames at least"),
        ([frame(0.1), frame(0.1)[:-1]], "frame 1 must be 44 finite numbers"),
        ([frame(0.1), [*frame(0.1)[:-1], float("nan")]], "frame 1 must be 44 finite numbers"),
        ([frame(0.1), [*frame(0.1)[:-1], "one"]], "frame 1 must be 44 finite numbers"),
        ([frame(0.1, chest=[0, 0, 0, 0]), frame(0.1)], "frame 0 must be .* no quaternion zero"),
        ([frame(0.1), frame(0.0), frame(0.0)], r"frame 1 lasts 0.0 s. Every frame but the last"),
        ("walk", "two frames at least"),
    ],
)
def test_damaged_frames(tmp_path, frames, message):
    with pytest.raises(InputError, match=message):
        read_deepmimic(written(tmp_path, frames))


@pytest.mark.parametrize("text", ['{"Loop": "none", "Frames": [[0.1, 2', '{"Loop": "none"}', '["Frames"]', "3"])
def test_no_clip_at_all(tmp_path, text):
    path = tmp_path / "a.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=r"a\.txt: not a DeepMimic clip"):
        read_deepmimic(path)


def test_a_real_run():
    if not CLIPS.is_dir():
        pytest.skip("shared/data/mocap/deepmimic isn't there")
    capture, wraps = read_deepmimic(CLIPS / "humanoid3d_run.txt")
    clip = to_clip(capture, "run", "run", wraps)
    poses = Poses(clip.hips_metres, clip.rotations)
    way = clip.hips_metres[-1] - clip.hips_metres[0]
    assert clip.loops
    assert 2.5 < np.linalg.norm(way[:2]) / clip.duration_seconds < 4.5
    assert ((poses.matrices()[:, 0] @ [0, -1, 0]) @ way > 0.7 * np.linalg.norm(way)).all()
    heads, _ = poses.joints(AVERAGE)
    for side in ("Left", "Right"):
        hip, knee, ankle = (heads[:, JOINTS.index(side + joint)] for joint in ("UpLeg", "Leg", "Foot"))
        thigh, shin = knee - hip, ankle - knee
        lateral = poses.matrices()[:, JOINTS.index(side + "UpLeg")] @ [1, 0, 0]
        backwards = np.einsum("ta,ta->t", np.cross(thigh, shin), lateral)
        assert backwards.min() > 0, "knees bend backwards"
        toe = heads[:, JOINTS.index(side + "ToeBase"), 2]
        assert toe.min() == pytest.approx(AVERAGE.heads_metres[JOINTS.index(side + "ToeBase"), 2], abs=0.03)
