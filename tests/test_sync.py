"""The whole way from files to a timeline, on scenes whose clocks are known exactly."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import viewsync
from footage import CAMERAS, NOT_POSES, three_cameras, two_with_sound, write_wav
from viewsync.outputs.timeline_json import to_json
from viewsync.store import Store
from viewsync.types import InputError, Search, Verdict
from viewsync.worlds.drawn import sound_track


def true_offset(camera: str, reference: str = "front") -> float:
    return CAMERAS[camera].offset_seconds - CAMERAS[reference].offset_seconds


def test_three_cameras_by_motion():
    told = []
    timeline = viewsync.sync(three_cameras(), cues=NOT_POSES, progress=lambda *step: told.append(step))
    assert timeline.reference == "front"
    assert timeline.all_tied
    for camera in timeline.cameras:
        error = camera.offset_seconds - true_offset(camera.id)
        assert abs(error) <= 3 * camera.offset_std_seconds + 1e-9
        assert camera.offset_std_seconds < 0.02
    (cycle,) = timeline.cycles
    assert abs(cycle.residual_seconds) < 4 * cycle.residual_std_seconds
    assert ("front", 300, 300) in told
    assert all(pair.cues[0].name == "motion" for pair in timeline.pairs)


def test_another_reference_is_the_same_timeline():
    first, second = (viewsync.sync(three_cameras(), cues=NOT_POSES, reference=name) for name in ("front", "side"))
    for camera in second.cameras:
        moved = first.by_id[camera.id].offset_seconds - first.by_id["side"].offset_seconds
        assert camera.offset_seconds == pytest.approx(moved, abs=1e-5)


def test_sound_and_picture_agree_and_sound_weighs_more():
    timeline = viewsync.sync(two_with_sound())
    (pair,) = timeline.pairs
    assert pair.verdict is Verdict.TIED
    assert pair.offset_seconds == pytest.approx(true_offset("side"), abs=0.006)
    weights = {cue.name: cue.weight for cue in pair.cues}
    assert weights["audio"] > weights["motion"] > 0
    by_sound = viewsync.sync(two_with_sound(), cues=("audio",)).by_id["side"]
    assert by_sound.offset_seconds == pytest.approx(true_offset("side"), abs=0.002)


def test_a_sound_recorder_beside_cameras(tmp_path):
    from viewsync.media import probe, sound

    heard = sound(probe(two_with_sound()[1]))
    recorder = write_wav(tmp_path / "recorder.wav", heard.samples[16000 * 2 :])
    timeline = viewsync.sync([two_with_sound()[0], recorder])
    assert timeline.by_id["recorder"].offset_seconds == pytest.approx(true_offset("side") + 2.0, abs=0.004)


def test_after_an_error_the_other_files_are_not_read_to_their_ends():
    told = []

    def progress(task, done, whole):
        told.append((task, done))
        if (task, done) == ("front", 5):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        viewsync.sync(three_cameras(), progress=progress)
    assert {task for task, done in told if done >= 250} == set()


def test_inputs_are_not_touched():
    before = [path.read_bytes() for path in two_with_sound()]
    viewsync.sync(two_with_sound(), cues=("motion",))
    assert [path.read_bytes() for path in two_with_sound()] == before


def test_no_overlap_long_enough():
    timeline = viewsync.sync(three_cameras()[:2], search=Search(min_overlap_seconds=30.0))
    assert timeline.by_id["side"].verdict is Verdict.NO_OVERLAP
    assert timeline.by_id["side"].offset_seconds is None


def test_silence_is_no_evidence(tmp_path):
    quiet = [write_wav(tmp_path / f"{name}.wav", np.full(16000 * 5, value)) for name, value in (("a", 0), ("b", 1))]
    timeline = viewsync.sync(quiet)
    assert timeline.by_id["b"].verdict is Verdict.NO_EVIDENCE


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"cues": ("smell",)}, "--cue smell: choose one or more of audio, motion"),
        ({"cues": ()}, "choose one or more of audio, motion"),
        ({"reference": "top"}, "--ref top: no such recording. It must be one of: front, side, back"),
    ],
)
def test_wrong_arguments_are_named(arguments, said):
    with pytest.raises(InputError) as caught:
        viewsync.sync(three_cameras(), **arguments)
    assert said in str(caught.value)


def test_a_second_run_remembers_what_was_read_and_measured(tmp_path):
    copies = [Path(shutil.copy(path, tmp_path)) for path in two_with_sound()]
    done: list[str] = []
    store = Store(tmp_path / "cache")
    first = viewsync.sync(copies, store=store, progress=lambda task, *_: done.append(task))
    kept = {entry.name: entry.stat().st_size for entry in (tmp_path / "cache").iterdir()}
    assert set(done) == {"front", "side", "pairs"}
    done.clear()
    second = viewsync.sync(copies, store=store, progress=lambda task, *_: done.append(task))
    assert set(done) == {"pairs"}  # Nothing was decoded.
    assert kept == {entry.name: entry.stat().st_size for entry in (tmp_path / "cache").iterdir()}
    assert to_json(first, "") == to_json(second, "") == to_json(viewsync.sync(copies), "")


def test_what_was_kept_of_a_file_is_not_used_for_another_in_its_place(tmp_path):
    heard = sound_track(5, 12.0).samples
    store, whole, part = Store(tmp_path / "cache"), write_wav(tmp_path / "whole.wav", heard), tmp_path / "part.wav"
    for start_seconds in (1, 3):
        write_wav(part, heard[16000 * start_seconds :])
        timeline = viewsync.sync([whole, part], store=store, reference="whole")
        assert abs(timeline.by_id["part"].offset_seconds - start_seconds) < 0.001
