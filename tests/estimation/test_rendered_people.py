"""People who were rendered are found where they are."""

import numpy as np
import pytest

from viewsync.estimation.thunder import WEIGHTS
from viewsync.estimation.videos import estimate_all
from viewsync.media.probe import probe


@pytest.mark.slow
@pytest.mark.opengl
def test_rendered_people_are_found_where_they_are(tmp_path):
    from viewsync.worlds.keypoints import seen_poses
    from viewsync.worlds.order import Order
    from viewsync.worlds.presets import preset_named
    from viewsync.worlds.presets.wishes import Wishes
    from viewsync.worlds.render import render

    wishes = Wishes(seconds=1, fps=8, size=(640, 360), people=1)
    order, preset = Order("pair", 0, 1, wishes, ()), preset_named("pair")
    render(order, preset, tmp_path, 2, lambda task, done, whole: None)
    world = preset.build(preset.scene_name(0), order.seed_of(0), wishes)
    films = [probe(tmp_path / preset.scene_name(0) / f"{camera.name}.mp4") for camera in world.cameras]
    found = estimate_all(films, refine=WEIGHTS)
    for camera in world.cameras:
        true, poses = seen_poses(world, camera, noise_pixels=0.0, seed=0), found[camera.name]
        np.testing.assert_array_equal(poses.frames, np.arange(8))
        off = np.linalg.norm(poses.pixels - true.pixels[np.isin(true.frames, poses.frames)], axis=2)
        assert np.nanmedian(off) < 4
