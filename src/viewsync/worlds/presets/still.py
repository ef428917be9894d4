"""Presets with cameras that stand still: street, pets, walker, lab, plaza, theatre."""

from pathlib import Path

import numpy as np

from viewsync.calibration.human36m import read_human36m
from viewsync.calibration.pets2009 import read_pets2009
from viewsync.calibration.wildtrack import read_wildtrack
from viewsync.geometry.camera import CalibratedCamera
from viewsync.types import InputError
from viewsync.worlds.cameras.camera import Camera
from viewsync.worlds.cameras.lens import PHONE, SURVEILLANCE
from viewsync.worlds.cameras.mount import Static
from viewsync.worlds.cameras.rigs import (
    PETS2009_GROUND,
    WILDTRACK_GROUND,
    Rig,
    around,
    like_city_street,
    like_human36m,
    like_pets2009,
    like_wildtrack,
)
from viewsync.worlds.crowds.crowd import Count, walk_crowd
from viewsync.worlds.crowds.ground import Ground
from viewsync.worlds.crowds.wander import wander
from viewsync.worlds.places.make import make_place
from viewsync.worlds.places.place import Kind
from viewsync.worlds.presets.cast import clothed, performer, repertoire, walkers
from viewsync.worlds.presets.preset import Preset
from viewsync.worlds.presets.usual import Usual
from viewsync.worlds.presets.wishes import Wishes
from viewsync.worlds.world import GroundMap, World

_HUMAN36M_ACTIONS = (
    "directions", "discussion", "eating", "greeting", "phoning", "posing", "purchases", "sitting", "sitting_down",
    "smoking", "taking_photo", "waiting", "walking", "walking_dog", "walking_together",
)  # fmt: skip
_CITY_MAP = GroundMap(-18.4, -28.28, 0.07625, 640, 768)
"""The size of CityStreet's map, about the ground that the cameras see."""
_PETS_MAP = GroundMap(-30.8, -44.8, 0.1, 608, 708)
"""That of the published projection maps, which hold for heads at 1.75 m."""
_PETS_VIEWS = ("View_001", "View_002", "View_003")


def _cameras(rig: tuple[CalibratedCamera, ...], usual: Usual, rng: np.random.Generator) -> tuple[Camera, ...]:
    return tuple(usual.camera(f"cam{number + 1}", camera.lens, Static.of(camera), rng) for number, camera in enumerate(rig))


def _crowd(
    name: str, seed: int, wishes: Wishes, usual: Usual, kind: Kind, rig: Rig, count: Count, grid: GroundMap | None
) -> World:
    """A crowd on the ground that a rig of cameras sees."""
    there, rng = wishes.chances(seed)
    cameras = _cameras(rig.cameras, usual, there)
    left, right, low, high = rig.ground_metres
    middle_x, middle_y = (left + right) / 2, (low + high) / 2
    free = (middle_x - 0.3 * (right - left), middle_x + 0.3 * (right - left), middle_y - 0.3 * (high - low), high)
    place = make_place(kind, wishes.place_of(seed), rig.ground_metres, free=free)
    paths = walk_crowd(Ground(rig.ground_metres, place.obstacles), usual.world_seconds, count, seed=seed)
    dressed = clothed(len(paths), usual, place, rng)
    people = walkers(paths, dressed, repertoire(wishes.motions, seed), rng)
    return World(name, seed, usual.world_seconds, place, people, cameras, grid)


def _varying(usual: Usual, rng: np.random.Generator) -> Count:
    """A crowd that grows and shrinks at least fourfold, at times of its own."""
    most, end = usual.people, usual.world_seconds
    few = max(1, most // 5)
    top = float(rng.uniform(0.35, 0.65)) * end
    return ((0.0, few), (0.1 * end, few), (top, most), (0.95 * end, few), (end, few))


def _street(name: str, seed: int, wishes: Wishes) -> World:
    usual = Usual(seconds=60, people=60, size=(676, 380), fps=5).but(wishes)
    rig, rng = like_city_street(wishes.place_of(seed)), np.random.default_rng([seed, 11])
    return _crowd(name, seed, wishes, usual, "street", rig, _varying(usual, rng), _CITY_MAP)


def _pets(name: str, seed: int, wishes: Wishes) -> World:
    usual = Usual(seconds=60, people=40, size=(384, 288), fps=7).but(wishes)
    rig, rng = like_pets2009(wishes.place_of(seed)), np.random.default_rng([seed, 11])
    if wishes.cameras is not None:
        rig = Rig(wishes.cameras, PETS2009_GROUND)
    return _crowd(name, seed, wishes, usual, "lawn", rig, _varying(usual, rng), _PETS_MAP)


def _pets_cameras(folder: Path) -> tuple[CalibratedCamera, ...]:
    known = {camera.name: camera for camera in read_pets2009(folder)}
    missing = [view for view in _PETS_VIEWS if view not in known]
    if missing:
        raise InputError(f"--cameras: {folder} lacks {', '.join(missing)} of PETS2009: add their .xml files.")
    return tuple(known[view] for view in _PETS_VIEWS)


def _plaza(name: str, seed: int, wishes: Wishes) -> World:
    usual = Usual(seconds=30, people=25, size=(640, 360), fps=10).but(wishes)
    rig = like_wildtrack(wishes.place_of(seed))
    if wishes.cameras is not None:
        rig = Rig(wishes.cameras, WILDTRACK_GROUND)
    return _crowd(name, seed, wishes, usual, "plaza", rig, usual.people, None)


def _walker(name: str, seed: int, wishes: Wishes) -> World:
    usual = Usual(seconds=20, people=1, size=(640, 360), fps=30, readout_seconds=0.012).but(wishes)
    there, rng = wishes.chances(seed)
    floor = (-3.0, 3.0, -3.0, 3.0)
    place = make_place("room" if there.uniform() < 0.5 else "plaza", wishes.place_of(seed), floor, free=floor)
    ring = around(
        PHONE, 3, float(there.uniform(6.5, 7.5)), float(there.uniform(1.6, 2.6)), first_azimuth_radians=there.uniform(0, 6)
    )
    can, paths = repertoire(wishes.motions, seed), wander(Ground(floor), usual.people, usual.world_seconds, seed=seed)
    people = walkers(paths, clothed(len(paths), usual, place, rng, adults_only=True), can, rng)
    return World(name, seed, usual.world_seconds, place, people, _cameras(ring, usual, there))


def _lab(name: str, seed: int, wishes: Wishes) -> World:
    usual = Usual(seconds=30, people=1, size=(500, 500), fps=50).but(wishes)
    if usual.people > 2:
        raise InputError(f"--people: there is room for 2 who act in the lab at most, got {usual.people}.")
    there, rng = wishes.chances(seed)
    rig = like_human36m(wishes.place_of(seed))
    if wishes.cameras is not None:
        rig = Rig(wishes.cameras, rig.ground_metres)
    place = make_place("lab", wishes.place_of(seed), (-2.5, 2.5, -2.5, 2.5), obstacles=0, margin_metres=5.0)
    can = repertoire(wishes.motions, seed, actions=_HUMAN36M_ACTIONS)
    dressed = clothed(usual.people, usual, place, rng, adults_only=True)
    spots = np.linspace(-0.5, 0.5, usual.people) * (usual.people > 1)
    people = tuple(
        performer(
            number + 1, dressed[number], can, rng,
            place_metres=(0.0, float(3 * spot)), radius_metres=1.3, end_seconds=usual.world_seconds,
        )
        for number, spot in enumerate(spots)
    )  # fmt: skip
    return World(name, seed, usual.world_seconds, place, people, _cameras(rig.cameras, usual, there))


def _theatre(name: str, seed: int, wishes: Wishes) -> World:
    usual = Usual(seconds=30, people=6, size=(640, 480), fps=10, same_clothes=True).but(wishes)
    there, rng = wishes.chances(seed)
    floor = (-2.6, 2.6, -2.6, 2.6)
    place = make_place("theatre", wishes.place_of(seed), floor, margin_metres=1.5)
    ring = around(SURVEILLANCE, 3, 3.9, 2.5, first_azimuth_radians=float(there.uniform(0, 6)))
    paths = wander(Ground(floor, place.obstacles), usual.people, usual.world_seconds, seed=seed)
    dressed = clothed(len(paths), usual, place, rng, adults_only=True)
    people = walkers(paths, dressed, repertoire(wishes.motions, seed), rng)
    return World(name, seed, usual.world_seconds, place, people, _cameras(ring, usual, there))


STREET = Preset(
    "street", "three cameras high above a crossing, a crowd that grows and shrinks (like CityStreet)", _street,
    ("calibration", "density", "mot"), still=True,
)  # fmt: skip
PETS = Preset(
    "pets", "three cameras over a lawn, a crowd that grows and shrinks (like PETS2009)", _pets,
    ("calibration", "density", "mot"), read_cameras=_pets_cameras, still=True,
)  # fmt: skip
WALKER = Preset(
    "walker", "three still cameras around one person who walks about", _walker,
    ("calibration", "coco", "openpose", "joints3d"), still=True,
)  # fmt: skip
LAB = Preset(
    "lab", "four cameras around one person, actions labelled (like Human3.6M)", _lab,
    ("calibration", "human36m", "coco", "joints3d"), read_cameras=read_human36m, still=True,
)  # fmt: skip
PLAZA = Preset(
    "plaza", "seven cameras over a square (like WILDTRACK)", _plaza,
    ("calibration", "wildtrack", "mot", "self-mva", "self-mva-detected"), read_cameras=read_wildtrack, still=True,
)  # fmt: skip
THEATRE = Preset(
    "theatre", "three cameras in an operating theatre, everybody dressed alike", _theatre,
    ("calibration", "coco", "mot", "self-mva", "self-mva-detected"), still=True,
)  # fmt: skip
