"""A folder of chapters is the file that the camera would have written: same frames, same sound, same times."""

import hashlib
import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from chaptered import RATE, SOUND_RATE, cut, film

import viewsync
from footage import NOT_POSES, two_with_sound
from viewsync.media import frames, probe, probe_all, sound, still
from viewsync.media.container import opened_recording
from viewsync.store import Store
from viewsync.sync import extract_all
from viewsync.types import InputError

VIDEOS = [
    ("mp4", "libx264", "aac"),
    ("mp4", "libx265", "aac"),
    ("mov", "mjpeg", "pcm_s16le"),
    ("mts", "libx264", "ac3"),
]
SOUNDS = [("wav", None, "pcm_s24le"), ("flac", None, "flac"), ("m4a", None, "aac")]


def whole_and_chapters(folder: Path, suffix: str, video: str | None, heard: str, number: int = 7) -> tuple:
    whole = film(folder / f"whole.{suffix}", video, heard)
    (folder / "cam").mkdir()
    cut(whole, [folder / "cam" / f"{chapter:05d}.{suffix}" for chapter in range(number)])
    return probe(whole), probe(folder / "cam")


@pytest.mark.parametrize(("suffix", "video", "heard"), VIDEOS)
def test_frames_are_those_of_the_uncut_file(tmp_path, suffix, video, heard):
    whole, cam = whole_and_chapters(tmp_path, suffix, video, heard)
    assert (cam.id, len(cam.parts)) == ("cam", 7)
    # MPEG-TS doesn't begin at 0, but a folder always does.
    assert cam.video.time_base == whole.video.time_base
    np.testing.assert_array_equal(cam.video.pts - cam.video.pts[0], whole.video.pts - whole.video.pts[0])
    with opened_recording(cam) as container:
        packets = [packet.pts for packet in container.demux(container.streams[0]) if packet.size]
    assert sorted(packets) == cam.video.pts.tolist()
    for one, other in zip(frames(whole), frames(cam), strict=True):
        assert one.index == other.index
        np.testing.assert_array_equal(one.gray, other.gray)
    for seconds in (0.0, 0.3, 1.1, 2.2, 3.95):
        np.testing.assert_array_equal(
            still(whole, whole.first_pts_seconds + seconds), still(cam, cam.first_pts_seconds + seconds)
        )


@pytest.mark.parametrize(("suffix", "video", "heard"), [*VIDEOS, *SOUNDS])
def test_no_sample_is_lost_or_doubled_or_late(tmp_path, suffix, video, heard):
    whole, cam = whole_and_chapters(tmp_path, suffix, video, heard)
    moved = whole.first_pts_seconds - cam.first_pts_seconds
    assert cam.sound.start_seconds == pytest.approx(whole.sound.start_seconds - moved, abs=1e-4)
    # Where sound starts late, the MOV that is written here states its end too early by as much.
    assert cam.sound.duration_seconds == pytest.approx(whole.sound.duration_seconds, abs=0.012)
    expected, heard_again = sound(whole, SOUND_RATE), sound(cam, SOUND_RATE)
    first = round((expected.start_seconds - moved - heard_again.start_seconds) * SOUND_RATE)
    assert first == 0
    length = min(len(expected.samples), len(heard_again.samples))
    assert length > 3.99 * SOUND_RATE
    # Cutting leaves out the frame that primes an AAC decoder, and with it half of the first one's overlap.
    np.testing.assert_allclose(heard_again.samples[1024:length].astype(int), expected.samples[1024:length], atol=1)


def test_a_chapter_for_every_frame(tmp_path):
    whole = film(tmp_path / "whole.mov", "mjpeg", None)
    (tmp_path / "cam").mkdir()
    cut(whole, [tmp_path / "cam" / f"{number}.mov" for number in range(120)])
    cam = probe(tmp_path / "cam")
    np.testing.assert_array_equal(cam.video.pts, probe(whole).video.pts)
    assert [frame.index for frame in frames(cam)] == list(range(120))


def test_chapters_with_times_in_whole_milliseconds(tmp_path):
    chapter = film(tmp_path / "one.mkv", sound=None)
    (tmp_path / "cam").mkdir()
    for number in range(20):
        shutil.copy(chapter, tmp_path / "cam" / f"{number}.mkv")
    one, cam = probe(chapter), probe(tmp_path / "cam")
    per_chapter = one.video.pts.size
    begins = cam.video.pts_seconds[::per_chapter] - cam.video.pts_seconds[0]
    # The first and the last frame's times of a chapter are rounded by half a millisecond each.
    exact = per_chapter * np.arange(20) / float(RATE)
    assert np.abs(begins - exact).max() < 0.001 * 19 + 0.001


def test_sync_takes_a_folder_for_the_file(tmp_path):
    front, side = two_with_sound()
    chapters = [tmp_path / "side" / f"GX{chapter:02d}0042.MP4" for chapter in (1, 2)]
    chapters[0].parent.mkdir()
    cut(side, chapters)
    as_file, as_folder = (
        viewsync.sync([front, given], cues=NOT_POSES).by_id["side"] for given in (side, chapters[0].parent)
    )
    assert as_folder.offset_seconds == pytest.approx(as_file.offset_seconds, abs=5e-4)
    assert as_folder.offset_std_seconds == pytest.approx(as_file.offset_std_seconds, rel=0.2)


@pytest.mark.parametrize(
    "names",
    [
        ("GX010123.MP4", "GX020123.MP4", "GX100123.MP4"),
        ("GOPR0123.MP4", "GP010123.MP4", "GP020123.MP4"),
        ("DJI_0009.MP4", "DJI_0010.MP4", "DJI_0011.MP4"),
        ("00001.MP4", "00002.MP4", "00010.MP4"),
        ("part1.mp4", "part2.mp4", "part10.mp4"),
    ],
)
def test_chapters_in_the_order_of_recording_and_side_files_left_out(tmp_path, names):
    whole = film(tmp_path / "whole.mp4", sound=None)
    folder = tmp_path / "cam"
    folder.mkdir()
    paths = cut(whole, [folder / name for name in names])
    for beside in ("GL010123.LRV", "GX010123.THM", "C0001M01.XML", ".DS_Store", "._00001.MP4", "notes.txt", "photo.JPG"):
        (folder / beside).write_bytes(b"beside")
    shutil.copy(film(tmp_path / "a.wav", None, "pcm_s16le"), paths[0].with_suffix(".wav"))
    cam = probe(folder)
    assert [part.path for part in cam.parts] == paths
    assert cam.sha256 == hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    np.testing.assert_array_equal(cam.video.pts, probe(whole).video.pts)


def test_recorder_files_follow_one_another(tmp_path):
    whole = film(tmp_path / "whole.wav", None, "pcm_s24le")
    folder = tmp_path / "zoom"
    folder.mkdir()
    names = ("ZOOM0001.WAV", "ZOOM0001_0002.WAV", "ZOOM0001_0010.WAV")
    assert [part.path for part in probe(folder.parent / "whole.wav").parts] == []
    paths = cut(whole, [folder / name for name in names])
    zoom = probe(folder)
    assert [part.path for part in zoom.parts] == paths
    assert sum(part.duration_seconds for part in zoom.parts) == pytest.approx(4)


def test_a_folder_with_one_file_is_that_file(tmp_path):
    (tmp_path / "left.cam").mkdir()
    path = film(tmp_path / "left.cam" / "clip.mp4")
    cam = probe(tmp_path / "left.cam")
    assert (cam.id, cam.path, cam.parts) == ("left.cam", path, ())
    with pytest.raises(InputError, match="same recording"):
        probe_all([tmp_path / "left.cam", path])


def test_any_name_can_be_a_chapter(tmp_path):
    whole = film(tmp_path / "whole.mp4", sound=None)
    folder = tmp_path / 'it\'s 100%03d \\ "here" 😀: no'
    folder.mkdir()
    cut(whole, [folder / f"'{number}' %d:\\'x.mp4" for number in range(2)])
    np.testing.assert_array_equal(probe(folder).video.pts, probe(whole).video.pts)


def fault(folder: Path) -> str:
    with pytest.raises(InputError) as caught:
        probe(folder)
    return str(caught.value)


def test_folders_that_are_no_recording(tmp_path):
    assert "it is empty" in fault(tmp_path)
    (tmp_path / "DCIM").mkdir()
    assert "only folders (DCIM)" in fault(tmp_path)
    (tmp_path / "DCIM" / "readme.txt").write_text("no film")
    assert "only readme.txt" in fault(tmp_path / "DCIM")


def test_two_recordings_in_one_folder(tmp_path):
    for name in ("GX010123.MP4", "GX020123.MP4", "GX010124.MP4"):
        (tmp_path / name).write_bytes(b"never opened")
    said = fault(tmp_path)
    assert "2 recordings" in said
    assert "GX010124.MP4" in said


def test_sound_beside_other_things(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"never opened")
    (tmp_path / "ZOOM0001.WAV").write_bytes(b"never opened")
    assert "input of its own" in fault(tmp_path)
    (tmp_path / "clip.mp4").unlink()
    for track in ("Tr1", "Tr2"):
        (tmp_path / f"ZOOM0002_{track}.WAV").write_bytes(b"never opened")
    assert "at the same time" in fault(tmp_path)


def test_files_that_differ(tmp_path):
    film(tmp_path / "1.mp4")
    film(tmp_path / "2.mp4", sound=None)
    assert "differ in sound" in fault(tmp_path)
    film(tmp_path / "2.mp4", "libx265")
    assert "differ in codec: h264 and hevc" in fault(tmp_path)


def test_a_damaged_chapter_is_named(tmp_path):
    whole = film(tmp_path / "whole.mts", sound="ac3")
    (tmp_path / "cam").mkdir()
    paths = cut(whole, [tmp_path / "cam" / f"{number}.mts" for number in range(2)])
    paths[1].write_bytes(b"")
    assert "1.mts is empty" in fault(tmp_path / "cam")


@pytest.mark.parametrize(
    ("clocks", "separate"),
    [
        (("10:00:00", "10:00:02"), False),
        (("10:00:00", "10:00:00"), False),
        (("10:00:00", "10:00:04"), False),
        (("10:00:00", "10:00:30"), True),
        (("10:00:00", "09:00:00"), False),
    ],
)
def test_takes_with_a_pause_between_them_are_not_chapters(tmp_path, clocks, separate):
    whole = film(tmp_path / "whole.mp4", sound=None)
    folder = tmp_path / "cam"
    folder.mkdir()
    metadata = [{"creation_time": f"2024-05-01T{clock}Z"} for clock in clocks]
    cut(whole, [folder / "C0001.MP4", folder / "C0002.MP4"], metadata)
    if separate:
        said = fault(folder)
        assert "C0002.MP4 begins 28 s after C0001.MP4 has ended" in said
    else:
        assert probe(folder).video.pts.size == probe(whole).video.pts.size


def test_durations_are_whole_microseconds(tmp_path):
    _, cam = whole_and_chapters(tmp_path, "mp4", "libx264", "aac", 3)
    assert all((part.duration_seconds * Fraction(1_000_000)).denominator == 1 for part in cam.parts)


def test_what_was_kept_of_chapters_is_not_used_for_them_joined_to_one_file(tmp_path):
    whole, folder = film(tmp_path / "joined.ts"), tmp_path / "chapters"
    folder.mkdir()
    content = whole.read_bytes()
    with av.open(str(whole)) as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.is_keyframe]
    # A chapter begins with the table of programs (number 0), which stands before each key frame.
    tables = [place for place in range(0, len(content), 188) if content[place + 1] & 31 == content[place + 2] == 0]
    split = max(place for place in tables if place < places[len(places) // 2])
    (folder / "0.ts").write_bytes(content[:split])
    (folder / "1.ts").write_bytes(content[split:])
    recordings = [probe(folder), probe(whole)]
    assert recordings[0].sha256 == recordings[1].sha256
    store = Store(tmp_path / "cache")
    for recording in recordings:
        signals = extract_all([recording], ["motion"], store, lambda *step: None)
        assert signals[recording.id]["motion"].start_seconds == recording.first_pts_seconds
