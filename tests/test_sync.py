"""The whole way from files to a timeline, on scenes whose clocks are known exactly."""

import numpy as np
import pytest

import viewsync
from footage import CAMERAS, three_cameras, two_with_sound, write_wav
from viewsync.types import InputError, Search, Verdict


def true_offset(camera: str, reference: str = "front") -> float:
    return CAMERAS[camera].offset_seconds - CAMERAS[reference].offset_seconds


def test_three_cameras_by_motion():
    told = []
    timeline = viewsync.sync(three_cameras(), progress=lambda *step: told.append(step))
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
    first, second = (viewsync.sync(three_cameras(), reference=name) for name in ("front", "side"))
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
