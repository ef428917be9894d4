import cv2
import numpy as np
import pytest
from eyes import FRAMES, sliding, write_eye, write_eyes, write_pictures

from viewsync import media
from viewsync.stereo.flow import flow_image
from viewsync.stereo.frames import prepared
from viewsync.stereo.recordings import stereo_recordings
from viewsync.types import InputError


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """Where files are kept, empty at first."""
    monkeypatch.setenv("VIEWSYNC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "stereo"


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    (found,) = stereo_recordings(write_eyes(tmp_path_factory.mktemp("data") / "rig"))
    return found


def quiet(*_):
    pass


def test_pictures_are_every_frame_squeezed_to_a_square(rig):
    made = prepared(rig, "image", 48, quiet)
    assert (made.name, made.fps) == ("rig", pytest.approx(30))
    for rows, side in ((made.left, rig.left), (made.right, rig.right)):
        assert isinstance(rows, np.memmap)
        assert (rows.shape, rows.dtype) == ((FRAMES, 1, 48, 48), np.uint8)
        whole = [frame.gray for frame in media.frames(side, pixels=10**6)]
        squeezed = np.stack([cv2.resize(gray, (48, 48), interpolation=cv2.INTER_AREA) for gray in whole])
        # Shrinking in two steps blurs a little more.
        assert np.abs(rows[:, 0].astype(int) - squeezed).mean() < 2
    # The texture slides, and the eyes see it from places of their own.
    assert np.abs(np.diff(made.left.astype(int), axis=0)).mean(axis=(1, 2, 3)).min() > 2
    assert np.abs(made.left.astype(int) - made.right).mean() > 2


@pytest.mark.parametrize(("modality", "encoding"), [("flow", "printed"), ("flow-absolute", "absolute")])
def test_flow_row_t_is_between_frames_t_and_t_plus_1(rig, modality, encoding):
    pictures, flows = (prepared(rig, kind, 48, quiet) for kind in ("image", modality))
    assert flows.left.shape == flows.right.shape == (FRAMES - 1, 3, 48, 48)
    for t in (0, 20, FRAMES - 2):
        expected = flow_image(pictures.right[t, 0], pictures.right[t + 1, 0], encoding)
        np.testing.assert_array_equal(flows.right[t], expected.transpose(2, 0, 1))


def test_each_video_is_decoded_once(rig, kept, monkeypatch):
    decoded, frames = [], media.frames
    monkeypatch.setattr(media, "frames", lambda side, **more: decoded.append(side.path.name) or frames(side, **more))
    told = []
    for modality in ("flow", "image", "flow-absolute", "flow", "image"):
        prepared(rig, modality, 32, lambda *step: told.append(step))
    assert decoded == ["left.mp4", "right.mp4"]
    assert len(list(kept.iterdir())) == 6
    assert told[0] == ("preparing rig, left", 1, FRAMES)
    assert told[-1] == ("preparing rig, right", FRAMES - 1, FRAMES - 1)
    assert len(told) == 2 * (FRAMES + 2 * (FRAMES - 1))
    prepared(rig, "image", 24, quiet)
    assert len(list(kept.iterdir())) == 8


def test_what_is_kept_follows_the_content(tmp_path, kept):
    folder = write_eyes(tmp_path / "first")
    before = np.array(prepared(*stereo_recordings(folder), "image", 32, quiet).left)
    folder = folder.rename(tmp_path / "second")
    np.testing.assert_array_equal(prepared(*stereo_recordings(folder), "image", 32, quiet).left, before)
    assert len(list(kept.iterdir())) == 2
    write_eye(folder / "left.mp4", sliding(seed=9))
    assert np.abs(prepared(*stereo_recordings(folder), "image", 32, quiet).left - before.astype(int)).mean() > 5


def test_input_is_left_alone(tmp_path):
    data = tmp_path / "data"
    write_eyes(data / "films")
    for side, disparity in (("left", 0), ("right", 3)):
        write_pictures(data / "stills" / "images" / "good" / side, sliding(seed=7, disparity=disparity))
    before = [(path, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(data.rglob("*"))]
    for one in stereo_recordings(data):
        made = prepared(one, "flow", 32, quiet)
        assert made.left.any()
        with pytest.raises(ValueError, match="read-only"):
            made.left[0] = 0
    assert [(path, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(data.rglob("*"))] == before


def test_black_frames_have_black_flow_and_all_black_ones_are_refused(tmp_path, kept):
    black = [np.zeros_like(picture) for picture in sliding()]
    for side, disparity in (("left", 0), ("right", 3)):
        write_eye(tmp_path / "dark at first" / f"{side}.mp4", black[:20] + sliding(disparity=disparity)[20:])
    (some,) = stereo_recordings(tmp_path)
    flows = prepared(some, "flow", 32, quiet)
    assert not flows.left[:19].any()
    assert flows.left[20:].reshape(FRAMES - 21, -1).any(axis=1).all()
    write_eye(tmp_path / "dark at first" / "right.mp4", black)
    (dark,) = stereo_recordings(tmp_path)
    there = set(kept.iterdir())
    for modality in ("image", "flow"):
        with pytest.raises(InputError, match=r"right\.mp4: all its 45 frames are the same picture"):
            prepared(dark, modality, 32, quiet)
    assert set(kept.iterdir()) == there


def test_half_made_files_are_never_kept(rig, kept):
    def stopped(_, done, __):
        if done == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepared(rig, "image", 32, stopped)
    assert list(kept.iterdir()) == []
    assert prepared(rig, "image", 32, quiet).left[-1].any()


def test_a_folder_that_cannot_be_written_is_named(rig, tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(InputError, match=r"can't write into the folder .*cache"):
        prepared(rig, "image", 32, quiet)
