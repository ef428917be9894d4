import csv
import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewsync.media import probe
from viewsync.outputs.frame_map import Gap, frame_map, write_frame_map
from viewsync.types import CameraClock, InputError, Recording, SoundTrack, Timeline, Verdict, VideoTrack
from viewsync.worlds.drawn import Scene, SketchCamera, truth, write_video

MILLISECOND = Fraction(1, 1000)


def filmed(id: str, ticks, base: Fraction = MILLISECOND) -> Recording:
    video = VideoTrack(0, 640, 480, 0, base, np.array(ticks, dtype=np.int64))
    return Recording(id, Path(f"{id}.mp4"), "0" * 64, video, None)


def tied(recording: Recording, offset_seconds: float = 0.0, rate: float | None = None) -> CameraClock:
    return CameraClock(recording, Verdict.TIED, (), offset_seconds, 0.001, rate)


def timeline(*cameras: CameraClock) -> Timeline:
    """The first camera is the reference."""
    ids = tuple(camera.id for camera in cameras)
    return Timeline(ids[0], cameras, (), (), (ids,), np.zeros((len(ids), len(ids))))


def one_row_per_frame(reference: Recording, camera: CameraClock) -> list[tuple[int, str]]:
    _, frames = frame_map(timeline(tied(reference), camera)).cameras
    return [(int(frame), Gap(gap).word) for frame, gap in zip(frames.frame, frames.gap, strict=True)]


def at_25_fps(id: str, seconds: float = 1.0) -> Recording:
    return filmed(id, 40 * np.arange(round(25 * seconds)))


# ── the slow twin: every frame against every row, in exact fractions ──────────────────────────────────────────────


def exactly(camera: CameraClock, ticks, base: Fraction) -> tuple[list[Fraction], Fraction]:
    """Frame times and usual interval on the reference clock."""
    stretch, offset = 1 + Fraction(camera.rate or 0.0), Fraction(camera.offset_seconds)
    own = [int(tick) * base for tick in ticks]
    return [stretch * seconds + offset for seconds in own], stretch * Fraction(camera.recording.video.interval_seconds)


def slow_twin(rows: list[Fraction], row_interval: Fraction, times: list[Fraction], interval: Fraction):
    same = Fraction(1, 10**9)
    found: list[tuple[int, str, Fraction]] = []
    for row in rows:
        nearest = min(abs(time - row) for time in times)
        frame = next(index for index, time in enumerate(times) if abs(time - row) <= nearest + same)
        word = ""
        if abs(times[frame] - row) > interval / 2 + same:
            earlier, later = [time for time in times if time < row], [time for time in times if time >= row]
            if not earlier:
                word = "before_start"
            elif not later:
                word = "after_end"
            elif min(later) - max(earlier) > interval * 3 / 2 + same:
                word = "dropped"
        if not word and found and found[-1][0] == frame and found[-1][1] in ("", "duplicated"):
            word = "duplicated" if interval <= row_interval * 11 / 10 + same else ""
        found.append((frame, word, times[frame] - row))
    return found


@st.composite
def recordings(draw) -> tuple[list[int], Fraction]:
    """Increasing ticks of about two seconds: steady with late frames and holes, or anything at all."""
    base = draw(st.sampled_from([Fraction(1, 90000), Fraction(1, 12800), Fraction(1001, 30000)]))
    step = draw(st.sampled_from([Fraction(1, 30), Fraction(1001, 30000), Fraction(1, 25), Fraction(1, 60)])) / base
    steady = st.sampled_from([1, 1, 1, 1, Fraction(5, 4), 2, 5]).map(lambda times: max(1, round(times * step)))
    anything = st.integers(1, max(1, round(3 * step)))
    steps = draw(st.lists(draw(st.sampled_from([steady, anything])), min_size=1, max_size=60))
    return (round(draw(st.fractions(-1, 1)) / base) + np.cumsum(steps)).tolist(), base


@settings(max_examples=150, deadline=None)
@given(
    recordings(),
    recordings(),
    st.integers(-1_000_000, 1_000_000).map(lambda microseconds: microseconds / 1e6),
    st.one_of(st.none(), st.integers(-2000, 2000).map(lambda ppm: ppm / 1e6)),
)
def test_agrees_with_the_slow_twin(first, second, offset_seconds, rate):
    one, two = tied(filmed("one", *first)), tied(filmed("two", *second), offset_seconds, rate)
    found = frame_map(timeline(one, two)).cameras[1]
    rows, row_interval = exactly(one, *first)
    twin = slow_twin(rows, row_interval, *exactly(two, *second))
    assert [(int(frame), Gap(gap).word) for frame, gap in zip(found.frame, found.gap, strict=True)] == [
        (frame, word) for frame, word, _ in twin
    ]
    np.testing.assert_allclose(found.phase_seconds, [float(phase) for _, _, phase in twin], rtol=0, atol=1e-9)


def test_a_file_with_lost_and_late_frames_agrees_with_its_decoded_frames(tmp_path):
    scene = Scene(seed=1, bodies=1)
    shape = {"width": 64, "height": 48}
    films = {
        "one": SketchCamera(seed=1, fps=30, duration_seconds=15, dropped_share=0.1, **shape),
        "two": SketchCamera(seed=2, fps=25, jitter_share=0.9, dropped_share=0.2, offset_seconds=3.7, rate_ppm=80, **shape),
    }
    decoded = {}
    for name, film in films.items():
        write_video(scene, film, tmp_path / f"{name}.mp4")
        with av.open(tmp_path / f"{name}.mp4") as container:
            decoded[name] = [(frame.pts, frame.time_base) for frame in container.decode(video=0)]
    one = tied(probe(tmp_path / "one.mp4"))
    two = tied(probe(tmp_path / "two.mp4"), *truth(films["one"], films["two"]))
    write_frame_map(frame_map(timeline(one, two)), tmp_path / "frames.csv")

    ticks, (base, *_) = zip(*decoded["one"], strict=True)
    rows, row_interval = exactly(one, ticks, base)
    ticks, (base, *_) = zip(*decoded["two"], strict=True)
    twin = slow_twin(rows, row_interval, *exactly(two, ticks, base))
    written = read(tmp_path / "frames.csv")
    assert [round(float(line["ref_seconds"]) * 90_000) for line in written] == [pts for pts, _ in decoded["one"]]
    for line, (frame, word, phase) in zip(written, twin, strict=True):
        assert line["two_gap"] == word
        if word in ("before_start", "after_end"):
            assert line["two_frame"] == line["two_pts_seconds"] == line["two_phase_seconds"] == ""
        else:
            assert int(line["two_frame"]) == frame
            assert round(float(line["two_pts_seconds"]) / base) == ticks[frame]
            assert float(line["two_phase_seconds"]) == pytest.approx(float(phase), abs=1e-9)
    assert {word for _, word, _ in twin} == {"", "dropped", "before_start", "after_end"}


# ── worked by hand ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_sign_of_the_phase():
    one, two = at_25_fps("one"), at_25_fps("two")
    _, later = frame_map(timeline(tied(one), tied(two, 0.01))).cameras
    assert later.frame.tolist() == list(range(25))
    assert later.phase_seconds == pytest.approx(0.01)


@pytest.mark.parametrize("phase_seconds", [-0.019, -0.01, 0.0, 0.01, 0.019])
def test_one_lost_frame_is_one_dropped_row(phase_seconds):
    ticks = np.delete(40 * np.arange(25), 7)
    found = one_row_per_frame(at_25_fps("one"), tied(filmed("two", ticks), phase_seconds))
    assert [row for row, (_, word) in enumerate(found) if word] == [7]
    assert found[7][1] == "dropped"


def test_rows_before_and_after_the_camera_end_where_half_an_interval_ends():
    found = one_row_per_frame(at_25_fps("one"), tied(filmed("two", 40 * np.arange(5)), 0.2199))
    words = [word for _, word in found]
    assert words == ["before_start"] * 5 + [""] * 5 + ["after_end"] * 15
    assert [frame for frame, word in found if not word] == [0, 1, 2, 3, 4]


def test_halfway_between_two_frames_the_earlier_is_taken_however_time_bases_round():
    one = filmed("one", 256 * np.arange(60), Fraction(1, 15360))
    two = filmed("two", 3000 * np.arange(30), Fraction(1, 90000))
    assert one_row_per_frame(one, tied(two)) == [(row // 2, "") for row in range(60)]


def test_a_slower_camera_repeats_frames_without_a_word():
    found = one_row_per_frame(at_25_fps("one"), tied(filmed("two", 50 * np.arange(20))))
    assert found[:6] == [(0, ""), (1, ""), (2, ""), (2, ""), (3, ""), (4, "")]
    assert {word for _, word in found} == {""}


def test_a_camera_of_the_same_rate_that_is_late_shows_a_frame_twice():
    ticks = 40 * np.arange(25)
    ticks[[8, 9]] = 340, 381
    found = one_row_per_frame(at_25_fps("one"), tied(filmed("two", ticks)))
    assert found[7:11] == [(7, ""), (8, ""), (8, "duplicated"), (10, "")]
    assert [row for row, (_, word) in enumerate(found) if word] == [9]


def test_29_97_beside_30_fps_shows_one_frame_in_a_thousand_twice():
    one, two = (filmed(id, step * np.arange(1500), Fraction(1, 90000)) for id, step in (("one", 3000), ("two", 3003)))
    found = one_row_per_frame(one, tied(two))
    assert [row for row, (_, word) in enumerate(found) if word] == [501]


def test_the_reference_is_its_own_frame_map():
    cameras = frame_map(timeline(tied(filmed("one", [3, 40, 90, 91, 500])), tied(at_25_fps("two")))).cameras
    assert cameras[0].frame.tolist() == [0, 1, 2, 3, 4]
    assert not cameras[0].gap.any()
    assert not cameras[0].phase_seconds.any()


# ── who has columns ───────────────────────────────────────────────────────────────────────────────────────────────


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def recorder(id: str) -> Recording:
    return Recording(id, Path(f"{id}.wav"), "0" * 64, None, SoundTrack(0, 48000, 1, 0.0, 60.0))


def test_cameras_that_are_not_tied_have_no_columns(tmp_path):
    untied = CameraClock(at_25_fps("lost"), Verdict.AMBIGUOUS, ("Two peaks.",))
    write_frame_map(
        frame_map(timeline(tied(at_25_fps("one")), untied, tied(at_25_fps("two"), 0.96))), tmp_path / "frames.csv"
    )
    lines = (tmp_path / "frames.csv").read_text().splitlines()
    assert lines[0] == (
        "ref_seconds,one_frame,one_pts_seconds,one_phase_seconds,one_gap,two_frame,two_pts_seconds,two_phase_seconds,two_gap"
    )
    assert lines[1] == "0.000000000,0,0.000000000,0.000000000,,,,,before_start"
    assert lines[-1] == "0.960000000,24,0.960000000,0.000000000,,0,0.000000000,0.000000000,"
    assert len(lines) == 26


def test_beside_a_sound_recorder_the_rows_are_the_first_cameras_frames_on_its_clock():
    found = frame_map(timeline(tied(recorder("mic")), tied(at_25_fps("one"), 5.0), tied(at_25_fps("two"), 4.0)))
    assert [camera.id for camera in found.cameras] == ["one", "two"]
    assert found.reference_seconds == pytest.approx(5 + 0.04 * np.arange(25))
    assert found.cameras[0].frame.tolist() == list(range(25))


def test_sound_alone_is_a_header_without_rows(tmp_path):
    write_frame_map(frame_map(timeline(tied(recorder("mic")), tied(recorder("mic-2")))), tmp_path / "frames.csv")
    assert (tmp_path / "frames.csv").read_text() == "ref_seconds\n"


def test_any_file_name_makes_a_readable_header(tmp_path):
    id = 'left, "far" 🎥\n=1+1\udcff'
    write_frame_map(frame_map(timeline(tied(at_25_fps(id)))), tmp_path / "frames.csv")
    assert read(tmp_path / "frames.csv")[3][id.replace("\udcff", "\\udcff") + "_frame"] == "3"


def test_an_hour_is_written_in_little_memory(tmp_path):
    hour = np.arange(108_000)
    one = tied(filmed("one", 3003 * hour, Fraction(1, 90000)))
    two = tied(filmed("two", 3000 * hour, Fraction(1, 90000)), -1.0, 2e-5)
    whole = frame_map(timeline(one, two))
    tracemalloc.start()
    write_frame_map(whole, tmp_path / "frames.csv")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2e6
    last = read(tmp_path / "frames.csv")[-1]
    assert (last["one_frame"], last["two_gap"]) == ("107999", "after_end")


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "taken").touch()
    with pytest.raises(InputError, match="taken: file exists"):
        write_frame_map(frame_map(timeline(tied(at_25_fps("one")))), tmp_path / "taken" / "frames.csv")
