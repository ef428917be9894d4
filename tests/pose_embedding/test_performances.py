from pathlib import Path

import pytest

from viewsync.pose_embedding.performances import is_held_out, performances, recorded

MOCAP = Path(__file__).resolve().parents[3] / "shared/data/mocap"


@pytest.mark.parametrize(
    ("name", "out"),
    [
        ("cmu/03_04", True),
        ("cmu/02_03", False),
        ("03_01", True),
        ("deepmimic/humanoid3d_kick", True),
        ("deepmimic/humanoid3d_spinkick", False),
        ("humanoid3d_long_walk3_mirror", True),
        ("humanoid3d_long_walk1_mirror", False),
        ("own/kick-1", False),
    ],
)
def test_which_clips_training_never_sees(name, out):
    assert is_held_out(name) is out


@pytest.mark.skipif(not MOCAP.is_dir(), reason="the real motions aren't here")
def test_no_physical_clip_is_on_both_sides():
    names = [path.name.partition(".")[0] for path in sorted(MOCAP.rglob("*")) if path.suffix in (".gz", ".txt")]
    physical = {name: name.removesuffix("_mirror").rstrip("0123456789") if "stealthy" in name else name for name in names}
    physical = {name: same.removesuffix("_mirror") for name, same in physical.items()}
    sides = {same: {is_held_out(name) for name in names if physical[name] == same} for same in physical.values()}
    assert all(len(side) == 1 for side in sides.values())
    mimic = [name for name in names if name.startswith("humanoid3d")]
    assert 0.15 < sum(map(is_held_out, mimic)) / len(mimic) < 0.3


def test_without_folders_there_is_nothing_recorded():
    assert recorded(()).training == recorded(()).held_out == ()


@pytest.mark.slow
def test_people_move_and_keep_their_bones():
    (joints,) = performances((), 1, 0)
    assert joints.shape == (4800, 17, 3)
    shins = ((joints[:, 13] - joints[:, 15]) ** 2).sum(1) ** 0.5
    assert shins.std() < 0.02 < 0.3 < shins.mean()
    assert joints[:, 9].std(0).max() > 0.05
