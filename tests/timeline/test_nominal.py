"""Rates in words: which frame rate was written down wrongly, and whose."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from timeline.clocked_cameras import recording, tied
from viewsync.timeline.nominal import with_frame_rates
from viewsync.timeline.solve import solve_timeline
from viewsync.types import SoundTrack, VideoTrack


def camera(name, fps):
    """A recording tagged with a frame rate, or of sound alone."""
    if fps is None:
        return replace(recording(name), video=None, sound=SoundTrack(0, 16000, 1, 0.0, 60.0))
    pts = np.round(np.arange(600) * 90_000 / float(fps)).astype(int)
    return replace(recording(name), video=VideoTrack(0, 160, 90, 0, Fraction(1, 90_000), pts))


def told(rates, *fps, std=5e-6):
    """Reasons per camera, the rates being those of a–b, a–c, …"""
    names = "abcd"[: len(fps)]
    pairs = [
        tied("a", name, 1.0, rate=rate, rate_std=std, offset_rate_covariance=0.0)
        for name, rate in zip(names[1:], rates, strict=True)
    ]
    timeline = solve_timeline([camera(name, one) for name, one in zip(names, fps, strict=True)], pairs, "a")
    return [" ".join(one.reasons) for one in with_frame_rates(timeline).cameras]


NTSC = Fraction(30_000, 1001)


@pytest.mark.parametrize(
    ("rate", "tagged", "recorded"),
    [(1e-3, 30, "29.97"), (1e-3, 60, "59.94"), (1e-3, 24, "23.976"), (-1 / 1001, NTSC, "30")],
)
def test_pictures_tagged_with_the_neighbouring_standard(rate, tagged, recorded):
    (said,) = told([rate], 25, tagged)[1:]
    assert f"recorded at {recorded} fps, tagged {float(tagged):.4g}." in said
    assert said.startswith(f"Its clock runs {rate * 1e6:+.0f} ppm")


def test_of_two_cameras_either_may_be_the_one():
    (said,) = told([1e-3], NTSC, 30)[1:]
    assert said.endswith("recorded at 29.97 fps, tagged 30; or a was recorded at 30 fps, tagged 29.97.")
    (said,) = told([1e-3], NTSC, 25)[1:]
    assert said == "Its clock runs +1000 ppm: a was recorded at 30 fps, tagged 29.97."


def test_if_all_others_are_off_alike_it_is_the_reference():
    first, *others = told([-1 / 1001, -1 / 1001], 30, 25, NTSC)
    assert first == "Its clock runs +1000 ppm: recorded at 29.97 fps, tagged 30."
    assert others == ["", ""]


def test_alike_is_by_distance_not_by_rounding():
    first, *others = told([-1.0495e-3, -1.0505e-3], 30, 25, NTSC, std=25e-6)
    assert "recorded at 29.97 fps, tagged 30" in first
    assert others == ["", ""]


def test_if_one_of_several_is_off_it_is_that_one():
    assert told([1e-3, 0.0], 30, 30, 30) == ["", "Its clock runs +1000 ppm: recorded at 29.97 fps, tagged 30.", ""]


def test_other_rates_say_what_the_frame_rate_would_be():
    assert told([30 / 29.83 - 1], 25, 30)[1] == "Its clock runs +5699 ppm: as if recorded at 29.83 fps, tagged 30."


def test_sound_alone():
    assert told([1e-3], 25, None)[1] == "Its clock runs +1000 ppm, like sound pulled up from 29.97 to 30 fps."
    assert told([-1 / 1001], 25, None)[1] == "Its clock runs -999 ppm, like sound pulled down from 30 to 29.97 fps."
    assert told([4e-4], 25, None)[1] == "Its clock runs +400 ppm."


def test_clocks_that_run_like_clocks_need_no_reason():
    assert told([80e-6, -200e-6], 30, 30, 30) == ["", "", ""]


def test_an_error_bar_is_given_its_due():
    assert "recorded at 29.97" in told([1.2e-3], 25, 30, std=100e-6)[1]
    assert "recorded at 29.96 fps" in told([1.2e-3], 25, 30, std=5e-6)[1]
