import pytest
from made_motion import amc_text, bvh_text, made_motion, write_asf

from viewsync.types import InputError
from viewsync.worlds.motions.align import to_clip
from viewsync.worlds.motions.asf_amc import read_asf_amc
from viewsync.worlds.motions.bvh import read_bvh

MIXAMO = {"LowerBack": "Spine", "Spine": "Spine1", "Spine1": "Spine2", "LeftHandFinger1": "LeftHandIndex1"}
LAFAN = {"LowerBack": "Spine", "Spine": "Spine1", "Spine1": "Spine2", "LeftToeBase": "LeftToe", "RightToeBase": "RightToe"}


def by_hand(rows: str) -> str:
    """A body of a few joints, each of which turns about z, then x, then y of its own axes."""
    text = "HIERARCHY\nROOT Hips\n{\nOFFSET 0 90 0\nCHANNELS 6 Zposition Xposition Yposition Zrotation Xrotation Yrotation\n"
    for chain in (
        (("Spine", "0 20 0"), ("Head", "0 30 0")),
        (("LeftUpLeg", "10 -5 0"), ("LeftLeg", "0 -40 0")),
        (("RightUpLeg", "-10 -5 0"), ("RightLeg", "0 -40 0")),
    ):
        for name, offset in chain:
            text += f"JOINT {name}\n{{\nOFFSET {offset}\nCHANNELS 3 Zrotation Xrotation Yrotation\n"
        text += "End Site\n{\nOFFSET 0 -1 0\n}\n" + "}\n" * len(chain)
    count = len(rows.splitlines())
    return text + f"}}\nMOTION\nFrames: {count}\nFrame Time: 0.04\n{rows}"


def test_rotations_worked_by_hand(tmp_path):
    still, turned = ["0"] * 24, ["0"] * 24
    turned[:6] = ["1", "2", "3", "90", "90", "0"]
    turned[12:15] = ["0", "90", "0"]
    path = tmp_path / "a.bvh"
    path.write_text(by_hand("\n".join([" ".join(still), " ".join(turned)])))
    capture = read_bvh(path)
    assert capture.rate_hz == pytest.approx(25)
    # Positions come as z, x, y; and y up becomes z up.
    assert capture.hips[1] == pytest.approx([2, -1, 3])
    # Own axes: x is turned first, which brings forward (+z in the file) to -y, and then z, which brings that to +x.
    assert capture.turns["Hips"][1] @ [0, -1, 0] == pytest.approx([1, 0, 0], abs=1e-9)
    # The thigh bends by 90° about x again: its down (-y) goes to -z, which the hips bring to +y and on to -x.
    assert capture.turns["LeftUpLeg"][1] @ [0, 0, -1] == pytest.approx([-1, 0, 0], abs=1e-9)
    assert capture.turns["LeftLeg"][1] == pytest.approx(capture.turns["LeftUpLeg"][1])
    assert capture.stance["LeftLeg"] - capture.stance["Hips"] == pytest.approx([10, 0, -45])
    assert set(capture.turns) == {"Hips", "Spine", "Head", "LeftUpLeg", "LeftLeg", "RightUpLeg", "RightLeg"}


@pytest.mark.parametrize(
    "manner",
    [
        {},
        {"order": "XYZ"},
        {"unit": 5.64},
        {"z_up": True},
        {"prefix": "mixamorig:", "renamed": MIXAMO},
        {"prefix": "Model_", "unit": 0.0564, "z_up": True},
        {"along_x": True, "renamed": LAFAN, "order": "ZYX"},
        {"along_x": True, "z_up": True},
    ],
    ids=str,
)
def test_the_same_motion_comes_to_the_same_clip(tmp_path, manner):
    """Whatever the format, the unit, the axes and the rest pose."""
    motion = made_motion()
    # Leaning from the second frame on: where the rest pose is no posture, the first frame must be the most upright one.
    motion.angles[1:, 0, 0] += 60
    write_asf(tmp_path / "05.asf")
    (tmp_path / "05_01.amc").write_text(amc_text(motion))
    (tmp_path / "a.bvh").write_text(bvh_text(motion, **manner))
    expected = to_clip(read_asf_amc(tmp_path / "05_01.amc"), "a", "x")
    clip = to_clip(read_bvh(tmp_path / "a.bvh"), "a", "x")
    assert clip.hips_metres == pytest.approx(expected.hips_metres, abs=1e-6)
    assert clip.rotations == pytest.approx(expected.rotations, abs=1e-6)
    assert clip.rate_hz == pytest.approx(expected.rate_hz)


def test_a_body_that_never_stands(tmp_path):
    motion = made_motion(frames=6, degrees=5)
    motion.angles[:, 0, 0] = 90
    path = tmp_path / "lying.bvh"
    path.write_text(bvh_text(motion, along_x=True))
    lying = read_bvh(path)
    assert lying.stance["Head"][2] > lying.stance["Hips"][2]
    motion.angles[:, 0, 0] = 45
    path.write_text(bvh_text(motion, along_x=True))
    with pytest.raises(InputError, match="nobody stands upright in it"):
        read_bvh(path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text.replace("LeftLeg", "LeftShin"), "no joint called LeftLeg. Joints must be named"),
        (lambda text: text.replace("Hips", "Root"), "no joint called Hips. Joints"),
        (lambda text: text[: text.rindex(" ")], "12 frames of 90 channels need 1080 numbers, got 1079: the file is cut off"),
        (lambda text: text[: text.index("MOTION")], "its motion can't be read .*no 'Frames:'"),
        (lambda text: text.replace("Frames: 12", "Frames: 1"), "two frames at least"),
        (lambda text: text.replace("Frame Time: 0.008", "Frame Time: -0.008"), "a frame time above 0 .* -0.008"),
        (lambda text: text[: text.rindex(" ")] + " nan", "frame 12 of 12 holds a number that isn't finite"),
        (lambda text: text[: text.rindex(" ")] + " one", "its motion can't be read .*'one'"),
        (lambda text: text.replace("CHANNELS 6", "CHANNELS 5"), "line 5 isn't BVH: 'CHANNELS 5 Xposition"),
        (lambda text: text.replace("Zrotation", "Wrotation", 1), "line 5 isn't BVH"),
        (lambda text: text.replace("OFFSET 0.0", "OFFSET nan", 1), "line 4 isn't BVH"),
        (lambda text: "\x00\x01 not a motion at all", "line 1 isn't BVH"),
    ],
)
def test_damaged_file(tmp_path, damage, message):
    path = tmp_path / "a.bvh"
    path.write_text(damage(bvh_text(made_motion())))
    with pytest.raises(InputError, match=message):
        read_bvh(path)
