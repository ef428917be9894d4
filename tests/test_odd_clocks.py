"""Clocks that run at wrong rates, from drawn scenes and generated sound to a timeline that says so."""

import pytest

from filmed import error_seconds, filmed, heard, small, synced
from viewsync.types import Verdict
from viewsync.worlds.drawn import Scene, sound_track

SCENE = Scene(seed=11, bodies=2)
SECONDS = 50.0
FIRST = small(1, 10, duration_seconds=SECONDS)
# What 30000/1001 fps tagged 30 looks like: a clock that counts 1000 s where 1001 pass.
RETAGGED = small(2, 85, duration_seconds=SECONDS, offset_seconds=4.3, rate_ppm=1000.0)
TRACK = sound_track(7, 80.0)


def test_pictures_tagged_30_but_recorded_at_29_97():
    timeline = synced(filmed("a", SCENE, FIRST), filmed("b", SCENE, RETAGGED), reference="a")
    (pair,) = timeline.pairs
    assert abs(error_seconds(pair, 4.3, 1e-3)) < 3 * pair.offset_std_seconds
    camera = timeline.by_id["b"]
    assert camera.rate == pytest.approx(1e-3, abs=3 * camera.rate_std)
    assert camera.rate_std < 200e-6
    assert camera.reasons == (f"Its clock runs {camera.rate * 1e6:+.0f} ppm: recorded at 29.97 fps, tagged 30.",)


def test_the_sound_beside_such_pictures_is_not_simply_overruled():
    # The sound's own clock is right.
    pictures, signals = filmed("b", SCENE, RETAGGED)
    _, right = heard("b", TRACK, duration_seconds=SECONDS, offset_seconds=4.3)
    timeline = synced(filmed("a", SCENE, FIRST, TRACK), (pictures, signals | right), reference="a")
    (pair,) = timeline.pairs
    assert "the clock is that of the pictures" in " ".join(pair.reasons)
    assert "recorded at 29.97 fps, tagged 30" in " ".join(timeline.by_id["b"].reasons)
    assert pair.rate == pytest.approx(1e-3, abs=3 * pair.rate_std)


def test_a_sound_recorder_whose_clock_is_far_off():
    recorder = heard("b", TRACK, duration_seconds=40.0, offset_seconds=3.5, rate_ppm=-1e6 / 1001)
    timeline = synced(heard("a", TRACK, duration_seconds=40.0), recorder, reference="a")
    (pair,) = timeline.pairs
    assert pair.offset_seconds == pytest.approx(3.5, abs=0.006)
    assert 1e6 * pair.rate == pytest.approx(-999, abs=30)
    assert "sound pulled down" in " ".join(timeline.by_id["b"].reasons)


def test_unrelated_sounds_stay_apart_at_every_rate():
    made = [heard(name, sound_track(200 + n, 24.0), duration_seconds=21.0) for n, name in enumerate("ab")]
    assert synced(*made).pairs[0].verdict is not Verdict.TIED


@pytest.mark.parametrize(("fps", "jitter_share", "dropped_share"), [(25.0, 0.0, 0.0), (59.94, 0.0, 0.0), (30.0, 0.6, 0.1)])
def test_cameras_of_different_and_variable_frame_rates(fps, jitter_share, dropped_share):
    first = small(1, 10, duration_seconds=12.0)
    other = small(
        3, 60, fps=fps, jitter_share=jitter_share, dropped_share=dropped_share, duration_seconds=12.0, offset_seconds=1.37
    )
    timeline = synced(filmed("a", SCENE, first), filmed("b", SCENE, other), reference="a")
    camera = timeline.by_id["b"]
    assert camera.offset_seconds == pytest.approx(1.37, abs=3 * camera.offset_std_seconds)
    assert camera.rate is None
    assert camera.reasons == ()
