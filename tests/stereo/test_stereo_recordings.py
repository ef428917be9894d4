import json
import shutil

import numpy as np
import pytest
from eyes import FRAMES, sliding, write_eye, write_eyes, write_pictures

from footage import write_wav
from viewsync.media import frames, probe
from viewsync.stereo.recordings import LEAST_FRAMES, StereoRecording, split, stereo_recordings
from viewsync.types import InputError
from viewsync.worlds.clock import TICKS_PER_SECOND


def levels(frames=FRAMES, offset=0):
    """Pictures that show their number by how bright they are."""
    return [np.full((16, 24), 5 * number + offset, np.uint8) for number in range(frames)]


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for seed, name in enumerate(("b", "a", "c")):
        write_eyes(folder / name, seed)
    (folder / "notes").mkdir()
    (folder / "notes" / "left.txt").write_text("of another kind")
    (folder / ".hidden").mkdir()
    (folder / "a" / "manifest.json").write_text('{"place": "of this scene alone"}')
    return folder


def test_folders_with_two_videos_are_found_by_name(several):
    found = stereo_recordings(several)
    assert [one.name for one in found] == ["a", "b", "c"]
    assert {one.split for one in found} == {None}
    assert [(one.left.path.name, one.right.path.name) for one in found] == [("left.mp4", "right.mp4")] * 3
    (alone,) = stereo_recordings(several / "b")
    assert (alone.name, alone.left.path) == ("b", several / "b" / "left.mp4")
    assert alone.left.video.pts.size == FRAMES


@pytest.mark.parametrize("place", [".", "images/good"])
def test_pictures_come_in_the_order_of_their_numbers(tmp_path, place):
    for side, offset in (("left", 0), ("right", 2)):
        write_pictures(tmp_path / "rig" / place / side, levels(offset=offset))
    write_pictures(tmp_path / "rig" / "images" / "wrong" / "left", levels(3))
    (found,) = stereo_recordings(tmp_path)
    assert found.name == "rig"
    assert [round(frame.gray.mean() / 5) for frame in frames(found.left)] == list(range(FRAMES))
    assert [round((frame.gray.mean() - 2) / 5) for frame in frames(found.right)] == list(range(FRAMES))
    assert 1 / found.left.interval_seconds == pytest.approx(30, rel=1e-4)


def test_time_stamps_of_pictures_count(tmp_path):
    for side, offset in (("left", 0), ("right", 2)):
        write_pictures(tmp_path / side, levels(offset=offset))
        # On clocks of their own.
        times = [f"{17 * offset + number / 15:.6f}" for number in range(FRAMES)]
        (tmp_path / side / "timestamps.txt").write_text("\n".join(times))
    (found,) = stereo_recordings(tmp_path)
    assert 1 / found.right.interval_seconds == pytest.approx(15, rel=1e-4)


def test_splits_share_no_recording(several):
    found = stereo_recordings(several)
    parts = {seed: split(found, seed) for seed in range(12)}
    for training, held_out in parts.values():
        assert sorted(one.name for one in (*training, *held_out)) == ["a", "b", "c"]
        assert len(held_out) == 1
    assert len({held_out.name for _, (held_out,) in parts.values()}) > 1
    assert split(found, 3) == parts[3]
    with pytest.raises(InputError, match=r"1 stereo recording can't be split"):
        split(found[:1], 0)


def test_a_manifest_decides_on_the_split(several, tmp_path):
    folder = shutil.copytree(several, tmp_path / "worlds")
    scenes = [{"name": name, "split": part} for name, part in (("a", "test"), ("b", "train"), ("c", "val"))]
    (folder / "manifest.json").write_text(json.dumps({"schema": "viewsync.worlds/1", "scenes": scenes}))
    found = stereo_recordings(folder)
    for seed in range(5):
        training, held_out = split(found, seed)
        assert [one.name for one in training] == ["b"]
        assert [one.name for one in held_out] == ["a", "c"]
    # Where it leaves nothing to train on, chance decides.
    assert [len(part) for part in split([found[0], found[2]], 0)] == [1, 1]
    (folder / "manifest.json").write_text('{"schema": "viewsync.worlds/1", "scenes": [')
    with pytest.raises(InputError, match=r"manifest\.json can't be read"):
        stereo_recordings(folder)


def eyes_of(folder, **right):
    """Good ones, but for something about the right one."""
    write_eye(folder / "left.mp4", sliding())
    write_eye(folder / "right.mp4", **({"pictures": sliding(disparity=3)} | right))


def late_from(number):
    tick = TICKS_PER_SECOND // 30
    return [tick * (index + (index >= number)) for index in range(FRAMES)]


@pytest.mark.parametrize(
    ("right", "says"),
    [
        ({"pictures": sliding(size=(96, 48))}, r"differ in size: 96×64 and 96×48"),
        ({"fps": 25.0}, r"differ in rate: 30 frames/s and 25 frames/s"),
        ({"pictures": sliding(FRAMES + 1)}, r"differ in length: 45 frames and 46 frames"),
        ({"pictures": sliding(), "ticks": late_from(31)}, r"from frame 31 on, the left and the right camera no longer"),
    ],
)
def test_unlike_sides_are_refused(tmp_path, right, says):
    eyes_of(tmp_path, **right)
    with pytest.raises(InputError, match=says):
        stereo_recordings(tmp_path)


def test_too_short_recordings_are_refused(tmp_path):
    write_eyes(tmp_path / "enough", frames=LEAST_FRAMES)
    assert len(stereo_recordings(tmp_path)) == 1
    write_eyes(tmp_path / "short", frames=LEAST_FRAMES - 1)
    with pytest.raises(InputError, match=r"left\.mp4 has 40 frames; .* at least 41 are needed"):
        stereo_recordings(tmp_path)


def test_the_same_recording_is_refused_wherever_it_comes_twice(several, tmp_path):
    shutil.copytree(several / "a", tmp_path / "once")
    shutil.copytree(several / "a", tmp_path / "twice")
    with pytest.raises(InputError, match=r"once.left\.mp4 and .*twice.left\.mp4 are the same recording"):
        stereo_recordings(tmp_path)
    shutil.copy(several / "a" / "left.mp4", tmp_path / "once" / "right.mp4")
    with pytest.raises(InputError, match=r"once.left\.mp4 and .*once.right\.mp4 are the same recording"):
        stereo_recordings(tmp_path)


def test_a_side_without_the_other_is_refused(several, tmp_path):
    (tmp_path / "rig").mkdir()
    shutil.copy(several / "a" / "right.mp4", tmp_path / "rig" / "right.mp4")
    with pytest.raises(InputError, match=r"rig holds right\.mp4, but no left"):
        stereo_recordings(tmp_path)
    (tmp_path / "rig" / "right").mkdir()
    with pytest.raises(InputError, match=r"rig holds both right and right\.mp4"):
        stereo_recordings(tmp_path)


def test_pictures_without_a_partner_are_refused(tmp_path):
    for side in ("left", "right"):
        write_pictures(tmp_path / side, levels(offset=side == "right"))
    (tmp_path / "right" / "17.png").rename(tmp_path / "right" / "99.png")
    with pytest.raises(InputError, match=r"pictures of the same numbers, but only one has 17"):
        stereo_recordings(tmp_path)


def test_where_there_is_nothing_it_says_what_to_give(tmp_path):
    with pytest.raises(InputError, match=r"holds no stereo recordings\. Give a folder for each"):
        stereo_recordings(tmp_path)
    with pytest.raises(InputError, match=r"nowhere can't be read as a folder: no such file"):
        stereo_recordings(tmp_path / "nowhere")
    (tmp_path / "left").mkdir()
    (tmp_path / "right").mkdir()
    with pytest.raises(InputError, match=r"left holds no video, pictures or sound"):
        stereo_recordings(tmp_path)


def test_sound_has_no_frames(several, tmp_path):
    sound = probe(write_wav(tmp_path / "left.wav", np.zeros(16_000)))
    with pytest.raises(InputError, match=r"has no video track"):
        StereoRecording("rig", sound, probe(several / "a" / "right.mp4"))
