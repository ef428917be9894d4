"""Presets with cameras that move: stereo, pair, group."""

from dataclasses import replace

import numpy as np

from viewsync.worlds.cameras.hand import Following, HandHeld
from viewsync.worlds.cameras.lens import ACTION_CAMERA, OAK_D, PHONE, ZED
from viewsync.worlds.cameras.mount import Mount, Static, stereo
from viewsync.worlds.cameras.trolley import Pushed
from viewsync.worlds.cameras.worn import Worn
from viewsync.worlds.crowds.crowd import check_room
from viewsync.worlds.crowds.ground import Ground
from viewsync.worlds.crowds.wander import wander
from viewsync.worlds.people.person import Person
from viewsync.worlds.places.make import make_place
from viewsync.worlds.places.place import Kind, Place
from viewsync.worlds.presets.cast import clothed, performer, repertoire, walkers
from viewsync.worlds.presets.preset import Preset
from viewsync.worlds.presets.usual import Usual, cropped
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.world import World

_BASELINES = {"zed": 0.12, "oak": 0.075}
_ANYWHERE: tuple[Kind, ...] = ("room", "plaza", "street", "lawn")
_Rectangle = tuple[float, float, float, float]
_TROLLEYS_GROUND: _Rectangle = (-4.0, 4.0, -4.0, 4.0)


def _stereo(name: str, seed: int, wishes: Wishes) -> World:
    """Two eyes of one stereo camera: they share a clock, a mount and an exposure."""
    rng = np.random.default_rng([seed, 10])
    maker, motion = name.partition("-")[0].split("_")
    size = (672, 376) if maker == "zed" else (640, 400)
    # From among people, a camera that is pushed sees a few of them only.
    usual = Usual(seconds=20, people=8 if motion == "pm" else 4, size=size, fps=30).but(wishes)
    # Two places, one for each half of the sets.
    kind: Kind = "plaza" if motion in ("p2", "m") else "room"
    floor = (-5.0, 5.0, -5.0, 5.0)
    pushed, peopled = motion.startswith("p"), motion.endswith("m")
    place = make_place(kind, seed, floor, free=_TROLLEYS_GROUND if pushed else None)
    paths = wander(Ground(floor, place.obstacles), usual.people, usual.world_seconds, seed=seed) if peopled else ()
    dressed = clothed(len(paths), usual, place, rng)
    people = walkers(paths, dressed, repertoire(wishes.motions, seed), rng) if paths else ()
    base: Mount = (
        Pushed(seed, _TROLLEYS_GROUND, usual.world_seconds)
        if pushed
        else Static.looking_at(np.array([-7.5, rng.uniform(-3, 3), 1.1]), np.array([0.0, 0.0, 0.9]))
    )
    clock = usual.clock(rng)
    lens = ZED if maker == "zed" else OAK_D
    cameras = tuple(
        usual.camera(eye, lens, mount, rng, clock=clock, gray=maker == "oak")
        for eye, mount in zip(("left", "right"), stereo(base, _BASELINES[maker]), strict=True)
    )
    return World(name, seed, usual.world_seconds, place, people, cameras)


def _pair(name: str, seed: int, wishes: Wishes) -> World:
    usual = Usual(
        seconds=10, people=1, size=(640, 360), fps=30, max_offset_seconds=2, max_rate_ppm=50,
        exposure_seconds=0.01, readout_seconds=0.018, sound=True,
    ).but(wishes)  # fmt: skip
    return _filmed_by_hand(name, seed, wishes, usual)


def _group(name: str, seed: int, wishes: Wishes) -> World:
    usual = Usual(
        seconds=20, people=3 + seed % 2, size=(640, 360), fps=30, max_offset_seconds=2, max_rate_ppm=50,
        exposure_seconds=0.01, readout_seconds=0.018, sound=True,
    ).but(wishes)  # fmt: skip
    world = _filmed_by_hand(name, seed, wishes, usual)
    if seed % 3 or len(world.people) < 2:
        return world
    # In one scene of three, one of the people wears the second camera on the forehead.
    wearer, (first, second) = world.people[-1], world.cameras
    mount, lens = Worn.on_head(wearer.performance, wearer.body.skeleton), cropped(ACTION_CAMERA, *usual.size)
    return replace(world, cameras=(first, replace(second, lens=lens, mount=mount, hides=wearer.id)))


def _filmed_by_hand(name: str, seed: int, wishes: Wishes, usual: Usual) -> World:
    """Two people with phones keep their cameras on the first of those who walk or act before them."""
    rng = np.random.default_rng([seed, 10])
    half = 2.0 + 0.5 * np.sqrt(max(usual.people, 1))
    floor = (-half, half, -half, half)
    if usual.people:
        check_room(Ground(floor), usual.people)
    place = make_place(_ANYWHERE[rng.integers(len(_ANYWHERE))], seed, _grown(floor, 3.0), free=_grown(floor, 3.0))
    people = _doing(usual, wishes, seed, place, floor, rng)
    apart = rng.uniform(0.5, 2.4)
    first = rng.uniform(-np.pi, np.pi)
    cameras = []
    for number, azimuth in enumerate((first, first + apart)):
        distance = half + rng.uniform(1.8, 2.6)
        spot = (distance * float(np.cos(azimuth)), distance * float(np.sin(azimuth)), float(rng.uniform(1.3, 1.7)))
        held: Mount = Following(people[0].performance, spot, seed + number) if people else _toward_middle(spot)
        cameras.append(usual.camera(f"cam{number + 1}", PHONE, HandHeld(held, seed + number, 0.6), rng))
    return World(name, seed, usual.world_seconds, place, people, tuple(cameras))


def _toward_middle(spot: tuple[float, float, float]) -> Static:
    return Static.looking_at(np.array(spot), np.array([0.0, 0.0, 1.0]))


def _grown(floor: _Rectangle, by_metres: float) -> _Rectangle:
    left, right, low, high = floor
    return left - by_metres, right + by_metres, low - by_metres, high + by_metres


def _doing(
    usual: Usual, wishes: Wishes, seed: int, place: Place, floor: _Rectangle, rng: np.random.Generator
) -> tuple[Person, ...]:
    """People who walk about in one half of the scenes, and act each in a place of their own in the other."""
    if usual.people == 0:
        return ()
    dressed, can = clothed(usual.people, usual, place, rng), repertoire(wishes.motions, seed)
    if rng.uniform() < 0.5:
        return walkers(wander(Ground(floor), usual.people, usual.world_seconds, seed=seed), dressed, can, rng)
    turn, ring = rng.uniform(0, 2 * np.pi), 0.0 if usual.people == 1 else floor[1] - 0.8
    angles = turn + 2 * np.pi * np.arange(usual.people) / usual.people
    return tuple(
        performer(
            number + 1, dressed[number], can, rng,
            place_metres=(float(ring * np.cos(angle)), float(ring * np.sin(angle))),
            radius_metres=1.0, end_seconds=usual.world_seconds,
        )
        for number, angle in enumerate(angles)
    )  # fmt: skip


STEREO = Preset(
    "stereo",
    "seven sets of stereo pictures: camera pushed, people walking, or both; two makes of camera, two places",
    _stereo,
    ("calibration",),
    ("zed_p", "zed_p2", "zed_m", "zed_pm", "oak_p", "oak_m", "oak_pm"),
)
PAIR = Preset(
    "pair", "two hand-held cameras on one person, with sound", _pair, ("calibration", "coco", "openpose", "joints3d")
)
GROUP = Preset(
    "group", "two moving cameras on three or four people, in one scene of three one of them worn, with sound", _group,
    ("calibration", "coco", "openpose", "joints3d"),
)  # fmt: skip
