"""The peers' sign, on a case made by hand: b starts after a."""

import os
import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from scipy.io import wavfile

from viewsync.benchmarks.peer_adapters import (
    audalign,
    audio_offset_finder,
    peers_python,
    pose2sim,
    syncstart_picture,
    syncstart_sound,
)
from viewsync.media.keypoints import write_openpose
from viewsync.media.keypoints.joints import BODY25
from viewsync.types import InputError, Poses

RATE_HZ = 8000


def test_missing_peers_are_explained(tmp_path, monkeypatch):
    monkeypatch.setenv("VIEWSYNC_PEERS", str(tmp_path))
    with pytest.raises(InputError, match=r"no peers at .*pip install -r benchmarks/peers-requirements\.txt.*pose2sim=="):
        peers_python()


@pytest.fixture
def peers() -> Path:
    try:
        python = peers_python()
    except InputError as error:
        pytest.skip(str(error))
    if shutil.which("ffprobe") is None:
        pytest.skip("the peers need ffmpeg and ffprobe")
    # Their own virtual environment, not this one, must be what they import from.
    assert "PYTHONPATH" not in os.environ
    return python


@pytest.fixture
def sounds(tmp_path) -> tuple[Path, Path]:
    rng = np.random.default_rng(0)
    loudness = np.repeat(rng.uniform(0, 1, 160), RATE_HZ // 20)
    whole = (8000 * loudness * rng.normal(size=loudness.size)).clip(-32000, 32000).astype(np.int16)
    paths = tmp_path / "a.wav", tmp_path / "b.wav"
    for path, start in zip(paths, (0, round(1.2 * RATE_HZ)), strict=True):
        wavfile.write(path, RATE_HZ, whole[start : start + 6 * RATE_HZ])
    return paths


@pytest.mark.slow
@pytest.mark.parametrize("program", [audio_offset_finder, syncstart_sound, audalign])
def test_sound(peers, sounds, program):
    a, b = sounds
    assert program(peers, a, b) == pytest.approx(1.2, abs=0.02)
    assert program(peers, b, a) == pytest.approx(-1.2, abs=0.02)


@pytest.mark.slow
def test_picture(peers, tmp_path):
    """The right half's brightness goes up and down at random."""
    levels = np.random.default_rng(3).integers(30, 220, 120)
    paths = tmp_path / "a.mp4", tmp_path / "b.mp4"
    for path, start in zip(paths, (0, 24), strict=True):
        with av.open(path, "w") as container:
            stream = container.add_stream("libx264", rate=20, options={"crf": "10"})
            stream.width, stream.height, stream.pix_fmt = 400, 300, "yuv420p"
            for k in range(90):
                picture = np.full((300, 400), 125, np.uint8)
                picture[:, 200:] = levels[start + k]
                frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
                frame.pts, frame.time_base = k, Fraction(1, 20)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    a, b = paths
    assert syncstart_picture(peers, a, b) == pytest.approx(1.2, abs=0.03)
    assert syncstart_picture(peers, b, a) == pytest.approx(-1.2, abs=0.03)


def test_a_program_that_fails_cannot_tell(peers, tmp_path):
    empty = tmp_path / "a.wav", tmp_path / "b.wav"
    for path in empty:
        path.write_bytes(b"")
    assert syncstart_sound(peers, *empty) is None
    assert audalign(peers, *empty) is None


def skeletons(folder: Path, name: str, heights: np.ndarray) -> Path:
    """OpenPose's files of a person who is lifted and lowered."""
    frames = np.arange(len(heights))
    pixels = np.random.default_rng(0).uniform(300, 700, (1, 25, 2)) + np.stack([0 * heights, heights], axis=1)[:, None]
    confidence = np.ones((len(frames), 25))
    write_openpose(Poses(BODY25, frames / 30, frames, 0 * frames, pixels, confidence), folder, name)
    return folder / f"{name}_json"


@pytest.mark.slow
def test_keypoints(peers, tmp_path):
    rng = np.random.default_rng(1)
    lifted = np.convolve(rng.normal(0, 60, 200), np.hanning(9), "same")
    cuts = {"front": lifted[10:110], "left": lifted[25:125], "right": lifted[4:104]}
    folders = {name: skeletons(tmp_path, name, cut) for name, cut in cuts.items()}
    found = pose2sim(peers, folders, 30)
    assert found == pytest.approx({("front", "left"): 0.5, ("front", "right"): -0.2, ("left", "right"): -0.7}, abs=1e-9)


@pytest.mark.slow
def test_without_any_correlation_nothing_is_told(peers, tmp_path):
    """Too few frames for its filter, whose rounding errors correlate otherwise; nobody moves in b."""
    lifted = np.array([0, 50, 10, 90, 30, 40])
    cuts = {"a": lifted, "b": 0 * lifted, "c": lifted}
    folders = {name: skeletons(tmp_path, name, cut) for name, cut in cuts.items()}
    assert pose2sim(peers, folders, 30) == {("a", "b"): None, ("a", "c"): 0, ("b", "c"): None}


def test_folders_without_people_tell_nothing(peers, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert pose2sim(peers, {"a": tmp_path / "a", "b": tmp_path / "b"}, 30) == {("a", "b"): None}
