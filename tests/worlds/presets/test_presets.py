"""Every preset's world, tiny; and one frame of each camera of it."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewsync.calibration import read_wildtrack, write_wildtrack
from viewsync.types import InputError
from viewsync.worlds.cameras.lens import OAK_D, PHONE, SURVEILLANCE, ZED
from viewsync.worlds.film.shot import shoot
from viewsync.worlds.presets import PRESETS, preset_named
from viewsync.worlds.presets.usual import Usual, cropped
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.truth.formats import require_known

DATA = Path(__file__).parents[3].parent / "shared" / "data"
# Before any picture is drawn: an LLVM that comes with torch and that of Mesa get on in this order only.
pytest.importorskip("anny")

pytestmark = pytest.mark.opengl
TINY = Wishes(size=(96, 64), seconds=0.4, people=2)
CAMERAS = {
    "stereo": 2, "pair": 2, "group": 2, "street": 3, "pets": 3, "walker": 3, "lab": 4, "plaza": 7, "theatre": 3,
}  # fmt: skip


@cache
def tiny(name, seed=7):
    return preset_named(name).build(preset_named(name).scene_name(0), seed, TINY)


def present(world, seconds):
    return sum(person.performance.present(np.atleast_1d(seconds)).astype(int) for person in world.people)


_LIKE_OTHERS = ("group", "pets", "lab", "theatre")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in _LIKE_OTHERS else ()) for name in PRESETS]
)
def test_a_preset_shows_its_place_and_people(name):
    world = tiny(name)
    assert len(world.cameras) == CAMERAS[name]
    assert len({camera.name for camera in world.cameras}) == CAMERAS[name]
    assert [person.id for person in world.people] == list(range(1, len(world.people) + 1))
    require_known(preset_named(name).truth)
    seen = False
    for camera in world.cameras:
        shot = next(shoot(world, camera))
        assert shot.picture.shape == (64, 96, 3)
        assert shot.picture.std() > 3, "an even picture shows nothing"
        seen |= bool((shot.sightings.visible_shares > 0.2).any())
    if name != "stereo":
        assert seen, "no camera shows anybody"
        assert present(world, np.array([0.0, 0.2, world.duration_seconds])).min() >= 1


def test_a_seed_makes_one_world():
    world, again = tiny("walker"), preset_named("walker").build("walker-0000", 7, TINY)
    assert repr([again.place, again.cameras]) == repr([world.place, world.cameras])
    seconds = np.linspace(0, 1, 5)
    for one, other in zip(world.people, again.people, strict=True):
        assert np.array_equal(one.performance.poses(seconds).rotations, other.performance.poses(seconds).rotations)
        assert np.array_equal(one.clothes.texture, other.clothes.texture)


def test_another_seed_makes_another_world():
    one, other = tiny("stereo", 1), tiny("stereo", 2)
    assert repr(one.place) != repr(other.place)
    assert repr(one.cameras) != repr(other.cameras)


def test_stereo_has_seven_sets():
    """Table I of the stereo paper: two makes; p: the camera moves, m: people do, pm: both; two places."""
    preset = preset_named("stereo")
    names = [preset.scene_name(number) for number in range(9)]
    assert names[:7] == [f"{name}-0000" for name in ("zed_p", "zed_p2", "zed_m", "zed_pm", "oak_p", "oak_m", "oak_pm")]
    assert names[7:] == ["zed_p-0001", "zed_p2-0001"]
    one = Wishes(size=(96, 64), seconds=0.4, people=1)
    worlds = [preset.build(name, 3, one) for name in names[:7]]
    for world in worlds:
        motion = world.name.partition("-")[0].split("_")[1]
        left, right = world.cameras
        _, positions = left.mount.view(np.array([0.0, world.duration_seconds / 2]))
        assert np.ptp(positions, axis=0).any() == motion.startswith("p")
        assert bool(world.people) == motion.endswith("m")
        assert left.clock == right.clock
        apart = np.linalg.norm(right.mount.view(np.zeros(1))[1] - left.mount.view(np.zeros(1))[1])
        assert apart == pytest.approx(0.12 if world.name.startswith("zed") else 0.075)
        assert left.sensor.gray == world.name.startswith("oak")
    assert len({world.place.kind for world in worlds}) == 2


def test_a_crowd_varies_at_least_fourfold():
    world = preset_named("pets").build("pets-0000", 1, Wishes(seconds=20, people=5))
    counts = present(world, np.arange(0, 20, 0.5))
    assert 5 >= counts.max() >= 4 * counts.min() > 0


def test_in_the_lab_actions_are_those_of_human36m():
    world = preset_named("lab").build("lab-0000", 3, Wishes(seconds=10))
    (person,) = world.people
    actions = set(person.performance.actions(np.arange(0, 10, 0.1)))
    assert actions <= {
        "directions", "discussion", "eating", "greeting", "phoning", "posing", "purchases", "sitting", "sitting_down",
        "smoking", "taking_photo", "waiting", "walking", "walking_dog", "walking_together", "walk", "stand", "jog",
    }  # fmt: skip
    assert len(actions) >= 2


def test_real_cameras_are_taken_over(tmp_path):
    made = [camera.at(0.0) for camera in tiny("plaza").cameras]
    write_wildtrack(made, tmp_path)
    wishes = Wishes(size=(960, 540), seconds=0.4, people=1, cameras=preset_named("plaza").real_cameras(tmp_path))
    world = preset_named("plaza").build("plaza-0000", 1, wishes)
    points = np.array([[1.0, 2.0, 0.0], [0.0, 5.0, 1.0], [2.0, 9.0, 0.5]])
    for camera, real in zip(world.cameras, read_wildtrack(tmp_path), strict=True):
        # The published pictures have 1920 × 1080 pixels: twice as many each way.
        assert (camera.at(0.0).project(points) + 0.5) * 2 == pytest.approx(real.project(points) + 0.5, rel=1e-6, abs=1e-3)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow if name != "lab" else ()) for name in PRESETS if preset_named(name).still],
)
def test_scenes_of_one_place_seed_differ_in_people_only(name):
    preset = preset_named(name)
    wishes = Wishes(size=(96, 64), seconds=0.4, people=2, place_seed=7)
    one, other = (preset.build(preset.scene_name(0), seed, wishes) for seed in (1, 2))
    assert str(one.cameras) == str(other.cameras)
    assert str(one.place) == str(other.place) == str(tiny(name, seed=7).place)
    assert str(one.people) != str(other.people)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("pets", "pets2009/datasets/PETS-2009/data/calibration"),
        ("lab", "human36m_cameras/camera-parameters.json"),
        ("plaza", "wildtrack/datasets/Wild-Track/calibrations"),
    ],
)
def test_published_cameras_are_taken_over(name, path):
    if not (DATA / path).exists():
        pytest.skip(f"needs ../shared/data/{path}")
    cameras = preset_named(name).real_cameras(DATA / path)
    assert len(cameras) == CAMERAS[name]


@pytest.mark.parametrize("name", ["pair", "street"])
def test_who_has_no_model_takes_no_cameras(name, tmp_path):
    with pytest.raises(InputError, match=f"--cameras: {name} isn't modelled after real cameras"):
        preset_named(name).real_cameras(tmp_path)


def test_missing_views_are_named(tmp_path):
    with pytest.raises(InputError, match=r"has no View_\*\.xml"):
        preset_named("pets").real_cameras(tmp_path)
    source = DATA / "pets2009/datasets/PETS-2009/data/calibration/View_001.xml"
    if source.exists():
        (tmp_path / "View_001.xml").write_bytes(source.read_bytes())
        with pytest.raises(InputError, match="lacks View_002, View_003 of PETS2009"):
            preset_named("pets").real_cameras(tmp_path)


@pytest.mark.parametrize(("name", "people"), [("pair", 500), ("walker", 100), ("pets", 900), ("theatre", 90), ("lab", 3)])
def test_too_many_people_are_refused(name, people):
    with pytest.raises(InputError, match=r"people can't walk on a ground|room for 2"):
        preset_named(name).build(f"{name}-0000", 1, Wishes(people=people, seconds=0.4))


@pytest.mark.parametrize("name", ["pair", "lab", "stereo"])
def test_a_world_may_be_empty(name):
    assert preset_named(name).build(preset_named(name).scene_name(0), 1, Wishes(people=0, seconds=0.4)).people == ()


def test_unknown_presets_are_refused_with_those_there_are():
    with pytest.raises(InputError, match=r"no preset is called 'paris'\. Choose one of: stereo \(.*theatre \("):
        preset_named("paris")


@given(
    width=st.integers(32, 2048).map(lambda n: 2 * n),
    height=st.integers(32, 2048).map(lambda n: 2 * n),
    lens=st.sampled_from([PHONE, ZED, OAK_D, SURVEILLANCE]),
)
def test_a_cropped_lens_sees_what_the_whole_one_does(width, height, lens):
    small = cropped(lens, width, height)
    assert (small.width, small.height) == (width, height)
    middle = np.array([0.0, 0.0, 1.0])
    # What is in the middle stays there.
    shift = small.project(middle) - (np.array([width, height]) - 1) / 2
    whole = lens.project(middle) - (np.array([lens.width, lens.height]) - 1) / 2
    scale = max(width / lens.width, height / lens.height)
    assert shift == pytest.approx(scale * whole, abs=1.0)
    # The whole width or height is used.
    assert small.focal_pixels[0] / lens.focal_pixels[0] == pytest.approx(scale, rel=0.02)


def test_usual_settings_give_way_to_wishes():
    usual = Usual(seconds=10, people=1, size=(640, 360), fps=30, sound=True)
    asked = usual.but(Wishes(people=0, sound=False, max_offset_seconds=1.5))
    assert (asked.people, asked.sound, asked.max_offset_seconds, asked.fps) == (0, False, 1.5, 30)


@given(seed=st.integers(0, 1000), offset=st.floats(0, 3600), rate=st.floats(0, 10_000))
def test_every_frame_is_within_the_world(seed, offset, rate):
    usual = Usual(5, 1, (64, 64), 30, max_offset_seconds=offset, max_rate_ppm=rate, jitter_share=0.9, readout_seconds=0.01)
    clock = usual.clock(np.random.default_rng(seed))
    seconds = clock.world_seconds(clock.ticks() / 90_000)
    assert seconds.min() >= 0
    assert seconds.max() <= usual.world_seconds


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"seconds": 0.0}, "--seconds must be from 0.1"),
        ({"seconds": float("nan")}, "--seconds must be from 0.1"),
        ({"people": -1}, "--people must be from 0"),
        ({"size": (65, 64)}, "--size: width must be even for H.264, got 65"),
        ({"size": (64, 8)}, "--size: height must be from 64 to 4096, got 8"),
        ({"size": (640, 5000)}, "--size: height must be from 64 to 4096"),
        ({"fps": 0.0}, "--fps must be from 0.1"),
        ({"jitter_share": 1.0}, "--jitter must be from 0 to 0.9"),
        ({"dropped_share": 1.0}, "--dropped must be from 0 to 0.9"),
        ({"max_rate_ppm": -1.0}, "--max-rate-ppm must be from 0"),
        ({"blur_samples": 4}, "--blur must be odd"),
    ],
)
def test_wishes_out_of_range_are_refused(wish, said):
    with pytest.raises(InputError, match=said):
        Wishes(**wish)
