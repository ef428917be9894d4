import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from made_motion import amc_text, bvh_text, made_motion, write_asf
from test_deepmimic import frame

from viewsync.types import InputError
from viewsync.worlds.motions.library import read_motions

MOCAP = Path(__file__).resolve().parents[4] / "shared/data/mocap"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cmu").mkdir()
    (tmp_path / "mimic").mkdir()
    motion = made_motion(frames=4)
    write_asf(tmp_path / "cmu/02.asf")
    (tmp_path / "cmu/02_03.amc.gz").write_bytes(gzip.compress(amc_text(motion).encode()))
    (tmp_path / "cmu/02_01.amc").write_text(amc_text(motion))
    (tmp_path / "cmu/._02_01.amc").write_text("left by another system")
    (tmp_path / "sprintJump2.BVH").write_text(bvh_text(motion))
    clip = {"Loop": "wrap", "Frames": [frame(0.1), frame(0.1)]}
    (tmp_path / "mimic/humanoid3d_spinkick.txt").write_text(json.dumps(clip))
    (tmp_path / "mimic/README.txt").write_text("Clips. Frames: see the paper.")
    return tmp_path


def test_a_folder_is_read_whole_and_in_order(folder):
    library = read_motions(folder)
    assert [(clip.name, clip.action, clip.loops) for clip in library.clips] == [
        ("cmu/02_01", "walk", False),
        ("cmu/02_03", "run", False),
        ("mimic/humanoid3d_spinkick", "kick", True),
        ("sprintJump2", "jump", False),
    ]
    assert [clip.name for clip in library.of("jump", "walk")] == ["cmu/02_01", "sprintJump2"]
    assert library.of("swim") == ()
    again = read_motions(folder)
    assert all(np.array_equal(a.rotations, b.rotations) for a, b in zip(library.clips, again.clips, strict=True))


@pytest.mark.parametrize(
    ("stem", "action"),
    [
        ("walk1_subject1", "walk"),
        ("fallAndGetUp2_subject3", "getup"),
        ("humanoid3d_dance_spin", "dance"),
        ("zombie_walk", "zombie"),
        ("ready_to_walk", "ready"),
        ("trunk_05", "motion"),
        ("49_02", "motion"),
    ],
)
def test_names_tell_actions(tmp_path, stem, action):
    (tmp_path / f"{stem}.bvh").write_text(bvh_text(made_motion(frames=3)))
    (clip,) = read_motions(tmp_path).clips
    assert (clip.name, clip.action) == (stem, action)


def test_folders_that_cannot_be_used(folder, tmp_path):
    with pytest.raises(InputError, match=r"nowhere: no such folder. Give one with .amc"):
        read_motions(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/notes.txt").write_text("nothing")
    with pytest.raises(InputError, match=r"empty: no motion in it. Put"):
        read_motions(tmp_path / "empty")
    (folder / "cmu/02_01.bvh").write_text(bvh_text(made_motion()))
    with pytest.raises(InputError, match=r"02_01.amc and 02_01.bvh: two motions of one name"):
        read_motions(folder)


def test_one_damaged_file_is_named(folder):
    (folder / "mimic/humanoid3d_walk.txt").write_text('{"Frames": [[0.1,')
    with pytest.raises(InputError, match=r"humanoid3d_walk.txt: not a DeepMimic clip"):
        read_motions(folder)


def test_real_motions():
    if not MOCAP.is_dir():
        pytest.skip("shared/data/mocap isn't there")
    library = read_motions(MOCAP / "deepmimic")
    assert len(library.of("walk", "run", "jog")) >= 5
    for clip in library.of("walk", "run", "jog"):
        assert 0.7 < clip.hips_metres[:, 2].mean() < 0.95, clip.name
        assert np.sum(clip.rotations[1:] * clip.rotations[:-1], axis=-1).min() > 0.9, clip.name
