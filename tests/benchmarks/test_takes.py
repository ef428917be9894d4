from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewsync.benchmarks.takes import (
    KnownClip,
    data_folder,
    draw_starts,
    draw_starts_apart,
    draw_starts_in_sync,
    existing,
    true_offset,
)
from viewsync.types import InputError

seeds = st.integers(0, 10_000)


def clip(start: int, frames: int, fps: float = 30.0, name: str = "a") -> KnownClip:
    times = np.arange(frames) / fps
    return KnownClip(Path(f"{name}.mp4"), times, times + start / fps, 1 / fps)


@given(seeds, st.integers(2, 8), st.integers(20, 200), st.floats(0.3, 1.0))
def test_overlapping_clips_lie_in_the_source_and_share_half(seed, clips, source, share):
    length = max(2, round(share * source))
    starts = draw_starts(np.random.default_rng(seed), clips, source, length)
    assert len(starts) == clips
    assert min(starts) >= 0
    assert max(starts) + length <= source
    assert max(starts) - min(starts) <= length / 2


@given(seeds)
def test_clips_in_sync_start_together(seed):
    starts = draw_starts_in_sync(np.random.default_rng(seed), 4, 100, 60)
    assert len(set(starts)) == 1
    assert 0 <= starts[0] <= 40


@given(seeds, st.integers(20, 200))
def test_clips_apart_have_no_frame_in_common(seed, source):
    length = source // 2 - 1
    a, b = draw_starts_apart(np.random.default_rng(seed), source, length)
    assert abs(a - b) >= length
    assert min(a, b) >= 0
    assert max(a, b) + length <= source
    assert true_offset(clip(a, length), clip(b, length)) is None


def test_offset_says_nothing_about_position():
    rng = np.random.default_rng(0)
    draws = np.array([draw_starts(rng, 2, 1000, 500) for _ in range(4000)])
    offset = draws[:, 1] - draws[:, 0]
    assert abs(np.corrcoef(offset, draws.mean(axis=1))[0, 1]) < 0.06
    assert abs(offset.mean()) < 10


def test_true_offset_follows_the_sign_convention():
    """b began 60 frames after a: its time 0 lies at 2 s of a's clock."""
    a, b = clip(0, 200), clip(60, 200)
    assert true_offset(a, b).offset_seconds == pytest.approx(2.0)
    assert true_offset(b, a).offset_seconds == pytest.approx(-2.0)
    assert true_offset(a, b).middle_seconds == pytest.approx((199 - 60) / 30 / 2)


def test_true_offset_is_the_median_of_jittered_capture_times():
    rng = np.random.default_rng(1)
    a, b = clip(0, 200, 6), clip(30, 200, 6)
    shaken = KnownClip(b.path, b.pts_seconds, b.world_seconds + rng.normal(0, 0.02, 200), b.frame_seconds)
    assert true_offset(a, shaken).offset_seconds == pytest.approx(5.0, abs=0.006)


def test_missing_data_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no data sets at .*nowhere: give their folder with --data"):
        data_folder(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"cam0\.mp4 is missing: benchmarks/README\.md"):
        existing(tmp_path / "cam0.mp4")


def test_data_folder_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("VIEWSYNC_DATA", str(tmp_path))
    assert data_folder(None) == tmp_path
