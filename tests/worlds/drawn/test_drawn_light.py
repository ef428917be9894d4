"""Light that a shutter catches, worked by hand."""

from dataclasses import replace

import numpy as np

from viewsync.worlds.drawn import Light, Scene, SketchCamera, render

OPENS = np.array([0.0, 1.0, 2.0, 3.0])


def test_a_row_catches_as_much_of_a_flash_as_falls_into_its_exposure():
    flash = Light(2.0, strength=0.8, flash_seconds=1.0)
    np.testing.assert_allclose(flash.caught(OPENS, OPENS + 0.5), [0.0, 0.0, 0.4, 0.0])
    np.testing.assert_allclose(flash.caught(OPENS, OPENS + 2.0), [0.4, 0.8, 0.4, 0.0])


def test_a_row_catches_a_lamp_for_the_share_of_its_exposure_that_comes_after():
    lamp = Light(2.5, strength=-0.4, kind="step")
    np.testing.assert_allclose(lamp.caught(OPENS, OPENS + 2.0), [0.0, -0.1, -0.3, -0.4])
    np.testing.assert_allclose(lamp.caught(OPENS, OPENS), [0.0, 0.0, 0.0, -0.4])


def test_the_rows_that_are_open_get_brighter_and_no_others():
    camera = SketchCamera(seed=1, duration_seconds=0.2, readout_seconds=0.02, exposure_seconds=0.005, noise=0.0)
    # Frame 3 begins at 0.1 s; its middle row opens then, and rows a quarter of the height above it closed at 0.1 s.
    dark, lit = (
        np.stack([picture for _, picture in render(Scene(1, lights=lights), camera)]).astype(float)
        for lights in ((), (Light(0.1, flash_seconds=1e-5),))
    )
    np.testing.assert_array_equal(lit[3, 68:90], np.minimum(np.round(1.5 * dark[3, 68:90]), 255))
    np.testing.assert_array_equal(np.delete(lit, np.s_[3], axis=0), np.delete(dark, np.s_[3], axis=0))
    np.testing.assert_array_equal(lit[3, :45], dark[3, :45])
    np.testing.assert_array_equal(lit[3, 91:], dark[3, 91:])
    assert np.all(lit[3, 46:68] >= dark[3, 46:68])


def test_a_scene_whose_lights_come_later_is_the_scene_without_them():
    camera = SketchCamera(seed=1, duration_seconds=0.2)
    late = Scene(1, lights=(Light(50.0),))
    for (_, one), (_, other) in zip(render(late, camera), render(replace(late, lights=()), camera), strict=True):
        np.testing.assert_array_equal(one, other)
