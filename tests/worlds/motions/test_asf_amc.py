import gzip
from pathlib import Path

import numpy as np
import pytest
from made_motion import JOINTS, NAMES, Z_FROM_Y_UP, MadeMotion, amc_text, made_motion, write_asf

from viewsync.types import InputError
from viewsync.worlds.motions.align import to_clip
from viewsync.worlds.motions.asf_amc import read_asf_amc
from viewsync.worlds.motions.skeleton import AVERAGE, Poses
from viewsync.worlds.motions.skeleton import JOINTS as OURS

CMU = Path(__file__).resolve().parents[4] / "shared/data/mocap/cmu"


def written(folder: Path, motion: MadeMotion, name: str = "05_01.amc") -> Path:
    write_asf(folder / "05.asf")
    (folder / name).write_text(amc_text(motion))
    return folder / name


def bent(**degrees: tuple[float, float, float]) -> MadeMotion:
    """The rest pose but for some bones."""
    angles = np.zeros((2, len(NAMES), 3))
    for name, values in degrees.items():
        angles[:, NAMES.index(name)] = values
    return MadeMotion(np.zeros((2, 3)), angles)


def test_rotations_worked_by_hand(tmp_path):
    # The root turns about x first: forward (+z in the file, -y here) goes to -y of the file, and about z on to its +x.
    turned = read_asf_amc(written(tmp_path, bent(root=(90, 0, 90))))
    assert turned.turns["Hips"][0] @ [0, -1, 0] == pytest.approx([1, 0, 0], abs=1e-9)
    # The shin's axes are turned by 20° about z; a bend of 90° about its own x brings (sin 20°, -cos 20°, 0) to -z, back.
    knee = read_asf_amc(written(tmp_path, bent(ltibia=(90, 0, 0))))
    shin = [np.sin(np.radians(20)), 0, -np.cos(np.radians(20))]
    assert knee.turns["LeftLeg"][0] @ shin == pytest.approx([0, 1, 0], abs=1e-9)
    assert knee.turns["LeftFoot"][0] == pytest.approx(knee.turns["LeftLeg"][0])
    assert knee.turns["LeftUpLeg"][0] == pytest.approx(np.eye(3))
    assert knee.stance["LeftLeg"] == pytest.approx([1.7 + 2.6, -0.6, -1.8 - 7.1])


def test_equals_the_slow_twin(tmp_path):
    motion = made_motion()
    capture = read_asf_amc(written(tmp_path, motion))
    truth = Z_FROM_Y_UP @ motion.turns() @ Z_FROM_Y_UP.T
    for bone, joint in enumerate(JOINTS):
        if joint in capture.turns:
            assert capture.turns[joint] == pytest.approx(truth[:, bone], abs=1e-6)
    assert capture.hips == pytest.approx(motion.root @ Z_FROM_Y_UP.T)
    assert capture.rate_hz == 120
    assert set(JOINTS) - set(capture.turns) == {"LHipJoint", "RHipJoint"}


def test_packed_equals_plain(tmp_path):
    plain = written(tmp_path, made_motion())
    packed = tmp_path / "05_02.amc.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    a, b = to_clip(read_asf_amc(plain), "a", "x"), to_clip(read_asf_amc(packed), "b", "x")
    assert np.array_equal(a.rotations, b.rotations)
    assert np.array_equal(a.hips_metres, b.hips_metres)


def test_the_skeleton_of_its_own_name_is_taken_else_the_only_one(tmp_path):
    motion = written(tmp_path, made_motion(), "dance.amc")
    only = read_asf_amc(motion)
    (tmp_path / "other.asf").write_text("rubbish")
    with pytest.raises(InputError, match=r"skeleton is missing. There are 2 .asf files beside it, none called dance.asf"):
        read_asf_amc(motion)
    write_asf(tmp_path / "dance.asf")
    assert read_asf_amc(motion).stance["Head"] == pytest.approx(only.stance["Head"])
    for skeleton in tmp_path.glob("*.asf"):
        skeleton.unlink()
    with pytest.raises(InputError, match=r"There are 0 .asf files"):
        read_asf_amc(motion)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace("lfemur", "lthigh"), "each moving bone of 05.asf once.* that isn't so of lfemur, lthigh"),
        (lambda text: text.replace("rtibia", "ltibia"), "that isn't so of ltibia, rtibia"),
        (lambda text: text[::-1].replace("aibitl", "aibitr", 1)[::-1], "must be 'ltibia' and 3 finite numbers, got 'rtibia"),
        (lambda text: text[: text.rindex("rhand")], r"the last frame is cut off \(line \d+\)"),
        (lambda text: text[: text.rindex(" ")], "line .* must be 'rfingers' and 3 finite numbers"),
        (lambda text: text.replace("lfemur 0.000000000", "lfemur nan", 1), "line 6 must be 'lfemur'"),
        (lambda text: text[: text.index("\n2\n")], "no motion. At least two frames"),
        (lambda text: "", "no motion"),
    ],
)
def test_damaged_motion(tmp_path, damage, message):
    path = written(tmp_path, made_motion())
    path.write_text(damage(amc_text(made_motion())))
    with pytest.raises(InputError, match=message):
        read_asf_amc(path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[: len(text) // 2], "not a complete Acclaim skeleton"),
        (lambda text: text.replace("angle deg", "angle rad"), "angles must be in degrees .* got 'rad'"),
        (lambda text: text.replace("rfemur", "thigh"), "no bone called rfemur"),
        (lambda text: text.replace("length 1", "length one"), "not a complete Acclaim skeleton"),
        (
            lambda text: text.replace("length 7", "length nan 7"),
            "not a complete Acclaim skeleton .*not a finite number: nan",
        ),
        (lambda text: text.replace("length 7", "length 0 7"), "not a complete Acclaim skeleton .*without length"),
    ],
)
def test_damaged_skeleton(tmp_path, damage, message):
    path = written(tmp_path, made_motion())
    skeleton = tmp_path / "05.asf"
    skeleton.write_text(damage(skeleton.read_text()))
    with pytest.raises(InputError, match=message):
        read_asf_amc(path)


def test_file_packed_but_cut_off(tmp_path):
    write_asf(tmp_path / "05.asf")
    path = tmp_path / "05_01.amc.gz"
    path.write_bytes(gzip.compress(amc_text(made_motion()).encode())[:-50])
    with pytest.raises(InputError, match=r"05_01.amc.gz: can't be read .* Copy the file again"):
        read_asf_amc(path)


def test_a_real_walk():
    if not CMU.is_dir():
        pytest.skip("shared/data/mocap/cmu isn't there")
    clip = to_clip(read_asf_amc(CMU / "02_01.amc.gz"), "02_01", "walk")
    poses = Poses(clip.hips_metres, clip.rotations)
    heads, _ = poses.joints(AVERAGE)
    way = clip.hips_metres[-1, :2] - clip.hips_metres[0, :2]
    speed = np.linalg.norm(way) / clip.duration_seconds
    assert 1.0 < speed < 1.5
    facing = (poses.matrices()[:, 0] @ [0, -1, 0])[:, :2].mean(axis=0)
    assert facing @ way > 0.95 * np.linalg.norm(way)
    left_of_facing = np.array([-facing[1], facing[0]])
    hips = heads[:, OURS.index("LeftUpLeg")] - heads[:, OURS.index("RightUpLeg")]
    assert (hips[:, :2] @ left_of_facing > 0.1).all()
    for side in ("Left", "Right"):
        ankle, toe, knee = (heads[:, OURS.index(side + bone)] for bone in ("Foot", "ToeBase", "Leg"))
        still = np.linalg.norm(np.gradient(toe, axis=0), axis=1) * clip.rate_hz < 0.25
        assert 0.3 < still.mean() < 0.7
        assert np.median(toe[still, 2]) == pytest.approx(0.024, abs=0.015)
        sole = poses.matrices()[still, OURS.index(side + "Foot")] @ [0, 0, 1]
        assert np.median(sole[:, 2]) > np.cos(np.radians(10))
        hip = heads[:, OURS.index(side + "UpLeg")]
        ahead = np.einsum("tx,x->t", (knee - (hip + ankle) / 2)[:, :2], facing)
        assert ahead.min() > -0.01
